"""What a tenant may use in a month: the plan of the account, and what was agreed with this tenant beside it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.ownership import TenantOwned

if TYPE_CHECKING:
    from tenants.models import User

MEASURES = ("turns", "tokens", "money", "messages")


class Amounts(models.Model):
    """How much of each measure a month holds. Blank is no limit in a plan, and «as in the plan» in an allowance."""

    turns = models.PositiveIntegerField(_("respuestas al mes"), null=True, blank=True)
    tokens = models.PositiveBigIntegerField(_("tokens al mes"), null=True, blank=True)
    money = models.DecimalField(
        _("dólares de modelo al mes"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    messages = models.PositiveIntegerField(_("mensajes de WhatsApp al mes"), null=True, blank=True)

    class Meta:
        abstract = True


class Plan(Amounts):
    """What is sold: a name, and the amounts of a month. One of them is what a new account begins with."""

    code = models.SlugField(_("código"), max_length=20, unique=True)
    name = models.CharField(_("nombre"), max_length=60)
    is_default = models.BooleanField(_("el de las cuentas nuevas"), default=False)
    # At least one, for whoever has none could not even ask for another plan.
    requests_per_minute = models.PositiveIntegerField(
        _("peticiones por minuto"), default=600, validators=[MinValueValidator(1)]
    )
    chats_per_minute = models.PositiveIntegerField(
        _("mensajes al asistente por minuto"), default=30, validators=[MinValueValidator(1)]
    )
    price = models.CharField(_("precio, como se muestra"), max_length=60, blank=True)
    order = models.PositiveSmallIntegerField(_("orden"), default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("planes")
        ordering = ["order", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="plan_one_default",
                violation_error_message=_("Ya hay otro plan para las cuentas nuevas."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Allowance(TenantOwned, Amounts):
    """What was agreed with one tenant, where it differs from the plan."""

    note = models.CharField(_("nota"), max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("acuerdo")
        verbose_name_plural = _("acuerdos")
        constraints = [models.UniqueConstraint(fields=["user"], name="allowance_one_per_tenant")]

    def __str__(self) -> str:
        return self.note or f"allowance of tenant {self.user_id}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The amounts that hold for a tenant; None is no limit."""

    turns: int | None
    tokens: int | None
    money: Decimal | None
    messages: int | None


def plan_of(user: User) -> Plan | None:
    """The user's plan, or the one of new accounts; None when there is none at all: then nothing is limited."""
    return user.plan or Plan.objects.filter(is_default=True).first()


def limits_of(user: User) -> Limits:
    """What holds for ``user`` this month, in their open scope: what was agreed, else what the plan says."""
    plan, agreed = plan_of(user), Allowance.objects.first()

    def amount(measure: str) -> Any:
        own = getattr(agreed, measure) if agreed is not None else None
        return own if own is not None else getattr(plan, measure, None)

    return Limits(**{measure: amount(measure) for measure in MEASURES})
