from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django_q.models import OrmQ

from analytics import rolling, rollups
from analytics.days import Calendar, Period
from analytics.models import LateEvent, RolledDay, RollUp
from analytics.tasks import roll_up as roll_up_task
from tenants.events import record
from tenants.models import Event, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2025, 6, 20, 15, tzinfo=UTC)
TALK = {"conversation": 1, "message": 1, "channel": "web", "audience": "customer", "assistant": "commercial"}


def write(at: datetime, *, contact: int = 1, name: str = "message_received", **data) -> Event:
    return record(name, at=at, **{**TALK, "contact": contact, **data})


def received(user: User, start: date, end: date, *, zone: ZoneInfo = BOGOTA) -> dict[date, int]:
    tallies = rollups.read_tallies(user=user, calendar=Calendar(period=Period(start, end), zone=zone))
    return {day: tally.count("message_received") for day, tally in sorted(tallies.items())}


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2025, 6, number, hour, tzinfo=BOGOTA)


@pytest.fixture
def shop(alice, bob):
    """Alice's scope; Bob has as many events on the same days."""
    with tenant_scope(bob):
        for number in range(1, 20):
            write(day(number))
    with tenant_scope(alice):
        yield alice


def test_days_that_are_over_are_kept_in_steps(shop):
    for number in (3, 5, 20):
        write(day(number))
    assert rollups.roll_up(user=shop, now=NOW, most=10) == 10
    assert rollups.roll_up(user=shop, now=NOW, most=10) == 7
    assert rollups.roll_up(user=shop, now=NOW, most=10) == 0
    assert [row.day.day for row in RolledDay.objects.order_by("day")] == [3, 5]  # nothing is kept of nothing
    assert RollUp.objects.get().until == date(2025, 6, 19)
    assert received(shop, date(2025, 6, 1), date(2025, 6, 30)) == {day(number).date(): 1 for number in (3, 5, 20)}


def test_a_day_is_kept_two_hours_after_its_end(shop):
    write(day(19, 23))
    midnight = datetime(2025, 6, 20, tzinfo=BOGOTA)
    assert rollups.roll_up(user=shop, now=midnight + timedelta(hours=1, minutes=59)) == 0
    assert rollups.roll_up(user=shop, now=midnight + timedelta(hours=2)) == 1


def test_kept_figures_outlive_their_events(shop):
    for number in (3, 4):
        record("order_received", at=day(number), order=1, contact=number, total="10.00", currency="COP")
        write(day(number), contact=number)
        write(day(number), name="message_sent", by="assistant", waited_ms=number * 1000)
    rollups.roll_up(user=shop, now=NOW)
    Event.objects.filter(at__lt=day(4, 0)).delete()  # an old month goes, or somebody wants to be forgotten
    calendar = Calendar(period=Period(date(2025, 6, 1), date(2025, 6, 19)), zone=BOGOTA)
    tallies = rollups.read_tallies(user=shop, calendar=calendar)
    assert [tally.people for tally in tallies.values()] == [{3}, {4}]
    assert [tally.waits["customer"] for tally in tallies.values()] == [[3000], [4000]]
    assert {str(tally.values["COP"]) for tally in tallies.values()} == {"10.00"}
    write(day(3), contact=9)  # adds to what is kept, and does not replace it
    assert received(shop, date(2025, 6, 3), date(2025, 6, 3)) == {date(2025, 6, 3): 2}
    rollups.roll_up(user=shop, now=NOW)
    assert received(shop, date(2025, 6, 3), date(2025, 6, 3)) == {date(2025, 6, 3): 2}
    assert RolledDay.objects.get(day=date(2025, 6, 3)).people == [3, 9]


def test_what_comes_late_is_counted_at_once_and_added_later(shop):
    write(day(3))
    rollups.roll_up(user=shop, now=NOW)
    write(day(3), contact=2)
    write(day(10))  # of a day of which nothing was kept
    write(day(1))  # before the first day there was
    expected = {date(2025, 6, 1): 1, date(2025, 6, 3): 2, date(2025, 6, 10): 1}
    assert received(shop, date(2025, 6, 1), date(2025, 6, 19)) == expected
    assert LateEvent.objects.count() == 3
    rollups.roll_up(user=shop, now=NOW)
    assert not LateEvent.objects.exists()
    assert received(shop, date(2025, 6, 1), date(2025, 6, 19)) == expected


def test_an_event_of_a_day_that_is_not_kept_is_not_late(shop):
    write(day(3))
    rollups.roll_up(user=shop, now=NOW, most=1)
    write(day(4))
    assert not LateEvent.objects.exists()
    assert received(shop, date(2025, 6, 1), date(2025, 6, 19)) == {date(2025, 6, 3): 1, date(2025, 6, 4): 1}


def test_a_late_event_that_was_erased_meanwhile_counts_for_nothing(shop):
    write(day(3))
    rollups.roll_up(user=shop, now=NOW)
    Event.objects.filter(pk=write(day(3)).pk).delete()
    assert received(shop, date(2025, 6, 3), date(2025, 6, 3)) == {date(2025, 6, 3): 1}
    rollups.roll_up(user=shop, now=NOW)
    assert received(shop, date(2025, 6, 3), date(2025, 6, 3)) == {date(2025, 6, 3): 1}


def test_what_cannot_be_counted_again_stays_when_the_zone_changes(shop):
    for number in (3, 8):
        write(day(number, 23))
    rollups.roll_up(user=shop, now=NOW)
    Event.objects.filter(at__lt=day(5)).delete()
    shop.timezone = "Asia/Tokyo"
    rollups.roll_up(user=shop, now=NOW)
    tokyo = ZoneInfo("Asia/Tokyo")
    # At 23:00 in Bogotá it is the next day in Tokyo; the third is told as it was counted.
    assert received(shop, date(2025, 6, 1), date(2025, 6, 19), zone=tokyo) == {
        date(2025, 6, 3): 1,
        date(2025, 6, 9): 1,
    }


def test_the_command_keeps_everybodys_days_and_counts_them_again(alice, bob, capsys):
    for user in (alice, bob):
        with tenant_scope(user):
            write(day(3))
    call_command("roll_up")
    with tenant_scope(bob):
        assert RolledDay.objects.count() == 1
        RolledDay.objects.update(figures={})
        call_command("roll_up", user="bob", again=True)
        assert received(bob, date(2025, 6, 1), date(2025, 6, 19), zone=ZoneInfo(bob.timezone)) == {date(2025, 6, 3): 1}
    with pytest.raises(CommandError, match="nadie"):
        call_command("roll_up", user="nadie")


def test_the_clock_rings_for_those_who_have_days_to_keep(alice, bob, django_capture_on_commit_callbacks):
    now = datetime.now(UTC)
    with tenant_scope(alice):
        write(now - timedelta(days=40))
    with tenant_scope(bob):
        write(now)
    before = OrmQ.objects.count()
    assert rolling.ring(now=now) == 1
    tasks = [row.task for row in OrmQ.objects.order_by("id")][before:]
    assert [(task["func"], task["args"]) for task in tasks] == [("analytics.tasks.roll_up", (alice.pk,))]
    assert roll_up_task(alice.pk) == rollups.MOST_DAYS_AT_ONCE
    assert [row.task["args"] for row in OrmQ.objects.order_by("id")][before + 1 :] == [(alice.pk,)]  # and comes again
    roll_up_task(alice.pk)
    assert rolling.ring(now=now) == 0
    User.objects.filter(pk=alice.pk).update(timezone="Asia/Tokyo")
    assert rolling.ring(now=now) == 1
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert rolling.ring(now=now) == 0


@pytest.mark.django_db(transaction=True)
def test_whoever_keeps_a_day_waits_for_what_is_being_told_of_it(alice):
    """An event whose transaction is still open is in the day, or noted beside it: never lost between the two."""
    told, go_on = threading.Event(), threading.Event()

    def tell() -> None:
        try:
            with tenant_scope(alice), transaction.atomic():
                write(day(3), contact=2)
                told.set()
                go_on.wait(30)
        finally:
            connection.close()

    def keep() -> None:
        try:
            with tenant_scope(alice):
                rollups.roll_up(user=alice, now=NOW)
        finally:
            connection.close()

    with tenant_scope(alice):
        write(day(3))
    threads = [threading.Thread(target=tell), threading.Thread(target=keep)]
    threads[0].start()
    assert told.wait(30)
    threads[1].start()
    threads[1].join(0.5)
    assert threads[1].is_alive()  # it waits
    go_on.set()
    for thread in threads:
        thread.join(30)
    with tenant_scope(alice):
        assert received(alice, date(2025, 6, 3), date(2025, 6, 3)) == {date(2025, 6, 3): 2}
        assert RolledDay.objects.count() == 1
        rollups.roll_up(user=alice, now=NOW)
        assert received(alice, date(2025, 6, 3), date(2025, 6, 3)) == {date(2025, 6, 3): 2}
