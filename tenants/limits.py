"""Counting in a window, shared by every process through one row per key and window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db import connection, models
from django.utils import timezone


class LimitWindow(models.Model):
    """How often ``key`` was hit in the window that ends at ``ends_at``. Old rows go with the next hit on their key."""

    key = models.CharField(max_length=200, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "tenants_limit_window"

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` hits in ``period``, counted under ``name``."""

    name: str
    times: int
    period: timedelta


class TooMany(Exception):
    """A limit was reached; ``retry_after`` says in how many whole seconds its window ends."""

    def __init__(self, limit: Limit, retry_after: int) -> None:
        super().__init__(f"{limit.name}: more than {limit.times} in {limit.period}")
        self.limit = limit
        self.retry_after = retry_after


def hit(*, limit: Limit, who: str, now: datetime | None = None) -> None:
    """Count one hit of ``who`` on ``limit``. Raises TooMany past it. One statement, whoever else counts meanwhile."""
    if not settings.LIMITS:
        return
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tenants_limit_window AS w (key, count, ends_at) VALUES (%(key)s, 1, %(ends)s)
            ON CONFLICT (key) DO UPDATE SET
                count = CASE WHEN w.ends_at <= %(now)s THEN 1 ELSE w.count + 1 END,
                ends_at = CASE WHEN w.ends_at <= %(now)s THEN %(ends)s ELSE w.ends_at END
            RETURNING count, ends_at
            """,
            {"key": _key(limit, who), "now": now, "ends": now + limit.period},
        )
        count, ends_at = cursor.fetchone()
    _refuse(limit, count > limit.times, ends_at, now)


def check(*, limit: Limit, who: str, now: datetime | None = None) -> None:
    """Raise TooMany when ``who`` has already used up ``limit``; counts nothing."""
    if not settings.LIMITS:
        return
    now = now or timezone.now()
    window = LimitWindow.objects.filter(key=_key(limit, who), ends_at__gt=now).first()
    if window is not None:
        _refuse(limit, window.count >= limit.times, window.ends_at, now)


def forget(*, limit: Limit, who: str) -> None:
    """Start ``who`` afresh on ``limit``."""
    LimitWindow.objects.filter(key=_key(limit, who)).delete()


def _key(limit: Limit, who: str) -> str:
    return f"{limit.name}:{who}"[:200]


def _refuse(limit: Limit, refuse: bool, ends_at: datetime, now: datetime) -> None:
    if refuse:
        raise TooMany(limit, retry_after=max(1, ceil((ends_at - now).total_seconds())))
