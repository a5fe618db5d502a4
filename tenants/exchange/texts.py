"""Words of headers, however they are spelled."""

from __future__ import annotations

import re
import unicodedata

_words = re.compile(r"[^\W_]+")


def plain_words(text: str) -> str:
    """The words of a header in small letters without accents, parted by one blank: «Precio (COP)» → «precio cop»."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join(_words.findall(bare))
