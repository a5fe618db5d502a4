"""All of one's own data as a file: asked for by the tenant, made by the queue, taken by a link that is good for a day.

It is the export that a superadmin can make (``config.data_jobs``), at the wish of whom it is about.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import IO

from django.conf import settings
from django.core import signing
from django.db.models import F, QuerySet
from django.urls import reverse

from config import data_jobs
from config.models import DataJob
from tenants import limits
from tenants.models import User

ONE_A_DAY = limits.Limit("own-data", 1, timedelta(days=1))
LINK_LASTS = timedelta(hours=24)
_SALT = "recado.own-data"


class WrongLink(ValueError):
    """It is no link of ours, is too old, or the file is gone."""


class AlreadyRunning(Exception):
    """One is being made; it is the only one at a time."""


def ask(*, user: User, now: datetime) -> DataJob:
    """Have all data of ``user`` packed. Raises AlreadyRunning, and limits.TooMany for a second one in a day."""
    latest = jobs_of(user).exclude(state__in=[DataJob.State.CANCELLED, DataJob.State.FAILED]).first()
    if latest is not None and not latest.is_over:
        raise AlreadyRunning
    if latest is not None and (left := latest.created_at + ONE_A_DAY.period - now) > timedelta():
        raise limits.TooMany(ONE_A_DAY, retry_after=max(1, int(left.total_seconds())))
    try:
        return data_jobs.ask(kind=DataJob.Kind.EXPORT, user=user, by=user, reason="-")
    except data_jobs.OneAtATime as fault:  # a superadmin's, or one of this very moment
        raise AlreadyRunning from fault


def jobs_of(user: User) -> QuerySet[DataJob]:
    """Those that ``user`` asked for, the newest first. What superadmins asked for is not shown."""
    own = DataJob.objects.filter(kind=DataJob.Kind.EXPORT, account_id=user.pk, asked_by_id=F("account_id"))
    return own.order_by("-pk")


def link(*, job: DataJob, now: datetime) -> str | None:
    """Where the file can be fetched for a day, by whoever has the link; None while, or when, there is none."""
    if not job.file or (job.expires_at is not None and job.expires_at <= now):
        return None
    return settings.SITE_URL + reverse("own-data-file", args=[signing.dumps(job.pk, salt=_SALT)])


def open_file(*, token: str, now: datetime) -> tuple[DataJob, IO[bytes]]:
    """The file behind a link. Raises WrongLink."""
    try:
        pk = int(signing.loads(token, salt=_SALT, max_age=LINK_LASTS))
    except (signing.BadSignature, ValueError, TypeError) as fault:
        raise WrongLink from fault
    job = DataJob.objects.filter(pk=pk, asked_by_id=F("account_id"), expires_at__gt=now).exclude(file="").first()
    owner = User.objects.let_in().filter(pk=job.account_id).exists() if job is not None else False
    if job is None or not owner:
        raise WrongLink
    try:
        return job, data_jobs.path_of(job).open("rb")
    except FileNotFoundError as fault:  # another machine's, or just deleted
        raise WrongLink from fault
