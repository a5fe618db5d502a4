"""Exports that nobody writes, and files whose day is over. For the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tenants.exchange import exports
from tenants.exchange.export_jobs import ExportJob
from tenants.scope import all_tenants

QUIET = timedelta(seconds=5)  # in which the task that was rung first has begun, as a rule
LISTED_FOR = timedelta(days=30)  # what was exported, and that it was
OVERDUE = timedelta(days=2)  # nobody waits for it any more


def sweep(*, now: datetime) -> int:
    """Ring for exports that wait, or whose worker was killed: the eldest first. Returns how many."""
    with all_tenants(), transaction.atomic():
        waiting = ExportJob.objects.open().filter(user__is_active=True)
        waiting = waiting.filter(Q(lease_until=None, created_at__lt=now - QUIET) | Q(lease_until__lt=now))
        jobs = list(waiting.order_by("pk")[:1])  # one is written at a time
        for job in jobs:
            exports.ring(job)
    return len(jobs)


def forget(*, now: datetime) -> int:
    """Remove files whose day is over, and whatever else lies there since longer; rows after a month. Returns how many
    files went."""
    count = 0
    with all_tenants():
        for job in ExportJob.objects.filter(expires_at__lte=now).exclude(file=""):
            exports.remove_file(job)
            count += ExportJob.objects.filter(pk=job.pk).update(file="")
        ExportJob.objects.filter(created_at__lt=now - LISTED_FOR).delete()
        ExportJob.objects.open().filter(created_at__lt=now - OVERDUE).update(status=ExportJob.Status.CANCELLED)
    eldest = (now - exports.KEPT_FOR - timedelta(hours=1)).timestamp()
    for path in exports.folder().iterdir():  # what an account left that is gone, or a worker that was killed
        if path.is_file() and path.stat().st_mtime < eldest:
            path.unlink(missing_ok=True)
            count += 1
    return count
