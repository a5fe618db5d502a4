"""The figures that the superadmin sees at once: what of the system's own runs, what waits, who is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from config.figures import Figures
from config.heartbeats import SCHEDULER, WORKER
from config.saying import say_bytes, say_ms, say_number
from messaging.whatsapp.usage import Usage


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with what there is to say about it. ``href`` leads to where one sees more."""

    label: str
    value: str
    notes: list[str] = field(default_factory=list)
    is_red: bool = False
    href: str = ""


def draw_tiles(figures: Figures) -> list[Tile]:
    """What one sees at once, the system's own parts first."""
    return [*_parts(figures), *_messages(figures), *_business(figures)]


def _parts(figures: Figures) -> list[Tile]:
    names = {WORKER: _("Trabajador de la cola"), SCHEDULER: _("Reloj")}
    pulses = [
        Tile(
            names.get(pulse.name, pulse.name),
            _("ninguna señal") if pulse.age is None else _("hace %(n)d s") % {"n": pulse.age},
            [_("lo normal: cada %(n)d s") % {"n": pulse.limit}],
            is_red=not pulse.is_alive,
        )
        for pulse in figures.pulses
    ]
    queue = figures.queue
    notes = [_("en curso: %(n)s") % {"n": say_number(queue.taken)}] if queue.taken else []
    if queue.oldest_seconds is not None:
        notes.append(_("la primera espera hace %(n)d s") % {"n": queue.oldest_seconds})
    if queue.failed:
        notes.append(_("fallaron en un día: %(n)s") % {"n": say_number(queue.failed)})
    waiting = Tile(
        _("Tareas en la cola"),
        say_number(queue.depth),
        notes,
        is_red=bool(queue.failed),
        href=reverse("admin:django_q_ormq_changelist"),
    )
    storage = figures.storage
    disk = Tile(
        _("Disco libre"),
        say_bytes(storage.disk_free),
        [_("de %(size)s, en esta máquina") % {"size": say_bytes(storage.disk_total)}],
        is_red=storage.disk_free * 10 < storage.disk_total,
    )
    return [*pulses, waiting, disk]


def _messages(figures: Figures) -> list[Tile]:
    reminders, outbox, mail = figures.reminders, figures.outbox, figures.mail
    due = [_("atrasados: %(n)s") % {"n": say_number(reminders.late)}] if reminders.late else []
    sent = [
        text % {"n": say_number(n)}
        for n, text in (
            (reminders.sent_late, _("tarde: %(n)s")),
            (reminders.failed, _("fallidos: %(n)s")),
            (reminders.unknown, _("sin confirmar: %(n)s")),
        )
        if n
    ]
    out, letters = (
        [
            text % {"n": say_number(n)}
            for n, text in (
                (these.sending, _("saliendo: %(n)s")),
                (these.failed, _("fallidos en un día: %(n)s")),
                (these.unknown, _("sin confirmar en un día: %(n)s")),
            )
            if n
        ]
        for these in (outbox, mail)
    )
    deliveries = reverse("admin:messaging_delivery_changelist")
    return [
        Tile(_("Avisos por salir"), say_number(reminders.due), [*due, *_since(reminders.oldest)], bool(reminders.late)),
        Tile(
            _("Avisos enviados en un día"), say_number(reminders.sent), sent, bool(reminders.failed + reminders.unknown)
        ),
        Tile(
            _("WhatsApp por salir"),
            say_number(outbox.queued),
            [*out, *_since(outbox.oldest)],
            bool(outbox.failed + outbox.unknown),
            deliveries,
        ),
        Tile(
            _("Correos por salir"),
            say_number(mail.queued),
            [*letters, *_since(mail.oldest)],
            bool(mail.failed + mail.unknown),
            reverse("admin:messaging_letter_changelist"),
        ),
        Tile(
            _("Novedades sin atender"),
            say_number(figures.given_up),
            [_("de WhatsApp, que fallaron varias veces")],
            bool(figures.given_up),
            f"{reverse('admin:messaging_inboundupdate_changelist')}?status__exact=failed",
        ),
        *_numbers(figures),
    ]


def _numbers(figures: Figures) -> list[Tile]:
    numbers = figures.numbers
    tiles = []
    if numbers.shared and numbers.shared_usage is not None:
        notes = [numbers.shared, *_charged(numbers.shared_usage), *(one.text for one in numbers.shared_problems)]
        href = reverse("admin:messaging_sharednumber_changelist")
        label = _("Entregados este mes por el número compartido")
        tiles.append(
            Tile(label, say_number(numbers.shared_usage.delivered), notes, bool(numbers.shared_problems), href)
        )
    own = [
        *([_("detenidos: %(n)s") % {"n": say_number(numbers.own_stopped)}] if numbers.own_stopped else []),
        *([_("entregados este mes: %(n)s") % {"n": say_number(numbers.own_usage.delivered)}] if numbers.own else []),
        _("teléfonos de dueños: %(n)s") % {"n": say_number(numbers.phones)},
    ]
    return [*tiles, Tile(_("Números propios de los negocios"), say_number(numbers.own), own, bool(numbers.own_stopped))]


def _charged(used: Usage) -> list[str]:
    return [_("cobrados: %(charged)s; quedan gratis: %(left)s") % {"charged": used.charged, "left": used.free_left}]


def _business(figures: Figures) -> list[Tile]:
    turns = figures.turns
    suspended = [_("suspendidos: %(n)s") % {"n": say_number(figures.suspended)}] if figures.suspended else []
    fallen = [_("por una falla del modelo: %(n)s") % {"n": say_number(figures.fallbacks_today)}]
    waiting = [_("sin respuesta hoy: %(n)s") % {"n": say_number(figures.failed_today)}] if figures.failed_today else []
    return [
        Tile(
            _("Respuestas de hoy"),
            say_number(figures.turns_today),
            fallen if figures.fallbacks_today else [],
            bool(figures.fallbacks_today),
        ),
        Tile(
            _("Una respuesta tarda"), say_ms(turns.p50_ms), [_("19 de cada 20: %(ms)s") % {"ms": say_ms(turns.p95_ms)}]
        ),
        Tile(_("Esperan respuesta"), say_number(figures.waiting), waiting, bool(figures.failed_today)),
        Tile(
            _("Negocios activos"),
            say_number(figures.tenants),
            suspended,
            href=f"{reverse('admin:tenants_user_changelist')}?role__exact=user",
        ),
        Tile(_("Productos a la venta"), say_number(figures.products)),
    ]


def _since(moment: datetime | None) -> list[str]:
    return [_("el primero, desde hace %(since)s") % {"since": timesince(moment)}] if moment is not None else []
