"""Dates in words: what Spanish, English and Portuguese sentences say of dates, hours, lengths and repetitions.

``read_moments`` is the way in. Nothing is guessed silently: a moment holds all its readings, the likeliest first, and
the reasons for doubt. docs/dates.md has the rules and how good they are.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agenda.wording.moments import REASONS, Kind, Moment, Reading, Reason
from agenda.wording.pieces import compiled_rules
from agenda.wording.reading import read

__all__ = [
    "LONGEST_TEXT",
    "MOST_MOMENTS",
    "REASONS",
    "Kind",
    "Moment",
    "Reading",
    "Reason",
    "prepare",
    "read_moments",
    "upcoming",
]

LONGEST_TEXT = 10_000  # letters; what follows is not read
MOST_MOMENTS = 50  # of a text; what follows is not read

FIRST_NOW, LAST_NOW = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


def read_moments(*, text: str, now: datetime, timezone: str | ZoneInfo, language: str | None = None) -> list[Moment]:
    """The moments that stand in a text, in order.

    ``now`` is aware; ``timezone`` (IANA name) is where the words are said, and readings are in it. ``language`` is
    "es", "en" or "pt"; it is found out when not given. Raises ValueError for a ``now`` that is naive or not of the
    years 2 to 9998, and ZoneInfoNotFoundError (a KeyError) for an unknown zone, never for a text.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    if not FIRST_NOW <= now <= LAST_NOW:
        raise ValueError("now is too near the ends of the calendar")
    zone = timezone if isinstance(timezone, ZoneInfo) else ZoneInfo(timezone)
    return read(text[:LONGEST_TEXT], now=now.astimezone(zone), zone=zone, language=language, most=MOST_MOMENTS)


def prepare() -> None:
    """Make tables and rules now (0.3 s, 10 MB), so that processes that fork afterwards share them."""
    compiled_rules()


def upcoming(moment: Moment, *, now: datetime, timezone: str | ZoneInfo) -> list[datetime]:
    """When a moment without a day comes next («a las 3»), and when any other one starts: aware, likeliest first."""
    zone = timezone if isinstance(timezone, ZoneInfo) else ZoneInfo(timezone)
    local = now.astimezone(zone)
    found = []
    for reading in moment.candidates:
        start = reading.start
        if isinstance(start, time):
            today = datetime.combine(local.date(), start, tzinfo=zone)
            found.append(today if today >= local else today + timedelta(1))
        elif isinstance(start, datetime):
            found.append(start)
        elif isinstance(start, date):
            found.append(datetime.combine(start, time(), tzinfo=zone))
    future = [one for one in found if one.astimezone(UTC) >= now.astimezone(UTC)]
    return future or found
