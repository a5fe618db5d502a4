from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from agenda import booking, series, undoing
from agenda.models import Appointment, Attendee, Reminder, Series
from tenants.models import User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 2, 1, 15, tzinfo=UTC)
TUESDAY = datetime(2026, 2, 3, 18, tzinfo=NEW_YORK)  # the clocks go on by an hour on 8 March
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def agenda(alice, bob):
    """Alice's scope, in New York; Bob has the same series, which must not change."""
    User.objects.filter(pk=alice.pk).update(timezone="America/New_York")
    alice.refresh_from_db()
    with tenant_scope(bob):
        booking.book(user=bob, now=NOW, title="Ajena", start=TUESDAY, rrule="FREQ=WEEKLY;COUNT=3")
    with tenant_scope(alice):
        yield alice
    with tenant_scope(bob):
        assert [one.version for one in Appointment.objects.present()] == [1, 1, 1]


def _book(user, rule, **fields):
    fields = {"title": "Clase", "start": TUESDAY, **fields}
    return booking.book(user=user, now=NOW, rrule=rule, **fields).appointment


def _rows():
    return list(Appointment.objects.present().order_by("start_datetime", "id"))


def _walls(zone=NEW_YORK) -> list[str]:
    return [f"{row.start_datetime.astimezone(zone):%m-%d %H:%M}" for row in _rows()]


def _state():
    rows = [
        (
            row.pk,
            row.title,
            row.start_datetime,
            row.end_datetime,
            row.status,
            row.series_id,
            row.original_start,
            row.detached,
            row.uid,
            row.timezone,
            row.all_day,
            row.location,
            row.cancel_reason,
        )
        for row in _rows()
    ]
    people = sorted(Attendee.objects.filter(appointment__deleted_at=None).values_list("appointment_id", "name"))
    reminders = sorted(Reminder.objects.values_list("appointment_id", "due_at"))
    rules = sorted(
        (one.pk, one.rrule, one.starts_at, one.duration, str(one.template))
        for one in Series.objects.filter(appointments__isnull=False, appointments__deleted_at=None).distinct()
    )
    return rows, people, reminders, rules


def test_a_series_is_made_of_rows_on_the_clock_of_its_zone(agenda):
    first = _book(agenda, "FREQ=WEEKLY;BYDAY=TU;COUNT=7", attendees=["Carla"])
    assert _walls() == [
        "02-03 18:00",
        "02-10 18:00",
        "02-17 18:00",
        "02-24 18:00",
        "03-03 18:00",
        "03-10 18:00",
        "03-17 18:00",
    ]
    assert first == _rows()[0]
    assert Attendee.objects.count() == Reminder.objects.count() == 7
    assert Series.objects.get().made_until is None


def test_a_series_without_end_is_made_two_years_ahead_and_continued(agenda):
    _book(agenda, "FREQ=DAILY")
    assert Appointment.objects.count() == 729
    one = Series.objects.get()
    assert series.continue_series(user=agenda, series_id=one.pk, now=NOW) == 0
    later = NOW + 40 * DAY
    assert series.continue_series(user=agenda, series_id=one.pk, now=later) == 40
    assert series.continue_series(user=agenda, series_id=one.pk, now=later) == 0
    assert len({row.start_datetime for row in _rows()}) == Appointment.objects.count() == 769


def test_the_first_is_the_first_that_the_rule_has(agenda):
    assert _book(agenda, "FREQ=WEEKLY;BYDAY=TH;COUNT=2").start_datetime == TUESDAY + 2 * DAY
    assert _walls() == ["02-05 18:00", "02-12 18:00"]


def test_a_far_one_has_its_first_at_least(agenda):
    assert _book(agenda, "FREQ=WEEKLY", start=TUESDAY.replace(year=2126)).start_datetime.year == 2126
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY;COUNT=315360000",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;BYSECOND=0",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=20270230",
        "FREQ=DAILY;UNTIL=20200101",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=2TU",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=DAILY;BYEASTER=0",
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY",
        "FREQ",
        "BYDAY=TU",
        "cada martes",
        "FREQ=DAILY;" + "BYDAY=MO;" * 100,
        "FREQ=DAILY;COUNT=٣",
    ],
)
def test_it_refuses_a_rule_that_cannot_be(agenda, rule):
    with pytest.raises(ValidationError) as refused:
        _book(agenda, rule)
    assert list(refused.value.message_dict) == ["rrule"]
    assert not Appointment.objects.exists()
    assert not Series.objects.exists()
    one = booking.book(user=agenda, now=NOW, title="Sola", start=TUESDAY).appointment
    with pytest.raises(ValidationError):
        booking.alter(appointment_id=one.pk, now=NOW, rrule=rule)
    assert not Series.objects.exists()


def test_a_series_that_began_too_long_ago_is_refused(agenda):
    with pytest.raises(ValidationError) as refused:
        _book(agenda, "FREQ=DAILY", start=TUESDAY.replace(year=2016))
    assert "1000" in str(refused.value)


def test_altering_one_leaves_the_others_and_edits_of_all_leave_it(agenda):
    _book(agenda, "FREQ=WEEKLY;COUNT=4")
    second = _rows()[1]
    booking.alter(appointment_id=second.pk, now=NOW, start=second.start_datetime + HOUR, title="Otra")
    booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", start=TUESDAY + 2 * HOUR, title="Taller")
    assert _walls() == ["02-03 20:00", "02-10 19:00", "02-17 20:00", "02-24 20:00"]
    assert [row.title for row in _rows()] == ["Taller", "Otra", "Taller", "Taller"]
    assert _rows()[1].original_start == TUESDAY + WEEK + 2 * HOUR


def test_all_move_on_the_clock_over_a_clock_change_and_their_days_turn_along(agenda):
    _book(agenda, "FREQ=WEEKLY;BYDAY=TU,SU;COUNT=12")
    booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", start=TUESDAY + DAY + HOUR)
    assert _walls()[:3] == ["02-04 19:00", "02-09 19:00", "02-11 19:00"]
    assert {wall[-5:] for wall in _walls()} == {"19:00"}
    assert len(_walls()) == 12
    assert "BYDAY=WE,MO" in Series.objects.get().rrule


@pytest.mark.parametrize(
    ("rule", "moved", "days"),
    [
        ("FREQ=MONTHLY;COUNT=3", 2, [5, 5, 5]),
        ("FREQ=MONTHLY;BYMONTHDAY=3;COUNT=3", 2, [5, 5, 5]),
        ("FREQ=MONTHLY;BYDAY=1TU;COUNT=3", 8, [11, 11, 8]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=3;COUNT=2", 2, [5, 5]),
    ],
)
def test_the_day_of_a_month_follows_a_move_of_all(agenda, rule, moved, days):
    _book(agenda, rule)
    booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", start=TUESDAY + moved * DAY)
    assert [row.start_datetime.astimezone(NEW_YORK).day for row in _rows()] == days


def test_days_that_cannot_follow_are_asked_for(agenda):
    _book(agenda, "FREQ=MONTHLY;BYMONTHDAY=3,17;COUNT=4")
    with pytest.raises(ValidationError):
        booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", start=TUESDAY + DAY)
    assert _rows()[0].version == 1
    new = {"start": TUESDAY + DAY, "rrule": "FREQ=MONTHLY;BYMONTHDAY=4,18;COUNT=4"}
    booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", **new)
    assert [row.start_datetime.astimezone(NEW_YORK).day for row in _rows()] == [4, 18, 4, 18]


def test_this_and_the_following_become_a_series_of_their_own(agenda):
    _book(agenda, "FREQ=WEEKLY;COUNT=5")
    third = _rows()[2]
    before = _state()
    booked = booking.alter(appointment_id=third.pk, now=NOW, scope="following", start=third.start_datetime + HOUR)
    assert _walls() == ["02-03 18:00", "02-10 18:00", "02-17 19:00", "02-24 19:00", "03-03 19:00"]
    assert booked.appointment.pk == third.pk
    old, new = Series.objects.order_by("pk")
    assert (old.rrule, new.rrule) == ("FREQ=WEEKLY;UNTIL=20260217T175959", "FREQ=WEEKLY;COUNT=3")
    assert (old.made_until, new.made_until) == (None, None)
    undoing.undo(user=agenda, now=NOW, change_id=booked.change.pk)
    assert _state() == before


def test_another_rule_keeps_what_it_still_has(agenda):
    _book(agenda, "FREQ=WEEKLY;COUNT=4")
    kept = {row.pk for row in _rows()}
    before = _state()
    change = booking.alter(
        appointment_id=_rows()[0].pk, now=NOW, scope="all", rrule="FREQ=WEEKLY;INTERVAL=2;COUNT=3"
    ).change
    assert _walls() == ["02-03 18:00", "02-17 18:00", "03-03 18:00"]
    assert len({row.pk for row in _rows()} & kept) == 2
    undoing.undo(user=agenda, now=NOW, change_id=change.pk)
    assert _state() == before
    booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", rrule="FREQ=DAILY;COUNT=3")
    assert _walls() == ["02-03 18:00", "02-04 18:00", "02-05 18:00"]


def test_the_rule_of_one_alone_cannot_change(agenda):
    _book(agenda, "FREQ=WEEKLY;COUNT=4")
    with pytest.raises(ValidationError):
        booking.alter(appointment_id=_rows()[0].pk, now=NOW, rrule="FREQ=DAILY")
    same = booking.alter(appointment_id=_rows()[0].pk, now=NOW, rrule="rrule:count=4;freq=weekly")
    assert same.change is None


def test_one_that_is_alone_can_become_a_series_and_a_series_one_alone(agenda):
    one = booking.book(user=agenda, now=NOW, title="Sola", start=TUESDAY, attendees=["Carla"]).appointment
    before = _state()
    first = booking.alter(appointment_id=one.pk, now=NOW, rrule="FREQ=WEEKLY;COUNT=3").change
    assert _walls() == ["02-03 18:00", "02-10 18:00", "02-17 18:00"]
    assert Attendee.objects.count() == 3
    second = booking.alter(appointment_id=_rows()[1].pk, now=NOW, scope="all", rrule="", title="Única").change
    assert (_walls(), _rows()[0].title, _rows()[0].series) == (["02-10 18:00"], "Única", None)
    for change in (second, first):
        undoing.undo(user=agenda, now=NOW, change_id=change.pk)
    assert _state() == before


def test_one_that_is_deleted_does_not_come_back(agenda):
    _book(agenda, "FREQ=WEEKLY;COUNT=3")
    booking.remove(appointment_id=_rows()[1].pk, now=NOW)
    booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", start=TUESDAY + WEEK)
    assert _walls() == ["02-10 18:00", "02-24 18:00"]


def test_this_and_the_following_are_cancelled_and_removed_and_nothing_more_comes(agenda):
    _book(agenda, "FREQ=WEEKLY")
    second = _rows()[1]
    before = _state()
    cancelled = booking.cancel(appointment_id=second.pk, now=NOW, reason="Vacaciones", scope="following")
    assert [row.status for row in _rows()[:3]] == ["scheduled", "cancelled", "cancelled"]
    assert Reminder.objects.count() == 1
    assert Series.objects.get().made_until is None
    assert cancelled.appointment.cancel_reason == "Vacaciones"
    removed = booking.remove(appointment_id=second.pk, now=NOW, scope="following")
    assert _walls() == ["02-03 18:00"]
    for change in (removed, cancelled.change):
        undoing.undo(user=agenda, now=NOW, change_id=change.pk)
    assert _state() == before
    assert Series.objects.get().made_until is not None
    booking.remove(appointment_id=second.pk, now=NOW, scope="all")
    assert _rows() == []


def test_what_an_act_makes_and_changes_at_once_can_be_undone(agenda):
    _book(agenda, "FREQ=WEEKLY;COUNT=2")
    before = _state()
    fields = {"rrule": "FREQ=DAILY;COUNT=3", "status": "cancelled", "cancel_reason": "Lluvia"}
    change = booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", **fields).change
    assert [row.status for row in _rows()] == ["cancelled"] * 3
    undoing.undo(user=agenda, now=NOW, change_id=change.pk)
    assert _state() == before


def test_all_day_series_keep_their_days(agenda):
    _book(agenda, "FREQ=DAILY;COUNT=3", start=date(2026, 3, 7), all_day=True)
    assert _walls() == ["03-07 00:00", "03-08 00:00", "03-09 00:00"]
    assert [row.end_datetime - row.start_datetime for row in _rows()] == [24 * HOUR, 23 * HOUR, 24 * HOUR]


def test_an_hour_that_the_clocks_skip_is_an_hour_later_that_day_only(agenda):
    start = datetime(2026, 3, 7, 2, 30, tzinfo=NEW_YORK)
    _book(agenda, "FREQ=DAILY;COUNT=3", start=start)
    assert _walls() == ["03-07 02:30", "03-08 03:30", "03-09 02:30"]
    second = _rows()[1]
    booking.alter(appointment_id=second.pk, now=NOW, scope="following", title="Otra")
    booking.alter(appointment_id=second.pk, now=NOW, scope="all", location="Casa")
    assert _walls() == ["03-07 02:30", "03-08 03:30", "03-09 02:30"]
    assert Series.objects.order_by("pk").last().template["wall"] == "2026-03-08T02:30:00"


def test_what_the_clock_made_meanwhile_goes_with_the_undoing(agenda):
    _book(agenda, "FREQ=DAILY")
    change = booking.alter(appointment_id=_rows()[0].pk, now=NOW, scope="all", title="Otra").change
    one, later = Series.objects.get(), NOW + 23 * HOUR
    assert series.continue_series(user=agenda, series_id=one.pk, now=later) == 1
    undoing.undo(user=agenda, now=later, change_id=change.pk)
    assert series.continue_series(user=agenda, series_id=one.pk, now=later) == 1
    assert {row.title for row in _rows()} == {"Clase"}
    starts = [row.start_datetime for row in _rows()]
    assert len(starts) == len(set(starts))


@pytest.mark.django_db(transaction=True)
def test_the_queue_gets_the_series_that_want_to_be_continued(alice, bob):
    from django_q.models import OrmQ

    for user in (alice, bob):
        with tenant_scope(user):
            _book(user, "FREQ=WEEKLY")
            _book(user, "FREQ=WEEKLY;COUNT=2")
    assert series.continue_all(now=NOW + 20 * DAY) == 0
    assert series.continue_all(now=NOW + 40 * DAY) == 2
    assert OrmQ.objects.count() == 2
