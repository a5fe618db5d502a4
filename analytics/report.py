"""The analytics as a few pages that a person would send on: figures, what to do, and every chart with its values.

What it shows is what ``analytics.metrics.read`` gives. The same figures make the same bytes.
"""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from analytics.drawings import GRID, INK, SOFT
from analytics.sections import Section, sections
from analytics.wording import NONE, Wording
from tenants.exchange.paper import numbered
from tenants.models import Preferences, User
from tenants.printable import printable
from tenants.typefaces import BOLD, FONT

MARGIN, FOOT = 15 * mm, 17 * mm
WIDTH = A4[0] - 2 * MARGIN
GAP = 6 * mm  # between two sections beside each other
ACCENT, PALE = HexColor("#0f766e"), HexColor("#f1f5f6")

_body = ParagraphStyle("body", fontName=FONT, fontSize=9, leading=12.5, textColor=INK)
_soft = ParagraphStyle("soft", parent=_body, fontSize=8, leading=10.5, textColor=SOFT)
_title = ParagraphStyle("title", parent=_body, fontName=BOLD, fontSize=18, leading=22)
_heading = ParagraphStyle("heading", parent=_body, fontName=BOLD, fontSize=11, leading=14, spaceBefore=2)
_big = ParagraphStyle("big", parent=_body, fontName=BOLD, fontSize=16, leading=20)
_cell = ParagraphStyle("cell", parent=_body, fontSize=8, leading=10)
_end = ParagraphStyle("end", parent=_cell, alignment=2)  # to the right, as numbers
_head_end = ParagraphStyle("head end", parent=_soft, alignment=2)


def draw(*, user: User, figures: dict[str, Any], compress: bool = True) -> bytes:
    """The report on ``figures`` as a PDF in the language that is active. In the tenant's open scope."""
    figures = with_days(figures)
    wording = Wording(language=user.language, currency=figures["currency"], timezone=figures["timezone"])
    name = Preferences.current(user).business_name or user.username
    business = printable(name, otherwise=printable(user.username, otherwise=_("Tu negocio")))
    period = wording.days(figures["from"], figures["to"])
    written = _("Hecho el %s con Recado") % wording.instant(figures["generated_at"])
    paper = BytesIO()
    document = BaseDocTemplate(
        paper,
        pagesize=A4,
        pageTemplates=[PageTemplate(frames=[Frame(MARGIN, FOOT, WIDTH, A4[1] - FOOT - MARGIN, 0, 0, 0, 0)])],
        title=f"{_('Analíticas')} · {business} · {period}",
        author=business,
        creator="Recado",
        lang=user.language,
        invariant=1,
        pageCompression=int(compress),
    )
    story = [
        *_head(business, period, figures, wording),
        *_figures(figures, wording),
        *_advice(figures),
        *_laid_out(sections(figures=figures, wording=wording, width=WIDTH, half=(WIDTH - GAP) / 2)),
    ]
    document.build(story, canvasmaker=numbered(f"{business} · {period}", written, width=A4[0]))
    return paper.getvalue()


def with_days(figures: dict[str, Any]) -> dict[str, Any]:
    """The same figures with dates and instants as such, where they came as text."""
    return figures | {
        "from": _day(figures["from"]),
        "to": _day(figures["to"]),
        "generated_at": _instant(figures["generated_at"]),
        "before": {name: _day(value) for name, value in figures["before"].items()},
        "buckets": [one | {"start": _day(one["start"]), "end": _day(one["end"])} for one in figures["buckets"]],
        "missing": [one | {"last_asked_at": _instant(one["last_asked_at"])} for one in figures["missing"]],
    }


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _text(text: str, style: ParagraphStyle = _body) -> Paragraph:
    """Text of whomever: what looks like reportlab's markup is none."""
    return Paragraph(escape(printable(text)), style)


def _head(business: str, period: str, figures: dict[str, Any], wording: Wording) -> list[Flowable]:
    before = wording.days(
        figures["before"]["start" if "start" in figures["before"] else "from"], figures["before"]["to"]
    )
    line = Table([[""]], colWidths=[WIDTH], rowHeights=[2])
    line.setStyle(TableStyle([("BACKGROUND", (0, 0), (-1, -1), ACCENT)]))
    compared = _("%(period)s, comparado con %(before)s") % {"period": period, "before": before}
    return [_text(business, _title), _text(compared, _soft), Spacer(0, 2 * mm), line, Spacer(0, 4 * mm)]


def _figures(figures: dict[str, Any], wording: Wording) -> list[Flowable]:
    """The four that come first, large, and the others below them."""
    found = figures["figures"]

    def said(name: str, say: Any = wording.number, *, quicker: bool = False) -> tuple[str, str]:
        one = found[name]
        return say(one["value"]), wording.change(one["value"], one["before"], say=say, quicker=quicker)

    slowest = found["response_p95_seconds"]["value"]
    charged = sum(figures["series"]["whatsapp"]["charged"])
    notes = [
        _("%s mensajes") % wording.number(found["messages_received"]["value"]),
        _("95 de cada 100, en %s o menos") % wording.duration(slowest) if slowest is not None else "",
        "",
        _("y %s mensajes de WhatsApp cobrados") % wording.number(charged),
    ]
    first = [
        (_("Personas que escribieron"), *said("people")),
        (_("Tiempo de respuesta"), *said("response_p50_seconds", wording.duration, quicker=True)),
        (_("Preguntas sin respuesta"), *said("unanswered")),
        (_("Costo del asistente"), *said("cost_usd", wording.usd)),
    ]
    cells = [
        [_text(name, _soft), _text(value, _big), _text(change, _soft), _text(note or " ", _soft)]
        for (name, value, change), note in zip(first, notes, strict=True)
    ]
    big = Table([cells], colWidths=[WIDTH / 4] * 4)
    big.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("BACKGROUND", (0, 0), (-1, -1), PALE),
                ("LINEAFTER", (0, 0), (-2, -1), 3, HexColor("#ffffff")),
                ("TOPPADDING", (0, 0), (-1, -1), 7),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
            ]
        )
    )
    others = [
        (_("Pedidos"), *said("orders"), _("por %s") % wording.money(found["orders_value"]["value"])),
        (_("Conversaciones"), *said("conversations"), " "),
        (_("Citas"), *said("appointments"), " "),
        (_("Tareas hechas"), *said("tasks_completed"), " "),
        (_("Avisos enviados"), *said("reminders_sent"), " "),
    ]
    rest = Table(
        [
            [
                [_text(name, _soft), _text(value, _heading), *(_text(one, _soft) for one in rest)]
                for name, value, *rest in others
            ]
        ],
        colWidths=[WIDTH / 5] * 5,
    )
    rest.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return [big, Spacer(0, 2 * mm), rest, Spacer(0, 3 * mm)]


def _advice(figures: dict[str, Any]) -> list[Flowable]:
    told = [_text(f"• {one['text']}") for one in figures["advice"]] or [_text(_("Nada pide tu atención. Sigue así."))]
    return [KeepTogether([_text(_("Qué hacer ahora"), _heading), *told, Spacer(0, 4 * mm)])]


def _laid_out(found: list[Section]) -> list[Flowable]:
    """Sections one below the other; of those that are half as wide, two beside each other."""
    story: list[Flowable] = []
    waiting: Section | None = None
    for one in found:
        if not one.is_half:
            story += [KeepTogether(_section(one)), Spacer(0, 5 * mm)]
        elif waiting is None:
            waiting = one
        else:
            story += [_beside(_section(waiting), _section(one)), Spacer(0, 5 * mm)]
            waiting = None
    return story + ([_beside(_section(waiting), [])] if waiting else [])


def _beside(left: list[Flowable], right: list[Flowable]) -> Table:
    half = (WIDTH - GAP) / 2
    table = Table([[left, "", right]], colWidths=[half, GAP, half])
    nothing = [(side, (0, 0), (-1, -1), 0) for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")]
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *nothing]))
    return table


def _section(one: Section) -> list[Flowable]:
    if one.is_empty:
        return [_text(one.title, _heading), _text(one.gist, _soft)]
    below = [_rows(one)] if one.rows else []
    drawn = [part for drawing in one.drawings for part in (Spacer(0, 2), drawing)]
    said = [_text(one.gist)] if one.gist else []
    return [_text(one.title, _heading), *said, Spacer(0, 1.5 * mm), *drawn, *below]


def _rows(one: Section) -> Table:
    """A section's table: the first column takes the room that the others leave."""
    wide = one.width - sum(one.widths)
    head = [
        _text(name, _soft if n == 0 else ParagraphStyle("head", parent=_soft, alignment=2))
        for n, name in enumerate(one.columns)
    ]
    body = [[_text(value or NONE, _cell if n == 0 else _end) for n, value in enumerate(row)] for row in one.rows]
    table = Table([head, *body], colWidths=[wide, *one.widths], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, GRID),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table
