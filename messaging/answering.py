"""Answering what waits: one worker holds the role and runs many turns at once, each on a thread.

The queue's task is a doorbell. Whoever answers it takes the role (an advisory lock), claims what is ready, runs it on
threads that mostly wait for a model, and goes on claiming as notices come in. It leaves when nothing is left, or when
its time is up: then it gives the role away first, rings for a successor, and sees its own turns through.
"""

from __future__ import annotations

import functools
import logging
import os
import select
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone

from assistants import engine
from assistants.base import Audience
from assistants.providers.base import ChatMessage
from assistants.providers.base import Role as ModelRole
from messaging import claims, questions, readings, replies, talk_events
from messaging.claims import Claim, ClaimLost, Turn
from messaging.models import Conversation, Message, MessageDelta
from messaging.readings import Reading
from tenants.events import Event, acting
from tenants.jobs import enqueue
from tenants.notices import Listener, notify
from tenants.scope import all_tenants, release_connection, tenant_scope

logger = logging.getLogger(__name__)

CHANNEL = "recado_turns"
THREADS: int = settings.ANSWERING_THREADS
PER_TENANT = max(1, THREADS * 3 // 4)  # so that one tenant's burst leaves room for the others
ROLE_KEY = 7_231_002  # of the advisory locks, with the number of the place

CLAIM_SECONDS = 240.0  # how long one task goes on claiming
TURN_SECONDS = 120.0  # how long it then waits for its turns; a lease that is not renewed any more runs out
TASK_SECONDS = int(CLAIM_SECONDS + TURN_SECONDS) + 30  # and past that django-q2 ends it
LOOK_SECONDS = 2.0  # how often it looks unasked
QUIET_GRACE = 0.005  # by which the end of a quiet time is waited for too long rather than too short
RENEW_SECONDS = claims.LEASE.total_seconds() / 4
FORGOTTEN = timedelta(seconds=5)
DELTAS_KEPT = timedelta(minutes=10)


def ring() -> None:
    """Say, in the caller's transaction, that there is something to answer."""
    enqueue("messaging.tasks.answer", timeout=TASK_SECONDS)
    notify(CHANNEL)


def ring_forgotten() -> bool:
    """Ring for turns that nobody works on (a worker was killed), and remove texts in course that are over.

    To be called every 10 to 30 seconds by a process that is no django-q2 worker. Returns whether it rang.
    """
    since = claims.ready_since(per_tenant=PER_TENANT)
    forgotten = since is not None and since < timezone.now() - FORGOTTEN
    if forgotten:
        with transaction.atomic():
            ring()
    with all_tenants():
        old = MessageDelta.objects.filter(created_at__lt=timezone.now() - DELTAS_KEPT)
        old.exclude(message__status=Message.Status.PENDING).delete()
    return forgotten


def answer_ready() -> str:
    """Answer what is ready until nothing is left or the time is up. Returns what was done, for the log."""
    with _Role() as role:
        if not role.taken:
            return "somebody else is answering"
        return f"{_Shift(role).work()} turns"


def answer_here() -> int:
    """Answer everything that is ready, one turn after the other, in this thread. For tests and commands."""
    answered = 0
    while ready := claims.claim_ready(most=1, per_tenant=PER_TENANT):
        for claim in ready:
            answer(claim)
            answered += 1
    return answered


def answer(claim: Claim) -> None:
    """Run one turn of the claimed conversation: read it, let the assistant reply, store the reply."""
    turn: Turn | None = None
    try:
        with tenant_scope(claim.user):
            turn = claims.begin(claim=claim, now=timezone.now())
        if turn is not None:
            _run(turn)
    except Exception as fault:
        if isinstance(fault, ClaimLost) or isinstance(fault.__cause__, ClaimLost):
            logger.info("conversation %s was taken over or deleted", claim.conversation_id)
            return
        logger.exception("a turn of conversation %s broke off", claim.conversation_id)
        if turn is not None:
            _stumble(turn)


def _stumble(turn: Turn) -> None:
    try:
        with tenant_scope(turn.claim.user):
            claims.stumble(turn=turn, now=timezone.now())
    except ClaimLost:
        logger.info("conversation %s was taken over or deleted", turn.claim.conversation_id)


def _run(turn: Turn) -> None:
    user = turn.claim.user
    with tenant_scope(user):
        reading = readings.read(turn)
        if not reading.text:
            claims.finish(turn=turn, reply=Message(content=reading.answer), now=timezone.now())
            return
    reply, said = _reply(turn, reading)
    with tenant_scope(user):
        claims.finish(turn=turn, reply=reply, said=said, now=timezone.now())


def _reply(turn: Turn, reading: Reading) -> tuple[Message, engine.Reply]:
    def write(text: str, *, reset: bool = False) -> None:
        with tenant_scope(turn.claim.user):
            claims.add_text(turn=turn, text=text, reset=reset)
        release_connection()

    conversation = turn.conversation
    is_watched = conversation.channel == Conversation.Channel.WEB
    assistant_type = readings.choose_assistant(turn, text=reading.text)
    release_connection()
    with acting(*_actor_of(conversation)):
        said = engine.reply(
            user=turn.claim.user,
            assistant_type=assistant_type,
            message=reading.text,
            history=[ChatMessage(cast("ModelRole", role), text) for role, text in readings.merged(turn.history)],
            audience=cast("Audience", conversation.audience),
            spoken=conversation.contact.language if conversation.contact is not None else "",
            contact_id=conversation.contact_id,
            images=reading.images,
            wishes=questions.list_wishes,
            on_text=write if is_watched else None,
            on_reset=(lambda: write("", reset=True)) if is_watched else None,
            now=timezone.now(),
            key=engine.TurnKey(turn=turn.message.pk, thread=conversation.pk, hold=functools.partial(claims.hold, turn)),
        )
    changed = {change["name"] for change in said.changes}
    nobody_looked = bool(reading.answer) and said.provider == "builtin"
    reply = Message(
        content=reading.answer if nobody_looked else said.text,
        assistant_type=assistant_type,
        tools=[*(name for name in said.tools if name not in changed), *said.changes],
        sources=list(said.sources),
        provider=said.provider,
        model=said.model,
    )
    replies.keep_offers(reply=reply, said=said)
    return reply, said


def _actor_of(conversation: Conversation) -> tuple[str, int | None]:
    """Whose doing it is what the tools of a turn do: the customer's own, or the assistant's at the owner's word."""
    if conversation.audience == Conversation.Audience.CUSTOMER:
        return talk_events.person_of(conversation)
    return Event.Actor.ASSISTANT, None


class _Role:
    """The right to answer, as an advisory lock on a connection that listens for more to answer."""

    def __init__(self) -> None:
        self.listener = Listener(CHANNEL)
        self.taken = False

    def __enter__(self) -> _Role:
        row = self.listener.execute("SELECT pg_try_advisory_lock(%s)", ROLE_KEY)
        self.taken = row is not None and bool(row[0])
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
        self.listener.close()

    def leave(self) -> None:
        """Give the role away, then look once more: who was turned away before has relied on us."""
        if not self.taken:
            return
        self.taken = False
        self.listener.execute("SELECT pg_advisory_unlock(%s)", ROLE_KEY)
        hand_over()


def hand_over() -> None:
    """Ring for somebody else when something is ready, or will be once it has been quiet long enough."""
    if claims.ready_since(per_tenant=PER_TENANT) is not None or claims.quiet_seconds() is not None:
        with transaction.atomic():
            ring()


@functools.cache
def _pipe(_process: int) -> tuple[int, int]:
    """By which a turn that ends wakes its shift as a notice does. One per process, never closed: a thread that outlives
    its shift may still write, and what nobody waits for does no harm.
    """
    return os.pipe()


class _Shift:
    """One task's work: the turns that run now, and what wakes it."""

    def __init__(self, role: _Role) -> None:
        self.role = role
        self.running: dict[Future[None], Claim] = {}
        self.count = 0
        self._finished, self._bell = _pipe(os.getpid())
        self._claim_until = time.monotonic() + CLAIM_SECONDS
        self._renew_at = time.monotonic() + RENEW_SECONDS

    def work(self) -> int:
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="turn")
        try:
            while time.monotonic() < self._claim_until:
                self._claim(threads)
                quiet = self._quiet()
                if not self.running and quiet is None:
                    break
                self._wait(most=quiet)
            self.role.leave()
            deadline = time.monotonic() + TURN_SECONDS
            while self.running and time.monotonic() < deadline:
                if self._wait():
                    hand_over()
        finally:
            threads.shutdown(wait=False)
        return self.count

    def _claim(self, threads: ThreadPoolExecutor) -> None:
        free = THREADS - len(self.running)
        if free <= 0:
            return
        try:
            found = claims.claim_ready(most=free, per_tenant=PER_TENANT)
        except Error:
            if not self.running:
                raise
            logger.exception("cannot look for what is ready")
            connection.close()
            return
        for claim in found:
            future = threads.submit(self._run, claim)
            self.running[future] = claim
            future.add_done_callback(self._ring)
        self.count += len(found)

    def _quiet(self) -> float | None:
        try:
            return claims.quiet_seconds()
        except Error:
            if not self.running:
                raise
            connection.close()
            return None

    def _run(self, claim: Claim) -> None:
        try:
            answer(claim)
        finally:
            connection.close()

    def _ring(self, _future: Future[None]) -> None:
        os.write(self._bell, b".")

    def _wait(self, *, most: float | None = None) -> bool:
        """Wait for a turn to end, a notice, or the time to look again. Returns whether a turn ended."""
        sockets = [self._finished]
        if (socket := self.role.listener.fileno()) is not None:
            sockets.append(socket)
        seconds = LOOK_SECONDS if most is None else min(most + QUIET_GRACE, LOOK_SECONDS)
        readable, _, _ = select.select(sockets, [], [], seconds)
        if socket in readable or socket is None:
            self.role.listener.wait(timeout=0)
        ended = [future for future in self.running if future.done()]
        if self._finished in readable:
            os.read(self._finished, 4096)
        for future in ended:
            del self.running[future]
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + RENEW_SECONDS
            self._renew()
        return bool(ended)

    def _renew(self) -> None:
        try:
            claims.renew(list(self.running.values()))
        except Error:  # the turns go on, and show at their end whether they still hold their claims
            logger.exception("leases could not be renewed")
            connection.close()
