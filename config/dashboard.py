"""The figures in words, as the superadmin's first page shows them below the tiles: tables, of which some have bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.figures import Figures
from config.saying import say_bytes, say_money, say_ms, say_number, say_when

BAR_WIDTH, BAR_GAP, BAR_HEIGHT = 8, 2, 40  # of a drawing's own units


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


def _webhook(figures: Figures) -> Section:
    webhook = figures.webhook
    rows = [
        [_("por minuto"), say_number(webhook.per_minute, 1)],
        [_("en la última hora"), say_number(webhook.last_hour)],
        [_("repetidos por WhatsApp"), say_number(webhook.repeated)],
        [_("firmas que no valían, desde siempre"), say_number(webhook.signature_failures)],
        [_("números con firmas así en un día"), say_number(webhook.numbers_failing)],
        [_("la última"), say_when(webhook.last_failure)],
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
        [[state.name, say_number(state.count)] for state in figures.states],
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
        [[one.provider, one.reason or "—", say_number(one.count)] for one in figures.turns.failing],
        note=_kept(figures, "turns"),
        empty=_("Ninguna."),
    )


def _days(figures: Figures) -> Section:
    days = figures.days
    rows = [
        [
            date_format(day.day, "D j N"),
            say_number(day.turns),
            say_number(day.input_tokens),
            say_number(day.output_tokens),
            say_number(day.cached_tokens),
            ("≈ " if day.estimated else "") + say_money(day.cost) + (f" + {day.unpriced}?" if day.unpriced else ""),
        ]
        for day in reversed(days)
    ]
    titles = [f"{date_format(day.day, 'j N')}: {say_number(day.tokens)} tokens, {say_money(day.cost)}" for day in days]
    note = _("«+ n?»: respuestas de un modelo cuyo precio no se conoce. «≈»: alguna se cortó y su parte es estimada.")
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
            say_number(one.turns),
            say_number(one.messages),
            say_money(one.cost),
            say_when(one.last_seen),
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
        [[table.name, say_bytes(table.bytes), say_number(table.rows)] for table in storage.tables],
        note=_kept(figures, "storage"),
    )


def _queries(figures: Figures) -> Section:
    storage = figures.storage
    if storage.has_history:
        headings = [_("Consulta"), _("Veces"), _("En promedio"), _("En total")]
        rows = [[q.text, say_number(q.calls or 0), say_ms(q.mean_ms), say_ms(q.total_ms)] for q in storage.queries]
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
