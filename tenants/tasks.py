"""Background work of accounts."""

from __future__ import annotations

from django.utils import timezone

from tenants import resets, retention
from tenants.exchange import exports
from tenants.jobs import tenant_task
from tenants.models import User


def forget_events() -> str:
    """Delete events that their tenants no longer keep. Running twice, or at the same time, changes nothing."""
    return f"{retention.forget_old(now=timezone.now())} events"


def send_reset_letter(user_id: int) -> str:
    """Write to a person of either role: a superadmin forgets passwords, too."""
    user = User.objects.let_in().filter(pk=user_id).first()
    if user is None:
        return "no active person"
    resets.write(user=user)
    return "sent"


@tenant_task
def write_export(user: User, job_id: int) -> str:
    """Write an export of the tenant's. Running twice, or at the same time, writes it once."""
    return exports.run(user=user, job_id=job_id)
