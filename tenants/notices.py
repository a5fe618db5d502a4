"""Wake-ups between processes by PostgreSQL's LISTEN and NOTIFY. They say «look at the rows»; they carry no data.

A notice reaches those who listen at that moment and nobody else, so whoever listens also looks now and then unasked.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql

logger = logging.getLogger(__name__)

# On it those are called who wait for something (``messaging.streams``); see ``account_line``.
STREAMS_CHANNEL = "recado_streams"

RETRY_SECONDS = 1.0  # how long a lost connection is left alone before it is tried again

# Over TCP a peer that vanished without a word is noticed after about a minute; a socket file ignores these.
_keepalive = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def notify(channel: str, payload: str = "") -> None:
    """Wake the listeners of ``channel`` when the caller's transaction commits; a rollback wakes nobody.

    PostgreSQL folds equal notices of one transaction into one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def account_line(user_id: int) -> str:
    """What everybody listens on who waits for something of this account: whether it may still be read."""
    return f"account:{user_id}"


def dedicated_connection(**options: Any) -> psycopg.Connection[Any]:
    """A connection of its own to the application's database, in autocommit, outside Django's per-thread ones."""
    params = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        params.pop(name, None)
    return psycopg.connect(**(_keepalive | params | options), autocommit=True)


class Listener:
    """Listens on one channel for one thread of one process, over a connection of its own, and mends it when it breaks.

    Made anywhere, it connects at the first ``wait`` of the process that uses it: a connection does not survive a fork.
    """

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self._connection: psycopg.Connection[Any] | None = None
        self._pid = 0
        self._retry_at = 0.0

    def wait(self, *, timeout: float) -> set[str] | None:
        """Wait up to ``timeout`` seconds; answer the payloads that came, an empty set when none did.

        None means that notices may have been missed (the connection is new, or there is none now): look at the rows.
        """
        if self._connection is None or self._pid != os.getpid():
            if not self._connect():
                time.sleep(min(timeout, RETRY_SECONDS))
            return None
        try:
            payloads: set[str] = set()
            for notice in self._connection.notifies(timeout=timeout, stop_after=1):
                payloads.add(notice.payload)
            if payloads:  # a burst is one wake-up
                payloads.update(notice.payload for notice in self._connection.notifies(timeout=0))
        except (psycopg.Error, OSError) as fault:
            logger.warning("listening on %s broke off: %s", self.channel, fault)
            self.close()
            return None
        return payloads

    def execute(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """Run a query on the listening connection and answer its first row, None when there is no connection now.

        For what must live as long as the listening does, such as an advisory lock.
        """
        if (self._connection is None or self._pid != os.getpid()) and not self._connect():
            return None
        try:
            assert self._connection is not None  # noqa: S101
            return self._connection.execute(query.encode(), values).fetchone()
        except (psycopg.Error, OSError) as fault:
            logger.warning("the listening connection of %s broke off: %s", self.channel, fault)
            self.close()
            return None

    def fileno(self) -> int | None:
        """The socket on which notices arrive, None without a connection. Readable: call ``wait(timeout=0)``."""
        return None if self._connection is None or self._connection.closed else self._connection.fileno()

    def close(self) -> None:
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
        self._connection = None

    def _connect(self) -> bool:
        self._connection = None  # one of a parent process belongs to the parent: dropped here, not closed
        if time.monotonic() < self._retry_at:
            return False
        try:
            self._connection = dedicated_connection(application_name=f"recado {self.channel}")
            self._pid = os.getpid()
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self.channel)))
        except Exception as fault:  # noqa: BLE001  (an embedded server that is just being restarted raises its own)
            logger.warning("cannot listen on %s: %s", self.channel, fault)
            self._connection = None
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return False
        return True
