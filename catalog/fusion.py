"""From what a product holds to one score: how well its words and its meaning answer a query.

Words score by coverage: each thing asked for counts by how rare it is in the catalogue, and by the best word that a
product has for it (the field it stands in, and whether it was said or only meant). A product without any of them
scores 0 and gains nothing from its rank. Meaning adds the cosine itself: min-max scaling was no better on the
development sets, and changes with what else was found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from catalog.synonyms import Group
from catalog.words import stem

# By the weight of a lexeme in `words`: A the name, B the category, C the SKU, D the description.
FIELDS = {"A": 1.0, "B": 0.8, "C": 1.0, "D": 0.55}
PREFIX = 0.5  # a word that only begins like the one asked for: «deporte» and «deportivo»
LEAST_PREFIX = 4  # letters
MEANING = 1.75  # how much the cosine counts beside the words

Found = Mapping[int, Sequence[tuple[str, str]]]  # product id → (lexeme, letters of its fields)


def score_words(
    *, groups: Sequence[Group], found: Found, size: int, held: Sequence[float] | None = None
) -> tuple[dict[int, float], list[bool]]:
    """Score each product of ``found`` from 0 to 1, and say of each group whether any product has it.

    ``size`` is the number of products among which they were found. ``held`` says how much each group is in so many,
    where ``found`` are not all that have it.
    """
    single: dict[str, list[tuple[int, float]]] = {}
    phrases: dict[str, list[tuple[int, int, tuple[str, ...], float]]] = {}
    prefixes: list[tuple[str, int, float]] = []
    for number, group in enumerate(groups):
        for place, term in enumerate(group.terms):
            if len(term.stems) == 1:
                single.setdefault(term.stems[0], []).append((number, term.weight))
            else:
                phrases.setdefault(term.stems[0], []).append((number, place, term.stems, term.weight))
        for one in group.terms[:1]:
            prefixes += [(begin, number, PREFIX) for begin in one.stems if len(begin) >= LEAST_PREFIX]
    matches: dict[int, list[float]] = {}
    for product, lexemes in found.items():
        fields = _best_fields(lexemes)
        row = [0.0] * len(groups)
        for word, value in fields.items():
            for number, weight in single.get(word, ()):
                row[number] = max(row[number], value * weight)
            for number, _, stems, weight in phrases.get(word, ()):
                row[number] = max(row[number], weight * min(fields.get(part, 0.0) for part in stems))
            for begin, number, weight in prefixes:
                if word.startswith(begin) and row[number] < value * weight:
                    row[number] = value * weight
        if any(row):
            matches[product] = row
    return _weigh(matches, len(groups), size if held else max(size, len(matches)), held)


def _best_fields(lexemes: Iterable[tuple[str, str]]) -> dict[str, float]:
    fields: dict[str, float] = {}
    for lexeme, letters in lexemes:
        value = max(FIELDS.get(letter, 0.0) for letter in letters)
        word = stem(lexeme)
        if value > fields.get(word, 0.0):
            fields[word] = value
    return fields


def _weigh(
    matches: Mapping[int, Sequence[float]], groups: int, size: int, held: Sequence[float] | None
) -> tuple[dict[int, float], list[bool]]:
    amounts = [sum(row[number] for row in matches.values()) for number in range(groups)]
    rarity = [math.log(1 + (size - amount + 0.5) / (amount + 0.5)) for amount in held or amounts]
    total = sum(rarity)
    scores = {
        product: sum(weight * value for weight, value in zip(rarity, row, strict=True)) / total
        for product, row in matches.items()
    }
    return scores, [amount > 0 for amount in amounts]


def fuse(*, words: Mapping[int, float], meaning: Mapping[int, float]) -> dict[int, float]:
    """One score from 0 to 1 for every product that has either. ``meaning`` holds cosines; empty: words alone."""
    if not meaning:
        return dict(words)
    # A product whose vector is still to come is taken for as near as the others that share its words.
    near = [meaning[product] for product in words if product in meaning]
    missing = sum(near) / len(near) if near else 0.4
    return {
        product: (words.get(product, 0.0) + MEANING * max(meaning.get(product, missing), 0.0)) / (1 + MEANING)
        for product in words.keys() | meaning.keys()
    }
