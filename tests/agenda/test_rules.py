from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError

from agenda import rules
from agenda.details import settle, wall_of

TRIPLES = 10_000
FIRST = 4  # occurrences of each that are compared
# Clock changes at midnight, of half an hour, to the south, without any, and a day that was left out.
ZONES = [
    "America/Bogota",
    "America/Mexico_City",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Europe/Madrid",
    "Europe/Lisbon",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "UTC",
]
OTHERS = {zone: tz.gettz(zone) for zone in ZONES}  # kept: dateutil reads a file again that nobody holds
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def _random_instant(chance: random.Random) -> datetime:
    day = datetime(2009, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(365 * 20))
    return day + timedelta(minutes=chance.choice([chance.randrange(1440), chance.randrange(48) * 30]))


def _random_rule(chance: random.Random, start: datetime) -> str:
    frequency = chance.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = {"FREQ": frequency, "INTERVAL": str(chance.choice([1, 1, 1, 2, 3, 5]))}
    days = ",".join(sorted(chance.sample(WEEKDAYS, chance.randint(1, 3)), key=WEEKDAYS.index))
    month_days = ",".join(str(chance.choice([1, 13, 28, 29, 30, 31, -1, -2])) for _ in range(chance.randint(1, 2)))
    form = chance.randrange(5)
    if form == 1 and frequency in ("DAILY", "WEEKLY"):
        parts["BYDAY"] = days
    elif form == 1:
        parts["BYDAY"] = chance.choice(["1", "2", "3", "-1", "-2"]) + chance.choice(WEEKDAYS)
    elif form == 2 and frequency != "WEEKLY":
        parts["BYMONTHDAY"] = month_days
    elif form == 3:
        parts["INTERVAL"] = "1"  # every third month may never be a May, and the oracle would look until the year 9999
        parts["BYMONTH"] = ",".join(str(chance.randint(1, 12)) for _ in range(chance.randint(1, 3)))
    elif form == 4 and frequency in ("MONTHLY", "YEARLY"):
        parts |= {"BYDAY": days, "BYSETPOS": str(chance.choice([1, 2, -1]))}
    if chance.random() < 0.2:
        parts["WKST"] = chance.choice(WEEKDAYS)
    end = chance.randrange(3)
    if end == 1:
        parts["COUNT"] = str(chance.randint(1, 12))
    elif end == 2:
        parts["UNTIL"] = (
            f"{start + timedelta(days=chance.randrange(900), minutes=chance.randrange(1440)):%Y%m%dT%H%M%SZ}"
        )
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _oracle(zone: str, start: datetime, rule: str, until: datetime) -> list[datetime]:
    """The same by aware datetimes: dateutil's rule on dateutil's own zones, and zoneinfo for the start."""
    first = start.astimezone(ZoneInfo(zone)).replace(tzinfo=OTHERS[zone], fold=0)
    found = rrulestr(rule, dtstart=first)
    real = (tz.resolve_imaginary(one).astimezone(UTC) for one in found)
    return list(islice(takewhile(lambda one: one <= until, real), FIRST))


def test_ten_thousand_rules_fall_where_the_oracle_has_them():
    chance = random.Random(20261122)
    for _ in range(TRIPLES):
        zone, start = chance.choice(ZONES), _random_instant(chance)
        rule, until = _random_rule(chance, start), start + timedelta(days=1500)
        info = ZoneInfo(zone)
        walls = rules.occurrences(
            rule=rules.read_rule(rule),
            start=wall_of(start, info),
            until=wall_of(until, info) + timedelta(days=1),
            zone=info,
        )
        ours = [one for wall in islice(walls, FIRST) if (one := settle(wall, info)) <= until]
        assert ours == _oracle(zone, start, rule, until), (zone, start, rule)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("America/New_York", datetime.fromisoformat("2027-03-14T02:30"), "2027-03-14T07:30:00+00:00"),  # skipped: 03:30
        (
            "America/New_York",
            datetime.fromisoformat("2026-11-01T01:30"),
            "2026-11-01T05:30:00+00:00",
        ),  # twice: the first
        (
            "America/Santiago",
            datetime.fromisoformat("2026-09-06T00:00"),
            "2026-09-06T04:00:00+00:00",
        ),  # no midnight: 01:00
        ("America/Bogota", datetime.fromisoformat("2026-11-26T15:30"), "2026-11-26T20:30:00+00:00"),
    ],
)
def test_an_hour_that_is_skipped_is_later_and_one_that_comes_twice_is_the_first(zone, wall, instant):
    assert settle(wall, ZoneInfo(zone)).isoformat() == instant


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" rrule:freq=weekly;byday=tu,th;count=10 ", "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10"),
        ("COUNT=2;FREQ=DAILY", "FREQ=DAILY;COUNT=2"),
        ("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271231T235959Z;", "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271231T235959Z"),
    ],
)
def test_a_rule_is_kept_in_one_form(given, kept):
    assert rules.read_rule(given) == kept


def test_a_rule_that_never_falls_is_found_out_soon():
    zone = ZoneInfo("America/Bogota")
    never = "FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2"
    start = datetime.fromisoformat("2026-01-01T09:00")
    assert list(rules.occurrences(rule=never, start=start, until=start + timedelta(days=366 * 60), zone=zone)) == []


def test_weeks_turn_with_their_first_day():
    zone = ZoneInfo("America/Bogota")
    start = datetime.fromisoformat("2026-11-24T09:00")  # a Tuesday
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU"
    before = list(islice(rules.occurrences(rule=rule, start=start, until=start + timedelta(days=99), zone=zone), 6))
    for days in range(-7, 8):
        new = start + timedelta(days=days)
        turned = rules.shifted(rule=rule, old=start, new=new, zone=zone)
        after = rules.occurrences(rule=turned, start=new, until=new + timedelta(days=99), zone=zone)
        assert list(islice(after, 6)) == [wall + timedelta(days=days) for wall in before], days


def test_days_of_a_month_that_cannot_follow_are_refused():
    with pytest.raises(ValidationError):
        rules.shifted(
            rule="FREQ=MONTHLY;BYMONTHDAY=1,15",
            old=datetime.fromisoformat("2026-11-01T09:00"),
            new=datetime.fromisoformat("2026-11-02T09:00"),
            zone=ZoneInfo("UTC"),
        )
