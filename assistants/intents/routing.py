# ruff: noqa: E501  (patterns are one line each)
"""Which assistant answers an owner's message: by its intent when that is clear, else by the talk so far."""

from __future__ import annotations

import re
from typing import Literal

from assistants.grounding.words import fold
from assistants.intents.detection import detect_intent
from assistants.intents.features import clip, read_words

Assistant = Literal["commercial", "personal"]

SURE = 0.6  # from here on an intent changes the assistant in the middle of a talk
SURE_THOUGH_IT_GOES_ON = 0.9  # and that of a short message which seems to go on with what was said
FEW_WORDS = 5
# «¿y el jueves?», «no, mejor a las 5», «and the blue one?»
_GOES_ON = re.compile(r"(y|e|o|and|or|what about|how about|pero|mas|but|mejor|better|make it|si|sim|yes|no|ok|dale)\b")


# Said of what is sold and of nothing in an agenda: «pon el stock del martillo en 5».
_OF_THE_SHOP = re.compile(
    r"\b(?:stock|existencias?|inventario|estoque)\b|\b(?:sub|baj|cambi|pon|ponl|actualiz|ajust|rebaj|aument)\w*\b.*\bprecios?\b"
    r"|\b(?:esta|estan) (?:agotad\w+|disponibles?)\b|\bproductos? nuevos?\b|\bnuevos? productos?\b"
    r"|\b(?:clientes?|customers?)\b.*\b(?:pregunt|escrib|pid|pidi|ask|wrote|writ|pergunt|escrev)\w*|\b(?:pregunt|escrib|pid|ask|wrote|pergunt|escrev)\w*\b.*\b(?:clientes?|customers?)\b"
    r"|\bquien(?:es)? (?:me |nos )?(?:ha |han )?escri\w+|\bwho (?:has )?(?:wrote|written)\b|\bquem (?:me )?escreveu\b"
)
_OF_THE_AGENDA = re.compile(
    r"\b(?:citas?|reunion(?:es)?|tareas?|agenda\w*|recuerd\w+|recordatorios?|avis\w+|appointments?|meetings?|tasks?|remind\w*|reuni(?:ao|oes)|tarefas?|lembr\w+|disponibles? (?:manana|el|a las|hoy))\b"
)


def decide(message: str, *, context: str | None) -> Assistant:
    """The assistant for a message of an owner, in a talk whose last turn ``context`` answered; None begins one.

    A clear intent (score from SURE on) decides. What is not clear, is chatter, or is short and goes on with what was
    said stays with ``context``; without one the likelier side answers, and the commercial assistant greets.
    """
    folded = fold(clip(message))
    if _OF_THE_SHOP.search(folded) and not _OF_THE_AGENDA.search(folded):
        return "commercial"
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
