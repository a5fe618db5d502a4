"""What the event log holds of the agenda: one event for each thing that became of an appointment or a task.

Of a series it tells of the occurrence that was acted upon, and not of the hundreds that follow. Each in the transaction
of the act, and in the tenant's scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agenda.models import Appointment, Attendee, Task
from tenants.events import acting_now, record_many

Thing = Appointment | Task


@dataclass(frozen=True, slots=True)
class Before:
    """How an appointment or a task was."""

    is_there: bool
    status: str
    start: datetime | None = None
    end: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.is_there and self.status != Appointment.Status.CANCELLED


def state_of(row: Thing) -> Before:
    """How ``row`` is now, to be compared once it has changed."""
    if isinstance(row, Appointment):
        return Before(row.deleted_at is None, row.status, row.start_datetime, row.end_datetime)
    return Before(row.deleted_at is None, row.status)


def tell(row: Thing, *, before: Before | None, now: datetime) -> None:
    """Tell what became of ``row``, which was as ``before``, or is new when that is None."""
    tell_many([(row, before)], now=now)


def tell_many(rows: Iterable[tuple[Thing, Before | None]], *, now: datetime) -> None:
    """``tell`` of many rows at once: a statement for each name of event."""
    told: dict[str, list[Thing]] = defaultdict(list)
    was: dict[int, Before | None] = {}
    for row, before in rows:
        was[id(row)] = before
        for name in _happened(row, before):
            told[name].append(row)
    contacts = _contacts_of([row for found in told.values() for row in found if isinstance(row, Appointment)])
    for name, found in told.items():
        record_many(name, [_describe(row, name, was[id(row)], contacts) for row in found], at=now)


def _happened(row: Thing, before: Before | None) -> list[str]:
    return _of_appointment(row, before) if isinstance(row, Appointment) else _of_task(row, before)


def _of_appointment(row: Appointment, before: Before | None) -> list[str]:
    now = state_of(row)
    if before is None:
        return ["appointment_created"] if now.stands else []
    if not before.stands:
        return ["appointment_restored"] if now.stands else []
    if not now.stands:
        # Who tidies away what took place cancels nothing.
        return ["appointment_cancelled"] if before.status == Appointment.Status.SCHEDULED else []
    return ["appointment_moved"] if (before.start, before.end) != (now.start, now.end) else []


def _of_task(row: Task, before: Before | None) -> list[str]:
    now = state_of(row)
    is_done = row.status == Task.Status.COMPLETED
    if before is None:
        return ["task_created", *(["task_completed"] if is_done else [])]
    if before.is_there != now.is_there:
        return ["task_restored" if now.is_there else "task_removed"]
    was_done = before.status == Task.Status.COMPLETED
    if was_done == is_done or not now.is_there:
        return []
    return ["task_completed" if is_done else "task_reopened"]


def _describe(row: Thing, name: str, before: Before | None, contacts: dict[int, int]) -> dict[str, Any]:
    if isinstance(row, Task):
        told: dict[str, Any] = {"task": row.pk, "due_date": row.due_date, "priority": str(row.priority)}
    else:
        told = {
            "appointment": row.pk,
            "starts_at": row.start_datetime,
            "ends_at": row.end_datetime,
            "contact": contacts.get(row.pk),
        }
        if name == "appointment_moved" and before is not None:
            told["before"] = before.start
    return told | {"title": row.title, "by": acting_now()}


def _contacts_of(appointments: Sequence[Appointment]) -> dict[int, int]:
    """The first contact who comes to each of them, where one does."""
    found = Attendee.objects.filter(appointment_id__in={row.pk for row in appointments}, contact__isnull=False)
    return dict(found.order_by("-id").values_list("appointment_id", "contact_id")) if appointments else {}
