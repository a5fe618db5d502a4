"""People who write on WhatsApp, as the webhook's own reading gives them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.db import transaction

from messaging.models import Channel, Delivery, StrangerReply
from messaging.whatsapp.payloads import Incoming, read_message
from messaging.whatsapp.senders import Sender, Unplaced, identify
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope

SHARED = "106540352242922"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
_numbers = count(1)


def incoming(
    text: str = "Hola", *, phone: str = "573001234567", bsuid: str = "", name: str = "Carla", **item: Any
) -> Incoming:
    """A text message as Meta describes it; ``item`` has what else is in it."""
    message = {"id": f"wamid.{next(_numbers)}", "type": "text", "text": {"body": text}, **item}
    contact: dict[str, Any] = {"profile": {"name": name}}
    if phone:
        message["from"] = contact["wa_id"] = phone
    if bsuid:
        message["from_user_id"] = contact["user_id"] = bsuid
    return read_message(message, {"contacts": [contact]})


def choice(choice_id: str, **sender: Any) -> Incoming:
    reply = {"type": "list_reply", "list_reply": {"id": choice_id, "title": "La tienda"}}
    return incoming(**sender) if not choice_id else incoming(type="interactive", interactive=reply, **sender)


def know(
    what: Incoming, *, channel: Channel | None = None, number: str = SHARED, now: datetime = NOW
) -> Sender | Unplaced:
    """Who that is, found out as inbound does it."""
    with all_tenants(), transaction.atomic():
        channel = Channel.objects.select_related("user").get(pk=channel.pk) if channel else None
        phone_number_id = channel.phone_number_id if channel else number
        return identify(what, channel=channel, phone_number_id=phone_number_id, now=now)


def answers(user: User) -> list[str]:
    """What the system has put into the tenant's outbox, the newest last."""
    with tenant_scope(user):
        return list(Delivery.objects.filter(kind="system").order_by("pk").values_list("text", flat=True))


def platform_answers() -> list[str]:
    with all_tenants():
        return list(StrangerReply.objects.order_by("pk").values_list("text", flat=True))


@contextmanager
def untouched(user: User, of: Callable[[], Any]):
    """Nothing of ``user`` changes meanwhile."""
    with tenant_scope(user):
        before = of()
    yield
    with tenant_scope(user):
        assert of() == before
