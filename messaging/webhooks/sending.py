"""Sending what is due: one process at a time, on threads, each call seen through and written down.

A telling is sent at least once. Whoever dies while calling leaves ``sending`` with a lease; when that is over, somebody
else sends it once more under the same ``webhook-id``, by which its receiver knows a double.
"""

from __future__ import annotations

import functools
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from messaging import crew
from messaging.crew import LOST, Clock
from messaging.webhooks import claiming, endings, signing, telling
from messaging.webhooks.calling import Answer, Dial, call, dial
from messaging.webhooks.claiming import Claim
from messaging.webhooks.models import WebhookDelivery
from messaging.webhooks.targets import BadTarget, Resolve, parse
from tenants.models import User
from tenants.scope import release_connection, tenant_scope

ROLE_KEY = 7_231_007  # of the advisory locks, with the number of the place
LOOK_SECONDS = 0.5  # how often it looks for more while calls are under way

logger = logging.getLogger(__name__)
Status = WebhookDelivery.Status


def send_due() -> str:
    """What the queue's task does: send what is due, unless somebody else is at it. Returns what was done."""

    def work() -> str:
        return describe(drain(threads=settings.WEBHOOKS["THREADS"]))

    return crew.work_alone(ROLE_KEY, name="webhooks", work=work, ring_due=telling.ring_due)


def describe(done: Counter[str]) -> str:
    """«delivered 3, failed 0, later 1» for logs and commands."""
    return crew.describe(done, Status.DELIVERED, Status.FAILED, later=Status.QUEUED)


def drain(
    *,
    threads: int = 1,
    seconds: float = telling.DRAIN_SECONDS,
    clock: Clock = timezone.now,
    draw: Callable[[], float] = random.random,
    resolve: Resolve | None = None,
    dial: Dial = dial,
    stop: Callable[[], bool] = bool,
) -> Counter[str]:
    """Claim and send until nothing is due, the time is up or ``stop`` answers true; see what was begun through.

    Endpoints that fail have half of the ``threads`` at most. With one thread everything happens in this one. Returns
    how many tellings came to each status; those that are to be tried again count as queued.
    """
    shift = _Shift(threads, functools.partial(send, clock=clock, draw=draw, resolve=resolve, dial=dial), clock)
    deadline = time.monotonic() + seconds
    return shift.work(lambda: time.monotonic() < deadline and not stop())


def send(
    claim: Claim,
    *,
    clock: Clock,
    draw: Callable[[], float],
    resolve: Resolve | None = None,
    dial: Dial = dial,
) -> str:
    """See one claimed telling through. Returns its status then, «lost» when the claim was ours no more."""
    user = User.objects.filter(pk=claim.user_id).first()
    if user is None:
        return LOST
    with tenant_scope(user):
        held = WebhookDelivery.objects.filter(pk=claim.delivery_id, fence=claim.fence, status=Status.SENDING)
        delivery = held.select_related("endpoint").first()
        if delivery is None:
            return LOST
        if not user.is_active:  # suspended since it was claimed
            held.update(status=Status.QUEUED, lease_until=None)
            return str(Status.QUEUED)
    now = clock()
    release_connection()
    answer, signature = _call(delivery, now=now, resolve=resolve, dial=dial)
    ending = functools.partial(endings.write, claim, answer=answer, signature=signature, began=now, draw=draw)
    return crew.write_down(
        ending,
        user=user,
        what=f"webhook delivery {claim.delivery_id}",
        seconds=settings.WEBHOOKS["LEASE_SECONDS"],
        clock=clock,
    )


def _call(delivery: WebhookDelivery, *, now: datetime, resolve: Resolve | None, dial: Dial) -> tuple[Answer, str]:
    signature = signing.sign(delivery=delivery, endpoint=delivery.endpoint, now=now)
    headers = signing.headers_of(delivery=delivery, signature=signature, now=now)
    try:
        target = parse(delivery.endpoint.url)
    except BadTarget as fault:  # what was taken once is not allowed any more
        return Answer(None, fault.code, 0), signature
    body = signing.body_of(delivery).encode()
    return call(target=target, body=body, headers=headers, resolve=resolve, dial=dial), signature


class _Shift:
    """The calls that are under way now, and those that follow."""

    def __init__(self, threads: int, send: Callable[[Claim], str], clock: Clock) -> None:
        self.threads = threads
        self.send = send
        self.clock = clock
        self.done: Counter[str] = Counter()
        self.running: dict[Future[str], Claim] = {}

    def work(self, goes_on: Callable[[], bool]) -> Counter[str]:
        if self.threads == 1:
            while goes_on() and (claims := self._claim(1)):
                self.done.update(map(self.send, claims))
            return self.done
        release_connection()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="webhook") as pool:
            while True:
                found = self._claim(self.threads - len(self.running)) if goes_on() else []
                for claim in found:
                    self.running[pool.submit(self._send_apart, claim)] = claim
                if not self.running:
                    return self.done
                self._wait()

    def _claim(self, free: int) -> list[Claim]:
        now = self.clock()
        try:
            found = claiming.claim_due(now=now, most=free, failing=False)
            failing = sum(claim.is_failing for claim in self.running.values())
            room = min(free - len(found), max(self.threads // 2, 1) - failing)
            return found + claiming.claim_due(now=now, most=room, failing=True)
        except Error:
            if not self.running:
                raise
            logger.exception("cannot look for what is due")
            connection.close()
            return []

    def _wait(self) -> None:
        ended, _ = wait(self.running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in ended:
            claim = self.running.pop(future)
            try:
                self.done[future.result()] += 1
            except Exception:  # its lease runs out, and somebody sends it once more
                logger.exception("webhook delivery %s broke off", claim.delivery_id)

    def _send_apart(self, claim: Claim) -> str:
        try:
            return self.send(claim)
        finally:
            connection.close()
