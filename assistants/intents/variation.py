"""How the same sentence also comes: without accents, misspelt, shortened, with a greeting before it or thanks after."""

from __future__ import annotations

import random
import unicodedata
import zlib

# Of the languages, what people say before what they want, and after it.
_BEFORE = {
    "es": ("hola", "hola, ", "buenas tardes, ", "buenos días ", "disculpe, ", "oye, ", "buenas ", "hola qué tal, ",
           "una consulta, ", "por favor ", "ok, ", "mira, ", "che, ", "amigo ", "hola buenas noches, "),
    "en": ("hi, ", "hello ", "hey ", "good morning, ", "please ", "excuse me, ", "ok, ", "hi there, ", "um ",
           "so, ", "good afternoon. ", "yo "),
    "pt": ("oi, ", "bom dia, ", "olá ", "por favor "),
}  # fmt: skip
_AFTER = {
    "es": (" por favor", " porfa", ", gracias", " gracias de antemano", " xfa", " saludos", " urgente", " ya", " pues"),
    "en": (" please", ", thanks", " thank you", " pls", " asap", " for me"),
    "pt": (" por favor", " obrigado"),
}
_SHORTER = {
    "que": "q", "qué": "q", "por": "x", "porque": "xq", "también": "tmb", "para": "pa", "mañana": "mñn",
    "quiero": "kiero", "tienen": "tienn", "de": "d", "cuánto": "cuanto", "estoy": "toy", "you": "u", "are": "r",
    "your": "ur", "please": "pls", "tomorrow": "tmrw", "want to": "wanna", "going to": "gonna", "what's": "whats",
    "i'm": "im", "don't": "dont", "for": "4", "você": "vc",
}  # fmt: skip


def vary(text: str, *, language: str, greet: bool) -> str:
    """One other way of writing ``text``, always the same; ``greet`` when words before and after may be added."""
    chance = random.Random(zlib.crc32(text.encode()))  # noqa: S311  (sentences are no secrets)
    if chance.random() < 0.4:
        text = " ".join(_SHORTER.get(word, word) if chance.random() < 0.6 else word for word in text.split())
    if chance.random() < 0.5:
        text = text.strip("¿?.!¡").replace(",", "")
    if chance.random() < 0.6:
        text = _unaccent(text)
    if chance.random() < 0.35 and len(text) > 8:
        text = _misspell(text, chance)
    if greet and chance.random() < 0.35:
        text = chance.choice(_BEFORE[language]) + text
    if greet and chance.random() < 0.2:
        text = text.rstrip("?") + chance.choice(_AFTER[language])
    return text


def _misspell(text: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(text) - 1)
    if not text[at].isalpha():
        return text
    match chance.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case 2:
            return text[:at] + text[at] + text[at:]
    for right, wrong in chance.sample(
        (("v", "b"), ("b", "v"), ("s", "z"), ("c", "s"), ("h", ""), ("ll", "y"), ("i", "y")), 7
    ):
        if right in text:
            return text.replace(right, wrong, 1)
    return text


def _unaccent(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
