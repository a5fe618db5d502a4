"""Idle connections of this process, for whichever thread wants one next.

Django keeps a connection per thread. With a hundred threads that mostly wait (for a model, for news on a stream) that
is either a hundred idle servers of five megabytes each, or a new connection, at some five milliseconds, for every few
queries. Here a closed connection goes back to a small stock of its process instead. Django's own pool does not do: it
starts threads, and its sockets are inherited across the fork of ``qcluster``; this stock is never used by a child.
"""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

MOST_IDLE = 6  # a process; more than that run at the same moment only in bursts
OLDEST = 600.0  # seconds after which a connection is not used again: its server's caches only ever grow

_Key = tuple[tuple[str, str], ...]


class Stock:
    """A stack: what was used last is used next, so that the rest can grow old and go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[_Key, float, psycopg.Connection[Any]]] = []
        self._inherited: list[Any] = []

    def take(self, params: dict[str, Any]) -> tuple[psycopg.Connection[Any], float] | None:
        """An idle connection that was made with ``params`` and still works, and its birth; None when there is none."""
        key = _key(params)
        while True:
            with self._lock:
                place = next((n for n in reversed(range(len(self._idle))) if self._idle[n][0] == key), None)
                if place is None:
                    return None
                _, born, connection = self._idle.pop(place)
            if _works(connection):
                return connection, born
            connection.close()

    def give_back(self, params: dict[str, Any], connection: psycopg.Connection[Any], *, born: float) -> bool:
        """Keep ``connection`` for the next who wants one; False when it has to be closed.

        Its settings are reset, the tenant's above all, so that nobody takes over another one's scope.
        """
        if connection.closed or not connection.autocommit or time.monotonic() - born > OLDEST:
            return False
        if connection.info.transaction_status != TransactionStatus.IDLE or len(self._idle) >= MOST_IDLE:
            return False
        try:
            connection.execute("RESET ALL")
        except psycopg.Error:
            return False
        with self._lock:
            if len(self._idle) >= MOST_IDLE:  # others came meanwhile
                return False
            self._idle.append((_key(params), born, connection))
        return True

    def empty(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, _, connection in idle:
            connection.close()

    def disown(self) -> None:
        """In a child process: the connections are the parent's, and closing them here would end them there."""
        self._lock = threading.Lock()
        self._inherited, self._idle = self._idle, []


stock = Stock()
os.register_at_fork(after_in_child=stock.disown)


def _key(params: dict[str, Any]) -> _Key:
    return tuple(sorted((name, str(value)) for name, value in params.items() if isinstance(value, str | int)))


def _works(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has neither hung up nor said anything unasked: then there would be something to read."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
