"""The month's budget of messages to WhatsApp, and telling the tenant when any of their budgets runs low or out.

Past the budget nothing goes out that nobody asked for: no sends, no notices (which take the person's next channel).
Whoever wrote is still answered, and that is counted: a shop does not fall silent to a customer because of its plan. A
budget of zero is no WhatsApp at all. What the system says itself (linking, opting out) is never held back.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from assistants import budgets
from assistants.usage import Used
from messaging import bell
from messaging.models import Delivery
from tenants.events import Event
from tenants.models import User

CODE = "budget_messages"  # in ``Delivery.detail`` of what was not sent
MESSAGES = "messages"
Kind = Delivery.Kind


def refuses(*, user: User, kind: str, now: datetime) -> bool:
    """Whether a message of ``kind`` may not go out this month. One query, in the tenant's scope."""
    if kind == Kind.SYSTEM:
        return False
    state = budgets.balance(user=user, now=now)
    return state.is_reached(MESSAGES) and (kind != Kind.REPLY or state.limits.messages == 0)


def note(*, user: User, now: datetime) -> None:
    """See to it that the tenant knows why something was refused. In a transaction and the tenant's scope."""
    limits = budgets.balance(user=user, now=now).limits
    budgets.spend(user=user, used=Used(), limits=limits, measures=(MESSAGES,), now=now)


def count(delivery: Delivery, *, now: datetime) -> None:
    """Add a message that went out, or of which nobody knows, to the month. In its transaction, once for each."""
    limits = budgets.balance(user=delivery.user, now=now).limits
    budgets.spend(user=delivery.user, used=Used(messages=1), limits=limits, measures=(MESSAGES,), now=now)


def announce(event: Event) -> None:
    """Ring the bell, and send a letter after it, for a budget of which little or nothing is left."""
    if event.name not in ("budget_warned", "budget_reached"):
        return
    user, measure = event.user, str(event.data["measure"])
    with translation.override(user.language):
        state = budgets.balance(user=user, now=event.at)
        title, body = _write(measure, state, is_over=event.name == "budget_reached")
    bell.alert(user=user, title=title, body=body, url="/user/settings#plan", now=event.at)


def _write(measure: str, state: budgets.Balance, *, is_over: bool) -> tuple[str, str]:
    words = {
        "used": budgets.say_amount(measure, getattr(state.used, measure)),
        "limit": budgets.say_amount(measure, getattr(state.limits, measure)),
        "day": budgets.say_day(state.ends_on),
    }
    if not is_over:
        title = _("Queda poco de tu plan de este mes")
        body = _("Llevas %(used)s de %(limit)s. El %(day)s empieza otra vez.") % words
        return title, body
    title = _("Se acabó tu plan de este mes")
    if measure == MESSAGES:
        body = _(
            "Llevas %(used)s de %(limit)s. Hasta el %(day)s no salen avisos ni envíos por WhatsApp; a quien te escribe"
            " se le sigue respondiendo."
        )
        if not state.limits.messages:
            body = _("Tu plan no incluye mensajes de WhatsApp: no sale ninguno.")
    else:
        body = _(
            "Llevas %(used)s de %(limit)s. Hasta el %(day)s responde el asistente incorporado, también a tus clientes."
        )
        if not getattr(state.limits, measure):
            body = _("Tu plan no incluye un modelo: responde el asistente incorporado, también a tus clientes.")
    return title, body % words
