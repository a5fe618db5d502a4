"""What WhatsApp delivered, and whether it costs: as the deliveries stand, for prices come late."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django.db import connection

from analytics.days import Calendar
from tenants.models import User

KINDS = {False: "free", True: "charged", None: "unpriced"}

_DELIVERED = """
SELECT width_bucket(delivered_at, %(begins)s::timestamptz[]) AS day, is_billable, count(*)
FROM messaging_delivery
WHERE user_id = %(user)s AND delivered_at >= %(first)s AND delivered_at < %(last)s
GROUP BY 1, 2
"""


def count_deliveries(*, user: User, calendar: Calendar) -> dict[date, Counter[str]]:
    """Messages that arrived on each day: free, charged, and of which WhatsApp said no price.

    In the open scope of ``user``. Days on which nothing arrived are left out.
    """
    found: dict[date, Counter[str]] = {}
    values: dict[str, Any] = {
        "user": user.pk,
        "begins": calendar.begins,
        "first": calendar.first,
        "last": calendar.last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERED, values)
        for place, is_billable, count in cursor.fetchall():
            found.setdefault(calendar.days[place - 1], Counter())[KINDS[is_billable]] += count
    return found
