"""The queue's broker: django-q2's ORM broker that is woken by NOTIFY instead of asking five times a second.

Putting a task into the queue is an INSERT in the caller's transaction: a rollback leaves no task and wakes nobody. A
slow look (``Q_CLUSTER["poll"]`` seconds) finds what no notice announced: tasks whose lock ran out, notices that got
lost with a connection. Times are the database's, so that the clocks of several hosts need not agree.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import Error, connections
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ

from tenants.notices import Listener, notify

logger = logging.getLogger(__name__)

CHANNEL = "recado_queue"
LONGEST_WAIT = 0.5  # seconds; between waits django-q2's pusher asks whether it shall stop

_table = OrmQ._meta.db_table
_insert = f"INSERT INTO {_table} (key, payload, lock) VALUES (%s, %s, statement_timestamp()) RETURNING id"  # noqa: S608
_insert_many = (
    f"INSERT INTO {_table} (key, payload, lock) SELECT %s, p, statement_timestamp() FROM unnest(%s::text[]) AS p"  # noqa: S608
)
_claim = f"""
    UPDATE {_table} SET lock = statement_timestamp() + make_interval(secs => %s)
    WHERE id = ANY (ARRAY(
        SELECT id FROM {_table} WHERE key = %s AND lock < statement_timestamp()
        ORDER BY lock, id LIMIT %s FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, payload
"""  # noqa: S608


class NotifyBroker(ORM):
    """Tasks in a table, in the order in which they came, each taken by one cluster at a time."""

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._listener = Listener(CHANNEL)
        self._look_at = 0.0

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        self._listener = Listener(CHANNEL)
        self._look_at = 0.0

    def enqueue(self, task: str) -> int:
        """Store the signed package in the caller's transaction. Returns the row's id."""
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(_insert, [self._key(), task])
            (row_id,) = cursor.fetchone()
        notify(CHANNEL)
        return int(row_id)

    def enqueue_many(self, tasks: list[str]) -> None:
        """Store many packages in one statement, with one notice for all."""
        if tasks:
            with connections[Conf.ORM].cursor() as cursor:
                cursor.execute(_insert_many, [self._key(), tasks])
            notify(CHANNEL)

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Up to ``Conf.BULK`` tasks (id, signed package), locked for ``Conf.RETRY`` seconds; None after a short wait.

        An error of the database is waited out here: django-q2 would let the process that fetches tasks die of it.
        """
        if time.monotonic() >= self._look_at:
            try:
                tasks = self._take()
            except Error as fault:
                logger.warning("the queue cannot be read: %s", fault)
                connections[Conf.ORM].close()
                time.sleep(LONGEST_WAIT)
                return None
            if tasks:
                return tasks
            self._look_at = time.monotonic() + Conf.POLL
        heard = self._listener.wait(timeout=LONGEST_WAIT)
        if heard is None or heard:
            self._look_at = 0.0
        return None

    def _take(self) -> list[tuple[int, str]]:
        self.get_connection()  # lets go of a connection that is too old or broken
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(_claim, [Conf.RETRY, self._key(), Conf.BULK])
            return sorted(cursor.fetchall())

    def _key(self) -> str:
        return self.list_key or Conf.CLUSTER_NAME
