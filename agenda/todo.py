"""Adding tasks, altering and removing them: each function is one act, which can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from agenda import planning, undoing
from agenda.changes import Change
from agenda.details import EARLIEST, LATEST, check, preferences_of, read_minutes, summarise, tenant
from agenda.models import Task
from tenants.models import User


@dataclass(frozen=True)
class Done:
    """A task as it now stands, the act (None when nothing changed), and the next of its series when one was made."""

    task: Task
    change: Change | None
    next: Task | None = None


class TaskFields(TypedDict, total=False):
    """What may be altered. ``due_date`` is a day in the tenant's zone."""

    title: str
    description: str
    due_date: date | None
    priority: str
    status: str
    category: str
    reminder_minutes: int | Sequence[int]
    rrule: str


def add(
    *,
    user: User,
    now: datetime,
    title: str,
    description: str = "",
    due_date: date | None = None,
    priority: str = "medium",
    category: str = "",
    reminder_minutes: int | Sequence[int] | None = None,
    rrule: str = "",
    status: str = "pending",
) -> Done:
    """Give ``user``, whose scope is open, something to do. Raises ValidationError by field."""
    task = Task(
        user=user, title=title, description=description, due_date=due_date, priority=priority, category=category
    )
    if reminder_minutes is not None:
        task.reminder_minutes = read_minutes(reminder_minutes)
    task.become(status, now=now)
    _check(task)
    if rrule:
        raise ValidationError({"rrule": _("No entendemos esta repetición.")})
    with undoing.act(user=user, now=now) as act:
        task.save(force_insert=True)
        act.made(task)
        planning.plan(of=task, preferences=preferences_of(user), now=now)
        return Done(task, act.finish(kind=Change.Kind.CREATED, summary=summarise(task, user=user)))


def alter(*, task_id: int, now: datetime, version: int | None = None, **fields: Unpack[TaskFields]) -> Done:
    """Give a task of the open scope other values, its status included. What stays the same costs no new version.

    Raises Task.DoesNotExist, StaleVersion when ``version`` is no longer the row's, and ValidationError by field.
    """
    user = tenant()
    with undoing.act(user=user, now=now) as act:
        task = _find(task_id, version=version)
        act.watch(task)
        before = (task.due_date, task.status)
        _change(task, fields, now=now)
        if act.changed(task):
            task.version += 1
            task.save()
            planning.plan(of=task, preferences=preferences_of(user), now=now)
        change = act.finish(kind=_kind(before, task), summary=summarise(task, user=user))
        return Done(task, change)


def remove(*, task_id: int, now: datetime, version: int | None = None) -> Change:
    """Take a task off the list. Raises Task.DoesNotExist and StaleVersion."""
    user = tenant()
    with undoing.act(user=user, now=now) as act:
        task = _find(task_id, version=version)
        act.watch(task)
        task.deleted_at = now
        task.version += 1
        task.save()
        planning.plan(of=task, preferences=preferences_of(user), now=now)
        return act.finish_surely(kind=Change.Kind.DELETED, summary=summarise(task, user=user))


def _change(task: Task, fields: TaskFields, *, now: datetime) -> None:
    for name in ("title", "description", "due_date", "priority", "category"):
        if name in fields:
            setattr(task, name, fields[name])
    if "reminder_minutes" in fields:
        task.reminder_minutes = read_minutes(fields["reminder_minutes"])
    if "status" in fields:
        task.become(fields["status"], now=now)
    _check(task)


def _check(task: Task) -> None:
    if task.due_date is not None and not EARLIEST <= task.due_date.year <= LATEST:
        years = {"first": EARLIEST, "last": LATEST}
        raise ValidationError({"due_date": _("El año debe estar entre %(first)d y %(last)d.") % years})
    check(task)


def _kind(before: tuple[date | None, str], task: Task) -> str:
    due_date, status = before
    if status != task.status == Task.Status.COMPLETED:
        return Change.Kind.COMPLETED
    return Change.Kind.CHANGED if due_date == task.due_date else Change.Kind.MOVED


def _find(task_id: int, *, version: int | None) -> Task:
    task: Task = Task.objects.present().select_for_update().get(pk=task_id)
    task.check_version(version)
    return task
