"""A customer's tools for appointments: free times, and their own bookings. Nothing else of the agenda is in reach.

Who asks is the context's contact, verified before any model hears of it. What a customer is shown are hours: no title,
no name, nothing of what fills the rest of the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from agenda import visits
from agenda.booking import Booked
from agenda.dates import read_moments
from agenda.models import Appointment
from assistants.grounding.words import fold
from assistants.moments import write_clock, write_day, write_span, write_zone
from assistants.tools.agenda_faults import named_faults
from assistants.tools.agenda_moments import read_span, read_start
from assistants.tools.agenda_rows import WEEKDAYS, language_of, local_hours, today_of, zone_of
from assistants.tools.base import Tool, ToolContext, ToolError, always, make_spec
from assistants.tools.visits_asking import name_guest, say, tell_guest, write_question

OFFERED = 5
LOOKED_AHEAD = 14  # days, when no day was said
# «¿puedo ir mañana a las 3?» asks whether; «resérvame mañana a las 3» says so.
ASKING = re.compile(
    r"\?|^\W*(?:\w+ ){0,3}?(?:puedo|podria|se puede|sera que|es posible|can i|could i|may i|is it possible|posso"
    r"|poderia|da para)\b"
)


class Refused(ToolError):
    """The time or the booking cannot be had; ``details`` say why, and which times are free."""

    def __init__(self, reason: str, context: ToolContext, free: list[dict[str, Any]]) -> None:
        text = say(reason, context)
        super().__init__(text)
        self.details = {"done": False, "reason": reason, "said": text, **({"free": free} if free else {})}


def _free_times(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    when = (arguments.get("when") or "").strip()
    start, end = read_span(when, context=context, days=LOOKED_AHEAD)
    zone = zone_of(context)
    first, last = start.astimezone(zone), end.astimezone(zone)
    return {
        "looked_from": f"{first:%Y-%m-%dT%H:%M}",
        "looked_until": f"{last:%Y-%m-%dT%H:%M}",
        "zone_text": write_zone(context.user.timezone, language=language_of(context)),
        "free": _slots(context, start, end),
    }


def _book(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    start = _start(context, arguments)
    with _refusing(context, start), named_faults(context):
        booked = visits.book(
            user=context.user,
            contact_id=_contact(context),
            start=start,
            service=arguments.get("service") or "",
            guest=name_guest(arguments),
            word=say("word", context, language=context.user.language),
            now=context.now,
        )
    return _done("booked_for" if name_guest(arguments) else "booked", booked, context, guest=tell_guest(arguments))


def _list(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    found = visits.visits_of(contact_id=_contact(context), now=context.now)[:20]
    return {"visits": [_row(visit, context) for visit in found]}


def _move(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    with _refusing(context):
        visit = visits.find(contact_id=_contact(context), appointment_id=arguments["id"], now=context.now)
    start = _start(context, arguments, keep=visit)
    with _refusing(context, start), named_faults(context):
        booked = visits.move(
            user=context.user,
            contact_id=_contact(context),
            appointment_id=visit.pk,
            start=start,
            now=context.now,
        )
    return _done("moved", booked, context)


def _cancel(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    with _refusing(context), named_faults(context):
        booked = visits.cancel(
            user=context.user,
            contact_id=_contact(context),
            appointment_id=arguments["id"],
            reason=say("by_customer", context, language=context.user.language),
            now=context.now,
        )
    return _done("cancelled", booked, context)


def _done(act: str, booked: Booked, context: ToolContext, **said: str) -> dict[str, Any]:
    row = _row(booked.appointment, context)
    start, _ = local_hours(booked.appointment, zone_of(context))
    day = write_day(start.date(), language=language_of(context), today=today_of(context))
    zone = write_zone(context.user.timezone, language=language_of(context))
    return {
        "done": True,
        "act": f"visit_{act.removesuffix('_for')}",
        "said": say(act, context, when=f"{row['when_text']}, {zone}", **said),
        "visits": [row],
        "tells": [day, write_clock(start)],
    }


def _row(visit: Appointment, context: ToolContext) -> dict[str, Any]:
    start, end = local_hours(visit, zone_of(context))
    return {"id": visit.pk, **_hours(start, end, context)}


def _hours(start: datetime, end: datetime, context: ToolContext) -> dict[str, Any]:
    return {
        "start": f"{start:%Y-%m-%dT%H:%M}",
        "end": f"{end:%Y-%m-%dT%H:%M}",
        "weekday": WEEKDAYS[start.weekday()],
        "when_text": write_span(start, end, language=language_of(context), today=today_of(context)),
    }


def _slots(context: ToolContext, start: datetime, end: datetime) -> list[dict[str, Any]]:
    found = visits.free_times(user=context.user, now=context.now, start=start, end=end, most=OFFERED)
    zone = zone_of(context)
    return [_hours(slot.start.astimezone(zone), slot.end.astimezone(zone), context) for slot in found]


@contextmanager
def _refusing(context: ToolContext, start: datetime | None = None) -> Iterator[None]:
    """Turn the agenda's refusals into ours, with free times of that day, or of the next ones."""
    try:
        yield
    except visits.Refused as fault:
        free: list[dict[str, Any]] = []
        if start is not None and fault.reason in ("closed", "not_free", "too_soon", "too_far"):
            midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
            free = _slots(context, midnight, midnight + timedelta(days=1)) or _slots(
                context, context.now, context.now + timedelta(days=LOOKED_AHEAD)
            )
        raise Refused(fault.reason, context, free) from fault


def _contact(context: ToolContext) -> int:
    if context.contact_id is None or context.audience != "customer":
        raise ToolError("only customers book here")
    return context.contact_id


def _start(context: ToolContext, arguments: Mapping[str, Any], keep: Appointment | None = None) -> datetime:
    if context.sealed and "start" in context.sealed:
        return datetime.fromisoformat(context.sealed["start"]).astimezone(zone_of(context))  # what was agreed to
    kept = local_hours(keep, zone_of(context))[0] if keep is not None else None
    return read_start(arguments["start"], context=context, keep=kept)


def _seal_book(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Look before asking: what cannot be had is said at once, with what can."""
    start = _start(context, arguments)
    with _refusing(context, start):
        visits.check(user=context.user, contact_id=_contact(context), start=start, now=context.now)
    return {"start": start.isoformat()}


def _seal_visit(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    with _refusing(context):
        visit = visits.find(contact_id=_contact(context), appointment_id=arguments["id"], now=context.now)
    sealed = {"was": local_hours(visit, zone_of(context))[0].isoformat()}
    if "start" not in arguments:
        return sealed
    start = _start(context, arguments, keep=visit)
    length = visit.end_datetime - visit.start_datetime
    with _refusing(context, start):
        visits.check_time(user=context.user, start=start, length=length, now=context.now, moving=visit.pk)
    return sealed | {"start": start.isoformat()}


def _not_said(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
    """Whether the customer has to be asked: what they wrote is a question, or does not name that very time or guest."""
    if ASKING.search(fold(context.message)) or fold(name_guest(arguments)) not in fold(context.message):
        return True
    try:
        start = read_start(arguments["start"], context=context)
    except ToolError:
        return False  # the tool itself will ask
    said = read_moments(text=context.message, now=context.now, timezone=context.user.timezone)
    return not any(reading.start == start for moment in said for reading in moment.candidates)


_START = {
    "type": "string",
    "description": "Fecha y hora local ISO (2026-11-26T15:30) de free_times, o las palabras de la persona.",
}
_ID = {"type": "integer", "description": "El id de una cita suya, como vino de list_my_appointments."}

VISIT_TOOLS = (
    Tool(
        make_spec(
            "free_times",
            "Horas en que el negocio puede atender a la persona. Solo horas libres: de lo demás no se sabe nada.",
            when={
                "type": "string",
                "default": "",
                "description": "Un día o lapso: «mañana», «el jueves por la tarde», una fecha ISO; vacío: los próximos"
                " días.",
            },
        ),
        _free_times,
    ),
    Tool(
        make_spec(
            "book_appointment",
            "Agenda una cita para la persona que escribe, a una hora libre. Si no dijo esa hora claramente, el sistema"
            " se la pregunta antes.",
            start=_START,
            service={"type": "string", "default": "", "description": "Para qué, en dos o tres palabras."},
            guest={
                "type": "string",
                "default": "",
                "description": "Quién viene, si no es la persona que escribe: «Pedro», «mi hija Ana». Como lo dijo.",
            },
        ),
        _book,
        writes=True,
        asks=write_question,
        confirms=_not_said,
        seals=_seal_book,
    ),
    Tool(make_spec("list_my_appointments", "Las citas por venir de la persona que escribe."), _list),
    Tool(
        make_spec(
            "move_appointment", "Mueve una cita de la persona que escribe a otra hora libre.", id=_ID, start=_START
        ),
        _move,
        writes=True,
        asks=write_question,
        confirms=_not_said,
        seals=_seal_visit,
    ),
    Tool(
        make_spec(
            "cancel_appointment",
            "Cancela una cita de la persona que escribe. El sistema le pregunta antes.",
            id=_ID,
        ),
        _cancel,
        writes=True,
        asks=write_question,
        confirms=always,
        seals=_seal_visit,
    ),
)
