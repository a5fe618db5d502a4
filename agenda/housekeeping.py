"""Rows of the agenda that nobody can come back to: what was deleted, and how to undo what cannot be undone any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from agenda.changes import UNDO_FOR, Change
from agenda.models import Appointment, Task
from tenants.scope import all_tenants

DELETED_KEPT = timedelta(days=30)  # longer than anything can be undone, for whoever asks by mail
MOST_AT_ONCE = 5000  # of each kind: the clock comes again


def forget_undone(*, now: datetime) -> int:
    """Delete acts that are too old to undo, and rows deleted long ago. Returns how many rows went, theirs included.

    A deleted occurrence of a series stays: it says «not on this day». Of all tenants; for the clock.
    """
    with all_tenants():
        old = (
            Change.objects.filter(created_at__lt=now - UNDO_FOR),
            Appointment.objects.filter(deleted_at__lt=now - DELETED_KEPT, series=None),
            Task.objects.filter(deleted_at__lt=now - DELETED_KEPT),
        )
        gone = 0
        for rows in old:
            keys = list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
            gone += rows.model.objects.filter(pk__in=keys).delete()[0] if keys else 0
        return gone
