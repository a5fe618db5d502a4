"""The figures in words, as the superadmin's first page shows them: tiles, and tables of which some have bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from config.figures import Figures
from config.heartbeats import SCHEDULER, WORKER
from messaging.whatsapp.usage import Usage

BAR_WIDTH, BAR_GAP, BAR_HEIGHT = 8, 2, 40  # of a drawing's own units


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with what there is to say about it. ``href`` leads to where one sees more."""

    label: str
    value: str
    notes: list[str] = field(default_factory=list)
    is_red: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Section:
    """A table. ``bars`` draw one column of it; ``folds``: it is long, and the bars say the most of it."""

    key: str
    title: str
    headings: list[str]
    rows: list[list[str]]
    note: str = ""
    empty: str = ""
    bars: list[Bar] = field(default_factory=list)
    bars_label: str = ""
    folds: bool = False
    href: str = ""

    @property
    def width(self) -> int:
        return max(1, len(self.bars)) * (BAR_WIDTH + BAR_GAP)


def draw_tiles(figures: Figures) -> list[Tile]:
    """What one sees at once, the system's own parts first."""
    return [*_parts(figures), *_messages(figures), *_business(figures)]


def draw_sections(figures: Figures) -> list[Section]:
    """The tables, what may be wrong before what is only good to know."""
    return [
        _webhook(figures),
        _deliveries(figures),
        _failing(figures),
        _days(figures),
        _tenants(figures),
        _tables(figures),
        _queries(figures),
    ]


def draw_bars(values: Sequence[float | Decimal], titles: Sequence[str]) -> list[Bar]:
    """Bars that fill the height by the largest of ``values``; what is not zero is at least to be seen."""
    most = float(max(values, default=0)) or 1.0
    bars = []
    for n, (value, title) in enumerate(zip(values, titles, strict=True)):
        height = round(float(value) / most * BAR_HEIGHT, 1)
        height = max(height, 1.5) if value else 0.0
        bars.append(Bar(n * (BAR_WIDTH + BAR_GAP), BAR_HEIGHT - height, height, title))
    return bars


def say_bytes(size: int) -> str:
    """«1,2 GB»."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{_number(value, 0 if units[0] == 'B' or value >= 100 else 1)} {units[0]}"


def say_money(amount: Decimal) -> str:
    """US dollars, with as many digits as a small amount needs."""
    return f"US$ {_number(amount, 4 if 0 < amount < 1 else 2)}"


def say_ms(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "—"
    return f"{_number(milliseconds / 1000, 1)} s" if milliseconds >= 1000 else f"{_number(milliseconds, 0)} ms"


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
    notes = [_("en curso: %(n)s") % {"n": _number(queue.taken)}] if queue.taken else []
    if queue.oldest_seconds is not None:
        notes.append(_("la primera espera hace %(n)d s") % {"n": queue.oldest_seconds})
    if queue.failed:
        notes.append(_("fallaron en un día: %(n)s") % {"n": _number(queue.failed)})
    waiting = Tile(
        _("Tareas en la cola"),
        _number(queue.depth),
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
    reminders, outbox = figures.reminders, figures.outbox
    due = [_("atrasados: %(n)s") % {"n": _number(reminders.late)}] if reminders.late else []
    sent = [
        text % {"n": _number(n)}
        for n, text in (
            (reminders.sent_late, _("tarde: %(n)s")),
            (reminders.failed, _("fallidos: %(n)s")),
            (reminders.unknown, _("sin confirmar: %(n)s")),
        )
        if n
    ]
    out = [
        text % {"n": _number(n)}
        for n, text in (
            (outbox.sending, _("saliendo: %(n)s")),
            (outbox.failed, _("fallidos en un día: %(n)s")),
            (outbox.unknown, _("sin confirmar en un día: %(n)s")),
        )
        if n
    ]
    deliveries = reverse("admin:messaging_delivery_changelist")
    return [
        Tile(_("Avisos por salir"), _number(reminders.due), [*due, *_since(reminders.oldest)], bool(reminders.late)),
        Tile(_("Avisos enviados en un día"), _number(reminders.sent), sent, bool(reminders.failed + reminders.unknown)),
        Tile(
            _("WhatsApp por salir"),
            _number(outbox.queued),
            [*out, *_since(outbox.oldest)],
            bool(outbox.failed + outbox.unknown),
            deliveries,
        ),
        Tile(
            _("Novedades sin atender"),
            _number(figures.given_up),
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
        notes = [numbers.shared, *_charged(numbers.shared_usage)]
        href = reverse("admin:messaging_sharednumber_changelist")
        label = _("Entregados este mes por el número compartido")
        tiles.append(Tile(label, _number(numbers.shared_usage.delivered), notes, bool(numbers.shared_problems), href))
    own = [
        *([_("detenidos: %(n)s") % {"n": _number(numbers.own_stopped)}] if numbers.own_stopped else []),
        *([_("entregados este mes: %(n)s") % {"n": _number(numbers.own_usage.delivered)}] if numbers.own else []),
        _("teléfonos de dueños: %(n)s") % {"n": _number(numbers.phones)},
    ]
    return [*tiles, Tile(_("Números propios de los negocios"), _number(numbers.own), own, bool(numbers.own_stopped))]


def _charged(used: Usage) -> list[str]:
    return [_("cobrados: %(charged)s; quedan gratis: %(left)s") % {"charged": used.charged, "left": used.free_left}]


def _business(figures: Figures) -> list[Tile]:
    turns = figures.turns
    suspended = [_("suspendidos: %(n)s") % {"n": _number(figures.suspended)}] if figures.suspended else []
    fallen = [_("por una falla del modelo: %(n)s") % {"n": _number(figures.fallbacks_today)}]
    waiting = [_("sin respuesta hoy: %(n)s") % {"n": _number(figures.failed_today)}] if figures.failed_today else []
    return [
        Tile(
            _("Respuestas de hoy"),
            _number(figures.turns_today),
            fallen if figures.fallbacks_today else [],
            bool(figures.fallbacks_today),
        ),
        Tile(
            _("Una respuesta tarda"), say_ms(turns.p50_ms), [_("19 de cada 20: %(ms)s") % {"ms": say_ms(turns.p95_ms)}]
        ),
        Tile(_("Esperan respuesta"), _number(figures.waiting), waiting, bool(figures.failed_today)),
        Tile(
            _("Negocios activos"),
            _number(figures.tenants),
            suspended,
            href=f"{reverse('admin:tenants_user_changelist')}?role__exact=user",
        ),
        Tile(_("Productos a la venta"), _number(figures.products)),
    ]


def _webhook(figures: Figures) -> Section:
    webhook = figures.webhook
    rows = [
        [_("por minuto"), _number(webhook.per_minute, 1)],
        [_("en la última hora"), _number(webhook.last_hour)],
        [_("repetidos por WhatsApp"), _number(webhook.repeated)],
        [_("firmas que no valían, desde siempre"), _number(webhook.signature_failures)],
        [_("números con firmas así en un día"), _number(webhook.numbers_failing)],
        [_("la última"), _when(webhook.last_failure)],
    ]
    minutes = webhook.minutes
    titles = [
        _("hace %(ago)d min: %(n)d") % {"ago": ago, "n": n}
        for ago, n in zip(range(len(minutes) - 1, -1, -1), minutes, strict=True)
    ]
    return Section(
        "webhook",
        _("Lo que llega de WhatsApp"),
        [_("Cuerpos recibidos"), _("Cuántos")],
        rows,
        bars=draw_bars(minutes, titles),
        bars_label=_("Cuerpos recibidos en cada minuto de la última hora"),
        href=reverse("admin:messaging_webhookbody_changelist"),
    )


def _deliveries(figures: Figures) -> Section:
    return Section(
        "deliveries",
        _("Envíos del último día"),
        [_("Estado"), _("Cuántos")],
        [[state.name, _number(state.count)] for state in figures.states],
        note=_kept(figures, "states"),
        bars=draw_bars(
            [state.count for state in figures.states], [f"{state.name}: {state.count}" for state in figures.states]
        ),
        bars_label=_("Envíos por estado"),
        href=reverse("admin:messaging_delivery_changelist"),
    )


def _failing(figures: Figures) -> Section:
    return Section(
        "failing",
        _("Fallas del modelo en el último día"),
        [_("Proveedor"), _("Motivo"), _("Cuántas")],
        [[one.provider, one.reason or "—", _number(one.count)] for one in figures.turns.failing],
        note=_kept(figures, "turns"),
        empty=_("Ninguna."),
    )


def _days(figures: Figures) -> Section:
    days = figures.days
    rows = [
        [
            date_format(day.day, "D j M"),
            _number(day.turns),
            _number(day.input_tokens),
            _number(day.output_tokens),
            _number(day.cached_tokens),
            say_money(day.cost) + (f" + {day.unpriced}?" if day.unpriced else ""),
        ]
        for day in reversed(days)
    ]
    titles = [f"{date_format(day.day, 'j M')}: {_number(day.tokens)} tokens, {say_money(day.cost)}" for day in days]
    note = _("«+ n?»: respuestas de un modelo cuyo precio no se conoce.")
    return Section(
        "days",
        _("Tokens y costo por día"),
        [_("Día"), _("Respuestas"), _("Leídos"), _("Escritos"), _("De caché"), _("Costo")],
        rows,
        note=f"{note} {_kept(figures, 'days')}",
        bars=draw_bars([day.tokens for day in days], titles),
        bars_label=_("Tokens de cada uno de los últimos 14 días"),
        folds=True,
    )


def _tenants(figures: Figures) -> Section:
    rows = [
        [
            one.username if one.is_active else _("%(name)s (suspendido)") % {"name": one.username},
            _number(one.turns),
            _number(one.messages),
            say_money(one.cost),
            _when(one.last_seen),
        ]
        for one in figures.tenants_by_use
    ]
    return Section(
        "tenants",
        _("Quién lo usa más este mes"),
        [_("Negocio"), _("Respuestas"), _("Mensajes"), _("Costo"), _("Visto por última vez")],
        rows,
        note=_kept(figures, "tenants_by_use"),
        empty=_("Nadie, todavía."),
    )


def _tables(figures: Figures) -> Section:
    storage = figures.storage
    return Section(
        "tables",
        _("La base de datos: %(size)s") % {"size": say_bytes(storage.database_bytes)},
        [_("Tabla"), _("Tamaño"), _("Filas, más o menos")],
        [[table.name, say_bytes(table.bytes), _number(table.rows)] for table in storage.tables],
        note=_kept(figures, "storage"),
    )


def _queries(figures: Figures) -> Section:
    storage = figures.storage
    if storage.has_history:
        headings = [_("Consulta"), _("Veces"), _("En promedio"), _("En total")]
        rows = [[q.text, _number(q.calls or 0), say_ms(q.mean_ms), say_ms(q.total_ms)] for q in storage.queries]
        return Section("queries", _("Las consultas que más tiempo toman"), headings, rows, empty=_("Ninguna."))
    return Section(
        "queries",
        _("Consultas que corren ahora"),
        [_("Consulta"), _("Desde hace")],
        [[query.text, say_ms(query.mean_ms)] for query in storage.queries],
        note=_("Este servidor no lleva la cuenta de las consultas lentas (pg_stat_statements)."),
        empty=_("Ninguna en este momento."),
    )


def _kept(figures: Figures, name: str) -> str:
    """When and how fast a part was counted that is counted once a minute."""
    found = figures.kept.get(name)
    if found is None:
        return ""
    at = timezone.localtime(found["at"])
    return _("Contado a las %(time)s, en %(ms)d ms.") % {"time": f"{at:%H:%M:%S}", "ms": round(found["ms"])}


def _since(moment: datetime | None) -> list[str]:
    return [_("el primero, desde hace %(since)s") % {"since": timesince(moment)}] if moment is not None else []


def _when(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "j M H:i") if moment is not None else "—"


def _number(value: float | Decimal, places: int = 0) -> str:
    return str(number_format(value, decimal_pos=places, force_grouping=True))
