"""Pages to print: a shop's head, whatever is between, and at every foot which page of how many it is.

reportlab takes a quarter of a second to load and some megabytes: import this where something is drawn, no earlier.
The same content makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from tenants import logos
from tenants.models import Preferences, User
from tenants.printable import printable
from tenants.typefaces import BOLD, FONT, load

load()
MARGIN, FOOT = 15 * mm, 17 * mm
LOGO, HIGHEST_LOGO, WIDEST_LOGO = 13 * mm, 18 * mm, 50 * mm
INK, SOFT, GRID, PALE = HexColor("#101828"), HexColor("#556070"), HexColor("#dfe4ea"), HexColor("#f1f5f6")
LONGEST_TEXT = 600  # characters of one cell: more of them could be higher than a page

BODY = ParagraphStyle("body", fontName=FONT, fontSize=9, leading=12, textColor=INK, splitLongWords=1)
SOFT_BODY = ParagraphStyle("soft", parent=BODY, fontSize=8, leading=10.5, textColor=SOFT)
STRONG = ParagraphStyle("strong", parent=BODY, fontName=BOLD)
END = ParagraphStyle("end", parent=BODY, alignment=2)  # to the right, as numbers
STRONG_END = ParagraphStyle("strong end", parent=STRONG, alignment=2)
SOFT_END = ParagraphStyle("soft end", parent=SOFT_BODY, alignment=2)
TITLE = ParagraphStyle("title", parent=BODY, fontName=BOLD, fontSize=18, leading=22)
HEADING = ParagraphStyle("heading", parent=BODY, fontName=BOLD, fontSize=11.5, leading=15)


class Paper:
    """A4 pages of one tenant, upright or on their side. ``width`` is what a row of content has, in points."""

    def __init__(self, *, user: User, preferences: Preferences, title: str, note: str, across: bool = False) -> None:
        self.size = landscape(A4) if across else A4
        self.width = self.size[0] - 2 * MARGIN
        self.height = self.size[1] - FOOT - MARGIN
        self.language = user.language
        name = preferences.business_name or user.username
        self.business = printable(name, otherwise=printable(user.username, otherwise=_("Tu negocio")))
        self.accent = HexColor(preferences.accent_color)
        self.title, self.note = printable(title), printable(note)

    def draw(self, *, story: Sequence[Flowable], file: BinaryIO, compress: bool = True) -> None:
        """Write the pages into ``file``: the head, and ``story`` below it."""
        frame = Frame(MARGIN, FOOT, self.width, self.height, 0, 0, 0, 0)
        document = BaseDocTemplate(
            file,
            pagesize=self.size,
            pageTemplates=[PageTemplate(frames=[frame])],
            title=f"{self.title} · {self.business}",
            author=self.business,
            creator="Recado",
            lang=self.language,
            invariant=1,
            pageCompression=int(compress),
        )
        left = f"{self.business} · {self.title}"
        document.build([*self._head(), *story], canvasmaker=numbered(left, self.note, width=self.size[0]))

    def _head(self) -> list[Flowable]:
        words = [line(self.business, TITLE), line(f"{self.title} · {self.note}", SOFT_BODY)]
        mark, wide = self._mark()
        head = Table([[mark, words]], colWidths=[wide + 4 * mm, None], hAlign="LEFT")
        head.setStyle(TableStyle([*bare(), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]))
        rule = Table([[""]], colWidths=[self.width], rowHeights=[2])
        rule.setStyle(TableStyle([("BACKGROUND", (0, 0), (-1, -1), self.accent)]))
        return [head, Spacer(0, 3 * mm), rule, Spacer(0, 5 * mm)]

    def _mark(self) -> tuple[Flowable, float]:
        """The business's logo and how wide it is; its initials where it has none."""
        logo = logos.current()
        if logo is None:
            return monogram(self.business, colour=self.accent), LOGO
        scale = min(HIGHEST_LOGO / logo.height, WIDEST_LOGO / logo.width)
        width, height = logo.width * scale, logo.height * scale
        return Image(BytesIO(logo.png), width=width, height=height, mask="auto"), width


def line(text: str, style: ParagraphStyle = BODY, *, otherwise: str = "") -> Paragraph:
    """Text of whomever, on as many lines as it takes: what looks like reportlab's markup is none."""
    shown = printable(text, otherwise=otherwise)
    if len(shown) > LONGEST_TEXT:
        shown = shown[: LONGEST_TEXT - 1].rstrip() + "…"
    return Paragraph(escape(shown), style)


def bare() -> list[tuple[Any, ...]]:
    """A table's style without room around its cells."""
    return [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]


def ruled(*, head: bool = True) -> list[tuple[Any, ...]]:
    """A table's style with a thin line below each row, flush with the edges."""
    style: list[tuple[Any, ...]] = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, GRID),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    return [*style, ("LINEBELOW", (0, 0), (-1, 0), 0.8, SOFT)] if head else style


def monogram(name: str, *, colour: Color, size: float = LOGO) -> Drawing:
    """The first letters of a business's name, in its colour: what stands where a logo would."""
    words = [word for word in name.split() if word[:1].isalnum()] or [name]
    letters = "".join(word[0] for word in words[:2]).upper()
    height = size * 0.46
    drawing = Drawing(size, size)
    look: dict[str, Any] = {"fillColor": colour, "strokeColor": None}
    drawing.add(Rect(0, 0, size, size, rx=size * 0.18, ry=size * 0.18, **look))
    baseline = (size - height * 0.72) / 2
    drawing.add(
        String(
            size / 2,
            baseline,
            letters,
            fontName=BOLD,
            fontSize=height,
            fillColor=_readable_on(colour),
            textAnchor="middle",
        )
    )
    return drawing


def written_width(text: str, style: ParagraphStyle) -> float:
    """How wide ``text`` is on one line, in points."""
    return float(stringWidth(printable(text), style.fontName, style.fontSize))


def _readable_on(colour: Color) -> Color:
    """White, or ink where the ground is too light for it (WCAG's relative luminance)."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.rgb()]
    luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return white if luminance < 0.36 else INK


def numbered(left: str, right: str, *, width: float) -> type[Canvas]:
    """A canvas that writes the foot of every page once it knows how many there are.

    ``left`` is cut where it would reach ``right``, behind which the page's number stands; ``width`` is the page's.
    """

    class NumberedCanvas(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]  # not in the stubs

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFont(FONT, 7.5)
                self.setFillColor(SOFT)
                where = _("Página %(number)d de %(count)d") % {"number": number, "count": len(self._pages)}
                end = f"{right} · {where}"
                room = width - 2 * MARGIN - stringWidth(end, FONT, 7.5) - 5 * mm
                self.drawString(MARGIN, 10 * mm, _cut(left, room))
                self.drawRightString(width - MARGIN, 10 * mm, end)
                super().showPage()
            super().save()

    return NumberedCanvas


def _cut(text: str, room: float) -> str:
    if stringWidth(text, FONT, 7.5) <= room:
        return text
    while text and stringWidth(f"{text}…", FONT, 7.5) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
