"""Talking to one's assistant: a message is stored together with the doorbell that gets it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from assistants import effects
from assistants.intents import decide
from messaging import answering, inbox_events, talk_events
from messaging.models import TITLE_LENGTH, Conversation, Delivery, Message
from tenants.models import User

AUTO = "auto"
_IN_HAND = (Delivery.Status.QUEUED, Delivery.Status.SENDING)


class AnotherAssistant(ValueError):
    """The conversation is with an assistant of another type."""


class NotFailed(ValueError):
    """Only a message that got no reply can be tried again."""


def send(
    *, user: User, content: str, assistant_type: str, conversation: Conversation | None = None, now: datetime
) -> Message:
    """Store what a person wrote, in ``conversation`` or a new one, and ring for the answer. In the tenant's scope.

    ``assistant_type`` is a type or "auto": by what the message is about, else the conversation's, and commercial in a
    new one. How often is counted at the door (the plan says it). Raises AnotherAssistant.
    """
    if assistant_type == AUTO:
        assistant_type = decide(content, context=conversation.assistant_type if conversation else None)
    elif conversation is not None and conversation.assistant_type != assistant_type:
        raise AnotherAssistant(conversation.assistant_type)
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(
                user=user, assistant_type=assistant_type, title=_title(content), created_at=now, updated_at=now
            )
        elif not Conversation.objects.filter(pk=conversation.pk).update(updated_at=now):
            raise Conversation.DoesNotExist
        message = Message.objects.create(
            user=user,
            conversation=conversation,
            role=Message.Role.USER,
            content=content,
            assistant_type=assistant_type,
            status=Message.Status.PENDING,
            created_at=now,
        )
        talk_events.tell_received(message, conversation=conversation, now=now)
        inbox_events.tell(user.pk, conversation.pk)
        answering.ring()
    return message


def try_again(*, message: Message) -> Message:
    """Let a failed message be answered after all; one that already waits goes on waiting. Raises NotFailed."""
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message.pk)
        if message.status == Message.Status.DONE:
            raise NotFailed
        if message.status == Message.Status.FAILED:
            message.status, message.reason, message.attempts = Message.Status.PENDING, "", 0
            message.save(update_fields=["status", "reason", "attempts"])
            answering.ring()
    return message


def delete(*, conversation: Conversation, silent_since: datetime | None = None) -> int:
    """Delete a conversation and all that belongs to it, for good. What its turn still has to say is dropped.

    With ``silent_since`` only if nothing was said in it from then on. Returns how many were deleted: 1 or 0.
    """
    count = 0
    with transaction.atomic():
        # Whoever writes into it locks it first, so nothing is added between looking for its rows and deleting them.
        for locked in Conversation.objects.select_for_update().filter(pk=conversation.pk):
            if silent_since is not None and locked.updated_at >= silent_since:
                continue
            effects.forget(thread=locked.pk)
            # What went out stays counted, without its words.
            sent = Delivery.objects.filter(message__conversation=locked).exclude(status__in=_IN_HAND)
            sent.update(text="", payload={}, template={})
            inbox_events.tell(locked.user_id, locked.pk)
            locked.delete()
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A run of messages, eldest first, and whether there are earlier ones."""

    messages: list[Message]
    has_earlier: bool


def excerpt(*, conversation: Conversation, limit: int, before: int | None = None) -> Excerpt:
    """The latest ``limit`` messages in whole turns (a reply never without its question), or those before ``before``.

    ``before`` is the id of a person's message, such as the first of the excerpt that follows.
    """
    messages = Message.objects.filter(conversation=conversation)
    if before is not None:
        messages = messages.before(before)
    latest = list(messages.in_order().reverse()[: limit + 1])
    has_earlier = len(latest) > limit
    shown = latest[:limit]
    if has_earlier and len(shown) > 1 and shown[-1].reply_to_id is not None:
        shown.pop()
    return Excerpt(shown[::-1], has_earlier)


def last_messages(conversations: Sequence[Conversation]) -> dict[int, Message]:
    """The last message of each, by conversation; they come from ``with_last_message``."""
    ids = [conversation.last_message_id for conversation in conversations]  # type: ignore[attr-defined]
    return {message.conversation_id: message for message in Message.objects.filter(pk__in=[i for i in ids if i])}


def _title(content: str) -> str:
    line = " ".join(content.split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[: TITLE_LENGTH - 1].rsplit(" ", 1)[0][: TITLE_LENGTH - 1] + "…"
