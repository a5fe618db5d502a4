"""What a message is about: the shop, the person's own agenda, or neither.

The vector of the local model and the words are weighed with what was learnt from our own sentences; no model is called.
"""

from __future__ import annotations

import re
from typing import Any, Literal, cast

from assistants.intents.features import clip, read_words
from assistants.intents.weights import KINDS, load_weights
from catalog.embeddings import EmbeddingUnavailable, embed_locally

Kind = Literal["commercial", "personal", "none"]

# Words that say it by themselves: alone, or where there is doubt whether the message is about anything.
KEYWORDS: dict[Kind, re.Pattern[str]] = {
    "commercial": re.compile(r"^(productos?|precios?|comprar?|stock|catalogos?)$"),
    "personal": re.compile(r"^(citas?|reunion(es)?|agendas?|tareas?|recordar)$"),
}
KEYWORD_DOUBT = 0.8  # «none» must be surer than this where a keyword speaks for one side
# A message of these alone is a greeting, though most messages in which they stand are about something.
_HELLO = r"(?:hola+|ola|buen[oa]s|buen|hi|hello|hey|hiya|oi|bom|boa|alo|good)"
_GREETING = re.compile(
    rf"{_HELLO}(?: (?:{_HELLO}|dias?|tardes?|noches?|noite|que|tal|muy|morning|afternoon|evening|day|there|everyone))*"
)
GREETING_SCORE = 0.98
_READABLE = re.compile(r"[^\W_]")


class Intent(str):
    """The kind itself (it is equal to "commercial", "personal" or "none"), which also knows its score.

    The score is the probability, from 0 to 1, that the kind is right: of the messages with .8, some 8 of 10 are.
    """

    __slots__ = ("score",)
    score: float

    def __new__(cls, kind: Kind, score: float) -> Intent:
        """Make an intent of the kind, with the score rounded to what it is worth."""
        made = super().__new__(cls, kind)
        made.score = round(score, 4)
        return made

    @property
    def kind(self) -> Kind:
        """What the message is about."""
        return cast(Kind, str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Intent, (self.kind, self.score)

    def __repr__(self) -> str:
        return f"Intent({str(self)!r}, score={self.score})"


def detect_intent(message: str) -> Intent:
    """What ``message`` is about. It may be of any length; what holds no word is none, with score 0. Never raises.

    What somebody wants of a shop is commercial, also an appointment with the shop, and so is an owner's word about
    products, stock and sales. What belongs into one's own calendar, tasks, lists, reminders and alarms is personal,
    also when it is about buying.
    """
    text = clip(message)
    if not _READABLE.search(text):
        return Intent("none", 0.0)
    words = read_words(text)
    if _GREETING.fullmatch(" ".join(word for word in words if word.isalpha())):
        return Intent("none", GREETING_SCORE)
    try:
        vector = embed_locally(text)
    except (EmbeddingUnavailable, OSError):  # the words alone know most of it
        vector = None
    chances = dict(zip(KINDS, map(float, load_weights().weigh(vector, words)), strict=True))
    kind = cast(Kind, max(chances, key=chances.__getitem__))
    said = [each for each, keyword in KEYWORDS.items() if any(map(keyword.match, words))]
    if len(said) == 1 and (len(words) == 1 or (kind == "none" and chances["none"] < KEYWORD_DOUBT)):
        return Intent(said[0], 1 - chances["none"])
    return Intent(kind, chances[kind])
