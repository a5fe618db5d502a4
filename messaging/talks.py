"""Conversations on WhatsApp: each with a customer or with the owner's phone, on one number; and what is written there.

In the tenant's scope, in the transaction of the update that brings it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import override

from messaging import answering, baskets, choices, inbox_events, media, replies, takeover, talk_events
from messaging.models import AssistantType, Channel, Conversation, Message, PhoneLink
from messaging.replies import language_of
from messaging.whatsapp.payloads import Incoming
from messaging.whatsapp.senders import Sender
from tenants.events import acting
from tenants.jobs import enqueue
from tenants.limits import Limit, TooMany, hit
from tenants.models import Contact, Preferences, User

LONGEST_TEXT = 4000  # characters, as on the web
WINDOW = timedelta(hours=24)  # in which free text may be sent, from the person's last message on
LONGEST_QUIET = timedelta(seconds=20)  # or the tenant's own time, where that is longer
BURSTS = 5  # times the tenant's time that whoever goes on writing is waited for
MESSAGES_BY_PERSON = Limit("whatsapp-messages", times=30, period=timedelta(minutes=1))

Kind = Message.Kind
Status = Message.Status


def take(*, incoming: Incoming, sender: Sender, number: Channel | None, phone_number_id: str, now: datetime) -> Message:
    """Store what ``sender`` wrote, and ring for its answer. The same message again is the one that is there."""
    user = sender.user
    conversation = find_or_begin(
        user=user, number=number, phone_number_id=phone_number_id, contact=sender.contact, link=sender.link, now=now
    )
    if found := _known(incoming.wamid):
        return found
    with override(language_of(conversation)):
        message = _write(conversation, incoming, text=sender.text, now=now)
    is_silent = sender.is_answered or sender.stays_silent or not _wants_answer(conversation, message, incoming, now=now)
    _reach(conversation, incoming, now=now)
    if is_silent:
        message.status = Status.DONE
        message.save(force_insert=True)
        talk_events.tell_received(message, conversation=conversation, now=now)
        media.expect(message=message, incoming=incoming, now=now)
    else:
        with acting(*talk_events.person_of(conversation)):
            _ask(conversation, message, incoming, now=now)
    if sender.releases:
        enqueue("messaging.tasks.take_in")
    inbox_events.tell(user.pk, conversation.pk)
    return message


def find_or_begin(
    *,
    user: User,
    number: Channel | None,
    phone_number_id: str,
    contact: Contact | None = None,
    link: PhoneLink | None = None,
    now: datetime,
) -> Conversation:
    """The conversation with that customer, or with that phone of the owner, on that number; locked."""
    audience = Conversation.Audience.OWNER if contact is None else Conversation.Audience.CUSTOMER
    found, _ = Conversation.objects.select_for_update(of=("self",)).get_or_create(
        user=user,
        channel=Conversation.Channel.WHATSAPP,
        phone_number_id=phone_number_id,
        contact=contact,
        link=link,
        defaults={
            "number": number,
            "audience": audience,
            "assistant_type": AssistantType.PERSONAL if contact is None else AssistantType.COMMERCIAL,
            "title": (contact.name if contact is not None else "WhatsApp")[:80],
            "created_at": now,
            "updated_at": now,
        },
    )
    conversation: Conversation = found
    conversation.user, conversation.contact, conversation.link = user, contact, link
    if conversation.number_id != (number.pk if number is not None else None):  # it was connected anew
        conversation.number = number
        conversation.save(update_fields=["number"])
    return conversation


def store_echo(*, conversation: Conversation, echo: Incoming, now: datetime) -> Message:
    """Keep what the owner wrote from the phone's app, once."""
    if found := _known(echo.wamid):
        return found
    with override(conversation.user.language):
        message = _write(conversation, echo, text=echo.text, now=now)
    message.role, message.status = Message.Role.OWNER, Status.DONE
    message.save(force_insert=True)
    talk_events.tell_spoken(message, conversation=conversation, now=now)
    media.expect(message=message, incoming=echo, now=now)
    return message


def _known(wamid: str) -> Message | None:
    return Message.objects.filter(wamid=wamid).first() if wamid else None


def _write(conversation: Conversation, incoming: Incoming, *, text: str, now: datetime) -> Message:
    """The message, not saved yet; its content is what it says, or what it is."""
    said = text.strip()[:LONGEST_TEXT]
    payload: dict[str, Any] = {}
    if incoming.kind not in (Kind.TEXT, Kind.CHOICE, Kind.LOCATION, Kind.CONTACTS) and said:
        payload["words"] = said
    if incoming.choice_id:
        payload["choice"] = incoming.choice_id
    if place := incoming.location:
        payload["location"] = {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "name": place.name,
            "address": place.address,
        }
    if incoming.referred_product:
        payload["product"] = incoming.referred_product
    if incoming.order is not None:
        payload["lines"] = [{"sku": line.retailer_id, "quantity": line.quantity} for line in incoming.order.lines]
    if incoming.kind == Kind.UNSUPPORTED:
        payload["type"] = incoming.type
    return Message(
        user=conversation.user,
        conversation=conversation,
        role=Message.Role.USER,
        kind=incoming.kind,
        content=said or f"[{Kind(incoming.kind).label}]",
        payload=payload,
        wamid=incoming.wamid,
        quoted_wamid=incoming.quoted_wamid,
        created_at=now,
    )


def _wants_answer(conversation: Conversation, message: Message, incoming: Incoming, *, now: datetime) -> bool:
    """Whether the assistant says anything to it. Meta repeats itself for days: what is old is shown, not answered."""
    if not conversation.user.is_active or takeover.is_taken_over(conversation=conversation, now=now):
        return False
    if message.kind == Kind.STICKER or (incoming.sent_at or now) < now - replies.STALE:
        return False
    try:
        who = f"{conversation.user.pk}:{conversation.contact_id or 'owner'}:{conversation.link_id or ''}"
        hit(limit=MESSAGES_BY_PERSON, who=who, now=now)
    except TooMany:
        return False
    return True


def _reach(conversation: Conversation, incoming: Incoming, *, now: datetime) -> None:
    """The person has written: free text may be sent for a day, and the owner has something to read."""
    window = min(incoming.sent_at or now, now) + WINDOW
    conversation.window_until = max(window, conversation.window_until or window)
    changed: dict[str, Any] = {"window_until": conversation.window_until, "updated_at": now}
    if conversation.audience == Conversation.Audience.CUSTOMER:
        changed["unread"] = F("unread") + 1
    Conversation.objects.filter(pk=conversation.pk).update(**changed)


def _ask(conversation: Conversation, message: Message, incoming: Incoming, *, now: datetime) -> None:
    """Store a message that wants an answer: at once where an assistant is not needed, else in a turn."""
    answer = ""
    payload: dict[str, Any] = {}
    if message.kind == Kind.CHOICE:
        chosen = choices.resolve(
            choice_id=incoming.choice_id, title=message.content, conversation=conversation, now=now
        )
        message.content, answer = chosen.words[:LONGEST_TEXT] or message.content, chosen.answer
        message.assistant_type = chosen.assistant_type
    elif incoming.order is not None:
        answer, payload = baskets.take(conversation=conversation, incoming=incoming, now=now)
    message.status = Status.DONE if answer else Status.PENDING
    message.save(force_insert=True)
    talk_events.tell_received(message, conversation=conversation, now=now)
    enqueue("messaging.tasks.acknowledge", conversation.user.pk, message.pk)
    if answer:
        replies.say(conversation=conversation, text=answer, to=message, payload=payload, now=now)
        return
    until = _quiet_until(conversation, now=now)
    if media.expect(message=message, incoming=incoming, now=now):
        until = max(until or now, now + media.WAITED_FOR)
    Conversation.objects.filter(pk=conversation.pk).update(quiet_until=until)
    answering.ring()


def _quiet_until(conversation: Conversation, *, now: datetime) -> datetime | None:
    """When the person is taken to have finished: some seconds after the last word, but not for ever after the first."""
    quiet = timedelta(seconds=Preferences.current(conversation.user).burst_seconds)
    if not quiet:
        return None
    waiting = Message.objects.filter(conversation=conversation, attempts=0).pending().order_by("id")
    first = waiting.values_list("created_at", flat=True).first() or now
    return min(now + quiet, first + max(min(BURSTS * quiet, LONGEST_QUIET), quiet))
