"""Background work of accounts."""

from __future__ import annotations

from tenants import resets
from tenants.models import User


def send_reset_letter(user_id: int) -> str:
    """Write to a person of either role: a superadmin forgets passwords, too."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return "no active person"
    resets.write(user=user)
    return "sent"
