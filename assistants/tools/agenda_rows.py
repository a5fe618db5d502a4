"""Appointments and tasks as a model sees them, and what was done to them in words for the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from agenda.changes import UNDO_FOR, Change
from agenda.models import Appointment, Task
from assistants.language import Language
from assistants.moments import write_day, write_leads, write_span, write_zone
from assistants.tools.base import ToolContext

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
LISTED_DESCRIPTION = 160  # characters
_WITH_PREPOSITION = frozenset({"en", "at", "in", "em", "no", "na", "nos", "nas"})
_LOWERED = frozenset(
    {"mi", "su", "tu", "nuestra", "nuestro", "my", "his", "her", "our", "your", "their", "meu", "minha", "seu", "sua"}
)

_TELLS: dict[str, dict[Language, str]] = {
    "remind": {"es": "te aviso {leads}", "en": "I'll remind you {leads}", "pt": "aviso você {leads}"},
    "due": {"es": "vence el {day}", "en": "due {day}", "pt": "para {day}"},
    "was_due": {"es": "venció el {day}", "en": "was due {day}", "pt": "venceu: {day}"},
    "repeats": {"es": "se repite", "en": "it repeats", "pt": "repete-se"},
    "where": {"es": "en {place}", "en": "at {place}", "pt": "em {place}"},
}
PRIORITIES: dict[str, dict[Language, str]] = {
    "high": {"es": "prioridad alta", "en": "high priority", "pt": "prioridade alta"},
    "medium": {"es": "prioridad media", "en": "medium priority", "pt": "prioridade média"},
    "low": {"es": "prioridad baja", "en": "low priority", "pt": "prioridade baixa"},
}


def zone_of(context: ToolContext) -> ZoneInfo:
    return ZoneInfo(context.user.timezone)


def today_of(context: ToolContext) -> date:
    """The day it is where the tenant is."""
    return context.now.astimezone(zone_of(context)).date()


def language_of(context: ToolContext) -> Language:
    return cast("Language", context.language)


def local_hours(appointment: Appointment, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end on the tenant's clock; of an all-day one on the clock on which its days begin."""
    own = ZoneInfo(appointment.timezone) if appointment.all_day else zone
    return appointment.start_datetime.astimezone(own), appointment.end_datetime.astimezone(own)


def appointment_row(appointment: Appointment, *, context: ToolContext) -> dict[str, Any]:
    """One appointment; its hours are local. ``when_text`` is how they are told."""
    start, end = local_hours(appointment, zone_of(context))
    row = {
        "id": appointment.pk,
        "title": appointment.title,
        "start": f"{start:%Y-%m-%dT%H:%M}",
        "end": f"{end:%Y-%m-%dT%H:%M}",
        "weekday": WEEKDAYS[start.weekday()],
        "all_day": appointment.all_day,
        "when_text": write_span(
            start, end, all_day=appointment.all_day, language=language_of(context), today=today_of(context)
        ),
        "location": appointment.location,
        "attendees": [str(attendee) for attendee in appointment.attendees.all()],
        "reminder_minutes": sorted(appointment.reminder_minutes),
        "status": appointment.status,
        "repeats": appointment.series_id is not None,
        "description": _clip(appointment.description),
    }
    return {name: value for name, value in row.items() if value not in ("", [], False)}


def task_row(task: Task, *, context: ToolContext) -> dict[str, Any]:
    """One task; ``due`` is a day."""
    today = today_of(context)
    row: dict[str, Any] = {
        "id": task.pk,
        "title": task.title,
        "kind": "task",
        "priority": task.priority,
        "status": task.status,
        "category": task.category,
        "description": _clip(task.description),
    }
    if task.due_date is not None:
        row |= {
            "due": task.due_date.isoformat(),
            "weekday": WEEKDAYS[task.due_date.weekday()],
            "due_text": write_day(task.due_date, language=language_of(context), today=today),
            "overdue": task.due_date < today and task.status != Task.Status.COMPLETED,
            "reminder_minutes": sorted(task.reminder_minutes),
        }
    return {name: value for name, value in row.items() if value not in ("", [], False)}


def appointment_rows(appointments: Iterable[Appointment], *, context: ToolContext) -> list[dict[str, Any]]:
    return [appointment_row(appointment, context=context) for appointment in appointments]


def task_rows(tasks: Iterable[Task], *, context: ToolContext) -> list[dict[str, Any]]:
    return [task_row(task, context=context) for task in tasks]


def tell_appointment(appointment: Appointment, *, context: ToolContext) -> str:
    """«Reunión con Carla, jueves 26 de noviembre de 15:30 a 16:30, hora de Bogotá; te aviso una hora antes.»"""
    language = language_of(context)
    start, end = local_hours(appointment, zone_of(context))
    span = write_span(start, end, all_day=appointment.all_day, language=language, today=today_of(context))
    parts = [appointment.title]
    if appointment.location:
        parts.append(write_place(appointment.location, language=language))
    parts += [span, write_zone(context.user.timezone, language=language)]
    if appointment.series_id is not None:
        parts.append(_TELLS["repeats"][language])
    text = ", ".join(parts)
    ahead = appointment.start_datetime > context.now and appointment.status == Appointment.Status.SCHEDULED
    leads = write_leads(appointment.reminder_minutes, language=language) if ahead else ""
    return f"{text}; {_TELLS['remind'][language].format(leads=leads)}." if leads else f"{text}."


def write_place(location: str, *, language: Language) -> str:
    """«en Café Central», «en su oficina»; a place that begins with «En el …» already says it itself."""
    lowered, first = location[:1].lower() + location[1:], location.partition(" ")[0].lower()
    if first in _WITH_PREPOSITION:
        return lowered
    if language == "pt" and location[:1].islower() and first not in _LOWERED:  # «no escritório dela», «na casa dele»
        return f"{'na' if first.endswith('a') else 'no'} {location}"
    return _TELLS["where"][language].format(place=lowered if first in _LOWERED else location)


def tell_task(task: Task, *, context: ToolContext) -> str:
    """«Comprar tornillos, prioridad media, vence el viernes 27 de noviembre.»"""
    language = language_of(context)
    parts = [task.title, PRIORITIES[task.priority][language]]
    if task.due_date is not None:
        today = today_of(context)
        key = "was_due" if task.due_date < today else "due"
        parts.append(_TELLS[key][language].format(day=write_day(task.due_date, language=language, today=today)))
    return ", ".join(parts) + "."


def undoables(changes: Sequence[Change | None]) -> list[dict[str, Any]]:
    """[{id, summary, until}] of what can be undone."""
    return [
        {"id": change.pk, "summary": change.summary, "until": (change.created_at + UNDO_FOR).isoformat()}
        for change in changes
        if change is not None
    ]


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LISTED_DESCRIPTION else text[: LISTED_DESCRIPTION - 1].rstrip() + "…"
