"""Imports that the queue carries out: started, claimed, written in batches, told, stopped, and found again.

The queue's task is a doorbell for one job; the row says how far it is. Each batch is noted in the transaction of what
it wrote, so that what runs twice writes once. Whoever loses the lease finds the fence risen and writes nothing more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tenants.events import Event, acting, record
from tenants.exchange import importing, undoing
from tenants.exchange.faults import Unreadable
from tenants.exchange.importing import Beacon, SomeRefused, Tally
from tenants.exchange.judging import Judge
from tenants.exchange.kinds import Kind, kind_of
from tenants.exchange.reasons import Reason
from tenants.jobs import enqueue
from tenants.models import ImportJob, ImportRow, User
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

TASK = "tenants.exchange.tasks.run_import"
TASK_SECONDS = 540  # less than the queue's ``retry``
STEP_SECONDS = 45.0  # after which others in the queue have their turn
LEASE = timedelta(seconds=60)  # renewed with every batch
MAX_ATTEMPTS = 3
MOST_OPEN = 10  # of one tenant
AT_ONCE = 500  # rows that are written while somebody waits for the answer

Status, Mode = ImportJob.Status, ImportJob.Mode


class Lost(Exception):
    """Somebody else works on the job now, or it was stopped."""


class Refusal(Exception):
    """What was asked of a job cannot be done with it as it is now. The text is for people."""


def start(*, user: User, job: ImportJob, now: datetime, dry_run: bool = False) -> ImportJob:
    """Have a draft carried out, or only gone through when ``dry_run``. In the tenant's scope. Raises Refusal.

    The queue is rung for it; ``run_small`` does not wait for that.
    """
    kind = kind_of(job.kind)
    if not any(column["field"] for column in job.columns):
        raise Refusal(_("Di primero qué es cada columna."))
    lacking = Judge(user=user, kind=kind, job=job).lacking
    known = {column["field"] for column in job.columns}
    if lacking and not known & set(kind.key):
        raise Refusal(_("Falta decir qué columna es: %s.") % ", ".join(lacking))
    if ImportJob.objects.open().count() >= MOST_OPEN:
        raise Refusal(_("Ya tienes varias importaciones en curso. Espera a que terminen."))
    _set_off(job, from_=[Status.DRAFT], to=Status.RUNNING, now=now, dry_run=dry_run)
    return job


def run_small(*, user: User, job: ImportJob) -> ImportJob:
    """Do at once what takes less than a second; what is larger is left to the queue. In the tenant's scope."""
    rows = job.created + job.updated if job.status == Status.UNDOING else job.rows
    if job.is_open and rows is not None and rows <= AT_ONCE:
        run(user=user, job_id=job.pk)
        job.refresh_from_db()
    return job


def undo(*, job: ImportJob, now: datetime) -> ImportJob:
    """Have what an import wrote taken back. In the tenant's scope. Raises Refusal."""
    if not may_be_undone(job, now=now):
        raise Refusal(_("Esta importación no se puede deshacer."))
    _set_off(job, from_=undoing.UNDOABLE, to=Status.UNDOING, now=now)
    return job


def may_be_undone(job: ImportJob, *, now: datetime) -> bool:
    """Whether what the import wrote can still be taken back."""
    return undoing.is_undoable(job, now=now)


def cancel(*, job: ImportJob, now: datetime) -> ImportJob:
    """Stop an import that is running; what is written stays and can be undone. In its scope. Raises Refusal."""
    over = {"fence": F("fence") + 1, "lease_until": None}
    stopped = ImportJob.objects.filter(pk=job.pk, status=Status.RUNNING, dry_run=False).update(
        status=Status.CANCELLED, finished_at=now, **over
    ) or ImportJob.objects.filter(pk=job.pk, status=Status.RUNNING).update(status=Status.DRAFT, **over)
    if not stopped:
        raise Refusal(_("Esta importación no está en curso."))
    job.refresh_from_db()
    return job


def run(*, user: User, job_id: int, now: Callable[[], datetime] = timezone.now) -> str:
    """What the queue's task does, in the scope of ``user``: work on a job for a while. Returns what became of it."""
    job = _claim(job_id, now=now())
    if job is None:
        return "nothing to do, or somebody else is at it"
    kind = kind_of(job.kind)
    try:
        with _as(user):
            step = _undo if job.status == Status.UNDOING else _look if job.dry_run else _import
            is_over = step(user, kind, job, now)
    except Lost:
        return "taken away"
    except DatabaseError:  # the sweep comes back to it
        raise
    except Exception as fault:
        logger.exception("import %s", job.pk)
        return _stumble(job, fault, now=now())
    if is_over:
        return "done"
    with transaction.atomic():
        if ImportJob.objects.filter(pk=job.pk, fence=job.fence).update(lease_until=None):
            _ring(job)
    return "goes on"


def sweep(*, now: datetime) -> int:
    """Ring for imports that nobody works on: a worker was killed. For the clock. Returns how many."""
    with all_tenants():
        waited = Q(lease_until__lt=now) | Q(lease_until=None, started_at__lt=now - timedelta(minutes=2))
        found = ImportJob.objects.open().filter(waited).order_by("pk").values_list("user_id", "pk")[:20]
        forgotten = list(found)
    with transaction.atomic():
        for user_id, pk in forgotten:
            enqueue(TASK, user_id, pk, timeout=TASK_SECONDS)
    return len(forgotten)


def _look(user: User, kind: Kind, job: ImportJob, now: Callable[[], datetime]) -> bool:
    try:
        tally = importing.look_through(user=user, kind=kind, job=job, hold=_holder(job, now))
    except Unreadable as fault:
        return _fail(job, fault.reason, now=now())
    _hold(job, status=Status.DRAFT, rows=tally.rows, done=tally.rows, lease_until=None, attempts=0)
    return True


def _import(user: User, kind: Kind, job: ImportJob, now: Callable[[], datetime]) -> bool:
    try:
        if job.mode == Mode.ALL_OR_NOTHING:
            return _import_whole(user, kind, job, now)
        until = time.monotonic() + STEP_SECONDS
        if not importing.write_on(user=user, kind=kind, job=job, hold=_holder(job, now), until=until):
            return False
    except Unreadable as fault:
        return _fail(job, fault.reason, now=now())
    with transaction.atomic():
        _finish(job, now=now())
    return True


def _import_whole(user: User, kind: Kind, job: ImportJob, now: Callable[[], datetime]) -> bool:
    tally = importing.look_through(user=user, kind=kind, job=job, hold=_holder(job, now), share=2)
    if tally.counts["refused"]:
        return _refuse_whole(job, tally, now=now())
    half, beacon = tally.rows, Beacon(job=job, lease=LEASE, lost=Lost)
    try:
        with transaction.atomic():
            tally = importing.write_all(
                user=user, kind=kind, job=job, tell=lambda done: beacon.tell((half + done) // 2)
            )
            _hold(job, done=tally.rows, **tally.fields())
            _finish(job, now=now())
    except SomeRefused as fault:
        importing.keep_refused(user=user, job=job, refused=fault.refused)
        return _refuse_whole(job, fault.tally, now=now())
    finally:
        beacon.close()
    return True


def _refuse_whole(job: ImportJob, tally: Tally, *, now: datetime) -> bool:
    """Some rows of a file that goes in whole or not at all are wrong: none went in."""
    refused = tally.counts["refused"]
    why = Reason("some_refused", {"n": refused}).kept()
    nothing = {**tally.fields(), "created": 0, "updated": 0}
    _hold(job, status=Status.FAILED, why=why, finished_at=now, lease_until=None, **nothing)
    return True


def _undo(user: User, kind: Kind, job: ImportJob, now: Callable[[], datetime]) -> bool:
    until = time.monotonic() + STEP_SECONDS
    if not undoing.undo_on(user=user, kind=kind, job=job, hold=_holder(job, now), until=until):
        return False
    with transaction.atomic():
        _hold(job, status=Status.UNDONE, finished_at=now(), lease_until=None, attempts=0)
        record("import_undone", what=job.kind, rows=job.undone)
    return True


def _finish(job: ImportJob, *, now: datetime) -> None:
    rows = job.created + job.updated + job.unchanged + job.skipped + job.refused
    _hold(job, status=Status.DONE, finished_at=now, rows=rows, done=rows, why=None, lease_until=None, attempts=0)
    record(
        "data_imported",
        what=job.kind,
        format=job.format,
        created=job.created,
        updated=job.updated,
        refused=job.refused,
    )


def _fail(job: ImportJob, reason: Reason, *, now: datetime) -> bool:
    _hold(job, status=Status.FAILED, why=reason.kept(), finished_at=now, lease_until=None)
    return True


def _stumble(job: ImportJob, fault: Exception, *, now: datetime) -> str:
    """After a fault of ours: to be tried again, and failed at the last time."""
    attempts = job.attempts + 1
    try:
        if attempts >= MAX_ATTEMPTS:
            _fail(job, Reason("our_fault"), now=now)
            return "failed"
        with transaction.atomic():
            _hold(job, attempts=attempts, lease_until=None)
            _ring(job)
    except Lost:
        return "taken away"
    return f"will be tried again after {type(fault).__name__}"


def _set_off(job: ImportJob, *, from_: list[str], to: str, now: datetime, dry_run: bool = False) -> None:
    """Have somebody work on the job, which is as it was expected to be. Raises Refusal."""
    fresh: dict[str, Any] = {
        "done": 0,
        "cursor": 0,
        "attempts": 0,
        "lease_until": None,
        "detail": "",
        "why": None,
        "started_at": now,
    }
    if to == Status.RUNNING:
        fresh |= {"finished_at": None, "errors": [], "dry_run": dry_run} | dict.fromkeys(importing.COUNTS.values(), 0)
    with transaction.atomic():
        if not ImportJob.objects.filter(pk=job.pk, status__in=from_).update(status=to, fence=F("fence") + 1, **fresh):
            raise Refusal(_("Esta importación ya empezó o ya terminó."))
        if to == Status.RUNNING:
            ImportRow.objects.filter(job=job).delete()  # of looking through it before
        _ring(job)
    job.refresh_from_db()


def _ring(job: ImportJob) -> None:
    enqueue(TASK, job.user_id, job.pk, timeout=TASK_SECONDS)


def _claim(job_id: int, *, now: datetime) -> ImportJob | None:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    claimed = ImportJob.objects.open().filter(free, pk=job_id).update(lease_until=now + LEASE, fence=F("fence") + 1)
    return ImportJob.objects.get(pk=job_id) if claimed else None


def _hold(job: ImportJob, **fields: object) -> None:
    """Write fields of the job while it is ours. Raises Lost, which undoes the caller's transaction."""
    if not ImportJob.objects.open().filter(pk=job.pk, fence=job.fence).update(**fields):
        raise Lost
    for name, value in fields.items():
        setattr(job, name, value)


def _holder(job: ImportJob, now: Callable[[], datetime]) -> importing.Hold:
    return lambda **fields: _hold(job, **{"lease_until": now() + LEASE, **fields})


@contextmanager
def _as(user: User) -> Iterator[None]:
    """In the person's language and zone, as their doing."""
    with (
        translation.override(user.language),
        timezone.override(ZoneInfo(user.timezone)),
        acting(Event.Actor.PERSON, user.pk),
    ):
        yield
