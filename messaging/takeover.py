"""Who speaks in a conversation: the assistant, or for a while the owner.

While it is taken over the assistant keeps quiet: what people write is stored and shown, and is done without a reply.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from messaging.lines import STREAMS_CHANNEL
from messaging.models import Conversation, Message
from tenants.events import record
from tenants.notices import notify

ECHO_MINUTES = 30  # after a word of the owner's own, typed on the phone


def take_over(*, conversation: Conversation, minutes: int | None, now: datetime) -> None:
    """Let the owner speak for ``minutes``, or until handed back when None. In the tenant's scope.

    A turn in course loses its claim: what it still has to say is dropped. What waits for an answer waits no more.
    """
    until = None if minutes is None else now + timedelta(minutes=minutes)
    _keep_quiet(conversation, until=until, now=now)


def keep_quiet(*, conversation: Conversation, now: datetime) -> None:
    """Take over for ECHO_MINUTES, unless it is taken over for longer. In the tenant's scope."""
    until: datetime | None = now + timedelta(minutes=ECHO_MINUTES)
    with transaction.atomic():
        current = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
        if is_taken_over(conversation=current, now=now):
            until = None if current.taken_over_until is None else max(current.taken_over_until, until)
        _keep_quiet(conversation, until=until, now=now)


def hand_back(*, conversation: Conversation, now: datetime) -> None:
    """Let the assistant answer what is written from now on. In the tenant's scope and a transaction."""
    if is_taken_over(conversation=conversation, now=now):
        record("handed_back", at=now, conversation=conversation.pk, contact=conversation.contact_id)
    conversation.taken_over_at = conversation.taken_over_until = None
    Conversation.objects.filter(pk=conversation.pk).update(taken_over_at=None, taken_over_until=None, updated_at=now)


def is_taken_over(*, conversation: Conversation, now: datetime) -> bool:
    """Whether the owner has the word."""
    until = conversation.taken_over_until
    return conversation.taken_over_at is not None and (until is None or until > now)


def _keep_quiet(conversation: Conversation, *, until: datetime | None, now: datetime) -> None:
    with transaction.atomic():
        if not is_taken_over(conversation=conversation, now=now):  # and not once more with each word
            record("taken_over", at=now, conversation=conversation.pk, contact=conversation.contact_id)
        conversation.taken_over_at, conversation.taken_over_until = now, until
        changed = Conversation.objects.filter(pk=conversation.pk).update(
            taken_over_at=now,
            taken_over_until=until,
            quiet_until=None,
            lease_until=None,
            fence=F("fence") + 1,
            updated_at=now,
        )
        if not changed:
            raise Conversation.DoesNotExist
        waiting = Message.objects.filter(conversation=conversation).pending()
        for pk in list(waiting.values_list("pk", flat=True)):
            notify(STREAMS_CHANNEL, str(pk))
        waiting.update(status=Message.Status.DONE)
