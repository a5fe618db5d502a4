"""What the queue runs for the agenda."""

from __future__ import annotations

from django.utils import timezone

from agenda import series
from tenants.jobs import tenant_task
from tenants.models import User


@tenant_task
def continue_series(user: User, series_id: int) -> int:
    """Make what has come near enough of a series."""
    return series.continue_series(user=user, series_id=series_id, now=timezone.now())
