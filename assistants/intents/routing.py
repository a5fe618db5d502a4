"""Which assistant answers an owner's message: by its intent when that is clear, else by the talk so far."""

from __future__ import annotations

import re
from typing import Literal

from assistants.intents.detection import detect_intent
from assistants.intents.features import clip, read_words

Assistant = Literal["commercial", "personal"]

SURE = 0.6  # from here on an intent changes the assistant in the middle of a talk
SURE_THOUGH_IT_GOES_ON = 0.9  # and that of a short message which seems to go on with what was said
FEW_WORDS = 5
# «¿y el jueves?», «no, mejor a las 5», «and the blue one?»
_GOES_ON = re.compile(r"(y|e|o|and|or|what about|how about|pero|mas|but|mejor|better|make it|si|sim|yes|no|ok|dale)\b")


def decide(message: str, *, context: str | None) -> Assistant:
    """The assistant for a message of an owner, in a talk whose last turn ``context`` answered; None begins one.

    A clear intent (score from SURE on) decides. What is not clear, is chatter, or is short and goes on with what was
    said stays with ``context``; without one the likelier side answers, and the commercial assistant greets.
    """
    intent = detect_intent(message)
    known: Assistant | None = "personal" if context == "personal" else "commercial" if context == "commercial" else None
    if known is not None and intent.score < (SURE_THOUGH_IT_GOES_ON if _goes_on(message) else SURE):
        return known
    if intent.kind != "none":
        return intent.kind
    return known or "commercial"


def _goes_on(message: str) -> bool:
    words = [word for word in read_words(clip(message)) if word[0].isalnum() or word[0] == "#"]
    return len(words) <= FEW_WORDS and bool(_GOES_ON.match(" ".join(words)))
