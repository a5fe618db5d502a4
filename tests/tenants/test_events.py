from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from tenants import months
from tenants.audit import audit
from tenants.events import EVENTS, acting, listen, record
from tenants.models import AuditEntry, Event
from tenants.scope import NotATenant, tenant_scope

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


def test_it_keeps_what_happened_to_whom_and_by_whom(alice, bob):
    with tenant_scope(alice):
        with acting("customer", 7):
            record("order_received", at=NOON, order=3, total=Decimal("25.00"), currency="COP", contact=None)
        row = Event.objects.get()
    assert (row.user, row.at, row.actor, row.actor_id) == (alice, NOON, "customer", 7)
    assert row.data == {"order": 3, "total": "25.00", "currency": "COP"}
    with tenant_scope(bob):
        assert not Event.objects.exists()


@pytest.mark.parametrize(("name", "data"), [("nothing_known", {}), ("login", {"password": "x"})])
def test_it_takes_only_what_is_listed(alice, name, data):
    with tenant_scope(alice), pytest.raises(ValueError, match=name):
        record(name, **data)


def test_it_belongs_to_somebody():
    with pytest.raises(NotATenant):
        record("login")


def test_it_goes_with_the_transaction_that_it_tells_of(alice):
    with tenant_scope(alice):
        with transaction.atomic():
            record("login")
            transaction.set_rollback(True)
        assert not Event.objects.exists()


def test_whoever_listens_hears_it_in_the_same_transaction(alice, monkeypatch):
    heard: list[str] = []
    monkeypatch.setattr("tenants.events._listeners", [])
    listen(lambda event: heard.append(event.name))
    with tenant_scope(alice):
        record("login")
    assert heard == ["login"]


def test_no_row_is_ever_changed(alice, root):
    with tenant_scope(alice):
        record("login")
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            Event.objects.update(name="logout")
        assert Event.objects.all().delete()[0] == 1  # retention, and the end of an account
    audit(actor=root, action="suspend", target=alice)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        AuditEntry.objects.update(action="restore")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_every_name_fits_and_no_field_hides_another():
    assert all(len(name) <= 40 for name in EVENTS)
    assert not any({"at", "user", "name"} & kind.fields - {"name"} for kind in EVENTS.values())


def test_months_are_made_ahead_and_take_what_lay_in_the_rest(alice):
    with tenant_scope(alice):
        record("login", at=NOON)
        record("login", at=datetime(2027, 1, 31, 23, 59, tzinfo=UTC))
        record("login", at=datetime(2031, 1, 1, tzinfo=UTC))
    assert months.make_months(now=NOON) == ["tenants_event_2026_11", "tenants_event_2026_12", "tenants_event_2027_01"]
    assert months.make_months(now=NOON) == []
    with tenant_scope(alice), connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM tenants_event ORDER BY at")
        assert [name for (name,) in cursor.fetchall()] == [
            "tenants_event_2026_11",
            "tenants_event_2027_01",
            "tenants_event_rest",
        ]


def test_a_month_is_secured_like_the_whole(alice, bob):
    months.make_months(now=NOON)
    with tenant_scope(alice):
        record("login", at=NOON)
    with tenant_scope(bob), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_event_2026_11")
        assert cursor.fetchone() == (0,)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            cursor.execute(
                "INSERT INTO tenants_event (user_id, name, at, actor, data) VALUES (%s, 'login', %s, 'system', '{}')",
                [alice.pk, NOON],
            )


def test_old_months_are_dropped_whole(alice):
    months.make_months(now=datetime(2026, 9, 5, tzinfo=UTC))
    with tenant_scope(alice):
        record("login", at=datetime(2026, 9, 30, 23, tzinfo=UTC))
        record("login", at=datetime(2026, 10, 1, tzinfo=UTC))
    connection.check_constraints()  # as the end of those transactions would
    assert months.drop_months(before=date(2026, 10, 14)) == ["tenants_event_2026_09"]
    assert months.months() == ["tenants_event_2026_10", "tenants_event_2026_11"]
    with tenant_scope(alice):
        assert Event.objects.count() == 1
