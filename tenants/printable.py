"""What of a text our PDFs can draw, and what stands where they cannot."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from tenants import typefaces

BLANKS = re.compile(r"[ \t\r\n\f\v]+")  # but not those that keep an amount and its sign on one line
MISSING = "□"  # where something stood that the typeface has no sign for
_RUNS = re.compile(f"{MISSING}+")
_NARROW = "\u202f"  # a blank of half the width, which readers of PDF often take for none
# Signs that are none themselves: joiners, places where a word may be parted, variants, shades of skin.
_SILENT = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\ufe00-\ufe0f\U000e0000-\U000e01ef\U0001f3fb-\U0001f3ff]")
_RIGHT_TO_LEFT = {"R", "AL", "AN"}  # letters that would come out backwards and unjoined


def printable(text: str, *, otherwise: str = "") -> str:
    """``text`` on one line, as it can be drawn: a letter without the mark that the typeface lacks, else «□» for what it
    has no sign for, once for several in a row. ``otherwise``, if any, when most of its letters are such.

    The first call loads the typeface.
    """
    kept: list[str] = []
    lost = drawn = 0
    for sign in unicodedata.normalize("NFC", _SILENT.sub("", text)).replace(_NARROW, "\u00a0"):
        shown = _draw(sign)
        kept.append(shown)
        if sign.isalnum():
            lost += shown == MISSING
            drawn += shown != MISSING
    line = BLANKS.sub(" ", _RUNS.sub(MISSING, "".join(kept))).strip()
    return otherwise if otherwise and (lost > drawn or line in ("", MISSING)) else line


@cache
def _draw(sign: str) -> str:
    """The sign itself, what is nearest to it, a blank for what nobody sees, or MISSING."""
    if unicodedata.category(sign)[0] in "CZ":
        return sign if sign == "\u00a0" else " "
    if _is_drawn(sign):
        return sign
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign) if _is_drawn(part))
    return bare if any(not unicodedata.combining(part) for part in bare) else MISSING


def _is_drawn(sign: str) -> bool:
    # Beyond U+FFFF a file could be read on paper, and not be searched or copied: reportlab tells readers four digits.
    known = ord(sign) in typefaces.load() and ord(sign) <= 0xFFFF
    return known and unicodedata.bidirectional(sign) not in _RIGHT_TO_LEFT
