"""How fast Meta lets messages go: 80 a second from a number, and to one person one in six seconds on the average.

developers.facebook.com/docs/whatsapp/cloud-api/overview: «throughput» and «pair rate limits».
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from messaging.models import Delivery

PAIR_SECONDS, PAIR_BURST = 6.0, 45
PAIR_PERIOD = timedelta(seconds=PAIR_SECONDS * PAIR_BURST)  # in which a whole burst is paid back


class NumberPace:
    """Spaces what goes out from each number. One process sends at a time, so it need not be shared between them."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, phone_number_id: str) -> None:
        """Wait for this number's next place, and take it."""
        with self._lock:
            now = self._clock()
            place = max(self._free_at.get(phone_number_id, now), now)
            self._free_at[phone_number_id] = place + 1.0 / settings.WHATSAPP["PER_SECOND"]
        if place > now:
            self._sleep(place - now)


def next_for_pair(delivery: Delivery, *, now: datetime) -> datetime:
    """When ``delivery`` may go to its recipient: now, unless a whole burst went there and is not paid back yet.

    Counted in rows, over all that went there from the tenant, whatever became of it.
    """
    sent = Delivery.objects.filter(
        phone_number_id=delivery.phone_number_id, recipient=delivery.recipient, sent_at__gt=now - PAIR_PERIOD
    )
    last = list(sent.order_by("-sent_at").values_list("sent_at", flat=True)[:PAIR_BURST])
    return now if len(last) < PAIR_BURST else last[-1] + PAIR_PERIOD
