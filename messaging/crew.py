"""Sending by several threads what one process at a time may send, and writing down how it ended.

What reminders, messages on WhatsApp, letters and webhooks share: one task of the queue holds the role and drains; each
of its threads claims a few rows, calls somebody outside, and writes down what became of it, whatever the database does
meanwhile. What must never go out twice is committed as ``sending`` before the call.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from agenda.perils import pass_by
from tenants.models import User
from tenants.notices import dedicated_connection
from tenants.scope import release_connection, tenant_scope

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds between two tries to write

Clock = Callable[[], datetime]
Ending = Callable[..., str | None]  # called with ``now``; None when the row is ours no more
LOST = "lost"
_Claim = TypeVar("_Claim")
_Begun = TypeVar("_Begun")
_Whom = TypeVar("_Whom", User, User | None)


@contextmanager
def role(key: int, *, name: str) -> Iterator[bool]:
    """The right to send for the queue, so that a burst never takes all its workers. Yields whether it was free.

    ``key`` is that of the advisory lock. It is held on a connection of its own, which the threads' waits do not close.
    """
    with dedicated_connection(application_name=f"recado {name}") as held:
        row = held.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
        yield bool(row and row[0])


def work_alone(key: int, *, name: str, work: Callable[[], str], ring_due: Callable[..., bool]) -> str:
    """Do ``work`` in the role of ``key``, unless somebody else is at it. Returns what was done, in words."""
    with role(key, name=name) as taken:
        if not taken:
            return "somebody else is sending"
        done = work()
    ring_due(now=timezone.now())  # who was turned away meanwhile has relied on us
    return done


def drain(
    *,
    claim: Callable[[], Sequence[_Claim]],
    deal_with: Callable[[Sequence[_Claim]], Counter[str]],
    threads: int,
    seconds: float,
    name: str,
    stop: Callable[[], bool] = bool,
) -> Counter[str]:
    """Claim and deal with it in ``threads`` until ``claim`` finds nothing, the time is up or ``stop`` answers true.

    Returns how many rows came to each status.
    """
    deadline = time.monotonic() + seconds

    def work() -> Counter[str]:
        done: Counter[str] = Counter()
        while time.monotonic() < deadline and not stop() and (claims := claim()):
            done += deal_with(claims)
        return done

    def work_apart() -> Counter[str]:
        try:
            return work()
        finally:
            connection.close()

    if threads == 1:
        return work()
    release_connection()
    with ThreadPoolExecutor(threads, thread_name_prefix=name) as pool:
        futures = [pool.submit(work_apart) for _ in range(threads)]
    return sum((future.result() for future in futures), Counter())


def describe(done: Counter[str], *statuses: str, later: str) -> str:
    """«sent 3, failed 0, later 1» for logs and commands; ``later`` is the status of what is to be tried again."""
    said = [f"{status} {done[status]}" for status in statuses]
    return ", ".join([*said, f"later {done[later]}"])


def see_through(
    *,
    begin: Callable[..., _Begun | str],
    stumble: Callable[..., str],
    call: Callable[[_Begun], Ending],
    user: _Whom,
    what: str,
    peril: str,
    seconds: float,
    clock: Clock = timezone.now,
    scope: Callable[[_Whom], AbstractContextManager[None]] = tenant_scope,  # type: ignore[assignment]
) -> str:
    """See one claimed row through, in two phases. Returns the status that it came to, LOST when it was ours no more.

    ``begin`` looks at it once more, in the scope, and answers its status, or what is to be sent: then ``sending`` is
    committed. ``call`` sends that, in no scope and with no connection, and answers how it ended, which is written down
    as ``write_down`` does. ``stumble`` says what becomes of it after a fault of ours in ``begin``.
    """
    try:
        with scope(user):
            found = begin(now=clock())
    except (OperationalError, InterfaceError):  # the database is away: the claim runs out
        raise
    except Exception:
        logger.exception("%s could not be prepared", what)
        with scope(user):
            return stumble(now=clock())
    if isinstance(found, str):
        return found
    release_connection()
    pass_by(peril)
    return write_down(call(found), user=user, what=what, seconds=seconds, clock=clock, scope=scope)


def write_down(
    write: Ending,
    *,
    user: _Whom,
    what: str,
    seconds: float,
    clock: Clock = timezone.now,
    scope: Callable[[_Whom], AbstractContextManager[None]] = tenant_scope,  # type: ignore[assignment]
) -> str:
    """Write how it ended in the tenant's scope, trying again for ``seconds`` when the database is away for a moment.

    Returns the status that ``write`` answers, LOST when it answers None. ``what`` names the row in the log.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while True:
        try:
            with scope(user), transaction.atomic():
                return write(now=clock()) or LOST
        except Exception:
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            logger.warning("%s cannot be written down yet", what, exc_info=True)
            connection.close()
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
