"""What is found in a reply that no fact holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an invention is about."""

    PRICE = "price"
    STOCK = "stock"
    PRODUCT = "product"
    PERCENTAGE = "percentage"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something said that no fact holds. ``said`` is the words, ``unit`` the sentence or line they stand in."""

    kind: Kind
    said: str
    unit: str
