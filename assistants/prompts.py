"""Text for models: what is ours and what is somebody's, and where one ends and the other begins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from assistants.tools.calls import to_json

_TAGS = ("catalogo", "negocio", "contexto", "aviso", "agenda", "persona", "hecho", "pendiente")
_OPENING = re.compile(rf"<(?=\s*/?\s*(?:{'|'.join(_TAGS)})\b)|\[(?=\s*aviso del sistema)", re.IGNORECASE)


def defuse(text: str) -> str:
    """Replace the sign that would open one of our delimiters in somebody's text; the rest stays as it is."""
    return _OPENING.sub("‹", text)


def enclose(tag: str, rows: Iterable[Any]) -> str:
    """Rows as lines of JSON between tags that no text among them can close."""
    return "\n".join([f"<{tag}>", *(to_json(row) for row in rows), f"</{tag}>"])


def describe_moment(*, now: datetime, timezone: str) -> str:
    """«domingo 22 de noviembre de 2026, 14:40» where the tenant is."""
    local = now.astimezone(ZoneInfo(timezone))
    return format_datetime(local, "EEEE d 'de' MMMM 'de' y, HH:mm", tzinfo=local.tzinfo, locale="es")
