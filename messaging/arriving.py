"""What an update from WhatsApp does: a message is stored with all that hangs on it, other news goes where it belongs.

In the scope of all tenants, in the transaction of the update. Who wrote is found out first; the rest is done in the
scope of that tenant alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from messaging import inbox_events, statuses, takeover, talks
from messaging.models import Channel, Conversation, Delivery, InboundUpdate, Message
from messaging.whatsapp import health, payloads
from messaging.whatsapp.payloads import Incoming
from messaging.whatsapp.senders import Unplaced, identify
from tenants import contacts
from tenants.events import Event, acting
from tenants.models import Contact, User
from tenants.phones import match_key
from tenants.scope import narrowed_to

Kind = InboundUpdate.Kind
Status = InboundUpdate.Status


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an update: for whom it was, and which message it is now."""

    status: str = Status.DONE
    note: str = ""
    tenant_id: int | None = None
    message_id: int | None = None


def handle(update: InboundUpdate, *, now: datetime) -> Result:
    """Do what ``update`` says. What it raises is a fault of ours, and the update is tried again."""
    value, item = payloads.read(update)
    match update.kind:
        case Kind.MESSAGE:
            return _take_message(update, payloads.read_message(item, value), now=now)
        case Kind.ECHO:
            return _take_echo(update, payloads.read_message(item, value), now=now)
        case Kind.STATUS:
            return handle_statuses([update], now=now)[0]
        case Kind.TEMPLATE | Kind.ACCOUNT | Kind.FAULT:
            number = _number_of(update)
            if update.channel_id is None or number is not None:
                health.note(update, value=value, item=item, channel=number, now=now)
            return Result(tenant_id=number.user_id if number is not None else None)
    return Result(status=Status.NOT_UNDERSTOOD)


def handle_statuses(updates: Sequence[InboundUpdate], *, now: datetime) -> list[Result]:
    """Do what these say, which are all of them statuses. Returns what became of each."""
    items = [payloads.read(update)[1] for update in updates]
    found = statuses.apply(list(zip(updates, items, strict=True)), now=now)
    return [Result(tenant_id=one.user_id) if one is not None else Result(note="not ours") for one in found]


def _take_message(update: InboundUpdate, incoming: Incoming, *, now: datetime) -> Result:
    number = _number_of(update)
    if update.channel_id is not None and number is None:
        return Result(note="number removed")
    if incoming.reaction is not None:
        return _take_reaction(update, incoming)
    sender = identify(incoming, channel=number, phone_number_id=update.phone_number_id, now=now)
    if isinstance(sender, Unplaced):
        return Result(note=sender.note)
    with narrowed_to(sender.user):
        message = talks.take(
            incoming=incoming, sender=sender, number=number, phone_number_id=update.phone_number_id, now=now
        )
    return Result(tenant_id=sender.user.pk, message_id=message.pk)


def _take_reaction(update: InboundUpdate, incoming: Incoming) -> Result:
    """A heart on something of ours is noted beside it. It wants no answer."""
    reaction = incoming.reaction
    assert reaction is not None  # noqa: S101
    ours = Delivery.objects.filter(phone_number_id=update.phone_number_id, channel_id=update.channel_id)
    delivery = ours.select_related("user", "contact").filter(wamid=reaction.wamid).first()
    if delivery is None or delivery.message_id is None or not _is_to(delivery, incoming):
        return Result(note="reaction")
    with narrowed_to(delivery.user):
        message = Message.objects.select_for_update().get(pk=delivery.message_id)
        message.payload = message.payload | {"reaction": reaction.emoji}
        message.save(update_fields=["payload"])
        inbox_events.tell(message.user_id, message.conversation_id)
    return Result(note="reaction", tenant_id=delivery.user_id)


def _is_to(delivery: Delivery, incoming: Incoming) -> bool:
    if delivery.is_bsuid:
        return delivery.recipient == incoming.sender_bsuid
    return bool(incoming.sender_wa_id) and match_key(delivery.recipient) == match_key(incoming.sender_wa_id)


def _take_echo(update: InboundUpdate, echo: Incoming, *, now: datetime) -> Result:
    """The owner has written from the phone's own app: their word, after which the assistant keeps quiet for a while."""
    number = _number_of(update)
    if number is None:  # nobody types on the shared number
        return Result(status=Status.NOT_UNDERSTOOD, note="no number of a tenant's")
    if echo.reaction is not None or not (echo.recipient_wa_id or echo.recipient_bsuid):
        return Result(tenant_id=number.user_id)
    with narrowed_to(number.user), acting(Event.Actor.PERSON, number.user.pk):
        contact = _written_to(number.user, echo, now=now)
        conversation = talks.find_or_begin(
            user=number.user, number=number, phone_number_id=number.phone_number_id, contact=contact, now=now
        )
        message = talks.store_echo(conversation=conversation, echo=echo, now=now)
        takeover.keep_quiet(conversation=conversation, now=now)
        Conversation.objects.filter(pk=conversation.pk).update(unread=0, handover_at=None)
        inbox_events.tell(number.user.pk, conversation.pk)
    return Result(tenant_id=number.user.pk, message_id=message.pk)


def _written_to(user: User, echo: Incoming, *, now: datetime) -> Contact:
    seen = Contact.objects.filter(whatsapp_key=match_key(echo.recipient_wa_id)).exclude(whatsapp_key="").first()
    seen = seen or Contact.objects.filter(bsuid=echo.recipient_bsuid).exclude(bsuid="").first()
    return seen or contacts.meet(user=user, wa_id=echo.recipient_wa_id, bsuid=echo.recipient_bsuid, now=now)


def _number_of(update: InboundUpdate) -> Channel | None:
    """The tenant's own number; None for the shared one, and for one that was removed meanwhile."""
    if update.channel_id is None:
        return None
    number: Channel | None = Channel.objects.select_related("user").filter(pk=update.channel_id).first()
    return number
