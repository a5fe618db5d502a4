"""What stands around messages and conversations when they are shown, read for many of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalog.orders import Order
from messaging import takeover
from messaging.models import Attachment, Conversation, Delivery, Message

# From what went worst to what went best: a message is as far as the part of it that came least far.
_progress = [
    Delivery.Status.FAILED,
    Delivery.Status.UNKNOWN,
    Delivery.Status.QUEUED,
    Delivery.Status.SENDING,
    Delivery.Status.SENT,
    Delivery.Status.DELIVERED,
    Delivery.Status.READ,
]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """By message: its deliveries, files and order. By WhatsApp's id: what is quoted. By conversation: the last word."""

    deliveries: dict[int, list[Delivery]] = field(default_factory=dict)
    attachments: dict[int, list[Attachment]] = field(default_factory=dict)
    quoted: dict[str, Message] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    last_messages: dict[int, Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """Messages in the order in which they came, and whether there are earlier ones."""

    messages: list[Message]
    has_earlier: bool


def read_run(*, conversation: Conversation, limit: int, before: int | None = None) -> Run:
    """The latest ``limit`` messages of a conversation, or those before message ``before``."""
    found = Message.objects.filter(conversation=conversation).order_by("-id")
    if before is not None:
        found = found.filter(pk__lt=before)
    latest = list(found[: limit + 1])
    return Run(latest[:limit][::-1], len(latest) > limit)


def around_messages(messages: Sequence[Message]) -> Surroundings:
    """What is shown with these messages: one query for each kind of thing, however many messages there are."""
    ids = [message.pk for message in messages]
    return Surroundings(
        deliveries=_deliveries(ids),
        attachments=_by_message(Attachment.objects.filter(message__in=ids).defer("content").order_by("id")),
        quoted=_quoted({message.quoted_wamid for message in messages if message.quoted_wamid}),
        orders=_orders(messages),
    )


def around_conversations(conversations: Sequence[Conversation]) -> Surroundings:
    """What is shown with these conversations, which come from ``with_last_message``."""
    ids = [pk for one in conversations if (pk := one.last_message_id)]  # type: ignore[attr-defined]
    last = list(Message.objects.filter(pk__in=ids))
    return Surroundings(
        deliveries=_deliveries([message.pk for message in last if message.role != Message.Role.USER]),
        last_messages={message.conversation_id: message for message in last},
    )


def is_taken_over(conversation: Conversation, *, now: datetime) -> bool:
    """Whether the owner has the word."""
    return takeover.is_taken_over(conversation=conversation, now=now)


def least_far(parts: Sequence[Delivery]) -> Delivery:
    """Of the parts of one message, which is never none, that which came least far."""
    return min(parts, key=lambda part: _progress.index(Delivery.Status(part.status)))


def _deliveries(ids: Sequence[int]) -> dict[int, list[Delivery]]:
    if not ids:
        return {}
    shown = ("id", "user_id", "message_id", "status", "code", "detail", "is_billable")
    return _by_message(Delivery.objects.filter(message__in=ids).only(*shown).order_by("id"))


def _by_message(rows: Any) -> dict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.message_id].append(row)
    return dict(found)


def _quoted(wamids: set[str]) -> dict[str, Message]:
    """What people quote is theirs, or one of the parts in which a message of ours went out."""
    if not wamids:
        return {}
    theirs = {message.wamid: message for message in Message.objects.filter(wamid__in=wamids)}
    ours = Delivery.objects.filter(wamid__in=wamids, message__isnull=False).select_related("message")
    return {delivery.wamid: delivery.message for delivery in ours} | theirs


def _orders(messages: Sequence[Message]) -> dict[int, Order]:
    """The orders that messages of kind «order» became; each names its message by WhatsApp's id, or by ours."""
    keys: dict[str, int] = {}
    for message in messages:
        if message.kind == Message.Kind.ORDER:
            keys |= {key: message.pk for key in (message.wamid, str(message.pk), f"message:{message.pk}") if key}
    if not keys:
        return {}
    rows = Order.objects.filter(key__in=list(keys)).select_related("contact").prefetch_related("lines")
    return {keys[order.key]: order for order in rows}
