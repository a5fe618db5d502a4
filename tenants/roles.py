"""Changing a person's role. A superadmin owns no tenant data, so whoever owns some cannot become one."""

from __future__ import annotations

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from tenants import sessions
from tenants.audit import audit
from tenants.models import Allowance, Event, Preferences, TenantOwned, User
from tenants.preferences import likely_country, likely_currency
from tenants.scope import own_scope, tenant_scope

# What every account has from its first day: it goes when the account becomes a superadmin's.
COMES_WITH_THE_ACCOUNT: tuple[type[TenantOwned], ...] = (Preferences, Allowance, Event)


class Refused(Exception):
    """It must not be done; the message says why, to the person who asked."""


def change_role(*, actor: User, user: User, role: str, reason: str) -> bool:
    """Give ``user`` another role, and end all that is signed in with the old one. Returns whether it is another.

    Raises Refused for oneself, for a tenant who owns rows, and for the last active superadmin. In no transaction.
    """
    role = User.Role(role)
    if user.role == role:
        return False
    if actor.pk == user.pk:
        raise Refused(_("No puedes cambiar tu propio rol: pídeselo a otro superadministrador."))
    with own_scope(user), transaction.atomic():
        others = lock_superadmins(but=user) if user.is_superadmin else 0
        # Nobody can add a row of this tenant's until the transaction ends: a foreign key wants this row, too.
        locked = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if locked.role != user.role:
            return False
        if locked.is_leaving:
            raise Refused(_("Esta cuenta se está borrando: detén antes el borrado."))
        if role == User.Role.SUPERADMIN:
            _leave_the_tenants(locked)
        elif locked.is_active and not others:
            raise Refused(_("Es el único superadministrador activo: nadie más podría entrar."))
        User.objects.filter(pk=user.pk).update(role=role)
        sessions.end_all(user=locked)
        changes = {"role": [locked.role, str(role)]}
        audit(actor=actor, action="role_changed", target=user, reason=reason, changes=changes)
    user.refresh_from_db()
    if user.is_tenant:
        furnish(user=user)
    return True


def furnish(*, user: User) -> None:
    """Give a new tenant preferences, unless there are some. Twice is once."""
    fields = {"currency": likely_currency(user.timezone), "country": likely_country(user.timezone)}
    with tenant_scope(user):
        Preferences.objects.get_or_create(user=user, defaults=fields)


def lock_superadmins(*, but: User) -> int:
    """How many active superadmins there are beside ``but``, none of whom can leave before the transaction ends."""
    others = User.objects.filter(role=User.Role.SUPERADMIN, is_active=True).order_by("pk")
    return sum(one.pk != but.pk for one in others.select_for_update(of=("self",)))


def rows_of(user: User) -> dict[str, int]:
    """How many rows the tenant owns, by their name on the screen; in the tenant's scope. Empty: nothing of value."""
    owned = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
    found = {
        str(model._meta.verbose_name_plural): model._base_manager.filter(user=user).count()
        for model in owned
        if model not in COMES_WITH_THE_ACCOUNT
    }
    return {name: count for name, count in found.items() if count}


def _leave_the_tenants(user: User) -> None:
    if rows := rows_of(user):
        told = ", ".join(f"{name}: {count}" for name, count in sorted(rows.items()))
        raise Refused(
            _("Esta cuenta tiene datos de un negocio (%(rows)s). Bórralos antes, o crea otra cuenta.") % {"rows": told}
        )
    for model in COMES_WITH_THE_ACCOUNT:
        model._base_manager.filter(user=user).delete()
