# ruff: noqa: E501  (word lists and patterns are one line each)
"""A message that answers a question of ours: it is put together with what was asked about, and chooses among the rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agenda.dates import Moment
from assistants.builtin.agenda_material import Person
from assistants.builtin.agenda_understanding import AgendaIntent, AgendaUnderstanding, understand_agenda
from assistants.builtin.material import Conversation
from assistants.grounding.words import fold

# How our own questions begin: what comes after one is its answer.
_ASKED = re.compile(
    r"(?:¿Para cuándo|¿A qué hora|¿Cuándo exactamente|¿Qué día|¿Cuál de|Eso ya pasó|.{0,60}no existe en el calendario|For when|At what time|When exactly|Which day|Which of|That is over|.{0,60}does not exist in the calendar"
    r"|Para quando|A que horas|Quando exatamente|Que dia|Qual d|Isso já passou|.{0,60}não existe no calendário)[^\n]*\?\s*(?:\n(?:-[^\n]*\n?)+)?\s*$"
)
LONGEST_ANSWER = 80  # characters
MOST_ANSWERS = 3  # that belong to one request
_OWN = (AgendaIntent.UNCLEAR, AgendaIntent.BOOK, AgendaIntent.YES, AgendaIntent.AGENDA)
_WHICH = re.compile(r"(?:¿Cuál de|Which of|Qual d)[^\n]*\?\s*(?:\n(?:-[^\n]*\n?)+)?\s*$")
# A sentence that begins so wants something of its own; «agéndala el jueves» speaks of what was asked about.
_ORDERS = re.compile(
    r"\W*(?:(?:no|mejor|entonces|bueno|ok|oye|hola|por favor|y|tambien|please|hey|and|also|instead|rather|nao|melhor|entao|e|quiero|quisiera|puedes|podrias|necesito|can you|could you|i want to|i need to|quero|preciso|pode)[,\s]+)*"
    r"(?!\w+l[ao]s?\b)(?:agend|reserv|program|apart[ae]|separ[ae]|schedul|book\b|set up|arrange|marca|marque|cre[ae]|cri[ae]|anot[ae]|apunt[ae]|agreg|anad[ei]|adicion|coloc|coloque|pon(?:me|ga|er)?\b|add\b|put\b(?! it)|create\b|new\b|nuev[ao]\b|nov[ao]\b|tengo\b|tenemos\b|tenho\b|i have\b|que (?:\w+ ){0,2}(?:tengo|hay)|what\b|when\b|o que\b|muestra|show\b|dime\b|tell me\b)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """Who asks, and what they have answered to a question of ours (empty when none was asked)."""

    person: Person
    answer: str

    def understand(self) -> AgendaUnderstanding:
        person = self.person
        return understand_agenda(self.answer, language=person.language, now=person.now, timezone=person.timezone)


def put_together(person: Person, conversation: Conversation) -> tuple[str, str]:
    """The message that is to be understood, and the answer to our question in it."""
    message = conversation.question
    if not conversation.earlier or not _ASKED.search(conversation.last_answer):
        return message, ""
    if not _is_answer(message, person) or _books_beside(message, person, conversation.last_answer):
        return message, ""
    answers = [message]
    for earlier in reversed(conversation.earlier[-MOST_ANSWERS:]):
        if not _is_answer(earlier, person, alone=True):
            return earlier, " ".join(answers)  # «a las 8», «de la mañana»
        answers.insert(0, earlier)
    return message, ""


def _is_answer(message: str, person: Person, *, alone: bool = False) -> bool:
    """Whether a message may answer a question of ours; with ``alone`` whether it cannot be anything else."""
    own = understand_agenda(message, language=person.language, now=person.now, timezone=person.timezone)
    if len(message) > LONGEST_ANSWER or own.intent not in _OWN or _ORDERS.match(fold(message)):
        return False
    return not alone or own.intent == AgendaIntent.UNCLEAR or not own.words


def _books_beside(message: str, person: Person, asked: str) -> bool:
    """Whether a message that came after «¿Cuál de estas?» names and dates something that is not among them."""
    if not _WHICH.search(asked):
        return False
    own = understand_agenda(message, language=person.language, now=person.now, timezone=person.timezone)
    timed = any(moment.kind in ("datetime", "datetime_range") for moment in own.moments)
    among = fold(asked)
    return timed and bool(own.words) and not any(fold(word) in among for word in own.words)


def answered(draft: Mapping[str, Any], told: Told) -> str | None:
    """The start, when the person has answered what the draft asks: an hour for its day, or one of the candidates."""
    if not told.answer:
        return None
    candidates = [str(each) for each in draft.get("candidates", ())]
    moments = [m for m in told.understand().moments if m.kind not in ("duration", "recurrence") and m.candidates]
    if not moments:
        ordinal = _ordinal(told.answer)
        full = [each for each in candidates if "T" in each]
        return full[ordinal] if ordinal is not None and -len(full) <= ordinal < len(full) else None
    days = {each[:10] for each in candidates}
    readings = [str_of(reading.start) for reading in moments[0].candidates]
    for each in candidates:
        if "T" in each and any(_agree(each, said) for said in readings):
            return each
    clocks = [said for said in readings if "T" not in said and ":" in said]
    if clocks and len(days) == 1:
        return f"{days.pop()} {moments[0].words}"
    return moments[0].words if any("T" in said for said in readings) or not days else None


def str_of(start: Any) -> str:
    """«2026-11-26T15:30», «2026-11-26» or «15:30»."""
    if isinstance(start, datetime):
        return f"{start:%Y-%m-%dT%H:%M}"
    return str(start)[:10] if str(start).count("-") == 2 else f"{start:%H:%M}"


def _agree(candidate: str, said: str) -> bool:
    return said in (candidate, candidate[:10], candidate[11:16])


_ORDINALS = (
    (0, re.compile(r"\b(?:primer[oa]?|first|primeir[oa])\b", re.IGNORECASE)),
    (1, re.compile(r"\b(?:segund[oa]|second)\b", re.IGNORECASE)),
    (2, re.compile(r"\b(?:tercer[oa]?|third|terceir[oa])\b", re.IGNORECASE)),
    (-1, re.compile(r"\b(?:últim[oa]|ultim[oa]|last)\b", re.IGNORECASE)),
)


_BARE = re.compile(
    r"\W*(?:(?:la|el|a|o|the|n[uú]mero|number|opci[oó]n|option|op[cç][aã]o|no?[.º°])\W+)*([1-9])\W*(?:one|por favor|please)?\W*",
    re.IGNORECASE,
)


def _ordinal(text: str) -> int | None:
    """The place that is meant; a bare number is one only when nothing else is said («de 2 a 4» are hours)."""
    if bare := _BARE.fullmatch(text):
        return int(bare[1]) - 1
    return next((place for place, pattern in _ORDINALS if pattern.search(text)), None)


def at_hour(rows: list[Mapping[str, Any]], moments: Sequence[Moment], when: Sequence[str]) -> list[Mapping[str, Any]]:
    """Of the rows those that begin at the hour that was said («mi cita de las 4»)."""
    said = [m for m in moments if when and m.words == when[0] and m.kind in ("time", "datetime")]
    if not said:
        return rows
    clocks = {str_of(reading.start)[-5:] for reading in said[0].candidates}
    return [row for row in rows if str(row.get("start", ""))[11:16] in clocks] or rows


def chosen(rows: Sequence[Mapping[str, Any]], told: Told) -> list[Mapping[str, Any]]:
    ordinal = _ordinal(told.answer)
    if ordinal is not None and -len(rows) <= ordinal < len(rows):
        return [rows[ordinal]]
    said = told.understand()
    readings = [str_of(reading.start) for moment in said.moments for reading in moment.candidates]
    by_moment = [
        row for row in rows if any(_agree(str(row.get("start") or row.get("due") or ""), each) for each in readings)
    ]
    if by_moment:
        return by_moment[:1] if len(by_moment) == 1 else by_moment
    return [row for row in rows if said.words and all(word.lower() in row["title"].lower() for word in said.words)]
