"""What comes in from WhatsApp: signed bodies to a tenant's number, taken in as the queue does."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from django.utils import timezone

from config.simulator import bodies
from messaging import answering, inbound
from messaging.models import Channel, Conversation, Delivery, InboundUpdate, Message
from messaging.whatsapp import arrivals
from messaging.whatsapp.links import PhoneLink
from tenants.models import Preferences, User
from tenants.scope import all_tenants, tenant_scope

SECRET = "the-app-secret-of-a-tenant"
ANA, OWNER = "573001234567", "573009998877"
_wamids = itertools.count(1)


def connect(user: User, *, number: str = "20001", burst_seconds: int = 0, owner: str = OWNER) -> Channel:
    """A number of ``user``'s own, whose owner writes from ``owner``."""
    with tenant_scope(user):
        preferences = Preferences.current(user)
        preferences.change(burst_seconds=burst_seconds)
        if owner:
            PhoneLink.objects.create(user=user, role="owner", phone_key=owner, wa_id=owner)
        return Channel.objects.create(
            user=user, phone_number_id=number, token=f"token-{number}", app_secret=f"{SECRET}-{user.pk}"
        )


def message(content: Any = "Hola", *, sender: str = ANA, at: datetime | None = None, **more: Any) -> dict[str, Any]:
    wamid = more.pop("wamid", "") or f"wamid.{next(_wamids)}"
    return bodies.make_message(content, sender=sender, wamid=wamid, at=at or timezone.now(), **more)


def body_of(channel: Channel, *messages: dict[str, Any], field: str = "messages", **extra: Any) -> bytes:
    contacts = [bodies.make_contact(wa_id=sender, name="Ana") for sender in {one.get("from", "") for one in messages}]
    change = bodies.make_change(
        phone_number_id=channel.phone_number_id, messages=messages, contacts=contacts, field=field, extra=extra
    )
    return bodies.make_body([change])


def receive(channel: Channel, *messages: dict[str, Any], **extra: Any) -> None:
    """Store them as the webhook does."""
    body = body_of(channel, *messages, **extra)
    signature = bodies.sign(body, app_secret=channel.app_secret)["X-Hub-Signature-256"]
    arrivals.receive(body=body, signature=signature, now=timezone.now())


def arrive(channel: Channel, *messages: dict[str, Any], **extra: Any) -> None:
    """Store them and take them in."""
    receive(channel, *messages, **extra)
    inbound.drain()


def write(channel: Channel, text: str, **more: Any) -> Message:
    """One text that came in."""
    item = message(text, **more)
    arrive(channel, item)
    with tenant_scope(channel.user):
        return Message.objects.select_related("conversation").get(wamid=item["id"])


def updates(**filters: Any) -> list[InboundUpdate]:
    with all_tenants():
        return list(InboundUpdate.objects.filter(**filters).order_by("pk"))


def said(user: User, **filters: Any) -> list[tuple[str, str, str]]:
    """(role, content, status) of all messages of ``user``."""
    with tenant_scope(user):
        rows = Message.objects.filter(**filters).order_by("pk")
        return [(row.role, row.content, row.status) for row in rows]


def sent(user: User) -> list[str]:
    """What the outbox of ``user`` holds, in its order."""
    with tenant_scope(user):
        return list(Delivery.objects.order_by("pk").values_list("text", flat=True))


def conversation(user: User, **filters: Any) -> Conversation:
    with tenant_scope(user):
        return Conversation.objects.select_related("contact", "link").get(**filters)


def quiet_is_over(user: User) -> None:
    with tenant_scope(user):
        Conversation.objects.update(quiet_until=None)


def answer_all() -> int:
    return answering.answer_here()
