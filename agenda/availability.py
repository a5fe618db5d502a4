"""When somebody has time: their working hours without holidays and without what takes their time already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agenda.details import preferences_of
from agenda.models import Appointment
from tenants.hours import working_spans
from tenants.models import Preferences, User

LONGEST_SEARCH = timedelta(days=92)
STEP = timedelta(minutes=5)  # what begins now begins at the next full five minutes
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Slot:
    """A free time, from start to end, as long as it lasts."""

    start: datetime
    end: datetime


def free_slots(
    *, user: User, now: datetime, start: datetime, end: datetime, minutes: int, most: int = 50
) -> list[Slot]:
    """The first ``most`` free times of ``user``, whose scope is open, in [start, end), each of ``minutes`` at least.

    Within the working hours of the preferences, on days that are no national holiday of their country, and not before
    ``now``. A free time is given whole; times are in the tenant's zone. Looks no farther than LONGEST_SEARCH.
    """
    zone = ZoneInfo(user.timezone)
    start = max(start, _next_step(now)).astimezone(UTC)
    end = min(end, start + LONGEST_SEARCH).astimezone(UTC)
    if end <= start:
        return []
    taken = Appointment.objects.standing().filter(busy=True).between(start, end).order_by("start_datetime")
    free = _without(
        _working(preferences_of(user), zone, start, end), list(taken.values_list("start_datetime", "end_datetime"))
    )
    long_enough = [span for span in free if span[1] - span[0] >= timedelta(minutes=minutes)]
    return [Slot(opens.astimezone(zone), closes.astimezone(zone)) for opens, closes in long_enough[:most]]


def is_open(*, user: User, start: datetime, end: datetime) -> bool:
    """Whether all of [start, end) lies within the working hours of ``user``, whose scope is open, on no holiday."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    return _working(preferences_of(user), ZoneInfo(user.timezone), start, end) == [(start, end)]


def is_holiday(*, day: date, country: str) -> bool:
    """Whether ``day`` is a national holiday of ``country`` (ISO 3166-1; "" has none), says the package «holidays»."""
    return bool(country) and day in _holidays(country, day.year)


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays  # 40 ms, and most processes never ask

    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:  # a country that the package does not know
        return frozenset()


def _working(preferences: Preferences, zone: ZoneInfo, start: datetime, end: datetime) -> list[Span]:
    """The working hours in [start, end), in UTC, in order, those that touch as one."""
    spans: list[Span] = []
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        if not is_holiday(day=day, country=preferences.country):
            for opens, closes in working_spans(hours=preferences.working_hours, day=day, zone=zone):
                # In UTC: two datetimes of one zone compare by their clocks, which go back once a year.
                opens, closes = max(opens.astimezone(UTC), start), min(closes.astimezone(UTC), end)
                if spans and opens <= spans[-1][1]:
                    opens = spans.pop()[0]
                if opens < closes:
                    spans.append((opens, closes))
        day += timedelta(days=1)
    return spans


def _without(spans: list[Span], taken: list[Span]) -> list[Span]:
    """What is left of ``spans`` without ``taken``; both in order of their starts."""
    free: list[Span] = []
    for opens, closes in spans:
        for start, end in taken:
            if start >= closes:
                break
            if end > opens:
                if start > opens:
                    free.append((opens, start))
                opens = max(opens, end)
        if opens < closes:
            free.append((opens, closes))
    return free


def _next_step(now: datetime) -> datetime:
    return now + (datetime.min.replace(tzinfo=UTC) - now) % STEP
