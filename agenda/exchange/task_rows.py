"""Tasks as rows of a table. One is known again by its UID, else by its title and its day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agenda import planning, rows, todo, undoing
from agenda.calendar.names import own_key, uid_of
from agenda.details import preferences_of, read_minutes
from agenda.exchange import columns
from agenda.exchange.faults import REASONS, refused
from agenda.exchange.reading import read_tasks
from agenda.exchange.takeback import Entries, take_back
from agenda.filters import find_tasks
from agenda.models import Task
from agenda.rules import read_rule
from tenants.exchange.kinds import Done, Found, Identity, Kind, Refused, Row, Values, Written
from tenants.exchange.reasons import Reason, reasons_of
from tenants.models import User

AT_ONCE = 500
PLAIN = ("title", "description", "due_date", "priority", "category", "reminder_minutes")


class Tasks(Kind):
    """What a tenant has to do."""

    name = "tasks"
    label = gettext_lazy("Tareas")
    key = ("uid",)
    reasons = REASONS
    readers = {"ics": read_tasks}
    fields = columns.TASKS

    def examples(self) -> list[Values]:
        day = timezone.localdate()
        return [
            {
                "title": _("Pagar el arriendo"),
                "due_date": day + timedelta(days=7),
                "priority": str(Task.Priority.HIGH.label),
                "status": str(Task.Status.PENDING.label),
                "category": _("Pagos"),
            },
            {
                "title": _("Pedir tornillos"),
                "priority": str(Task.Priority.LOW.label),
                "status": str(Task.Status.IN_PROGRESS.label),
                "category": _("Compras"),
            },
        ]

    def identify(self, values: Values) -> Identity | None:
        if values.get("uid"):
            return Identity("uid", values["uid"])
        title = values.get("title")
        return Identity("title", f"{title}\n{values.get('due_date') or ''}", is_unique=False) if title else None

    def check(self, *, user: User, values: Values) -> dict[str, Reason]:
        """Read reminders and rule, and look at each value as the task's own form would."""
        if values.get("completed_at"):
            values.setdefault("status", Task.Status.COMPLETED)
            values["completed_at"] = values["completed_at"].replace(microsecond=0)
        if values.get("status", Task.Status.COMPLETED) != Task.Status.COMPLETED:
            values.pop("completed_at", None)
        try:
            read_extras(values)
            todo.check_task(Task(**{"title": "x", **{name: values[name] for name in PLAIN if name in values}}))
        except ValidationError as fault:
            return reasons_of(fault)
        return {}

    def find(self, *, user: User, rows: Sequence[Row], lock: bool = False) -> list[Found | None]:
        if lock:
            undoing.queue(user=user)  # before any row is locked, as all who write the agenda do
        uids = {row.values["uid"] for row in rows if row.values.get("uid")}
        keys = {key for uid in uids if (key := own_key("task", uid))}
        titles = {row.values.get("title") for row in rows if not row.values.get("uid")} - {None}
        known = Q(uid__in=uids) | Q(pk__in=keys, uid="") | Q(title__in=titles)
        tasks = Task.objects.present().filter(known).select_related("series").order_by("pk")
        if lock:
            tasks = tasks.select_for_update(of=("self",))
        by_uid: dict[str, Task] = {}
        by_title: dict[tuple[str, Any], list[Task]] = {}
        for task in tasks:
            by_uid[task.uid or uid_of("task", task.pk)] = task
            by_title.setdefault((task.title, task.due_date), []).append(task)
        return [_as_found(task) if (task := _look_up(row, by_uid, by_title)) else None for row in rows]

    def write(self, *, user: User, rows: Sequence[Row]) -> list[Written | Refused]:
        now = timezone.now()
        with undoing.act(user=user, now=now) as act:
            batch = _Batch(act, rows)
            for row in rows:
                batch.take(row)
            return batch.finish(rows)

    def undo(self, *, user: User, rows: Sequence[Done]) -> list[Reason | None]:
        return take_back(user=user, rows=rows, made=_made)

    def export(self, *, user: User, filters: Mapping[str, Any]) -> Iterator[Values]:
        found = find_tasks(dict(filters), today=timezone.localdate()).select_related("series").order_by("pk")
        last = 0
        while batch := list(found.filter(pk__gt=last)[:AT_ONCE]):
            last = batch[-1].pk
            for task in batch:
                yield values_of(task)


def read_extras(values: Values) -> None:
    """Give ``values`` reminders and rule as they are kept. Raises ValidationError by field."""
    if "reminder_minutes" in values:
        try:
            minutes = [int(str(text).strip()) for text in values["reminder_minutes"] or ()]
        except ValueError as fault:
            texts = gettext_lazy("Escribe los minutos con números: 15; 60.")
            raise ValidationError({"reminder_minutes": texts}) from fault
        values["reminder_minutes"] = read_minutes(minutes)
    if values.get("rrule"):
        values["rrule"] = read_rule(values["rrule"])


def values_of(task: Task) -> Values:
    """A task as a row."""
    values = {name: getattr(task, name) for name in (*PLAIN, "status")}
    return {
        **values,
        "completed_at": task.completed_at and task.completed_at.replace(microsecond=0),  # as files say it
        "rrule": task.series.rrule if task.series else "",
        "uid": task.uid or uid_of("task", task.pk),
    }


def _look_up(row: Row, by_uid: dict[str, Task], by_title: dict[tuple[str, Any], list[Task]]) -> Task | None:
    if row.values.get("uid"):
        return by_uid.get(row.values["uid"])
    same = by_title.get((row.values.get("title", ""), row.values.get("due_date")), [])
    return same[row.occurrence] if row.occurrence < len(same) else None


def _as_found(task: Task) -> Found:
    return Found(task.pk, values_of(task), str(task.version))


def _made(row: Done) -> Entries:
    return [{"model": "agenda.task", "id": row.id, "version": int(row.mark), "was": None, "fields": None}]


class _Batch:
    """Rows of one act: the new ones and the changed ones, each written in one statement."""

    def __init__(self, act: undoing.Act, rows: Sequence[Row]) -> None:
        self.act = act
        self.known = {one.pk: one for one in _to_change([row.found.id for row in rows if row.found])}
        self.new: list[Task] = []
        self.changed: list[Task] = []
        self.following: dict[int, Task] = {}  # the next of a series that was completed, by the one before it
        self.answers: dict[int, Task | Refused] = {}
        self.taken: dict[int, int] = {}
        self.new_keys: set[int] = set()

    def take(self, row: Row) -> None:
        """Make or change the task of a row, not written yet."""
        task = self.known.get(row.found.id) if row.found else Task(user=self.act.user)
        if task is None:
            self.answers[row.number] = Refused(Reason("gone_meanwhile"))
        elif task.pk and task.pk in self.taken:
            self.answers[row.number] = Refused(Reason("same_as_row", {"n": self.taken[task.pk]}))
        else:
            try:
                self._take(task, row)
            except ValidationError as fault:
                self.answers[row.number] = refused(fault)

    def _take(self, task: Task, row: Row) -> None:
        values, is_new = row.values, task.pk is None
        before = None if is_new else task.status
        if not is_new:
            self.act.watch(task)
            self.taken[task.pk] = row.number
        for name in PLAIN:
            if name in values:
                setattr(task, name, values[name])
        if "status" in values:
            task.become(values["status"], now=values.get("completed_at") or self.act.now)
        if values.get("completed_at") and task.status == Task.Status.COMPLETED:
            task.completed_at = values["completed_at"]
        if values.get("uid") and (is_new or own_key("task", values["uid"]) != task.pk):
            task.uid = values["uid"]
        self._repeat(task, values)
        self.answers[row.number] = task
        (self.new if is_new else self.changed).append(task)
        is_done_now = not is_new and before != task.status == Task.Status.COMPLETED
        if is_done_now and task.series_id is not None and (following := todo.make_next(self.act, task)):
            self.following[task.pk] = following

    def _repeat(self, task: Task, values: Values) -> None:
        if "rrule" not in values or values["rrule"] == (task.series.rrule if task.series else ""):
            return
        day = task.due_date
        if values["rrule"]:
            todo.repeat(self.act, task, values["rrule"])
            task.due_date = day or task.due_date  # a day that was moved off the rule stays
        else:
            task.series = None

    def finish(self, given: Sequence[Row]) -> list[Written | Refused]:
        """Write all, with their reminders."""
        act = self.act
        Task.objects.bulk_create(self.new, batch_size=AT_ONCE)
        for task in self.changed:
            task.version += 1
        rows.write(self.changed, now=act.now)
        act.made(*self.new)
        self.new_keys = {task.pk for task in self.new}
        everything = [*self.new, *self.changed, *self.following.values()]
        planning.plan_many(of=everything, preferences=preferences_of(act.user), now=act.now)
        entries = {(entry["model"], entry["id"]): entry for entry in act.entries()}
        return [self._answer(self.answers[row.number], entries) for row in given]

    def _answer(self, answer: Task | Refused, entries: dict[tuple[str, int], Any]) -> Written | Refused:
        if isinstance(answer, Refused):
            return answer
        if answer.pk in self.new_keys:
            return Written(answer.pk, str(answer.version))
        mine = [entries.get(("agenda.task", answer.pk))]
        if following := self.following.get(answer.pk):
            mine.append(entries.get(("agenda.task", following.pk)))
        return Written(answer.pk, str(answer.version), {"entries": [entry for entry in mine if entry]})


def _to_change(ids: Sequence[int]) -> list[Task]:
    found = Task.objects.present().filter(pk__in=ids).order_by("pk")
    return list(found.select_related("series").select_for_update(of=("self",)))


TASKS = Tasks()
