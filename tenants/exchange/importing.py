"""The passes over a file: looking at every row, writing them batch by batch, or all in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from django.db import DataError, IntegrityError, connection, transaction

from tenants.events import told_as_one
from tenants.exchange import files, tables
from tenants.exchange.judging import Judge, Judged, in_batches
from tenants.exchange.kinds import Kind, Refused
from tenants.exchange.reasons import Reason
from tenants.exchange.tables import Table
from tenants.exchange.values import write_cell
from tenants.models import ImportJob, ImportRow, User
from tenants.notices import dedicated_connection
from tenants.scope import TENANT_SETTING

BATCH = 500  # rows that are written together
MOST_TOLD = 100  # errors that a job repeats; all are in the file of refused rows
LOCK = 7_231_118  # of the advisory locks, with the tenant's id: one import of a tenant writes at a time
TELL_SECONDS = 0.5  # between two looks at the row of a job whose transaction is long
COUNTS = {
    "create": "created",
    "update": "updated",
    "unchanged": "unchanged",
    "skip": "skipped",
    "refuse": "refused",
}
Hold = Callable[..., None]  # writes fields of the job while it is ours; raises running.Lost


class Tally:
    """What became of the rows so far, as the job says it."""

    def __init__(self, job: ImportJob | None = None) -> None:
        self.counts = {name: getattr(job, name) if job else 0 for name in COUNTS.values()}
        self.errors: list[dict[str, Any]] = list(job.errors) if job else []

    def add(self, batch: Sequence[Judged]) -> None:
        for judged in batch:
            self.counts[COUNTS[judged.action]] += 1
            if judged.action == "refuse" and len(self.errors) < MOST_TOLD:
                self.errors += judged.errors[: MOST_TOLD - len(self.errors)]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def fields(self) -> dict[str, Any]:
        return {**self.counts, "errors": self.errors}


class SomeRefused(Exception):
    """Rows of a file that goes in whole or not at all could not be written."""

    def __init__(self, tally: Tally, refused: list[Judged]) -> None:
        super().__init__(f"{len(refused)} rows")
        self.tally, self.refused = tally, refused


def look_through(*, user: User, kind: Kind, job: ImportJob, hold: Hold, share: int = 1) -> Tally:
    """Look at every row and write none but the refused ones, for the report. ``share``: 2 when this is half the way."""
    judge, tally = Judge(user=user, kind=kind, job=job), Tally()
    with transaction.atomic():
        ImportRow.objects.filter(job=job).delete()
    with _batches(job, kind, judge) as batches:
        for batch in batches:
            judge.decide(batch)
            tally.add(batch)
            with transaction.atomic():
                _keep(user, job, [judged for judged in batch if judged.action == "refuse"])
                hold(done=tally.rows // share, **tally.fields())
    return tally


def write_on(*, user: User, kind: Kind, job: ImportJob, hold: Hold, until: float) -> bool:
    """Write the rows behind the job's cursor, a batch in a transaction, till ``time.monotonic()`` passes ``until``.

    Returns whether they are all written. Whoever comes after a crash goes on behind the last batch that was committed.
    """
    judge, tally = Judge(user=user, kind=kind, job=job), Tally(job)
    with _batches(job, kind, judge) as batches:
        for batch in batches:
            if batch[-1].number <= job.cursor:
                continue  # written before; the judge has seen it
            if time.monotonic() > until:
                return False
            with transaction.atomic():
                _take_turn(user)
                _write(user, kind, job, judge, batch)
                tally.add(batch)
                hold(cursor=batch[-1].number, done=tally.rows, **tally.fields())
    return True


def write_all(*, user: User, kind: Kind, job: ImportJob, tell: Callable[[int], None]) -> Tally:
    """Write every row, in the caller's transaction. Raises SomeRefused when one cannot be."""
    judge, tally = Judge(user=user, kind=kind, job=job), Tally()
    _take_turn(user)
    with _batches(job, kind, judge) as batches:
        for batch in batches:
            _write(user, kind, job, judge, batch)
            tally.add(batch)
            if refused := [judged for judged in batch if judged.action == "refuse"]:
                raise SomeRefused(tally, refused)
            tell(tally.rows)
    return tally


def keep_refused(*, user: User, job: ImportJob, refused: Sequence[Judged]) -> None:
    """Keep rows that were refused, for the report."""
    _keep(user, job, refused)


class Beacon:
    """Tells how far a long transaction is, and hears that it was stopped, on a connection of its own.

    Its commits are seen at once, while those of the transaction are seen at its end.
    """

    def __init__(self, *, job: ImportJob, lease: timedelta, lost: type[Exception]) -> None:
        self._job, self._lease, self._lost = job, lease, lost
        self._connection: psycopg.Connection[Any] | None = None
        self._next = time.monotonic() + TELL_SECONDS

    def tell(self, done: int) -> None:
        """Write ``done`` now and then. Raises what was given as ``lost`` when the job is somebody else's."""
        if time.monotonic() < self._next:
            return
        if self._connection is None:
            self._connection = dedicated_connection(application_name="recado import")
            self._connection.execute("SELECT set_config(%s, %s, false)", [TENANT_SETTING, str(self._job.user_id)])
            self._connection.execute("SET lock_timeout = '200ms'")
        try:
            told = self._connection.execute(
                "UPDATE tenants_importjob SET done = %s, lease_until = now() + %s"
                " WHERE id = %s AND fence = %s AND status = 'running'",
                [done, self._lease, self._job.pk, self._job.fence],
            )
            if not told.rowcount:
                raise self._lost
        except psycopg.errors.LockNotAvailable:
            pass  # a transaction of ours holds the row: then nobody else can have stopped it
        self._next = time.monotonic() + TELL_SECONDS

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


@contextmanager
def _batches(job: ImportJob, kind: Kind, judge: Judge) -> Iterator[Iterator[list[Judged]]]:
    with files.opened(job) as file:
        raws = tables.read_rows(file, Table.of(job), kind=kind)
        yield in_batches((judge.read(raw) for raw in raws), BATCH)


def _take_turn(user: User) -> None:
    """Wait until no other import of the tenant is writing; the turn ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, user.pk % 2**31])


def _write(user: User, kind: Kind, job: ImportJob, judge: Judge, batch: list[Judged]) -> None:
    try:
        with transaction.atomic():
            _write_together(user, kind, job, judge, batch)
    except (IntegrityError, DataError):
        # One of them is not as the database wants it, or somebody was quicker: each for itself shows which.
        for judged in batch:
            try:
                with transaction.atomic():
                    _write_together(user, kind, job, judge, [judged])
            except (IntegrityError, DataError):
                judged.refuse(Reason("not_kept"))
                _keep(user, job, [judged])


def _write_together(user: User, kind: Kind, job: ImportJob, judge: Judge, batch: list[Judged]) -> None:
    judge.decide(batch, lock=True)
    wanted = [judged for judged in batch if judged.action in ("create", "update") and judged.row is not None]
    written: list[ImportRow] = []
    rows = [judged.row for judged in wanted if judged.row is not None]
    with told_as_one():
        results = kind.write(user=user, rows=rows) if rows else []
    for judged, result in zip(wanted, results, strict=True):
        if isinstance(result, Refused):
            judge.blame(judged, result)
            continue
        action = ImportRow.Action.CREATED if judged.action == "create" else ImportRow.Action.UPDATED
        written.append(
            ImportRow(
                user=user,
                job=job,
                number=judged.number,
                action=action,
                row_id=result.id,
                mark=result.mark,
                before=result.before,
            )
        )
    ImportRow.objects.bulk_create(written, batch_size=1000)
    _keep(user, job, [judged for judged in batch if judged.action == "refuse"])


def _keep(user: User, job: ImportJob, refused: Sequence[Judged]) -> None:
    ImportRow.objects.bulk_create(
        [
            ImportRow(
                user=user,
                job=job,
                number=judged.number,
                action=ImportRow.Action.REFUSED,
                cells=[_storable(cell) for cell in judged.cells[: len(job.columns) or None]],
                reasons=[
                    {name: said for name, said in error.items() if name not in ("row", "value")}
                    for error in judged.errors
                ],
            )
            for judged in refused
        ],
        batch_size=1000,
    )


def _storable(cell: Any) -> Any:
    """A cell as JSON and PostgreSQL hold it: numbers and what is true or not as they are, all else as text."""
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    return write_cell(cell).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:50_000]
