"""What the superadmin sees first: what is wrong, who uses the system, and which model answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from agenda import claiming
from agenda.claiming import ReminderFigures
from assistants.configuration import current_configuration
from assistants.models import Outcome, TurnUsage
from catalog.models import Product
from config.heartbeats import SCHEDULER, WORKER, Pulse, read_pulses
from config.models import DataJob
from config.numbers import NumberFigures, read_numbers
from config.spending import Day, TenantUse, TurnFigures, read_days, read_tenants, read_turns
from config.storage import StorageFigures, read_storage
from config.vitals import QueueFigures, State, WebhookFigures, read_queue, read_states, read_webhook
from messaging import dispatch
from messaging.dispatch import OutboxFigures
from messaging.mail import claiming as mail_claiming
from messaging.mail.claiming import MailFigures
from messaging.models import InboundUpdate, Message, SharedNumber
from messaging.pages import who_answers
from tenants.models import User
from tenants.scope import all_tenants

KEPT_SECONDS = 60  # of what is counted over many rows; the rest is of now
SLOW_QUEUE_SECONDS = 60.0
LEAST_DISK = 0.1  # of which less free is an alarm

Kept = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The system at one moment. ``alarms`` are sentences, none when all is well; today is the reader's own day.

    ``kept`` says of each part that is counted once a minute when it was and how many milliseconds that took.
    """

    at: datetime
    took_ms: float
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
    mail: MailFigures
    numbers: NumberFigures
    given_up: int  # updates from WhatsApp that could not be taken in
    pulses: list[Pulse]
    queue: QueueFigures
    webhook: WebhookFigures
    states: list[State]
    turns: TurnFigures
    days: list[Day]
    tenants_by_use: list[TenantUse]
    storage: StorageFigures
    kept: Kept = field(default_factory=dict)

    @property
    def clock_seconds(self) -> float | None:
        """Since the scheduler's last sign of life."""
        return next(pulse.age for pulse in self.pulses if pulse.name == SCHEDULER)


def read_figures(*, now: datetime, keep: bool = False, afresh: bool = False) -> Figures:
    """Count over all tenants; no tenant's text is read. Not to be called inside a transaction.

    With ``keep`` what is counted over many rows may be up to KEPT_SECONDS old; ``afresh`` counts it now, and that is
    kept for the next who ask.
    """
    began, kept = time.perf_counter(), cast(Kept, {})

    def lately(name: str, read: Callable[[], Any]) -> Any:
        return _read_lately(name, read, now=now, kept=kept, afresh=afresh) if keep else read()

    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    people = User.objects.tenants().aggregate(
        active=Count("pk", filter=Q(is_active=True)), suspended=Count("pk", filter=Q(is_active=False))
    )
    with all_tenants():
        turns = TurnUsage.objects.filter(created_at__gte=today).aggregate(
            all=Count("pk"), fallbacks=Count("pk", filter=Q(outcome=Outcome.FALLBACK))
        )
        products = lately("products", Product.objects.active().count)
        waiting = Message.objects.pending().count()
        failed = Message.objects.filter(status=Message.Status.FAILED, created_at__gte=today).count()
        given_up = InboundUpdate.objects.filter(status=InboundUpdate.Status.FAILED).count()
        webhook = read_webhook(now=now)
        states = lately("states", lambda: read_states(now=now))
        turn_figures = lately("turns", lambda: read_turns(now=now))
        days = lately("days", lambda: read_days(now=now))
        tenants_by_use = lately("tenants_by_use", lambda: read_tenants(now=now))
    configuration = current_configuration()
    reminders = claiming.read_figures(now=now)
    outbox = dispatch.read_figures(now=now)
    mail = mail_claiming.read_figures(now=now)
    numbers = lately("numbers", lambda: read_numbers(now=now))
    pulses = read_pulses(now=now)
    queue = read_queue(now=now)
    storage = lately("storage", read_storage)
    return Figures(
        at=now,
        took_ms=(time.perf_counter() - began) * 1000,
        kept=kept,
        alarms=[
            *_alarms(pulses, fault=configuration.fault, failed=failed, reminders=reminders, now=now),
            *_outbox_alarms(outbox, now=now),
            *_mail_alarms(mail, now=now),
            *_inbound_alarms(given_up),
            *numbers.alarms,
            *_system_alarms(queue, webhook, storage, now=now),
        ],
        answering=who_answers(configuration),
        tenants=people["active"],
        suspended=people["suspended"],
        products=products,
        turns_today=turns["all"],
        fallbacks_today=turns["fallbacks"],
        failed_today=failed,
        waiting=waiting,
        queued=queue.depth,
        reminders=reminders,
        outbox=outbox,
        mail=mail,
        given_up=given_up,
        numbers=numbers,
        pulses=pulses,
        queue=queue,
        webhook=webhook,
        states=states,
        turns=turn_figures,
        days=days,
        tenants_by_use=tenants_by_use,
        storage=storage,
    )


def _read_lately(name: str, read: Callable[[], Any], *, now: datetime, kept: Kept, afresh: bool) -> Any:
    """What ``read`` answered in the last minute, in the reader's zone and language; what it answers now, else."""
    key = f"figures:{name}:{timezone.get_current_timezone_name()}:{get_language()}"
    found = None if afresh else cache.get(key)
    if found is None:
        began = time.perf_counter()
        value = read()
        found = (value, now, (time.perf_counter() - began) * 1000)
        cache.set(key, found, KEPT_SECONDS)
    kept[name] = {"at": found[1], "ms": found[2]}
    return found[0]


def _system_alarms(
    queue: QueueFigures, webhook: WebhookFigures, storage: StorageFigures, *, now: datetime
) -> list[str]:
    alarms = []
    if queue.oldest_seconds is not None and queue.oldest_seconds > SLOW_QUEUE_SECONDS:
        alarms.append(_("La cola no avanza: una tarea espera hace %(n)d s.") % {"n": queue.oldest_seconds})
    if queue.failed:
        said = ngettext(
            "%(n)d tarea de la cola falló en el último día.",
            "%(n)d tareas de la cola fallaron en el último día.",
            queue.failed,
        )
        alarms.append(said % {"n": queue.failed})
    if webhook.numbers_failing:
        said = ngettext(
            "A %(n)d número de WhatsApp le llegan firmas que no valen.",
            "A %(n)d números de WhatsApp les llegan firmas que no valen.",
            webhook.numbers_failing,
        )
        alarms.append(said % {"n": webhook.numbers_failing})
    if storage.disk_free < storage.disk_total * LEAST_DISK:
        free = storage.disk_free / 1024**3
        alarms.append(_("Queda poco disco: %(n).1f GB libres.") % {"n": free})
    if failed := DataJob.objects.filter(state=DataJob.State.FAILED, finished_at__gte=now - timedelta(days=1)).count():
        said = ngettext(
            "%(n)d trabajo con datos de una persona falló.",
            "%(n)d trabajos con datos de personas fallaron.",
            failed,
        )
        alarms.append(said % {"n": failed})
    return alarms


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


def _mail_alarms(mail: MailFigures, *, now: datetime) -> list[str]:
    alarms = []
    if mail.oldest is not None and (now - mail.oldest).total_seconds() > settings.MAIL["STALE_SECONDS"]:
        since = f"{timezone.localtime(mail.oldest):%H:%M}"
        alarms.append(_("El correo no sale: uno espera desde las %(time)s.") % {"time": since})
    if mail.unknown:
        said = ngettext(
            "De %(n)d correo no sabemos si llegó; no se repite.",
            "De %(n)d correos no sabemos si llegaron; no se repiten.",
            mail.unknown,
        )
        alarms.append(said % {"n": mail.unknown})
    return alarms


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
