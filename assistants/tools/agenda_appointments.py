"""The tools that book, move, alter and cancel appointments. Each is one call downward and says what it did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from agenda import booking
from agenda.booking import Booked
from agenda.models import Appointment
from assistants.tools.agenda_asking import write_question
from assistants.tools.agenda_faults import named_faults
from assistants.tools.agenda_moments import read_said, read_start
from assistants.tools.agenda_rows import (
    appointment_row,
    appointment_rows,
    local_hours,
    tell_appointment,
    undoables,
    zone_of,
)
from assistants.tools.base import Tool, ToolContext, ToolError, make_spec

MOMENT = (
    "Fecha y hora local ISO (2026-11-26T15:30), o las palabras de la persona («el próximo jueves a las 3 y media»)."
)
SCOPES = ("one", "following", "all")


def _create(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    title = arguments["title"].strip()
    if not title:
        raise ToolError("title is empty")
    with named_faults(context):
        start: Any
        end: Any = None
        if arguments.get("all_day"):
            said = read_said(arguments["start"], context=context)
            start = said.day
            if start is None:
                raise ToolError("an all-day appointment needs a day")
            last = said.end
            if text := (arguments.get("end") or "").strip():
                last = read_said(text, context=context).day
            if last is not None and not isinstance(last, datetime):
                end = last + timedelta(days=1)
        else:
            start = read_start(arguments["start"], context=context)
            end = _read_end(arguments, start=start, context=context)
        booked = booking.book(
            user=context.user,
            now=context.now,
            title=title,
            start=start,
            end=end,
            all_day=bool(arguments.get("all_day")),
            location=arguments.get("location") or "",
            description=arguments.get("description") or "",
            attendees=_people(arguments.get("attendees")),
            reminder_minutes=arguments.get("reminder_minutes"),
            rrule=arguments.get("rrule") or "",
        )
    return _done(booked, "created", context)


def _move(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    appointment = _find(arguments["id"])
    start, end = local_hours(appointment, zone_of(context))
    with named_faults(context):
        fields: dict[str, Any] = {}
        if appointment.all_day:
            fields["start"] = read_said(arguments["start"], context=context).day
            if fields["start"] is None:
                raise ToolError("an all-day appointment moves to a day")
        else:
            fields["start"] = read_start(arguments["start"], context=context, keep=start)
            last = _read_end(arguments, start=fields["start"], context=context)
            fields["end"] = last or fields["start"] + (end - start)
        booked = booking.alter(appointment_id=appointment.pk, now=context.now, scope=_scope(arguments), **fields)
    return _done(booked, "moved", context)


def _update(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    appointment = _find(arguments["id"])
    fields: dict[str, Any] = {
        name: arguments[name] for name in ("title", "location", "description") if arguments.get(name) is not None
    }
    if arguments.get("attendees") is not None:
        fields["attendees"] = _people(arguments["attendees"])
    if not fields:
        raise ToolError("nothing to change was given")
    with named_faults(context):
        booked = booking.alter(appointment_id=appointment.pk, now=context.now, scope=_scope(arguments), **fields)
    return _done(booked, "changed", context)


def _cancel(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    scope, reason = _scope(arguments), arguments.get("reason") or ""
    ids = list(dict.fromkeys(arguments["ids"]))
    if not ids:
        raise ToolError("ids is empty")
    with named_faults(context):
        booked = []
        for pk in ids:
            appointment = _find(pk)
            if appointment.status == Appointment.Status.CANCELLED:
                raise ToolError(f"appointment {pk} is cancelled already")
            booked.append(booking.cancel(appointment_id=appointment.pk, now=context.now, reason=reason, scope=scope))
    return {
        "done": True,
        "act": "cancelled",
        "said": " ".join(tell_appointment(_reload(each), context=context) for each in booked),
        "appointments": appointment_rows([_reload(each) for each in booked], context=context),
        "changes": undoables([each.change for each in booked]),
    }


def _done(booked: Booked, act: str, context: ToolContext) -> dict[str, Any]:
    appointment = _reload(booked)
    result = {
        "done": True,
        "act": act,
        "said": tell_appointment(appointment, context=context),
        "appointment": appointment_row(appointment, context=context),
        "changes": undoables([booked.change]),
    }
    if booked.conflicts:
        others = Appointment.objects.filter(pk__in=booked.conflicts).order_by("start_datetime", "id")
        result["conflicts"] = appointment_rows(others.prefetch_related("attendees")[:5], context=context)
    return result


def _reload(booked: Booked) -> Appointment:
    found: Appointment = Appointment.objects.prefetch_related("attendees").get(pk=booked.appointment.pk)
    return found


def _find(pk: int) -> Appointment:
    appointment: Appointment | None = Appointment.objects.present().prefetch_related("attendees").filter(pk=pk).first()
    if appointment is None:
        raise ToolError(f"no appointment has the id {pk}")
    return appointment


def _read_end(arguments: Mapping[str, Any], *, start: datetime, context: ToolContext) -> datetime | None:
    """The end that was given, as a moment, as minutes, or with the start («de 4 a 6»)."""
    if minutes := arguments.get("minutes"):
        if not 1 <= minutes <= 60 * 24 * 7:
            raise ToolError("minutes goes from 1 to 10080")
        return start + timedelta(minutes=minutes)
    if text := (arguments.get("end") or "").strip():
        end = read_start(text, context=context, keep=start)
        return end if end > start else end + timedelta(days=1)
    said = read_said(arguments["start"], context=context)
    if isinstance(said.end, datetime) and said.clock is not None and said.end > start:
        return said.end
    return None


def _people(text: Any) -> list[dict[str, str]]:
    names = [name.strip() for name in str(text or "").split(",")]
    return [{"name": name} for name in names if name]


def _scope(arguments: Mapping[str, Any]) -> Any:
    scope = arguments.get("scope") or "one"
    if scope not in SCOPES:
        raise ToolError(f"scope is one of {', '.join(SCOPES)}")
    return scope


def _touches_one(context: ToolContext, arguments: Mapping[str, Any]) -> int:
    return 1 if _scope(arguments) == "one" else 2


def _touches_many(context: ToolContext, arguments: Mapping[str, Any]) -> int:
    return max(len(set(arguments["ids"])), 1 if _scope(arguments) == "one" else 2)


_ID = {"type": "integer", "description": "El id de una cita, como vino en la agenda o en otro resultado."}
_SCOPE = {
    "type": "string",
    "default": "",
    "description": "Si se repite: one (solo esta, lo normal), following (esta y las que siguen) o all.",
}
_TEXT = {"type": "string", "default": ""}

APPOINTMENT_TOOLS = (
    Tool(
        make_spec(
            "create_appointment",
            "Agenda una cita. Devuelve lo que quedó, con «said» para decírselo a la persona, y con qué se cruza.",
            title={"type": "string", "description": "Corto: «Reunión con Carla»."},
            start={"type": "string", "description": MOMENT},
            end=_TEXT | {"description": "Cuándo termina (de todo el día: el último día); vacío: lo que suelen durar."},
            minutes={"type": "integer", "default": 0, "description": "Cuánto dura, en lugar de end."},
            all_day={"type": "boolean", "default": False},
            location=_TEXT,
            attendees=_TEXT | {"description": "Nombres separados por comas."},
            reminder_minutes={
                "type": ["array", "null"],
                "items": {"type": "integer"},
                "description": "Avisos, en minutos antes; null: lo habitual; []: ninguno.",
            },
            rrule=_TEXT | {"description": "Si se repite: una RRULE de RFC 5545, p. ej. FREQ=WEEKLY;BYDAY=MO."},
            description=_TEXT,
        ),
        _create,
        writes=True,
    ),
    Tool(
        make_spec(
            "move_appointment",
            "Mueve una cita. Si start dice solo el día se conserva la hora, y al revés; la duración también.",
            id=_ID,
            start={"type": "string", "description": MOMENT},
            end=_TEXT,
            scope=_SCOPE,
        ),
        _move,
        writes=True,
        touches=_touches_one,
        asks=write_question,
    ),
    Tool(
        make_spec(
            "update_appointment",
            "Cambia título, lugar, asistentes o descripción de una cita; lo vacío queda como está.",
            id=_ID,
            title=_TEXT,
            location=_TEXT,
            attendees=_TEXT | {"description": "Todos los nombres, separados por comas."},
            description=_TEXT,
            scope=_SCOPE,
        ),
        _update,
        writes=True,
    ),
    Tool(
        make_spec(
            "cancel_appointments",
            "Cancela una o varias citas. De más de una se le pregunta antes a la persona.",
            ids={"type": "array", "items": {"type": "integer"}, "description": "Los ids de las citas."},
            reason=_TEXT,
            scope=_SCOPE,
        ),
        _cancel,
        writes=True,
        touches=_touches_many,
        asks=write_question,
    ),
)
