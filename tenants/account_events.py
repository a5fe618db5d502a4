"""What the security log of a person holds of their account: who came in, from where, and what was changed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tenants.audit import request_address
from tenants.events import Event, acting, record
from tenants.models import User
from tenants.sign_ins import agent_of


def tell_login(*, user: User, address: str, request: HttpRequest, method: str = "password", device: str = "") -> None:
    """``user`` is in. ``method``: password, second_factor, recovery_code, registration; ``device``: the browser's mark.

    In the tenant's scope, or outside of every transaction.
    """
    with acting(Event.Actor.PERSON, user.pk):
        tell("login", user=user, method=method, address=address, agent=agent_of(request), device=device or None)


def tell_failed_login(*, user: User | None, address: str, request: HttpRequest, method: str = "password") -> None:
    """Somebody tried to come in as ``user`` and could not; who names nobody leaves no trace here."""
    if user is not None:
        tell("login_failed", user=user, method=method, address=address, agent=agent_of(request))


def tell(event: str, /, *, user: User, **data: Any) -> None:
    """Leave an event of the account of ``user``. A superadmin has no log here: the audit tells of them.

    Where a transaction is open the tenant's scope has to be around it.
    """
    if user.is_tenant:
        record(event, user=user, **{"address": request_address.get() or None, **data})
