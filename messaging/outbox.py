"""What goes out by WhatsApp: rows that are written with what they belong to, and a doorbell for whoever sends them.

queued → sending → sent → delivered → read, or failed, or unknown. ``sending`` is committed before WhatsApp is called;
whoever finds it there after its lease calls it unknown, and sends it to nobody. What follows ``sent`` is told by
WhatsApp (``messaging.statuses``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agenda.models import Reminder
from messaging import crew, dispatch, endings, sending, talk_events
from messaging.crew import Clock
from messaging.dispatch import Claim
from messaging.models import Channel, Conversation, Delivery, Message
from messaging.pacing import NumberPace
from tenants.jobs import enqueue
from tenants.models import Contact, User
from tenants.scope import release_connection, tenant_scope

DRAIN_SECONDS = 40.0  # how long one task goes on claiming; then it rings for the next
CHUNK = 10  # claimed at once by each thread
ROLE_KEY = 7_231_004  # of the advisory locks, with the number of the place
# What it has begun it may finish; past that django-q2 ends it.
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
    is_replacement: bool = False,
    is_told: bool = False,
    now: datetime,
) -> Delivery:
    """Put one message into the outbox, in the caller's transaction and the tenant's scope.

    The same ``key`` of a tenant is one message, however often it is put. ``payload`` is the Graph API's body without
    product, recipient and callback data; empty when only ``template`` (as in the model) is to go out. It goes out from
    ``phone_number_id``: ``channel``, the tenant's own, or the shared number when that is None. With ``is_replacement``
    it says what another message could not; with ``is_told`` the caller tells the event log.
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
        if kind != Delivery.Kind.REPLY and not (is_replacement or is_told):  # of a reply its message tells
            talk_events.tell_sent(delivery)
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


def ring_due(*, now: datetime) -> bool:
    """Ring when something is due. Returns whether it rang."""
    due = dispatch.waiting_since(now=now) is not None
    if due:
        with transaction.atomic():
            ring()
    return due


def sweep(*, now: datetime) -> Counter[str]:
    """Find again what lies with somebody who is gone: what was being sent is unknown. Ring for what is due.

    To be called every 10 to 30 seconds by a process that is no django-q2 worker. Returns how many of each.
    """
    found: Counter[str] = Counter()
    for claim in dispatch.expired_sendings(now=now):
        user = User.objects.tenants().filter(pk=claim.user_id).first()
        if user is not None:
            with tenant_scope(user):
                found["unknown"] += sending.give_up(claim, user=user, now=now)
    found["rung"] += ring_due(now=now)
    return found


def resume(*, channel: Channel, now: datetime) -> None:
    """Let what waits for a number that was paused go out now. In the caller's transaction and the tenant's scope."""
    waiting = Delivery.objects.filter(user_id=channel.user_id, channel=channel, status=Delivery.Status.QUEUED)
    if waiting.update(next_at=now):
        ring()


def abandon(*, channel: Channel, now: datetime) -> int:
    """Fail what waits for a number that is about to be removed. In the caller's transaction and the tenant's scope."""
    waiting = Delivery.objects.filter(user_id=channel.user_id, channel=channel, status=Delivery.Status.QUEUED)
    rows = list(waiting.select_for_update(of=("self",)).select_related("user", "reminder", "message"))
    for delivery in rows:
        endings.fail(delivery, now=now, detail="no_number")
    return len(rows)


def send_due() -> str:
    """What the queue's task does: send what is due, unless somebody else is at it. Returns what was done."""

    def work() -> str:
        return describe(drain(threads=settings.WHATSAPP["THREADS"]))

    return crew.work_alone(ROLE_KEY, name="outbox", work=work, ring_due=ring_due)


def drain(
    *,
    threads: int = 1,
    seconds: float = DRAIN_SECONDS,
    clock: Clock = timezone.now,
    pace: NumberPace | None = None,
    stop: Callable[[], bool] = bool,
) -> Counter[str]:
    """Claim and send in ``threads`` until nothing is due, the time is up or ``stop`` answers true.

    Returns how many messages came to each status; those that are to be tried again count as queued.
    """
    pace = pace or NumberPace()
    return crew.drain(
        claim=lambda: dispatch.claim_due(now=clock(), most=CHUNK),
        deal_with=lambda claims: _deal_with(claims, pace=pace, clock=clock, stop=stop),
        threads=threads,
        seconds=seconds,
        name="whatsapp",
        stop=stop,
    )


def describe(done: Counter[str]) -> str:
    """«sent 3, failed 0, …» for logs and commands."""
    status = Delivery.Status
    return crew.describe(done, status.SENT, status.FAILED, status.UNKNOWN, later=status.QUEUED)


def _deal_with(claims: Sequence[Claim], *, pace: NumberPace, clock: Clock, stop: Callable[[], bool]) -> Counter[str]:
    users = User.objects.in_bulk({claim.user_id for claim in claims})
    done: Counter[str] = Counter()
    give_up = time.monotonic() + dispatch.LEASE.total_seconds() / 2
    for place, claim in enumerate(claims):
        if stop() or time.monotonic() > give_up:  # WhatsApp is slow: the others need not wait for it
            dispatch.give_back(claims=claims[place:], now=clock())
            break
        if (user := users.get(claim.user_id)) is not None:
            release_connection()
            pace.take(claim.phone_number_id)
            done[sending.send(claim, user=user, clock=clock)] += 1
    return done
