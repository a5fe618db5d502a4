"""What a model's tokens cost: the prices that are known, and the cost of what a turn took.

All amounts are US dollars, and prices are per million tokens. The known ones are data, with where they were read and
when; the superadmin's own go before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from assistants.providers.base import TokenUsage

MILLION = 1_000_000
CENT_OF_A_CENT = Decimal("0.000001")  # to which the cost of a turn is kept


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens: sent, written, read from the prompt cache, and written to it."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal

    def cost(self, usage: TokenUsage) -> Decimal:
        """What ``usage`` costs, to the millionth of a dollar."""
        exact = (
            self.input * usage.input
            + self.output * usage.output
            + self.cache_read * usage.cache_read
            + self.cache_write * usage.cache_write
        ) / MILLION
        return exact.quantize(CENT_OF_A_CENT, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class PriceList:
    """Where prices were published, and the day on which they were seen to hold."""

    source: str
    seen_on: date


ANTHROPIC = PriceList("https://platform.claude.com/docs/en/about-claude/pricing", date(2026, 10, 24))
OPENAI = PriceList("https://developers.openai.com/api/docs/pricing", date(2026, 9, 23))

FREE = Prices(Decimal(0), Decimal(0), Decimal(0), Decimal(0))


def _prices(text: str) -> Prices:
    return Prices(*map(Decimal, text.split()))


# Of caches the five-minute price, which is what we write. Some models cost more for prompts past a length (Haiku 5.5
# from 100,000 tokens, GPT-6 from 272,000) that no turn of ours comes near.
KNOWN: dict[tuple[str, str], tuple[Prices, PriceList]] = {
    # provider, model: input, output, cache read, cache write
    ("anthropic", "claude-haiku-5-5"): (_prices("0.10 0.50 0.01 0.125"), ANTHROPIC),
    ("anthropic", "claude-sonnet-5-5"): (_prices("2 10 0.10 2.50"), ANTHROPIC),
    ("anthropic", "claude-opus-5-5"): (_prices("4 20 0.20 5"), ANTHROPIC),
    ("anthropic", "claude-opus-5"): (_prices("5 25 0.50 6.25"), ANTHROPIC),
    ("anthropic", "claude-haiku-4-5"): (_prices("1 5 0.10 1.25"), ANTHROPIC),
    ("anthropic", "claude-sonnet-4-6"): (_prices("3 15 0.30 3.75"), ANTHROPIC),
    ("openai", "gpt-6-luna"): (_prices("0.10 0.50 0.01 0.125"), OPENAI),
    ("openai", "gpt-6-sol"): (_prices("2 10 0.20 2.50"), OPENAI),
}


def known_prices(*, provider: str, model: str, base_url: str = "") -> Prices | None:
    """The published prices of a model; None for any that is not listed.

    Claude costs the same through a gateway at another address; what another server calls by the name of an OpenAI
    model may cost something else, or nothing.
    """
    if provider == "builtin":
        return FREE
    found = None if base_url and provider == "openai" else KNOWN.get((provider, model))
    return found[0] if found else None


def add_up(spent: list[tuple[TokenUsage, Prices | None]]) -> Decimal | None:
    """The cost of a turn to which several models may have been asked; None when one without prices took tokens."""
    total = Decimal(0)
    for usage, prices in spent:
        if usage == TokenUsage():
            continue
        if prices is None:
            return None
        total += prices.cost(usage)
    return total.quantize(CENT_OF_A_CENT)
