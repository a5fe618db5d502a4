"""Which letter goes out next: due rows are claimed with a lease and a fencing token.

A queued row with a lease is in somebody's hands who has not begun to send it; when the lease ends it is free again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q

from agenda.perils import pass_by
from messaging.mail.letters import AnyLetter, Letter, PlatformLetter, Status
from tenants.scope import all_tenants

LEASE = timedelta(seconds=60)  # of a claim; of sending it is MAIL["SENDING_LEASE_SECONDS"]
AWAY = "no_mail_server"  # why a letter waits that is no letter's fault
TABLES: tuple[type[AnyLetter], ...] = (PlatformLetter, Letter)

# What somebody waits for goes first; then each tenant has its turn, so that a thousand digests of one hold up nobody.
_claim = """
    WITH ready AS (
        SELECT id, is_urgent, next_at,
            row_number() OVER (PARTITION BY {owner}, is_urgent ORDER BY next_at, id) AS place
        FROM {table}
        WHERE status = 'queued' AND next_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
    )
    UPDATE {table} SET fence = fence + 1, lease_until = %(until)s, updated_at = %(now)s
    WHERE id = ANY (ARRAY(
        SELECT l.id FROM {table} l JOIN ready ON ready.id = l.id
        WHERE l.status = 'queued' AND (l.lease_until IS NULL OR l.lease_until <= %(now)s)
        ORDER BY ready.is_urgent DESC, ready.place, ready.next_at, l.id LIMIT %(most)s FOR UPDATE OF l SKIP LOCKED
    ))
    RETURNING id, {owner}, fence, is_urgent
"""
_give_back = """
    UPDATE {table} l SET lease_until = NULL, updated_at = %(now)s
    FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS held (id, fence)
    WHERE l.id = held.id AND l.fence = held.fence AND l.status = 'queued'
"""
_put_off = """
    UPDATE {table} SET next_at = %(until)s, detail = %(detail)s, lease_until = NULL, updated_at = %(now)s
    WHERE status = 'queued' AND next_at <= %(now)s
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one letter until the lease ends or the fence rises."""

    model: type[AnyLetter]
    letter_id: int
    user_id: int | None
    fence: int


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Over everybody's letters. ``failed`` and ``unknown`` are of the last day."""

    queued: int
    sending: int
    oldest: datetime | None  # since when the one waits that could have gone out longest ago
    failed: int
    unknown: int


def claim_due(*, now: datetime, most: int) -> list[Claim]:
    """Claim up to ``most`` letters. Two who claim at once never get the same. In no scope and no transaction."""
    pass_by("before_mail_claim")
    found: list[Claim] = []
    with all_tenants(), connection.cursor() as cursor:
        for model in TABLES:
            values: dict[str, Any] = {"now": now, "until": now + LEASE, "most": most - len(found)}
            cursor.execute(_for(_claim, model), values)
            rows = sorted(cursor.fetchall(), key=lambda row: not row[-1])  # an UPDATE returns them in any order
            found += [Claim(model, *row[:-1]) for row in rows]
    return found


def give_back(*, claims: Sequence[Claim], now: datetime) -> None:
    """Let others have what was claimed and not begun."""
    with all_tenants(), connection.cursor() as cursor:
        for model in TABLES:
            if held := [one for one in claims if one.model is model]:
                ids, fences = [one.letter_id for one in held], [one.fence for one in held]
                cursor.execute(_for(_give_back, model), {"now": now, "ids": ids, "fences": fences})


def put_off(*, now: datetime, until: datetime) -> None:
    """Nothing goes out before ``until``: the mail server is away."""
    with all_tenants(), connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(_for(_put_off, model), {"now": now, "until": until, "detail": AWAY})


def expired_sendings(*, now: datetime, most: int = 500) -> list[Claim]:
    """What somebody was sending who is gone, with the fence to mark it unknown with."""
    found = []
    with all_tenants():
        for model in TABLES:
            rows: Any = model.objects.filter(status=Status.SENDING, lease_until__lte=now).order_by("lease_until")  # type: ignore[attr-defined]
            found += [Claim(model, *row) for row in rows.values_list("id", _owner(model), "fence")[:most]]
    return found


def is_due(*, now: datetime) -> bool:
    """Whether there is something to send."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    with all_tenants():
        return any(
            model.objects.filter(free, status=Status.QUEUED, next_at__lte=now).exists()  # type: ignore[attr-defined]
            for model in TABLES
        )


def read_figures(*, now: datetime) -> MailFigures:
    """How everybody's letters do; for the superadmin, who reads none."""
    sums: dict[str, int] = dict.fromkeys(("queued", "sending", "failed", "unknown"), 0)
    since: list[datetime] = []
    could_go = Q(status=Status.QUEUED) & (Q(next_at__lte=now) | Q(detail=AWAY))
    with all_tenants():
        for model in TABLES:
            lately = Q(status__in=[Status.QUEUED, Status.SENDING]) | Q(
                status__in=[Status.FAILED, Status.UNKNOWN], updated_at__gte=now - timedelta(days=1)
            )
            rows: Any = model.objects.filter(lately)  # type: ignore[attr-defined]
            counts = {name: Count("pk", filter=Q(status=name)) for name in sums}
            row = rows.aggregate(**counts, oldest=Min("created_at", filter=could_go))
            if row["oldest"] is not None:
                since.append(row["oldest"])
            sums = {name: sums[name] + row[name] for name in sums}
    return MailFigures(**sums, oldest=min(since, default=None))


def _owner(model: type[AnyLetter]) -> str:
    return "user_id" if model is Letter else "person_id"


@cache
def _for(statement: str, model: type[AnyLetter]) -> str:
    return statement.format(table=model._meta.db_table, owner=_owner(model))
