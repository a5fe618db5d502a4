"""Claiming what is due, among many reminders that are not: by the code that claims in earnest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from agenda import claiming
from config.benchmarks.runs import Run
from config.benchmarks.table import Line
from tenants.scope import all_tenants

TABLE = "agenda_reminder"
TENANTS = 2_000
BATCH = 100
GOAL = 0.8
ROUNDS = 3
DUE_FROM = 100_000  # hours and days that the others do not have

_users = """
    INSERT INTO tenants_user (username, password, email, role, is_active, language, timezone, created_at)
    SELECT 'recordado' || n, '!', '', 'user', true, 'es', 'America/Bogota', statement_timestamp()
    FROM generate_series(1, %s) AS n ON CONFLICT DO NOTHING
"""
# A digest of each kind for each tenant and day: whole rows, with every index and constraint, and nothing to look up.
_rows = """
    INSERT INTO agenda_reminder (
        user_id, kind, day, due_at, next_at, status, channel, fence, attempts, detail, created_at, updated_at
    )
    SELECT u.id, k.kind, date '2030-01-01' + (n / 2)::int, due, due, 'scheduled', '', 0, 0, '',
           statement_timestamp(), statement_timestamp()
    FROM generate_series(%(first)s, %(last)s) AS n
    CROSS JOIN LATERAL (SELECT CASE n %% 2 WHEN 0 THEN 'morning_digest' ELSE 'evening_digest' END AS kind) AS k
    CROSS JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM tenants_user
                WHERE username LIKE 'recordado%%') AS u
    CROSS JOIN LATERAL (SELECT %(due)s::timestamptz + n * interval '1 hour' + u.place * interval '1 second' AS due) AS d
    WHERE n * %(tenants)s + u.place <= %(count)s
"""


def measure(run: Run) -> Iterator[Line]:
    run.stop()
    now = timezone.now()
    due, others = run.size.due, run.size.reminders
    connection.close()  # with it goes whatever scope it had
    _execute("SET statement_timeout = 0")
    _execute(f"TRUNCATE {TABLE}, messaging_notification, messaging_delivery")
    _execute(_users, [TENANTS])
    _write(count=due, due=now - timedelta(days=400), first=DUE_FROM)
    alone = _claim_all(due, now=now)
    run.say(f"writing {others:,} reminders that are not due…")
    with _WithoutIndexes():
        _write(count=others, due=now + timedelta(days=1), first=0)
    among = _claim_all(due, now=now)
    _execute(f"TRUNCATE {TABLE}, messaging_notification, messaging_delivery")
    yield Line(
        row="reminders",
        what=f"{due:,} due ones claimed among {others:,} that are not",
        ratio=among / alone,
        at_least=GOAL,
        measured=f"{among:,.0f} rows/s, {BATCH} at once",
        ceiling=f"nothing else in the table: {alone:,.0f} rows/s",
    )


def _claim_all(due: int, *, now: datetime) -> float:
    """Rows a second, the median of some rounds, each of which claims every due one."""
    _execute(f"VACUUM ANALYZE {TABLE}")
    rates = []
    for _ in range(ROUNDS):
        began, claimed = time.perf_counter(), 0
        while claims := claiming.claim_due(now=now, most=BATCH):
            claimed += len(claims)
        rates.append(claimed / (time.perf_counter() - began))
        if claimed != due:
            raise RuntimeError(f"{claimed} of {due} were claimed")
        with all_tenants():
            _execute("UPDATE agenda_reminder SET status = 'scheduled', lease_until = NULL WHERE status = 'claimed'")
    return sorted(rates)[ROUNDS // 2]


def _write(*, count: int, due: datetime, first: int) -> None:
    last = first + -(-count // TENANTS) - 1
    values = {"first": first, "last": last, "due": due - first * timedelta(hours=1), "tenants": TENANTS}
    with all_tenants():
        _execute(_rows, {**values, "count": first * TENANTS + count})


class _WithoutIndexes:
    """In the block the table has almost none of its indexes and keys; after it, it has them again.

    Foreign keys come back for what is written from then on: the rows of the block are not looked up one by one.
    """

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            # All but the key to which the notifications point.
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) || CASE contype WHEN 'f' THEN ' NOT VALID' ELSE '' END"
                " FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('f', 'u')"
                " AND conname NOT LIKE '%%tenant_key'",
                [TABLE],
            )
            self.constraints = cursor.fetchall()
            for name, _ in self.constraints:
                cursor.execute(f'ALTER TABLE {TABLE} DROP CONSTRAINT "{name}"')
            cursor.execute(
                "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i"
                " JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass AND NOT indisprimary"
                " AND c.relname NOT LIKE '%%tenant_key'",
                [TABLE],
            )
            self.indexes = cursor.fetchall()
            for name, _ in self.indexes:
                cursor.execute(f'DROP INDEX "{name}"')

    def __exit__(self, *_: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
            for _, definition in self.indexes:
                cursor.execute(definition)
            for name, definition in self.constraints:
                cursor.execute(f'ALTER TABLE {TABLE} ADD CONSTRAINT "{name}" {definition}')


def _execute(statement: str, values: object = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)  # type: ignore[arg-type]
