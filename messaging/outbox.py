"""What goes out by WhatsApp: rows that are written with what they belong to, and a doorbell for whoever sends them.

queued → sending → sent → delivered → read, or failed, or unknown. ``sending`` is committed before WhatsApp is called;
whoever finds it there after its lease calls it unknown, and sends it to nobody. What follows ``sent`` is told by
WhatsApp (``messaging.statuses``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from agenda.models import Reminder
from messaging.models import Channel, Conversation, Delivery, Message
from tenants.jobs import enqueue
from tenants.models import Contact, User

DRAIN_SECONDS = 40.0  # how long one task goes on claiming; then it rings for the next
TASK_SECONDS = int(DRAIN_SECONDS + settings.WHATSAPP["SENDING_LEASE_SECONDS"]) + 30


class NoRecipient(Exception):
    """There is nobody on WhatsApp to whom it could be sent: no number and no business-scoped id."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom: the number as WhatsApp returns it (digits), or the business-scoped id of whoever hides it."""

    value: str
    is_bsuid: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a reply: the Graph API's body ({"type": "text", "text": {…}}) and what a person reads of it."""

    payload: dict[str, Any]
    text: str
    template: dict[str, Any] = field(default_factory=dict)  # instead, once the window is closed


def put(
    *,
    user: User,
    kind: str,
    key: str,
    recipient: Recipient,
    payload: dict[str, Any],
    text: str,
    phone_number_id: str,
    channel: Channel | None = None,
    contact: Contact | None = None,
    message: Message | None = None,
    reminder: Reminder | None = None,
    template: dict[str, Any] | None = None,
    useful_until: datetime | None = None,
    now: datetime,
) -> Delivery:
    """Put one message into the outbox, in the caller's transaction and the tenant's scope.

    The same ``key`` of a tenant is one message, however often it is put. ``payload`` is the Graph API's body without
    product, recipient and callback data; empty when only ``template`` ({"name", "language", "components"}) is to go
    out. It goes out from ``phone_number_id``: ``channel``, the tenant's own, or the shared number when that is None.
    """
    delivery, is_new = Delivery.objects.get_or_create(
        user=user,
        key=key,
        defaults={
            "kind": kind,
            "channel": channel,
            "phone_number_id": phone_number_id,
            "recipient": recipient.value,
            "is_bsuid": recipient.is_bsuid,
            "contact": contact,
            "message": message,
            "reminder": reminder,
            "payload": payload,
            "text": text,
            "template": template or {},
            "next_at": now,
            "useful_until": useful_until,
            "created_at": now,
        },
    )
    if is_new:
        ring()
    return delivery


def put_reply(*, message: Message, parts: Sequence[Part], now: datetime) -> list[Delivery]:
    """Put a stored reply of an assistant, or the owner's own word, into the outbox: a message for each part, in order.

    It goes to whoever the message's conversation is with, from the number to which that person wrote. In the caller's
    transaction and the tenant's scope. Raises NoRecipient.
    """
    conversation = message.conversation
    recipient = recipient_of(conversation)
    return [
        put(
            user=message.user,
            kind=Delivery.Kind.REPLY,
            key=f"reply:{message.pk}:{place}",
            recipient=recipient,
            payload=part.payload,
            text=part.text,
            phone_number_id=conversation.phone_number_id,
            channel=conversation.number,
            contact=conversation.contact,
            message=message,
            template=part.template,
            now=now,
        )
        for place, part in enumerate(parts)
    ]


def recipient_of(conversation: Conversation) -> Recipient:
    """Whoever a conversation on WhatsApp is with: its contact, or the owner's own phone. Raises NoRecipient."""
    person = conversation.contact or conversation.link
    if person is not None and person.wa_id:
        return Recipient(person.wa_id)
    if person is not None and person.bsuid:
        return Recipient(person.bsuid, is_bsuid=True)
    raise NoRecipient


def ring() -> None:
    """Have somebody send what is due, in the caller's transaction."""
    enqueue("messaging.tasks.send_whatsapp", timeout=TASK_SECONDS)


def send_due() -> str:
    """What the queue's task does: send what is due, unless somebody else is at it. Returns what was done."""
    return f"nobody sends yet ({timezone.now():%H:%M})"
