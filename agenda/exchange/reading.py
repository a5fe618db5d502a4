"""iCalendar files as tables: each component a row of cells under the names of a kind's fields.

What belongs to a series stands together: its rule first, then the days that are otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils import timezone

from agenda.calendar import files
from agenda.calendar.files import Item, read_file
from agenda.exchange.people import write_people
from tenants.exchange.faults import Unreadable
from tenants.exchange.formulas import guard_if_ambiguous
from tenants.exchange.kinds import Broken, Values
from tenants.exchange.reasons import reason_of

TASK_NAMES = (
    "title", "due_date", "priority", "status", "category", "description", "reminder_minutes", "rrule", "completed_at",
    "uid",
)  # fmt: skip
APPOINTMENT_NAMES = (
    "title", "start_datetime", "end_datetime", "all_day", "location", "attendees", "description", "status",
    "cancel_reason", "reminder_minutes", "busy", "timezone", "rrule", "without", "occurrence", "uid",
)  # fmt: skip
DAY = timedelta(days=1)


def read_tasks(file: BinaryIO) -> Iterator[Sequence[Any] | Broken]:
    """The VTODOs of an iCalendar file. Raises Unreadable."""
    yield TASK_NAMES
    for item in _items(file):
        if item.is_task:
            yield _broken(item, item.problem, TASK_NAMES) if item.problem else _cells(_task(item), TASK_NAMES)


def read_appointments(file: BinaryIO) -> Iterator[Sequence[Any] | Broken]:
    """The VEVENTs of an iCalendar file. Raises Unreadable."""
    yield APPOINTMENT_NAMES
    items = [item for item in _items(file) if not item.is_task]
    rules = {item.uid for item in items if item.rrule and item.occurrence is None}
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        first.setdefault(item.uid, number)
    # A rule before the days that are otherwise, wherever they stand.
    items.sort(
        key=lambda item: (first[item.uid], item.occurrence is not None) if item.uid in rules else (first[item.uid], 0)
    )
    for item in items:
        if item.problem:
            yield _broken(item, item.problem, APPOINTMENT_NAMES)
            continue
        yield _cells(values_of_item(item), APPOINTMENT_NAMES)
        for day in item.extra:  # RDATE: each for itself
            end = day + (item.end - item.start) if item.end is not None and item.start is not None else None
            own = {"uid": f"{item.uid}#{say_moment(day)}"[:255] if item.uid else "", "rrule": "", "without": []}
            yield _cells(values_of_item(item) | times_of(day, end) | own, APPOINTMENT_NAMES)


def values_of_item(item: Item) -> Values:
    """An appointment of a file as a row. Days of one that lasts whole days count the last one."""
    if item.start is None:
        raise ValueError("an item without a start has a problem")
    return {
        "title": item.title,
        **times_of(item.start, item.end),
        "location": item.location,
        "attendees": write_people([one for one in item.attendees if any(one.values())]),
        "description": item.description,
        "status": item.status,
        "cancel_reason": item.reason,
        "reminder_minutes": item.reminder_minutes,
        "busy": item.busy,
        "timezone": item.timezone,
        "rrule": item.rrule,
        "without": sorted(say_moment(day) for day in item.without),
        "occurrence": "" if item.occurrence is None else say_moment(item.occurrence),
        "uid": item.uid,
    }


def times_of(start: datetime | date, end: datetime | date | None) -> Values:
    """Beginning and end as a row has them."""
    if isinstance(start, datetime):
        return {"start_datetime": start, "end_datetime": end, "all_day": False}
    return {"start_datetime": start, "end_datetime": start if end is None else end - DAY, "all_day": True}


def say_moment(moment: datetime | date) -> str:
    """«2026-11-26T20:30:00Z», or a day: by which an occurrence of a series is known."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(moment, datetime) else moment.isoformat()


def read_moment(text: str) -> datetime | date:
    """What ``say_moment`` said, or another of ISO 8601's forms with an offset. Raises ValueError."""
    text = text.strip()
    if len(text) == len("2026-11-26"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_current_timezone())


def _items(file: BinaryIO) -> list[Item]:
    try:
        return read_file(data=file.read(files.MOST_BYTES + 1), timezone=timezone.get_current_timezone_name())
    except files.Unreadable as fault:
        raise Unreadable("calendar_file", told=str(fault)) from fault


def _task(item: Item) -> Values:
    return {
        "title": item.title,
        "due_date": item.due,
        "priority": str(item.priority),
        "status": item.status,
        "category": item.category,
        "description": item.description,
        "reminder_minutes": item.reminder_minutes,
        "rrule": item.rrule,
        "completed_at": item.completed_at,
        "uid": item.uid,
    }


def _broken(item: Item, problem: ValidationError, names: Sequence[str]) -> Broken:
    return Broken(_cells({"title": item.title, "uid": item.uid}, names), reason_of(problem))


def _cells(values: Values, names: Sequence[str]) -> list[Any]:
    """Cells as those of a sheet, of which the import takes an apostrophe off that guards a formula."""
    cells = [values.get(name) for name in names]
    cells = ["; ".join(map(str, cell)) if isinstance(cell, list) else cell for cell in cells]
    return [guard_if_ambiguous(cell) if isinstance(cell, str) else cell for cell in cells]
