# ruff: noqa: E501  (word lists and patterns are one line each)
"""What has to be called before a message about the agenda can be answered, one round after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agenda.dates import Moment
from assistants.builtin.agenda_material import Person, Results, read_results
from assistants.builtin.agenda_understanding import AgendaIntent, AgendaUnderstanding, understand_agenda
from assistants.builtin.material import Conversation
from assistants.builtin.planning import Call

FAR = 366  # days that are looked through for an appointment by its words
# How our own questions begin: what comes after one is its answer.
_ASKED = re.compile(
    r"(?:¿Para cuándo|¿A qué hora|¿Cuándo exactamente|¿Qué día|¿Cuál de|Eso ya pasó|.{0,60}no existe en el calendario|For when|At what time|When exactly|Which day|Which of|That is over|.{0,60}does not exist in the calendar"
    r"|Para quando|A que horas|Quando exatamente|Que dia|Qual d|Isso já passou|.{0,60}não existe no calendário)[^\n]*\?\s*(?:\n(?:-[^\n]*\n?)+)?\s*$"
)
_OWN = (AgendaIntent.UNCLEAR, AgendaIntent.BOOK, AgendaIntent.YES, AgendaIntent.AGENDA)


@dataclass
class AgendaPlan:
    """``targets``: what is meant; ``several``: among what the person has to choose; ``missing``: calls to make."""

    understanding: AgendaUnderstanding
    results: Results
    missing: list[Call] = field(default_factory=list)
    targets: list[Mapping[str, Any]] = field(default_factory=list)
    several: list[Mapping[str, Any]] = field(default_factory=list)
    not_found: bool = False
    question: str = ""

    @property
    def intent(self) -> AgendaIntent:
        return self.understanding.intent


def make_agenda_plan(*, person: Person, conversation: Conversation) -> AgendaPlan:
    """Work out what is meant, from the message or from it as the answer to a question of ours, and what is missing."""
    question, answer = _put_together(person, conversation)
    understanding = understand_agenda(question, language=person.language, now=person.now, timezone=person.timezone)
    plan = AgendaPlan(understanding, read_results(conversation))
    if person.done or person.note or plan.results.acted is not None:
        return plan
    steps = {
        AgendaIntent.UNDO: _undo,
        AgendaIntent.BOOK: _book,
        AgendaIntent.ADD_TASK: _book,
        AgendaIntent.MOVE: _change_appointment,
        AgendaIntent.CANCEL: _cancel,
        AgendaIntent.REMIND: _remind,
        AgendaIntent.COMPLETE: _change_task,
        AgendaIntent.PRIORITISE: _change_task,
        AgendaIntent.FREE: _look,
        AgendaIntent.OVERDUE: _look,
        AgendaIntent.SUMMARY: _look,
        AgendaIntent.TASKS: _look,
        AgendaIntent.AGENDA: _look,
        AgendaIntent.GREETING: _look,
    }
    step = steps.get(plan.intent)
    if step is not None:
        step(plan, _Told(person, answer))
    return plan


@dataclass(frozen=True, slots=True)
class _Told:
    """Who asks, and what they have answered to a question of ours (empty when none was asked)."""

    person: Person
    answer: str

    def understand(self) -> AgendaUnderstanding:
        person = self.person
        return understand_agenda(self.answer, language=person.language, now=person.now, timezone=person.timezone)


def _put_together(person: Person, conversation: Conversation) -> tuple[str, str]:
    """The message that is to be understood, and the answer to our question in it."""
    message = conversation.question
    if not conversation.earlier or not _ASKED.search(conversation.last_answer):
        return message, ""
    own = understand_agenda(message, language=person.language, now=person.now, timezone=person.timezone)
    if own.intent not in _OWN or len(message) > 80:
        return message, ""
    return conversation.earlier[-1], message


def _undo(plan: AgendaPlan, told: _Told) -> None:
    plan.missing.append(Call("undo_last_change", {}))


# -- making


def _book(plan: AgendaPlan, told: _Told) -> None:
    is_task = plan.intent == AgendaIntent.ADD_TASK
    draft = plan.results.last("read_draft")
    if draft is None:
        kind = "task" if is_task else "appointment"
        plan.missing.append(Call("read_draft", {"text": plan.understanding.text, "kind": kind}))
        return
    start = draft.get("start_datetime")
    if draft.get("question") and "words" in draft:
        start = _answered(plan, draft, told)
        if start is None:
            plan.question = draft["question"]
            return
    if "words" not in draft:
        plan.question = draft.get("question", "")
        return
    given = {name: draft[name] for name in ("reminder_minutes", "rrule") if draft.get(name)}
    if is_task and not start:
        plan.missing.append(
            Call(
                "create_task",
                {"title": draft["words"], "due": draft.get("due_date"), "priority": draft.get("priority"), **given},
            )
        )
        return
    given |= {name: draft[name] for name in ("location", "attendees", "all_day") if draft.get(name)}
    if is_task:  # something to be reminded of at an hour
        given = {"reminder_minutes": [0], "minutes": 15} | given
    if draft.get("end_datetime") and not given.get("all_day"):
        length = datetime.fromisoformat(draft["end_datetime"]) - datetime.fromisoformat(draft["start_datetime"])
        given["minutes"] = int(length.total_seconds() // 60)
    if given.get("all_day") and start:
        start = _days(start, draft.get("end_datetime"))
    plan.missing.append(Call("create_appointment", {"title": draft["words"], "start": start, **given}))


def _days(start: str, end: str | None) -> str:
    """An all-day one is given as its first day; more days by their words would be lost, so the end goes with it."""
    return start[:10]


def _answered(plan: AgendaPlan, draft: Mapping[str, Any], told: _Told) -> str | None:
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
    (0, re.compile(r"\b(?:primer[oa]?|first|primeir[oa]|1)\b", re.IGNORECASE)),
    (1, re.compile(r"\b(?:segund[oa]|second|2)\b", re.IGNORECASE)),
    (2, re.compile(r"\b(?:tercer[oa]?|third|terceir[oa]|3)\b", re.IGNORECASE)),
    (-1, re.compile(r"\b(?:últim[oa]|ultim[oa]|last)\b", re.IGNORECASE)),
)


def _ordinal(text: str) -> int | None:
    return next((place for place, pattern in _ORDINALS if pattern.search(text)), None)


# -- changing what is there


def _find(plan: AgendaPlan, told: _Told, *, tool: str, when: Sequence[str], whole: bool = False) -> bool:
    """Whether what is meant has been looked up: then it stands in ``targets`` or ``several``, or was not found."""
    words = " ".join(plan.understanding.words)
    found = plan.results.last(tool)
    key = "tasks" if tool == "list_tasks" else "appointments"
    if found is None:
        arguments: dict[str, Any] = {}
        if words:
            arguments["search"] = words
        if when:
            arguments["when"] = when[0]
        elif not words and key == "appointments":
            arguments["when"] = None
        plan.missing.append(Call(tool, arguments))
        return False
    rows = list(found.get(key, ()))
    rows = _at_hour(rows, plan.understanding.moments, when)
    if (
        not whole
        and key == "appointments"
        and len({row["title"] for row in rows}) == 1
        and all("repeats" in row for row in rows)
    ):
        rows = rows[:1]  # the next one of a series
    if not whole and len(rows) > 1 and told.answer:
        rows = _chosen(rows, told) or rows
    plan.not_found = not rows
    if whole or len(rows) == 1:
        plan.targets = rows
    else:
        plan.several = rows
    return True


def _at_hour(rows: list[Mapping[str, Any]], moments: Sequence[Moment], when: Sequence[str]) -> list[Mapping[str, Any]]:
    """Of the rows those that begin at the hour that was said («mi cita de las 4»)."""
    said = [m for m in moments if when and m.words == when[0] and m.kind in ("time", "datetime")]
    if not said:
        return rows
    clocks = {str_of(reading.start)[-5:] for reading in said[0].candidates}
    return [row for row in rows if str(row.get("start", ""))[11:16] in clocks] or rows


def _chosen(rows: Sequence[Mapping[str, Any]], told: _Told) -> list[Mapping[str, Any]]:
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


def _change_appointment(plan: AgendaPlan, told: _Told) -> None:
    when = plan.understanding.when
    target = when[-1:]
    if not _find(plan, told, tool="list_appointments", when=when[:-1]) or not plan.targets:
        return
    row = plan.targets[0]
    start = target[0] if target else None
    if start is None and plan.understanding.minutes:  # «aplaza la reunión una hora»
        earlier = re.search(r"adelant|bring|antecip|forward", plan.understanding.text.lower()) is not None
        shift = timedelta(minutes=plan.understanding.minutes)
        moved = datetime.fromisoformat(row["start"]) + (-shift if earlier else shift)
        start = f"{moved:%Y-%m-%dT%H:%M}"
    if start is None and told.answer:
        start = told.answer
    if start is None:
        plan.question = "when"
        return
    if told.answer and target and plan.results.last("list_appointments"):
        said = told.understand().when
        start = f"{start} {said[0]}" if said and not plan.several else start
    plan.missing.append(Call("move_appointment", {"id": row["id"], "start": start}))


def _cancel(plan: AgendaPlan, told: _Told) -> None:
    understanding = plan.understanding
    of_tasks = understanding.of_tasks and not re.search(
        r"\b(?:citas?|reuni|appointment|meeting)", understanding.text.lower()
    )
    if of_tasks or plan.results.last("list_tasks"):
        if not _find(plan, told, tool="list_tasks", when=understanding.when, whole=understanding.wants_all):
            return
        if plan.targets:
            plan.missing.append(Call("delete_tasks", {"ids": [row["id"] for row in plan.targets]}))
        return
    if not _find(plan, told, tool="list_appointments", when=understanding.when, whole=understanding.wants_all):
        return
    if plan.targets:
        plan.missing.append(Call("cancel_appointments", {"ids": [row["id"] for row in plan.targets]}))
    elif plan.not_found and understanding.words and not understanding.of_events:
        plan.not_found = False
        _find(plan, told, tool="list_tasks", when=[], whole=understanding.wants_all)


def _change_task(plan: AgendaPlan, told: _Told) -> None:
    understanding = plan.understanding
    whole = understanding.wants_all
    if not _find(plan, told, tool="list_tasks", when=[w for w in understanding.when if whole], whole=whole):
        return
    ids = [row["id"] for row in plan.targets]
    if ids and plan.intent == AgendaIntent.COMPLETE:
        plan.missing.append(Call("complete_tasks", {"ids": ids}))
    elif ids:
        plan.missing.append(Call("prioritize_tasks", {"ids": ids, "priority": understanding.level or "high"}))


def _remind(plan: AgendaPlan, told: _Told) -> None:
    understanding = plan.understanding
    tool = "list_tasks" if understanding.of_tasks or plan.results.last("list_tasks") else "list_appointments"
    if not _find(plan, told, tool=tool, when=understanding.when):
        return
    if plan.not_found and tool == "list_appointments" and understanding.words:
        plan.not_found = False
        _find(plan, told, tool="list_tasks", when=[])
    elif plan.targets and understanding.minutes is not None:
        kind = "task" if tool == "list_tasks" else "appointment"
        arguments = {"kind": kind, "id": plan.targets[0]["id"], "minutes": [understanding.minutes]}
        plan.missing.append(Call("set_reminders", arguments))


# -- looking


def _look(plan: AgendaPlan, told: _Told) -> None:
    if plan.results.answers:
        return
    understanding = plan.understanding
    when = understanding.when[0] if understanding.when else None
    days = [m for m in understanding.moments if m.kind in ("date", "datetime")]
    if plan.intent == AgendaIntent.FREE:
        plan.missing.append(Call("find_free_time", {"when": when, "minutes": understanding.minutes}))
    elif plan.intent == AgendaIntent.OVERDUE:
        plan.missing.append(Call("list_tasks", {"which": "overdue"}))
    elif plan.intent == AgendaIntent.TASKS:
        plan.missing.append(Call("list_tasks", {"which": "pending", "when": when}))
    elif plan.intent in (AgendaIntent.SUMMARY, AgendaIntent.GREETING) or (days and not understanding.words):
        plan.missing.append(Call("daily_summary", {"when": days[0].words if days else None}))
    elif understanding.words:
        plan.missing.append(Call("list_appointments", {"search": " ".join(understanding.words), "when": when}))
    else:
        plan.missing += [
            Call("list_appointments", {"when": when}),
            Call("list_tasks", {"which": "pending", "when": when}),
        ]
        if when is None:
            plan.missing.pop()
