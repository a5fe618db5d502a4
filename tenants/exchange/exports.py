"""Exports that the queue writes, because they are large: asked for, claimed, written row by row, told, forgotten.

The queue's task is a doorbell for one job; the row says how far it got. One is written at a time, so that the queue
has workers for everything else. A file that breaks off is begun anew: nothing shows it before it is whole.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenants import mail
from tenants.events import record
from tenants.exchange.export_jobs import ExportJob
from tenants.exchange.export_links import address_of
from tenants.exchange.sources import Source, source_names, source_of
from tenants.exchange.writers import TooManyRows
from tenants.jobs import enqueue
from tenants.models import User
from tenants.notices import dedicated_connection

logger = logging.getLogger(__name__)

TASK = "tenants.tasks.write_export"
TASK_SECONDS = 540  # less than the queue's ``retry``
LEASE = timedelta(seconds=120)  # renewed with every look at the row
LOOK_SECONDS = 1.0  # between two looks at the row: how soon a cancelled one stops, and how often progress moves
MAX_ATTEMPTS = 3
MOST_OPEN = 5  # of one tenant
KEPT_FOR = timedelta(hours=24)  # a file and its link
PATIENCE = timedelta(seconds=30)  # for which people wait in front of the page; past it they get a letter
LOCK = 7_231_117  # of the advisory locks: who holds it writes exports
# Rows of a file that is written while somebody waits; and of any file: past that it is of no use, or does not open.
MOST_AT_ONCE = {"csv": 100_000, "xlsx": 20_000, "pdf": 2_000, "ics": 5_000}
MOST = {"xlsx": 1_048_575, "pdf": 10_000, "ics": 20_000}

Status = ExportJob.Status


class TooLarge(Exception):
    """More rows than a file of that kind holds. The text is for people."""


class Lost(Exception):
    """Somebody else writes it now, or nobody wants it any more."""


def check_format(*, source: Source, form: str) -> None:
    """Raise ValidationError unless the source can be exported in that format."""
    if form not in source.formats:
        raise ValidationError({"format": _("Elige uno de estos: %s.") % ", ".join(source.formats)})


def ask(*, user: User, what: str, form: str, filters: Mapping[str, Any], now: datetime) -> ExportJob:
    """Have the queue write an export. In the tenant's scope. Raises ValidationError by field, of Django or DRF."""
    if what not in source_names():
        raise ValidationError({"what": _("Elige uno de estos: %s.") % ", ".join(source_names())})
    source = source_of(what)
    check_format(source=source, form=form)
    source.read_filters(filters)
    if ExportJob.objects.open().count() >= MOST_OPEN:
        raise ValidationError(_("Ya tienes %d exportaciones en curso. Espera a que termine una.") % MOST_OPEN)
    with transaction.atomic():
        job: ExportJob = ExportJob.objects.create(
            user=user,
            what=what,
            format=form,
            filters=dict(filters),
            language=translation.get_language() or user.language,
            created_at=now,
        )
        ring(job)
    return job


def ring(job: ExportJob) -> None:
    """Have somebody write it, in the caller's transaction."""
    enqueue(TASK, job.user_id, job.pk, timeout=TASK_SECONDS)


def drop(*, job: ExportJob) -> None:
    """Forget an export with its file; one that is being written stops. In the tenant's scope."""
    ExportJob.objects.filter(pk=job.pk).delete()
    remove_file(job)


def run(*, user: User, job_id: int, clock: Callable[[], datetime] = timezone.now) -> str:
    """What the queue's task does: write an export. Returns what became of it. In the tenant's scope."""
    with _the_only_one() as is_free:
        if not is_free:
            return "another one is being written"  # the clock rings again
        job = _claim(job_id, now=clock())
        if job is None:
            return "nothing to do, or somebody else is at it"
        being_made = folder() / f"{job.pk}-{secrets.token_hex(8)}.part"
        try:
            with translation.override(job.language), timezone.override(ZoneInfo(user.timezone)):
                return _write(user, job, being_made, clock)
        except Lost:
            return "taken away"
        except DatabaseError:  # the sweep comes back to it
            raise
        except Exception as fault:
            logger.exception("export %s", job.pk)
            return _stumble(job, fault, now=clock())
        finally:
            being_made.unlink(missing_ok=True)


def folder() -> Path:
    """Where files wait to be fetched, which nobody else on the machine may enter."""
    path = Path(settings.DATA_DIR) / "downloads"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def name_of(job: ExportJob, *, user: User) -> str:
    """What the file is called, in the language in which it was asked for and on the clock of ``user``, whose it is."""
    try:
        source = source_of(job.what)
    except KeyError:
        return f"{job.what}.{job.format}"
    with translation.override(job.language), timezone.override(ZoneInfo(user.timezone)):
        filters = source.read_filters(job.filters)
        return source.file_name(form=job.format, day=timezone.localtime(job.created_at), filters=filters)


def path_of(job: ExportJob) -> Path | None:
    """Where the file lies; None when there is none (any more)."""
    path = folder() / job.file
    return path if job.file and path.is_file() else None


def remove_file(job: ExportJob) -> None:
    """Take the file away, if there is one."""
    if job.file:
        (folder() / job.file).unlink(missing_ok=True)


def _write(user: User, job: ExportJob, being_made: Path, clock: Callable[[], datetime]) -> str:
    source = source_of(job.what)
    filters = source.read_filters(job.filters)
    rows = source.count(user=user, filters=filters, form=job.format)
    if rows > MOST.get(job.format, rows):
        raise TooLarge(_("Son %(rows)d filas, y este formato admite %(most)d. Usa CSV, o pon filtros.")
                       % {"rows": rows, "most": MOST[job.format]})  # fmt: skip
    _hold(job, rows=rows, done=0)
    look = _Look(user, job, clock)
    with _private(being_made) as file:
        written = source.write(user=user, filters=filters, form=job.format, file=file, now=clock(), told=look)
    name = f"{being_made.stem}.{job.format}"
    with transaction.atomic():
        now = clock()
        _hold(
            job,
            status=Status.DONE,
            rows=written,
            done=written,
            file=name,
            size=being_made.stat().st_size,
            lease_until=None,
            finished_at=now,
            expires_at=now + KEPT_FOR,
        )
        record("data_exported", at=now, what=job.what, format=job.format, rows=written)
        if now - job.created_at > PATIENCE:
            _tell(user, source, job, rows=written, until=now + KEPT_FOR)
        being_made.replace(folder() / name)
    return f"{written} rows"


def _tell(user: User, source: Source, job: ExportJob, *, rows: int, until: datetime) -> None:
    """Write to whoever has stopped waiting. In the caller's transaction."""
    context = {
        "what": str(source.label).lower(),
        "name": name_of(job, user=user),
        "rows": rows,
        "until": date_format(timezone.localtime(until), "SHORT_DATETIME_FORMAT"),
        "link": address_of(job),
    }
    key = f"export-{job.pk}"
    mail.post(
        user=user, kind=mail.Kind.EXPORT_READY, template="export_file", context=context, key=key, useful_until=until
    )


class _Look:
    """Called while rows are written: now and then it notes how far it is, and notices that it is to stop."""

    def __init__(self, user: User, job: ExportJob, clock: Callable[[], datetime]) -> None:
        self.user, self.job, self.clock = user, job, clock
        self._next = time.monotonic() + LOOK_SECONDS

    def __call__(self, done: int) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LOOK_SECONDS
        if not User.objects.filter(pk=self.user.pk, is_active=True).exists():
            _hold(self.job, status=Status.WAITING, lease_until=None)  # goes on when the account does
            raise Lost
        _hold(self.job, done=done, lease_until=self.clock() + LEASE)


def _claim(job_id: int, *, now: datetime) -> ExportJob | None:
    with transaction.atomic():
        found = ExportJob.objects.open().filter(Q(lease_until=None) | Q(lease_until__lt=now))
        job: ExportJob | None = found.select_for_update(skip_locked=True).filter(pk=job_id).first()
        if job is None:
            return None
        job.status, job.lease_until = Status.RUNNING, now + LEASE
        job.fence, job.attempts = job.fence + 1, job.attempts + 1
        job.save(update_fields=["status", "lease_until", "fence", "attempts"])
    if job.attempts > MAX_ATTEMPTS:
        _stumble(job, None, now=now)
        return None
    return job


def _hold(job: ExportJob, **fields: Any) -> None:
    """Write ``fields`` while the job is still ours. Raises Lost."""
    if not ExportJob.objects.open().filter(pk=job.pk, fence=job.fence).update(**fields):
        raise Lost


def _stumble(job: ExportJob, fault: Exception | None, *, now: datetime) -> str:
    """Try again later, or say that it failed, and why."""
    is_final = fault is None or isinstance(fault, TooLarge | TooManyRows) or job.attempts >= MAX_ATTEMPTS
    if not is_final:
        # Not before the lease is over: whatever was wrong may be over by then, too.
        ExportJob.objects.filter(pk=job.pk, fence=job.fence).update(lease_until=now + LEASE)
        return "stumbled"
    with translation.override(job.language):
        usual = _("Algo falló de nuestro lado. Pídela otra vez.")
    told = str(fault) if isinstance(fault, TooLarge | TooManyRows) else usual
    ExportJob.objects.filter(pk=job.pk, fence=job.fence).update(
        status=Status.FAILED, fault=told[:300], lease_until=None, finished_at=now, fence=F("fence") + 1
    )
    return "failed"


@contextmanager
def _the_only_one() -> Iterator[bool]:
    """The right to write exports for the queue, on a connection of its own. Yields whether it was free."""
    with dedicated_connection(application_name="recado exports") as held:
        row = held.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        yield bool(row and row[0])


def _private(path: Path) -> BinaryIO:
    """A new file that only its owner may read."""
    return cast(BinaryIO, os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b"))
