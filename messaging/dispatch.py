"""Which message goes out next: due rows of all tenants are claimed with a lease and a fencing token.

Each person's messages from one tenant and number are a queue of their own: while one is queued or being sent, those
after it wait. What nobody knows the end of (``unknown``) holds up nothing. A queued row with a lease is in somebody's
hands who has not begun to send it; when the lease ends it is free again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection
from django.db.models import Count, Q

from messaging.deliveries import Delivery
from tenants.scope import all_tenants

LEASE = timedelta(seconds=30)  # of a claim; of a call it is WHATSAPP["SENDING_LEASE_SECONDS"]

# The first of each queue, where its number may send and its tenant is not suspended; what is too late goes even where
# it may not, to be ended. Each has its place in its tenant's line, so that a tenant with a thousand messages does not
# hold up the others.
_ready = """
    WITH ready AS (
        SELECT d.id, d.next_at, n.not_before, d.phone_number_id, d.recipient,
            row_number() OVER (PARTITION BY d.user_id ORDER BY d.next_at, d.id) AS place
        FROM messaging_delivery d
        JOIN tenants_user u ON u.id = d.user_id
        LEFT JOIN LATERAL (
            SELECT c.paused_for, c.not_before FROM messaging_channel c WHERE c.id = d.channel_id
            UNION ALL
            SELECT s.paused_for, s.not_before FROM messaging_sharednumber s
            WHERE d.channel_id IS NULL AND s.phone_number_id = d.phone_number_id
        ) n ON true
        WHERE d.status = 'queued' AND d.next_at <= %(now)s AND (d.lease_until IS NULL OR d.lease_until <= %(now)s)
            AND (
                (
                    u.is_active
                    AND coalesce(n.paused_for, '') = '' AND (n.not_before IS NULL OR n.not_before <= %(now)s)
                )
                OR d.useful_until <= %(now)s
            )
            AND NOT EXISTS (
                SELECT 1 FROM messaging_delivery e
                WHERE e.phone_number_id = d.phone_number_id AND e.recipient = d.recipient AND e.user_id = d.user_id
                    AND e.id < d.id AND e.status IN ('queued', 'sending')
            )
    )
"""
_claim = f"""{_ready}
    UPDATE messaging_delivery SET fence = fence + 1, lease_until = %(until)s, updated_at = %(now)s
    WHERE id = ANY (ARRAY(
        SELECT d.id FROM messaging_delivery d JOIN ready ON ready.id = d.id
        WHERE d.status = 'queued' AND (d.lease_until IS NULL OR d.lease_until <= %(now)s)
        ORDER BY ready.place, ready.next_at, d.id LIMIT %(most)s FOR UPDATE OF d SKIP LOCKED
    ))
    RETURNING id, user_id, fence, phone_number_id
"""  # noqa: S608  (only our own text goes into it)
# Not counted is what a message waited for WhatsApp, or for the one before it in its queue.
_oldest = f"""{_ready}
    SELECT min(greatest(next_at, not_before, (
        SELECT max(p.sent_at) FROM messaging_delivery p
        WHERE p.phone_number_id = ready.phone_number_id AND p.recipient = ready.recipient
    ))) FROM ready
"""  # noqa: S608
_give_back = """
    UPDATE messaging_delivery d SET lease_until = NULL, updated_at = %(now)s
    FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS held (id, fence)
    WHERE d.id = held.id AND d.fence = held.fence AND d.status = 'queued'
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one message until the lease ends or the fence rises."""

    delivery_id: int
    user_id: int
    fence: int
    phone_number_id: str


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """Over all tenants. ``failed`` and ``unknown`` are of the last day."""

    queued: int
    sending: int
    oldest: datetime | None  # since when the one waits that has waited longest for us, not for WhatsApp
    failed: int
    unknown: int


def claim_due(*, now: datetime, most: int) -> list[Claim]:
    """Claim up to ``most`` messages. Two who claim at once never get the same. In no scope and no transaction."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_claim, {"now": now, "until": now + LEASE, "most": most})
        rows = cursor.fetchall()
    return [Claim(*row) for row in rows]


def give_back(*, claims: Sequence[Claim], now: datetime) -> None:
    """Let others have what was claimed and not begun."""
    if claims:
        values: dict[str, Any] = {
            "now": now,
            "ids": [one.delivery_id for one in claims],
            "fences": [one.fence for one in claims],
        }
        with all_tenants(), connection.cursor() as cursor:
            cursor.execute(_give_back, values)


def expired_sendings(*, now: datetime, most: int = 500) -> list[Claim]:
    """What somebody was sending who is gone, with the fence to mark it unknown with."""
    with all_tenants():
        rows = Delivery.objects.filter(status=Delivery.Status.SENDING, lease_until__lte=now).order_by("lease_until")
        return [Claim(*row) for row in rows.values_list("id", "user_id", "fence", "phone_number_id")[:most]]


def waiting_since(*, now: datetime) -> datetime | None:
    """Since when the message waits that has waited longest and could go out now; None when none waits."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_oldest, {"now": now})
        (since,) = cursor.fetchone()
    return cast("datetime | None", since)


def read_figures(*, now: datetime) -> OutboxFigures:
    """How the outbox of all tenants does; for the superadmin, who sees no tenant's text."""
    status, yesterday = Delivery.Status, now - timedelta(days=1)
    with all_tenants():
        waiting = Delivery.objects.unfinished().aggregate(
            queued=Count("pk", filter=Q(status=status.QUEUED)), sending=Count("pk", filter=Q(status=status.SENDING))
        )
        troubled = Delivery.objects.filter(
            status__in=[status.FAILED, status.UNKNOWN], updated_at__gte=yesterday
        ).aggregate(
            failed=Count("pk", filter=Q(status=status.FAILED)), unknown=Count("pk", filter=Q(status=status.UNKNOWN))
        )
    return OutboxFigures(**waiting, **troubled, oldest=waiting_since(now=now))
