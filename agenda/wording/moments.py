"""What a sentence says of time: moments with all their readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

Kind = Literal["date", "time", "datetime", "date_range", "time_range", "datetime_range", "duration", "recurrence"]
Relation = Literal["before", "after"]
Reason = Literal[
    "morning_or_evening",  # «a las 7»
    "which_week",  # «el próximo jueves»: of the coming week, or the nearest one
    "which_month",  # «el lunes 16» when this month's is over and the next one far away
    "day_or_month",  # «03/04»
    "past_or_future",  # «el 3 de mayo»: the next one or the last one
    "which_feast",  # «el día del padre» is not the same day everywhere
    "weekday_mismatch",  # «el lunes 4 de noviembre», which is a Sunday
    "nonexistent_hour",  # skipped when clocks go forward
    "repeated_hour",  # comes twice when clocks go back
    "impossible_date",  # «30 de febrero»; there is no reading
    "impossible_hour",  # «a las 25:00»; there is no reading
]
# What is asked first when several doubts come together. A person who makes an appointment means the future, so
# ``past_or_future`` alone needs no question.
REASONS: tuple[Reason, ...] = (
    "impossible_date",
    "impossible_hour",
    "nonexistent_hour",
    "repeated_hour",
    "weekday_mismatch",
    "day_or_month",
    "which_feast",
    "which_month",
    "which_week",
    "morning_or_evening",
    "past_or_future",
)


FIRST_HOUR, LAST_HOUR = time(6), time(21)  # when people meet


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that words may mean. Datetimes are aware.

    ``end`` belongs to ranges: of days it is the last day, of hours and instants it is when the range is over (at or
    before ``start`` for hours that go past midnight).
    """

    start: date | time | datetime
    end: date | time | datetime | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, hour, length or repetition that stands in a text.

    ``span`` goes from its first to its last letter; ``spans`` are its parts when other words stand between («el jueves
    … a las 3»). ``candidates`` are all readings, the likeliest first; none when the words say what cannot be.
    """

    kind: Kind
    words: str
    span: tuple[int, int]
    spans: tuple[tuple[int, int], ...]
    candidates: tuple[Reading, ...] = ()
    reasons: tuple[Reason, ...] = ()
    duration: timedelta | None = None
    relation: Relation | None = None
    rrule: str | None = None

    @property
    def start(self) -> date | time | datetime | None:
        """The likeliest reading; of a recurrence its first time, of a duration nothing."""
        return self.candidates[0].start if self.candidates else None

    @property
    def end(self) -> date | time | datetime | None:
        return self.candidates[0].end if self.candidates else None

    @property
    def ambiguous(self) -> bool:
        """Whether the words may mean more than one thing, or nothing."""
        return bool(self.reasons)

    @property
    def reason(self) -> Reason | None:
        """The doubt that matters most."""
        return next((one for one in REASONS if one in self.reasons), None)

    @property
    def needs_asking(self) -> bool:
        """Whether somebody who books should ask back.

        Not for the past, and not when only one of two hours is one at which people meet («a las 3»).
        """
        doubts = set(self.reasons) - {"past_or_future"}
        if (
            "morning_or_evening" in doubts
            and len({hour for hour in self._hours() if FIRST_HOUR <= hour < LAST_HOUR}) == 1
        ):
            doubts.discard("morning_or_evening")
        return bool(doubts)

    def _hours(self) -> list[time]:
        starts = (reading.start for reading in self.candidates)
        return [one if isinstance(one, time) else one.time() for one in starts if isinstance(one, time | datetime)]
