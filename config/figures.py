"""What the superadmin sees first: what is wrong, who uses the system, and which model answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.models import OrmQ

from agenda import claiming
from agenda.claiming import ReminderFigures
from assistants.configuration import current_configuration
from assistants.models import Outcome, TurnUsage
from catalog.models import Product
from config.heartbeats import SCHEDULER, WORKER, Pulse, read_pulses
from config.numbers import NumberFigures, read_numbers
from messaging import dispatch
from messaging.dispatch import OutboxFigures
from messaging.models import InboundUpdate, Message, SharedNumber
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
    reminders: ReminderFigures
    outbox: OutboxFigures
    numbers: NumberFigures
    given_up: int  # updates from WhatsApp that could not be taken in
    clock_seconds: float | None  # since the scheduler's last sign of life


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
        given_up = InboundUpdate.objects.filter(status=InboundUpdate.Status.FAILED).count()
    configuration = current_configuration()
    reminders = claiming.read_figures(now=now)
    outbox = dispatch.read_figures(now=now)
    numbers = read_numbers(now=now)
    pulses = read_pulses(now=now)
    return Figures(
        alarms=[
            *_alarms(pulses, fault=configuration.fault, failed=failed, reminders=reminders, now=now),
            *_outbox_alarms(outbox, now=now),
            *_inbound_alarms(given_up),
            *numbers.alarms,
        ],
        answering=who_answers(configuration),
        tenants=people["active"],
        suspended=people["suspended"],
        products=products,
        turns_today=turns["all"],
        fallbacks_today=turns["fallbacks"],
        failed_today=failed,
        waiting=waiting,
        queued=OrmQ.objects.count(),
        reminders=reminders,
        outbox=outbox,
        given_up=given_up,
        numbers=numbers,
        clock_seconds=next(pulse.age for pulse in pulses if pulse.name == SCHEDULER),
    )


def _alarms(pulses: list[Pulse], *, fault: str, failed: int, reminders: ReminderFigures, now: datetime) -> list[str]:
    names = {WORKER: _("El trabajador de la cola"), SCHEDULER: _("El reloj")}
    alarms = [_("%(part)s no da señales de vida.") % {"part": names[p.name]} for p in pulses if not p.is_alive]
    if reminders.oldest is not None and (now - reminders.oldest).total_seconds() > settings.REMINDERS["STALE_SECONDS"]:
        alarms.append(
            _("Los avisos no salen: uno espera desde las %(time)s.")
            % {"time": f"{timezone.localtime(reminders.oldest):%H:%M}"}
        )
    if reminders.unknown:
        alarms.append(
            ngettext(
                "De %(n)d aviso no sabemos si llegó; no se repite.",
                "De %(n)d avisos no sabemos si llegaron; no se repiten.",
                reminders.unknown,
            )
            % {"n": reminders.unknown}
        )
    if reminders.failed:
        alarms.append(
            ngettext("%(n)d aviso no se pudo enviar.", "%(n)d avisos no se pudieron enviar.", reminders.failed)
            % {"n": reminders.failed}
        )
    if fault:
        alarms.append(_("El modelo configurado no se puede usar (%(fault)s).") % {"fault": fault})
    if failed:
        alarms.append(
            ngettext("Hoy %(n)d mensaje quedó sin respuesta.", "Hoy %(n)d mensajes quedaron sin respuesta.", failed)
            % {"n": failed}
        )
    return alarms


def _inbound_alarms(given_up: int) -> list[str]:
    if not given_up:
        return []
    said = ngettext(
        "Una novedad de WhatsApp no se pudo atender; está guardada.",
        "%(n)d novedades de WhatsApp no se pudieron atender; están guardadas.",
        given_up,
    )
    return [said % {"n": given_up}]


def _outbox_alarms(outbox: OutboxFigures, *, now: datetime) -> list[str]:
    alarms = []
    if outbox.oldest is not None and (now - outbox.oldest).total_seconds() > settings.WHATSAPP["STALE_SECONDS"]:
        since = f"{timezone.localtime(outbox.oldest):%H:%M}"
        alarms.append(_("WhatsApp no sale: un mensaje espera desde las %(time)s.") % {"time": since})
    if outbox.unknown:
        alarms.append(
            ngettext(
                "De %(n)d mensaje de WhatsApp no sabemos si llegó; no se repite.",
                "De %(n)d mensajes de WhatsApp no sabemos si llegaron; no se repiten.",
                outbox.unknown,
            )
            % {"n": outbox.unknown}
        )
    shared = SharedNumber.current()
    if shared is not None and shared.paused_for:
        reason = shared.get_paused_for_display()
        alarms.append(_("El número compartido de WhatsApp está detenido: %(reason)s") % {"reason": reason})
    if shared is not None and shared.payment_problem_at is not None:
        alarms.append(_("WhatsApp avisa de un problema con el pago del número compartido."))
    return alarms
