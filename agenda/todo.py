"""Adding tasks, altering and removing them: each function is one act, which can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from agenda import act_events, planning, undoing
from agenda.changes import Change
from agenda.details import (
    EARLIEST,
    LATEST,
    WRONG_YEAR,
    at,
    check,
    preferences_of,
    read_minutes,
    summarise,
    tenant,
    wall_of,
)
from agenda.models import Series, Task
from agenda.rules import occurrences, read_rule
from tenants.events import Event, acting
from tenants.models import User

LONGEST_WAIT = timedelta(days=366 * 60)  # for the next of a series
COPIED = ("title", "description", "priority", "category", "reminder_minutes")


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
    check_task(task)
    rule = read_rule(rrule) if rrule.strip() else ""
    with undoing.act(user=user, now=now) as act:
        if rule:
            repeat(act, task, rule)
        task.save(force_insert=True)
        act.made(task)
        planning.plan(of=task, preferences=preferences_of(user), now=now)
        act_events.tell(task, before=None, now=now)
        return Done(task, act.finish(kind=Change.Kind.CREATED, summary=summarise(task, user=user, now=now)))


def alter(*, task_id: int, now: datetime, version: int | None = None, **fields: Unpack[TaskFields]) -> Done:
    """Give a task of the open scope other values, its status included. What stays the same costs no new version.

    Raises Task.DoesNotExist, StaleVersion when ``version`` is no longer the row's, and ValidationError by field.
    """
    user = tenant()
    with undoing.act(user=user, now=now) as act:
        task = _find(task_id, version=version)
        act.watch(task)
        before, due_date = act_events.state_of(task), task.due_date
        _change(act, task, fields)
        following = None
        if act.changed(task):
            task.version += 1
            task.save()
            done = task.status == Task.Status.COMPLETED != before.status
            following = make_next(act, task) if done and task.series_id is not None else None
            rows = [task] if following is None else [task, following]
            planning.plan_many(of=rows, preferences=preferences_of(user), now=now)
            act_events.tell(task, before=before, now=now)
            if following is not None:
                with acting(Event.Actor.SYSTEM):
                    act_events.tell(following, before=None, now=now)
        change = act.finish(kind=_kind((due_date, before.status), task), summary=summarise(task, user=user, now=now))
        return Done(task, change, following)


def remove(*, task_id: int, now: datetime, version: int | None = None) -> Change:
    """Take a task off the list. Raises Task.DoesNotExist and StaleVersion."""
    user = tenant()
    with undoing.act(user=user, now=now) as act:
        task = _find(task_id, version=version)
        act.watch(task)
        before = act_events.state_of(task)
        task.deleted_at = now
        task.version += 1
        task.save()
        planning.plan(of=task, preferences=preferences_of(user), now=now)
        act_events.tell(task, before=before, now=now)
        return act.finish_surely(kind=Change.Kind.DELETED, summary=summarise(task, user=user, now=now))


def next_day(*, series: Series, after: date, today: date) -> date | None:
    """The first day of ``series`` after ``after`` that is not before ``today``; None when its rule has ended."""
    zone = ZoneInfo(series.timezone)
    start = wall_of(series.starts_at, zone)
    until = datetime.combine(max(after, today), time.max) + LONGEST_WAIT
    for wall in occurrences(rule=series.rrule, start=start, until=until, zone=zone):
        if wall.date() > after and wall.date() >= today:
            return wall.date()
    return None


def repeat(act: undoing.Act, task: Task, rule: str) -> None:
    """Let ``task``, not written yet, be the first of a series; it is due on the first day that the rule has.

    Raises ValidationError where the rule has none.
    """
    zone = ZoneInfo(act.user.timezone)
    first = task.due_date or act.now.astimezone(zone).date()
    series = Series(user=act.user, rrule=rule, timezone=zone.key, starts_at=at(first, zone))
    due = next_day(series=series, after=first - timedelta(days=1), today=first)
    if due is None:
        raise ValidationError({"rrule": _("Con esta repetición no hay ninguna fecha.")})
    series.save()
    act.made(series)
    task.series, task.due_date = series, due


def make_next(act: undoing.Act, task: Task) -> Task | None:
    """The next of the series of ``task``, which was just completed; None when there is one, or the rule has ended."""
    series = Series.objects.select_for_update().get(pk=task.series_id or 0)
    today = act.now.astimezone(ZoneInfo(act.user.timezone)).date()
    after = task.due_date or today
    if Task.objects.open().filter(series=series).exclude(pk=task.pk).exists():
        return None
    due = next_day(series=series, after=after, today=today)
    if due is None:
        return None
    copied = {name: getattr(task, name) for name in COPIED}
    following: Task = Task.objects.create(user=act.user, series=series, due_date=due, **copied)
    act.made(following)
    return following


def _change(act: undoing.Act, task: Task, fields: TaskFields) -> None:
    for name in ("title", "description", "due_date", "priority", "category"):
        if name in fields:
            setattr(task, name, fields[name])
    if "reminder_minutes" in fields:
        task.reminder_minutes = read_minutes(fields["reminder_minutes"])
    if "status" in fields:
        task.become(fields["status"], now=act.now)
    check_task(task)
    if "rrule" in fields:
        rule = read_rule(fields["rrule"]) if fields["rrule"].strip() else ""
        if not rule:
            task.series = None
        elif task.series is None or task.series.rrule != rule:
            repeat(act, task, rule)


def check_task(task: Task) -> None:
    """Raise ValidationError by field unless the values of ``task`` are such as may be kept."""
    if task.due_date is not None and not EARLIEST <= task.due_date.year <= LATEST:
        years = {"first": EARLIEST, "last": LATEST}
        raise ValidationError({"due_date": ValidationError(WRONG_YEAR, params=years)})
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
