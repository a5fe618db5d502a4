"""The monthly partitions of the event log: made ahead, and dropped when nobody wants to keep them.

What belongs to no month that was made (a clock stood still, an import from years ago) lies in the partition ``rest``
until its month is made.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db import connection, transaction

from tenants.rls import secure_statements
from tenants.scope import all_tenants

TABLE = "tenants_event"
REST = f"{TABLE}_rest"
AHEAD = 2  # months made before they begin
LOCK = 7_231_050  # the advisory lock of whoever makes a month


def make_months(*, now: datetime) -> list[str]:
    """Make the partitions of this month and the next ones where they are missing. Returns the names of those made."""
    first = date(now.astimezone(UTC).year, now.astimezone(UTC).month, 1)
    made = []
    for _ in range(AHEAD + 1):
        if _name(first) not in months():
            with all_tenants(), transaction.atomic():
                made += _make(first)
        first = _next(first)
    return made


def months() -> list[str]:
    """The names of the monthly partitions, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
        return sorted(name for (name,) in cursor.fetchall() if name != REST)


def drop_months(*, before: date) -> list[str]:
    """Drop the partitions that end at or before the first of ``before``'s month. Returns their names."""
    last = _name(date(before.year, before.month, 1))
    gone = [name for name in months() if name < last]
    with connection.cursor() as cursor:
        for name in gone:
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
    return gone


def _make(first: date) -> list[str]:
    name = _name(first)
    bounds = [f"{first:%Y-%m-%d} 00:00:00+00", f"{_next(first):%Y-%m-%d} 00:00:00+00"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if name in months():  # another clock was faster
            return []
        cursor.execute(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)")
        for statement in secure_statements(name):
            cursor.execute(statement)
        cursor.execute(f"LOCK TABLE {REST} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(
            f"WITH gone AS (DELETE FROM {REST} WHERE at >= %s AND at < %s RETURNING *)"  # noqa: S608  (our own names)
            f" INSERT INTO {name} SELECT * FROM gone",
            bounds,
        )
        cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)", bounds)
    return [name]


def _name(first: date) -> str:
    return f"{TABLE}_{first:%Y_%m}"


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
