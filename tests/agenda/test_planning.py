"""Reminder rows follow what they remind of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from agenda.models import Reminder
from agenda.planning import plan, plan_many
from tenants.models import Preferences
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
THURSDAY = datetime(2026, 11, 26, 20, 30, tzinfo=UTC)  # 15:30 in Bogotá


@pytest.fixture
def preferences(alice, bob) -> Preferences:
    with tenant_scope(bob):
        thing = factories.appointment(bob, start_datetime=THURSDAY)
        plan(of=thing, preferences=Preferences.current(bob), now=NOW)
    with tenant_scope(alice):
        yield Preferences.current(alice)
    with tenant_scope(bob):
        assert [row.due_at for row in Reminder.objects.all()] == [THURSDAY - timedelta(minutes=15)]


def dues(**fields) -> list[datetime]:
    return list(Reminder.objects.filter(**fields).order_by("due_at").values_list("due_at", flat=True))


def test_an_appointment_gets_one_row_for_each_of_its_minutes(alice, preferences):
    thing = factories.appointment(alice, start_datetime=THURSDAY, reminder_minutes=[15, 60, 15])
    plan(of=thing, preferences=preferences, now=NOW)
    assert dues() == [THURSDAY - timedelta(minutes=60), THURSDAY - timedelta(minutes=15)]
    row = Reminder.objects.earliest("due_at")
    assert (row.kind, row.appointment, row.minutes, row.next_at, row.status) == (
        "appointment",
        thing,
        60,
        row.due_at,
        "scheduled",
    )


def test_planning_twice_changes_nothing(alice, preferences):
    thing = factories.appointment(alice, start_datetime=THURSDAY)
    plan(of=thing, preferences=preferences, now=NOW)
    before = list(Reminder.objects.values())
    plan(of=thing, preferences=preferences, now=NOW + timedelta(hours=1))
    assert list(Reminder.objects.values()) == before


def test_reminders_move_with_their_appointment_also_those_that_were_claimed(alice, preferences):
    thing = factories.appointment(alice, start_datetime=THURSDAY)
    plan(of=thing, preferences=preferences, now=NOW)
    Reminder.objects.update(status="claimed", fence=3)
    thing.start_datetime += timedelta(days=1)
    plan(of=thing, preferences=preferences, now=NOW)
    assert dues() == [THURSDAY + timedelta(days=1, minutes=-15)]
    assert Reminder.objects.get().status == "scheduled"


@pytest.mark.parametrize(
    "end", [{"status": "cancelled"}, {"status": "completed"}, {"deleted_at": NOW}, {"reminder_minutes": []}]
)
def test_they_go_when_the_appointment_no_longer_stands(end, alice, preferences):
    thing = factories.appointment(alice, start_datetime=THURSDAY)
    plan(of=thing, preferences=preferences, now=NOW)
    for name, value in end.items():
        setattr(thing, name, value)
    plan(of=thing, preferences=preferences, now=NOW)
    assert dues() == []


@pytest.mark.parametrize("status", ["sending", "unknown", "failed", "dropped"])
def test_what_was_begun_stays_when_the_appointment_moves(status, alice, preferences):
    thing = factories.appointment(alice, start_datetime=THURSDAY)
    plan(of=thing, preferences=preferences, now=NOW)
    Reminder.objects.update(status=status)
    thing.start_datetime += timedelta(days=1)
    plan(of=thing, preferences=preferences, now=NOW)
    assert len(dues()) == 2
    assert dues(status="scheduled") == [THURSDAY + timedelta(days=1, minutes=-15)]


def test_instants_that_are_past_are_not_made_and_due_ones_stay(alice, preferences):
    thing = factories.appointment(alice, start_datetime=THURSDAY, reminder_minutes=[15, 60])
    plan(of=thing, preferences=preferences, now=THURSDAY - timedelta(minutes=30))
    assert dues() == [THURSDAY - timedelta(minutes=15)]
    plan(of=thing, preferences=preferences, now=THURSDAY - timedelta(minutes=14))  # not sent yet, edited meanwhile
    assert dues() == [THURSDAY - timedelta(minutes=15)]


def test_a_task_is_reminded_before_the_due_hour_of_its_day(alice, preferences):
    preferences.due_hour = time(10)
    thing = factories.task(alice, due_date=date(2026, 11, 26), reminder_minutes=[60, 0])
    plan(of=thing, preferences=preferences, now=NOW)
    assert dues() == [datetime(2026, 11, 26, 14, tzinfo=UTC), datetime(2026, 11, 26, 15, tzinfo=UTC)]  # -05
    thing.become("completed", now=NOW)
    plan(of=thing, preferences=preferences, now=NOW)
    assert dues() == []


def test_a_task_without_a_day_has_no_reminder(alice, preferences):
    plan(of=factories.task(alice, due_date=None), preferences=preferences, now=NOW)
    assert dues() == []


def test_an_all_day_appointment_is_reminded_before_the_due_hour_on_its_own_clock(alice, preferences):
    midnight = datetime(2026, 11, 26, 6, tzinfo=UTC)  # in Mexico City
    thing = factories.appointment(
        alice,
        start_datetime=midnight,
        end_datetime=midnight + timedelta(days=1),
        all_day=True,
        timezone="America/Mexico_City",
        reminder_minutes=[0],
    )
    plan(of=thing, preferences=preferences, now=NOW)
    assert dues() == [datetime(2026, 11, 26, 15, tzinfo=UTC)]  # nine o'clock there


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [(date(2026, 3, 8), (7, 30)), (date(2026, 11, 1), (5, 30))],  # the gap: 03:30 EDT; the overlap: the first 01:30
)
def test_a_due_hour_at_a_clock_change_is_one_instant(day, utc_hour, alice, preferences):
    preferences.user.timezone = "America/New_York"
    preferences.due_hour = time(2, 30) if day.month == 3 else time(1, 30)
    plan(
        of=factories.task(alice, due_date=day, reminder_minutes=[0]),
        preferences=preferences,
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert dues() == [datetime.combine(day, time(*utc_hour), UTC)]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_have_no_reminder_and_no_error(day, alice, preferences):
    preferences.due_hour = time(23)
    plan(of=factories.task(alice, due_date=day), preferences=preferences, now=NOW)
    assert dues() == []


def test_a_whole_series_is_planned_in_few_statements(alice, preferences, django_assert_max_num_queries):
    things = [
        factories.appointment(alice, start_datetime=THURSDAY + timedelta(days=n), reminder_minutes=[15, 60])
        for n in range(50)
    ]
    with django_assert_max_num_queries(2):
        plan_many(of=things, preferences=preferences, now=NOW)
    assert len(dues()) == 100
    for one in things:
        one.start_datetime += timedelta(hours=1)
    plan_many(of=things, preferences=preferences, now=NOW)
    assert min(dues()) == THURSDAY
    assert len(dues()) == 100
