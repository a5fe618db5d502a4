"""What the detector sees of a message: its vector from the local model, and its words and letters, hashed."""

from __future__ import annotations

import itertools
import re
import unicodedata
import zlib
from collections.abc import Iterator

HASHED = 8192  # places for words and letters
LONGEST_HEAD, LONGEST_TAIL = 220, 100  # characters; who writes at length says what they want first or last

_WORD = re.compile(r"[^\W\d_]+|\d+|[¿?¡!$%@]")
_REPEATED = re.compile(r"([^\W\d])\1{2,}")
# How people shorten on a phone; read as the words.
_SHORT = {
    "q": "que", "k": "que", "xq": "porque", "pq": "porque", "x": "por", "xfa": "porfa", "tmb": "tambien",
    "tb": "tambien", "tbn": "tambien", "d": "de", "m": "me", "mñn": "manana", "mnn": "manana", "mna": "manana",
    "cto": "cuanto", "cuant": "cuanto", "ctos": "cuantos", "bn": "bien", "pa": "para", "toy": "estoy", "ta": "esta",
    "kiero": "quiero", "aki": "aqui", "tngo": "tengo", "tnes": "tienes", "dnd": "donde", "u": "you", "r": "are",
    "ur": "your", "pls": "please", "plz": "please", "thx": "thanks", "tmrw": "tomorrow", "tmr": "tomorrow",
    "2moro": "tomorrow", "wanna": "want to", "gonna": "going to", "gotta": "got to", "gimme": "give me",
    "whats": "what is", "im": "i am", "vc": "voce", "vcs": "voces", "tbm": "tambem",
}  # fmt: skip


def clip(text: str) -> str:
    """The text in one line without what cannot be read, and of a long one its beginning and its end."""
    # Before anything is done with all of it: a message may be of any length.
    if len(text) > 4 * (LONGEST_HEAD + LONGEST_TAIL):
        text = text[: 2 * LONGEST_HEAD] + " " + text[-2 * LONGEST_TAIL :]
    text = text.encode("utf-8", "ignore").decode("utf-8").replace("\x00", " ")
    text = " ".join(unicodedata.normalize("NFC", text.lower()).split())
    text = _REPEATED.sub(r"\1\1", text)
    if len(text) > LONGEST_HEAD + LONGEST_TAIL:
        head, tail = text[:LONGEST_HEAD], text[-LONGEST_TAIL:]
        text = f"{head.rsplit(' ', 1)[0]} {tail.split(' ', 1)[-1]}"
    return text


def read_words(text: str) -> list[str]:
    """The words of a clipped text without accents, with short forms written out and numbers made alike."""
    # ñ keeps its own letter until the short forms are read, so that «mñn» is known.
    words = []
    for word in _WORD.findall(text):
        if word.isdigit():
            words.append("#" * min(len(word), 4))
            continue
        word = _SHORT.get(word, word)
        words.extend(_fold(word).split())
    return words


def hash_features(words: list[str]) -> list[int]:
    """The places, of ``HASHED``, of what the words hold; a place may come more than once."""
    return [zlib.crc32(feature.encode()) % HASHED for feature in _features(words)]


def _features(words: list[str]) -> Iterator[str]:
    row = ["^", *words, "$"]
    for first, second in itertools.pairwise(row):
        yield f"2 {first} {second}"
    for first, _, third in zip(row, row[1:], row[2:], strict=False):
        yield f"3 {first} {third}"
    for word in words:
        yield f"1 {word}"
        if len(word) > 3:
            framed = f"<{word}>"
            for size in (3, 4, 5):
                for at in range(len(framed) - size + 1):
                    yield framed[at : at + size]


def _fold(word: str) -> str:
    if word.isascii():
        return word
    return "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))
