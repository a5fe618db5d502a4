"""From the pieces of a moment to its readings, likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from agenda.wording.arithmetic import add_days
from agenda.wording.composition import Group
from agenda.wording.meridiem import apply_part
from agenda.wording.moments import REASONS, Kind, Moment, Reading, Reason, Relation
from agenda.wording.pieces import Clock, Cycle, Days, Hours, Instant, Length, Part, Reference, Span
from agenda.wording.tokens import Token

# Hours of the parts of a day; the last one is when it is over.
PARTS = {
    "es": {
        "dawn": (0, 6),
        "morning": (6, 12),
        "noon": (12, 14),
        "afternoon": (12, 20),
        "evening": (19, 21),
        "night": (20, 24),
    },
    "en": {
        "dawn": (0, 6),
        "morning": (6, 12),
        "noon": (12, 14),
        "afternoon": (12, 18),
        "evening": (18, 22),
        "night": (20, 24),
    },
    "pt": {
        "dawn": (0, 6),
        "morning": (6, 12),
        "noon": (12, 14),
        "afternoon": (12, 18),
        "evening": (17, 19),
        "night": (18, 24),
    },
}
EARLY_HOURS = 3  # a part's first ones
BUSINESS_OPENS = 8
LONGEST_PAST = 366  # days before today from which a repetition is still counted

Hour = tuple[int, time]  # days after the day that was said, and the time


def resolve(group: Group, tokens: Sequence[Token], text: str, *, reference: Reference, zone: ZoneInfo) -> Moment:
    """A group of pieces as a moment."""
    return _Resolution(group, tokens, text, reference, zone).moment()


class _Resolution:
    def __init__(self, group: Group, tokens: Sequence[Token], text: str, reference: Reference, zone: ZoneInfo) -> None:
        self.group, self.reference, self.zone = group, reference, zone
        self.reasons: set[str] = {reason for piece in group.pieces for reason in piece.reasons}
        if group.day is not None:
            self.reasons.update(group.day.reasons)
            if "weekday_mismatch" not in group.day.reasons:
                self.reasons.discard("weekday_mismatch")
        spans = sorted((tokens[piece.first].start, tokens[piece.last].end) for piece in group.pieces)
        merged = [spans[0]]
        for start, end in spans[1:]:
            if text[merged[-1][1] : start].strip() == "":
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self.spans = tuple(merged)
        self.span = (merged[0][0], merged[-1][1])
        self.words = text[self.span[0] : self.span[1]]

    def moment(self) -> Moment:
        group = self.group
        if self.reasons & {"impossible_date", "impossible_hour"}:
            kind: Kind = "datetime" if group.has_day and group.has_hour else "time" if group.has_hour else "date"
            return self._made(kind, ())
        match group.alone:
            case Length() as length:
                return self._made("duration", (), duration=length.length, relation=length.relation)
            case Instant() as instant:
                return self._made("datetime", self._aware(instant.instants))
            case Days() as days:
                return self._made("date_range", [Reading(start, end) for start, end in days.ranges])
            case Span() as span:
                return self._made(
                    "datetime_range", [Reading(self._zoned(a)[0], self._zoned(b)[-1]) for a, b in span.spans]
                )
        if group.cycle:
            return self._recurrence(group.cycle)
        dates = self._dates()
        if group.hours:
            return self._ranged(dates, self._hour_ranges(group.hours))
        if group.clock:
            return self._timed(dates, self._hours(group.clock, self._part))
        if group.part:
            window = self._window(group.part)
            return self._ranged(dates, [window])
        return self._made("date", [Reading(day) for day in dates])

    def _dates(self) -> tuple[date, ...]:
        if self.group.day:
            return self.group.day.days
        return self.group.part.days if self.group.part else ()

    def _hours(self, clock: Clock, part: str | None) -> list[Hour]:
        """The times an hour may be, the likeliest first."""
        if part is not None and not clock.fixed:
            clock = apply_part(clock, part)
        exact = time(clock.hour, clock.minute, clock.second)
        if clock.fixed:
            return [(clock.days, exact)]
        if clock.hour % 12 == 0:  # midnight begins a day and ends it
            return [(0, exact), (1, exact.replace(hour=0))]
        return order_hours((0, exact), (0, exact.replace(hour=clock.hour + 12)))

    @property
    def _part(self) -> str | None:
        if self.group.part:
            return self.group.part.part
        return self.group.cycle.part if self.group.cycle else None

    def _hour_ranges(self, hours: Hours) -> list[tuple[Hour, Hour]]:
        start, end = cast(Clock, hours.start), cast(Clock, hours.end)
        part = hours.part or self._part
        ends = self._hours(end, part)
        starts = self._hours(
            start, None if part and not start.fixed and start.hour > end.hour and end.hour != 12 else part
        )
        found: list[tuple[Hour, Hour]] = []
        for one in starts:
            for other in ends:
                last = other if (other[0], other[1]) > (one[0], one[1]) else (other[0] + 1, other[1])
                if _length(one, last) <= timedelta(hours=12) or (start.fixed and end.fixed):
                    found.append((one, last))
        if not found:
            return [(starts[0], ends[0])]
        shortest = min(_length(*one) for one in found)
        return [one for one in found if _length(*one) == shortest or (start.fixed and end.fixed)]

    def _window(self, part: Part) -> tuple[Hour, Hour]:
        first, last = PARTS[self.reference.language][part.part]
        if part.early:
            last = first + EARLY_HOURS
        return (0, time(first)), (last // 24, time(last % 24))

    def _timed(self, days: Sequence[date], hours: Sequence[Hour]) -> Moment:
        if len(hours) > 1 and (days or len({hour for _, hour in hours}) > 1):
            self.reasons.add("morning_or_evening")
        if not days:
            return self._made("time", [Reading(hour) for _, hour in hours])
        naive = [
            datetime.combine(moved, hour) for day in days for ahead, hour in hours if (moved := add_days(day, ahead))
        ]
        if self.reference.today == days[0]:
            naive = self._future_first(naive)
        return self._made("datetime", self._aware(naive))

    def _future_first(self, instants: Iterable[datetime]) -> list[datetime]:
        """Of today's hours those to come go first."""
        return sorted(instants, key=lambda one: one < self.reference.now.replace(second=0, microsecond=0))

    def _ranged(self, days: Sequence[date], hours: Sequence[tuple[Hour, Hour]]) -> Moment:
        if len(hours) > 1:
            self.reasons.add("morning_or_evening")
        if not days:
            return self._made("time_range", [Reading(start[1], end[1]) for start, end in hours])
        readings = []
        for day in days:
            for start, end in hours:
                first, last = add_days(day, start[0]), add_days(day, end[0])
                if first and last:
                    readings.append(
                        Reading(
                            self._zoned(datetime.combine(first, start[1]))[0],
                            self._zoned(datetime.combine(last, end[1]))[0],
                        )
                    )
        return self._made("datetime_range", readings)

    def _recurrence(self, cycle: Cycle) -> Moment:
        start = self.reference.today
        if self.group.day and self._dates() and (start - self._dates()[0]).days <= LONGEST_PAST:
            start = self._dates()[0]
        hours: list[Hour] = []
        duration = None
        if self.group.clock:
            hours = self._hours(self.group.clock, self._part)
            if len(hours) > 1:
                self.reasons.add("morning_or_evening")
        elif self.group.hours:
            ranges = self._hour_ranges(self.group.hours)
            hours, duration = [one for one, _ in ranges], _length(*ranges[0])
            if len(hours) > 1:
                self.reasons.add("morning_or_evening")
        elif cycle.part or self.group.part:
            part = self.group.part or Part(part=cycle.part or "")
            begin, end = self._window(part)
            hours, duration = [begin], _length(begin, end)
        self.reasons.discard("past_or_future")
        readings: list[Reading] = []
        for ahead, hour in hours or [(0, time())]:
            first = self._first(cycle.rule, datetime.combine(start, hour), hours=bool(hours))
            if first is None:
                continue
            moved = add_days(first.date(), ahead) or first.date()
            readings += self._aware([datetime.combine(moved, hour)]) if hours else [Reading(first.date())]
        return self._made("recurrence", readings, rrule=cycle.rule, duration=duration)

    def _first(self, rule: str, start: datetime, *, hours: bool) -> datetime | None:
        if any(step in rule for step in ("SECONDLY", "MINUTELY", "HOURLY")):
            return self.reference.now.replace(microsecond=0) if not hours else start
        now = self.reference.now if hours else datetime.combine(self.reference.today, time())
        return rrulestr(rule, dtstart=start).after(now, inc=True)

    def _aware(self, instants: Iterable[datetime]) -> list[Reading]:
        return [Reading(aware) for naive in instants for aware in self._zoned(naive)]

    def _zoned(self, naive: datetime) -> list[datetime]:
        """The instants at which a wall clock shows this; two where clocks go back, the later one where they skip it."""
        if naive.tzinfo is not None:
            return [naive.astimezone(self.zone)]
        early, late = (naive.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() == late.utcoffset():
            return [early]
        if (
            not datetime.min.replace(tzinfo=UTC) + timedelta(2)
            < early
            < datetime.max.replace(tzinfo=UTC) - timedelta(2)
        ):
            return [early]
        shown = early.astimezone(UTC).astimezone(self.zone)
        if shown.replace(tzinfo=None) != naive:
            self.reasons.add("nonexistent_hour")
            return [shown]
        self.reasons.add("repeated_hour")
        return [early, late]

    def _made(
        self,
        kind: Kind,
        readings: Iterable[Reading],
        *,
        duration: timedelta | None = None,
        relation: Relation | None = None,
        rrule: str | None = None,
    ) -> Moment:
        # Datetimes of one zone are equal whatever their offset, so the offset has to be looked at too.
        candidates = tuple({str(reading): reading for reading in readings}.values())
        if not candidates and kind != "duration" and not self.reasons & {"impossible_date", "impossible_hour"}:
            self.reasons.add("impossible_date")
        return Moment(
            kind=kind,
            words=self.words,
            span=self.span,
            spans=self.spans,
            candidates=candidates,
            reasons=tuple(one for one in REASONS if one in cast("set[Reason]", self.reasons)),
            duration=duration,
            relation=relation,
            rrule=rrule,
        )


def order_hours(morning: Hour, evening: Hour) -> list[Hour]:
    """Which of two hours people mean when they do not say: from 8 to 11 in the morning, 1 to 7 after noon."""
    return [morning, evening] if morning[1].hour >= BUSINESS_OPENS else [evening, morning]


def _length(start: Hour, end: Hour) -> timedelta:
    first = timedelta(start[0], hours=start[1].hour, minutes=start[1].minute)
    last = timedelta(end[0], hours=end[1].hour, minutes=end[1].minute)
    return last - first if last > first else last - first + timedelta(1)
