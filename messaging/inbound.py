"""Taking in what Meta has sent: each stored update once, with all that it does in one transaction.

The queue's task is a doorbell. Whoever answers it holds the role and goes through what is pending in the order in which
it came. Statuses are many and small: some dozens of them share a transaction. What fails by a fault of ours is tried
again after a pause, and what the same person wrote after it waits for it; others do not. After MAX_ATTEMPTS it is
failed, and shown.

While somebody is at it nobody needs to ring: whoever stores an update then finds the role ``awake`` and leaves the bell
alone. Before whoever was awake goes, they wait for the transactions that have relied on it, and look once more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from agenda.perils import pass_by
from messaging import arriving
from messaging.arriving import Result
from messaging.models import InboundUpdate
from tenants.jobs import bell_values, enqueue
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

# Of the advisory locks, with the number of the place: the role; that whoever has it is awake; who relies on that.
ROLE_KEY, AWAKE_KEY, RELYING_KEY = 7_231_005, 7_231_015, 7_231_025
TASK = "messaging.tasks.take_in"
BATCH = 200
STATUSES = 50
MAX_ATTEMPTS = 5
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 300))
DRAIN_SECONDS = 40.0  # how long one task goes on; then it rings for the next
LINGER_SECONDS = 0.02  # that it waits for more: a portion costs little more than a single one
TASK_SECONDS = int(DRAIN_SECONDS) + 50
FORGOTTEN = timedelta(seconds=5)

Status = InboundUpdate.Status

# Whether a transaction that stores updates has to ring. Not while somebody is awake, who looks once more when the
# transactions are over that have relied on it: those hold this lock until then, and take it before they look.
WANTS_BELL = f"""
    CASE WHEN pg_try_advisory_xact_lock_shared({RELYING_KEY}) THEN pg_try_advisory_xact_lock_shared({AWAKE_KEY})
    ELSE true END
"""
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
_hold = f"""
    WITH held AS MATERIALIZED (
        SELECT * FROM messaging_inboundupdate
        WHERE id = ANY (%(ids)s) AND status = 'pending' ORDER BY id FOR UPDATE SKIP LOCKED
    )
    SELECT u.* FROM held u
    WHERE NOT EXISTS (
        SELECT FROM messaging_inboundupdate e WHERE {_same_line} AND NOT EXISTS (SELECT FROM held WHERE id = e.id)
    )
    ORDER BY id
"""  # noqa: S608
_end = """
    UPDATE messaging_inboundupdate u
    SET status = ended.status, note = ended.note, tenant_id = ended.tenant_id, message_id = ended.message_id,
        done_at = %(now)s
    FROM unnest(
        %(ids)s::bigint[], %(statuses)s::text[], %(notes)s::text[], %(tenants)s::bigint[], %(messages)s::bigint[]
    ) AS ended (id, status, note, tenant_id, message_id)
    WHERE u.id = ended.id
"""


def ring() -> None:
    """Have somebody take in what is pending, in the caller's transaction."""
    enqueue(TASK, timeout=TASK_SECONDS)


def bell() -> dict[str, Any]:
    """What the statement of whoever stores updates needs to know to ring by itself, ``tenants.broker.STORE``."""
    return bell_values(TASK, timeout=TASK_SECONDS)


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
    with _held(ROLE_KEY) as taken:
        if not taken:
            return "somebody else is taking in"
        with _awake():
            count = drain(lingers=True)
    _wait_for_relying()
    if is_due(now=timezone.now()):  # who was turned away meanwhile, or did not ring, has relied on us
        with transaction.atomic():
            ring()
    return f"{count} updates"


def drain(*, seconds: float = DRAIN_SECONDS, lingers: bool = False) -> int:
    """Take in until nothing is due or the time is up. Returns how many updates it saw to.

    Who ``lingers`` waits a moment after each portion for what comes with it.
    """
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        taken = _take_portion(deadline=deadline)
        count += taken
        if not taken:  # nothing is due, or somebody else is at all of it
            break
        if lingers and taken < STATUSES:
            time.sleep(LINGER_SECONDS)
    return count


def _take_portion(*, deadline: float) -> int:
    written, told = _find_due(now=timezone.now(), most=BATCH)
    taken = take_in_statuses(told, now=timezone.now()) if told else 0
    for update_id in written:
        if time.monotonic() > deadline:
            break
        taken += take_in(update_id, now=timezone.now())
    return taken


def is_due(*, now: datetime) -> bool:
    """Whether anything could be taken in now."""
    return bool(due(now=now, most=1))


def due(*, now: datetime, most: int = BATCH) -> list[int]:
    """The pending updates whose time has come and before which nothing of the same sender waits for its time.

    What people write comes before what became of our messages: they wait for an answer. While statuses are taken in,
    it is looked every STATUSES of them whether somebody has written.
    """
    written, told = _find_due(now=now, most=most)
    return written or told


def _find_due(*, now: datetime, most: int) -> tuple[list[int], list[int]]:
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_due, {"now": now, "most": most, "statuses": False})
        if written := [pk for (pk,) in cursor.fetchall()]:
            return written, []
        cursor.execute(_due, {"now": now, "most": min(most, STATUSES), "statuses": True})
        return [], [pk for (pk,) in cursor.fetchall()]


def take_in(update_id: int, *, now: datetime) -> bool:
    """Do what one pending update says, and mark it done, in one transaction. Returns whether it was seen to.

    It is not when somebody else is at it, or something of the same sender comes first.
    """
    try:
        with all_tenants(), transaction.atomic():
            held = _hold_free([update_id])
            if not held:
                return False
            _note_ends(held, [arriving.handle(held[0], now=now)], now=now)
            pass_by("before_taken_in")
        pass_by("after_taken_in")
    except (OperationalError, InterfaceError):  # the database is away: it stays as it was
        raise
    except Exception as fault:
        logger.exception("update %s could not be taken in", update_id)
        _stumble(update_id, fault=fault, now=now)
    return True


def take_in_statuses(update_ids: Sequence[int], *, now: datetime) -> int:
    """Do what these pending statuses say, all in one transaction; one by one where that fails. Returns how many were
    seen to."""
    try:
        with all_tenants(), transaction.atomic():
            held = _hold_free(update_ids)
            _note_ends(held, arriving.handle_statuses(held, now=now), now=now)
            pass_by("before_taken_in")
        pass_by("after_taken_in")
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001  (whichever it is of is found below, and that one says it)
        logger.warning("%s statuses are taken in one by one: %s", len(update_ids), type(fault).__name__)
        return sum(take_in(update_id, now=now) for update_id in update_ids)
    return len(held)


def _hold_free(update_ids: Sequence[int]) -> list[InboundUpdate]:
    """Those that nobody else is at and before which nothing of the same sender comes, locked and in their order."""
    return list(InboundUpdate.objects.raw(_hold, {"ids": list(update_ids)}))


def _note_ends(held: Sequence[InboundUpdate], results: Sequence[Result], *, now: datetime) -> None:
    """Write down what became of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            _end,
            {
                "ids": [update.pk for update in held],
                "statuses": [str(result.status) for result in results],
                "notes": [result.note for result in results],
                "tenants": [result.tenant_id for result in results],
                "messages": [result.message_id for result in results],
                "now": now,
            },
        )


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
def _held(key: int) -> Iterator[bool]:
    """An advisory lock, unless somebody else has it. That of the role keeps a burst of webhooks from taking all of the
    queue's workers.

    On the worker's own connection, which it outlives by no means; should it break, an update is still held by its row.
    """
    taken = _ask("SELECT pg_try_advisory_lock(%s)", key)
    try:
        yield taken
    finally:
        if taken and connection.is_usable():
            _ask("SELECT pg_advisory_unlock(%s)", key)


@contextmanager
def _awake() -> Iterator[None]:
    """Meanwhile nobody who stores an update has to ring."""
    _ask("SELECT pg_advisory_lock(%s) IS NOT NULL", AWAKE_KEY)
    try:
        yield
    finally:
        if connection.is_usable():
            _ask("SELECT pg_advisory_unlock(%s)", AWAKE_KEY)


def _wait_for_relying() -> None:
    """Come back when the transactions are over that did not ring because somebody was awake."""
    _ask("SELECT pg_advisory_lock(%s) IS NOT NULL", RELYING_KEY)
    _ask("SELECT pg_advisory_unlock(%s)", RELYING_KEY)


def _ask(query: str, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, [key])
        return bool(cursor.fetchone()[0])
