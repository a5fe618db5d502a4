"""How long files and rows of imports are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenants.exchange.undoing import UNDO_DAYS
from tenants.models import ImportJob, ImportPiece, ImportRow, User
from tenants.scope import all_tenants, tenant_scope

FILE_DAYS = timedelta(days=7)  # a file, and a draft that nobody went on with
JOB_DAYS = timedelta(days=365)  # that there was an import
AT_ONCE = 200  # jobs of one look


def forget_old(*, now: datetime) -> int:
    """Let go what was kept long enough, of everybody. For the clock, every hour. Returns how many jobs it touched."""
    with all_tenants():
        old = [
            *_of(ImportPiece.objects.filter(job__created_at__lt=now - FILE_DAYS)),
            *_of(ImportRow.objects.filter(job__created_at__lt=now - UNDO_DAYS - FILE_DAYS)),
        ]
        over = [*ImportJob.objects.filter(created_at__lt=now - JOB_DAYS).values_list("user_id", "pk")[:AT_ONCE]]
        left = ImportJob.objects.filter(created_at__lt=now - FILE_DAYS, status=ImportJob.Status.DRAFT)
        over += left.values_list("user_id", "pk")[:AT_ONCE]
    touched = sorted({*old, *over})
    for user in User.objects.filter(pk__in={user_id for user_id, _pk in touched}).order_by("pk"):
        jobs = [pk for user_id, pk in touched if user_id == user.pk]
        with tenant_scope(user):
            _let_go(jobs, gone={pk for _user, pk in over}, now=now)
    return len(touched)


def _of(rows: object) -> list[tuple[int, int]]:
    return [*rows.values_list("user_id", "job_id").distinct()[:AT_ONCE]]  # type: ignore[attr-defined]


def _let_go(jobs: list[int], *, gone: set[int], now: datetime) -> None:
    idle = ImportJob.objects.filter(pk__in=jobs).exclude(status__in=ImportJob.OPEN)
    for job in idle:
        if job.pk in gone:
            job.delete()
            continue
        ImportPiece.objects.filter(job=job).delete()
        if job.created_at < now - UNDO_DAYS - FILE_DAYS:
            ImportRow.objects.filter(job=job).delete()
