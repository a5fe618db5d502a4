"""Texts between cells and values: what a spreadsheet would take for a formula, and words of headers."""

from __future__ import annotations

import re
import unicodedata

# A spreadsheet reckons with what begins so. The wide ones are how they are typed on East Asian keyboards.
_formula = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_quoted_formula = re.compile(r"''*[=+\-@\t\r\n＝＋－＠]")
_words = re.compile(r"[^\W_]+")


def quote(text: str) -> str:
    """``text`` for a cell of a CSV file: what a spreadsheet would take for a formula begins with an apostrophe.

    So does what is such a text with apostrophes before it already: ``unquote`` gives back any text as it was.
    """
    return f"'{text}" if _formula.match(text) else text


def unquote(text: str) -> str:
    """The text of which ``quote`` made ``text``; any other as it is."""
    return text[1:] if _quoted_formula.match(text) else text


def plain_words(text: str) -> str:
    """The words of a header in small letters without accents, parted by one blank: «Precio (COP)» → «precio cop»."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join(_words.findall(bare))
