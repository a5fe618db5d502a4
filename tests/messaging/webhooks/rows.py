"""Endpoints, tellings, and whoever sends them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.webhooks import endpoints, sending
from tenants.events import record
from tenants.models import User
from tenants.scope import tenant_scope

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
EVENT = "order_approved"


def add(user: User, url: str, *events: str, **fields: Any) -> WebhookEndpoint:
    with tenant_scope(user):
        return endpoints.add(user=user, url=url, events=events or (EVENT,), **fields)


def happen(user: User, *, at: datetime = NOW, order: int = 7) -> None:
    """Something that endpoints are told of."""
    with tenant_scope(user):
        record(EVENT, at=at, order=order, currency="COP", total="25.00")


def drain(*, now: datetime = NOW, **options: Any) -> dict[str, int]:
    """Send what is due at ``now``, in this thread and without chance."""
    return dict(sending.drain(clock=lambda: now, draw=lambda: 0.0, **options))


def told(user: User, **filters: Any) -> list[WebhookDelivery]:
    with tenant_scope(user):
        return list(WebhookDelivery.objects.filter(**filters).select_related("endpoint").order_by("pk"))


def look(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    with tenant_scope(endpoint.user):
        return WebhookEndpoint.objects.get(pk=endpoint.pk)
