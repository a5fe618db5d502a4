"""Who answers what, now: conversations that wait are claimed with a lease and a fencing token.

The rows are the truth. A conversation with a pending message and no live lease is ready; a claim takes it for
``LEASE`` and raises its fence, and whatever is written for a turn is written only while the fence is still the
claim's. So two turns of one conversation never run at the same time, they run in order, and a turn that ran twice
(its worker stood still longer than the lease) leaves one reply.

On WhatsApp people write in bursts. A conversation there is ready once its quiet time is over, and its turn answers all
that waits by one reply to the last message; what comes meanwhile waits for the next. A turn that runs again answers
what it answered before, for its effects hang on that message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection, transaction

from assistants.engine import Reply
from messaging import inbox_events, replies, talk_events
from messaging.lines import STREAMS_CHANNEL as STREAMS_CHANNEL
from messaging.models import Conversation, Message, MessageDelta
from tenants.models import User
from tenants.notices import notify
from tenants.scope import all_tenants

LEASE = timedelta(seconds=20)
MAX_ATTEMPTS = 5  # whoever dies takes one with them, also when it was not the message's fault
HISTORY_LENGTH, HISTORY_STEP = 20, 10  # messages

# Ready conversations, each with its place in its tenant's line; turns that already run stand before it, so that a
# tenant with five hundred messages gets no more than a fair share of the next free threads.
_ready = """
    WITH busy AS (
        SELECT user_id, count(*) AS turns FROM messaging_conversation
        WHERE lease_until > statement_timestamp() GROUP BY user_id
    ), waiting AS (
        SELECT m.user_id, m.conversation_id, min(m.id) AS first_id, min(m.created_at) AS since
        FROM messaging_message m
        JOIN tenants_user u ON u.id = m.user_id AND u.is_active AND u.role = 'user'
        WHERE m.status = 'pending' GROUP BY m.user_id, m.conversation_id
    ), ready AS (
        SELECT c.id, w.first_id, greatest(w.since, c.quiet_until) AS since,
               coalesce(b.turns, 0) + row_number() OVER (PARTITION BY c.user_id ORDER BY w.first_id) AS place
        FROM waiting w
        JOIN messaging_conversation c ON c.id = w.conversation_id
            AND (c.lease_until IS NULL OR c.lease_until <= statement_timestamp())
            AND (c.quiet_until IS NULL OR c.quiet_until <= statement_timestamp())
        LEFT JOIN busy b ON b.user_id = c.user_id
    )
"""
_claim = f"""{_ready}
    UPDATE messaging_conversation SET lease_until = statement_timestamp() + %(lease)s, fence = fence + 1
    WHERE id = ANY (ARRAY(
        SELECT c.id FROM messaging_conversation c JOIN ready ON ready.id = c.id
        WHERE ready.place <= %(per_tenant)s
            AND (c.lease_until IS NULL OR c.lease_until <= statement_timestamp())
        ORDER BY ready.place, ready.first_id LIMIT %(most)s
        FOR UPDATE OF c SKIP LOCKED
    ))
    RETURNING id, user_id, fence
"""  # noqa: S608  (only our own text goes into it)
_oldest = f"{_ready} SELECT min(since) FROM ready WHERE place <= %(per_tenant)s"  # noqa: S608
_quiet = """
    SELECT extract(epoch FROM min(c.quiet_until) - statement_timestamp())
    FROM messaging_message m
    JOIN messaging_conversation c ON c.id = m.conversation_id AND c.quiet_until > statement_timestamp()
    JOIN tenants_user u ON u.id = m.user_id AND u.is_active AND u.role = 'user'
    WHERE m.status = 'pending'
"""
_renew = """
    UPDATE messaging_conversation c SET lease_until = statement_timestamp() + %(lease)s
    FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS held (id, fence)
    WHERE c.id = held.id AND c.fence = held.fence
"""


class ClaimLost(Exception):
    """Another claim has the conversation, it was deleted, or its tenant suspended: what this one has to say is dropped.

    A suspended tenant's message goes on waiting.
    """


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer one conversation of ``user`` until the lease ends or the fence rises."""

    user: User
    conversation_id: int
    fence: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One message to be answered, those of its burst that are answered with it, and the finished ones before.

    All of them the eldest first.
    """

    claim: Claim
    conversation: Conversation
    message: Message
    history: Sequence[Message]
    earlier: Sequence[Message] = ()

    @property
    def burst(self) -> list[Message]:
        """All that one reply answers."""
        return [*self.earlier, self.message]


def claim_ready(*, most: int, per_tenant: int) -> list[Claim]:
    """Claim up to ``most`` conversations, none of a tenant that has ``per_tenant`` turns running."""
    with all_tenants(), connection.cursor() as cursor:
        values: dict[str, Any] = {"lease": LEASE, "most": most, "per_tenant": per_tenant}
        cursor.execute(_claim, values)
        rows = cursor.fetchall()
    users = User.objects.in_bulk({user_id for _id, user_id, _fence in rows})
    return [Claim(users[user_id], row_id, fence) for row_id, user_id, fence in rows if user_id in users]


def ready_since(*, per_tenant: int) -> datetime | None:
    """Since when the oldest of the messages that could be claimed now waits for that; None when nothing is ready."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_oldest, {"per_tenant": per_tenant})
        (since,) = cursor.fetchone()
    return cast("datetime | None", since)


def quiet_seconds() -> float | None:
    """How long until the next conversation in which something waits has been quiet long enough; None: there is none."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_quiet)
        (seconds,) = cursor.fetchone()
    return None if seconds is None else float(seconds)


def renew(claims: Sequence[Claim]) -> None:
    """Extend the leases of the claims that still hold."""
    values: dict[str, Any] = {
        "lease": LEASE,
        "ids": [claim.conversation_id for claim in claims],
        "fences": [claim.fence for claim in claims],
    }
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_renew, values)


def begin(*, claim: Claim, now: datetime) -> Turn | None:
    """What is to be answered now in the claimed conversation, in its tenant's scope.

    A message whose turns were interrupted MAX_ATTEMPTS times fails here. None, and the claim given back, when nothing
    is left to answer. Raises ClaimLost.
    """
    with transaction.atomic():
        conversation = (
            Conversation.objects.select_for_update(of=("self",))
            .select_related("contact", "link", "number")
            .filter(pk=claim.conversation_id, fence=claim.fence)
            .first()
        )
        if conversation is None:
            raise ClaimLost
        waiting = list(Message.objects.filter(conversation=conversation).pending().order_by("id"))
        burst = _next_burst(conversation, waiting, now=now)
        if not burst:
            _give_back(claim, now=None)
            return None
        for message in burst:
            message.attempts += 1
            message.save(update_fields=["attempts"])
        *earlier, last = burst
        if last.attempts > 1 and last.deltas.exists():
            MessageDelta.objects.create(user=claim.user, message=last, text="", reset=True)
            notify(STREAMS_CHANNEL, str(last.pk))
        return Turn(claim, conversation, last, _history(burst[0]), earlier)


def add_text(*, turn: Turn, text: str, reset: bool = False) -> None:
    """Leave a piece of the reply for those who watch; ``reset`` takes back what was left before. Raises ClaimLost."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH delta AS (
                INSERT INTO messaging_messagedelta (user_id, message_id, text, reset, created_at)
                SELECT c.user_id, %(message)s, %(text)s, %(reset)s, statement_timestamp()
                FROM messaging_conversation c JOIN tenants_user u ON u.id = c.user_id AND u.is_active
                WHERE c.id = %(conversation)s AND c.fence = %(fence)s
                FOR KEY SHARE OF c  -- not beside its deletion
                RETURNING message_id
            )
            SELECT pg_notify(%(channel)s, message_id::text) FROM delta
            """,
            {
                "message": turn.message.pk,
                "text": text,
                "reset": reset,
                "conversation": turn.claim.conversation_id,
                "fence": turn.claim.fence,
                "channel": STREAMS_CHANNEL,
            },
        )
        if cursor.fetchone() is None:
            raise ClaimLost


def hold(turn: Turn) -> None:
    """Keep the claim of ``turn`` from being lost before the caller's transaction ends. Raises ClaimLost."""
    held = Conversation.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=turn.claim.conversation_id, fence=turn.claim.fence
    )
    if not list(held.values_list("pk")):
        raise ClaimLost
    _want_active(turn.claim)


def finish(*, turn: Turn, reply: Message, said: Reply | None = None, now: datetime) -> None:
    """Store the reply, have it sent where it is WhatsApp's, and give the conversation back. What else the assistant
    ``said`` is for the owner.

    Raises ClaimLost, having stored nothing.
    """
    with transaction.atomic():
        _give_back(turn.claim, now=now, assistant_type=reply.assistant_type)
        _want_active(turn.claim)
        reply.user, reply.conversation = turn.claim.user, turn.conversation
        reply.role, reply.status, reply.reply_to = Message.Role.ASSISTANT, Message.Status.DONE, turn.message
        reply.save(force_insert=True)
        _close(turn, assistant_type=reply.assistant_type)
        talk_events.tell_answered(reply, conversation=turn.conversation, answers=turn.burst, now=now)
        replies.send(reply=reply, now=now)
        if said is not None:
            replies.follow_up(reply=reply, question=turn.message, said=said, now=now)


def stumble(*, turn: Turn, now: datetime) -> None:
    """Give the conversation back after a fault of ours: to be tried again, or failed at the last attempt."""
    with transaction.atomic():
        _give_back(turn.claim, now=now)
        if spent := [message for message in turn.burst if message.attempts >= MAX_ATTEMPTS]:
            _fail(turn.conversation, spent, Message.Reason.FAULT, now=now)


def _next_burst(conversation: Conversation, waiting: list[Message], *, now: datetime) -> list[Message]:
    """Of what waits, what one reply answers; on the web a message. What was tried too often fails."""
    is_whatsapp = conversation.channel == Conversation.Channel.WHATSAPP
    if is_whatsapp and waiting and replies.stays_silent(conversation=conversation, waiting=waiting, now=now):
        _done(waiting)
        inbox_events.tell(conversation.user_id, conversation.pk)
        return []
    while waiting:
        begun = [message for message in waiting if message.attempts]
        burst = (begun or waiting) if is_whatsapp else waiting[:1]
        spent = [message for message in burst if message.attempts >= MAX_ATTEMPTS]
        if not spent:
            return burst
        _fail(conversation, spent, Message.Reason.INTERRUPTED, now=now)
        waiting = [message for message in waiting if message not in spent]
    return []


def _history(message: Message) -> list[Message]:
    """What was said before ``message``, eldest first: HISTORY_LENGTH at most, cut in steps.

    In steps, because a history that loses its head with every turn is new to the model's prompt cache every time.
    """
    before = Message.objects.filter(conversation=message.conversation).finished().said().before(message.pk)
    surplus = max(0, before.count() - HISTORY_LENGTH)
    skipped = -(-surplus // HISTORY_STEP) * HISTORY_STEP
    return list(before.in_order()[skipped:])


def _give_back(claim: Claim, *, now: datetime | None, assistant_type: str = "") -> None:
    fields: dict[str, Any] = {"lease_until": None}
    if now is not None:
        fields["updated_at"] = now
    if assistant_type:
        fields["assistant_type"] = assistant_type
    if not Conversation.objects.filter(pk=claim.conversation_id, fence=claim.fence).update(**fields):
        raise ClaimLost


def _want_active(claim: Claim) -> None:
    """Let nobody suspend the tenant before the caller's transaction ends; raise ClaimLost when somebody has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tenants_user WHERE id = %s AND is_active FOR SHARE", [claim.user.pk])
        if cursor.fetchone() is None:
            raise ClaimLost


def _close(turn: Turn, *, assistant_type: str = "") -> None:
    done = {"status": Message.Status.DONE, "reason": ""} | (
        {"assistant_type": assistant_type} if assistant_type else {}
    )
    Message.objects.filter(pk=turn.message.pk).update(**done)
    if turn.earlier:
        joined = Message.objects.filter(pk__in=[message.pk for message in turn.earlier])
        joined.update(**done, joined_to=turn.message)
    for message in turn.burst:
        notify(STREAMS_CHANNEL, str(message.pk))
    inbox_events.tell(turn.claim.user.pk, turn.conversation.pk)


def _done(messages: Sequence[Message]) -> None:
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(status=Message.Status.DONE)
    for message in messages:
        notify(STREAMS_CHANNEL, str(message.pk))


def _fail(conversation: Conversation, messages: Sequence[Message], reason: Message.Reason, *, now: datetime) -> None:
    for message in messages:
        message.status, message.reason = Message.Status.FAILED, reason
        message.save(update_fields=["status", "reason"])
        notify(STREAMS_CHANNEL, str(message.pk))
    replies.apologise(conversation=conversation, now=now)
    inbox_events.tell(conversation.user_id, conversation.pk)
