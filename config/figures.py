"""What the superadmin sees first: what is wrong, who uses the system, and which model answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.models import OrmQ

from assistants.configuration import current_configuration
from assistants.models import Outcome, TurnUsage
from catalog.models import Product
from config.heartbeats import SCHEDULER, WORKER, read_pulses
from messaging.models import Message
from messaging.pages import who_answers
from tenants.models import User
from tenants.scope import all_tenants


@dataclass(frozen=True, slots=True)
class Figures:
    """The system at one moment. ``alarms`` are sentences, none when all is well; today is the reader's own day."""

    alarms: list[str]
    answering: str
    tenants: int
    suspended: int
    products: int
    turns_today: int
    fallbacks_today: int
    failed_today: int
    waiting: int
    queued: int


def read_figures(*, now: datetime) -> Figures:
    """Count over all tenants; no tenant's text is read. Not to be called inside a transaction."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    people = User.objects.tenants().aggregate(
        active=Count("pk", filter=Q(is_active=True)), suspended=Count("pk", filter=Q(is_active=False))
    )
    with all_tenants():
        turns = TurnUsage.objects.filter(created_at__gte=today).aggregate(
            all=Count("pk"), fallbacks=Count("pk", filter=Q(outcome=Outcome.FALLBACK))
        )
        products = Product.objects.active().count()
        waiting = Message.objects.pending().count()
        failed = Message.objects.filter(status=Message.Status.FAILED, created_at__gte=today).count()
    configuration = current_configuration()
    return Figures(
        alarms=_alarms(now=now, fault=configuration.fault, failed=failed),
        answering=who_answers(configuration),
        tenants=people["active"],
        suspended=people["suspended"],
        products=products,
        turns_today=turns["all"],
        fallbacks_today=turns["fallbacks"],
        failed_today=failed,
        waiting=waiting,
        queued=OrmQ.objects.count(),
    )


def _alarms(*, now: datetime, fault: str, failed: int) -> list[str]:
    names = {WORKER: _("El trabajador de la cola"), SCHEDULER: _("El reloj")}
    alarms = [
        _("%(part)s no da señales de vida.") % {"part": names[p.name]} for p in read_pulses(now=now) if not p.is_alive
    ]
    if fault:
        alarms.append(_("El modelo configurado no se puede usar (%(fault)s).") % {"fault": fault})
    if failed:
        alarms.append(
            ngettext("Hoy %(n)d mensaje quedó sin respuesta.", "Hoy %(n)d mensajes quedaron sin respuesta.", failed)
            % {"n": failed}
        )
    return alarms
