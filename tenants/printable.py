"""What of a text the fonts of a PDF can draw: those that every reader of PDF has, which lie in no file of ours."""

from __future__ import annotations

import re
import unicodedata

CHARACTERS = "cp1252"  # what those fonts can draw
BLANKS = re.compile(r"[ \t\r\n\f\v]+")  # but not those that keep an amount and its sign on one line
_SUBSTITUTES = str.maketrans(
    {"\u202f": "\u00a0", "\u2009": " ", "\u2212": "-", "\u2010": "-", "\u2011": "-", "₡": "CRC", "₲": "Gs."}
)


def printable(text: str, *, otherwise: str = "") -> str:
    """What of ``text`` the fonts can draw, on one line: letters without marks that they do not know, no emoji, no signs
    that nobody sees. ``otherwise`` when most of its letters are of another script."""
    kept: list[str] = []
    lost = 0
    for sign in unicodedata.normalize("NFC", text).translate(_SUBSTITUTES):
        drawn = sign if _is_drawn(sign) else _bare(sign)
        lost += not drawn and sign.isalnum()
        kept.append(drawn or " ")
    line = BLANKS.sub(" ", "".join(kept)).strip()
    return line if line and sum(map(str.isalnum, line)) >= lost else otherwise


def _bare(sign: str) -> str:
    """A letter without its marks, when those are what cannot be drawn."""
    return "".join(part for part in unicodedata.normalize("NFKD", sign) if _is_drawn(part))


def _is_drawn(sign: str) -> bool:
    try:
        sign.encode(CHARACTERS)
    except UnicodeEncodeError:
        return False
    return unicodedata.category(sign)[0] != "C"
