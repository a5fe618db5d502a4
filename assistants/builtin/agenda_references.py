# ruff: noqa: E501  (patterns are one line each)
"""What «pásala», «move it» and «passa para sexta» speak of: the one thing that our latest replies told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistants.builtin.agenda_understanding import RULES, AgendaIntent, AgendaUnderstanding
from assistants.grounding.words import fold, tokenize

LOOKED_BACK = 3  # replies of ours
_BOLD = re.compile(r"^- \*\*(?P<title>.+?)\*\*", re.MULTILINE)
_WEEKDAY = r"(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|monday|tuesday|wednesday|thursday|friday|saturday|sunday|segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira)"
# «Listo. Reunión con Carla, en su oficina, jueves 26 de noviembre de 15:30 a 16:30»: as the tools tell a row.
_DONE = re.compile(
    rf"^(?:Listo|Done|Pronto)\b[^.:]*[.:] (?P<title>[^\n]+?)(?:, (?:en|at|em) [^,\n]+)?, (?:(?:desde el|del|de|from) )?(?:{_WEEKDAY}\b|(?:prioridad|prioridade) (?:alta|media|média|baja|baixa)|(?:high|medium|low) priority)",
    re.IGNORECASE,
)
_POINTS = re.compile(r"\b(?:\w{3,}l[ao]|it|this|that|isso|essa|esse|ela|ele)\b")
_CHANGES = (AgendaIntent.MOVE, AgendaIntent.CANCEL, AgendaIntent.REMIND)


@dataclass(frozen=True, slots=True)
class Reference:
    """A thing that a reply of ours told: its title, and the whole reply."""

    title: str
    reply: str

    def narrow(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Of ``rows`` that were found by the title those that the reply told."""
        named = [row for row in rows if row["title"] == self.title] or list(rows)
        return [row for row in named if str(row.get("when_text") or "\0") in self.reply] or named


def find_reference(answers: Sequence[str]) -> Reference | None:
    """What was spoken of last; None when it was nothing, or one of several."""
    for reply in reversed(answers[-LOOKED_BACK:]):
        listed = list(dict.fromkeys(match["title"] for match in _BOLD.finditer(reply)))
        if len(listed) > 1:
            return None
        if listed:
            return Reference(listed[0], reply)
        if done := _DONE.match(reply):
            return Reference(done["title"], reply)
    return None


def resolve(understanding: AgendaUnderstanding, answers: Sequence[str]) -> tuple[AgendaUnderstanding, Reference | None]:
    """``understanding`` with the words of what it points at, when it names nothing itself."""
    folded = fold(understanding.text)
    intent = understanding.intent
    if intent == AgendaIntent.YES and _POINTS.search(folded):  # «elimínala» agrees when something was asked
        intent = next((AgendaIntent(each.intent) for each in RULES if each.pattern.search(folded)), intent)
    days = len(understanding.when) - (intent == AgendaIntent.MOVE)
    if intent not in _CHANGES or understanding.words or understanding.wants_all or days > 0:
        return understanding, None
    reference = find_reference(answers)
    if reference is None:
        return understanding, None
    words = tuple(token.text for token in tokenize(reference.title))
    return replace(understanding, intent=intent, words=words), reference
