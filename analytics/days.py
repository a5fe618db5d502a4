"""Days on a tenant's own clock, and what they are grouped into.

Where a day begins is asked of Python's zones alone, never of PostgreSQL's, whose tables may be of another year: what
is counted in the database is told where each day begins, and how far the clock is from UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Group = Literal["day", "week", "month"]

GROUPS: tuple[Group, ...] = ("day", "week", "month")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``start`` to ``end``, both counted."""

    start: date
    end: date

    def __len__(self) -> int:
        return max(0, (self.end - self.start).days + 1)

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=number) for number in range(len(self)))

    @property
    def before(self) -> Period:
        """The period of the same length just before."""
        return Period(self.start - timedelta(days=len(self)), self.start - DAY)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one bar of a chart is about: a day, a week from Monday, or a month, cut at the period's ends."""

    key: str
    days: Period


def buckets_of(*, period: Period, group: Group) -> list[Bucket]:
    """The period's days in groups, in order."""
    found: list[Bucket] = []
    first = period.start
    while first <= period.end:
        last = min(_last_of(first, group), period.end)
        found.append(Bucket(_name(first, group), Period(first, last)))
        first = last + DAY
    return found


def begins(*, day: date, zone: ZoneInfo) -> datetime:
    """The first instant of ``day`` in ``zone``, in UTC; where the clocks skip midnight, the first moment after."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


class Calendar:
    """The days of a period on the clock of a zone, and which of them an instant belongs to."""

    def __init__(self, *, period: Period, zone: ZoneInfo) -> None:
        self.period = period
        self.zone = zone
        self.days = list(period)
        self.begins = [begins(day=day, zone=zone) for day in self.days]
        self.first, self.last = self.begins[0], begins(day=period.end + DAY, zone=zone)

    def day_of(self, moment: datetime) -> date:
        """The day that ``moment`` belongs to, one of the period's; the first of them when it is earlier."""
        return self.days[max(0, bisect_right(self.begins, moment) - 1)]


def today_in(*, zone: ZoneInfo, now: datetime) -> date:
    return now.astimezone(zone).date()


def offsets(*, period: Period, zone: ZoneInfo) -> list[tuple[datetime, timedelta]]:
    """How far the clock is from UTC, and from which instant on; the first begins no later than the period."""
    found: list[tuple[datetime, timedelta]] = []
    before = begins(day=period.start, zone=zone)
    found.append((before, _offset(before, zone)))
    for day in Period(period.start + DAY, period.end + DAY):
        after = begins(day=day, zone=zone)
        if _offset(after, zone) != found[-1][1]:
            found.append((_change(before, after, zone), _offset(after, zone)))
        before = after
    return found


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two at which the clock was moved, to the second."""
    old = _offset(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _last_of(day: date, group: Group) -> date:
    if group == "week":
        return day + timedelta(days=6 - day.weekday())
    if group == "month":
        return date(day.year + day.month // 12, day.month % 12 + 1, 1) - DAY
    return day


def _name(day: date, group: Group) -> str:
    if group == "week":
        return f"{day.isocalendar().year}-W{day.isocalendar().week:02}"
    return f"{day:%Y-%m}" if group == "month" else day.isoformat()
