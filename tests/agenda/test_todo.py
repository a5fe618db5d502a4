from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from agenda import todo, undoing
from agenda.models import Reminder, Series, Task
from tenants.models import StaleVersion
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday
MONDAY = date(2026, 11, 23)
WEEK = timedelta(weeks=1)


@pytest.fixture
def tasks(alice, bob):
    """Alice's scope; Bob has the same task, which must stay as it is."""
    with tenant_scope(bob):
        todo.add(user=bob, now=NOW, title="Ajena", due_date=MONDAY, rrule="FREQ=WEEKLY")
    with tenant_scope(alice):
        yield alice
    with tenant_scope(bob):
        assert Task.objects.get().version == 1


def _add(user, **fields):
    return todo.add(user=user, now=NOW, **{"title": "Pagar la planilla", "due_date": MONDAY, **fields}).task


def _due() -> list[tuple[str, str]]:
    return [(str(task.due_date), task.status) for task in Task.objects.present().order_by("due_date", "id")]


def test_completing_one_of_a_series_makes_the_next_and_undoing_takes_both_back(tasks):
    task = _add(tasks, rrule="FREQ=WEEKLY", category="Negocio", priority="high", reminder_minutes=[30])
    done = todo.alter(task_id=task.pk, now=NOW, status="completed")
    assert _due() == [("2026-11-23", "completed"), ("2026-11-30", "pending")]
    made = done.next
    assert (made.title, made.category, made.priority, made.reminder_minutes) == (task.title, "Negocio", "high", [30])
    assert Reminder.objects.get().task == made
    assert todo.alter(task_id=task.pk, now=NOW, status="pending").next is None
    assert todo.alter(task_id=task.pk, now=NOW, status="completed").next is None  # the next is there already
    for _ in range(3):
        undoing.undo(user=tasks, now=NOW)
    assert _due() == [("2026-11-23", "pending")]
    assert todo.alter(task_id=task.pk, now=NOW, status="completed").next.due_date == MONDAY + WEEK


def test_the_next_is_not_due_before_today(tasks):
    task = _add(tasks, due_date=MONDAY - 5 * WEEK, rrule="FREQ=WEEKLY;BYDAY=MO,TH")
    assert todo.alter(task_id=task.pk, now=NOW, status="completed").next.due_date == MONDAY
    assert todo.alter(task_id=Task.objects.open().get().pk, now=NOW, status="completed").next.due_date == date(
        2026, 11, 26
    )


def test_a_series_ends_with_its_rule(tasks):
    task = _add(tasks, rrule="FREQ=DAILY;COUNT=2")
    second = todo.alter(task_id=task.pk, now=NOW, status="completed").next
    assert todo.alter(task_id=second.pk, now=NOW, status="completed").next is None


def test_the_first_is_due_on_the_first_day_of_the_rule(tasks):
    assert _add(tasks, rrule="FREQ=WEEKLY;BYDAY=FR").due_date == date(2026, 11, 27)
    assert _add(tasks, due_date=None, rrule="FREQ=DAILY").due_date == MONDAY


def test_a_rule_can_be_given_changed_and_taken_away(tasks):
    task = _add(tasks)
    todo.alter(task_id=task.pk, now=NOW, rrule="FREQ=WEEKLY")
    todo.alter(task_id=task.pk, now=NOW, rrule="freq=weekly")
    todo.alter(task_id=task.pk, now=NOW, rrule="FREQ=MONTHLY")
    assert [one.rrule for one in Series.objects.order_by("pk")] == ["FREQ=WEEKLY", "FREQ=MONTHLY"]
    assert Task.objects.get().version == 3
    todo.alter(task_id=task.pk, now=NOW, rrule="")
    assert todo.alter(task_id=task.pk, now=NOW, status="completed").next is None
    for _ in range(4):
        undoing.undo(user=tasks, now=NOW)
    assert Task.objects.get().series is None


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=DAILY;UNTIL=20200101", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"])
def test_it_refuses_a_rule_that_cannot_be(tasks, rule):
    with pytest.raises(ValidationError) as refused:
        _add(tasks, rrule=rule)
    assert list(refused.value.message_dict) == ["rrule"]
    assert not Task.objects.exists()
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 201),
        ("description", "x" * 5001),
        ("priority", "urgent"),
        ("category", "x" * 101),
        ("reminder_minutes", [-5]),
        ("reminder_minutes", 10**9),
        ("due_date", date(1, 1, 1)),
        ("due_date", date(9999, 12, 31)),
    ],
)
def test_it_refuses_what_no_task_can_be(tasks, field, value):
    with pytest.raises(ValidationError) as refused:
        _add(tasks, **{field: value})
    assert list(refused.value.message_dict) == [field]
    task = _add(tasks)
    with pytest.raises(ValidationError):
        todo.alter(task_id=task.pk, now=NOW, **{field: value})
    assert Task.objects.get().version == 1


def test_a_stale_change_is_refused_and_a_removed_one_is_gone(tasks):
    task = _add(tasks)
    todo.alter(task_id=task.pk, now=NOW, version=1, priority="low")
    with pytest.raises(StaleVersion):
        todo.alter(task_id=task.pk, now=NOW, version=1, priority="high")
    todo.remove(task_id=task.pk, now=NOW, version=2)
    with pytest.raises(Task.DoesNotExist):
        todo.alter(task_id=task.pk, now=NOW, priority="high")
    assert not Reminder.objects.exists()
    undoing.undo(user=tasks, now=NOW)
    assert _due() == [("2026-11-23", "pending")]
