"""Which of a moment's readings is meant, as far as that can be told without asking.

Two rules, and what came of them is always told with weekday, date and hour: of what is over and what is to come the
latter is meant; of an hour before and after noon the one in the working hours, or else the one that is not at night.
Everything else is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agenda.dates import Moment, Reading
from tenants.hours import working_spans

NIGHT_ENDS, NIGHT_BEGINS = time(6), time(22)
# What one reading that remains settles; the others are asked about even then.
SETTLED = frozenset({"past_or_future", "morning_or_evening", "which_week", "which_feast", "day_or_month"})


def choose(*, moment: Moment, now: datetime, zone: ZoneInfo, hours: dict[str, Any]) -> list[Reading]:
    """The readings between which only the person can tell: one when it is clear, none when there is no such moment.

    ``hours`` are the working hours of the preferences.
    """
    readings = list(moment.candidates)
    local = now.astimezone(zone)
    coming = [each for each in readings if not _is_over(each, local)]
    if "past_or_future" in moment.reasons or 0 < len(coming) < len(readings):
        readings = coming or readings[:1]
    if "morning_or_evening" in moment.reasons and len(readings) > 1:
        readings = _by_hour(readings, local=local, hours=hours)
    if not set(moment.reasons) - {"past_or_future"}:
        return readings[:1]
    return readings


def is_clear(*, moment: Moment, readings: Sequence[Reading]) -> bool:
    """Whether ``readings``, as ``choose`` left them, need no question."""
    return len(readings) == 1 and set(moment.reasons) <= SETTLED


def rivals(*, moment: Moment, chosen: Reading, now: datetime) -> list[Reading]:
    """Other days that the words may mean at the hour of ``chosen``, of which one is settled for and told: «el próximo
    jueves» said on a Monday, «el 3/4». What is over is none.
    """
    if isinstance(chosen.start, time):
        return []
    others = [each for each in moment.candidates if not isinstance(each.start, time) and not _is_over(each, now)]
    return [each for each in others if _clock_of(each) == _clock_of(chosen) and each.start != chosen.start]


def next_day(*, clock: time, now: datetime) -> date:
    """The day on which an hour alone comes next; ``now`` is in the zone of the clock."""
    return now.date() if clock > now.time() else now.date() + timedelta(days=1)


def _is_over(reading: Reading, now: datetime) -> bool:
    last = reading.start if reading.end is None else reading.end
    if isinstance(last, datetime):
        return last < now
    return isinstance(last, date) and last < now.date()


def _by_hour(readings: Sequence[Reading], *, local: datetime, hours: dict[str, Any]) -> list[Reading]:
    tests: tuple[Callable[[Reading], bool], ...] = (
        lambda each: _is_at_work(each, local, hours),
        lambda each: NIGHT_ENDS <= _clock_of(each) < NIGHT_BEGINS,
    )
    for test in tests:
        fitting = [each for each in readings if test(each)]
        if len({_clock_of(each) for each in fitting}) == 1:
            return fitting[:1]
    return list(readings)


def _is_at_work(reading: Reading, local: datetime, hours: dict[str, Any]) -> bool:
    zone = ZoneInfo(str(local.tzinfo))
    clock = _clock_of(reading)
    day = reading.start.date() if isinstance(reading.start, datetime) else next_day(clock=clock, now=local)
    moment = datetime.combine(day, clock, zone)
    return any(start <= moment < end for start, end in working_spans(hours=hours, day=day, zone=zone))


def _clock_of(reading: Reading) -> time:
    start = reading.start
    if isinstance(start, datetime):
        return start.time()
    return start if isinstance(start, time) else time()
