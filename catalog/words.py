"""Words as the search compares them: without case and accents, and the stems of Spanish."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer

# The same characters as in `catalog_fold` (migration 0002): they part words in queries as in the index.
SEPARATORS = re.compile(r"[\s\x00-\x2f:-@\[-`{-\x7f\xa0-\xbf×÷‐-‧‹›′″…]+")
COMBINING = re.compile(r"[\u0300-\u036f]")
MAX_WORDS = 64
SOUNDS = [
    (re.compile(written), said)
    for written, said in (
        ("ph", "f"),
        ("ch", "\x01"),
        ("h", ""),
        ("v|w", "b"),
        ("qu(?=[ei])|k|q", "c"),
        ("c(?=[ei])|z|ss", "s"),
        ("\x01", "ch"),
        ("ll|y(?=[aeiou])", "y"),
        ("g(?=[ei])", "j"),
        ("gu(?=[ei])", "g"),
        ("x", "s"),
        (r"([a-z])\1", r"\1"),
    )
]
# Words that mean something only with the next one: «sin azúcar».
WEAK_WORDS = frozenset({"sin", "sem", "no"})

STOP_WORDS = frozenset(
    word
    for line in (Path(__file__).parent / "lexicon" / "stop_words.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)


def fold(text: str) -> str:
    """The text in lower case, without accents (also ñ becomes n, as people type it)."""
    return COMBINING.sub("", unicodedata.normalize("NFD", text.lower()))


def split(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return SEPARATORS.sub(" ", fold(text)).split()


def content(text: str) -> list[str]:
    """The words of a query that say what is looked for, in order; all of its words when nothing else is left."""
    words = split(text)[:MAX_WORDS]
    return [word for word in words if word not in STOP_WORDS] or words


@lru_cache(maxsize=30_000)
def stem(word: str) -> str:
    """The Spanish stem of a folded word. A last z becomes c, as in lápiz and lápices."""
    if not word.isalpha():
        return word
    stemmed = str(_stemmer().stemWord(word))
    return stemmed[:-1] + "c" if stemmed.endswith("z") else stemmed


@lru_cache(maxsize=30_000)
def sound(word: str) -> str:
    """How a folded word sounds, roughly, to most of Latin America: «zapatiya», «sapatilla» and «zapatilla» are one."""
    for written, said in SOUNDS:
        word = written.sub(said, word)
    return word


_local = threading.local()


def _stemmer() -> Any:
    # A stemmer holds the word it works on, so each thread has its own.
    if not hasattr(_local, "stemmer"):
        _local.stemmer = snowballstemmer.stemmer("spanish")
    return _local.stemmer
