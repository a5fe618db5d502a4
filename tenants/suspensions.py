"""Suspending an account and restoring it.

Suspension stops at once: every session, token and event stream ends, and none can begin. What waits stays where it is,
and nobody touches it: messages to be answered, what is queued for WhatsApp, reminders. What was being written or sent
at that moment is not delivered any more, unless WhatsApp had it already. Customers' messages to the tenant's own number
are stored, and not answered; on the shared number the shop is one that nobody knows.

Restoring lets go out what is still useful, by the rules that hold anyway: a reminder until its appointment begins, a
message while its window is open or a template stands for it, an answer to what is less than twelve hours old. The rest
is dropped. Sessions and tokens of before stay ended: the person signs in anew.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from tenants import sessions
from tenants.audit import audit
from tenants.events import record
from tenants.models import User
from tenants.roles import Refused, lock_superadmins
from tenants.scope import own_scope


def suspend(*, actor: User | None, user: User, reason: str) -> bool:
    """Suspend ``user``. Returns whether the account was active. Raises Refused for oneself and the last superadmin."""
    if actor is not None and actor.pk == user.pk:
        raise Refused(_("No puedes suspenderte a ti mismo."))
    with own_scope(user), transaction.atomic():
        if user.is_superadmin and not lock_superadmins(but=user):
            raise Refused(_("Es el único superadministrador activo: nadie más podría entrar."))
        if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            return False
        user.is_active = False
        sessions.end_all(user=user)
        audit(actor=actor, action="suspended", target=user, reason=reason, changes={"is_active": [True, False]})
        if user.is_tenant:
            record("account_suspended", reason=reason)
    return True


def restore(*, actor: User | None, user: User, reason: str) -> bool:
    """Let ``user`` in again. Returns whether the account was suspended."""
    with own_scope(user), transaction.atomic():
        # One that is being given up is not suspended: its owner, or ``leaving.stop``, keeps it.
        if not User.objects.filter(pk=user.pk, is_active=False, leaves_at=None).update(is_active=True):
            return False
        user.is_active = True
        audit(actor=actor, action="restored", target=user, reason=reason, changes={"is_active": [False, True]})
        if user.is_tenant:
            record("account_restored", reason=reason)
    return True
