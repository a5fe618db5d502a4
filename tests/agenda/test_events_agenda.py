"""What appointments and tasks leave in the event log, also when an act is taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agenda import booking, todo, undoing, visits
from agenda.calendar.files import Item
from agenda.calendar.intake import take_in
from tenants.events import acting
from tenants.models import Contact, Preferences
from tenants.scope import tenant_scope
from tests.event_log import data, events, told

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
START = datetime(2026, 11, 24, 14, tzinfo=UTC)
LATER = START + timedelta(days=1)


@pytest.fixture
def agenda(alice, bob):
    with tenant_scope(alice), acting("person", alice.pk):
        yield alice
    assert events(bob) == []


def names(user: Any) -> list[str]:
    return [name for name, _actor in told(user)]


def test_an_appointment_from_its_booking_to_its_cancelling(agenda):
    made = booking.book(user=agenda, now=NOW, title="Dentista", start=START).appointment
    booking.alter(appointment_id=made.pk, now=NOW, title="Dentista de Ana")
    booking.alter(appointment_id=made.pk, now=NOW, start=LATER)
    booking.alter(appointment_id=made.pk, now=NOW, start=LATER)
    booking.cancel(appointment_id=made.pk, now=NOW)
    booking.alter(appointment_id=made.pk, now=NOW, status="scheduled")
    booking.remove(appointment_id=made.pk, now=NOW)
    assert told(agenda) == [
        ("appointment_created", "person"),
        ("appointment_moved", "person"),
        ("appointment_cancelled", "person"),
        ("appointment_restored", "person"),
        ("appointment_cancelled", "person"),
    ]
    assert events(agenda)[0].at == NOW
    assert data(agenda, "appointment_moved") == {
        "appointment": made.pk, "title": "Dentista de Ana", "starts_at": "2026-11-25T14:00:00Z",
        "ends_at": "2026-11-25T15:00:00Z", "before": "2026-11-24T14:00:00Z", "by": "person",
    }  # fmt: skip


def test_tidying_away_what_took_place_cancels_nothing(agenda):
    made = booking.book(user=agenda, now=NOW, title="Dentista", start=START).appointment
    booking.alter(appointment_id=made.pk, now=NOW, status="completed")
    booking.remove(appointment_id=made.pk, now=NOW)
    assert names(agenda) == ["appointment_created"]


def test_of_a_series_what_was_acted_upon_is_told_once(agenda):
    made = booking.book(user=agenda, now=NOW, title="Reunión", start=START, rrule="FREQ=DAILY;COUNT=40").appointment
    booking.alter(appointment_id=made.pk, now=NOW, scope="all", start=START + timedelta(hours=1))
    booking.cancel(appointment_id=made.pk, now=NOW, scope="all")
    booking.remove(appointment_id=made.pk, now=NOW, scope="all")
    assert names(agenda) == ["appointment_created", "appointment_moved", "appointment_cancelled"]


def test_a_customers_visit_is_the_customers(agenda):
    with transaction.atomic():
        contact = Contact.objects.create(user=agenda, name="Ana")
        Preferences.current(agenda).change(customers_may_book=True)
    with acting("customer", contact.pk):
        made = visits.book(user=agenda, contact_id=contact.pk, start=START, word="Visita", now=NOW).appointment
    created = data(agenda, "appointment_created")
    assert (created["appointment"], created["contact"], created["by"]) == (made.pk, contact.pk, "customer")
    assert events(agenda, "appointment_created")[0].actor_id == contact.pk


def test_a_task_from_its_noting_to_its_removal(agenda):
    made = todo.add(user=agenda, now=NOW, title="Pagar la luz", due_date=date(2026, 11, 30)).task
    todo.alter(task_id=made.pk, now=NOW, priority="high")
    with acting("assistant"):
        todo.alter(task_id=made.pk, now=NOW, status="completed")
    todo.alter(task_id=made.pk, now=NOW, status="completed")
    todo.alter(task_id=made.pk, now=NOW, status="pending")
    todo.remove(task_id=made.pk, now=NOW)
    assert told(agenda) == [
        ("task_created", "person"), ("task_completed", "assistant"), ("task_reopened", "person"),
        ("task_removed", "person"),
    ]  # fmt: skip
    assert data(agenda, "task_completed") == {
        "task": made.pk, "title": "Pagar la luz", "due_date": "2026-11-30", "priority": "high", "by": "assistant",
    }  # fmt: skip


def test_the_next_of_a_series_is_noted_by_itself(agenda):
    made = todo.add(user=agenda, now=NOW, title="Regar", due_date=date(2026, 11, 22), rrule="FREQ=DAILY").task
    todo.alter(task_id=made.pk, now=NOW, status="completed")
    assert told(agenda) == [("task_created", "person"), ("task_completed", "person"), ("task_created", "system")]


class TestUndoing:
    """The log is never unwritten: it tells what things became."""

    def test_a_booking_taken_back_is_cancelled(self, agenda):
        change = booking.book(user=agenda, now=NOW, title="Dentista", start=START).change
        undoing.undo(user=agenda, now=NOW, change_id=change.pk)
        with pytest.raises(undoing.NothingToUndo):
            undoing.undo(user=agenda, now=NOW, change_id=change.pk)
        assert names(agenda) == ["appointment_created", "appointment_cancelled"]

    def test_a_move_taken_back_is_a_move_back(self, agenda):
        made = booking.book(user=agenda, now=NOW, title="Dentista", start=START).appointment
        booking.alter(appointment_id=made.pk, now=NOW, start=LATER)
        undoing.undo(user=agenda, now=NOW)
        _forth, back = events(agenda, "appointment_moved")
        assert (back.data["before"], back.data["starts_at"]) == ("2026-11-25T14:00:00Z", "2026-11-24T14:00:00Z")

    def test_a_cancelling_and_a_removal_taken_back(self, agenda):
        made = booking.book(user=agenda, now=NOW, title="Dentista", start=START).appointment
        booking.cancel(appointment_id=made.pk, now=NOW)
        undoing.undo(user=agenda, now=NOW)
        booking.remove(appointment_id=made.pk, now=NOW)
        undoing.undo(user=agenda, now=NOW)
        assert names(agenda)[1:] == ["appointment_cancelled", "appointment_restored"] * 2

    def test_tasks(self, agenda):
        made = todo.add(user=agenda, now=NOW, title="Pagar").task
        todo.alter(task_id=made.pk, now=NOW, status="completed")
        undoing.undo(user=agenda, now=NOW)
        todo.remove(task_id=made.pk, now=NOW)
        undoing.undo(user=agenda, now=NOW)
        undoing.undo(user=agenda, now=NOW)
        assert names(agenda) == [
            "task_created", "task_completed", "task_reopened", "task_removed", "task_restored", "task_removed",
        ]  # fmt: skip

    @pytest.mark.parametrize("scope", ["all", "following"])
    def test_of_a_series_once(self, agenda, scope):
        made = booking.book(user=agenda, now=NOW, title="Reunión", start=START, rrule="FREQ=DAILY;COUNT=9").appointment
        booking.remove(appointment_id=made.pk, now=NOW, scope=scope)
        undoing.undo(user=agenda, now=NOW)
        undoing.undo(user=agenda, now=NOW)
        assert names(agenda) == [
            "appointment_created", "appointment_cancelled", "appointment_restored", "appointment_cancelled",
        ]  # fmt: skip


def test_what_failed_leaves_nothing(agenda):
    with pytest.raises(ValidationError):
        booking.book(user=agenda, now=NOW, title="", start=START)
    with transaction.atomic():
        booking.book(user=agenda, now=NOW, title="Dentista", start=START)
        todo.add(user=agenda, now=NOW, title="Pagar")
        transaction.set_rollback(True)
    assert events(agenda) == []


def test_a_file_of_hundreds_is_told_in_one_statement(agenda):
    items = [Item(title=f"Cita {n}", start=START + timedelta(hours=n), uid=f"{n}@x") for n in range(300)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        intake = take_in(user=agenda, items=items, now=NOW)
    assert intake.created == 300
    assert names(agenda) == ["appointment_created"] * 300
    assert len([one for one in queries if 'INSERT INTO "tenants_event"' in one["sql"]]) == 1
    undoing.undo(user=agenda, now=NOW)
    assert names(agenda).count("appointment_cancelled") == 300
