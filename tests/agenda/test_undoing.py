"""Whatever was done, in whatever order: undone backwards, everything is as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agenda import booking, todo, undoing
from agenda.models import Appointment, Attendee, Change, Reminder, Series, Task
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
START = datetime(2026, 11, 24, 14, tzinfo=UTC)
ROW_FIELDS = ["pk", "title", "status", "series_id", "deleted_at", "reminder_minutes"]
APPOINTMENT_FIELDS = [*ROW_FIELDS, "start_datetime", "end_datetime", "all_day", "original_start", "detached"]
TASK_FIELDS = [*ROW_FIELDS, "due_date", "completed_at", "priority"]


@pytest.fixture
def agenda(alice, bob):
    """Alice's scope; Bob has an appointment, which must stay as it is."""
    with tenant_scope(bob):
        booking.book(user=bob, now=NOW, title="Ajena", start=START)
    with tenant_scope(alice):
        yield alice
    with tenant_scope(bob):
        assert (Appointment.objects.get().version, Change.objects.count()) == (1, 1)


rules = st.sampled_from(
    ["FREQ=DAILY;COUNT=4", "FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=5", "FREQ=MONTHLY"]
)
hours = st.integers(-30, 30).map(lambda n: timedelta(hours=n))
alterations = st.one_of(
    st.fixed_dictionaries({"moved": hours}),
    st.fixed_dictionaries({"title": st.sampled_from(["Otra", "Una más"]), "attendees": st.just(["Carla", "Luis"])}),
    st.fixed_dictionaries({"status": st.sampled_from(["completed", "cancelled", "scheduled"])}),
    st.fixed_dictionaries({"rrule": st.one_of(rules, st.just(""))}),
    st.fixed_dictionaries(
        {"rrule": rules, "status": st.sampled_from(["completed", "cancelled"]), "title": st.just("Y")}
    ),
    st.fixed_dictionaries({"all_day": st.booleans(), "reminder_minutes": st.just([5, 60])}),
)
scopes = st.sampled_from(["one", "following", "all"])
which = st.integers(0, 30)
acts = st.one_of(
    st.tuples(st.just("book"), hours, st.one_of(st.just(""), rules)),
    st.tuples(st.just("alter"), which, scopes, alterations),
    st.tuples(st.just("alter"), which, scopes, alterations),
    st.tuples(st.just("cancel"), which, scopes),
    st.tuples(st.just("remove"), which, scopes),
    st.tuples(st.just("add"), st.one_of(st.just(""), rules)),
    st.tuples(
        st.just("change"),
        which,
        st.sampled_from([{"status": "completed"}, {"status": "pending"}, {"priority": "high"}, {"rrule": ""}]),
    ),
    st.tuples(st.just("strike"), which),
)


def _do(user: Any, act: tuple[Any, ...]) -> Change | None:
    """Do ``act`` to whatever is there; None when there is nothing, nothing changes, or it is refused."""
    name, *how = act
    rows = list((Task if name in ("change", "strike") else Appointment).objects.present().order_by("pk")[:31])
    row = rows[how[0] % len(rows)] if rows and isinstance(how[0], int) else None
    if name == "book":
        return booking.book(user=user, now=NOW, title="Cita", start=START + how[0], rrule=how[1]).change
    if name == "add":
        return todo.add(user=user, now=NOW, title="Tarea", due_date=START.date(), rrule=how[0]).change
    if row is None:
        return None
    if name == "alter":
        fields = dict(how[2])
        if "moved" in fields:
            fields["start"] = row.start_datetime + fields.pop("moved")
        return booking.alter(appointment_id=row.pk, now=NOW, scope=how[1], **fields).change
    if name == "cancel":
        return booking.cancel(appointment_id=row.pk, now=NOW, scope=how[1], reason="Lluvia").change
    if name == "remove":
        return booking.remove(appointment_id=row.pk, now=NOW, scope=how[1])
    if name == "change":
        return todo.alter(task_id=row.pk, now=NOW, **how[1]).change
    return todo.remove(task_id=row.pk, now=NOW)


def _state() -> Any:
    appointments = list(Appointment.objects.present().order_by("pk").values(*APPOINTMENT_FIELDS))
    tasks = list(Task.objects.present().order_by("pk").values(*TASK_FIELDS))
    here = {row["pk"] for row in appointments}
    people = sorted(Attendee.objects.filter(appointment__in=here).values_list("appointment_id", "name"))
    reminders = sorted(Reminder.objects.values_list("appointment_id", "task_id", "due_at"), key=str)
    used = {row["series_id"] for row in [*appointments, *tasks]} - {None}
    series = list(Series.objects.filter(pk__in=used).order_by("pk").values())
    return appointments, tasks, people, reminders, series


def _check_rows() -> None:
    connection.check_constraints()
    for row in Appointment.objects.present().select_related("series"):
        assert row.end_datetime > row.start_datetime
        assert (row.series is None) == (row.original_start is None)
    for task in Task.objects.present():
        assert (task.completed_at is not None) == (task.status == "completed")


@settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.lists(acts, min_size=1, max_size=7))
def test_acts_undone_backwards_leave_the_first_state(agenda, sequence):
    with transaction.atomic():
        booking.book(user=agenda, now=NOW, title="Primera", start=START, attendees=["Ana"], rrule="FREQ=WEEKLY;COUNT=3")
        todo.add(user=agenda, now=NOW, title="Tarea", due_date=START.date(), rrule="FREQ=WEEKLY")
        states, done = [_state()], []
        for act in sequence:
            try:
                with transaction.atomic():
                    change = _do(agenda, act)
            except ValidationError:
                assert _state() == states[-1]
                continue
            _check_rows()
            if change is None:
                assert _state() == states[-1], act
            else:
                done.append(change)
                states.append(_state())
        for change in reversed(done):
            assert states.pop() == _state()
            assert undoing.undo(user=agenda, now=NOW).pk == change.pk
            _check_rows()
        assert _state() == states[0]
        transaction.set_rollback(True)


def _book(user, **fields):
    return booking.book(user=user, now=NOW, title="Cita", start=START, **fields)


def test_an_act_can_be_undone_for_a_day_and_once(agenda):
    first, second = _book(agenda).change, _book(agenda).change
    assert [one.pk for one in undoing.undoable(now=NOW)] == [second.pk, first.pk]
    undoing.undo(user=agenda, now=NOW, change_id=first.pk)
    for change_id, now in ((first.pk, NOW), (second.pk, NOW + undoing.UNDO_FOR)):
        with pytest.raises(undoing.NothingToUndo):
            undoing.undo(user=agenda, now=now, change_id=change_id)
    with pytest.raises(Change.DoesNotExist):
        undoing.undo(user=agenda, now=NOW, change_id=987654321)
    assert Appointment.objects.present().count() == 1


def test_an_older_act_can_be_undone_when_its_rows_are_still_as_it_left_them(agenda):
    one, other = _book(agenda), _book(agenda)
    moved = booking.alter(appointment_id=one.appointment.pk, now=NOW, start=START + timedelta(hours=3)).change
    booking.alter(appointment_id=other.appointment.pk, now=NOW, title="Otra")
    undoing.undo(user=agenda, now=NOW, change_id=moved.pk)
    assert Appointment.objects.get(pk=one.appointment.pk).start_datetime == START
    undoing.undo(user=agenda, now=NOW, change_id=one.change.pk)
    with pytest.raises(undoing.ChangedSince):
        undoing.undo(user=agenda, now=NOW, change_id=other.change.pk)
    assert [row.title for row in Appointment.objects.present()] == ["Otra"]


def test_another_tenants_act_does_not_exist(agenda, bob):
    with tenant_scope(bob):
        theirs = Change.objects.get()
    with pytest.raises(Change.DoesNotExist):
        undoing.undo(user=agenda, now=NOW, change_id=theirs.pk)
