"""The tables beside the charts, as CSV that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.exchange.formulas import guard

Figures = Mapping[str, Any]
Rows = list[list[Any]]

MARK = "\ufeff"  # by which Excel knows UTF-8

CHANNELS = {"web": gettext_lazy("web"), "whatsapp": gettext_lazy("WhatsApp")}
ASSISTANTS = {"commercial": gettext_lazy("comercial"), "personal": gettext_lazy("personal")}
AUDIENCES = {"owner": gettext_lazy("dueño"), "customer": gettext_lazy("cliente")}


def write_csv(*, table: str, figures: Figures, language: str) -> bytes:
    """The table of that name (one of TABLES) from what ``metrics.read`` gave, for spreadsheets of ``language``.

    Spanish and Portuguese ones part columns by a semicolon, for a comma parts the decimals there. Nothing is grouped
    or has a sign of money. What a spreadsheet would take for a formula is guarded.
    """
    comma = language == "en"
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if comma else ";", lineterminator="\r\n")
    for row in TABLES[table](figures):
        writer.writerow([_cell(value, point="." if comma else ",") for value in row])
    return (MARK + out.getvalue()).encode()


def _cell(value: Any, *, point: str) -> str:
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return value.isoformat(sep=" ", timespec="minutes") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, int | float | Decimal):
        return f"{value}".replace(".", point)
    return guard(str(value))


def _conversations(figures: Figures) -> Rows:
    kinds = figures["series"]["conversations"]
    names = [
        f"{CHANNELS.get(kind['channel'], kind['channel'])}, {ASSISTANTS.get(kind['assistant'], kind['assistant'])}"
        f" ({AUDIENCES.get(kind['audience'], kind['audience'])})"
        for kind in kinds
    ]
    return _by_bucket(figures, names, [kind["values"] for kind in kinds])


def _messages(figures: Figures) -> Rows:
    series = figures["series"]
    return _by_bucket(figures, [_("Recibidos"), _("Enviados")], [series["messages_received"], series["messages_sent"]])


def _response(figures: Figures) -> Rows:
    series = figures["series"]
    names = [_("Segundos: la mitad esperó menos"), _("Segundos: 19 de 20 esperaron menos")]
    return _by_bucket(figures, names, [series["response_p50_seconds"], series["response_p95_seconds"]])


def _hours(figures: Figures) -> Rows:
    head = [_("Día"), *(f"{hour:02}:00" for hour in range(24))]
    return [head, *([str(WEEKDAYS[day]), *counts] for day, counts in enumerate(figures["hours"]))]


def _products(figures: Figures) -> Rows:
    rows = [[one["name"] or one["id"], one["times"], one["before"]] for one in figures["products"]]
    return [[_("Producto"), _("Veces"), _("Período anterior")], *rows]


def _missing(figures: Figures) -> Rows:
    zone = ZoneInfo(figures["timezone"])
    rows = [
        [one["question"], one["times"], one["last_asked_at"].astimezone(zone).replace(tzinfo=None)]
        for one in figures["missing"]
    ]
    return [[_("Pregunta"), _("Veces"), _("Última vez")], *rows]


def _orders(figures: Figures) -> Rows:
    series = figures["series"]
    names = [_("Preguntas por productos"), _("Pedidos"), _("Valor en %(currency)s") % {"currency": figures["currency"]}]
    return _by_bucket(figures, names, [series["questions"], series["orders"], _amounts(series["orders_value"])])


def _agenda(figures: Figures) -> Rows:
    names = {
        "count": _("Citas"),
        "cancelled": _("Canceladas"),
        "booked_minutes": _("Minutos ocupados"),
        "working_minutes": _("Minutos de trabajo"),
    }
    return _of(figures, "appointments", names)


def _tasks(figures: Figures) -> Rows:
    return _of(figures, "tasks", {"due": _("Vencían"), "done": _("Hechas"), "late": _("Tarde")})


def _reminders(figures: Figures) -> Rows:
    return _of(figures, "reminders", {"sent": _("Enviados"), "failed": _("Fallidos"), "unknown": _("Sin confirmar")})


def _whatsapp(figures: Figures) -> Rows:
    return _of(figures, "whatsapp", {"free": _("Gratis"), "charged": _("Con costo"), "unpriced": _("Sin precio")})


def _tokens(figures: Figures) -> Rows:
    series = figures["series"]
    names = [
        _("Respuestas de un modelo"),
        _("Respuestas del incorporado"),
        _("Tokens leídos"),
        _("Tokens escritos"),
        _("Tokens de la memoria"),
        _("Costo en USD"),
    ]
    turns, tokens = series["turns"], series["tokens"]
    values = [turns["model"], turns["builtin"], tokens["input"], tokens["output"], tokens["cached"]]
    return _by_bucket(figures, names, [*values, _amounts(series["cost_usd"])])


TABLES: dict[str, Callable[[Figures], Rows]] = {
    "conversations": _conversations,
    "messages": _messages,
    "response": _response,
    "hours": _hours,
    "products": _products,
    "missing": _missing,
    "orders": _orders,
    "agenda": _agenda,
    "tasks": _tasks,
    "reminders": _reminders,
    "whatsapp": _whatsapp,
    "tokens": _tokens,
}


def _of(figures: Figures, series: str, names: dict[str, str]) -> Rows:
    return _by_bucket(figures, list(names.values()), [figures["series"][series][name] for name in names])


def _by_bucket(figures: Figures, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> Rows:
    def rows() -> Iterator[list[Any]]:
        yield [_("Desde"), _("Hasta"), *names]
        for number, bucket in enumerate(figures["buckets"]):
            yield [bucket["start"], bucket["end"], *(column[number] for column in columns)]

    return list(rows())


def _amounts(values: Sequence[str | None]) -> list[Decimal | None]:
    return [None if value is None else Decimal(value) for value in values]
