"""When a telling that failed is tried again: after 5 seconds, then ever more rarely, for about 28 hours."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from messaging.webhooks.calling import seconds_of

PLAN = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
MOST_TRIES = len(PLAN) + 1
JITTER = 0.2  # of a pause, at most, that it is longer: receivers that come back are not met by everybody at once
LONGEST_WISH = timedelta(hours=12)  # that a Retry-After of the receiver's is heeded


def next_try(
    *, tries: int, now: datetime, retry_after: str = "", draw: Callable[[], float] = random.random
) -> datetime | None:
    """When to try after ``tries`` that failed, the last one ``now``; None when that was the last.

    The receiver's own wish counts where it is later than the plan. ``draw`` answers from 0 to 1.
    """
    if tries >= MOST_TRIES:
        return None
    pause = PLAN[tries - 1] * (1 + JITTER * draw())
    wish = seconds_of(retry_after, now=now)
    if wish is not None:
        pause = max(pause, min(timedelta(seconds=wish), LONGEST_WISH))
    return now + pause
