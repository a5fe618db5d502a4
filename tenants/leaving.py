"""Giving up an account: thirty days in which it does nothing and can be kept, then it is erased with all its data.

It stops at once as a suspended one does (``tenants.suspensions``): nobody is answered, reminded or called by webhook.
But its owner still signs in, looks at everything, takes the data along, and says that the account stays. The rest is
the clock's: a letter three days before the end, and the erasure, of which there is no way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from tenants import account_events, limits, mail, proofs, sessions, sign_ins
from tenants.audit import audit
from tenants.models import User
from tenants.roles import Refused
from tenants.scope import own_scope

GRACE = timedelta(days=30)
TOLD_BEFORE = timedelta(days=3)
ASKS = limits.Limit("deletion", 5, timedelta(hours=1))


def ask(*, user: User, password: str, otp: str = "", now: datetime) -> datetime:
    """Have the account of ``user`` erased after GRACE. Returns when; the same as before, where it is leaving already.

    Other sessions and tokens end. Raises ValidationError as ``proofs.prove`` does, limits.TooMany, and Refused for
    whoever is no tenant.
    """
    if not user.is_tenant:
        raise Refused(_("Un superadministrador no se borra a sí mismo."))
    proofs.prove(user=user, password=password, otp=otp)
    limits.hit(limit=ASKS, who=str(user.pk))
    until = now + GRACE
    with own_scope(user), transaction.atomic():
        active = User.objects.tenants().filter(pk=user.pk, is_active=True)
        if not active.update(is_active=False, leaves_at=until, leaving_told_at=None):
            user.refresh_from_db(fields=["leaves_at", "is_active"])
            return user.leaves_at or now
        user.is_active, user.leaves_at = False, until
        sign_ins.end_many(user=user, but=user.sign_in_id)
        sessions.call_waiting(user=user)
        account_events.tell("deletion_asked", user=user, until=until)
        _write(user, "deletion_asked")
    return until


def stay(*, user: User) -> bool:
    """Keep the account after all: it goes on where it stopped. Returns whether it was leaving."""
    with own_scope(user), transaction.atomic():
        return _stay(user, reason="")


def stop(*, actor: User, user: User, reason: str) -> bool:
    """The same, as a superadmin does it."""
    with own_scope(user), transaction.atomic():
        if not _stay(user, reason=reason):
            return False
        audit(actor=actor, action="deletion_stopped", target=user, reason=reason)
    return True


def tell_soon(*, now: datetime) -> int:
    """Write to those whose account is erased within three days. For the clock. Returns how many."""
    soon = User.objects.tenants().filter(leaves_at__lte=now + TOLD_BEFORE, leaves_at__gt=now, leaving_told_at=None)
    told = 0
    for user in soon.order_by("leaves_at")[:100]:
        with own_scope(user), transaction.atomic():
            if User.objects.filter(pk=user.pk, leaves_at=user.leaves_at, leaving_told_at=None).update(
                leaving_told_at=now
            ):
                _write(user, "deletion_soon")
                told += 1
    return told


def due(*, now: datetime) -> Iterator[User]:
    """Those whose days are over."""
    yield from User.objects.tenants().filter(leaves_at__lte=now, is_active=False).order_by("leaves_at")[:20]


def close(*, user: User, now: datetime | None = None) -> bool:
    """Let the owner of a leaving account in no more: it is erased. With ``now`` only when its days are over by then.

    Returns whether it was so.
    """
    over = {"leaves_at__lte": now} if now is not None else {"leaves_at__isnull": False}
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, is_active=False, **over).update(leaves_at=None):
            return False
        user.leaves_at = None
        sessions.end_all(user=user)
    return True


def _stay(user: User, *, reason: str) -> bool:
    leaving = User.objects.filter(pk=user.pk, leaves_at__isnull=False)
    if not leaving.update(is_active=True, leaves_at=None, leaving_told_at=None):
        return False
    user.is_active, user.leaves_at = True, None
    account_events.tell("deletion_taken_back", user=user, reason=reason or None)
    mail.post(user=user, kind=mail.Kind.SECURITY, template="deletion_taken_back", context={})
    return True


def _write(user: User, template: str) -> None:
    context = {"until": user.leaves_at, "days": GRACE.days, "link": f"{settings.SITE_URL}/user/settings#own-data"}
    mail.post(user=user, kind=mail.Kind.DELETION, template=template, context=context)
