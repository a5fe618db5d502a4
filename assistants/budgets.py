"""What a tenant may still use this month, and what they are told when little or nothing is left.

A budget is looked at before a turn, by one query, and added to after it: turns that run at once may go over it by what
they take. Nothing is refused to anybody's customer: the built-in assistant answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal
from django.db import connection
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assistants.models import MonthUsage
from assistants.usage import Used, add, month_of
from tenants.events import record
from tenants.models import User
from tenants.plans import MEASURES, Limits

CENT = Decimal("0.01")
LITTLE = Decimal("0.8")  # of a budget; from there on little is left
OF_TURNS = ("turns", "tokens", "money")  # what a turn takes; messages are WhatsApp's

NAMES = {
    "turns": gettext_lazy("respuestas del modelo"),
    "tokens": gettext_lazy("tokens"),
    "money": gettext_lazy("dólares de modelo"),
    "messages": gettext_lazy("mensajes de WhatsApp"),
}

LABELS = {
    "turns": gettext_lazy("Respuestas del modelo"),
    "tokens": gettext_lazy("Tokens"),
    "money": gettext_lazy("Costo del modelo"),
    "messages": gettext_lazy("Mensajes de WhatsApp"),
}

# The plan of a person, or else the default one; what was agreed goes first, measure by measure.
_read = f"""
    SELECT held.told_on, {", ".join(f"coalesce(agreed.{name}, plan.{name})" for name in MEASURES)},
           {", ".join(f"coalesce(held.{name}, 0)" for name in MEASURES)}
    FROM tenants_user person
    LEFT JOIN tenants_plan plan ON plan.id = coalesce(
        person.plan_id, (SELECT id FROM tenants_plan WHERE is_default)
    )
    LEFT JOIN tenants_allowance agreed ON agreed.user_id = person.id
    LEFT JOIN assistants_monthusage held ON held.user_id = person.id AND held.month = %s
    WHERE person.id = %s
"""  # noqa: S608  (our own names)


@dataclass(frozen=True, slots=True)
class Balance:
    """A tenant's month: what is allowed (None is no limit) and what was used. ``told_on`` is the last day on which an
    assistant told them that nothing is left."""

    month: date
    limits: Limits
    used: Used
    told_on: date | None = None

    def is_reached(self, measure: str) -> bool:
        """Whether nothing is left; of a budget of zero there never was."""
        limit = getattr(self.limits, measure)
        return limit is not None and getattr(self.used, measure) >= limit

    def is_little(self, measure: str) -> bool:
        """Whether at most a fifth is left."""
        limit = getattr(self.limits, measure)
        return limit is not None and getattr(self.used, measure) >= limit * LITTLE

    @property
    def stops_model(self) -> str:
        """The measure for which no model is asked any more this month, or empty."""
        return next((measure for measure in OF_TURNS if self.is_reached(measure)), "")

    @property
    def ends_on(self) -> date:
        """The first day of the next month, when everything begins anew."""
        return date(self.month.year + self.month.month // 12, self.month.month % 12 + 1, 1)


def balance(*, user: User, now: datetime) -> Balance:
    """How the tenant's month stands. One query, in the tenant's scope."""
    first = month_of(user=user, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_read, [first, user.pk])
        told_on, *found = cursor.fetchone()
    half = len(MEASURES)
    return Balance(
        month=first,
        limits=Limits(**dict(zip(MEASURES, found[:half], strict=True))),
        used=Used(**dict(zip(MEASURES, found[half:], strict=True))),
        told_on=told_on,
    )


def spend(
    *,
    user: User,
    used: Used,
    limits: Limits,
    measures: Sequence[str] = OF_TURNS,
    told_on: date | None = None,
    now: datetime,
) -> None:
    """Add to the tenant's month, and leave an event for each of ``measures`` of which little or nothing is left: each
    once a month. In the tenant's scope and the transaction of what was used; the month's row is locked until its end.
    """
    row = add(user=user, used=used, now=now)
    state = Balance(row.month, limits, Used(row.turns, row.tokens, row.money, row.messages))
    warned, reached = list(row.warned), list(row.reached)
    for measure in measures:
        told = {"measure": measure, "used": getattr(state.used, measure), "limit": getattr(limits, measure)}
        if state.is_reached(measure):
            if measure not in reached:
                reached.append(measure)
                record("budget_reached", at=now, **told)
        elif state.is_little(measure) and measure not in warned:
            warned.append(measure)
            record("budget_warned", at=now, **told)
    kept = {"warned": warned, "reached": reached, "told_on": told_on or row.told_on}
    if kept != {"warned": row.warned, "reached": row.reached, "told_on": row.told_on}:
        MonthUsage.objects.filter(pk=row.pk).update(**kept)


def explain(*, measure: str, state: Balance) -> str:
    """Why the built-in assistant answers and until when, for the owner, in the language that is active."""
    limit = getattr(state.limits, measure)
    if not limit:
        return _("Tu plan no incluye %(what)s: responde el asistente incorporado.") % {"what": NAMES[measure]}
    return _(
        "Este mes ya usaste lo que incluye tu plan (%(amount)s): hasta el %(day)s responde el asistente incorporado."
    ) % {"amount": say_amount(measure, limit), "day": say_day(state.ends_on)}


def say_amount(measure: str, amount: int | Decimal) -> str:
    """«2.000 respuestas del modelo», «US$ 5,00»: an amount of a measure in the language that is active."""
    told = say_number(measure, amount)
    return told if measure == "money" else f"{told} {NAMES[measure]}"


def say_use(measure: str, used: int | Decimal, limit: int | Decimal | None) -> str:
    """«820 de 2.000», «1.204, sin límite», in the language that is active."""
    if limit is None:
        return _("%(used)s, sin límite") % {"used": say_number(measure, used)}
    return _("%(used)s de %(limit)s") % {"used": say_number(measure, used), "limit": say_number(measure, limit)}


def say_number(measure: str, amount: int | Decimal) -> str:
    """«2.000», «US$ 0,37», in the language that is active."""
    locale = _locale()
    if measure != "money":
        return format_decimal(amount, locale=locale)
    if 0 < amount < CENT:
        return "< " + format_currency(CENT, "USD", locale=locale)
    return format_currency(amount, "USD", locale=locale)


def say_day(day: date) -> str:
    """«1 de diciembre», in the language that is active."""
    return format_skeleton("MMMMd", day, locale=_locale())


def _locale() -> str:
    return (get_language() or "es").replace("-", "_")
