"""Rows of accounts that are over: nobody will ask for them again."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from tenants import idempotency
from tenants.limits import LimitWindow


def forget_expired(*, now: datetime) -> int:
    """Delete the windows, tokens, sessions and kept answers that ended before ``now``. Returns how many rows went."""
    expired = (
        LimitWindow.objects.filter(ends_at__lt=now),
        OutstandingToken.objects.filter(expires_at__lt=now),
        Session.objects.filter(expire_date__lt=now),
    )
    return sum(rows.delete()[0] for rows in expired) + idempotency.forget_old(now=now)
