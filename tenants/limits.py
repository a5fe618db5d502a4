"""Counting in a window, shared by every process through one row per key and window.

The table is unlogged: a hit waits for no disk, and a crash of the database starts every window afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

if TYPE_CHECKING:
    from tenants.models import User


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
    """At most ``times`` hits in ``period``, counted under ``name``.

    ``measure`` names the field of ``Plan`` that says how many, where there is one: then ``times`` holds without a plan.
    """

    name: str
    times: int
    period: timedelta
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands on ``limit``, whose ``times`` are those of their plan: ``used`` until ``ends_at``."""

    limit: Limit
    used: int
    ends_at: datetime

    @property
    def left(self) -> int:
        return max(0, self.limit.times - self.used)

    @property
    def is_over(self) -> bool:
        return self.used > self.limit.times

    def seconds(self, *, now: datetime) -> int:
        """Whole seconds until the window ends, at least one."""
        return max(1, ceil((self.ends_at - now).total_seconds()))


class TooMany(Exception):
    """A limit was reached; ``retry_after`` says in how many whole seconds its window ends."""

    def __init__(self, limit: Limit, retry_after: int) -> None:
        super().__init__(f"{limit.name}: more than {limit.times} in {limit.period}")
        self.limit = limit
        self.retry_after = retry_after


# The keys in one order for everybody, so that two requests with the same ones never wait for each other crosswise.
_count = """
    WITH counted AS (
        INSERT INTO tenants_limit_window AS w (key, count, ends_at)
        SELECT hit.key, 1, hit.ends_at FROM unnest(%(keys)s::text[], %(ends)s::timestamptz[]) AS hit (key, ends_at)
        ORDER BY hit.key
        ON CONFLICT (key) DO UPDATE SET
            count = CASE WHEN w.ends_at <= %(now)s THEN 1 ELSE w.count + 1 END,
            ends_at = CASE WHEN w.ends_at <= %(now)s THEN excluded.ends_at ELSE w.ends_at END
        RETURNING key, count, ends_at
    )
    SELECT w.key, w.count, w.ends_at, plan.requests_per_minute, plan.chats_per_minute FROM counted w
"""
_look = """
    SELECT w.key, w.count, w.ends_at, plan.requests_per_minute, plan.chats_per_minute
    FROM (
        SELECT hit.key, coalesce(held.count, 0) AS count, coalesce(held.ends_at, hit.ends_at) AS ends_at
        FROM unnest(%(keys)s::text[], %(ends)s::timestamptz[]) AS hit (key, ends_at)
        LEFT JOIN tenants_limit_window held ON held.key = hit.key AND held.ends_at > %(now)s
    ) w
"""
_with_plan = """
    LEFT JOIN tenants_plan plan
    ON %(planned)s AND (plan.id = %(plan)s::bigint OR (%(plan)s::bigint IS NULL AND plan.is_default))
"""
MEASURES = ("requests_per_minute", "chats_per_minute")


def count(
    *, hits: Sequence[tuple[Limit, str]], planned_for: User | None = None, now: datetime | None = None
) -> list[Standing]:
    """Count one hit of each (limit, who) and answer how they stand now, in that order. One statement for all.

    ``planned_for`` is whose plan says how many, in the limits that have a measure. Refuses nothing.
    """
    return _stand(_count, hits, planned_for, now or timezone.now())


def look(
    *, hits: Sequence[tuple[Limit, str]], planned_for: User | None = None, now: datetime | None = None
) -> list[Standing]:
    """How each (limit, who) stands now, as ``count`` answers it; counts nothing."""
    return _stand(_look, hits, planned_for, now or timezone.now())


def hit(*, limit: Limit, who: str, now: datetime | None = None) -> None:
    """Count one hit of ``who`` on ``limit``. Raises TooMany past it. One statement, whoever else counts meanwhile."""
    if not settings.LIMITS:
        return
    now = now or timezone.now()
    (standing,) = count(hits=[(limit, who)], now=now)
    if standing.is_over:
        raise TooMany(limit, retry_after=standing.seconds(now=now))


def check(*, limit: Limit, who: str, now: datetime | None = None) -> None:
    """Raise TooMany when ``who`` has already used up ``limit``; counts nothing."""
    if not settings.LIMITS:
        return
    now = now or timezone.now()
    (standing,) = look(hits=[(limit, who)], now=now)
    if standing.used >= limit.times:
        raise TooMany(limit, retry_after=standing.seconds(now=now))


def forget(*, limit: Limit, who: str) -> None:
    """Start ``who`` afresh on ``limit``."""
    LimitWindow.objects.filter(key=_key(limit, who)).delete()


def describe(standings: Sequence[Standing], *, now: datetime) -> dict[str, str]:
    """The response headers that tell how somebody stands; none when nothing is limited.

    They are lists of strings with parameters, after draft-ietf-httpapi-ratelimit-headers-09, sections 3 and 4
    (datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-09): what a policy gives (``q``) in how many
    seconds (``w``), and what is left (``r``) until it begins anew (``t``).
    """
    if not standings:
        return {}
    policies = [f'"{one.limit.name}";q={one.limit.times};w={_seconds(one.limit)}' for one in standings]
    left = [f'"{one.limit.name}";r={one.left};t={one.seconds(now=now)}' for one in standings]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}


def describe_refusal(fault: TooMany) -> dict[str, str]:
    """The same for a limit that was reached, when no more is known of it."""
    name = f'"{fault.limit.name}"'
    return {
        "RateLimit-Policy": f"{name};q={fault.limit.times};w={_seconds(fault.limit)}",
        "RateLimit": f"{name};r=0;t={fault.retry_after}",
    }


def _stand(
    statement: str, hits: Sequence[tuple[Limit, str]], planned_for: User | None, now: datetime
) -> list[Standing]:
    if not hits:
        return []
    keys = [_key(limit, who) for limit, who in hits]
    values: dict[str, Any] = {
        "keys": keys,
        "ends": [now + limit.period for limit, _ in hits],
        "now": now,
        "planned": planned_for is not None,
        "plan": planned_for.plan_id if planned_for is not None else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement + _with_plan, values)
        found = {key: row for key, *row in cursor.fetchall()}
    standings = []
    for (limit, _), key in zip(hits, keys, strict=True):
        used, ends_at, *planned = found[key]
        times = dict(zip(MEASURES, planned, strict=True)).get(limit.measure)
        standings.append(Standing(limit if times is None else replace(limit, times=times), used, ends_at))
    return standings


def _key(limit: Limit, who: str) -> str:
    return f"{limit.name}:{who}"[:200]


def _seconds(limit: Limit) -> int:
    return int(limit.period.total_seconds())
