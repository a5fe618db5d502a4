"""Whose days are to be kept: for the clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from analytics.days import begins, today_in
from analytics.rollups import SETTLED
from tenants.jobs import enqueue_many
from tenants.models import User
from tenants.scope import all_tenants

MOST_AT_ONCE = 2000  # tenants; the clock comes again

# Who has an event of a day that is over and not kept, or one that came late, or has moved to another zone.
_WAITING = """
SELECT u.id FROM tenants_user u LEFT JOIN analytics_rollup r ON r.user_id = u.id
WHERE u.role = 'user' AND u.is_active AND u.timezone = %(zone)s AND (
    r.zone <> u.timezone
    OR coalesce(r.until_at, '-infinity') < %(over)s AND EXISTS (
        SELECT FROM tenants_event e
        WHERE e.user_id = u.id AND e.at >= coalesce(r.until_at, '-infinity') AND e.at < %(over)s
    )
    OR EXISTS (SELECT FROM analytics_lateevent l WHERE l.user_id = u.id)
)
ORDER BY u.id LIMIT %(most)s
"""


def ring(*, now: datetime) -> int:
    """Queue a task for each tenant who has days to be kept. Returns how many there are."""
    zones = User.objects.tenants().order_by("timezone").values_list("timezone", flat=True).distinct()
    found: list[int] = []
    for name in list(zones):
        zone = ZoneInfo(name)
        over = begins(day=today_in(zone=zone, now=now - SETTLED), zone=zone)
        with all_tenants(), connection.cursor() as cursor:
            cursor.execute(_WAITING, {"zone": name, "over": over, "most": MOST_AT_ONCE - len(found)})
            found += [pk for (pk,) in cursor.fetchall()]
    if found:
        enqueue_many("analytics.tasks.roll_up", [(pk,) for pk in found])
    return len(found)
