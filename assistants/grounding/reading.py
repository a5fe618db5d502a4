"""Reading a reply unit by unit: what it says, and whether the facts hold it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistants.grounding.facts import Facts


class Kind(StrEnum):
    """What an invention is about."""

    PRICE = "price"
    STOCK = "stock"
    PRODUCT = "product"
    PERCENTAGE = "percentage"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something said that no fact holds. ``said`` is the words, ``unit`` the sentence or line they stand in."""

    kind: Kind
    said: str
    unit: str


class Reading:
    """One reply as it is read: it remembers the product that is being spoken of from one unit to the next."""

    def __init__(self, *, facts: Facts) -> None:
        self._facts = facts

    def read(self, unit: str) -> list[Violation]:
        """Check the next unit of the reply."""
        return []
