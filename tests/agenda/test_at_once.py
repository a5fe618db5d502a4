"""Two at once, and many rows: what is booked together, and what the database reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from agenda import booking
from agenda.filters import find_appointments
from agenda.models import Appointment
from tenants.models import StaleVersion
from tenants.scope import tenant_scope

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
START = datetime(2026, 11, 24, 14, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _together(*calls) -> None:
    threads = [Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def _run(user, ready, outcomes, call) -> None:
    try:
        with tenant_scope(user):
            ready.wait(10)
            outcomes.append(call())
    except StaleVersion as fault:
        outcomes.append(fault.current.version)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_of_one_version_one_is_told(alice):
    with tenant_scope(alice):
        pk = booking.book(user=alice, now=NOW, title="Cita", start=START).appointment.pk
    ready, outcomes = Barrier(2), []

    def move(hours: int):
        return booking.alter(appointment_id=pk, now=NOW, version=1, start=START + hours * HOUR).appointment

    _together(*(lambda n=n: _run(alice, ready, outcomes, lambda: move(n)) for n in (1, 2)))
    (moved,) = [one for one in outcomes if isinstance(one, Appointment)]
    assert [one for one in outcomes if isinstance(one, int)] == [2]
    with tenant_scope(alice):
        row = Appointment.objects.get()
        assert (row.version, row.start_datetime) == (2, moved.start_datetime)


@pytest.mark.django_db(transaction=True)
def test_of_two_bookings_at_once_the_later_names_the_earlier_and_both_are_marked(alice):
    ready, outcomes = Barrier(2), []

    def book():
        return booking.book(user=alice, now=NOW, title="Cita", start=START)

    _together(*(lambda: _run(alice, ready, outcomes, book) for _ in range(2)))
    first, second = sorted(outcomes, key=lambda one: len(one.conflicts))
    assert (first.conflicts, second.conflicts) == ([], [first.appointment.pk])
    with tenant_scope(alice):
        shown = {row.pk: row.conflict_ids for row in Appointment.objects.with_conflicts()}
    assert shown == {
        first.appointment.pk: [second.appointment.pk],
        second.appointment.pk: [first.appointment.pk],
    }


@pytest.fixture
def full_agendas(alice, bob):
    """Some thousand appointments of each, one an hour."""
    for user in (alice, bob):
        with tenant_scope(user), connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO agenda_appointment (user_id, title, description, start_datetime, end_datetime, timezone,
                    all_day, busy, location, reminder_minutes, status, cancel_reason, detached, uid, version,
                    created_at, updated_at)
                SELECT %s, 'Cita', '', s, s + interval '50 minutes', 'America/Bogota', false, true, '', '{15}',
                    'scheduled', '', false, '', 1, now(), now()
                FROM generate_series(%s::timestamptz, %s::timestamptz, interval '1 hour') AS s
                """,
                [user.pk, START - timedelta(days=200), START + timedelta(days=200)],
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE agenda_appointment")
    with tenant_scope(alice):
        yield alice


@pytest.mark.django_db
def test_a_conflict_is_looked_up_in_its_own_index(full_agendas):
    found = Appointment.objects.conflicting(start=START, end=START + 2 * HOUR)
    trip = booking.book(user=full_agendas, now=NOW, title="Viaje", start=START - 30 * DAY, end=START + HOUR)
    assert found.count() == 3
    assert len(trip.conflicts) == 30 * 24 + 1
    plan = found.explain()
    assert {"appointment_conflicts", "appointment_long_conflicts"} <= set(plan.split())
    assert "Seq Scan" not in plan
    assert "agenda_appointment_user_id" not in plan


@pytest.mark.django_db
def test_a_week_with_its_conflicts_is_one_statement_on_indexes(full_agendas, django_assert_num_queries):
    week = find_appointments({"from": START, "to": START + timedelta(days=7)})
    with django_assert_num_queries(1):
        assert len(list(week)) == 24 * 7
    plan = week.explain()
    assert "appointment_by_start" in plan
    assert "appointment_conflicts" in plan
    assert "Seq Scan on agenda_appointment" not in plan
