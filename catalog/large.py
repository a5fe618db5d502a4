"""Finding candidates in a catalogue that has indexes of its own (``catalog.indexes``), at a price that hardly grows.

A small catalogue is scanned, and every product that holds a word is ranked. Here only the likeliest are: the nearest
by meaning, and by words first those that hold all that was asked for, in their names if possible, then those that hold
a part of it. How rare a word is, is told from a sample. What is found is ranked as everywhere (``catalog.fusion``).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import transaction

from catalog.fusion import Found
from catalog.statements import KEY, OFFERED, Offered, fetch, write_operands
from catalog.synonyms import MEMBER, SYNONYM, Group

ENOUGH = 80  # products that hold all that was asked for: then no other is looked for
MOST_EACH = 60  # products that hold a part
MOST_PARTS = 5  # things asked for that are looked for one by one, and without one
MOST_SYNONYMS = 6  # of each, where all of several are looked for
SAMPLE = 500  # products, to tell how rare a word is
MOST_READ = 5_000  # products whose words slips are compared with
VOCABULARY_SECONDS = 600  # for which the words of a tenant are remembered
NEAREST = 90  # vectors that the index answers; some of their products may not be offered
LEAST_NEAREST = 40  # of them offered; with fewer (the others are sold out) all are compared

_HOLDING = f"(SELECT p.id FROM catalog_product p WHERE {OFFERED} AND p.words @@ %({{name}})s::tsquery LIMIT {{most}})"  # noqa: S608

_WORDS_OF = """
    SELECT p.id, u.lexeme, array_to_string(u.weights, '') FROM catalog_product p, unnest(p.words) u
    WHERE p.user_id = %(user)s AND p.id = ANY(%(ids)s) AND left(u.lexeme, %(key)s) = ANY(%(keys)s)
"""

_SAMPLE = """
    SELECT count(*), {counts} FROM (
        SELECT p.words FROM catalog_product p WHERE p.user_id = %(user)s AND p.active LIMIT %(sample)s
    ) p
"""

_VOCABULARY = """
    SELECT DISTINCT u.lexeme FROM (
        SELECT p.words FROM catalog_product p WHERE p.user_id = %(user)s AND p.active LIMIT %(most)s
    ) p, unnest(p.words) u WHERE length(u.lexeme) > 3
"""

# The dimension stands in the text, as in the index's condition.
_NEAREST = """
    SELECT n.product_id, 1 - n.distance FROM (
        SELECT e.product_id, e.vector::halfvec({dimension}) <=> %(vector)s::halfvec({dimension}) AS distance
        FROM catalog_productembedding e
        WHERE e.user_id = %(user)s AND e.model = %(model)s AND e.dimension = {dimension}
        ORDER BY e.vector::halfvec({dimension}) <=> %(vector)s::halfvec({dimension}) LIMIT %(nearest)s
    ) n JOIN catalog_product p ON p.id = n.product_id WHERE """
_NEAREST += f"{OFFERED} ORDER BY n.distance LIMIT %(most)s"


def find_words(offered: Offered, groups: Sequence[Group], others: Iterable[int]) -> Found:
    """The likeliest products by words, and ``others``, with the lexemes that may have matched."""
    if not groups:
        return {}
    named = [write_operands(group.terms[:1], weight="A")[0] for group in groups]
    said = [write_operands(group.terms[:1])[0] for group in groups]
    ids = _find(offered, [(_all(named), ENOUGH), (_all(said), ENOUGH)])
    if len(ids) < ENOUGH:
        # An index takes long over «all of these» where each is many words: the likeliest synonyms do.
        like = [write_operands(group.terms[:MOST_SYNONYMS])[0] for group in groups[:MOST_PARTS]]
        some = [(write_operands(group.terms)[0], MOST_EACH) for group in groups[:MOST_PARTS]]
        if len(groups) > 1:
            some += [(_all(like), MOST_EACH)] + [(one, MOST_EACH) for one in said[:MOST_PARTS]]
        if len(like) > 2:
            some += [(_all(like[:left] + like[left + 1 :]), MOST_EACH) for left in range(len(like))]
        ids |= _find(offered, some)
    _, keys = write_operands(term for group in groups for term in group.terms)
    found: dict[int, list[tuple[str, str]]] = {}
    asked = {"user": offered["user"], "ids": sorted(ids | set(others)), "key": KEY, "keys": keys}
    for pk, lexeme, letters in fetch(_WORDS_OF, asked):
        found.setdefault(pk, []).append((lexeme, letters))
    return found


def estimate_held(offered: Offered, groups: Sequence[Group]) -> tuple[list[float], int]:
    """In how many products of a sample each group is, counted by how much it is; and how many the sample holds."""
    asked: dict[str, Any] = {"user": offered["user"], "sample": SAMPLE}
    counts = []
    for number, group in enumerate(groups):
        asked[f"said{number}"] = write_operands(group.terms[:1])[0]
        asked[f"meant{number}"] = write_operands(group.terms)[0]
        counts += [f"count(*) FILTER (WHERE p.words @@ %({kind}{number})s::tsquery)" for kind in ("said", "meant")]
    size, *found = fetch(_SAMPLE.format(counts=", ".join(counts)), asked)[0]
    return [
        SYNONYM * said + MEMBER * (max(meant, said) - said) for said, meant in zip(found[::2], found[1::2], strict=True)
    ], int(size)


def read_vocabulary(user_id: int) -> tuple[str, ...]:
    """The longer words of some thousand products of the open scope, of these minutes."""
    return _remember_vocabulary(user_id, int(time.monotonic() // VOCABULARY_SECONDS))


def find_nearest(asked: Offered, *, dimension: int) -> dict[int, float] | None:
    """The cosines of the products nearest to a vector, by the index; None when too few of them are offered."""
    fetch("SELECT set_config('hnsw.ef_search', %(nearest)s, false)", {"nearest": str(NEAREST)})
    found = dict(fetch(_NEAREST.format(dimension=int(dimension)), {**asked, "nearest": NEAREST}))
    return found if len(found) >= LEAST_NEAREST else None


def _all(queries: Sequence[str]) -> str:
    return "&".join(f"({query})" for query in queries)


def _find(offered: Offered, wanted: Sequence[tuple[str, int]]) -> set[int]:
    asked = dict(offered)
    parts = []
    for number, (query, most) in enumerate(wanted):
        asked[f"q{number}"] = query
        parts.append(_HOLDING.format(name=f"q{number}", most=most))
    # PostgreSQL takes `@@` to be cheaper than it is, and would rather read the tenant's rows one after the other.
    nested = transaction.get_connection().in_atomic_block
    with transaction.atomic():
        fetch("SELECT set_config('enable_indexscan', 'off', true), set_config('enable_seqscan', 'off', true)", {})
        found = {pk for (pk,) in fetch(" UNION ".join(parts), asked)}
        if nested:  # else the settings end here, with the transaction
            fetch("SELECT set_config('enable_indexscan', 'on', true), set_config('enable_seqscan', 'on', true)", {})
    return found


@lru_cache(maxsize=8)
def _remember_vocabulary(user_id: int, period: int) -> tuple[str, ...]:
    rows = fetch(_VOCABULARY, {"user": user_id, "most": MOST_READ})
    return tuple(sorted(lexeme for (lexeme,) in rows if lexeme.isalpha()))
