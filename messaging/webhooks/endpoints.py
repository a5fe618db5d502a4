"""A tenant's webhooks: adding, changing, a new secret, trying one out, telling something once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from messaging.webhooks import signing, targets, telling, wording
from messaging.webhooks.models import WebhookDelivery, WebhookEndpoint
from messaging.webhooks.targets import BadTarget, NoAddress, Resolve
from tenants.events import EVENTS, record
from tenants.limits import Limit, hit
from tenants.models import User

MOST = 10  # endpoints of one tenant
LOOK_SECONDS = 2.0  # for the address of a new endpoint; a person waits
TEST = "webhook_test"
ASKED_BY_TENANT = Limit("webhook-tests", times=60, period=timedelta(minutes=10))

Status = WebhookDelivery.Status


def told_events() -> list[str]:
    """The names of all events that may be told."""
    return [name for name, kind in EVENTS.items() if kind.told]


def label_of(event: str) -> str:
    """What happened, in the language of whoever asks."""
    return _("Prueba") if event == TEST else str(EVENTS[event].label) if event in EVENTS else event


def add(
    *,
    user: User,
    url: str,
    events: Sequence[str],
    description: str = "",
    is_active: bool = True,
    resolve: Resolve | None = None,
) -> WebhookEndpoint:
    """Add an endpoint with a new secret, which is to be shown this once. In the tenant's scope and no transaction.

    Raises ValidationError by field.
    """
    _check(url=url, events=events, resolve=resolve)
    with transaction.atomic():
        if len(WebhookEndpoint.objects.select_for_update().values_list("pk")) >= MOST:
            raise ValidationError({"url": _("Puedes tener hasta %(n)d. Borra uno que no uses.") % {"n": MOST}})
        endpoint = WebhookEndpoint.objects.create(
            user=user,
            url=url,
            events=_in_order(events),
            description=description,
            is_active=is_active,
            secret=signing.make_secret(),
        )
        record("webhook_added", webhook=endpoint.pk)
    return endpoint


def change(*, pk: int, now: datetime, resolve: Resolve | None = None, **fields: Any) -> WebhookEndpoint:
    """Give an endpoint other values: url, events, description, is_active. Being activated it begins afresh.

    In the tenant's scope and no transaction. Raises ValidationError by field, and WebhookEndpoint.DoesNotExist.
    """
    _check(url=fields.get("url"), events=fields.get("events"), resolve=resolve)
    if "events" in fields:
        fields["events"] = _in_order(fields["events"])
    with transaction.atomic():
        endpoint: WebhookEndpoint = WebhookEndpoint.objects.select_for_update().get(pk=pk)
        changed = sorted(name for name, value in fields.items() if getattr(endpoint, name) != value)
        for name in changed:
            setattr(endpoint, name, fields[name])
        if "is_active" in changed and endpoint.is_active:
            endpoint.failing_since = endpoint.failed_at = endpoint.disabled_at = None
            endpoint.disabled_reason = ""
            telling.ring()
        if changed:
            endpoint.updated_at = now
            endpoint.save()
            record("webhook_changed", webhook=endpoint.pk, fields=changed)
    return endpoint


def remove(*, pk: int) -> None:
    """Remove an endpoint with its log. In the tenant's scope. Raises WebhookEndpoint.DoesNotExist."""
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(pk=pk)
        endpoint.delete()
        record("webhook_removed", webhook=pk)


def rotate(*, pk: int, now: datetime) -> WebhookEndpoint:
    """Give an endpoint a new secret, to be shown this once; the one before signs beside it for a day.

    In the tenant's scope. Raises WebhookEndpoint.DoesNotExist.
    """
    with transaction.atomic():
        endpoint: WebhookEndpoint = WebhookEndpoint.objects.select_for_update().get(pk=pk)
        endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now + signing.OVERLAP
        endpoint.secret = signing.make_secret()
        endpoint.save()
        record("webhook_changed", webhook=endpoint.pk, fields=["secret"])
    return endpoint


def try_out(*, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    """Send a telling of nothing, once, also where the endpoint is paused. In the tenant's scope.

    Raises limits.TooMany.
    """
    hit(limit=ASKED_BY_TENANT, who=str(endpoint.user_id), now=now)
    with transaction.atomic():
        delivery: WebhookDelivery = WebhookDelivery.objects.create(
            user_id=endpoint.user_id,
            endpoint=endpoint,
            event=TEST,
            data={"webhook": endpoint.pk},
            happened_at=now,
            next_at=now,
            is_asked=True,
        )
        telling.ring()
    return delivery


def redeliver(*, delivery_id: int, now: datetime) -> WebhookDelivery:
    """Send a telling once more, under the same id; one that waits for its next try goes out now.

    In the tenant's scope. Raises limits.TooMany, and WebhookDelivery.DoesNotExist.
    """
    with transaction.atomic():
        delivery: WebhookDelivery = WebhookDelivery.objects.select_for_update().get(pk=delivery_id)
        hit(limit=ASKED_BY_TENANT, who=str(delivery.user_id), now=now)
        if delivery.status == Status.SENDING:
            return delivery
        if delivery.status in (Status.DELIVERED, Status.FAILED):
            delivery.status, delivery.is_asked, delivery.reason = Status.QUEUED, True, ""
            delivery.tries = delivery.claims = 0
            delivery.finished_at = None
        delivery.next_at = now
        delivery.save()
        telling.ring()
    return delivery


def refuse_url(url: str, *, resolve: Resolve | None = None) -> str:
    """Why an address is refused: it is not public; "" when it is taken. A name that nobody knows yet is: nothing is
    sent to it meanwhile."""
    try:
        targets.find_addresses(targets.parse(url), seconds=LOOK_SECONDS, resolve=resolve)
    except BadTarget as fault:
        return wording.refuse(fault.code)
    except NoAddress:
        pass
    return ""


def _check(*, url: str | None, events: Sequence[str] | None, resolve: Resolve | None) -> None:
    """Name all that is wrong with what is given."""
    faults = {
        "url": "" if url is None else refuse_url(url, resolve=resolve),
        "events": "" if events is None else _refuse_events(events),
    }
    if any(faults.values()):
        raise ValidationError({name: text for name, text in faults.items() if text})


def _refuse_events(events: Sequence[str]) -> str:
    strange = sorted(set(events) - set(told_events()))
    if strange:
        return _("No hay sucesos con este nombre: %(names)s.") % {"names": ", ".join(strange)}
    return "" if events else _("Elige al menos un suceso.")


def _in_order(events: Sequence[str]) -> list[str]:
    return [name for name in told_events() if name in set(events)]
