"""Before or after noon: what «pm» and «de la noche» make of an hour."""

from __future__ import annotations

from dataclasses import replace

from agenda.wording.pieces import Clock


def apply_part(read: Clock, part: str) -> Clock:
    """An hour of a part of the day: «las 12 de la noche» is midnight, when the next day begins."""
    hour, days = read.hour, read.days
    if read.fixed:
        return read
    if part == "night":
        if hour == 12:
            hour, days = 0, days + 1
        elif hour >= 5:
            hour += 12
        elif hour:
            days += 1
    elif part in {"afternoon", "evening"} or (part == "noon" and hour < 5):
        hour = hour + 12 if 0 < hour < 12 else hour
    elif part in {"dawn", "morning"} and hour == 12:
        hour = 0 if part == "dawn" else 12
    return replace(read, hour=hour, fixed=True, days=days)


def with_meridiem(read: Clock, meridiem: str | None) -> Clock:
    if meridiem is None or read.fixed:
        return normal(read)
    hour = read.hour % 12 + (12 if meridiem == "pm" else 0)
    return replace(read, hour=hour, fixed=True)


def normal(read: Clock) -> Clock:
    if read.hour < 24:
        return read
    return replace(read, hour=0, fixed=True, days=1)
