"""What the statements of the search share: which products are offered, and the full-text queries of what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from catalog.synonyms import Term

Offered = Mapping[str, Any]  # the values of OFFERED

# Products of the tenant that are sold, and are what else was asked of them.
OFFERED = """
    p.user_id = %(user)s AND p.active
    AND (%(category)s::text IS NULL OR p.category = %(category)s)
    AND (NOT %(in_stock)s OR p.stock > 0)
    AND (%(min_price)s::numeric IS NULL OR p.price >= %(min_price)s)
    AND (%(max_price)s::numeric IS NULL OR p.price <= %(max_price)s)
"""
MOST_OPERANDS = 150  # of a full-text query
KEY = 3  # letters by which matched lexemes are picked from a product's others


def fetch(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def write_operands(terms: Iterable[Term], *, weight: str = "") -> tuple[str, list[str]]:
    """A tsquery that finds every product with a term, and the first letters of the lexemes that made it match.

    ``weight`` is that of the field where the terms have to stand (A the name), anywhere by default.
    """
    exactly = f":{weight}" if weight else ""
    operands: dict[str, None] = {}
    keys: set[str] = set()
    for term in terms:
        parts = []
        for word, stem in zip(term.words, term.stems, strict=True):
            # Stems begin their words, but for a few («presencia» → «presente») and for z (lápiz, lápices).
            begin = stem if word.startswith(stem) else _common_beginning(word, stem)
            forms = {f"'{word}'{exactly}"}
            keys.add(word[:KEY])
            if len(begin) >= KEY:
                forms.add(f"'{begin}':*{weight}")
                keys.add(begin[:KEY])
            if stem.endswith("c"):
                forms.add(f"'{stem[:-1]}z'{exactly}")
                keys.add(f"{stem[:-1]}z"[:KEY])
            parts.append(f"({'|'.join(sorted(forms))})")
        operands["&".join(parts)] = None
        if len(operands) >= MOST_OPERANDS:
            break
    return "|".join(f"({operand})" for operand in operands), sorted(keys)


def _common_beginning(one: str, other: str) -> str:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]
