"""The letters' outbox: the doorbell, who sends, who finds again what lies with somebody who is gone, what is forgotten.

queued → sending → sent, or failed, or unknown. ``sending`` is committed before the mail server hears of the letter;
whoever finds it there after its lease calls it unknown, and sends it to nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging import crew
from messaging.crew import Clock
from messaging.mail import claiming, sending
from messaging.mail.claiming import TABLES, Claim
from messaging.mail.letters import Status
from messaging.mail.postman import Postman, ServerAway
from tenants.jobs import enqueue
from tenants.models import User
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 40.0  # how long one task goes on claiming; then it rings for the next
CHUNK = 10  # claimed at once by each thread, and sent on one line to the server
ROLE_KEY = 7_231_006  # of the advisory locks, with the number of the place
# What it has begun it may finish; past that django-q2 ends it.
TASK_SECONDS = int(DRAIN_SECONDS + settings.MAIL["SENDING_LEASE_SECONDS"]) + 30
AWAY_PAUSE = timedelta(minutes=1)  # while the server is away
AT_ONCE = 1000  # rows forgotten in one statement


def ring() -> None:
    """Have somebody send what is due, in the caller's transaction."""
    enqueue("messaging.tasks.send_mail", timeout=TASK_SECONDS)


def ring_due(*, now: datetime) -> bool:
    """Ring when something is due. Returns whether it rang."""
    due = claiming.is_due(now=now)
    if due:
        with transaction.atomic():
            ring()
    return due


def sweep(*, now: datetime) -> Counter[str]:
    """Find again what lies with somebody who is gone: what was being sent is unknown. Ring for what is due.

    To be called every 10 to 30 seconds by a process that is no django-q2 worker. Returns how many of each.
    """
    found: Counter[str] = Counter()
    claims = claiming.expired_sendings(now=now)
    users = _users(claims)
    for claim in claims:
        found["unknown"] += sending.give_up(claim, user=users.get(claim.user_id or 0), now=now)
    found["rung"] += ring_due(now=now)
    return found


def send_due() -> str:
    """What the queue's task does: send what is due, unless somebody else is at it. Returns what was done."""

    def work() -> str:
        return describe(drain(threads=settings.MAIL["THREADS"]))

    return crew.work_alone(ROLE_KEY, name="mail", work=work, ring_due=ring_due)


def drain(
    *, threads: int = 1, seconds: float = DRAIN_SECONDS, clock: Clock = timezone.now, stop: Callable[[], bool] = bool
) -> Counter[str]:
    """Claim and send in ``threads`` until nothing is due, the server is away, the time is up or ``stop`` answers true.

    Returns how many letters came to each status; those that are to be tried again count as queued.
    """
    away = threading.Event()

    def is_over() -> bool:
        return stop() or away.is_set()

    return crew.drain(
        claim=lambda: claiming.claim_due(now=clock(), most=CHUNK),
        deal_with=lambda claims: _deal_with(claims, away=away, clock=clock, stop=is_over),
        threads=threads,
        seconds=seconds,
        name="mail",
        stop=is_over,
    )


def describe(done: Counter[str]) -> str:
    """«sent 3, failed 0, …» for logs and commands."""
    return crew.describe(done, Status.SENT, Status.FAILED, Status.UNKNOWN, later=Status.QUEUED)


def forget(*, now: datetime) -> int:
    """Take away the texts of letters that are old, and the rows of those that are far older. Returns how many rows."""
    texts = now - timedelta(days=settings.MAIL["TEXT_DAYS"])
    rows = now - timedelta(days=max(settings.MAIL["DAYS"], settings.MAIL["TEXT_DAYS"]))
    gone = 0
    with all_tenants():
        for model in TABLES:
            letters: Any = model.objects  # type: ignore[attr-defined]
            over = letters.exclude(status__in=[Status.QUEUED, Status.SENDING])
            while ids := list(over.filter(created_at__lt=rows).values_list("pk", flat=True)[:AT_ONCE]):
                gone += letters.filter(pk__in=ids).delete()[0]
            told = over.filter(created_at__lt=texts).exclude(text="", html="")
            while ids := list(told.values_list("pk", flat=True)[:AT_ONCE]):
                letters.filter(pk__in=ids).update(text="", html="")
    return gone


def _deal_with(
    claims: Sequence[Claim], *, away: threading.Event, clock: Clock, stop: Callable[[], bool]
) -> Counter[str]:
    users = _users(claims)
    done: Counter[str] = Counter()
    give_up = time.monotonic() + claiming.LEASE.total_seconds() / 2
    with Postman(answer_seconds=settings.MAIL["ANSWER_SECONDS"]) as postman:
        for place, claim in enumerate(claims):
            if stop() or time.monotonic() > give_up:  # the server is slow: others need not wait for it
                claiming.give_back(claims=claims[place:], now=clock())
                break
            try:
                user = users.get(claim.user_id or 0)
                done[sending.send(claim, user=user, postman=postman, clock=clock)] += 1
            except ServerAway as fault:
                logger.warning("the mail server is away: %s", fault)
                away.set()
                claiming.put_off(now=clock(), until=clock() + AWAY_PAUSE)
                break
    return done


def _users(claims: Sequence[Claim]) -> dict[int, User]:
    return User.objects.in_bulk({claim.user_id for claim in claims if claim.user_id is not None})
