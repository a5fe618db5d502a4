from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agenda import booking
from agenda.availability import free_slots, is_holiday
from tenants.models import Preferences, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
BOGOTA = ZoneInfo("America/Bogota")
ALL_DAYS = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture
def agenda(alice, bob):
    """Alice's scope, who works in split shifts; Bob is busy all week, which must not matter."""
    with tenant_scope(bob):
        start = datetime(2026, 11, 23, tzinfo=BOGOTA)
        booking.book(user=bob, now=NOW, title="Feria", start=start, end=start + timedelta(days=7))
    with tenant_scope(alice):
        Preferences.current(alice).change(working_hours=ALL_DAYS, country="")
        yield alice


def _free(user, start, end, minutes=30, now=NOW) -> list[str]:
    zone = ZoneInfo(user.timezone)
    start, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, end))
    found = free_slots(user=user, now=now, start=start, end=end, minutes=minutes)
    assert all(slot.end.astimezone(UTC) - slot.start.astimezone(UTC) >= timedelta(minutes=minutes) for slot in found)
    return [f"{slot.start:%d %H:%M}-{slot.end:%H:%M}" for slot in found]


def _book(user, start, end, **fields):
    zone = ZoneInfo(user.timezone)
    start, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, end))
    return booking.book(user=user, now=NOW, title="Ocupada", start=start, end=end, **fields).appointment


def test_free_time_is_what_working_hours_and_appointments_leave(agenda):
    _book(agenda, "2026-11-23T10:00", "2026-11-23T11:00")
    _book(agenda, "2026-11-23T10:30", "2026-11-23T11:30")
    _book(agenda, "2026-11-23T12:45", "2026-11-23T14:15")
    cancelled = _book(agenda, "2026-11-24T09:00", "2026-11-24T13:00")
    booking.cancel(appointment_id=cancelled.pk, now=NOW)
    _book(agenda, "2026-11-24T14:00", "2026-11-24T18:00", busy=False)
    assert _free(agenda, "2026-11-21T00:00", "2026-11-25T00:00") == [
        "23 09:00-10:00",
        "23 11:30-12:45",
        "23 14:15-18:00",
        "24 09:00-13:00",
        "24 14:00-18:00",
    ]
    assert _free(agenda, "2026-11-23T00:00", "2026-11-24T00:00", minutes=120) == ["23 14:15-18:00"]


def test_an_appointment_over_many_days_leaves_nothing_of_them(agenda):
    _book(agenda, "2026-11-20T12:00", "2026-11-25T15:00")
    assert _free(agenda, "2026-11-23T00:00", "2026-11-26T00:00") == ["25 15:00-18:00"]


def test_nothing_is_free_before_now_and_now_is_rounded_up(agenda):
    now = datetime(2026, 11, 23, 12, 1, 30, tzinfo=BOGOTA)
    assert _free(agenda, "2026-11-23T00:00", "2026-11-24T00:00", now=now) == ["23 12:05-13:00", "23 14:00-18:00"]
    assert _free(agenda, "2026-11-23T00:00", "2026-11-23T11:00", now=now) == []


def test_national_holidays_are_no_working_days(agenda):
    Preferences.current(agenda).change(country="CO")
    assert is_holiday(day=date(2026, 12, 8), country="CO")
    assert not is_holiday(day=date(2026, 12, 8), country="")
    assert _free(agenda, "2026-12-07T00:00", "2026-12-10T00:00", minutes=240) == [
        "07 09:00-13:00",
        "07 14:00-18:00",
        "09 09:00-13:00",
        "09 14:00-18:00",
    ]


def test_spans_that_touch_are_one_also_over_midnight(agenda):
    Preferences.current(agenda).change(
        working_hours={"mon": [["20:00", "22:00"], ["22:00", "24:00"]], "tue": [["00:00", "02:00"]]}
    )
    assert _free(agenda, "2026-11-23T00:00", "2026-11-25T00:00") == ["23 20:00-02:00"]


@pytest.mark.parametrize(("day", "hours"), [("2027-03-14", 2), ("2026-11-01", 4), ("2026-12-06", 3)])
def test_a_clock_change_makes_working_hours_shorter_or_longer(agenda, day, hours):
    User.objects.filter(pk=agenda.pk).update(timezone="America/New_York")
    agenda.refresh_from_db()
    Preferences.current(agenda).change(working_hours={"sun": [["01:00", "04:00"]]})
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("America/New_York"))
    (slot,) = free_slots(
        user=agenda, now=datetime(2026, 1, 1, tzinfo=UTC), start=start, end=start + timedelta(days=1), minutes=5
    )
    assert slot.end.astimezone(UTC) - slot.start.astimezone(UTC) == timedelta(hours=hours)
