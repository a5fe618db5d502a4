from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.days import Calendar, Period, begins, buckets_of, offsets

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Bogota", date(2025, 5, 1), 24),
        ("America/New_York", date(2025, 3, 9), 23),
        ("America/New_York", date(2024, 11, 3), 25),
        ("America/Santiago", date(2025, 9, 7), 23),
        ("America/Santiago", date(2025, 4, 5), 25),
        ("Australia/Lord_Howe", date(2025, 4, 6), 24.5),
        ("America/Caracas", date(2016, 5, 1), 23.5),
        ("America/Mexico_City", date(2022, 10, 30), 25),
        ("America/Mexico_City", date(2023, 10, 29), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_is_as_long_as_its_clock_makes_it(zone, day, hours):
    place = ZoneInfo(zone)
    assert begins(day=day + DAY, zone=place) - begins(day=day, zone=place) == timedelta(hours=hours)


def test_a_moment_belongs_to_the_day_that_its_clock_shows():
    zone = ZoneInfo("America/Santiago")
    calendar = Calendar(period=Period(date(2025, 9, 1), date(2025, 9, 14)), zone=zone)
    moment = calendar.first
    while moment < calendar.last:
        assert calendar.day_of(moment) == moment.astimezone(zone).date()
        moment += timedelta(minutes=17)


@pytest.mark.parametrize(
    ("zone", "start", "end", "moved"),
    [
        ("America/New_York", date(2024, 11, 1), date(2024, 11, 5), [datetime(2024, 11, 3, 6, tzinfo=UTC)]),
        ("America/Caracas", date(2016, 4, 30), date(2016, 5, 2), [datetime(2016, 5, 1, 7, tzinfo=UTC)]),
        ("Asia/Kolkata", date(2025, 1, 1), date(2025, 12, 31), []),
    ],
)
def test_it_finds_when_the_clock_is_moved(zone, start, end, moved):
    assert [moment for moment, _ahead in offsets(period=Period(start, end), zone=ZoneInfo(zone))[1:]] == moved


def test_weeks_and_months_are_cut_at_the_ends():
    period = Period(date(2026, 10, 30), date(2026, 11, 10))
    assert [(one.key, one.days.start.day, one.days.end.day) for one in buckets_of(period=period, group="week")] == [
        ("2026-W44", 30, 1),
        ("2026-W45", 2, 8),
        ("2026-W46", 9, 10),
    ]
    assert [(one.key, len(one.days)) for one in buckets_of(period=period, group="month")] == [
        ("2026-10", 2),
        ("2026-11", 10),
    ]
    assert len(buckets_of(period=period, group="day")) == 12
    assert [one.key for one in buckets_of(period=Period(date(2027, 1, 1), date(2027, 1, 1)), group="week")] == [
        "2026-W53"
    ]


def test_the_period_before_is_as_long_and_ends_the_day_before():
    assert Period(date(2026, 3, 1), date(2026, 3, 7)).before == Period(date(2026, 2, 22), date(2026, 2, 28))
