"""Words as the check compares them: folded, stemmed a little, with their places in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


def word_set(text: str) -> frozenset[str]:
    """Read a set of words, separated by white space."""
    return frozenset(text.split())


def fold(text: str) -> str:
    """Lower-case without accents, character for character, so that places stay the same."""
    return "".join(_fold_character(character) for character in text)


def _fold_character(character: str) -> str:
    if character < "\x80":
        return character.lower()
    base = unicodedata.normalize("NFKD", character)[:1].lower()
    return base if len(base) == 1 else character


def stem(word: str) -> str:
    """Cut plural and gender of a folded word, the same way for Spanish, Portuguese and English.

    It is only ever compared with itself, so a wrong cut does no harm as long as it is always the same one.
    """
    if len(word) <= 3 or any(character.isdigit() for character in word):
        return word
    if word.endswith("oes") or word.endswith("aos") or word.endswith("aes"):
        return word[:-3] + "ao"[:1]
    if word.endswith("ces"):
        word = word[:-3] + "z"
    elif (word.endswith("es") and word[-3] not in "aeiou") or (word.endswith("s") and not word.endswith("ss")):
        word = word[:-2] if word.endswith("es") else word[:-1]
    if len(word) > 3 and word[-1] in "aoe":
        word = word[:-1]
    return word


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number of a text: as written, folded, stemmed, and where it stands."""

    text: str
    folded: str
    stem: str
    start: int
    end: int

    @property
    def is_code(self) -> bool:
        """Whether it holds a digit: a model number, a size, an amount."""
        return any(character.isdigit() for character in self.text)

    @property
    def is_capital(self) -> bool:
        """Whether it begins with, or holds, a capital letter."""
        return any(character.isupper() for character in self.text)


_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*[^\W\d_]*(?:-[\w]+)*|[^\W_]+(?:['’&][^\W_]+)*(?:-[^\W_]+)*")


def tokenize(text: str) -> list[Token]:
    """Cut a text into words and numbers, in order."""
    tokens = []
    for match in _TOKEN.finditer(text):
        folded = fold(match.group())
        tokens.append(Token(match.group(), folded, stem(folded), match.start(), match.end()))
    return tokens
