"""The agenda as it stands: how much time is taken, and what was done of what was due. Never kept: rows of the agenda
are moved, cancelled and deleted afterwards, and what is shown is what holds now."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from agenda.availability import is_holiday
from agenda.models import Appointment, Reminder, Task
from analytics.days import Calendar, Period, today_in
from tenants.hours import working_spans
from tenants.models import Preferences

Span = tuple[datetime, datetime]


@dataclass(slots=True)
class Load:
    """Of one day: minutes that are taken, minutes of the working hours, appointments that begin, of them cancelled;
    tasks that were due, that were done, and that were due and not done by the end of the day."""

    booked_minutes: int = 0
    working_minutes: int = 0
    count: int = 0
    cancelled: int = 0
    due: int = 0
    done: int = 0
    late: int = 0


def read_load(*, preferences: Preferences, calendar: Calendar, now: datetime) -> dict[date, Load]:
    """The load of each day. In the tenant's open scope."""
    found = {day: Load() for day in calendar.days}
    timed, whole = _appointments(found, calendar)
    for day, begin, end in zip(calendar.days, calendar.begins, [*calendar.begins[1:], calendar.last], strict=True):
        hours = _working(preferences, day, calendar.zone)
        taken = [(max(start, begin), min(until, end)) for start, until in timed.get(day, ())]
        found[day].working_minutes = minutes_of(hours)
        found[day].booked_minutes = minutes_of(taken + (hours if day in whole else []))
    _tasks(found, calendar, today=today_in(zone=calendar.zone, now=now))
    return found


def count_unknown(*, calendar: Calendar) -> Counter[date]:
    """Reminders of which nobody knows whether they went out, by the day on which they were due."""
    rows = Reminder.objects.filter(due_at__gte=calendar.first, due_at__lt=calendar.last, status=Reminder.Status.UNKNOWN)
    return Counter(calendar.day_of(due_at) for due_at in rows.values_list("due_at", flat=True))


def _appointments(found: dict[date, Load], calendar: Calendar) -> tuple[dict[date, list[Span]], set[date]]:
    """Count those that begin. Returns the spans that touch each day, and the days that one takes whole."""
    columns = ("start_datetime", "end_datetime", "status", "busy", "all_day")
    timed: dict[date, list[Span]] = defaultdict(list)
    whole: set[date] = set()
    rows = Appointment.objects.present().between(calendar.first, calendar.last).values_list(*columns)
    for start, end, status, busy, all_day in rows:
        is_cancelled = status == Appointment.Status.CANCELLED
        day = calendar.day_of(start)
        if start >= calendar.first:
            found[day].cancelled += is_cancelled
            found[day].count += not is_cancelled
        if is_cancelled or not busy:
            continue
        for touched in Period(day, calendar.day_of(end - timedelta.resolution)):
            if all_day:
                whole.add(touched)
            else:
                timed[touched].append((start, end))
    return timed, whole


def _tasks(found: dict[date, Load], calendar: Calendar, *, today: date) -> None:
    present = Task.objects.present()
    due = present.filter(due_date__gte=calendar.period.start, due_date__lte=calendar.period.end)
    for day, completed_at in due.values_list("due_date", "completed_at"):
        done_on = today_in(zone=calendar.zone, now=completed_at) if completed_at else None
        found[day].due += 1
        found[day].late += done_on > day if done_on else day < today
    done = present.filter(completed_at__gte=calendar.first, completed_at__lt=calendar.last)
    for completed_at in done.values_list("completed_at", flat=True):
        found[calendar.day_of(completed_at)].done += 1


def _working(preferences: Preferences, day: date, zone: ZoneInfo) -> list[Span]:
    if is_holiday(day=day, country=preferences.country):
        return []
    spans = working_spans(hours=preferences.working_hours, day=day, zone=zone)
    # In UTC: two datetimes of one zone are apart by their clocks, which go back once a year.
    return [(opens.astimezone(UTC), closes.astimezone(UTC)) for opens, closes in spans]


def minutes_of(spans: list[Span]) -> int:
    """Whole minutes that the spans cover, those that overlap counted once."""
    covered = timedelta(0)
    until: datetime | None = None
    for start, end in sorted(spans):
        begin = start if until is None else max(start, until)
        if end > begin:
            covered += end - begin
            until = end
    return covered // timedelta(minutes=1)
