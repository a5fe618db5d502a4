"""How long the event log is kept: whole months, by each tenant's own wish."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from tenants import months, retention
from tenants.events import record
from tenants.models import Event, Preferences, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)


def keep(user: User, count: int) -> None:
    with tenant_scope(user):
        Preferences.objects.update(events_months=count)


def leave(user: User, *moments: datetime) -> None:
    with tenant_scope(user):
        for at in moments:
            record("login", at=at)


def left(user: User) -> list[date]:
    with tenant_scope(user):
        return [at.date() for at in Event.objects.order_by("at").values_list("at", flat=True)]


def day(month: int, number: int = 1, *, year: int = 2026, **more: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC, **more)


@pytest.mark.parametrize(
    ("count", "first"),
    [(2, date(2026, 9, 1)), (10, date(2026, 1, 1)), (11, date(2025, 12, 1)), (36, date(2023, 11, 1))],
)
def test_whole_months_are_kept_beside_this_one(count, first):
    assert retention.first_kept(months_kept=count, now=NOW) == first


def test_each_tenant_keeps_what_they_want(alice, bob):
    keep(alice, 2)
    keep(bob, 3)
    moments = [day(8, 31, hour=23), day(9), day(11)]
    leave(alice, *moments)
    leave(bob, *moments)
    assert retention.forget_old(now=NOW) == 1
    assert left(alice) == [date(2026, 9, 1), date(2026, 11, 1)]
    assert left(bob) == [date(2026, 8, 31), date(2026, 9, 1), date(2026, 11, 1)]
    assert retention.forget_old(now=NOW) == 0


def test_it_goes_in_pieces_also_where_many_have_one_moment(alice, bob, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 3)
    keep(alice, 2)
    leave(alice, *[day(7)] * 10, *[day(7) + timedelta(hours=n) for n in range(1, 11)], day(11))
    assert retention.forget_old(now=NOW, seconds=0.0) == 0
    assert retention.forget_old(now=NOW) == 20
    assert left(alice) == [date(2026, 11, 1)]


def test_its_time_is_limited(alice, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    keep(alice, 2)
    leave(alice, *[day(7) + timedelta(hours=n) for n in range(10)])
    clock = iter([0.0, 0.0, 1.0, 99.0, 99.0, 99.0])
    monkeypatch.setattr(retention.time, "monotonic", lambda: next(clock))
    assert retention.forget_old(now=NOW, seconds=50) == 4


def test_months_that_nobody_keeps_are_dropped(alice, bob):
    months.make_months(now=day(7))
    months.make_months(now=NOW)
    keep(alice, 2)
    keep(bob, 3)
    leave(alice, day(7, 15), day(11))
    connection.check_constraints()
    assert retention.drop_months(now=NOW) == ["tenants_event_2026_07"]
    assert left(alice) == [date(2026, 11, 1)]
    assert retention.drop_months(now=NOW) == []


def test_who_has_said_nothing_keeps_what_is_usual(alice, bob):
    months.make_months(now=day(7))
    keep(alice, 2)
    with tenant_scope(bob):
        Preferences.objects.all().delete()
    assert retention.drop_months(now=NOW) == []
    assert retention.drop_months(now=day(9, year=2028)) == ["tenants_event_2026_07", "tenants_event_2026_08"]


def test_while_somebody_reads_the_log_no_month_is_dropped(alice, monkeypatch):
    from django.db import OperationalError

    months.make_months(now=day(1, year=2020))

    def wait(**_more):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(retention.months, "drop_months", wait)
    assert retention.drop_months(now=NOW) == []
