"""Background work: a task gets ids, loads the user, enters the scope and makes one call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django_q.tasks import async_task

from tenants.models import User
from tenants.scope import tenant_scope


def enqueue(task: str, *ids: int) -> str:
    """Queue the task at dotted path ``task`` in the caller's transaction: rolled back together. Returns its id."""
    return str(async_task(task, *ids))


def tenant_task(function: Callable[..., Any]) -> Callable[..., Any]:
    """Run ``function(user, *ids)`` in the scope of the user whose id comes first.

    A user who is gone, deactivated or no tenant (any more) has no work to be done: the task ends and says so.
    """

    @functools.wraps(function)
    def run(user_id: int, *ids: int) -> Any:
        user = User.objects.tenants().filter(pk=user_id, is_active=True).first()
        if user is None:
            return "no active tenant"
        with tenant_scope(user):
            return function(user, *ids)

    return run
