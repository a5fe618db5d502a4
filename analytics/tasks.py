"""What the queue runs for the analytics."""

from __future__ import annotations

from django.utils import timezone

from analytics import rollups
from tenants.jobs import enqueue, tenant_task
from tenants.models import User


@tenant_task
def roll_up(user: User) -> int:
    """Keep the next days of a tenant, and come again while there are more. Running twice changes nothing."""
    days = rollups.roll_up(user=user, now=timezone.now())
    if days == rollups.MOST_DAYS_AT_ONCE:
        enqueue("analytics.tasks.roll_up", user.pk)
    return days
