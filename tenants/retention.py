"""How long the event log is kept: as many whole months as each tenant says, beside the current one.

Months that nobody wants are dropped whole. Those that some want and others do not lose the others' rows, a piece at a
time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

from django.db import OperationalError, connection, transaction
from django.db.models import Max

from tenants import months
from tenants.events import Event
from tenants.models import Preferences, User
from tenants.scope import all_tenants, tenant_scope

BATCH = 5_000  # rows of one statement
SECONDS = 40.0  # how long one call goes on; the next one is an hour later
MOST_TENANTS = 200  # looked for at once
LOCK_WAIT = "2s"  # for whoever reads the log meanwhile; else it waits until the next time

_with_old_rows = """
    SELECT p.user_id, p.events_months FROM tenants_preferences p
    WHERE EXISTS (
        SELECT FROM tenants_event e WHERE e.user_id = p.user_id
        AND e.at < (date_trunc('month', %(now)s AT TIME ZONE 'UTC') - make_interval(months => p.events_months))
            AT TIME ZONE 'UTC'
    )
    ORDER BY p.user_id LIMIT %(most)s
"""


def first_kept(*, months_kept: int, now: datetime) -> date:
    """The first day, in UTC, of what is kept when so many months before the current one are."""
    today = now.astimezone(UTC)
    number = today.year * 12 + today.month - 1 - months_kept
    return date(number // 12, number % 12 + 1, 1)


def drop_months(*, now: datetime) -> list[str]:
    """Drop the months that no tenant keeps. Returns their names; none while somebody reads the log for too long."""
    with all_tenants():
        kept = Preferences.objects.aggregate(most=Max("events_months"))["most"] or 0
        with_own = Preferences.objects.values("user")
        if User.objects.tenants().exclude(pk__in=with_own).exists():
            kept = max(kept, Preferences._meta.get_field("events_months").default)
        if not kept:
            return []
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                return months.drop_months(before=first_kept(months_kept=kept, now=now))
        except OperationalError:
            return []


def forget_old(*, now: datetime, seconds: float = SECONDS) -> int:
    """Delete what its tenant no longer keeps, for at most so many ``seconds``. Returns how many rows went."""
    deadline, gone = time.monotonic() + seconds, 0
    while time.monotonic() < deadline and (found := _tenants(now=now)):
        for user, kept in found:
            with tenant_scope(user):
                for count in _batches(user, before=first_kept(months_kept=kept, now=now)):
                    gone += count
                    if time.monotonic() >= deadline:
                        return gone
    return gone


def _tenants(*, now: datetime) -> list[tuple[User, int]]:
    """Some of those who have older events than they keep, and how many months they keep."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_with_old_rows, {"now": now, "most": MOST_TENANTS})
        kept = dict(cursor.fetchall())
    return [(user, kept[user.pk]) for user in User.objects.filter(pk__in=kept)]


def _batches(user: User, *, before: date) -> Iterator[int]:
    """Delete the events of ``user`` from before that day, the eldest first. How many went each time."""
    old = Event.objects.filter(user=user, at__lt=datetime(before.year, before.month, before.day, tzinfo=UTC))
    while (first := old.order_by("at").values_list("at", flat=True).first()) is not None:
        # Many have one and the same moment, which goes whole: so each time some do.
        last = old.order_by("at").values_list("at", flat=True)[BATCH - 1 : BATCH].first()
        yield (old if last is None else old.filter(at__gte=first, at__lte=last)).delete()[0]
