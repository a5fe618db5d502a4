"""What was counted of one day, or of many: the one form in which figures are counted, kept and added up."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Counts = defaultdict[str, Counter[str]]

CUSTOMER, OWNER = "customer", "owner"


def _counts() -> Counts:
    return defaultdict(Counter)


def _hours() -> defaultdict[str, list[int]]:
    return defaultdict(lambda: [0] * 24)


def _lists() -> defaultdict[str, list[int]]:
    return defaultdict(list)


@dataclass(slots=True)
class Tally:
    """Sums of the event log and of the turns; adds to another one.

    ``counts``: events by name and by what tells them apart: of a conversation «channel/assistant/audience», of a
    message or a question its audience, of an order its currency, of a reminder that failed why, else "". ``hours``:
    messages received, by audience and hour of the day. ``values``: of orders, by currency. ``products``: how often each
    was named to a customer. ``waits``: milliseconds that people waited for a reply, by audience. ``people`` wrote,
    ``asked`` for a product, ``ordered``: ids of contacts, or minus that of a conversation without one. ``turns``: of
    the assistants: model, builtin, priced (those of a model whose price is known), input, output, cached.
    """

    counts: Counts = field(default_factory=_counts)
    hours: defaultdict[str, list[int]] = field(default_factory=_hours)
    values: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    products: Counter[int] = field(default_factory=Counter)
    waits: defaultdict[str, list[int]] = field(default_factory=_lists)
    people: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    ordered: set[int] = field(default_factory=set)
    turns: Counter[str] = field(default_factory=Counter)
    cost: Decimal = Decimal(0)

    def add(self, other: Tally) -> None:
        """Add what ``other`` counted."""
        for name, keys in other.counts.items():
            self.counts[name].update(keys)
        for audience, hours in other.hours.items():
            self.hours[audience] = [a + b for a, b in zip(self.hours[audience], hours, strict=True)]
        for currency, value in other.values.items():
            self.values[currency] += value
        self.products.update(other.products)
        for audience, waits in other.waits.items():
            self.waits[audience] += waits
        self.people |= other.people
        self.asked |= other.asked
        self.ordered |= other.ordered
        self.turns.update(other.turns)
        self.cost += other.cost

    def count(self, name: str, key: str | None = None) -> int:
        """How many events of ``name`` there were: all, or those of one ``key``."""
        found = self.counts.get(name)
        if found is None:
            return 0
        return found.total() if key is None else found[key]

    def wait(self, share: float, *, audience: str) -> float | None:
        """The wait in seconds that ``share`` (0 to 1) of the replies did not exceed: one that was really waited."""
        waits = sorted(self.waits.get(audience, ()))
        return waits[max(0, math.ceil(share * len(waits)) - 1)] / 1000 if waits else None

    def as_json(self) -> dict[str, Any]:
        """What is no list of ids or times, as JSON holds it."""
        return {
            "counts": {name: dict(keys) for name, keys in self.counts.items()},
            "hours": dict(self.hours),
            "values": {currency: str(value) for currency, value in self.values.items()},
            "products": {str(product): times for product, times in self.products.items()},
            "turns": dict(self.turns),
            "cost": str(self.cost),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Tally:
        """The tally of ``as_json``; its lists are empty."""
        tally = cls()
        for name, keys in kept.get("counts", {}).items():
            tally.counts[name] = Counter(keys)
        tally.hours.update(kept.get("hours", {}))
        tally.values.update({currency: Decimal(value) for currency, value in kept.get("values", {}).items()})
        tally.products = Counter({int(product): times for product, times in kept.get("products", {}).items()})
        tally.turns = Counter(kept.get("turns", {}))
        tally.cost = Decimal(kept.get("cost", 0))
        return tally


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    found = Tally()
    for tally in tallies:
        found.add(tally)
    return found


def added(values: Sequence[list[int]]) -> list[int]:
    """Lists of the same length, place by place."""
    return [sum(each) for each in zip(*values, strict=True)]
