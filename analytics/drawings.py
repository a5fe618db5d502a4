"""Charts as vector graphics for a report: bars, lines and ranks with their values written beside them.

Colours are Okabe's and Ito's, which survive colour blindness, and each comes with a manner of filling or of dashing, so
that a print in black and white can be read too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any, Literal

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.pdfbase.pdfmetrics import stringWidth

from tenants.typefaces import BOLD, FONT, load

load()
INK, SOFT, GRID = HexColor("#101828"), HexColor("#556070"), HexColor("#dfe4ea")
COLOURS = [HexColor(code) for code in ("#0072b2", "#d55e00", "#00805c", "#a3457f", "#8a6100", "#4b5563")]
SHADES = [HexColor(code) for code in ("#f1f5f6", "#d7e9f5", "#a9d0ea", "#6fb0da", "#1f73ad", "#08406b")]
DARK = 4  # the first of them on which black could not be read
DASHES: list[list[int] | None] = [None, [5, 3], [1, 2], [6, 2, 1, 2]]
SMALL = 7  # points, of all that is written in a chart
LEFT, BOTTOM, TOP = 34, 13, 12  # room for the axis' values, the buckets' names, and the value above the highest bar
LEGEND = 14
STRIPE = 2.2
MOST_LINES = 5  # of the grid

Say = Callable[[Any], str]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Series:
    """Values under one name; ``fill`` is the number of its colour and manner."""

    label: str
    values: Sequence[float | None]
    fill: int = 0


def bars(
    *,
    names: Sequence[str],
    series: Sequence[Series],
    say: Say,
    width: float,
    height: float,
    unit: float = 1,
    stacked: bool = False,
    line: Series | None = None,
) -> Drawing:
    """Bars, one upon the other when ``stacked``; ``line`` is drawn across them as steps.

    ``unit`` is what the grid counts in: 1, sixty for minutes that are said as hours, 0 for what may be any fraction.
    """
    totals = [sum(one.values[n] or 0 for one in series) for n in range(len(names))]
    highest = totals if stacked else [value or 0 for one in series for value in one.values]
    frame = _Frame(
        width, height, names, max([*highest, *(value or 0 for value in (line.values if line else []))]), say, unit
    )
    legend = [*series, *([line] if line else [])]
    frame.furnish(legend=legend if len(legend) > 1 else [], stroked=line)
    room = frame.step * 0.8
    tips: list[tuple[float, float, float]] = []  # x, y, value
    for n in range(len(names)):
        left, base = frame.left + frame.step * (n + 0.1), float(frame.bottom)
        for place, one in enumerate(series):
            value = one.values[n] or 0
            tall = frame.tall(value)
            thick = room if stacked else room / len(series)
            x = left if stacked else left + thick * place
            if value:
                _fill(frame.drawing, x, base, thick * (1 if stacked else 0.92), tall, one.fill)
            if stacked:
                base += tall
            else:
                tips.append((x + thick / 2, frame.bottom + tall, value))
        if stacked:
            tips.append((left + room / 2, base, totals[n]))
    if line:
        frame.steps(line)
    frame.label(tips, slot=frame.step if stacked else room / len(series) + 2)
    return frame.drawing


def lines(
    *, names: Sequence[str], series: Sequence[Series], say: Say, width: float, height: float, unit: float = 1
) -> Drawing:
    """A line for each of ``series``, with a gap where there is nothing, and its highest and its last value."""
    frame = _Frame(width, height, names, max([value or 0 for one in series for value in one.values]), say, unit)
    frame.furnish(legend=series, stroked=None, dashed=True)
    for one in series:
        points = [
            None if value is None else (frame.left + frame.step * (n + 0.5), frame.bottom + frame.tall(value))
            for n, value in enumerate(one.values)
        ]
        for start, end in pairwise(points):
            if start and end:
                frame.drawing.add(_stroke(*start, *end, one.fill))
        for point in points:
            if point:
                _mark(frame.drawing, *point, one.fill, 1.8 if len(points) < 45 else 0.9)
        known = [(*point, one.values[n]) for n, point in enumerate(points) if point]
        if known:
            frame.label([max(known, key=lambda tip: tip[2] or 0), known[-1]], lift=4)
    return frame.drawing


def ranks(*, rows: Sequence[tuple[str, float, str]], width: float, fills: Sequence[int] = ()) -> Drawing:
    """Names with a bar each, and behind it what is to be said of it. rows: (name, value, text)."""
    tall, name_room, text_room = 15.0, width * 0.4, width * 0.22
    drawing = Drawing(width, tall * len(rows))
    most = max([value for _name, value, _text in rows] + [1])
    for n, (name, value, text) in enumerate(rows):
        y = tall * (len(rows) - n - 1)
        drawing.add(_text_at(0, y + 4, cut(name, name_room - 6, size=8), size=8, colour=INK))
        long = (width - name_room - text_room) * value / most
        if value:
            _fill(drawing, name_room, y + 1.5, long, tall - 4, fills[n] if fills else 0)
        drawing.add(_text_at(name_room + long + 4, y + 4, text, size=8, colour=INK, bold=True))
    return drawing


def heat(*, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]], width: float) -> Drawing:
    """A cell for each count, the darker the larger, with the number in it."""
    tall, name_room = 13.0, 34.0
    step = (width - name_room) / max(len(columns), 1)
    drawing = Drawing(width, tall * (len(rows) + 1))
    most = max([value for _name, values in rows for value in values] + [1])
    for n, name in enumerate(columns):
        drawing.add(_text_at(name_room + step * (n + 0.5), tall * len(rows) + 4, name, anchor="middle"))
    for n, (name, values) in enumerate(rows):
        y = tall * (len(rows) - n - 1)
        drawing.add(_text_at(0, y + 4, name, size=8, colour=INK))
        for place, value in enumerate(values):
            shade = -(-value * (len(SHADES) - 1) // most)
            x = name_room + step * place
            drawing.add(_rect(x + 0.7, y + 0.7, step - 1.4, tall - 1.4, fillColor=SHADES[shade], strokeColor=None))
            if value:
                ink = white if shade >= DARK else INK
                drawing.add(_text_at(x + step / 2, y + 4, str(value), anchor="middle", colour=ink))
    return drawing


def written_width(text: str, *, size: float = SMALL) -> float:
    return float(stringWidth(text, FONT, size))


def cut(text: str, room: float, *, size: float = SMALL, font: str = FONT) -> str:
    """``text``, or as much of its beginning as fits into ``room`` points."""
    if stringWidth(text, font, size) <= room:
        return text
    while text and stringWidth(text + "…", font, size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


class _Frame:
    """Where a chart with buckets across stands: its axes, and the way from a value to a height."""

    def __init__(self, width: float, height: float, names: Sequence[str], most: float, say: Say, unit: float) -> None:
        self.drawing = Drawing(width, height)
        self.width, self.height, self.names, self.say = width, height, names, say
        self.left = LEFT
        self.step = (width - LEFT - 4) / max(len(names), 1)
        self.bottom = BOTTOM + LEGEND
        self.taken: list[tuple[float, float, float]] = []  # where values are written: x, y, half their width
        self.gap = _gap(most, unit)
        self.most = max(self.gap * ceil(most / self.gap), self.gap)

    def tall(self, value: float) -> float:
        return (self.height - self.bottom - TOP) * value / self.most

    def furnish(self, *, legend: Sequence[Series], stroked: Series | None, dashed: bool = False) -> None:
        value = 0.0
        while value <= self.most + self.gap / 2:
            y = self.bottom + self.tall(value)
            self.drawing.add(Line(self.left, y, self.width, y, strokeColor=GRID, strokeWidth=0.5))
            self.drawing.add(_text_at(self.left - 4, y - 2.5, self.say(value), anchor="end"))
            value += self.gap
        widest = max((stringWidth(name, FONT, SMALL) for name in self.names), default=0) + 8
        every = max(1, ceil(widest / self.step))
        for n in range(0, len(self.names), every):
            x = self.left + self.step * (n + 0.5)
            self.drawing.add(_text_at(x, self.bottom - 9, self.names[n], anchor="middle"))
        x = float(self.left)
        for one in legend:
            if dashed or one is stroked:
                self.drawing.add(_stroke(x, 4.5, x + 16, 4.5, one.fill))
                if dashed:
                    _mark(self.drawing, x + 8, 4.5, one.fill, 1.8)
            else:
                _fill(self.drawing, x, 1, 16, 7, one.fill)
            self.drawing.add(_text_at(x + 20, 2, one.label, colour=INK))
            x += 32 + stringWidth(one.label, FONT, SMALL)

    def steps(self, series: Series) -> None:
        for n, value in enumerate(series.values):
            if value:
                x, y = self.left + self.step * n, self.bottom + self.tall(value)
                self.drawing.add(_stroke(x, y, x + self.step, y, series.fill))

    def label(self, tips: Sequence[tuple[float, float, Any]], *, slot: float = 0, lift: float = 2) -> None:
        """Write the values: the highest, the last, and of the others those that fit into their ``slot``."""
        known = [tip for tip in tips if tip[2]]
        if not known:
            return
        telling = {max(known, key=lambda tip: tip[2]): 0, known[-1]: 1}
        for x, y, value in [*telling, *(tip for tip in known if tip not in telling)]:
            text = self.say(value)
            half = stringWidth(text, BOLD, SMALL) / 2 + 1
            if (x, y, value) not in telling and half * 2 > slot:
                continue
            x = min(max(x, half), self.width - half)
            if any(abs(x - other) < half + wide and abs(y - level) < 8 for other, level, wide in self.taken):
                continue
            self.taken.append((x, y, half))
            self.drawing.add(_text_at(x, y + lift, text, anchor="middle", colour=INK, bold=True))


def _gap(most: float, unit: float) -> float:
    """From line to line of the grid: 1, 2 or 5 of ``unit``, with as many noughts as leave five lines at most.

    Of what is counted whole (``unit`` is not 0) nothing smaller than one.
    """
    rough = most / (unit or 1) / MOST_LINES
    if rough <= 0:
        return unit or 1
    size = 10.0 ** floor(log10(rough))
    nice = next(size * n for n in (1, 2, 5, 10) if size * n >= rough * 0.999)
    return (max(nice, 1) if unit else nice) * (unit or 1)


def _text_at(
    x: float,
    y: float,
    text: str,
    *,
    size: float = SMALL,
    anchor: Anchor = "start",
    colour: Any = SOFT,
    bold: bool = False,
) -> String:
    return String(x, y, text, fontName=BOLD if bold else FONT, fontSize=size, fillColor=colour, textAnchor=anchor)


def _stroke(x1: float, y1: float, x2: float, y2: float, fill: int) -> Line:
    dash: Any = DASHES[fill % len(DASHES)]
    return Line(x1, y1, x2, y2, strokeColor=COLOURS[fill % len(COLOURS)], strokeWidth=1.4, strokeDashArray=dash)


def _rect(x: float, y: float, wide: float, tall: float, **style: Any) -> Rect:
    return Rect(x, y, wide, tall, **style)


def _mark(drawing: Drawing, x: float, y: float, fill: int, size: float) -> None:
    colour = COLOURS[fill % len(COLOURS)]
    if fill % 2:
        points = [x - size * 1.2, y - size, x + size * 1.2, y - size, x, y + size * 1.3]
        drawing.add(Polygon(points, fillColor=colour, strokeColor=None))
    else:
        drawing.add(Circle(x, y, size, fillColor=colour, strokeColor=None))


def _fill(drawing: Drawing, x: float, y: float, wide: float, tall: float, fill: int) -> None:
    """A bar: plain, striped or hollow."""
    colour, manner = COLOURS[fill % len(COLOURS)], fill % 3
    drawing.add(
        _rect(x, y, wide, tall, fillColor=white if manner == 2 else colour, strokeColor=colour, strokeWidth=0.7)
    )
    level = y + STRIPE
    while manner == 1 and level < y + tall - 0.5 and wide > 2:
        drawing.add(Line(x + 0.4, level, x + wide - 0.4, level, strokeColor=white, strokeWidth=0.8))
        level += STRIPE
