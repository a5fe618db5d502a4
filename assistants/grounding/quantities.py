"""How many of a thing are spoken of: counted right before its name, ordered, or beside an amount."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.claims import Claim, Sort
from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.vocabulary import CONTAINERS
from assistants.grounding.words import fold, stem

_STOCK_LIST = re.compile(r"\b(?:stock|disponib\w+|existencias?|inventario|estoque|quedan?)\b[^.;\d]{0,25}:\s*$")


def is_large(number: Number) -> bool:
    return (
        max(number.values) >= 1000
        and re.search(r"[.,\s]\d{3}|mil\b|millon|thousand|million|lucas|k$", fold(number.text)) is not None
    )


def read_counted(text: str, claim: Claim, earlier: Sequence[Claim], mentions: Sequence[Mention]) -> Claim:
    """What stands right before a name counts it: "25 tubos y 64 codos" goes on with the stock."""
    counted = re.compile(r"\s(?:(?P<container>[a-z]+) (?:de|of) )?")
    folded = fold(text)
    for mention in mentions:
        between = counted.fullmatch(folded, claim.end, mention.start) if mention.start > claim.end else None
        if between and (between.group("container") is None or stem(between.group("container")) in CONTAINERS):
            break
    else:
        return claim
    goes_on = earlier and earlier[-1].sort is Sort.STOCK
    if goes_on and re.fullmatch(r"[^.;:]*(?:\b(?:y|e|and)|,)\s+", folded[earlier[-1].end : claim.start]):
        return replace(claim, sort=Sort.STOCK)
    if _STOCK_LIST.search(folded[: claim.start]):
        return replace(claim, sort=Sort.STOCK)
    return replace(claim, sort=Sort.QUANTITY) if claim.sort is Sort.PRICE else claim


def find_order(
    question: str, numbers: Sequence[Number], mentions: Sequence[Mention], catalogue: Catalogue
) -> frozenset[Decimal]:
    """What "10 bolillos y 2 baguettes" cost together, by each reading of the names."""
    lines: list[tuple[set[Decimal], list[Decimal]]] = []
    counted = False
    for mention in mentions[:8]:
        counts = [
            value
            for number in numbers
            if number.money is None and re.fullmatch(r"\s+(?:[a-z]+ de )?", fold(question[number.end : mention.start]))
            for value in number.values
            if value == int(value) and value < 1000
        ]
        prices = {price for row in mention.products if (price := catalogue.products[row].price) is not None}
        counted = counted or bool(counts)
        if prices and len(prices) <= 4:
            lines.append((prices, counts or [Decimal(1)]))
    if not counted and len(lines) < 2:
        return frozenset()
    sums = {Decimal(0)}
    for prices, counts in lines:
        sums = {total + price * count for total in sums for price in prices for count in counts}
    return frozenset(sums)


def blank_names(text: str, mentions: Sequence[Mention]) -> str:
    for mention in mentions:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def find_pieces(left: str, right: str) -> list[int]:
    """Quantities that stand by an amount: "2 unidades serían", "3 ×", "los dos"."""
    numbers = [*find_numbers(left[-45:]), *find_numbers(right)]
    return [
        int(value)
        for number in numbers
        if number.money is None and not number.percent and not number.article
        for value in number.values
        if value == int(value) and 1 < value < 1000
    ]
