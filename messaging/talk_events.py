"""What the event log holds of conversations: who wrote, who was answered by whom, after how long.

Each in the transaction that stores what it tells of, and in the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from assistants.consent import read_consent
from messaging.models import AssistantType, Conversation, Delivery, Message
from tenants.events import Event, acting, record

if TYPE_CHECKING:
    from assistants.engine import Reply
    from messaging.questions import UnansweredQuestion

SILENCE = timedelta(hours=24)  # after which WhatsApp calls it another conversation
LONGEST_QUERY = 200
# Tools of a turn that changes what is sold, or asks whether it should.
COMMANDS = {"find_own_products", "change_price", "change_stock", "set_availability", "undo_product_change"}
Actor = Event.Actor


def tell_received(message: Message, *, conversation: Conversation, now: datetime) -> None:
    """A person's message was stored. Perhaps a conversation begins with it."""
    said = _about(conversation, message)
    with acting(*person_of(conversation)):
        _tell_beginning(message, conversation, said, now=now)
        record("message_received", at=now, kind=str(message.kind), **said)


def tell_answered(reply: Message, *, conversation: Conversation, answers: Sequence[Message], now: datetime) -> None:
    """An assistant's reply to ``answers``, the eldest first, was stored."""
    waited = now - answers[0].created_at if answers else None
    with acting(Actor.ASSISTANT):
        said = _about(conversation, reply) | _waited(waited)
        record("message_sent", at=now, by="assistant", provider=reply.provider or "builtin", **said)


def tell_spoken(message: Message, *, conversation: Conversation, now: datetime) -> None:
    """The owner's own word to a customer was stored: from the inbox, or from the phone's app."""
    since = waits_since(conversation, before=message)
    said = _about(conversation, message)
    with acting(Actor.PERSON, conversation.user_id):
        _tell_beginning(message, conversation, said, now=now)
        record("message_sent", at=now, by="person", **said, **_waited(now - since if since else None))


def tell_sent(delivery: Delivery) -> None:
    """Something that nobody waited for was put into the outbox: a notice, a send, a word of the system's.

    Also with all tenants' scope open, in a transaction, where it is no message of a conversation.
    """
    message, now = delivery.message, delivery.created_at
    if message is not None:
        said = _about(message.conversation, message)
        _tell_beginning(message, message.conversation, said, now=now)
        record("message_sent", at=now, by="system", **said)
        return
    record(
        "message_sent",
        at=now,
        user=delivery.user,
        by="system",
        channel=Conversation.Channel.WHATSAPP.value,
        audience="owner" if delivery.contact_id is None else "customer",
        contact=delivery.contact_id,
    )


def tell_said(message: Message, *, conversation: Conversation, now: datetime) -> None:
    """Words of our own were stored that answer nothing."""
    with acting(Actor.SYSTEM):
        record("message_sent", at=now, by="system", **_about(conversation, message))


def tell_query(*, question: Message, reply: Message, conversation: Conversation, said: Reply, now: datetime) -> None:
    """A turn looked for products, or named some: what was searched, how much was found, what the reply names."""
    named = [source["id"] for source in said.sources if source.get("type") == "product"]
    if reply.assistant_type != AssistantType.COMMERCIAL or not (said.queries or named):
        return
    if not said.queries and _is_a_command(question, said):
        return
    words = ", ".join(said.queries) or question.content
    with acting(*person_of(conversation)):
        record(
            "product_query",
            at=now,
            query=" ".join(words.split())[:LONGEST_QUERY],
            found=said.found if said.queries else len(named),
            products=named,
            **_about(conversation, question) | {"assistant": str(reply.assistant_type)},
        )


def _is_a_command(question: Message, said: Reply) -> bool:
    """Whether something was to be changed, or agreed to: that asks for no product."""
    return bool(said.question) or read_consent(question.content) is not None or not COMMANDS.isdisjoint(said.tools)


def tell_unanswered(row: UnansweredQuestion, *, question: Message, conversation: Conversation, now: datetime) -> None:
    """A customer asked for what neither the catalogue nor the business's facts have."""
    with acting(*person_of(conversation)):
        said = _about(conversation, question)
        record("unanswered_question", at=now, question=row.pk, text=row.question, **said)


def tell_handover(*, conversation: Conversation, question: Message | None, reason: str, now: datetime) -> None:
    """Somebody waits for the owner. ``reason``: they asked for a person, or the assistant failed."""
    with acting(*person_of(conversation)):
        record("handed_over", at=now, reason=reason, **_about(conversation, question))


def waits_since(conversation: Conversation, *, before: Message) -> datetime | None:
    """When the eldest message of the person was written that nobody had answered ``before`` that one; None: none."""
    earlier = Message.objects.filter(conversation=conversation, pk__lt=before.pk)
    said = earlier.filter(role=Message.Role.OWNER) | earlier.filter(role=Message.Role.ASSISTANT, reply_to__isnull=False)
    last = said.order_by("-id").values_list("reply_to_id", "pk").first()
    # What came while a reply was being written is not answered by it.
    answered = (last[0] or last[1]) if last is not None else 0
    waiting = earlier.filter(role=Message.Role.USER, pk__gt=answered).order_by("id")
    since: datetime | None = waiting.values_list("created_at", flat=True).first()
    return since


def person_of(conversation: Conversation) -> tuple[str, int | None]:
    """Who writes in a conversation: the customer, or the owner."""
    if conversation.audience == Conversation.Audience.CUSTOMER:
        return Actor.CUSTOMER, conversation.contact_id
    return Actor.PERSON, conversation.user_id


def _tell_beginning(message: Message, conversation: Conversation, said: dict[str, Any], *, now: datetime) -> None:
    others = Message.objects.filter(conversation=conversation, pk__lt=message.pk).said()
    last = others.order_by("-id").values_list("created_at", flat=True).first()
    is_whatsapp = conversation.channel == Conversation.Channel.WHATSAPP
    if last is None or (is_whatsapp and now - last >= SILENCE):
        record("conversation_started", at=now, **said)


def _about(conversation: Conversation, message: Message | None) -> dict[str, Any]:
    return {
        "conversation": conversation.pk,
        "message": message.pk if message is not None else None,
        "contact": conversation.contact_id,
        "channel": str(conversation.channel),
        "audience": str(conversation.audience),
        "assistant": str((message.assistant_type if message is not None else "") or conversation.assistant_type),
    }


def _waited(waited: timedelta | None) -> dict[str, Any]:
    return {} if waited is None else {"waited_ms": max(0, round(waited.total_seconds() * 1000))}
