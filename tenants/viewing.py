"""A superadmin looks at a tenant's pages: for half an hour, with a reason that the tenant reads, touching nothing.

The session stays the superadmin's and says whose pages it shows (``tenants.middleware``). Beginning and end stand in
the audit; an end that nobody comes to write is written by the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from tenants.audit import AuditEntry, audit, request_address
from tenants.events import Event, acting, record
from tenants.models import User
from tenants.scope import tenant_scope

LASTS = timedelta(minutes=30)
KEY = "viewing"  # in the session


@dataclass(frozen=True, slots=True)
class Viewing:
    """What a session shows: the pages of the tenant with that id, until that moment."""

    entry_id: int  # of the audit, at its beginning
    tenant_id: int
    until: datetime


def begin(*, request: HttpRequest, superadmin: User, tenant: User, reason: str, now: datetime) -> Viewing:
    """Let the session of ``superadmin`` show the pages of ``tenant``. Raises ValueError without a reason."""
    if not reason.strip():
        raise ValueError("a reason is needed")
    end(request=request)
    until = now + LASTS
    with tenant_scope(tenant), transaction.atomic():
        changes = {"until": [None, until.isoformat(timespec="seconds")]}
        entry = audit(actor=superadmin, action="viewing_began", target=tenant, reason=reason, changes=changes)
        with acting(Event.Actor.SUPERADMIN, superadmin.pk):
            record("account_viewed", reason=reason, until=until)
    request.session[KEY] = [entry.pk, tenant.pk, int(until.timestamp())]
    return Viewing(entry.pk, tenant.pk, until)


def current(*, request: HttpRequest, now: datetime) -> Viewing | None:
    """What the session shows now; what is over is ended."""
    held = request.session.get(KEY)
    if held is None:
        return None
    found = Viewing(held[0], held[1], datetime.fromtimestamp(held[2], tz=now.tzinfo))
    if now < found.until:
        return found
    end(request=request)
    return None


def end(*, request: HttpRequest) -> int | None:
    """Show the session its own side again. Returns the id of the tenant whose pages it showed."""
    held = request.session.pop(KEY, None)
    if held is None:
        return None
    _write_end(held[0])
    return int(held[1])


def close_over(*, now: datetime) -> int:
    """Write the ends that nobody came back to write. To be called now and then. Returns how many."""
    began = AuditEntry.objects.filter(action="viewing_began", at__gt=now - timedelta(days=2), at__lte=now - LASTS)
    return sum(_write_end(pk) for pk in began.values_list("pk", flat=True))


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Have PostgreSQL refuse every change on this thread's connection: whoever looks on changes nothing."""
    if connection.in_atomic_block:  # a test's: it would outlive us
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_read_only = off")


def _write_end(entry_id: int) -> bool:
    """Once for each beginning, whoever else is at it."""
    with transaction.atomic():
        began = AuditEntry.objects.select_for_update().filter(pk=entry_id).first()
        ends = AuditEntry.objects.filter(action="viewing_ended", changes__began=[None, entry_id])
        if began is None or ends.exists():
            return False
        until = datetime.fromisoformat(began.changes["until"][1])
        AuditEntry.objects.create(
            at=min(timezone.now(), until),
            actor_id=began.actor_id,
            actor_name=began.actor_name,
            action="viewing_ended",
            target_type=began.target_type,
            target_id=began.target_id,
            target_name=began.target_name,
            changes={"began": [None, entry_id]},
            address=request_address.get()[:60],
        )
        return True
