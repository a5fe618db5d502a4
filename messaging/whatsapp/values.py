"""Values out of JSON that may be anything: of the wanted type and storable, or empty. Nothing here raises."""

from __future__ import annotations

import math
import re
from typing import Any

LONGEST_ID = 200
LONGEST_NAME = 300

_NUMBER_ID = re.compile(r"[0-9]{5,32}\Z")
_PHONE = re.compile(r"\+?([0-9]{5,20})\Z")
_ID = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_ID}}}\Z")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's text refuses the one, UTF-8 the others


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def dicts_in(value: Any) -> list[dict[str, Any]]:
    """Those in a list that are objects."""
    return [one for one in as_list(value) if isinstance(one, dict)]


def clean(text: str) -> str:
    """``text`` with a replacement character for each one that cannot be stored."""
    return _UNSTORABLE.sub("\ufffd", text)


def cleaned(value: Any) -> Any:
    """A whole value with every text in it cleaned. It may not be deeper than Python's own calls."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, dict):
        return {clean(name): cleaned(one) for name, one in value.items()}
    return value


def as_text(value: Any, *, most: int = LONGEST_NAME) -> str:
    """A text, or a number as it is written, of at most ``most`` characters."""
    if isinstance(value, str):
        return clean(value[:most])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:most]
    return ""


def as_id(value: Any) -> str:
    """An identifier of Meta's: printable ASCII. One that is no such thing is none."""
    return value if isinstance(value, str) and _ID.match(value) else ""


def as_number_id(value: Any) -> str:
    """The id of a phone number or of an account: digits, written as text or as a number."""
    text = as_text(value, most=40)
    return text if _NUMBER_ID.match(text) else ""


def as_phone(value: Any) -> str:
    """The digits of a phone in international form."""
    found = _PHONE.match(as_text(value, most=40))
    return found[1] if found else ""


def as_whole(value: Any) -> int | None:
    """A whole number of at most 15 digits, also where it is written as text or with a fraction of nought."""
    number = as_float(value)
    if number is None or number != int(number) or abs(number) >= 1e15:
        return None
    return int(number)


def as_float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value[:40] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
