"""The private address under which a calendar program reads the agenda: made, found again by its secret, revoked."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from agenda.calendar.export import write_calendar
from agenda.feeds import CalendarFeed
from tenants.models import Preferences, User
from tenants.scope import tenant_scope

SHOWN_BACK = timedelta(days=90)
READ_NOTED_EVERY = timedelta(hours=1)

_token = re.compile(r"([0-9]{1,18})-([A-Za-z0-9_-]{43})")


def make_feed(*, user: User) -> str:
    """A new address for ``user``, whose scope is open; the one before stops working. Answers its token, shown once."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarFeed.objects.all().delete()
        CalendarFeed.objects.create(user=user, digest=_digest(secret))
    return f"{user.pk}-{secret}"


def read_feed(*, token: str, now: datetime) -> bytes | None:
    """What the address with ``token`` shows; None when there is no such address or its owner was deactivated."""
    found = _token.fullmatch(token)
    user = User.objects.tenants().filter(pk=int(found[1]), is_active=True).first() if found else None
    if found is None or user is None:
        return None
    with tenant_scope(user):
        feed = CalendarFeed.objects.first()
        if feed is None or not hmac.compare_digest(bytes(feed.digest), _digest(found[2])):
            return None
        if feed.read_at is None or now - feed.read_at > READ_NOTED_EVERY:
            CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)
        name = Preferences.current(user).business_name or user.username
        return write_calendar(user=user, name=name, since=now - SHOWN_BACK)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
