"""Who sends which reminder, now: due rows of all tenants are claimed with a lease and a fencing token.

The rows are the truth. ``claimed`` means that somebody is about to look at it: when the lease ends it is due again,
for nothing has been sent. ``sending`` was committed before the call: when its lease ends nobody knows whether it went
out, and it is never sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Min, Q

from agenda.models import Reminder
from agenda.perils import pass_by
from agenda.planning import Digest, digests_of, write_digests
from tenants.models import Preferences
from tenants.scope import all_tenants

MOST_CLAIMS = 50  # of one reminder: whoever takes it dies, so it is not tried for ever
PLANNED_AT_ONCE = 1000

_claim = """
    UPDATE agenda_reminder SET status = 'claimed', fence = fence + 1, lease_until = %(until)s, updated_at = %(now)s
    WHERE id = ANY (ARRAY(
        SELECT r.id FROM agenda_reminder r JOIN tenants_user u ON u.id = r.user_id AND u.is_active
        WHERE r.status = 'scheduled' AND r.next_at <= %(now)s
        ORDER BY r.next_at LIMIT %(most)s FOR UPDATE OF r SKIP LOCKED
    ))
    RETURNING id, user_id, fence
"""
_give_back = """
    UPDATE agenda_reminder r SET status = 'scheduled', lease_until = NULL, updated_at = %(now)s
    FROM unnest(%(ids)s::bigint[], %(fences)s::int[]) AS held (id, fence)
    WHERE r.id = held.id AND r.fence = held.fence AND r.status = 'claimed'
"""
_release = """
    UPDATE agenda_reminder
    SET status = CASE WHEN fence >= %(most_claims)s THEN 'failed' ELSE 'scheduled' END,
        detail = CASE WHEN fence >= %(most_claims)s THEN 'interrupted' ELSE detail END,
        lease_until = NULL, updated_at = %(now)s
    WHERE id = ANY (ARRAY(
        SELECT id FROM agenda_reminder WHERE status = 'claimed' AND lease_until <= %(now)s
        ORDER BY lease_until LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ))
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to deal with one reminder until the lease ends or the fence rises."""

    reminder_id: int
    user_id: int
    fence: int


@dataclass(frozen=True, slots=True)
class ReminderFigures:
    """Over all tenants. ``due`` wait now, ``late`` of them longer than is normal; the others are of the last day."""

    due: int
    late: int
    oldest: datetime | None  # since when the one waits that has waited longest
    sent: int
    sent_late: int
    failed: int
    unknown: int


def claim_due(*, now: datetime, most: int) -> list[Claim]:
    """Claim up to ``most`` of the reminders that are due, those first that have waited longest.

    Two who claim at once never get the same. In no scope and no transaction.
    """
    pass_by("before_claim")
    until = now + timedelta(seconds=settings.REMINDERS["CLAIM_LEASE_SECONDS"])
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_claim, {"now": now, "until": until, "most": most})
        rows = cursor.fetchall()
    if rows:
        pass_by("after_claim")
    return [Claim(*row) for row in rows]


def give_back(*, claims: Sequence[Claim], now: datetime) -> None:
    """Let others have what was claimed and not begun."""
    if claims:
        values: dict[str, Any] = {
            "now": now,
            "ids": [one.reminder_id for one in claims],
            "fences": [one.fence for one in claims],
        }
        with all_tenants(), connection.cursor() as cursor:
            cursor.execute(_give_back, values)


def release_expired(*, now: datetime, most: int = 1000) -> int:
    """Make due again what was claimed by somebody who is gone. Returns how many there were.

    One that was claimed MOST_CLAIMS times and never begun fails: it takes with it whoever touches it.
    """
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(_release, {"now": now, "most": most, "most_claims": MOST_CLAIMS})
        return cursor.rowcount


def expired_sendings(*, now: datetime, most: int = 200) -> list[Claim]:
    """What somebody was sending who is gone: the one for whom it is, and the fence, to mark it unknown with."""
    with all_tenants():
        rows = Reminder.objects.filter(status=Reminder.Status.SENDING, lease_until__lte=now)
        return [Claim(*row) for row in rows.order_by("lease_until").values_list("id", "user_id", "fence")[:most]]


def waiting_since(*, now: datetime) -> datetime | None:
    """Since when the reminder waits that has waited longest, pauses not counted; None when none waits.

    Those of suspended tenants wait for their tenant.
    """
    with all_tenants():
        due = Reminder.objects.filter(status=Reminder.Status.SCHEDULED, next_at__lte=now, user__is_active=True)
        return cast("datetime | None", due.aggregate(since=Min("next_at"))["since"])


def read_figures(*, now: datetime) -> ReminderFigures:
    """How the reminders of all tenants do; for the superadmin, who sees no tenant's text."""
    yesterday = now - timedelta(days=1)
    normal = timedelta(seconds=settings.REMINDERS["LATE_SECONDS"])
    status = Reminder.Status
    with all_tenants():
        active = Reminder.objects.filter(status=status.SCHEDULED, next_at__lte=now, user__is_active=True)
        waiting = active.aggregate(
            due=Count("pk"), late=Count("pk", filter=Q(next_at__lt=now - normal)), oldest=Min("next_at")
        )
        sent = Reminder.objects.filter(status=status.SENT, sent_at__gte=yesterday).aggregate(
            sent=Count("pk"), sent_late=Count("pk", filter=Q(sent_at__gt=F("due_at") + normal))
        )
        troubled = Reminder.objects.filter(
            status__in=[status.FAILED, status.UNKNOWN], updated_at__gte=yesterday
        ).aggregate(
            failed=Count("pk", filter=Q(status=status.FAILED)), unknown=Count("pk", filter=Q(status=status.UNKNOWN))
        )
    return ReminderFigures(**waiting, **sent, **troubled)


def plan_all_digests(*, now: datetime) -> int:
    """Write the digests of every tenant's present day and of the next one. Returns how many are new.

    To be called some times a day: what is there already stays.
    """
    made = 0
    wanted: list[tuple[int, Digest]] = []
    with all_tenants():
        choosers = Preferences.objects.filter(
            Q(morning_digest_at__isnull=False) | Q(evening_digest_at__isnull=False), user__is_active=True
        ).select_related("user")
        for preferences in choosers.iterator(chunk_size=PLANNED_AT_ONCE):
            wanted += [(preferences.user_id, digest) for digest in digests_of(preferences=preferences, now=now)]
            if len(wanted) >= PLANNED_AT_ONCE:
                made += write_digests(wanted, now=now)
                wanted = []
        made += write_digests(wanted, now=now)
    return made
