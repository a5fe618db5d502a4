"""What each part of the report says and draws: a sentence, a chart with its values, a table where names matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.graphics.shapes import Drawing

from analytics.drawings import Series, bars, heat, lines, ranks, written_width
from analytics.wording import Wording
from tenants.printable import printable

TALL = 104  # points, of a chart
MOST_ROWS = 62
PADDING = 14  # points, of a cell, left and right
ROOM = 46  # points, of a column of numbers
CHANNELS = {"web": "Web", "whatsapp": "WhatsApp"}


@dataclass(slots=True)
class Section:
    """One part. Empty ones say why in ``gist``; ``widths`` are those of the columns after the first."""

    title: str
    gist: str
    width: float
    is_half: bool = False
    is_empty: bool = False
    drawings: list[Drawing] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    widths: Sequence[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """What all sections need: the figures, how to say them, and how wide the paper and half of it are."""

    figures: dict[str, Any]
    wording: Wording
    width: float
    half: float

    @property
    def series(self) -> dict[str, Any]:
        found: dict[str, Any] = self.figures["series"]
        return found

    @property
    def names(self) -> list[str]:
        group = self.figures["group"]
        return [self.wording.bucket(one["start"], one["end"], group).short for one in self.figures["buckets"]]

    def best(self, values: Sequence[float]) -> str:
        """« El día con más fue mar, 3 nov: 14.»"""
        if not any(values) or len(values) < 2:
            return ""
        at = max(range(len(values)), key=lambda n: values[n])
        one, group = self.figures["buckets"][at], self.figures["group"]
        words = {
            "day": _("El día con más fue %(name)s: %(count)s."),
            "week": _("La semana con más fue %(name)s: %(count)s."),
            "month": _("El mes con más fue %(name)s: %(count)s."),
        }[group]
        name = self.wording.bucket(one["start"], one["end"], group).full
        return " " + words % {"name": name, "count": self.wording.number(values[at])}

    def nothing(self, title: str, why: str, *, is_half: bool = False) -> Section:
        return Section(title, why, self.half if is_half else self.width, is_half=is_half, is_empty=True)


def sections(*, figures: dict[str, Any], wording: Wording, width: float, half: float) -> list[Section]:
    """Every part of the report, in the order in which it is read."""
    page = Page(figures, wording, width, half)
    return [
        _conversations(page), _response(page), _hours(page), _messages(page), _products(page), _missing(page),
        *_orders(page), _agenda(page), _tasks(page), _reminders(page), _whatsapp(page), _cost(page), *_values(page),
    ]  # fmt: skip


def _conversations(page: Page) -> Section:
    title = _("Conversaciones por canal y asistente")
    found = [one for one in page.series["conversations"] if any(one["values"])]
    found.sort(key=lambda one: -sum(one["values"]))  # the largest keeps its colour from week to week
    if not found:
        return page.nothing(title, _("Nadie escribió en estos días."))
    say = page.wording.number
    series = [Series(_which(one), one["values"], n) for n, one in enumerate(found)]
    totals = [sum(one.values[n] or 0 for one in series) for n in range(len(page.names))]
    parts = [
        _("%(count)s por %(channel)s") % {"count": say(count), "channel": name}
        for channel, name in CHANNELS.items()
        if (count := sum(sum(one["values"]) for one in found if one["channel"] == channel))
    ]
    count = ngettext("%s conversación", "%s conversaciones", sum(totals)) % say(sum(totals))
    drawing = bars(names=page.names, series=series, say=say, width=page.width, height=TALL + 14, stacked=True)
    return Section(title, f"{count}: {page.wording.listed(parts)}.{page.best(totals)}", page.width, drawings=[drawing])


def _which(one: dict[str, Any]) -> str:
    where = CHANNELS.get(one["channel"], one["channel"])
    if one["audience"] == "customer":
        return _("%s, clientes") % where
    return (_("%s, tú con el personal") if one["assistant"] == "personal" else _("%s, tú con el comercial")) % where


def _response(page: Page) -> Section:
    title = _("Tiempo de respuesta")
    half, most = page.series["response_p50_seconds"], page.series["response_p95_seconds"]
    if not any(value is not None for value in half):
        return page.nothing(title, _("Nadie esperó una respuesta en estos días."))
    say = page.wording.duration
    figures = page.figures["figures"]
    gist = _("La mitad de las respuestas llegó en %(half)s o menos; 95 de cada 100, en %(most)s o menos.") % {
        "half": say(figures["response_p50_seconds"]["value"]),
        "most": say(figures["response_p95_seconds"]["value"]),
    }
    series = [Series(_("La mitad, en"), half, 0), Series(_("95 de cada 100, en"), most, 1)]
    unit = 60 if max(value or 0 for value in most) > 60 else 1
    drawing = lines(names=page.names, series=series, say=say, width=page.width, height=TALL, unit=unit)
    return Section(title, gist, page.width, drawings=[drawing])


def _hours(page: Page) -> Section:
    title = _("A qué hora te escriben")
    hours = page.figures["hours"]
    most = max(max(day) for day in hours)
    if not most:
        return page.nothing(title, _("Nadie escribió en estos días."))
    used = [hour for hour in range(24) if any(day[hour] for day in hours)]
    shown = range(used[0], used[-1] + 1)
    day, hour = max(((day, hour) for day in range(7) for hour in shown), key=lambda at: hours[at[0]][at[1]])
    names = page.wording.weekdays
    gist = _("Cuando más escriben: %(day)s a las %(hour)s, con %(count)s mensajes.") % {
        "day": page.wording.weekdays_in_full[day], "hour": f"{hour:02}:00", "count": page.wording.number(most),
    }  # fmt: skip
    if page.figures["hours_of"] == "owner":
        gist += " " + _("Son tus propios mensajes: todavía no te escribe ningún cliente.")
    rows = [(names[n], [hours[n][one] for one in shown]) for n in range(7)]
    drawing = heat(columns=[f"{one:02}" for one in shown], rows=rows, width=page.width)
    return Section(title, gist, page.width, drawings=[drawing])


def _messages(page: Page) -> Section:
    title = _("Mensajes")
    received, sent = page.series["messages_received"], page.series["messages_sent"]
    if not any(received) and not any(sent):
        return page.nothing(title, _("No llegó ni salió ningún mensaje en estos días."))
    say = page.wording.number
    gist = _("Llegaron %(received)s mensajes y salieron %(sent)s.") % {
        "received": say(sum(received)),
        "sent": say(sum(sent)),
    }
    series = [Series(_("Recibidos"), received, 0), Series(_("Enviados"), sent, 1)]
    drawing = lines(names=page.names, series=series, say=say, width=page.width, height=TALL)
    return Section(title, gist + page.best(received), page.width, drawings=[drawing])


def _products(page: Page) -> Section:
    title = _("Lo que más piden")
    found = page.figures["products"]
    if not found:
        return page.nothing(title, _("En estos días no se habló de ningún producto."), is_half=True)
    say = page.wording.number
    rows = [
        (
            printable(one["name"], otherwise=_("Producto n.º %s") % one["id"]),
            one["times"],
            _("%(times)s (antes %(before)s)") % {"times": say(one["times"]), "before": say(one["before"] or 0)},
        )
        for one in found
    ]
    words = ngettext("Lo más pedido: %s, %s vez.", "Lo más pedido: %s, %s veces.", found[0]["times"])
    gist = words % (rows[0][0], say(found[0]["times"]))
    return Section(title, gist, page.half, is_half=True, drawings=[ranks(rows=rows, width=page.half)])


def _missing(page: Page) -> Section:
    title = _("Lo que te piden y no tienes")
    found = page.figures["missing"]
    if not found:
        why = _("Nada: todo lo que preguntaron estaba en tu catálogo o en los datos de tu negocio.")
        return page.nothing(title, why, is_half=True)
    say = page.wording.number
    words = ngettext("%s cosa que te piden y no encontramos.", "%s cosas que te piden y no encontramos.", len(found))
    other_script = _("(una pregunta en otra escritura)")
    return Section(
        title,
        words % say(len(found)),
        page.half,
        is_half=True,
        columns=[_("Qué preguntaron"), _("Veces"), _("La última")],
        rows=[
            [
                printable(row["question"], otherwise=other_script),
                say(row["times"]),
                page.wording.day(row["last_asked_at"].astimezone(page.wording.zone).date()),
            ]
            for row in found
        ],
        widths=[ROOM, ROOM + 4],
    )


def _orders(page: Page) -> list[Section]:
    title = _("De la pregunta al pedido")
    conversion, counts = page.figures["conversion"], page.series["orders"]
    asked, ordered, approved = (conversion[name] for name in ("people_asked", "people_ordered", "orders_approved"))
    if not asked and not any(counts) and not any(page.series["questions"]):
        return [page.nothing(title, _("Nadie preguntó por productos ni pidió nada en estos días."))]
    say = page.wording.number
    words = ngettext(
        "De %s persona que preguntó, %s pidió (%s).", "De %s personas que preguntaron, %s pidieron (%s).", asked
    )
    gist = words % (say(asked), say(ordered), page.wording.percent(conversion["rate"]))
    steps = [(_("Preguntaron"), asked), (_("Pidieron"), ordered), (_("Pedidos aprobados"), approved)]
    funnel = ranks(rows=[(name, value, say(value)) for name, value in steps], width=page.half, fills=[0, 1, 2])
    worth = page.wording.money(page.figures["figures"]["orders_value"]["value"])
    found = [Section(title, gist, page.half, is_half=True, drawings=[funnel])]
    if not any(counts):
        return [*found, page.nothing(_("Pedidos"), _("Nadie pidió nada en estos días."), is_half=True)]
    total = ngettext("%s pedido por %s.", "%s pedidos por %s.", sum(counts)) % (say(sum(counts)), worth)
    drawing = bars(names=page.names, series=[Series(_("Pedidos"), counts, 1)], say=say, width=page.half, height=TALL)
    return [*found, Section(_("Pedidos"), total, page.half, is_half=True, drawings=[drawing])]


def _agenda(page: Page) -> Section:
    title = _("Qué tan llena está tu agenda")
    load, say = page.series["appointments"], page.wording.hours
    booked, working = load["booked_minutes"], load["working_minutes"]
    if not any(booked) and not any(load["count"]) and not any(load["cancelled"]):
        return page.nothing(title, _("No hay citas en estos días."), is_half=True)
    used, hours = sum(booked), sum(working)
    if hours:
        gist = _("Tu agenda está ocupada un %(share)s: %(used)s de %(hours)s de trabajo.") % {
            "share": page.wording.percent(used / hours), "used": say(used), "hours": say(hours),
        }  # fmt: skip
    else:
        gist = _("Tienes %s agendadas.") % say(used)
    count, cancelled = (page.wording.number(sum(load[name])) for name in ("count", "cancelled"))
    rest = ngettext("%s cita, %s canceladas.", "%s citas, %s canceladas.", sum(load["count"])) % (count, cancelled)
    drawing = bars(
        names=page.names, series=[Series(_("Agendado"), booked, 0)], say=say, width=page.half, height=TALL, unit=60,
        line=Series(_("Tiempo de trabajo"), working, 1) if hours else None,
    )  # fmt: skip
    return Section(title, f"{gist} {rest}", page.half, is_half=True, drawings=[drawing])


def _tasks(page: Page) -> Section:
    words = _("Vencían %(first)s tareas e hiciste %(second)s; %(third)s se pasaron de su fecha.")
    names = {"due": (_("Vencían"), 1), "done": (_("Hechas"), 0), "late": (_("Tarde"), 2)}
    why = _("No vencía ni se hizo ninguna tarea en estos días.")
    return _counted(page, "tasks", _("Tareas hechas y por hacer"), words, names, why, stacked=False)


def _reminders(page: Page) -> Section:
    words = _("Salieron %(first)s avisos; %(second)s fallaron y %(third)s quedaron sin confirmar.")
    names = {"sent": (_("Enviados"), 0), "failed": (_("Fallaron"), 1), "unknown": (_("Sin confirmar"), 2)}
    return _counted(page, "reminders", _("Avisos"), words, names, _("No tocaba enviar ningún aviso en estos días."))


def _whatsapp(page: Page) -> Section:
    words = _("WhatsApp entregó %(first)s mensajes gratis y cobró %(second)s; de %(third)s no dijo el precio.")
    names = {"free": (_("Gratis"), 0), "charged": (_("Cobrados"), 1), "unpriced": (_("Sin precio"), 2)}
    why = _("WhatsApp no entregó ningún mensaje en estos días.")
    return _counted(page, "whatsapp", _("WhatsApp, gratis y cobrado"), words, names, why)


def _counted(
    page: Page, name: str, title: str, words: str, names: dict[str, tuple[str, int]], why: str, *, stacked: bool = True
) -> Section:
    """Three counts of one kind, as bars."""
    say, found = page.wording.number, page.series[name]
    if not any(any(found[key]) for key in names):
        return page.nothing(title, why, is_half=True)
    gist = words % dict(zip(("first", "second", "third"), (say(sum(found[key])) for key in names), strict=True))
    series = [Series(label, found[key], fill) for key, (label, fill) in names.items() if any(found[key])]
    drawing = bars(names=page.names, series=series, say=say, width=page.half, height=TALL, stacked=stacked)
    return Section(title, gist, page.half, is_half=True, drawings=[drawing])


def _cost(page: Page) -> Section:
    title, say = _("El asistente"), page.wording.number
    turns, cost = page.series["turns"], [None if one is None else float(one) for one in page.series["cost_usd"]]
    if not any(turns["model"]) and not any(turns["builtin"]):
        return page.nothing(title, _("El asistente no respondió a nadie en estos días."))
    model, builtin = sum(turns["model"]), sum(turns["builtin"])
    who = _("%(model)s respuestas las escribió el modelo y %(builtin)s el asistente incorporado, que no cuesta.") % {
        "model": say(model), "builtin": say(builtin),
    }  # fmt: skip
    if None in cost:
        paid = _("De una parte no sabemos el costo: al modelo le faltan precios.")
    else:
        total = page.figures["figures"]["cost_usd"]["value"]
        paid = _("Costó %s en total.") % page.wording.usd(total) if float(total) else _("No costó nada.")
    series, unit, shown = [Series(_("Costo"), [one or 0 for one in cost], 0)], 0, page.wording.cents
    if not any(cost):
        labels = {"model": _("Del modelo"), "builtin": _("Del asistente incorporado")}
        series = [Series(label, turns[key], n) for n, (key, label) in enumerate(labels.items()) if any(turns[key])]
        unit, shown = 1, say
    drawing = bars(names=page.names, series=series, say=shown, width=page.width, height=TALL, unit=unit, stacked=True)
    return Section(title, f"{paid} {who}", page.width, drawings=[drawing])


def _values(page: Page) -> list[Section]:
    """Every bucket's numbers, while they are few enough to be read."""
    say, series, group = page.wording.number, page.series, page.figures["group"]
    counts = [series["messages_received"], series["orders"], series["appointments"]["count"], series["tasks"]["done"]]
    if len(page.names) > MOST_ROWS or not any(map(any, counts)):
        return []
    title = {"day": _("Día por día"), "week": _("Semana por semana"), "month": _("Mes por mes")}[group]
    talks = [sum(one["values"][n] for one in series["conversations"]) for n in range(len(page.names))]
    rows = [
        [
            page.wording.bucket(one["start"], one["end"], group).full,
            say(talks[n]),
            say(series["messages_received"][n]),
            say(series["messages_sent"][n]),
            page.wording.duration(series["response_p50_seconds"][n]),
            say(series["orders"][n]),
            page.wording.money(series["orders_value"][n]),
            say(series["appointments"]["count"][n]),
            say(series["tasks"]["done"][n]),
            page.wording.usd(series["cost_usd"][n]),
        ]
        for n, one in enumerate(page.figures["buckets"])
    ]
    columns = [_("Cuándo"), _("Chats"), _("Recibidos"), _("Enviados"), _("Respuesta"), _("Pedidos"), _("Valor")]
    columns += [_("Citas"), _("Tareas"), _("Costo")]
    widths = [
        max(written_width(text, size=8) for text in texts) + PADDING for texts in zip(columns, *rows, strict=True)
    ]
    return [Section(title, "", page.width, columns=columns, rows=rows, widths=widths[1:])]
