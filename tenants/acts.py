"""What a superadmin does to people's accounts: each act by a page of its own that asks for a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants import account_events, leaving, roles, second_factor, sessions, suspensions
from tenants.audit import audit
from tenants.models import User
from tenants.scope import own_scope


@dataclass(frozen=True, slots=True)
class Act:
    """``run(actor, user, reason)`` answers whether anything changed, and may raise roles.Refused. It writes the audit.

    ``suits`` says to whom it can be done; ``is_grave`` acts ask for the password again.
    """

    name: str
    label: str | Promise
    warning: str | Promise
    run: Callable[[User, User, str], bool]
    suits: Callable[[User], bool]
    is_grave: bool = False


def _require_password(actor: User, user: User, reason: str) -> bool:
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, must_change_password=False).update(must_change_password=True):
            return False
        changes = {"must_change_password": [False, True]}
        audit(actor=actor, action="password_change_required", target=user, reason=reason, changes=changes)
    return True


def _end_sessions(actor: User, user: User, reason: str) -> bool:
    with own_scope(user), transaction.atomic():
        sessions.end_all(user=user)
        audit(actor=actor, action="sessions_ended", target=user, reason=reason)
        account_events.tell("sessions_ended", user=user)
    return True


def _other_role(user: User) -> str:
    return User.Role.USER if user.is_superadmin else User.Role.SUPERADMIN


_acts = [
    Act(
        "suspend",
        _("Suspender"),
        _(
            "Sus sesiones, tokens y páginas abiertas terminan ya; lo que esperaba salir se detiene, y a sus clientes"
            " nadie les responde. Al reactivar la cuenta sale lo que todavía sirva."
        ),
        lambda actor, user, reason: suspensions.suspend(actor=actor, user=user, reason=reason),
        lambda user: user.is_active,
    ),
    Act(
        "restore",
        _("Reactivar"),
        _("Puede entrar de nuevo, con su contraseña de siempre. Sale lo que esperaba y todavía sirve."),
        lambda actor, user, reason: suspensions.restore(actor=actor, user=user, reason=reason),
        lambda user: not user.may_enter,
    ),
    Act(
        "stay",
        _("Detener el borrado"),
        _("Su dueño pidió borrar la cuenta. Detenerlo la deja como estaba, y la persona recibe un correo que lo dice."),
        lambda actor, user, reason: leaving.stop(actor=actor, user=user, reason=reason),
        lambda user: user.is_leaving,
    ),
    Act(
        "require-password",
        _("Exigir otra contraseña"),
        _("Lo próximo que verá es la página para cambiarla; hasta entonces no puede hacer nada más."),
        _require_password,
        lambda user: not user.must_change_password and user.has_usable_password(),
    ),
    Act(
        "end-sessions",
        _("Cerrar sus sesiones"),
        _("Todas sus sesiones y tokens dejan de valer ya; puede volver a entrar."),
        _end_sessions,
        lambda user: user.is_active,
    ),
    Act(
        "reset-factor",
        _("Quitar el segundo factor"),
        _("Para quien perdió su teléfono y sus códigos. Asegúrate de que es quien dice ser."),
        lambda actor, user, reason: second_factor.reset(actor=actor, user=user, reason=reason),
        second_factor.is_on,
        is_grave=True,
    ),
    Act(
        "role",
        _("Cambiar el rol"),
        _(
            "De usuario a superadministrador, o al revés. Sus sesiones terminan. Quien tiene datos de un negocio no"
            " puede ser superadministrador."
        ),
        lambda actor, user, reason: roles.change_role(actor=actor, user=user, role=_other_role(user), reason=reason),
        lambda user: True,
        is_grave=True,
    ),
]
ACTS = {act.name: act for act in _acts}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one act to some people: who changed, who was as asked already, and who was refused, with the reason."""

    done: list[User]
    unchanged: list[User]
    refused: list[tuple[User, str]]


def perform(*, act: Act, actor: User, people: Sequence[User], reason: str) -> Outcome:
    """Do ``act`` to each of ``people``, each in a transaction of its own. In no transaction."""
    outcome: Any = Outcome([], [], [])
    for user in people:
        try:
            (outcome.done if act.run(actor, user, reason) else outcome.unchanged).append(user)
        except roles.Refused as refusal:
            outcome.refused.append((user, str(refusal)))
    return outcome
