"""XLSX, a row at a time: what Excel and its like write (ECMA-376, SpreadsheetML), with what formulas came to last.

A reader of our own, because the usual ones believe what a file says of its size: a cell in the last column of the last
row makes them room for all between.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from tenants.exchange.archives import Archive, attribute, broken, parse, read_all
from tenants.exchange.bounds import Bounds, Cell, Raw, Raws, too_wide
from tenants.exchange.faults import Unreadable

MOST_STRINGS, MOST_CHARACTERS = 1_000_000, 40_000_000  # that all cells share
MOST_SHEETS, MOST_STYLES = 500, 70_000
MOST_CELLS, MOST_ROWS = 12_000_000, 1_100_000  # empty ones, too: each takes its time
LAST_DAY = 2_958_466  # past the year 9999
DATES = {*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59)}  # formats that every program knows
TIMES = {*range(18, 22), 32, 33, *range(45, 48)}
_letters = re.compile(r"([A-Z]{1,3})[0-9]+")
_escaped = re.compile(r"_x([0-9A-Fa-f]{4})_")
_literal = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


class Workbook:
    """An XLSX file: its ``sheets`` by name, and the rows of each."""

    def __init__(self, file: BinaryIO, bounds: Bounds) -> None:
        """Raises Unreadable."""
        self._bounds = bounds
        self._archive = Archive(file, budget=2 * bounds.expanded)  # one sheet is looked into, and read
        self._strings: list[str] | None = None
        self._styles: list[str] = []
        book = read_all(self._archive, "xl/workbook.xml", _Book)
        targets = read_all(self._archive, "xl/_rels/workbook.xml.rels", _Relations).targets
        self._epoch = datetime(1904, 1, 1) if book.counts_from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
        self._members = {
            name: posixpath.normpath(posixpath.join("/xl", targets[rid])).lstrip("/")
            for name, rid in book.sheets[:MOST_SHEETS]
            if rid in targets
        }
        if not self._members:
            raise broken()
        self.sheets = list(self._members)

    def rows(self, sheet: str) -> Raws:
        """The rows of that sheet that hold anything. Raises Unreadable."""
        member = self._members.get(sheet)
        if member is None or member not in self._archive.names:
            raise Unreadable("no_such_sheet")
        if self._strings is None:
            self._styles = read_all(self._archive, "xl/styles.xml", _Styles).kinds()
            self._strings = read_all(self._archive, "xl/sharedStrings.xml", lambda: _Strings(self._bounds)).found
        handler = _Sheet(self._strings, self._styles, self._epoch, self._bounds)
        for _piece in parse(self._archive.pieces(member), handler):
            while handler.ready:
                yield handler.ready.popleft()


class _Book:
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.counts_from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            self.sheets.append((attributes.get("name", "")[:200], attribute(attributes, "id") or ""))
        elif name == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904", "") in {"1", "true"}

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Relations:
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and len(self.targets) < MOST_SHEETS * 2:
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Strings:
    """The texts that cells name by their number."""

    def __init__(self, bounds: Bounds) -> None:
        self.found: list[str] = []
        self._bounds, self._parts, self._size, self._total = bounds, [], 0, 0  # type: ignore[var-annotated]
        self._is_text, self._is_phonetic = False, False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._parts, self._size = [], 0
        self._is_phonetic |= name == "rPh"
        self._is_text = name == "t"

    def end(self, name: str) -> None:
        self._is_text = False
        if name == "rPh":
            self._is_phonetic = False
        elif name == "si":
            text = _unescape("".join(self._parts))
            self._total += len(text)
            self.found.append(text)
            if len(self.found) > MOST_STRINGS or self._total > MOST_CHARACTERS:
                raise Unreadable("too_much_text")

    def text(self, data: str) -> None:
        if self._is_text and not self._is_phonetic and self._size <= self._bounds.cell:
            self._parts.append(data)
            self._size += len(data)


class _Styles:
    """Which numbers are days and hours: their format says so."""

    def __init__(self) -> None:
        self._formats: dict[int, str] = {}
        self._cells: list[int] = []
        self._is_cell = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt" and len(self._formats) < MOST_STYLES:
            self._formats[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")[:255]
        elif name == "cellXfs":
            self._is_cell = True
        elif name == "xf" and self._is_cell and len(self._cells) < MOST_STYLES:
            self._cells.append(_number(attributes.get("numFmtId")))

    def end(self, name: str) -> None:
        self._is_cell &= name != "cellXfs"

    def text(self, data: str) -> None: ...

    def kinds(self) -> list[str]:
        """Of each style of a cell: «date», «time», or nothing."""
        return [_kind_of(number, self._formats.get(number, "")) for number in self._cells]


class _Sheet:
    def __init__(self, strings: list[str], styles: list[str], epoch: datetime, bounds: Bounds) -> None:
        self.ready: deque[Raw] = deque()
        self._strings, self._styles, self._epoch, self._bounds = strings, styles, epoch, bounds
        self._row = self._column = self._widest = self._size = 0
        self._seen_rows = self._seen_cells = 0
        self._cells: dict[int, Cell] = {}
        self._cell: dict[str, str] = {}
        self._parts: dict[str, list[str]] = {}
        self._within = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._row = max(self._row + 1, _number(attributes.get("r")))
            self._cells, self._column, self._widest = {}, -1, 0
            self._seen_rows += 1
            if self._seen_rows > MOST_ROWS or self._seen_cells > MOST_CELLS:
                raise Unreadable("too_many_cells")
        elif name == "c":
            found = _letters.fullmatch(attributes.get("r", ""))
            self._column = _index(found[1]) if found else self._column + 1
            self._cell, self._parts, self._size = attributes, {}, 0
            self._seen_cells += 1
        elif name in ("v", "f", "t"):
            self._within = name
        elif name == "rPh":
            self._within = ""

    def end(self, name: str) -> None:
        if name == "c":
            self._finish_cell()
        elif name == "row":
            self._finish_row()
        elif name == self._within:
            self._within = ""

    def text(self, data: str) -> None:
        if self._within and self._size <= self._bounds.cell:
            self._parts.setdefault(self._within, []).append(data)
            self._size += len(data)

    def _finish_cell(self) -> None:
        said = {name: "".join(parts) for name, parts in self._parts.items()}
        value = self._value(said)
        if value is None or value == "":
            return
        self._widest = max(self._widest, self._column + 1)
        if self._column < self._bounds.columns:
            self._cells[self._column] = value

    def _finish_row(self) -> None:
        if not self._widest:
            return
        cells = [self._cells.get(column) for column in range(max(self._cells, default=-1) + 1)]
        fault = too_wide(self._widest, self._bounds) if self._widest > self._bounds.columns else None
        self.ready.append(Raw(self._row, cells, fault))

    def _value(self, said: dict[str, str]) -> Cell:
        kind, value = self._cell.get("t", "n"), said.get("v")
        if kind == "inlineStr":
            return _unescape(said.get("t", ""))
        if value is None:  # a formula that nobody has reckoned is text
            return f"={said['f']}" if said.get("f") else None
        if kind == "s":
            number = _number(value, wrong=-1)
            return self._strings[number] if 0 <= number < len(self._strings) else None
        if kind == "b":
            return value.strip() in {"1", "true"}
        if kind == "d":
            return value
        return self._number_of(value) if kind == "n" else _unescape(value)

    def _number_of(self, text: str) -> Cell:
        try:
            number = float(text)
        except ValueError:
            return text
        style = _number(self._cell.get("s"), wrong=-1)
        kind = self._styles[style] if 0 <= style < len(self._styles) else ""
        if kind and 0 <= number < LAST_DAY:
            return self._moment(number, kind)
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def _moment(self, number: float, kind: str) -> Any:
        moment = self._epoch + timedelta(seconds=round(number * 86_400, 3))
        if kind == "time" and number < 1:
            return moment.time()
        return moment.date() if number.is_integer() and kind == "date" else moment


def _kind_of(number: int, code: str) -> str:
    if not code:
        return "date" if number in DATES else "time" if number in TIMES else ""
    bare = _literal.sub("", code.split(";")[0]).casefold()
    if "general" in bare:
        return ""
    if re.search(r"[yd]", bare) or (re.search(r"m", bare) and not re.search(r"[hs]", bare)):
        return "date"
    return "time" if re.search(r"[hs]", bare) else ""


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _number(text: str | None, *, wrong: int = 0) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else wrong


def _unescape(text: str) -> str:
    """What XML cannot hold stands as _x0007_ (ECMA-376, part 1, 22.9.2.19)."""
    return _escaped.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
