"""Texts as people look for and sort them: without case and accents, whatever the database's collation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Func, Value
from django.db.models.functions import Lower

_ACCENTED, _PLAIN = "áàâãäéèêëíìîïóòôõöúùûüñç", "aaaaaeeeeiiiiooooouuuunc"


def sortable(field: Any) -> Func:
    """``field``, a name or an expression, as people sort it."""
    return Func(Lower(field), Value(_ACCENTED), Value(_PLAIN), function="translate")


def plain(text: str) -> str:
    """``text`` as ``sortable`` makes it."""
    return text.lower().translate(str.maketrans(_ACCENTED, _PLAIN))


def sort_keys(texts: Iterable[str]) -> list[str]:
    """The ``sortable`` of each text as the database makes it, which knows some letters differently than Python."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT translate(lower(given), %s, %s) FROM unnest(%s::text[]) AS given", [_ACCENTED, _PLAIN, list(texts)]
        )
        return [key for (key,) in cursor.fetchall()]
