"""Taking in what Meta has sent: each stored update once, with all that it does in one transaction.

The queue's task is a doorbell. Whoever answers it holds the role and goes through what is pending in the order in which
it came. What fails by a fault of ours is tried again after a pause, and what the same person wrote after it waits for
it; others do not. After MAX_ATTEMPTS it is failed, and shown.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from agenda.perils import pass_by
from messaging import arriving
from messaging.models import InboundUpdate
from tenants.jobs import enqueue
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

ROLE_KEY = 7_231_005  # of the advisory locks, with the number of the place
BATCH = 200
STATUSES = 50
MAX_ATTEMPTS = 5
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 300))
DRAIN_SECONDS = 40.0  # how long one task goes on; then it rings for the next
TASK_SECONDS = int(DRAIN_SECONDS) + 50
FORGOTTEN = timedelta(seconds=5)

Status = InboundUpdate.Status

# A person's messages stand in one line for each number of ours. An update without a sender has no line.
_same_line = """
    e.status = 'pending' AND e.kind = u.kind AND e.phone_number_id = u.phone_number_id AND e.sender = u.sender
    AND coalesce(e.channel_id, 0) = coalesce(u.channel_id, 0) AND e.id < u.id AND u.sender <> ''
"""
_due = f"""
    SELECT u.id FROM messaging_inboundupdate u
    WHERE u.status = 'pending' AND (u.kind = 'status') = %(statuses)s AND u.next_at <= %(now)s
      AND NOT EXISTS (SELECT FROM messaging_inboundupdate e WHERE {_same_line} AND e.next_at > %(now)s)
    ORDER BY u.id LIMIT %(most)s
"""  # noqa: S608  (only our own text goes into it)
_lock = f"""
    SELECT u.id FROM messaging_inboundupdate u
    WHERE u.id = %(id)s AND u.status = 'pending'
      AND NOT EXISTS (SELECT FROM messaging_inboundupdate e WHERE {_same_line})
    FOR UPDATE SKIP LOCKED
"""  # noqa: S608


def ring() -> None:
    """Have somebody take in what is pending, in the caller's transaction."""
    enqueue("messaging.tasks.take_in", timeout=TASK_SECONDS)


def sweep(*, now: datetime) -> bool:
    """Ring for what waits and nobody works on: a worker was killed, or a pause is over. Returns whether it rang.

    To be called every 10 to 30 seconds by a process that is no django-q2 worker.
    """
    with all_tenants():
        due = InboundUpdate.objects.pending().filter(next_at__lte=now - FORGOTTEN).exists()
    if due:
        with transaction.atomic():
            ring()
    return due


def take_in_ready() -> str:
    """What the queue's task does: take in what is pending, unless somebody else is at it. Returns what was done."""
    with _role() as taken:
        if not taken:
            return "somebody else is taking in"
        count = drain()
    if is_due(now=timezone.now()):  # who was turned away meanwhile has relied on us
        with transaction.atomic():
            ring()
    return f"{count} updates"


def drain(*, seconds: float = DRAIN_SECONDS) -> int:
    """Take in until nothing is due or the time is up. Returns how many updates it saw to."""
    deadline, count = time.monotonic() + seconds, 0
    while found := due(now=timezone.now()):
        taken = 0
        for update_id in found:
            if time.monotonic() > deadline:
                return count
            taken += take_in(update_id, now=timezone.now())
        count += taken
        if not taken:  # somebody else is at all of them
            break
    return count


def is_due(*, now: datetime) -> bool:
    """Whether anything could be taken in now."""
    return bool(due(now=now, most=1))


def due(*, now: datetime, most: int = BATCH) -> list[int]:
    """The pending updates whose time has come and before which nothing of the same sender waits for its time.

    What people write comes before what became of our messages: they wait for an answer. While statuses are taken in,
    it is looked every STATUSES of them whether somebody has written.
    """
    return _due_of(now=now, most=most, statuses=False) or _due_of(now=now, most=min(most, STATUSES), statuses=True)


def _due_of(*, now: datetime, most: int, statuses: bool) -> list[int]:
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_due, {"now": now, "most": most, "statuses": statuses})
        return [pk for (pk,) in cursor.fetchall()]


def take_in(update_id: int, *, now: datetime) -> bool:
    """Do what one pending update says, and mark it done, in one transaction. Returns whether it was seen to.

    It is not when somebody else is at it, or something of the same sender comes first.
    """
    try:
        with all_tenants(), transaction.atomic():
            update = _hold(update_id)
            if update is None:
                return False
            result = arriving.handle(update, now=now)
            update.status, update.note = result.status, result.note
            update.tenant_id, update.message_id = result.tenant_id, result.message_id
            update.done_at = now
            update.save(update_fields=["status", "note", "tenant_id", "message_id", "done_at"])
            pass_by("before_taken_in")
        pass_by("after_taken_in")
    except (OperationalError, InterfaceError):  # the database is away: it stays as it was
        raise
    except Exception as fault:
        logger.exception("update %s could not be taken in", update_id)
        _stumble(update_id, fault=fault, now=now)
    return True


def _hold(update_id: int) -> InboundUpdate | None:
    with connection.cursor() as cursor:
        cursor.execute(_lock, {"id": update_id})
        if cursor.fetchone() is None:
            return None
    return InboundUpdate.objects.get(pk=update_id)


def _stumble(update_id: int, *, fault: Exception, now: datetime) -> None:
    """After a fault of ours: to be tried again, and failed at the last time."""
    with all_tenants(), transaction.atomic():
        update = InboundUpdate.objects.select_for_update().pending().filter(pk=update_id).first()
        if update is None:
            return
        update.attempts += 1
        update.note = type(fault).__name__
        if update.attempts >= MAX_ATTEMPTS:
            update.status, update.done_at = Status.FAILED, now
            logger.error("update %s is given up", update_id)
        else:
            update.next_at = now + PAUSES[update.attempts - 1]
        update.save(update_fields=["attempts", "note", "status", "done_at", "next_at"])


@contextmanager
def _role() -> Iterator[bool]:
    """The right to take in for the queue, so that a burst of webhooks never takes all its workers.

    On the worker's own connection, which it outlives by no means; should it break, an update is still held by its row.
    """
    held = _ask("SELECT pg_try_advisory_lock(%s)")
    try:
        yield held
    finally:
        if held and connection.is_usable():
            _ask("SELECT pg_advisory_unlock(%s)")


def _ask(query: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, [ROLE_KEY])
        return bool(cursor.fetchone()[0])
