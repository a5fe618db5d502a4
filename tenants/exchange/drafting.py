"""A file that was sent and is not imported yet: how it is read, and how its rows would come out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import islice
from typing import Any, BinaryIO, get_args

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tenants.exchange import columns, files, tables
from tenants.exchange.judging import Action, Judge, Judged, in_batches
from tenants.exchange.kinds import Kind, kind_of
from tenants.exchange.tables import Table
from tenants.models import ImportJob, User

READ = ("encoding", "delimiter", "decimal", "date_order", "sheet", "header_row")  # what may be said of a file
KEPT = ("format", "encoding", "delimiter", "decimal", "date_order", "sheet", "sheets", "columns", "rows")
JUDGED_TOGETHER = 500
COUNTING_SECONDS = 3.0  # for which rows are judged while somebody waits
Mapping_ = Mapping[int, str | None]  # by a column's index its field; None: it is left out


def begin(
    *,
    user: User,
    kind: Kind,
    file: BinaryIO,
    name: str,
    size: int,
    said: Mapping[str, Any] | None = None,
    mapping: Mapping_ | None = None,
    **how: str,
) -> ImportJob:
    """Keep ``file`` as a draft of ``user``, whose scope is open, and find out how it is read.

    ``said``: what the person says of it, of READ. ``how``: mode, on_match. Raises Unreadable, and ValidationError for
    a mapping to what there is not.
    """
    table = tables.survey(file, user=user, kind=kind, given=Table(**dict(said or {})))
    job = ImportJob(user=user, kind=kind.name, file_name=files.harmless_name(name), size=size, **how)
    _take(job, table)
    if mapping:
        _map(job, kind, mapping)
    with transaction.atomic():
        job.save(force_insert=True)
        files.keep(user=user, job=job, file=file)
        if mapping:
            _remember(job)
    return job


def change(
    *, user: User, job: ImportJob, said: Mapping[str, Any], mapping: Mapping_ | None = None, **how: str
) -> ImportJob:
    """Read a draft differently. In the scope of its tenant. Raises Unreadable, and ValidationError by field."""
    kind = kind_of(job.kind)
    if said:
        given = {name: said.get(name, getattr(job, name)) for name in READ}
        given["header_row"] = said.get("header_row", job.header_row or 0)
        if {"encoding", "sheet"} & said.keys():  # what was found of the one says nothing of the other
            for name in {"delimiter", "decimal", "date_order"} - said.keys():
                given[name] = ""
            if "header_row" not in said:
                given["header_row"] = None
        is_same_table = not {"encoding", "delimiter", "sheet", "header_row"} & said.keys()
        told = {str(one["index"]): one["field"] for one in job.columns} if is_same_table else None
        with files.opened(job) as file:
            _take(job, tables.survey(file, user=user, kind=kind, given=Table(format=job.format, **given), told=told))
    if mapping is not None:
        _map(job, kind, mapping)
    for name, value in how.items():
        setattr(job, name, value)
    job.dry_run = False
    with transaction.atomic():
        fields = {name: getattr(job, name) for name in (*KEPT, "header_row", "mode", "on_match", "dry_run")}
        if not ImportJob.objects.filter(pk=job.pk, status=ImportJob.Status.DRAFT).update(**fields):
            raise ValidationError({"detail": _("Esta importación ya empezó o ya terminó.")})
        if mapping is not None:
            _remember(job)
    job.refresh_from_db()
    return job


def preview(*, user: User, job: ImportJob, start: int, size: int) -> list[Judged]:
    """What would become of so many rows, ``start`` of them left out. In the tenant's scope. Raises Unreadable."""
    kind = kind_of(job.kind)
    judge = Judge(user=user, kind=kind, job=job)
    with files.opened(job) as file:
        raws = tables.read_rows(file, Table.of(job), kind=kind)
        # Those before are read, too: the same thing twice in a file is told by both.
        shown = list(islice((judge.read(raw) for raw in raws), start, start + size))
    for batch in in_batches(shown, JUDGED_TOGETHER):
        judge.decide(batch)
    return shown


def count(*, user: User, job: ImportJob) -> dict[str, int] | None:
    """How many rows would become what, by action; None when they are not gone through within COUNTING_SECONDS.

    In the tenant's scope. Writes nothing. Raises Unreadable.
    """
    if job.rows is None:
        return None
    kind, deadline = kind_of(job.kind), time.monotonic() + COUNTING_SECONDS
    judge = Judge(user=user, kind=kind, job=job)
    counts: dict[str, int] = dict.fromkeys(get_args(Action), 0)
    with files.opened(job) as file:
        raws = tables.read_rows(file, Table.of(job), kind=kind)
        for batch in in_batches((judge.read(raw) for raw in raws), JUDGED_TOGETHER):
            if time.monotonic() > deadline:
                return None
            judge.decide(batch)
            for judged in batch:
                counts[judged.action] += 1
    return counts


def _take(job: ImportJob, table: Table) -> None:
    for name in KEPT:
        setattr(job, name, getattr(table, name))
    job.header_row = table.header_row or None


def _map(job: ImportJob, kind: Kind, mapping: Mapping_) -> None:
    known, by_index = {one.name for one in kind.fields}, {column["index"]: column for column in job.columns}
    if unknown := sorted(index for index in mapping if index not in by_index):
        raise ValidationError({"mapping": _("El archivo no tiene la columna %(n)s.") % {"n": unknown[0]}})
    wanted = [name for name in mapping.values() if name is not None]
    if strange := [name for name in wanted if name not in known]:
        raise ValidationError({"mapping": _("No conocemos el campo «%(name)s».") % {"name": strange[0][:100]}})
    if len(set(wanted)) != len(wanted):
        raise ValidationError({"mapping": _("Dos columnas no pueden ser el mismo campo.")})
    for index, column in by_index.items():
        if index in mapping:
            column["field"] = mapping[index]
        elif column["field"] in wanted:
            column["field"] = None  # it is another column now


def _remember(job: ImportJob) -> None:
    columns.remember(
        user=job.user,
        kind=job.kind,
        layout=columns.layout_of(job.columns, header_row=job.header_row),
        fields=[column["field"] for column in job.columns],
    )
