# ruff: noqa: E501  (word lists are one line each)
"""The question before several things are taken away or moved: which they are, and to say «sí»."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agenda.models import Appointment, Task
from assistants.language import Language
from assistants.moments import write_day, write_moment, write_span
from assistants.tools.agenda_moments import read_day, read_start
from assistants.tools.agenda_rows import language_of, local_hours, today_of, zone_of
from assistants.tools.base import ToolContext, ToolError

LISTED = 12
_QUESTIONS: dict[str, dict[Language, str]] = {
    "cancel": {"es": "¿Cancelo estas {n} citas?", "en": "Shall I cancel these {n} appointments?", "pt": "Cancelo estes {n} compromissos?"},
    "cancel_series": {
        "es": "Se repite. ¿Cancelo {which}?",
        "en": "It repeats. Shall I cancel {which}?",
        "pt": "Ele se repete. Cancelo {which}?",
    },
    "move_series": {
        "es": "Se repite. ¿Muevo {which}?",
        "en": "It repeats. Shall I move {which}?",
        "pt": "Ele se repete. Movo {which}?",
    },
    "move": {"es": "¿Muevo estas {n} citas?", "en": "Shall I move these {n} appointments?", "pt": "Movo estes {n} compromissos?"},
    "delete": {"es": "¿Borro estas {n} tareas?", "en": "Shall I delete these {n} tasks?", "pt": "Apago estas {n} tarefas?"},
    "complete": {"es": "¿Marco como hechas estas {n} tareas?", "en": "Shall I mark these {n} tasks as done?", "pt": "Marco como feitas estas {n} tarefas?"},
    "cancel_one": {"es": "¿Cancelo esta cita?", "en": "Shall I cancel this appointment?", "pt": "Cancelo este compromisso?"},
    "move_one": {"es": "¿Muevo esta cita?", "en": "Shall I move this appointment?", "pt": "Movo este compromisso?"},
    "delete_one": {"es": "¿Borro esta tarea?", "en": "Shall I delete this task?", "pt": "Apago esta tarefa?"},
    "complete_one": {"es": "¿Marco como hecha esta tarea?", "en": "Shall I mark this task as done?", "pt": "Marco como feita esta tarefa?"},
    "clear": {"es": "¿Cancelo y borro estas {n} cosas?", "en": "Shall I cancel and delete these {n} things?", "pt": "Cancelo e apago estas {n} coisas?"},
    "several": {"es": "¿Hago estos {n} cambios?", "en": "Shall I make these {n} changes?", "pt": "Faço estas {n} mudanças?"},
    "yes": {
        "es": "Responde «sí» y lo hago; si no, queda todo como está.",
        "en": "Answer «yes» and I'll do it; otherwise everything stays as it is.",
        "pt": "Responda «sim» e eu faço; senão, fica tudo como está.",
    },
    "more": {"es": "… y {n} más", "en": "… and {n} more", "pt": "… e mais {n}"},
    "following": {"es": "esta y las que siguen", "en": "this one and those after it", "pt": "este e os seguintes"},
    "all": {"es": "todas las de la serie", "en": "all of the series", "pt": "todos da série"},
}  # fmt: skip
_KEYS = {
    "cancel_appointments": "cancel",
    "move_appointment": "move",
    "delete_tasks": "delete",
    "complete_tasks": "complete",
}


def write_question(context: ToolContext, calls: Sequence[Mapping[str, Any]]) -> str:
    """What the person is asked before ``calls`` ({tool, arguments}) are made: the things, one a line."""
    language = language_of(context)
    lines: list[str] = []
    scope = "one"
    for call in calls:
        arguments = call["arguments"]
        scope = arguments.get("scope") or scope
        ids = arguments.get("ids") or [arguments.get("id")]
        of_tasks = call["tool"].endswith("tasks")
        items = _tasks(ids) if of_tasks else _appointments(ids, context, moved_to=arguments.get("start"))
        lines += items
    kinds = {_KEYS[call["tool"]] for call in calls}
    key = "clear" if kinds == {"cancel", "delete"} else kinds.pop() if len(kinds) == 1 else "several"
    if scope != "one" and key in ("cancel", "move") and len(lines) == 1:
        head = _say(language, f"{key}_series", which=_say(language, scope))
    else:
        head = _say(language, f"{key}_one" if len(lines) == 1 else key, n=len(lines))
    shown = [f"- {line}" for line in lines[:LISTED]]
    if len(lines) > LISTED:
        shown.append(_say(language, "more", n=len(lines) - LISTED))
    return "\n".join([head, *shown, "", _say(language, "yes")])


def _say(language: Language, key: str, **values: object) -> str:
    return _QUESTIONS[key][language].format(**values)


def _appointments(ids: Sequence[int], context: ToolContext, *, moved_to: str | None) -> list[str]:
    rows = Appointment.objects.present().filter(pk__in=ids).order_by("start_datetime", "id")
    _miss("appointment", ids, [row.pk for row in rows])
    language, today = language_of(context), today_of(context)
    lines = []
    for row in rows:
        start, end = local_hours(row, zone_of(context))
        line = f"{row.title}, {write_span(start, end, all_day=row.all_day, language=language, today=today)}"
        if moved_to is not None and row.all_day:
            line = f"{line} → {write_day(read_day(moved_to, context=context), language=language, today=today)}"
        elif moved_to is not None:
            new = read_start(moved_to, context=context, keep=start)
            line = f"{line} → {write_moment(new, language=language, today=today)}"
        lines.append(line)
    return lines


def _tasks(ids: Sequence[int]) -> list[str]:
    rows = list(Task.objects.present().filter(pk__in=ids).in_order())
    _miss("task", ids, [row.pk for row in rows])
    return [task.title for task in rows]


def _miss(what: str, ids: Sequence[int], found: Sequence[int]) -> None:
    if missing := sorted(set(ids) - set(found)):
        raise ToolError(f"no {what} has the id {missing[0]}")
