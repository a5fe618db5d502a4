"""Which of the rows that a search found are what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from assistants.builtin.material import Row
from assistants.builtin.understanding import content_stems
from assistants.grounding.vocabulary import DISTINGUISHING
from assistants.grounding.words import synonyms, tokenize

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Match:
    """Rows for a query, the best first.

    ``exact``: they have every word of it; else they are the nearest. ``near``: they have most of its words.
    ``vague``: they have none.
    """

    query: str
    rows: tuple[Row, ...]
    exact: bool = False
    vague: bool = False
    near: bool = False


def most_relevant(match: Match) -> Sequence[Row]:
    """The rows to compare by price: those called what was asked for, else those of such a category, else all."""
    stems = content_stems(match.query)
    best = max((_score(stems, row) for row in match.rows), default=(0, 0.0))
    return [row for row in match.rows if _score(stems, row) == best]


def choose(query: str, rows: Sequence[Row]) -> Match:
    """Keep the rows that share the query's words, those with most of them in the name first."""
    stems = content_stems(query)
    if not stems or not rows:
        return Match(query, tuple(rows), exact=bool(rows))
    scored = [(_score(stems, row), -place, row) for place, row in enumerate(rows)]
    best_count = max(count for (count, _), _, _ in scored)
    if best_count == 0:
        return Match(query, tuple(rows), vague=True)
    kept = [entry for entry in scored if entry[0][0] == best_count]
    best_weight = max(weight for (_, weight), _, _ in kept)
    if len(stems) == 1 and best_weight >= 1:
        kept = [entry for entry in kept if entry[0][1] >= 1]  # what is called so, not what only speaks of it
    elif best_weight >= 0.8 * len(stems):
        kept = [entry for entry in kept if entry[0][1] >= best_weight - 0.7]
    # What is called just so comes first; for a need the search knows better than the number of words.
    coloured = [stemmed for stemmed in stems if stemmed in DISTINGUISHING]
    kept.sort(
        key=lambda entry: (
            entry[0][1] >= len(stems),
            sum(_weigh(stemmed, entry[2]) for stemmed in coloured),
            entry[1],
        ),
        reverse=True,
    )
    head_found = any(_weigh(stems[0], row) >= 1 for _, _, row in kept)
    exact = best_count == len(stems)
    worded = [stemmed for stemmed in stems if not stemmed[0].isdigit()]
    shared = sum(any(_weigh(stemmed, row) > 0 for _, _, row in kept) for stemmed in worded)
    if not exact and (shared == 0 or (not head_found and shared * 2 < len(worded))):
        return Match(query, tuple(row for _, _, row in kept), vague=True)
    near = not exact and shared * 2 > len(worded) and shared > 1
    return Match(query, tuple(row for _, _, row in kept), exact=exact, near=near)


def _score(stems: Sequence[str], row: Row) -> tuple[int, float]:
    weights = [_weigh(stemmed, row) for stemmed in stems]
    return sum(weight > 0 for weight in weights), sum(weights)


def _weigh(stemmed: str, row: Row) -> float:
    if _among(stemmed, _stems(f"{row.name} {row.sku}")):
        return 1.0
    if _among(stemmed, _stems(row.category)):
        return 0.8
    return 0.5 if _among(stemmed, _stems(row.description)) else 0.0


def _among(stemmed: str, known: Iterable[str]) -> bool:
    words = synonyms(stemmed)
    if not words.isdisjoint(known):
        return True
    if len(stemmed) < 4 or stemmed[0].isdigit():
        return False
    return any(
        (len(word) >= 4 and word[0] == stemmed[0] and abs(len(word) - len(stemmed)) <= 3)
        and (word.startswith(stemmed) or (len(stemmed) >= 5 and OSA.distance(word, stemmed, score_cutoff=1) <= 1))
        for word in known
    )


@lru_cache(maxsize=4096)
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(token.stem for token in tokenize(text))


def _stems(text: str) -> frozenset[str]:
    return _stems_of(text) if len(text) < 300 else frozenset(token.stem for token in tokenize(text))
