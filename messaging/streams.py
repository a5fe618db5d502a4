"""Waiting for a reply: server-sent events, and requests that prefer to wait.

One thread of each web process listens for notices and wakes those who wait here, who then read the rows. While they
wait they hold no database connection, so two hundred open streams cost two hundred sleeping threads.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from django.utils import timezone, translation

from messaging.lines import STREAMS_CHANNEL
from messaging.models import Message, MessageDelta
from tenants import keyring, sessions
from tenants.models import User
from tenants.notices import Listener, account_line
from tenants.scope import release_connection, tenant_scope

HEARTBEAT_SECONDS = 10.0  # also how often a stream looks unasked, and how soon it notices that nobody reads it
STREAM_SECONDS = 600.0
MOST_WAITING = 120  # in one process, of its 128 threads: the others go on serving everybody else
MOST_OF_ONE = 100  # of them one tenant's, so that nobody's open pages keep the others' out

HEARTBEAT = ": …\n\n"

Render = Callable[[Message], dict[str, Any]]


class TooManyWaiting(Exception):
    """This process has as many waiting requests as it can carry, in all or of this tenant."""


class News(threading.Event):
    """Set when there may be news on a line."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._details: set[str] | None = None

    def tell(self, details: set[str] | None) -> None:
        """What the notices said has changed; None when some may have been missed."""
        with self._lock:
            self._details = None if details is None or self._details is None else self._details | details
            self.set()

    def take(self) -> set[str] | None:
        """What was said to have changed since the last time. None, also at first: anything may have."""
        with self._lock:
            details, self._details = self._details, set()
            return details


class Switchboard:
    """Who waits for what in this process: for a message, by its id, or on a line of another name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, set[News]] = defaultdict(set)
        self._count = 0
        self._by_tenant: Counter[int] = Counter()
        self._thread: threading.Thread | None = None
        self._pid = 0

    @contextmanager
    def line(
        self, name: int | str, *, tenant_id: int, most: int | None = None, most_of_one: int | None = None
    ) -> Iterator[News]:
        """An event that is set when there may be news of it. Raises TooManyWaiting.

        ``most`` and ``most_of_one`` are smaller for those who can do without: they come when there is much room.
        """
        event, keys = News(), (str(name), account_line(tenant_id))
        most, most_of_one = most or MOST_WAITING, most_of_one or MOST_OF_ONE
        with self._lock:
            self._ensure_listening()
            if self._count >= most or self._by_tenant[tenant_id] >= most_of_one:
                raise TooManyWaiting
            self._count += 1
            self._by_tenant[tenant_id] += 1
            for key in keys:
                self._waiting[key].add(event)
        try:
            yield event
        finally:
            with self._lock:
                self._count -= 1
                self._by_tenant -= Counter([tenant_id])  # keeps no tenant who waits for nothing
                for key in keys:
                    self._waiting[key].discard(event)
                    if not self._waiting[key]:
                        del self._waiting[key]

    @property
    def waiting(self) -> int:
        """How many wait here now."""
        return self._count

    def close(self) -> None:
        """Stop listening; the next who waits starts it again."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None and self._pid == os.getpid():
            thread.join()

    def _ensure_listening(self) -> None:
        if self._pid != os.getpid():  # what waited before a fork waits in the parent
            self._waiting.clear()
            self._by_tenant.clear()
            self._count = 0
        if self._pid != os.getpid() or self._thread is None or not self._thread.is_alive():
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._listen, name="switchboard", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        listener = Listener(STREAMS_CHANNEL)
        while self._thread is threading.current_thread():
            heard = listener.wait(timeout=1.0)
            with self._lock:
                for key, details in self._read(heard).items():
                    for news in self._waiting[key]:
                        news.tell(details)
        listener.close()

    def _read(self, heard: set[str] | None) -> dict[str, set[str] | None]:
        """The lines on which somebody waits, with what changed there; None when notices may have been missed."""
        if heard is None:
            return dict.fromkeys(self._waiting, None)
        lines: dict[str, set[str] | None] = {}
        for payload in heard:
            key, _, detail = payload.partition(" ")
            if key in self._waiting:
                lines[key] = (lines.get(key) or set()) | ({detail} if detail else set())
        return lines


switchboard = Switchboard()
atexit.register(switchboard.close)


def wait_for_reply(*, user: User, message: Message, seconds: float) -> Message:
    """The message as it stands when it is no longer pending, or after ``seconds``. Holds no connection meanwhile.

    Call it in the tenant's scope, and open the scope again for whatever you read afterwards.
    """
    deadline = time.monotonic() + seconds
    try:
        with switchboard.line(message.pk, tenant_id=user.pk) as news:
            while True:
                with tenant_scope(user):
                    current = Message.objects.prefetch_related("replies").filter(pk=message.pk).first()
                left = deadline - time.monotonic()
                if current is None or current.status != Message.Status.PENDING or left <= 0:
                    return current or message
                release_connection()
                news.wait(min(left, HEARTBEAT_SECONDS))
                news.clear()
    except TooManyWaiting:
        return message


class LiveStream(ABC):
    """Server-sent events of one tenant, from one line of the switchboard.

    Ends after STREAM_SECONDS, and when the person may not read it any more: is deactivated, has changed the password
    or had all sessions ended. Raises TooManyWaiting when it is made. ``close`` it, also unread.
    """

    def __init__(self, *, user: User, line: AbstractContextManager[News]) -> None:
        self.user = user
        # The request's language and zone have ended by the time the stream is read.
        self._language, self._zone = translation.get_language() or user.language, timezone.get_current_timezone()
        self._line = ExitStack()
        self.news = self._line.enter_context(line)

    def __iter__(self) -> Iterator[str]:
        deadline = time.monotonic() + STREAM_SECONDS
        try:
            yield "retry: 2000\n\n"
            while time.monotonic() < deadline:
                self.news.clear()
                look = self._look()
                yield from look
                if not look or look[-1].startswith("event: done"):
                    return
                if not self.news.wait(HEARTBEAT_SECONDS):
                    yield HEARTBEAT
        finally:
            self.close()

    def close(self) -> None:
        self._line.close()

    def _look(self) -> list[str]:
        """What is new; ends with ``done`` when all is said. Empty when there is nothing more to be read here."""
        try:
            if not sessions.goes_on(self.user):
                return []
            with tenant_scope(self.user), translation.override(self._language), timezone.override(self._zone):
                if not keyring.may_go_on(user=self.user, now=timezone.now()):
                    return []
                events = self.read()
        finally:
            release_connection()
        return [] if events is None else [HEARTBEAT, *events]

    @abstractmethod
    def read(self) -> list[str] | None:
        """The events since the last time, in the tenant's scope; None when there will be no more."""


class EventStream(LiveStream):
    """The server-sent events of one message: its texts after delta ``after``, and at its end the message itself.

    Ends also when the message is gone.
    """

    def __init__(self, *, user: User, message_id: int, render: Render, after: int = 0) -> None:
        super().__init__(user=user, line=switchboard.line(message_id, tenant_id=user.pk))
        self.message_id = message_id
        self.render = render
        self.after = after

    def read(self) -> list[str] | None:
        message = Message.objects.prefetch_related("replies").filter(pk=self.message_id).first()
        if message is None:
            return None
        events = []
        for delta in MessageDelta.objects.filter(message=message, pk__gt=self.after).order_by("pk"):
            self.after = delta.pk
            if delta.reset:
                events.append(event("reset", {}, delta.pk))
            if delta.text:
                events.append(event("delta", {"text": delta.text}, delta.pk))
        if message.status != Message.Status.PENDING:
            events.append(event("done", self.render(message)))
        return events


def event(name: str, data: dict[str, Any], number: int | None = None) -> str:
    """One server-sent event; ``number`` is what a client that comes back says it saw last."""
    identity = f"id: {number}\n" if number is not None else ""
    return f"{identity}event: {name}\ndata: {json.dumps(data, ensure_ascii=False, default=str)}\n\n"
