"""The tools that read the agenda: appointments, tasks, free time, the day, and what a sentence says of a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from agenda import availability, drafts
from agenda.models import Appointment, Task
from assistants.grounding.words import STOP_WORDS, tokenize
from assistants.moments import write_day, write_span
from assistants.tools.agenda_moments import read_day, read_span
from assistants.tools.agenda_rows import (
    WEEKDAYS,
    appointment_rows,
    language_of,
    task_rows,
    today_of,
    zone_of,
)
from assistants.tools.base import Tool, ToolContext, ToolError, make_spec
from tenants.models import Preferences

Row = TypeVar("Row")

SHOWN = 30  # appointments or tasks of one answer
SEARCHED = 2000  # rows that are looked through for words
SLOTS = 8
SEARCHED_AHEAD = 366  # days, when words are searched without a span
WHICH = ("pending", "overdue", "today", "completed", "all")
STATUSES = ("scheduled", "cancelled", "completed", "all")

WHEN = {
    "type": "string",
    "default": "",
    "description": "Un día o lapso: «mañana», «esta semana», «el jueves por la tarde», una fecha ISO, o dos separadas"
    " por una barra (2026-11-23/2026-11-27).",
}


def matching(rows: Sequence[Row], words: str, told: Callable[[Row], str]) -> list[Row]:
    """The rows that hold most of ``words``, whatever their accents and endings; none when they hold less than half."""
    wanted = {token.stem for token in tokenize(words) if token.folded not in STOP_WORDS}
    shares = [(len(wanted & {token.stem for token in tokenize(told(row))}), row) for row in rows]
    best = max((share for share, _ in shares), default=0)
    return [row for share, row in shares if share == best] if wanted and best * 2 >= len(wanted) else []


def _told(appointment: Appointment) -> str:
    people = " ".join(str(attendee) for attendee in appointment.attendees.all())
    return f"{appointment.title} {appointment.location} {people}"


def _list_appointments(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    words = (arguments.get("search") or "").strip()
    start, end = read_span(arguments.get("when"), context=context, days=SEARCHED_AHEAD if words else 7)
    status = arguments.get("status") or "scheduled"
    if status not in STATUSES:
        raise ToolError(f"status is one of {', '.join(STATUSES)}")
    found = Appointment.objects.present().between(start, end)
    if status != "all":
        found = found.filter(status=status)
    found = found.order_by("start_datetime", "id").prefetch_related("attendees")
    if words:
        rows = matching(list(found[:SEARCHED]), words, _told)[: SHOWN + 1]
    else:
        rows = list(found[: SHOWN + 1])
    shown = appointment_rows(rows, context=context)
    return _span(start, end, context) | {"appointments": shown[:SHOWN], "more": len(shown) > SHOWN}


def _list_tasks(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    which = arguments.get("which") or "pending"
    today = today_of(context)
    found = Task.objects.present()
    if which == "overdue":
        found = found.overdue(today=today)
    elif which == "today":
        found = found.open().filter(due_date__lte=today)
    elif which == "pending":
        found = found.open()
    elif which == "completed":
        found = found.filter(status=Task.Status.COMPLETED)
    elif which != "all":
        raise ToolError(f"which is one of {', '.join(WHICH)}")
    looked: dict[str, Any] = {}
    if when := (arguments.get("when") or "").strip():
        start, end = read_span(when, context=context)
        last = (end - timedelta(minutes=1)).date()
        found = found.filter(due_date__gte=start.date(), due_date__lte=last)
        looked = _span(start, end, context)
    found = found.in_order()
    if words := (arguments.get("search") or "").strip():
        tasks = matching(list(found[:SEARCHED]), words, lambda task: f"{task.title} {task.category}")[: SHOWN + 1]
    else:
        tasks = list(found[: SHOWN + 1])
    rows = task_rows(tasks, context=context)
    return looked | {"tasks": rows[:SHOWN], "more": len(rows) > SHOWN}


def _find_free_time(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    preferences = Preferences.current(context.user)
    minutes = arguments.get("minutes") or preferences.default_minutes
    if not 5 <= minutes <= 24 * 60:
        raise ToolError("minutes goes from 5 to 1440")
    start, end = read_span(arguments.get("when"), context=context)
    start = max(start, context.now.astimezone(zone_of(context)))
    end = min(end, start + timedelta(days=62))
    slots = (
        availability.free_slots(user=context.user, now=context.now, start=start, end=end, minutes=minutes, most=SLOTS)
        if start < end
        else []
    )
    zone, language, today = zone_of(context), language_of(context), today_of(context)
    rows = []
    for slot in slots:
        first, last = slot.start.astimezone(zone), slot.end.astimezone(zone)
        rows.append(
            {
                "start": f"{first:%Y-%m-%dT%H:%M}",
                "end": f"{last:%Y-%m-%dT%H:%M}",
                "weekday": WEEKDAYS[first.weekday()],
                "when_text": write_span(first, last, language=language, today=today),
            }
        )
    return _span(start, end, context) | {"minutes": minutes, "free": rows}


def _summarise_day(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    when = (arguments.get("when") or "").strip()
    day = read_day(when, context=context) if when else today_of(context)
    start, end = read_span(day.isoformat(), context=context)
    appointments = Appointment.objects.standing().between(start, end).order_by("start_datetime", "id")
    open_tasks = Task.objects.open()
    overdue = open_tasks.overdue(today=today_of(context)).in_order()
    return {
        "day": day.isoformat(),
        "weekday": WEEKDAYS[day.weekday()],
        "day_text": write_day(day, language=language_of(context), today=today_of(context)),
        "appointments": appointment_rows(appointments.prefetch_related("attendees")[:SHOWN], context=context),
        "due": task_rows(open_tasks.filter(due_date=day).in_order()[:SHOWN], context=context),
        "overdue": task_rows(overdue[:SHOWN], context=context),
    }


def _read_draft(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    kind = arguments.get("kind") or "appointment"
    if kind not in ("appointment", "task"):
        raise ToolError("kind is appointment or task")
    draft = drafts.read_draft(
        text=arguments["text"], kind=kind, now=context.now, user=context.user, language=context.language
    )
    zone = zone_of(context)
    shown: dict[str, Any] = {
        "draft": kind,
        "words": draft.title,
        "location": draft.location,
        "attendees": ", ".join(draft.attendees),
        "reminder_minutes": draft.reminder_minutes,
        "rrule": draft.rrule,
        "priority": draft.priority,
        "all_day": draft.all_day,
        "question": draft.question,
        "candidates": [_iso(moment, zone) for moment in draft.candidates],
    }
    for name in ("start_datetime", "end_datetime", "due_date"):
        if (moment := getattr(draft, name)) is not None:
            shown[name] = _iso(moment, zone)
    return {name: value for name, value in shown.items() if value not in ("", [], None, False)}


def _iso(moment: datetime | date, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" if isinstance(moment, datetime) else moment.isoformat()


def _span(start: Any, end: Any, context: ToolContext) -> dict[str, Any]:
    """What was looked at, so that it may be said that there is nothing."""
    zone = zone_of(context)
    first, last = start.astimezone(zone), end.astimezone(zone)
    return {"looked_from": f"{first:%Y-%m-%dT%H:%M}", "looked_until": f"{last:%Y-%m-%dT%H:%M}"}


READING_TOOLS = (
    Tool(
        make_spec(
            "list_appointments",
            "Lista las citas de un lapso (los próximos siete días si no se dice) o busca una por sus palabras. Devuelve"
            " filas con id, título, comienzo, fin, día de la semana, lugar, asistentes y avisos.",
            when=WHEN,
            search={
                "type": "string",
                "default": "",
                "description": "Palabras del título, del lugar o de los asistentes.",
            },
            status={
                "type": "string",
                "default": "",
                "description": "scheduled (lo normal), cancelled, completed o all.",
            },
        ),
        _list_appointments,
    ),
    Tool(
        make_spec(
            "list_tasks",
            "Lista tareas por prioridad y vencimiento. which: pending (lo normal), overdue (vencidas), today (para hoy"
            " y vencidas), completed o all.",
            which={"type": "string", "default": "", "description": "pending, overdue, today, completed o all."},
            when=WHEN | {"description": "Solo las que vencen en ese día o lapso."},
            search={"type": "string", "default": "", "description": "Palabras del título o de la categoría."},
        ),
        _list_tasks,
    ),
    Tool(
        make_spec(
            "find_free_time",
            "Busca ratos libres dentro del horario de trabajo, sin festivos, en un lapso.",
            when=WHEN,
            minutes={"type": "integer", "default": 0, "description": "Cuánto debe durar; 0: lo habitual."},
        ),
        _find_free_time,
    ),
    Tool(
        make_spec(
            "daily_summary",
            "Resume un día (hoy si no se dice): citas, tareas que vencen y todo lo vencido.",
            when=WHEN | {"description": "El día."},
        ),
        _summarise_day,
    ),
    Tool(
        make_spec(
            "read_draft",
            "Lee lo que dice una frase (título, día, hora, lugar, asistentes, avisos) sin escribir nada. Útil cuando"
            " dudas de una fecha dicha con palabras.",
            text={"type": "string", "description": "La frase de la persona, tal cual."},
            kind={"type": "string", "description": "appointment o task."},
        ),
        _read_draft,
    ),
)
