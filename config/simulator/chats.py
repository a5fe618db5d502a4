"""What stands on the screens of the phones: in memory only, and no more than so much of it."""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

ENTRIES, PHONES = 200, 1000  # that are kept: of a chat, and chats
TYPING_SECONDS = 25.0  # Meta's
RANKS = {"": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}


@dataclass(slots=True)
class Entry:
    """``mine``: the phone wrote it. ``id`` grows with every entry and with every change of one."""

    id: int
    wamid: str
    mine: bool
    payload: dict[str, Any]
    status: str
    at: str


@dataclass(frozen=True, slots=True)
class View:
    """What is new in a chat: entries that came or changed, the last id, and whether the shop is writing."""

    entries: list[dict[str, Any]]
    last: int
    typing: bool


class Chats:
    def __init__(self) -> None:
        self._chats: OrderedDict[tuple[str, str], deque[Entry]] = OrderedDict()
        self._typing: dict[tuple[str, str], float] = {}
        self._ids = itertools.count(1)
        self._last = 0
        self._changed = threading.Condition()

    def add(
        self, *, phone_number_id: str, phone: str, wamid: str, mine: bool, payload: dict[str, Any], at: datetime
    ) -> None:
        with self._changed:
            key = (phone_number_id, phone)
            chat = self._chats.setdefault(key, deque(maxlen=ENTRIES))
            self._chats.move_to_end(key)
            while len(self._chats) > PHONES:
                self._typing.pop(self._chats.popitem(last=False)[0], None)
            if not mine:
                self._typing.pop(key, None)
            chat.append(Entry(self._next(), wamid, mine, payload, "sent" if mine else "", at.isoformat()))
            self._changed.notify_all()

    def mark(self, *, phone_number_id: str, phone: str, wamid: str, status: str) -> None:
        """Statuses only go forward."""
        with self._changed:
            for entry in reversed(self._chats.get((phone_number_id, phone), ())):
                if entry.wamid == wamid:
                    if RANKS[status] > RANKS[entry.status]:
                        entry.status, entry.id = status, self._next()
                        self._changed.notify_all()
                    return

    def read_by_shop(self, *, wamid: str, typing: bool) -> None:
        """The shop has seen a message, and with it all before it in that chat; it may have begun to write."""
        with self._changed:
            for key, chat in self._chats.items():
                found = next((place for place, one in enumerate(chat) if one.mine and one.wamid == wamid), None)
                if found is None:
                    continue
                for entry in list(chat)[: found + 1]:
                    if entry.mine and entry.status != "read":
                        entry.status, entry.id = "read", self._next()
                if typing:
                    self._typing[key] = time.monotonic() + TYPING_SECONDS
                    self._next()
                self._changed.notify_all()
                return

    def unread(self, *, phone_number_id: str, phone: str) -> list[str]:
        """The wamids of what the shop wrote and the phone has not opened."""
        with self._changed:
            chat = self._chats.get((phone_number_id, phone), ())
            return [one.wamid for one in chat if not one.mine and one.status not in {"read", "failed"}]

    def view(self, *, phone_number_id: str, phone: str, after: int = 0, wait: float = 0.0) -> View:
        """What came or changed after ``after``, waiting for it up to so many seconds."""
        deadline = time.monotonic() + wait
        with self._changed:
            while True:
                chat = self._chats.get((phone_number_id, phone), ())
                found = [asdict(entry) for entry in chat if entry.id > after]
                left = deadline - time.monotonic()
                if found or left <= 0:
                    until = self._typing.get((phone_number_id, phone), 0.0)
                    return View(found, max(after, self._last), until > time.monotonic())
                self._changed.wait(left)

    def forget(self, *, phone_number_id: str, phone: str) -> None:
        with self._changed:
            self._chats.pop((phone_number_id, phone), None)
            self._typing.pop((phone_number_id, phone), None)

    def _next(self) -> int:
        self._last = next(self._ids)
        return self._last
