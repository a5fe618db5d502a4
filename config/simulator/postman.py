"""Posts signed bodies to webhooks, as Meta does: again and again until somebody answers 200."""

from __future__ import annotations

import heapq
import http.client
import itertools
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field

from config.simulator.bodies import sign

TIMEOUT = 20.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds before a body that was not taken comes again
KEPT = 10_000  # bodies that are remembered


@dataclass(order=True, slots=True)
class Letter:
    due: float  # time.monotonic()
    place: int
    url: str = field(compare=False)
    body: bytes = field(compare=False)
    app_secret: str = field(compare=False)
    pause: float = field(default=FIRST_PAUSE, compare=False)


class Postman:
    """``threads`` carry letters; with one they arrive in the order of their times."""

    def __init__(self, *, threads: int = 1) -> None:
        self.bodies: deque[bytes] = deque(maxlen=KEPT)  # everything posted or to be fetched, in order
        self._letters: list[Letter] = []
        self._places = itertools.count()
        self._changed = threading.Condition()
        self._busy = 0
        self._closed = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._letters.clear()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)

    def post(self, body: bytes, *, url: str, app_secret: str, after: float = 0.0) -> None:
        """Post it ``after`` so many seconds, until it is taken. Without a ``url`` it is only remembered."""
        with self._changed:
            self.bodies.append(body)
            if url and not self._closed:
                letter = Letter(time.monotonic() + after, next(self._places), url, body, app_secret)
                heapq.heappush(self._letters, letter)
                self._changed.notify_all()

    def wait_until_done(self, *, seconds: float = 10.0) -> bool:
        """Whether everything was taken within so many seconds."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._letters or self._busy:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    @property
    def waiting(self) -> int:
        with self._changed:
            return len(self._letters) + self._busy

    def _work(self) -> None:
        while (letter := self._take()) is not None:
            taken = deliver(letter.body, url=letter.url, app_secret=letter.app_secret) == 200
            with self._changed:
                self._busy -= 1
                if not taken and not self._closed:
                    letter.due = time.monotonic() + letter.pause
                    letter.pause = min(letter.pause * 2, LONGEST_PAUSE)
                    heapq.heappush(self._letters, letter)
                self._changed.notify_all()

    def _take(self) -> Letter | None:
        with self._changed:
            while not self._closed:
                pause = self._letters[0].due - time.monotonic() if self._letters else None
                if pause is not None and pause <= 0:
                    self._busy += 1
                    return heapq.heappop(self._letters)
                self._changed.wait(pause)
        return None


def deliver(body: bytes, *, url: str, app_secret: str) -> int:
    """Post once. Returns the HTTP status; 0 when nobody answered."""
    request = urllib.request.Request(url, data=body, headers=sign(body, app_secret=app_secret), method="POST")  # noqa: S310 (http by whoever started us)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            response.read()
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (OSError, http.client.HTTPException):
        return 0
