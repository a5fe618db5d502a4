"""Days of the calendar that never overflow: what lies beyond years 1 to 9999 is None."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

LONGEST_DAYS = 3_700_000  # more than there are between year 1 and year 9999
UNITS_IN_DAYS = {"day": 1, "week": 7, "fortnight": 14}
UNITS_IN_MONTHS = {"month": 1, "quarter": 3, "semester": 6, "year": 12, "decade": 120, "century": 1200}
UNITS_IN_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def day_of(year: int, month: int, day: int) -> date | None:
    """The day, or None when there is none such."""
    if 1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return date(year, month, day)
    return None


def add_days(day: date, days: float) -> date | None:
    if abs(days) > LONGEST_DAYS or not 1 <= day.toordinal() + int(days) <= date.max.toordinal():
        return None
    return day + timedelta(int(days))


def add_months(day: date, months: float) -> date | None:
    """The same day so many months on, or that month's last when it is shorter."""
    if abs(months) > 120_000:
        return None
    year, month = divmod(day.year * 12 + day.month - 1 + int(months), 12)
    if not 1 <= year <= 9999:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_workdays(day: date, days: float) -> date | None:
    """So many Mondays to Fridays on."""
    left, step = min(abs(int(days)), LONGEST_DAYS), 1 if days > 0 else -1
    weeks, left = divmod(left, 5)
    moved = add_days(day, step * 7 * weeks)
    while moved and (left or moved.weekday() > 4):
        moved = add_days(moved, step)
        left -= 1 if moved and moved.weekday() < 5 and left else 0
    return moved


def add(day: date, number: float, unit: str) -> date | None:
    """A day so many days, weeks, months… on; halves of months are fifteen days."""
    if unit == "workday":
        return add_workdays(day, number)
    if unit in UNITS_IN_DAYS:
        return add_days(day, number * UNITS_IN_DAYS[unit])
    months = number * UNITS_IN_MONTHS[unit]
    moved = add_months(day, months)
    rest = months - int(months)
    return add_days(moved, round(rest * 30)) if moved and rest else moved


def add_time(instant: datetime, number: float, unit: str) -> datetime | None:
    seconds = number * UNITS_IN_SECONDS[unit]
    if abs(seconds) > LONGEST_DAYS * 86_400:
        return None
    try:
        return instant + timedelta(seconds=seconds)
    except OverflowError:
        return None


def add_all(instant: datetime, amounts: tuple[tuple[float, str], ...], sign: int = 1) -> datetime | None:
    moved: datetime | None = instant
    for number, unit in amounts:
        if moved is None:
            return None
        if unit in UNITS_IN_SECONDS:
            moved = add_time(moved, sign * number, unit)
        else:
            day = add(moved.date(), sign * number, unit)
            moved = datetime.combine(day, moved.time()) if day else None
    return moved


def has_time(amounts: tuple[tuple[float, str], ...]) -> bool:
    return any(unit in UNITS_IN_SECONDS for _, unit in amounts)


def length_of(amounts: tuple[tuple[float, str], ...]) -> timedelta:
    """A length as days and seconds; a month counts 30 days and a year 365."""
    seconds = 0.0
    for number, unit in amounts:
        if unit in UNITS_IN_SECONDS:
            seconds += number * UNITS_IN_SECONDS[unit]
        elif unit in UNITS_IN_DAYS or unit == "workday":
            seconds += number * UNITS_IN_DAYS.get(unit, 1) * 86_400
        else:
            months = number * UNITS_IN_MONTHS[unit]
            seconds += (months // 12 * 365 + months % 12 * 30) * 86_400
    limit = timedelta.max.total_seconds() - 86_400
    return timedelta(seconds=max(-limit, min(limit, seconds)))


def monday_of(day: date, weeks: int = 0) -> date | None:
    """The Monday of the week so many weeks on."""
    return add_days(day, 7 * weeks - day.weekday())


def weekday_in_week(day: date, weekday: int, weeks: int = 0) -> date | None:
    return add_days(day, 7 * weeks - day.weekday() + weekday)


def nth_weekday(year: int, month: int, weekday: int, place: int) -> date | None:
    """The place-th such weekday of a month, -1 for the last, or None."""
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return None
    last = monthrange(year, month)[1]
    if place < 0:
        final = date(year, month, last)
        return add_days(final, -((final.weekday() - weekday) % 7))
    day = 1 + (weekday - date(year, month, 1).weekday()) % 7 + 7 * (place - 1)
    return day_of(year, month, day)


def full_year(year: int) -> int:
    """«92» is 1992 and «16» is 2016: two digits are a year from 1930 to 2029."""
    return year if year >= 100 else year + (2000 if year < 30 else 1900)
