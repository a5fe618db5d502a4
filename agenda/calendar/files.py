"""Reading an iCalendar file of anybody's: what it says about appointments and tasks, without believing it.

The file is checked before the parser sees it (size, lines, nesting, number of components), and each component that
cannot be read says why instead of failing the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from icalendar import Calendar, Component

from agenda.calendar.names import CATEGORY_RRULE, REMINDERS_PROPERTY, STATUS_PROPERTY
from agenda.models import MOST_REMINDER_MINUTES, MOST_REMINDERS, Task
from tenants.preferences import zone_names

MOST_BYTES = 3 * 1024 * 1024
MOST_ITEMS = 5000  # appointments and tasks of one file
MOST_COMPONENTS = 60_000  # alarms and time zones included
DEEPEST = 4  # VCALENDAR, VEVENT, VALARM, and one to spare
LONGEST_LINE = 200_000  # characters, unfolded
MOST_DATES = 1000  # of one EXDATE or RDATE list

_frame = re.compile(r"^(BEGIN|END)[ \t]*:[ \t]*([A-Za-z0-9-]+)", re.IGNORECASE | re.MULTILINE)
_fold = re.compile(r"\r?\n[ \t]")


class Unreadable(Exception):
    """The file as a whole is no iCalendar file that we take. The text says why, in the active language."""


@dataclass
class Item:
    """One component. ``problem`` says why it cannot be taken; its fields are not set then.

    ``start`` and ``end`` are aware datetimes, or days for what lasts whole days (the end is the day after the last);
    ``due`` is a day in the tenant's zone; ``occurrence`` tells which of a series it is (RECURRENCE-ID).
    """

    uid: str
    title: str
    is_task: bool = False
    problem: ValidationError | None = None
    description: str = ""
    location: str = ""
    start: datetime | date | None = None
    end: datetime | date | None = None
    timezone: str = ""
    busy: bool = True
    status: str = "scheduled"
    reason: str = ""
    rrule: str = ""
    without: list[datetime | date] = field(default_factory=list)
    extra: list[datetime | date] = field(default_factory=list)
    occurrence: datetime | date | None = None
    attendees: list[dict[str, str]] = field(default_factory=list)
    reminder_minutes: list[int] = field(default_factory=list)
    due: date | None = None
    priority: str = "medium"
    category: str = ""
    completed_at: datetime | None = None

    @property
    def all_day(self) -> bool:
        return self.start is not None and not isinstance(self.start, datetime)


def read_file(*, data: bytes, timezone: str) -> list[Item]:
    """The appointments and tasks of an iCalendar file, in its order. Floating times are on the clock of ``timezone``.

    Raises Unreadable for what is too large, nested too deep, cut off or no iCalendar file at all.
    """
    components = list(_components(_checked(data)))
    if len(components) > MOST_ITEMS:
        raise Unreadable(_("El archivo trae más de %(most)d citas y tareas. Divídelo.") % {"most": MOST_ITEMS})
    zone = ZoneInfo(timezone)
    return [read_component(component, zone) for component in components]


def _checked(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Unreadable(_("El archivo pasa de %(n)d MB.") % {"n": MOST_BYTES // 1024**2})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Unreadable(_("El archivo no está en UTF-8.")) from fault
    if "\x00" in text:
        raise Unreadable(_("El texto lleva caracteres nulos, que no se pueden guardar."))
    text = _fold.sub("", text)
    if max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
        raise Unreadable(_("El archivo tiene una línea demasiado larga."))
    stack: list[str] = []
    count = 0
    for found in _frame.finditer(text):
        kind, name = found[1].upper(), found[2].upper()
        if kind == "BEGIN":
            count += 1
            stack.append(name)
            if len(stack) > DEEPEST or count > MOST_COMPONENTS:
                raise Unreadable(_("El archivo tiene demasiadas partes, unas dentro de otras."))
        elif not stack or stack.pop() != name:
            raise Unreadable(_("El archivo está dañado: una parte no termina donde debe."))
    if stack:
        raise Unreadable(_("El archivo está cortado: falta el final."))
    if not count or not text.lstrip().upper().startswith("BEGIN"):
        raise Unreadable(_("Esto no es un archivo de calendario (iCalendar, .ics)."))
    return text


def _components(text: str) -> Iterable[Component]:
    try:
        calendars = Calendar.from_ical(text, multiple=True)
        for calendar in calendars:
            if calendar.name != "VCALENDAR":
                raise Unreadable(_("Esto no es un archivo de calendario (iCalendar, .ics)."))
            yield from (part for part in calendar.subcomponents if part.name in ("VEVENT", "VTODO"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as fault:
        # The parser has no error of its own: whatever it stumbles over is the file's.
        raise Unreadable(_("El archivo está dañado y no se puede leer.")) from fault


class _Problem(ValidationError):
    pass


def read_component(component: Component, zone: ZoneInfo) -> Item:
    """What a VEVENT or VTODO says; floating times are on the clock of ``zone``."""
    uid = _text(component, "uid", most=255)
    item = Item(uid, _text(component, "summary", most=200) or _("(sin título)"), is_task=component.name == "VTODO")
    try:
        item.description = _text(component, "description", most=5000)
        item.reminder_minutes = _alarms(component)
        if item.is_task:
            _read_task(item, component, zone)
        else:
            _read_appointment(item, component, zone)
    except _Problem as fault:
        item.problem = fault
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        item.problem = ValidationError(gettext_lazy("No se puede leer: tiene datos dañados."))
    return item


def _read_appointment(item: Item, component: Component, zone: ZoneInfo) -> None:
    start = _moment(component, "dtstart")
    if start is None:
        raise _Problem(gettext_lazy("No dice cuándo empieza."))
    item.timezone = _zone_of(start, zone)
    item.start = _aware(start, zone)
    end, length = _moment(component, "dtend"), _first(component, "duration")
    if end is not None:
        item.end = _aware(end, zone)
        if isinstance(item.end, datetime) != isinstance(item.start, datetime):
            raise _Problem(gettext_lazy("Empieza con hora y termina sin ella, o al revés."))
        if item.end == item.start:
            item.end = None
    elif length is not None:
        # On the wall clock for days, in elapsed time for hours (RFC 5545, 3.3.6); zoneinfo adds on the wall.
        item.end = item.start + length.dt
    if item.end is not None and item.end < item.start:
        raise _Problem(gettext_lazy("Termina antes de empezar."))
    item.location = _text(component, "location", most=300)
    item.busy = _text(component, "transp").upper() != "TRANSPARENT"
    if _text(component, "status").upper() == "CANCELLED":
        item.status, item.reason = "cancelled", _text(component, "comment", most=300)
    elif _text(component, STATUS_PROPERTY).upper() == "COMPLETED":
        item.status = "completed"
    item.attendees = [_person(one) for one in _all(component, "attendee")]
    rule = _first(component, "rrule")
    item.rrule = rule.to_ical().decode() if rule is not None else ""
    if len(_all(component, "rrule")) > 1:
        raise _Problem(gettext_lazy("Se repite con más de una regla."))
    item.without = [_aware(day, zone) for day in _dates(component, "exdate")]
    item.extra = [_aware(day, zone) for day in _dates(component, "rdate")]
    occurrence = _moment(component, "recurrence-id")
    item.occurrence = None if occurrence is None else _aware(occurrence, zone)


def _read_task(item: Item, component: Component, zone: ZoneInfo) -> None:
    due = _moment(component, "due")
    if due is not None:
        due = _aware(due, zone)
        item.due = due.astimezone(zone).date() if isinstance(due, datetime) else due
    elif told := _text(component, REMINDERS_PROPERTY):
        minutes = {int(part) for part in told.split() if part.isascii() and part.isdigit() and len(part) <= 6}
        item.reminder_minutes = sorted(n for n in minutes if n <= MOST_REMINDER_MINUTES)[:MOST_REMINDERS]
    number = int(_text(component, "priority") or 0)
    item.priority = Task.Priority.HIGH if 1 <= number <= 4 else Task.Priority.LOW if number > 5 else "medium"
    statuses = {"COMPLETED": "completed", "IN-PROCESS": "in_progress"}
    item.status = statuses.get(_text(component, "status").upper(), "pending")
    completed = _moment(component, "completed")
    if item.status == "completed" and completed is not None:
        day = _aware(completed, zone)
        item.completed_at = day if isinstance(day, datetime) else datetime.combine(day, time(), zone)
    categories = [str(name) for value in _all(component, "categories") for name in getattr(value, "cats", [value])]
    item.category = (categories[0] if categories else "").strip()[:100]
    item.rrule = _text(component, CATEGORY_RRULE, most=500)


def _first(component: Component, name: str) -> Any:
    values = _all(component, name)
    return values[0] if values else None


def _all(component: Component, name: str) -> list[Any]:
    value = component.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(component: Component, name: str, *, most: int = 100) -> str:
    value = _first(component, name)
    return "" if value is None else str(value).strip()[:most]


def _moment(component: Component, name: str) -> datetime | date | None:
    value = _first(component, name)
    if value is None:
        return None
    moment = value.dt
    if not isinstance(moment, date):
        raise _Problem(gettext_lazy("Una de sus fechas no es una fecha."))
    return moment


def _dates(component: Component, name: str) -> list[datetime | date]:
    found = [day.dt for value in _all(component, name) for day in getattr(value, "dts", [])]
    if len(found) > MOST_DATES:
        raise _Problem(gettext_lazy("Tiene más de %(most)d fechas sueltas."), params={"most": MOST_DATES})
    # An RDATE may be a period: (start, end or length).
    return [day[0] if isinstance(day, tuple) else day for day in found]


def _aware(moment: datetime | date, zone: ZoneInfo) -> datetime | date:
    """With a zone that we know by name; a floating time is on the clock of ``zone``. Days stay days."""
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=zone)
    key = getattr(moment.tzinfo, "key", "")
    return moment.astimezone(ZoneInfo(key)) if key in zone_names() else moment.astimezone(UTC)


def _zone_of(start: datetime | date, zone: ZoneInfo) -> str:
    """The clock on which it was booked: its own if we know it by name, else the tenant's."""
    key = getattr(start.tzinfo, "key", "") if isinstance(start, datetime) else ""
    if key == "UTC" or key not in zone_names():
        return zone.key
    return str(key)


def _alarms(component: Component) -> list[int]:
    """How many minutes before it reminds, of the alarms that do so before."""
    found = set()
    for alarm in component.subcomponents:
        trigger = _first(alarm, "trigger") if alarm.name == "VALARM" else None
        before = getattr(trigger, "dt", None)
        if isinstance(before, timedelta) and before <= timedelta(0):
            minutes = round(-before.total_seconds() / 60)
            if minutes <= MOST_REMINDER_MINUTES:
                found.add(minutes)
    return sorted(found)[:MOST_REMINDERS]


def _person(address: Any) -> dict[str, str]:
    params = getattr(address, "params", {})
    person = {
        "name": str(params.get("CN", "")).strip()[:200],
        "email": "",
        "phone": str(params.get("X-PHONE", ""))[:40],
    }
    kind, _colon, value = str(address).partition(":")
    if kind.lower() == "mailto":
        person["email"] = value.strip()[:254]
    elif kind.lower() == "tel" and not person["phone"]:
        person["phone"] = value.strip()[:40]
    return person
