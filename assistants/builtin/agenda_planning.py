"""What has to be called before a message about the agenda can be answered, one round after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from assistants.builtin.agenda_answers import Told, answered, at_hour, chosen, put_together
from assistants.builtin.agenda_material import Person, Results, read_results
from assistants.builtin.agenda_references import Reference, resolve
from assistants.builtin.agenda_understanding import AgendaIntent, AgendaUnderstanding, understand_agenda
from assistants.builtin.material import Conversation
from assistants.builtin.planning import Call
from assistants.grounding.words import fold
from assistants.language import follow_talk

_TO_DO = re.compile(r"recu[eé]rd|rec[oó]rd|remind|remember|lembr|\| \w+[aei]r\b", re.IGNORECASE)


@dataclass
class AgendaPlan:
    """``targets``: what is meant; ``several``: among what the person has to choose; ``missing``: calls to make."""

    understanding: AgendaUnderstanding
    results: Results
    missing: list[Call] = field(default_factory=list)
    targets: list[Mapping[str, Any]] = field(default_factory=list)
    several: list[Mapping[str, Any]] = field(default_factory=list)
    reference: Reference | None = None  # what a pronoun points at
    not_found: bool = False
    question: str = ""

    @property
    def intent(self) -> AgendaIntent:
        return self.understanding.intent


def make_agenda_plan(*, person: Person, conversation: Conversation) -> AgendaPlan:
    """Work out what is meant, from the message or from it as the answer to a question of ours, and what is missing."""
    question, answer = put_together(person, conversation)
    understanding = understand_agenda(question, language=person.language, now=person.now, timezone=person.timezone)
    said = [*conversation.earlier, conversation.question]
    language = person.language if person.is_heard else follow_talk(said, known=person.language)
    understanding = replace(understanding, language=language)
    reference = None
    if not (person.done or person.note):
        understanding, reference = resolve(understanding, conversation.answers)
    plan = AgendaPlan(understanding, read_results(conversation), reference=reference)
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
        step(plan, Told(person, answer))
    return plan


def _undo(plan: AgendaPlan, told: Told) -> None:
    plan.missing.append(Call("undo_last_change", {}))


# -- making


def _book(plan: AgendaPlan, told: Told) -> None:
    is_task = plan.intent == AgendaIntent.ADD_TASK
    draft = plan.results.last("read_draft")
    if draft is None:
        kind = "task" if is_task else "appointment"
        plan.missing.append(Call("read_draft", {"text": plan.understanding.text, "kind": kind}))
        return
    start = draft.get("start_datetime")
    if draft.get("question") and "words" in draft:
        start = answered(draft, told)
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
    if is_task and _TO_DO.search(f"{plan.understanding.text} | {draft['words']}"):  # to be reminded of at that hour
        given = {"reminder_minutes": [0], "minutes": 15} | given
    if draft.get("end_datetime") and not given.get("all_day"):
        length = datetime.fromisoformat(draft["end_datetime"]) - datetime.fromisoformat(draft["start_datetime"])
        given["minutes"] = int(length.total_seconds() // 60)
    if given.get("all_day") and start:
        last = datetime.fromisoformat(draft.get("end_datetime") or start) - timedelta(minutes=1)
        start, given["end"] = start[:10], max(start[:10], f"{last:%Y-%m-%d}")
    plan.missing.append(Call("create_appointment", {"title": draft["words"], "start": start, **given}))


# -- changing what is there


def _find(plan: AgendaPlan, told: Told, *, tool: str, when: Sequence[str], whole: bool = False) -> bool:
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
    rows = at_hour(rows, plan.understanding.moments, when)
    if plan.reference is not None:
        rows = plan.reference.narrow(rows)
    if not whole and key == "appointments" and _are_a_series(rows):
        rows = rows[:1]  # the next one of a series
    if not whole and len(rows) > 1 and told.answer:
        rows = chosen(rows, told) or rows
    if not whole and len(rows) > 1:
        rows = _called_so(rows, plan.understanding.text) or rows
    plan.not_found = not rows
    if whole or len(rows) == 1:
        plan.targets = rows
    else:
        plan.several = rows
    return True


def _called_so(rows: Sequence[Mapping[str, Any]], text: str) -> list[Mapping[str, Any]]:
    """The one row whose whole title stands in what was said."""
    named = [row for row in rows if re.search(rf"(?<!\w){re.escape(fold(str(row['title'])))}(?!\w)", fold(text))]
    return named if len(named) == 1 else []


def _are_a_series(rows: Sequence[Mapping[str, Any]]) -> bool:
    return len({row["title"] for row in rows}) == 1 and all("repeats" in row for row in rows)


def _change_appointment(plan: AgendaPlan, told: Told) -> None:
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


def _cancel(plan: AgendaPlan, told: Told) -> None:
    understanding = plan.understanding
    of_tasks = understanding.of_tasks and not re.search(
        r"\b(?:citas?|reuni|appointment|meeting)", understanding.text.lower()
    )
    if (
        understanding.wants_all
        and understanding.when
        and not (understanding.words or of_tasks or understanding.of_events)
    ):
        _clear_day(plan, told)
        return
    if of_tasks or plan.results.last("list_tasks"):
        if not _find(plan, told, tool="list_tasks", when=understanding.when, whole=understanding.wants_all):
            return
        if plan.targets:
            plan.missing.append(Call("delete_tasks", {"ids": [row["id"] for row in plan.targets]}))
        return
    if not _find(plan, told, tool="list_appointments", when=understanding.when, whole=understanding.wants_all):
        return
    if plan.targets:
        arguments: dict[str, Any] = {"ids": [row["id"] for row in plan.targets]}
        if len(plan.targets) > 1 and _are_a_series(plan.targets) and not understanding.when:
            arguments = {"ids": arguments["ids"][:1], "scope": "all"}
        plan.missing.append(Call("cancel_appointments", arguments))
    elif plan.not_found and understanding.words and not understanding.of_events:
        plan.not_found = False
        _find(plan, told, tool="list_tasks", when=[], whole=understanding.wants_all)


def _clear_day(plan: AgendaPlan, told: Told) -> None:
    """«cancela todo lo de mañana»: the appointments of that day, and the tasks that are due on it."""
    when = plan.understanding.when
    appointments, tasks = plan.results.last("list_appointments"), plan.results.last("list_tasks")
    if appointments is None or tasks is None:
        plan.missing.append(Call("list_appointments", {"when": when[0]}))
        plan.missing.append(Call("list_tasks", {"which": "pending", "when": when[0]}))
        return
    rows, due = appointments.get("appointments", ()), tasks.get("tasks", ())
    plan.not_found = not rows and not due
    if rows:
        plan.missing.append(Call("cancel_appointments", {"ids": [row["id"] for row in rows]}))
    if due:
        plan.missing.append(Call("delete_tasks", {"ids": [row["id"] for row in due]}))


def _change_task(plan: AgendaPlan, told: Told) -> None:
    understanding = plan.understanding
    whole = understanding.wants_all
    if not _find(plan, told, tool="list_tasks", when=[w for w in understanding.when if whole], whole=whole):
        return
    ids = [row["id"] for row in plan.targets]
    if ids and plan.intent == AgendaIntent.COMPLETE:
        plan.missing.append(Call("complete_tasks", {"ids": ids}))
    elif ids:
        plan.missing.append(Call("prioritize_tasks", {"ids": ids, "priority": understanding.level or "high"}))


def _remind(plan: AgendaPlan, told: Told) -> None:
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


def _look(plan: AgendaPlan, told: Told) -> None:
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
