"""Writing the agenda as an iCalendar file: appointments with their series, and tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Todo, vCalAddress, vRecur, vText

from agenda import rules
from agenda.calendar.names import CATEGORY_RRULE, PRODUCT, REMINDERS_PROPERTY, STATUS_PROPERTY, uid_of
from agenda.details import settle, wall_of
from agenda.models import Appointment, Series, Task
from agenda.series import start_of
from agenda.undoing import attendees_of
from tenants.models import User

PRIORITIES = {Task.Priority.HIGH: 1, Task.Priority.MEDIUM: 5, Task.Priority.LOW: 9}
TODO_STATUSES = {
    Task.Status.PENDING: "NEEDS-ACTION",
    Task.Status.IN_PROGRESS: "IN-PROCESS",
    Task.Status.COMPLETED: "COMPLETED",
}
# What an occurrence of a series may have of its own.
OWN = ("title", "description", "location", "all_day", "busy", "status", "cancel_reason", "reminder_minutes")


def write_calendar(
    *,
    user: User,
    name: str,
    since: datetime | None = None,
    until: datetime | None = None,
    appointments: bool = True,
    tasks: bool = True,
) -> bytes:
    """The agenda of ``user``, whose scope is open, as an iCalendar file.

    Appointments with a moment in [since, until); a series is whole when one of its occurrences is. An open end is None.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", user.timezone)
    found: list[Appointment] = []
    if appointments:
        found = list(Appointment.objects.present().between(since, until).order_by("start_datetime", "id"))
    alone = [one for one in found if one.series_id is None]
    people = attendees_of([one.pk for one in alone])
    for one in alone:
        calendar.add_component(_event(one, people[one.pk]))
    for series in Series.objects.filter(pk__in={one.series_id for one in found if one.series_id}).order_by("pk"):
        for event in series_events(series):
            calendar.add_component(event)
    if tasks:
        for task in Task.objects.present().select_related("series").order_by("pk"):
            calendar.add_component(_todo(task))
    calendar.add_missing_timezones()
    return calendar.to_ical()


@dataclass(frozen=True)
class Parts:
    """A series as a file says it: its rule's first occurrence, the starts without one, and those that are otherwise."""

    uid: str
    first: Appointment  # not kept; what all have that were not edited alone
    people: Sequence[dict[str, Any]]
    without: list[datetime]
    otherwise: list[tuple[Appointment, Sequence[dict[str, Any]]]]
    is_rule: bool = True  # False: every occurrence was edited, so that each stands for itself, in ``otherwise``


def parts_of(series: Series) -> Parts | None:
    """The parts of ``series``; None when nothing of it is left."""
    rows: list[Appointment] = list(Appointment.objects.filter(series=series).order_by("original_start", "id"))
    present = [row for row in rows if row.deleted_at is None]
    if not present:
        return None
    people = attendees_of([row.pk for row in present])
    usual = next((row for row in present if not row.detached), None)
    if usual is None:
        return Parts("", present[0], [], [], [(row, people[row.pk]) for row in present], is_rule=False)
    first = Appointment(**{name: getattr(usual, name) for name in OWN})
    first.pk, first.version = usual.pk, usual.version
    first.timezone, first.created_at, first.updated_at = series.timezone, usual.created_at, usual.updated_at
    first.status, first.cancel_reason = Appointment.Status.SCHEDULED, ""
    zone = ZoneInfo(series.timezone)
    # What a rule does not have is no start of it (RFC 5545, 3.8.5.3), so the file begins with its first occurrence.
    began = rows[0].original_start or series.starts_at
    wall = start_of(series) if began == series.starts_at else wall_of(began, zone)
    first.start_datetime = wall.replace(tzinfo=zone)
    # Days go by the clock, hours by time that passes.
    length = first.start_datetime.astimezone(UTC) + (usual.end_datetime - usual.start_datetime)
    first.end_datetime = first.start_datetime + series.duration if usual.all_day else length
    return Parts(
        uid=usual.uid or uid_of("series", series.pk),
        first=first,
        people=people[usual.pk],
        without=[row.original_start for row in rows if row.deleted_at is not None and row.original_start is not None],
        otherwise=[
            (row, people[row.pk]) for row in present if row.original_start is not None and _differs(row, usual, people)
        ],
    )


def series_events(series: Series) -> list[Event]:
    """The rule as one event, and one for each occurrence that is otherwise than the rule has it."""
    parts = parts_of(series)
    if parts is None:
        return []
    if not parts.is_rule:
        return [_event(row, people) for row, people in parts.otherwise]
    zone, all_day = ZoneInfo(series.timezone), parts.first.all_day
    master = _event(parts.first, parts.people, uid=parts.uid)
    master.add("rrule", _rule(series, all_day=all_day))
    for day in parts.without:
        master.add("exdate", _moment(day, zone, all_day=all_day))
    events = [master]
    for row, people in parts.otherwise:
        event = _event(row, people, uid=parts.uid)
        event.add("recurrence-id", _moment(row.original_start or row.start_datetime, zone, all_day=all_day))
        events.append(event)
    return events


def _rule(series: Series, *, all_day: bool) -> vRecur:
    """RFC 5545, 3.3.10: UNTIL is a day where the start is one, else an instant in UTC."""
    zone, parts = ZoneInfo(series.timezone), rules.split(series.rrule)
    until = rules.until_of(parts, zone)
    if until is not None:
        instant = settle(until.replace(microsecond=0), zone)
        parts["UNTIL"] = f"{until:%Y%m%d}" if all_day else f"{instant:%Y%m%dT%H%M%SZ}"
    return vRecur.from_ical(rules.join(parts))


def _differs(row: Appointment, usual: Appointment, people: dict[int, list[dict[str, Any]]]) -> bool:
    own = [getattr(row, name) for name in OWN]
    shared = [getattr(usual, name) for name in OWN]
    shared[OWN.index("status")], shared[OWN.index("cancel_reason")] = Appointment.Status.SCHEDULED, ""
    if row.pk == usual.pk:
        return own != shared
    zone = ZoneInfo(row.timezone)
    moved = row.start_datetime != row.original_start
    length = _wall_length(row, zone) != _wall_length(usual, zone)
    return own != shared or moved or length or people[row.pk] != people[usual.pk]


def _wall_length(row: Appointment, zone: ZoneInfo) -> timedelta:
    if not row.all_day:
        return row.end_datetime - row.start_datetime
    return row.end_datetime.astimezone(zone).date() - row.start_datetime.astimezone(zone).date()


def _event(row: Appointment, people: Sequence[dict[str, Any]], *, uid: str = "") -> Event:
    zone = ZoneInfo(row.timezone)
    event = Event()
    event.add("uid", uid or row.uid or uid_of("appointment", row.pk))
    _stamp(event, row)
    event.add("dtstart", _moment(row.start_datetime, zone, all_day=row.all_day))
    event.add("dtend", _moment(row.end_datetime, zone, all_day=row.all_day))
    event.add("summary", row.title)
    if row.description:
        event.add("description", row.description)
    if row.location:
        event.add("location", row.location)
    event.add("transp", "OPAQUE" if row.busy else "TRANSPARENT")
    event.add("status", "CANCELLED" if row.status == Appointment.Status.CANCELLED else "CONFIRMED")
    if row.status == Appointment.Status.COMPLETED:
        event.add(STATUS_PROPERTY, "COMPLETED")
    if row.cancel_reason:
        event.add("comment", row.cancel_reason)
    for person in people:
        event.add("attendee", _attendee(person), encode=False)
    _add_alarms(event, row.reminder_minutes, row.title)
    return event


def _todo(task: Task) -> Todo:
    todo = Todo()
    todo.add("uid", task.uid or uid_of("task", task.pk))
    _stamp(todo, task)
    todo.add("summary", task.title)
    if task.description:
        todo.add("description", task.description)
    if task.due_date:
        todo.add("due", task.due_date)
    if task.category:
        todo.add("categories", [task.category])
    todo.add("priority", PRIORITIES[Task.Priority(task.priority)])
    todo.add("status", TODO_STATUSES[Task.Status(task.status)])
    if task.completed_at:
        todo.add("completed", task.completed_at.astimezone(UTC))
        todo.add("percent-complete", 100)
    if task.series is not None:
        todo.add(CATEGORY_RRULE, task.series.rrule)
    if task.due_date:
        _add_alarms(todo, task.reminder_minutes, task.title, related="END")
    elif task.reminder_minutes:
        todo.add(REMINDERS_PROPERTY, " ".join(map(str, task.reminder_minutes)))
    return todo


def _stamp(component: Event | Todo, row: Appointment | Task) -> None:
    component.add("dtstamp", row.updated_at.astimezone(UTC))
    component.add("created", row.created_at.astimezone(UTC))
    component.add("last-modified", row.updated_at.astimezone(UTC))
    component.add("sequence", max(row.version - 1, 0))


def _moment(moment: datetime, zone: ZoneInfo, *, all_day: bool) -> datetime | date:
    local = moment.astimezone(zone)
    return local.date() if all_day else local


def _attendee(person: dict[str, Any]) -> vCalAddress:
    # RFC 5545, 3.3.8 wants a URI: an address, a number, or a name of ours for somebody who has neither.
    if person["email"]:
        address = vCalAddress(f"mailto:{person['email']}")
    elif person["phone"]:
        address = vCalAddress("tel:" + "".join(c for c in person["phone"] if c.isdigit() or c == "+"))
    else:
        address = vCalAddress("invalid:nomail")
    if person["name"]:
        address.params["CN"] = vText(person["name"])
    if person["phone"]:
        address.params["X-PHONE"] = vText(person["phone"])
    return address


def _add_alarms(component: Event | Todo, minutes: Iterable[int], title: str, *, related: str = "START") -> None:
    for before in minutes:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", timedelta(minutes=-before), parameters={"RELATED": related} if related != "START" else {})
        component.add_component(alarm)
