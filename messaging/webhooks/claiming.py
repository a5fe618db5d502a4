"""Which telling goes out next: due rows of all tenants are claimed with a lease and a fencing token.

Claiming says ``sending`` at once: what is sent twice does no harm, for its receiver knows it by its id. Each endpoint
and each tenant has so many calls at a time, and the endpoints that fail share a part of the threads, so that who is
slow waits for itself alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import connection

from messaging.webhooks.models import WebhookDelivery
from tenants.scope import all_tenants

MOST_DEATHS = 5  # of those who were sending it, until it is given up
USEFUL = timedelta(days=3)  # that a telling waits for an endpoint that is paused, or an account that is suspended
BATCH = 5_000

_ready = """
    WITH busy AS (
        SELECT endpoint_id, user_id, count(*) AS calls FROM messaging_webhookdelivery
        WHERE status = 'sending' AND lease_until > %(now)s GROUP BY endpoint_id, user_id
    ), due AS (
        SELECT d.id, d.endpoint_id, d.user_id, d.next_at, e.failing_since IS NOT NULL AS is_failing,
            greatest(d.next_at, e.failed_at, e.delivered_at) AS since,
            row_number() OVER (PARTITION BY d.endpoint_id ORDER BY d.next_at, d.id) AS place,
            row_number() OVER (
                PARTITION BY d.user_id, e.failing_since IS NOT NULL ORDER BY d.next_at, d.id
            ) AS place_of_user
        FROM messaging_webhookendpoint e JOIN tenants_user u ON u.id = e.user_id
        CROSS JOIN LATERAL (
            SELECT * FROM messaging_webhookdelivery w
            WHERE w.endpoint_id = e.id AND w.status = 'queued' AND w.next_at <= %(now)s AND (e.is_active OR w.is_asked)
            ORDER BY w.next_at LIMIT %(per_endpoint)s
        ) d
        WHERE u.is_active
    ), ready AS (
        SELECT due.* FROM due
        WHERE place + coalesce((SELECT calls FROM busy WHERE busy.endpoint_id = due.endpoint_id), 0) <= %(per_endpoint)s
            AND place_of_user + coalesce((SELECT sum(calls) FROM busy WHERE busy.user_id = due.user_id), 0)
                <= %(per_tenant)s
    )
"""
_claim = f"""{_ready}
    UPDATE messaging_webhookdelivery
    SET status = 'sending', fence = fence + 1, claims = claims + 1, lease_until = %(until)s
    WHERE id = ANY (ARRAY(
        SELECT w.id FROM messaging_webhookdelivery w JOIN ready ON ready.id = w.id
        WHERE w.status = 'queued' AND ready.is_failing = %(failing)s
        ORDER BY ready.place_of_user, ready.next_at, w.id LIMIT %(most)s FOR UPDATE OF w SKIP LOCKED
    ))
    RETURNING id, user_id, endpoint_id, fence
"""  # noqa: S608  (only our own text goes into it)
_oldest = f"{_ready} SELECT min(since) FROM ready"  # noqa: S608
_release = """
    UPDATE messaging_webhookdelivery SET
        status = CASE WHEN claims - tries >= %(deaths)s THEN 'failed' ELSE 'queued' END,
        reason = CASE WHEN claims - tries >= %(deaths)s THEN 'interrupted' ELSE '' END,
        finished_at = CASE WHEN claims - tries >= %(deaths)s THEN %(now)s::timestamptz END,
        next_at = %(now)s, lease_until = NULL
    WHERE status = 'sending' AND lease_until <= %(now)s
    RETURNING status
"""
_expire = """
    UPDATE messaging_webhookdelivery SET status = 'failed', reason = 'too_late', finished_at = %(now)s
    WHERE status = 'queued' AND NOT is_asked AND created_at <= %(before)s AND next_at <= %(now)s
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one telling until the lease ends or the fence rises."""

    delivery_id: int
    user_id: int
    endpoint_id: int
    fence: int
    is_failing: bool


@dataclass(frozen=True, slots=True)
class WebhookFigures:
    """Over all tenants. ``delivered`` and ``failed`` are of the last day."""

    queued: int
    sending: int
    delivered: int
    failed: int
    oldest: datetime | None  # since when the one waits that has waited longest for us
    active: int  # endpoints
    failing: int
    disabled: int


def claim_due(*, now: datetime, most: int, failing: bool) -> list[Claim]:
    """Claim up to ``most`` tellings to endpoints that fail at present, or to those that do not.

    Two who claim at once never get the same. In no scope and no transaction.
    """
    if most <= 0:
        return []
    values = {
        **_values(now),
        "until": now + timedelta(seconds=settings.WEBHOOKS["LEASE_SECONDS"]),
        "failing": failing,
        "most": most,
    }
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_claim, values)
        rows = cursor.fetchall()
    return [Claim(pk, user_id, endpoint_id, fence, failing) for pk, user_id, endpoint_id, fence in rows]


def release_expired(*, now: datetime) -> Counter[str]:
    """Let others send what somebody was sending who is gone; what has outlived too many fails."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_release, {"now": now, "deaths": MOST_DEATHS})
        return Counter(status for (status,) in cursor.fetchall())


def forget(*, now: datetime) -> int:
    """End what has waited for too long, and delete what was over long ago. Returns how many are gone."""
    old = now - timedelta(days=settings.WEBHOOKS["DAYS"])
    with all_tenants():
        with connection.cursor() as cursor:
            cursor.execute(_expire, {"now": now, "before": now - USEFUL})
        rows = WebhookDelivery.objects.filter(created_at__lt=old).order_by("created_at").values_list("pk", flat=True)
        return int(WebhookDelivery.objects.filter(pk__in=list(rows[:BATCH])).delete()[0])


def waiting_since(*, now: datetime) -> datetime | None:
    """Since when the telling waits that has waited longest and could go out now; None when none waits."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_oldest, _values(now))
        (since,) = cursor.fetchone()
    return cast("datetime | None", since)


def read_figures(*, now: datetime) -> WebhookFigures:
    """How the webhooks of all tenants do; for the superadmin, who sees no tenant's words."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'sending'),"
            " count(*) FILTER (WHERE status = 'delivered' AND finished_at >= %(day)s),"
            " count(*) FILTER (WHERE status = 'failed' AND finished_at >= %(day)s)"
            " FROM messaging_webhookdelivery WHERE created_at >= %(since)s",
            {"day": now - timedelta(days=1), "since": now - USEFUL - timedelta(days=1)},
        )
        queued, sending, delivered, failed = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FILTER (WHERE is_active), count(*) FILTER (WHERE is_active AND failing_since IS NOT NULL),"
            " count(*) FILTER (WHERE disabled_at IS NOT NULL) FROM messaging_webhookendpoint"
        )
        active, failing, disabled = cursor.fetchone()
    return WebhookFigures(queued, sending, delivered, failed, waiting_since(now=now), active, failing, disabled)


def _values(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "per_endpoint": settings.WEBHOOKS["PER_ENDPOINT"],
        "per_tenant": settings.WEBHOOKS["PER_TENANT"],
    }
