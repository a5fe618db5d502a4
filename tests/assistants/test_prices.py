"""What tokens cost: exactly, to the millionth of a dollar."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.prices import FREE, KNOWN, Prices, add_up, known_prices
from assistants.providers.base import TokenUsage

prices = st.builds(Prices, *[st.decimals(0, 100, places=6)] * 4)
tokens = st.builds(TokenUsage, *[st.integers(0, 2_000_000)] * 4)


@given(prices, tokens)
def test_the_cost_is_exact_to_the_millionth_of_a_dollar(known: Prices, used: TokenUsage) -> None:
    exact = sum(
        Fraction(price) * count
        for price, count in (
            (known.input, used.input),
            (known.output, used.output),
            (known.cache_read, used.cache_read),
            (known.cache_write, used.cache_write),
        )
    ) / Fraction(1_000_000)
    cost = known.cost(used)
    assert abs(Fraction(cost) - exact) <= Fraction(1, 2_000_000)
    assert cost == cost.quantize(Decimal("0.000001"))


@given(st.lists(st.tuples(tokens, prices), max_size=4))
def test_a_turn_of_several_models_costs_the_sum(spent: list[tuple[TokenUsage, Prices]]) -> None:
    assert add_up(list(spent)) == sum((known.cost(used) for used, known in spent), Decimal(0))


def test_without_prices_there_is_no_cost_unless_nothing_was_taken() -> None:
    assert add_up([(TokenUsage(1, 0), None)]) is None
    assert add_up([(TokenUsage(5, 5), FREE), (TokenUsage(0, 1), None)]) is None
    assert add_up([(TokenUsage(), None)]) == 0
    assert add_up([]) == 0


@pytest.mark.parametrize(
    ("provider", "model", "base_url", "sent"),
    [
        ("anthropic", "claude-haiku-5-5", "", "0.10"),
        ("anthropic", "claude-haiku-5-5", "https://gateway.example", "0.10"),
        ("openai", "gpt-6-luna", "", "0.10"),
        ("openai", "gpt-6-luna", "http://127.0.0.1:11434/v1", None),
        ("openai", "llama3.3", "", None),
        ("anthropic", "gpt-6-luna", "", None),
        ("builtin", "builtin", "", "0"),
    ],
)
def test_prices_are_known_by_provider_and_model(provider: str, model: str, base_url: str, sent: str | None) -> None:
    found = known_prices(provider=provider, model=model, base_url=base_url)
    assert (found.input if found else None) == (Decimal(sent) if sent else None)


def test_a_known_price_says_where_and_when_it_was_read() -> None:
    for found, source in KNOWN.values():
        assert source.source.startswith("https://")
        assert found.cache_read <= found.input <= found.output
