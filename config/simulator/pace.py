"""How fast a number may send, and to one person."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from config.simulator.refusals import Refusal


class Pace:
    def __init__(self, *, per_second: int = 0, pair_seconds: float = 0.0, pair_burst: int = 0) -> None:
        self._per_second = per_second
        self._pair_seconds = pair_seconds
        self._pair_burst = pair_burst
        self._numbers: defaultdict[str, deque[float]] = defaultdict(deque)
        self._owed_until: dict[tuple[str, str], float] = {}  # a burst is borrowed from the time that follows
        self._lock = threading.Lock()

    def check(self, phone_number_id: str, recipient: str) -> Refusal | None:
        """Count one message; the refusal if it is one too many."""
        if not self._per_second and not self._pair_seconds:
            return None
        now = time.monotonic()
        with self._lock:
            taken = self._numbers[phone_number_id]
            while taken and now - taken[0] >= 1.0:
                taken.popleft()
            if self._per_second and len(taken) >= self._per_second:
                return Refusal(130429)
            if self._pair_seconds:
                pair = (phone_number_id, recipient)
                owed_until = max(self._owed_until.get(pair, now), now)
                if owed_until - now > self._pair_seconds * self._pair_burst:
                    return Refusal(131056)
                self._owed_until[pair] = owed_until + self._pair_seconds
            taken.append(now)
        return None
