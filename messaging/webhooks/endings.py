"""Writing down how a call ended: what becomes of the telling, and of an endpoint that does not come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import translation
from django.utils.translation import gettext as _

from messaging import bell
from messaging.webhooks.calling import Answer
from messaging.webhooks.claiming import Claim
from messaging.webhooks.models import WebhookDelivery, WebhookEndpoint
from messaging.webhooks.retries import LONGEST_WISH, next_try
from tenants.events import record
from tenants.models import User

PATIENCE = timedelta(days=5)  # of failures and no success
SILENCE = timedelta(days=2)  # without a try: failures before it are another story
KEPT_ATTEMPTS = 20
GONE = 410

Status = WebhookDelivery.Status
Reason = WebhookEndpoint.Reason


def write(
    claim: Claim, *, answer: Answer, signature: str, began: datetime, draw: Callable[[], float], now: datetime
) -> str | None:
    """Write down one call. In the tenant's scope and a transaction. Returns the telling's status; None when it is
    somebody else's by now. The endpoint is locked before the telling, here and wherever both are."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=claim.endpoint_id).first()
    held = WebhookDelivery.objects.select_for_update()
    delivery = held.filter(pk=claim.delivery_id, fence=claim.fence, status=Status.SENDING).first()
    if endpoint is None or delivery is None:
        return None
    attempt = {
        "at": began,
        "status_code": answer.status_code,
        "latency_ms": answer.latency_ms,
        "error": answer.error,
        "answer": answer.excerpt,
        "signature": signature,
    }
    delivery.attempts = [*delivery.attempts, attempt][-KEPT_ATTEMPTS:]
    delivery.tries, delivery.claims = delivery.tries + 1, delivery.tries + 1
    delivery.lease_until, delivery.reason = None, ""
    if answer.is_success:
        _succeed(delivery, endpoint, now=now)
    else:
        _fail(delivery, endpoint, answer=answer, draw=draw, now=now)
    return delivery.status


def _succeed(delivery: WebhookDelivery, endpoint: WebhookEndpoint, *, now: datetime) -> None:
    _finish(delivery, Status.DELIVERED, now=now)
    endpoint.delivered_at, endpoint.failing_since = now, None
    endpoint.save(update_fields=["delivered_at", "failing_since"])


def _fail(
    delivery: WebhookDelivery,
    endpoint: WebhookEndpoint,
    *,
    answer: Answer,
    draw: Callable[[], float],
    now: datetime,
) -> None:
    if delivery.is_asked:  # it is tried once, and says nothing of what really happens
        _finish(delivery, Status.FAILED, reason="asked_once", now=now)
    else:
        _wait(delivery, endpoint, answer=answer, draw=draw, now=now)
    if not endpoint.is_active:
        return
    if answer.status_code == GONE:
        disable(endpoint=endpoint, reason=Reason.GONE, now=now)
    elif not delivery.is_asked and endpoint.failing_since is not None and now - endpoint.failing_since >= PATIENCE:
        disable(endpoint=endpoint, reason=Reason.FAILING, now=now)


def _wait(
    delivery: WebhookDelivery,
    endpoint: WebhookEndpoint,
    *,
    answer: Answer,
    draw: Callable[[], float],
    now: datetime,
) -> None:
    """Until its next try, if one is left; the endpoint is failing meanwhile."""
    is_new = endpoint.failing_since is None or endpoint.failed_at is None or now - endpoint.failed_at > SILENCE
    endpoint.failing_since = now if is_new else endpoint.failing_since
    endpoint.failed_at = now
    endpoint.save(update_fields=["failing_since", "failed_at"])
    again = next_try(tries=delivery.tries, now=now, retry_after=answer.retry_after, draw=draw)
    if again is None:
        _finish(delivery, Status.FAILED, reason="exhausted", now=now)
    else:
        delivery.status, delivery.next_at = Status.QUEUED, again
        delivery.save()
        if answer.retry_after:  # who asks for a pause means all that is on its way there
            waiting = WebhookDelivery.objects.filter(endpoint=endpoint, status=Status.QUEUED, next_at__lt=again)
            waiting.exclude(is_asked=True).update(next_at=min(again, now + LONGEST_WISH))


def disable(*, endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    """Tell it nothing any more, end what waits for it, and let the tenant know. The endpoint is locked."""
    endpoint.is_active, endpoint.disabled_at, endpoint.disabled_reason = False, now, reason
    endpoint.save(update_fields=["is_active", "disabled_at", "disabled_reason", "updated_at"])
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, status=Status.QUEUED, is_asked=False)
    waiting.update(status=Status.FAILED, reason="disabled", finished_at=now)
    record("webhook_disabled", webhook=endpoint.pk, reason=reason)
    user: User = endpoint.user
    with translation.override(user.language):
        name = endpoint.description or host_of(endpoint.url)
        title = _("Desactivamos un webhook: %(name)s") % {"name": name}
        body = " ".join(
            [
                str(Reason(reason).label),
                _("Ya no le avisamos de nada. Cuando esté arreglado, actívalo otra vez en Ajustes › Webhooks."),
            ]
        )
    bell.alert(user=user, title=title, body=body, url=f"/user/webhooks?id={endpoint.pk}", now=now)


def host_of(url: str) -> str:
    """Where an address leads, without what may be secret in it."""
    return urlsplit(url).hostname or "webhook"


def _finish(delivery: WebhookDelivery, status: Any, *, now: datetime, reason: str = "") -> None:
    delivery.status, delivery.reason, delivery.finished_at = status, reason, now
    delivery.save()
