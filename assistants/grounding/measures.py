# ruff: noqa: E501  (word lists and patterns are one line each)
"""Sizes, weights and contents: "800 lúmenes" of a lamp whose row says 400, "12 piezas" of a set of ten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.claims import Claim, Sort
from assistants.grounding.denials import is_denied_before
from assistants.grounding.facts import ProductFact
from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.words import STOP_WORDS, fold, stem

# Each unit as its dimension and how many of the smallest unit of that dimension it holds.
_UNITS: dict[str, tuple[str, Decimal]] = {
    name: (dimension, Decimal(factor))
    for dimension, factor, names in (
        ("volume", "1", "ml cc mililitro mililitros"),
        ("volume", "1000", "l lt lts litro litros liter liters litre litres"),
        ("mass", "1", "g gr grs gramo gramos grama gramas grams"),
        ("mass", "1000", "kg kgs kilo kilos kilogramo kilogramos"),
        ("pounds", "1", "lb lbs libra libras pounds"),
        ("ounces", "1", "oz onza onzas ounce ounces"),
        ("length", "1", "mm milimetro milimetros"),
        ("length", "10", "cm cms centimetro centimetros"),
        ("length", "1000", "m mt mts metro metros meter meters"),
        ("inches", "1", "pulg pulgada pulgadas inch inches polegada polegadas \" ” ″ ''"),
        ("gallons", "1", "galon galones gallon gallons galao galoes"),
        ("power", "1", "w watt watts vatio vatios"),
        ("power", "1000", "kw"),
        ("voltage", "1", "v volt volts voltio voltios"),
        ("storage", "1", "gb giga gigas"),
        ("storage", "1000", "tb tera teras"),
        ("charge", "1", "mah"),
        ("charge", "1000", "ah"),
        ("light", "1", "lm lumen lumenes lumens"),
        ("area", "1", "m2 m²"),
        ("frequency", "1", "hz"),
        ("energy", "1", "hp"),
        ("pixels", "1", "mp mpx megapixeles megapixels"),
    )
    for name in names.split()
}
_FRACTION = re.compile(r"(?<![\d/.,])(?:(\d{1,2})[\s-])?(\d{1,2})/(\d{1,2})(?![\d/])")
_PIECES = re.compile(r"piezas?|pzas?|pz|pcs|pieces|pecas?|unidad(?:es)?|unidades|unds?|uds?|un")
_CONTENT = re.compile(
    r"\b(?:trae[n]?|incluye[n]?|contiene[n]?|viene[n]? con|includes?|contains?|comes with|vem com|con|de|with)\s+(?:\w+\s+)?$"
)
_SCALE = re.compile(r"(?<![\d:])1:(\d{2,3})(?![\d:])")
_PACK_NAMED = re.compile(
    r"\b(?:caja|pack|paquete|set|juego|kit|bolsa|caixa|pacote)\s+(?:de |x ?|con )?\d{1,4}\b(?!\s?(?:kg|g|ml|l|cm|mm|m)\b)"
)
_RANGE = re.compile(
    r"(?P<low>\d+(?:[.,]\d+)?)\s*(?:a|-|–|to|y|and|hasta|ate)\s*(?P<high>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-z]+)"
)
_SIZE = re.compile(r"(?<![\d/])(\d{2,3})/(\d{2,3})(?![\d/])")
_PACK = re.compile(
    r"(?<![\d\"”.,]\s)(?<=\s)x\s?(\d{1,4})(?![\d.,]*\s?(?:[x×$]|mm|cm|m\b|ml|l\b|kg|g\b|pulg|\"|=))(?![.,/]?\d)"
)
_UNIT = re.compile(r"[\s-]?(\"|”|″|''|m²|[a-z]+2?)(?![a-z\d])")
_NO_CONTENT = re.compile(
    r"unid\w*|uds?|units?|disponib\w*|dispon\w*|available|left|restant\w*|stock|existenc\w*|cuotas?|parcelas?|pagos?|dias?|days?|horas?|hours?|h|hs|hrs?|min\w*|mes|meses|months?|anos?|years?|semanas?|weeks?|am|pm|mil|millon\w*|pesos?|soles|reais|dolar\w*|dollars?|usd|mxn|cop|ars|clp|pen|brl|uyu|veces|times|vezes|cuadras|km|opcion\w*|modelos?|tipos?|colores|tallas?|k|x|por|cada|iva"
)
_ELSEWHERE = re.compile(
    r"\b(?:para|for|pra|si|if|tu|tus|su|sus|your|seu|sua|pared\w*|hasta|ate|up to|menos|mas|entre|desde|compatib\w*|cada|se aplica|diluy\w*|mezcl\w*|agreg\w*|usa\w*)\b"
)

Measure = tuple[str, Decimal]


def find_false_measures(
    text: str,
    folded: str,
    *,
    numbers: Sequence[Number],
    claims: Sequence[Claim],
    sure: Sequence[Mention],
    catalogue: Catalogue,
    quantities: Sequence[int],
    known: Sequence[str],
) -> Iterator[str]:
    """Find measures said of a product whose row gives another figure for the same thing.

    ``quantities``: pieces that are spoken of, whose contents add up. ``known``: texts whose measures may be repeated.
    """
    if not sure:
        return
    products = catalogue.products
    elsewhere: set[Measure] | None = None
    for start, end, key, value in _find_places(folded, numbers):
        if any(
            claim.start <= start < claim.end
            and (claim.sort is Sort.PRICE or (claim.firm and claim.sort in (Sort.STOCK, Sort.PERCENTAGE, Sort.COUNT)))
            for claim in claims
        ):
            continue
        before = [mention for mention in sure if mention.start <= start]
        owner = before[-1] if before else sure[0]
        between = folded[owner.end : start] if before else ""
        if (before and start >= owner.end and _ELSEWHERE.search(between)) or len(owner.products) > 12:
            continue
        rows = [_measures(products[row]) for row in owner.products]
        figures = [{figure for dimension, figure in row if dimension == key} for row in rows]
        if not any(figures) and _CONTENT.search(folded[:start]):
            # "trae 8 destornilladores", where the row says six pieces
            figures = [
                {figure for dimension, figure in row if dimension == "pieces"}
                if key in catalogue.entries[index].name
                else set()
                for index, row in zip(owner.products, rows, strict=True)
            ]
        if start < owner.start and any(value % figure == 0 for row in figures for figure in row if figure):
            continue  # "dos kilos de clavos": the kilo box twice
        if not any(figures) or any(_holds(value, row, quantities) for row in figures):
            continue
        if any(
            dimension == key and low <= value <= high
            for row in owner.products
            for dimension, low, high in _ranges(products[row])
        ):
            continue  # "de 6 a 10 kg" holds 8
        if elsewhere is None:
            others = {row for mention in sure for row in mention.products}
            elsewhere = {measure for row in others for measure in _measures(products[row])}
            elsewhere |= {measure for other in known for measure in _find_measures(other)}
        if (key, value) in elsewhere or is_denied_before(folded, start):
            continue
        yield text[start:end]


def _holds(value: Decimal, figures: set[Decimal], quantities: Sequence[int]) -> bool:
    return any(value == figure * count for figure in figures for count in (1, *quantities))


def _find_places(folded: str, numbers: Sequence[Number]) -> Iterator[tuple[int, int, str, Decimal]]:
    fractions = list(_FRACTION.finditer(folded))
    for fraction in fractions:
        whole, over, under = (int(part or 0) for part in fraction.groups())
        if under and (unit := _UNIT.match(folded, fraction.end())) and unit.group(1) in _UNITS:
            dimension, factor = _UNITS[unit.group(1)]
            yield fraction.start(), unit.end(), dimension, (Decimal(whole) + Decimal(over) / under) * factor
    for size in _SIZE.finditer(folded):
        yield size.start(), size.end(), "size", Decimal(size.group(1)) * 1000 + Decimal(size.group(2))
    for pack in _PACK.finditer(folded):
        yield pack.start(), pack.end(), "pack", Decimal(pack.group(1))
    for scale in _SCALE.finditer(folded):
        yield scale.start(), scale.end(), "scale", Decimal(scale.group(1))
    for number in numbers:
        if number.money is not None or number.percent or number.article:
            continue
        if any(fraction.start() <= number.start < fraction.end() for fraction in fractions):
            continue
        unit = _UNIT.match(folded, number.end)
        if unit is None or folded[: number.start].endswith(("-", "/")) or len(number.values) != 1:
            continue
        (value,) = number.values
        word = unit.group(1)
        if word in _UNITS:
            dimension, factor = _UNITS[word]
            yield number.start, unit.end(), dimension, value * factor
        elif len(word) >= 4 and word not in STOP_WORDS and not _NO_CONTENT.fullmatch(word):
            yield number.start, unit.end(), stem(word), value


def _find_measures(text: str) -> Iterator[Measure]:
    folded, numbers = fold(text), find_numbers(text)
    for _, _, key, value in _find_places(folded, numbers):
        yield key, value
    for number in numbers:
        unit = _UNIT.match(folded, number.end)
        if unit and _PIECES.fullmatch(unit.group(1)) and len(number.values) == 1:
            yield "pieces", min(number.values)


@lru_cache(maxsize=1024)
def _measures(product: ProductFact) -> frozenset[Measure]:
    return frozenset({*_find_measures(product.name), *_find_measures(product.description)})


@lru_cache(maxsize=1024)
def _ranges(product: ProductFact) -> tuple[tuple[str, Decimal, Decimal], ...]:
    folded = fold(f"{product.name}. {product.description}")
    found = []
    for match in _RANGE.finditer(folded):
        unit = match.group("unit")
        dimension, factor = _UNITS.get(unit, (stem(unit), Decimal(1)))
        low, high = (Decimal(match.group(part).replace(",", ".")) * factor for part in ("low", "high"))
        found.append((dimension, low, high))
    return tuple(found)


def is_pack(product: ProductFact) -> bool:
    """Whether a row is a pack of several pieces by its name: "x 100", "caja 12 un", "set de 6"."""
    pieces = [figure for dimension, figure in _find_measures(product.name) if dimension in ("pieces", "pack")]
    return any(figure > 1 for figure in pieces) or _PACK_NAMED.search(fold(product.name)) is not None
