"""Rows of accounts that are over: nobody will ask for them again."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from tenants import idempotency, sign_ins
from tenants.email_changes import forget_old
from tenants.limits import LimitWindow


def forget_expired(*, now: datetime) -> int:
    """Delete the windows, tokens, sessions, sign-ins, changes of address and kept answers that ended before ``now``.

    Returns how many rows went.
    """
    expired = (
        LimitWindow.objects.filter(ends_at__lt=now),
        OutstandingToken.objects.filter(expires_at__lt=now),
        Session.objects.filter(expire_date__lt=now),
    )
    gone = sum(rows.delete()[0] for rows in expired)
    return gone + sum(forget(now=now) for forget in (sign_ins.forget_over, forget_old, idempotency.forget_old))
