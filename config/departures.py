"""Accounts that are given up: the letter before the end, and the erasure when their days are over. For the clock."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override

from config import data_jobs
from config.models import DataJob
from tenants import leaving
from tenants.models import User


def look(*, now: datetime) -> int:
    """Write to those who leave within three days, and have those erased whose time has come. Returns how many."""
    leaving.tell_soon(now=now)
    return sum(_erase(user) for user in leaving.due(now=now))


def _erase(user: User) -> bool:
    jobs = DataJob.objects.filter(kind=DataJob.Kind.ERASE, account_id=user.pk, created_at__gte=user.leaves_at)
    if jobs.exists():  # at work; or a superadmin called it off, and decides what becomes of the account
        return False
    with override("es"):  # the language of the audit
        reason = _("Su dueño pidió borrar la cuenta, y pasó el plazo.")
    try:
        data_jobs.ask(kind=DataJob.Kind.ERASE, user=user, by=None, reason=reason, typed_name=user.username)
    except ValidationError:  # one that a superadmin has asked for is at work
        return False
    return True
