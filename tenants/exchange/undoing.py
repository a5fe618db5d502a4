"""Taking back what an import wrote: what it made goes, what it changed is as before, what was changed since stays."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import transaction

from tenants.events import told_as_one
from tenants.exchange.importing import BATCH, MOST_TOLD, Hold
from tenants.exchange.kinds import Done, Kind
from tenants.models import ImportJob, ImportRow, User

UNDO_DAYS = timedelta(days=30)  # for which it is known what an import wrote
UNDOABLE: list[str] = [ImportJob.Status.DONE, ImportJob.Status.CANCELLED, ImportJob.Status.FAILED]
WRITTEN = [ImportRow.Action.CREATED, ImportRow.Action.UPDATED]


def is_undoable(job: ImportJob, *, now: datetime) -> bool:
    """Whether the import wrote something that can still be taken back."""
    is_kept = job.finished_at is not None and now < job.finished_at + UNDO_DAYS
    return job.status in UNDOABLE and is_kept and job.created + job.updated > 0


def undo_on(*, user: User, kind: Kind, job: ImportJob, hold: Hold, until: float) -> bool:
    """Take rows back, the last ones first, a batch in a transaction, till ``time.monotonic()`` passes ``until``.

    Returns whether it is over. A row that is taken back is forgotten with that; one that is left alone says why.
    """
    while True:
        with transaction.atomic():
            rows = list(
                ImportRow.objects.filter(job=job, action__in=WRITTEN, reasons__isnull=True).order_by("-number")[:BATCH]
            )
            if not rows:
                return True
            with told_as_one():
                told = kind.undo(
                    user=user, rows=[Done(id=row.row_id or 0, mark=row.mark, before=row.before) for row in rows]
                )
            left = [(row, reason) for row, reason in zip(rows, told, strict=True) if reason is not None]
            for row, reason in left:
                row.reasons = [reason.kept()]
            ImportRow.objects.bulk_update([row for row, _reason in left], ["reasons"])
            gone = {row.pk for row in rows} - {row.pk for row, _reason in left}
            ImportRow.objects.filter(pk__in=gone).delete()
            said = [{"row": row.number, **reason.kept()} for row, reason in left]
            hold(
                done=job.done + len(rows),
                undone=job.undone + len(gone),
                left=[*job.left, *said][:MOST_TOLD],
            )
        if time.monotonic() > until:
            return False
