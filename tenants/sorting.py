"""Texts as people look for and sort them: without case and accents, whatever the database's collation."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, Value
from django.db.models.functions import Lower

_ACCENTED, _PLAIN = "áàâãäéèêëíìîïóòôõöúùûüñç", "aaaaaeeeeiiiiooooouuuunc"


def sortable(field: Any) -> Func:
    """``field``, a name or an expression, as people sort it."""
    return Func(Lower(field), Value(_ACCENTED), Value(_PLAIN), function="translate")


def plain(text: str) -> str:
    """``text`` as ``sortable`` makes it."""
    return text.lower().translate(str.maketrans(_ACCENTED, _PLAIN))
