"""Writing down whom an event is to be told, in the transaction of the event itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from messaging.webhooks import claiming
from messaging.webhooks.models import WebhookDelivery
from tenants.events import EVENTS, Event
from tenants.jobs import enqueue

SENDER = "messaging.tasks.send_webhooks"
DRAIN_SECONDS = 60.0  # how long one task goes on claiming

# By hand: of every event that may be told this is asked, and the ORM takes longer to write the question than
# PostgreSQL to answer it.
_who = "SELECT id FROM messaging_webhookendpoint WHERE user_id = %s AND is_active AND %s = ANY (events)"


def tell(events: Sequence[Event]) -> None:
    """Put events of one name and tenant on their way to the endpoints that want them.

    In the transaction and scope in which they were recorded. One query when nobody wants them.
    """
    first = events[0]
    if not EVENTS[first.name].told:
        return
    with connection.cursor() as cursor:
        cursor.execute(_who, [first.user_id, first.name])
        wanting = [pk for (pk,) in cursor.fetchall()]
    if not wanting:
        return
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                user_id=event.user_id,
                endpoint_id=endpoint_id,
                event=event.name,
                data=event.data,
                happened_at=event.at,
                next_at=event.at,
            )
            for event in events
            for endpoint_id in wanting
        ],
        batch_size=1000,
    )
    ring()


def ring() -> None:
    """Have somebody send what is due, in the caller's transaction."""
    seconds = int(DRAIN_SECONDS + settings.WEBHOOKS["LEASE_SECONDS"]) + 30
    enqueue(SENDER, timeout=seconds)


def ring_due(*, now: datetime) -> bool:
    """Ring when something is due. Returns whether it rang."""
    due = claiming.waiting_since(now=now) is not None
    if due:
        with transaction.atomic():
            ring()
    return due


def sweep(*, now: datetime) -> dict[str, Any]:
    """Find again what lies with somebody who is gone, and ring for what is due.

    To be called every 10 to 30 seconds by a process that is no django-q2 worker. Returns how many of each.
    """
    found = claiming.release_expired(now=now)
    return {**found, "rung": ring_due(now=now)}
