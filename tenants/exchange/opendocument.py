"""ODS, a row at a time: what LibreOffice writes (OASIS Open Document Format 1.3, part 3, chapter 9)."""

from __future__ import annotations

import re
from collections import deque
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from tenants.exchange.archives import Archive, attribute, broken, parse
from tenants.exchange.bounds import Bounds, Cell, Raw, Raws, too_wide
from tenants.exchange.faults import Unreadable

CONTENT = "content.xml"
MOST_SHEETS = 500
MOST_CELLS, MOST_ROWS = 12_000_000, 1_100_000  # empty ones, too: each takes its time
_duration = re.compile(r"P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
SKIPPED = {"annotation", "shapes", "forms", "tracked-changes"}  # what they hold is no cell's text


class Spreadsheet:
    """An ODS file: its ``sheets`` by name, and the rows of each."""

    def __init__(self, file: BinaryIO, bounds: Bounds) -> None:
        """Raises Unreadable. Goes through the whole file once, for the sheets' names stand where they begin."""
        self._bounds = bounds
        self._archive = Archive(file, budget=2 * bounds.expanded)  # it is gone through twice
        if CONTENT not in self._archive.names:
            raise broken()
        names = _Names()
        for _piece in parse(self._archive.pieces(CONTENT), names):
            if len(names.found) > MOST_SHEETS:
                break
        if not names.found:
            raise broken()
        self.sheets = names.found

    def rows(self, sheet: str) -> Raws:
        """The rows of that sheet that hold anything; those that are said to repeat come as often. Raises Unreadable."""
        if sheet not in self.sheets:
            raise Unreadable("no_such_sheet")
        handler = _Sheet(self.sheets.index(sheet), self._bounds)
        for _piece in parse(self._archive.pieces(CONTENT), handler):
            while handler.ready:
                raw, times = handler.ready.popleft()
                for ahead in range(min(times, self._bounds.rows + 2)):
                    yield raw._replace(number=raw.number + ahead, cells=list(raw.cells))
            if handler.is_over:
                return


class _Names:
    def __init__(self) -> None:
        self.found: list[str] = []
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._depth += 1
            if self._depth == 1:
                self.found.append((attribute(attributes, "name") or "")[:200])

    def end(self, name: str) -> None:
        self._depth -= name == "table"

    def text(self, data: str) -> None: ...


class _Sheet:
    def __init__(self, number: int, bounds: Bounds) -> None:
        self.ready: deque[tuple[Raw, int]] = deque()
        self.is_over = False
        self._bounds, self._wanted, self._table, self._depth = bounds, number, -1, 0
        self._row, self._repeats = 0, 1
        self._seen_rows = self._seen_cells = 0
        self._cells: list[Cell] = []
        self._column = self._widest = self._size = self._paragraphs = 0
        self._cell: dict[str, str] | None = None
        self._parts: list[str] = []
        self._is_text, self._skipping = 0, 0

    @property
    def _is_inside(self) -> bool:
        return self._table == self._wanted and self._depth == 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._depth += 1
            self._table += self._depth == 1
        if not self._is_inside:
            return
        if name in SKIPPED:
            self._skipping += 1
        elif name == "table-row":
            self._repeats = _count(attribute(attributes, "number-rows-repeated"))
            self._cells, self._column, self._widest = [], 0, 0
            self._seen_rows += 1
            if self._seen_rows > MOST_ROWS or self._seen_cells > MOST_CELLS:
                raise Unreadable("too_many_cells")
        elif name in ("table-cell", "covered-table-cell"):
            self._cell, self._parts, self._size, self._paragraphs = attributes, [], 0, 0
            self._seen_cells += 1
        elif self._cell is not None and not self._skipping:
            self._start_text(name, attributes)

    def end(self, name: str) -> None:
        if self._is_inside:
            if name in SKIPPED:
                self._skipping -= 1
            elif name in ("p", "h") and self._is_text and not self._skipping:
                self._is_text -= 1
            elif name in ("table-cell", "covered-table-cell"):
                self._finish_cell()
            elif name == "table-row":
                self._finish_row()
        if name == "table":
            self.is_over |= self._is_inside
            self._depth -= 1

    def text(self, data: str) -> None:
        if self._is_text and not self._skipping and self._size <= self._bounds.cell:
            self._parts.append(data)
            self._size += len(data)

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("p", "h"):
            if self._paragraphs:
                self._parts.append("\n")
            self._paragraphs += 1
            self._is_text += 1
        elif name == "s":
            self.text(" " * min(_count(attribute(attributes, "c")), self._bounds.cell))
        elif name == "tab":
            self.text("\t")
        elif name == "line-break":
            self.text("\n")

    def _finish_cell(self) -> None:
        given, self._cell, self._is_text = self._cell or {}, None, 0
        times = _count(attribute(given, "number-columns-repeated"))
        value = _value(given, "".join(self._parts))
        if value is not None and value != "":
            self._widest = self._column + times
            room = self._bounds.columns - self._column
            if room > 0:
                self._cells += [None] * (self._column - len(self._cells)) + [value] * min(times, room)
        self._column += times

    def _finish_row(self) -> None:
        if self._widest:
            fault = too_wide(self._widest, self._bounds) if self._widest > self._bounds.columns else None
            self.ready.append((Raw(self._row + 1, self._cells, fault), self._repeats))
        self._row += self._repeats


def _value(given: dict[str, str], text: str) -> Cell:
    kind = attribute(given, "value-type")
    if kind in ("float", "currency", "percentage"):
        try:
            number = float(attribute(given, "value") or "")
        except ValueError:
            return text
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    if kind == "boolean":
        return attribute(given, "boolean-value") == "true"
    if kind == "date":
        return _day(attribute(given, "date-value") or "", text)
    if kind == "time":
        return _hour(attribute(given, "time-value") or "", text)
    said = attribute(given, "string-value")
    if kind is None and not text and (formula := attribute(given, "formula")):
        return formula.partition(":")[2] or formula  # one that nobody has reckoned is text
    return said if said is not None and not text else text


def _day(said: str, text: str) -> Cell:
    try:
        return date.fromisoformat(said) if len(said) == 10 else datetime.fromisoformat(said)
    except ValueError:
        return text


def _hour(said: str, text: str) -> Cell:
    found = _duration.fullmatch(said)
    if not found:
        return text
    days, hours, minutes, seconds = (int(part[:6]) if part else 0 for part in found.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return (datetime.combine(date(2000, 1, 1), time()) + length).time() if length < timedelta(days=1) else text


def _count(text: str | None) -> int:
    """How often something is said to come: at least once."""
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 10 else 1
