"""What becomes of a reply beside its row: who hears of it, who gets none, and what is said when there is none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext, override

from assistants.engine import Reply
from assistants.offers import Option
from messaging import bell, outbox, takeover, talk_events
from messaging.models import Conversation, Message, Notification
from messaging.questions import note_unanswered
from messaging.whatsapp import rendering
from tenants.models import Contact

logger = logging.getLogger(__name__)

STALE = timedelta(hours=12)  # a message older than that is stored and shown; an answer would come out of the blue


def stays_silent(*, conversation: Conversation, waiting: Sequence[Message], now: datetime) -> bool:
    """Whether the assistant says nothing to what waits: the owner has the word, the person wants none, or it is old."""
    if takeover.is_taken_over(conversation=conversation, now=now):
        return True
    if conversation.contact is not None and conversation.contact.opted_out_at is not None:
        return True
    return max(message.created_at for message in waiting) < now - STALE


def keep_offers(*, reply: Message, said: Reply) -> None:
    """Put into the message what WhatsApp makes buttons and lists of."""
    reply.payload = {
        "language": said.language,
        "question": said.question,
        "options": [{"id": one.id, "title": one.title, "description": one.description} for one in said.options],
    }


def send(*, reply: Message, now: datetime) -> None:
    """Put a stored reply into the outbox, where its conversation is WhatsApp's. In the transaction that stores it."""
    conversation = reply.conversation
    if conversation.channel != Conversation.Channel.WHATSAPP:
        return
    parts = rendering.render_reply(
        text=reply.content,
        message_id=reply.pk,
        language=reply.payload.get("language") or conversation.user.language,
        question=reply.payload.get("question", ""),
        options=[Option(**option) for option in reply.payload.get("options", ())],
        buttons=[(id_, title) for id_, title in reply.payload.get("buttons", ())],
    )
    try:
        outbox.put_reply(message=reply, parts=parts, now=now)
    except outbox.NoRecipient:
        logger.warning("nobody to send reply %s to", reply.pk)


def follow_up(*, reply: Message, question: Message, said: Reply, now: datetime) -> None:
    """Keep what a customer's turn tells the owner. In the transaction that stores the reply."""
    conversation = reply.conversation
    talk_events.tell_query(question=question, reply=reply, conversation=conversation, said=said, now=now)
    if conversation.audience != Conversation.Audience.CUSTOMER:
        return
    user, contact = conversation.user, conversation.contact
    if contact is not None and not contact.language and said.language != user.language:
        Contact.objects.filter(pk=contact.pk, language="").update(language=said.language)  # for our own words
    if said.unanswered:
        row = note_unanswered(user=user, text=said.unanswered, message=question, now=now)
        if row is not None:
            talk_events.tell_unanswered(row, question=question, conversation=conversation, now=now)
    if said.handover:
        _hand_over(conversation, question=question, reason="asked", now=now)
    for notice in said.notices:
        bell.tell(
            user=user,
            kind=Notification.Kind.CUSTOMER,
            title=notice.title,
            body=notice.body,
            url=notice.url or inbox_address(conversation),
            now=now,
        )


def apologise(*, conversation: Conversation, now: datetime) -> None:
    """Say on WhatsApp, where nobody sees a mark beside the message, that it gets no reply. In the tenant's scope."""
    if conversation.channel != Conversation.Channel.WHATSAPP:
        return
    with override(language_of(conversation)):
        if conversation.audience == Conversation.Audience.CUSTOMER:
            text = gettext("Perdona, no pude responderte. Ya avisé al negocio para que te escriba.")
        else:
            text = gettext("Algo falló de nuestro lado y no pude responderte. Escríbemelo otra vez, por favor.")
    say(conversation=conversation, text=text, now=now)
    _hand_over(conversation, question=None, reason="failed", now=now)


def say(
    *,
    conversation: Conversation,
    text: str,
    now: datetime,
    to: Message | None = None,
    payload: dict[str, Any] | None = None,
) -> Message:
    """Store words of our own as a message of the assistant, perhaps as the reply ``to`` one, and have them sent.

    In the tenant's scope, in the caller's transaction.
    """
    reply = Message.objects.create(
        user=conversation.user,
        conversation=conversation,
        role=Message.Role.ASSISTANT,
        content=text,
        reply_to=to,
        payload=payload or {},
        created_at=now,
    )
    if to is not None:
        talk_events.tell_answered(reply, conversation=conversation, answers=[to], now=now)
    else:
        talk_events.tell_said(reply, conversation=conversation, now=now)
    send(reply=reply, now=now)
    return reply


def _hand_over(conversation: Conversation, *, question: Message | None, reason: str, now: datetime) -> None:
    waits = Conversation.objects.filter(pk=conversation.pk, handover_at=None)
    if waits.update(handover_at=now):
        talk_events.tell_handover(conversation=conversation, question=question, reason=reason, now=now)


def inbox_address(conversation: Conversation) -> str:
    """The page on which the owner reads it."""
    return f"/user/inbox?conversation={conversation.pk}"


def language_of(conversation: Conversation) -> str:
    """In which our own words are said to whoever it is with."""
    contact = conversation.contact
    return (contact.language if contact is not None else "") or conversation.user.language
