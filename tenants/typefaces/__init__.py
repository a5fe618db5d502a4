"""The typeface of every PDF: it lies beside this, and into a file go those of its letters that the file uses.

DejaVu Sans Condensed knows Latin with all its marks, Greek, Cyrillic, the signs of currencies, arrows and a good many
small pictures; README.md says where it is from.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FONT, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
_FOLDER = Path(__file__).parent


@cache
def load() -> frozenset[int]:
    """Make both weights known to reportlab, which takes a moment the first time. Returns the signs that both have."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    known = []
    for name in (FONT, BOLD):
        font = TTFont(name, str(_FOLDER / f"{name}.ttf"), shapable=False)
        registerFont(font)
        known.append({code for code, glyph in font.face.charToGlyph.items() if glyph})
    return frozenset(known[0] & known[1])
