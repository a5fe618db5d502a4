"""Background work: a task gets ids, loads the user, enters the scope and makes one call.

A task may run twice (django-q2 delivers at least once), so what it does must be the same the second time.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.signing import SignedPackage

from tenants.broker import NotifyBroker
from tenants.models import User
from tenants.scope import tenant_scope


def enqueue(task: str, *ids: int, timeout: int | None = None) -> str:
    """Queue the task at dotted path ``task`` in the caller's transaction: rolled back together. Returns its id.

    Without ``ids`` it is a doorbell: many that wait are answered by one look, and the others are struck off.
    ``timeout`` in seconds, where the task's own differs from ``Q_CLUSTER["timeout"]``.
    """
    task_id, package = _package(task, ids, timeout)
    _broker().enqueue(package)
    return task_id


def bell_values(task: str, *, timeout: int | None = None) -> dict[str, Any]:
    """What a statement wants to know that stores a doorbell along with what it is for: ``tenants.broker.STORE``."""
    return _broker().values(_package(task, (), timeout)[1])


def enqueue_many(task: str, batches: Iterable[tuple[int, ...]]) -> None:
    """Queue one task for each tuple of ids, all in one statement and with one wake-up."""
    _broker().enqueue_many([_package(task, ids, None)[1] for ids in batches])


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

    run.is_for_tenant = True  # type: ignore[attr-defined]
    return run


def _package(task: str, ids: tuple[int, ...], timeout: int | None) -> tuple[str, str]:
    # What async_task builds, without its dictionary of human names and its signals: a quarter of the time.
    task_id = uuid.uuid4().hex
    package: dict[str, Any] = {
        "id": task_id,
        "name": task_id,
        "func": task,
        "args": ids,
        "kwargs": {},
        "started": timezone.now(),
    }
    if not ids:
        package["bell"] = True
    if Conf.ACK_FAILURES:
        package["ack_failure"] = True
    if timeout is not None:
        package["timeout"] = timeout
    return task_id, SignedPackage.dumps(package)


@functools.cache
def _broker() -> NotifyBroker:
    broker = get_broker()
    if not isinstance(broker, NotifyBroker):
        raise TypeError('Q_CLUSTER["broker_class"] must be tenants.broker.NotifyBroker')
    return broker
