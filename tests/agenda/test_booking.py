from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agenda import booking, todo, undoing
from agenda.models import Appointment, Attendee, Reminder, Task
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
BOGOTA = ZoneInfo("America/Bogota")
THURSDAY = datetime(2026, 11, 26, 15, 30, tzinfo=BOGOTA)
HOUR = timedelta(hours=1)


@pytest.fixture
def agenda(alice, bob):
    """Alice's scope; Bob is busy at the same hours, which must not matter."""
    with tenant_scope(bob):
        booking.book(user=bob, now=NOW, title="Dentista", start=THURSDAY)
        todo.add(user=bob, now=NOW, title="Pagar")
    with tenant_scope(alice):
        yield alice


def _book(user, **fields):
    return booking.book(user=user, now=NOW, **{"title": "Reunión con Carla", "start": THURSDAY, **fields})


def test_it_books_with_the_preferred_length_and_its_reminder(agenda):
    booked = _book(agenda, attendees=[{"name": "Carla"}], location="Su oficina")
    assert (booked.appointment.start_datetime, booked.appointment.end_datetime) == (THURSDAY, THURSDAY + HOUR)
    assert (booked.appointment.timezone, booked.appointment.busy, booked.conflicts) == ("America/Bogota", True, [])
    assert [one.name for one in Attendee.objects.all()] == ["Carla"]
    assert [one.due_at for one in Reminder.objects.all()] == [THURSDAY - timedelta(minutes=15)]
    assert booked.change.summary == "Reunión con Carla, jueves 26 de noviembre a las 15:30"


def test_moving_keeps_the_length_and_undoing_brings_it_back(agenda):
    pk = _book(agenda, end=THURSDAY + 2 * HOUR).appointment.pk
    moved = booking.alter(appointment_id=pk, now=NOW, version=1, start=THURSDAY + HOUR)
    assert moved.appointment.end_datetime == THURSDAY + 3 * HOUR
    assert moved.change.kind == "moved"
    undoing.undo(user=agenda, now=NOW, change_id=moved.change.pk)
    row = Appointment.objects.get()
    assert (row.start_datetime, row.version) == (THURSDAY, 3)
    undoing.undo(user=agenda, now=NOW)
    assert not Appointment.objects.present().exists()
    assert not Reminder.objects.exists()
    with pytest.raises(undoing.NothingToUndo):
        undoing.undo(user=agenda, now=NOW)


def test_a_task_is_done_and_undone(agenda):
    task = todo.add(user=agenda, now=NOW, title="Pagar el arriendo", due_date=date(2026, 11, 30)).task
    done = todo.alter(task_id=task.pk, now=NOW, status="completed")
    assert (done.task.completed_at, done.change.kind) == (NOW, "completed")
    undoing.undo(user=agenda, now=NOW)
    row = Task.objects.get()
    assert (row.completed_at, row.status) == (None, "pending")
