"""The queue's broker: django-q2's ORM broker that is woken by NOTIFY instead of asking five times a second.

Putting a task into the queue is an INSERT in the caller's transaction: a rollback leaves no task and wakes nobody. A
slow look (``Q_CLUSTER["poll"]`` seconds) finds what no notice announced: tasks whose lock ran out, notices that got
lost with a connection. Times are the database's, so that the clocks of several hosts need not agree.

Taking a task and striking it off do not wait for the disk: what a crash of the database undoes is that a task was taken
or done, and then it comes again, as it may at any time.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import Error, connections
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from tenants.notices import Listener, dedicated_connection, notify
from tenants.scope import is_open

logger = logging.getLogger(__name__)

CHANNEL = "recado_queue"
LONGEST_WAIT = 0.5  # seconds; between waits django-q2's pusher asks whether it shall stop
MOST_SILENCED = 300  # waiting tasks that are looked at when a doorbell is taken
STRIKE_SECONDS = 30.0  # how long it is tried to strike off a task that is done, when the database is away

_table = OrmQ._meta.db_table
# Stored and announced in one statement: whoever waits is woken when the caller's transaction commits.
_insert = f"""
    WITH made AS (
        INSERT INTO {_table} (key, payload, lock) VALUES (%s, %s, statement_timestamp()) RETURNING id
    )
    SELECT id, pg_notify('{CHANNEL}', '') FROM made
"""  # noqa: S608  (only our own text goes into it)
# The same as a part of whoever's statement stores something else, which goes on with FROM, WHERE and RETURNING, and
# then answers WAKE for each row that came of it. The values are those of ``NotifyBroker.values``.
STORE = f"INSERT INTO {_table} (key, payload, lock) SELECT %(task_key)s, %(task_payload)s, statement_timestamp()"
WAKE = f"pg_notify('{CHANNEL}', '')"
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
_waiting = (
    f"SELECT id, payload FROM {_table} WHERE key = %s AND lock < statement_timestamp() ORDER BY lock, id LIMIT %s"  # noqa: S608
)
_strike_waiting = f"""
    DELETE FROM {_table} WHERE id = ANY (ARRAY(
        SELECT id FROM {_table} WHERE id = ANY (%s) AND lock < statement_timestamp() FOR UPDATE SKIP LOCKED
    ))
"""  # noqa: S608
_strike = f"DELETE FROM {_table} WHERE id = %s"  # noqa: S608


class NotifyBroker(ORM):
    """Tasks in a table, in the order in which they came, each taken by one cluster at a time."""

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._prepare()

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        self._prepare()

    def _prepare(self) -> None:
        self._listener = Listener(CHANNEL)
        self._line = _Line()
        self._look_at = 0.0

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        """The rows of the queue. Where a scope is open the caller's connection stays open, too: it would go with it."""
        return OrmQ.objects.using(Conf.ORM) if is_open() else ORM.get_connection(list_key)

    def close(self) -> None:
        """Let go of the connections that this process has made."""
        self._listener.close()
        self._line.close()

    def enqueue(self, task: str) -> int:
        """Store the signed package in the caller's transaction. Returns the row's id."""
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(_insert, [self._key(), task])
            return int(cursor.fetchone()[0])

    def values(self, task: str) -> dict[str, Any]:
        """What ``STORE`` wants to know of the signed package."""
        return {"task_key": self._key(), "task_payload": task}

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
            except (Error, psycopg.Error) as fault:
                logger.warning("the queue cannot be read: %s", fault)
                time.sleep(LONGEST_WAIT)
                return None
            if tasks:
                return tasks
            self._look_at = time.monotonic() + Conf.POLL
        heard = self._listener.wait(timeout=LONGEST_WAIT)
        if heard is None or heard:
            self._look_at = 0.0
        return None

    def delete(self, task_id: int) -> None:
        """Strike the task off: it is done, or can never be."""
        deadline = time.monotonic() + STRIKE_SECONDS
        while True:
            try:
                self._line.execute(_strike, [task_id])
                return
            except (Error, psycopg.Error) as fault:
                if time.monotonic() > deadline:
                    raise
                logger.warning("the queue cannot be written: %s", fault)
                time.sleep(LONGEST_WAIT)

    def _take(self) -> list[tuple[int, str]]:
        tasks = sorted(self._line.execute(_claim, [Conf.RETRY, self._key(), Conf.BULK]))
        for _, payload in tasks:
            self._silence(payload)
        return tasks

    def _silence(self, payload: str) -> None:
        """Strike off the same doorbells that wait behind the one that was just taken.

        Whoever rang them has committed, and will be seen by whoever answers this one, who begins only now.
        """
        bell = _bell(payload)
        if bell:
            waiting = self._line.execute(_waiting, [self._key(), MOST_SILENCED])
            same = [row_id for row_id, other in waiting if _bell(other) == bell]
            if same:
                self._line.execute(_strike_waiting, [same])

    def _key(self) -> str:
        return self.list_key or Conf.CLUSTER_NAME


class _Line:
    """A connection of the broker's own in each process that takes tasks or strikes them off.

    Django's would be given back and taken again around each statement, which costs more than the statement.
    """

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Any] | None = None
        self._pid = 0

    def execute(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Run one statement, committed at once, and answer its rows. Raises psycopg.Error; the next call reconnects."""
        if self._connection is None or self._pid != os.getpid():
            self._connection, self._pid = _connect(), os.getpid()
        try:
            cursor = self._connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error:
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
        self._connection = None


def _bell(payload: str) -> str:
    """Which doorbell it is; empty for a task of its own, and for what cannot be read."""
    try:
        task = SignedPackage.loads(payload)
    except Exception:  # noqa: BLE001  (whatever it is: the worker says so)
        return ""
    return str(task["func"]) if isinstance(task, dict) and task.get("bell") else ""


def _connect() -> psycopg.Connection[Any]:
    # Plans are not kept: one made for an empty queue would be a bad one for a full queue.
    options = {"application_name": "recado queue", "prepare_threshold": None}
    try:
        made = dedicated_connection(**options)
    except psycopg.OperationalError:
        connections[Conf.ORM].ensure_connection()  # starts the embedded server, if that is what is missing
        connections[Conf.ORM].close()
        made = dedicated_connection(**options)
    made.execute("SET synchronous_commit = off")
    return made
