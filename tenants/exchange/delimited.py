"""CSV and its like, a row at a time: any delimiter, any encoding, any line ends, also all of them in one file."""

from __future__ import annotations

import codecs
import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tenants.exchange.bounds import Bounds, Raw, Raws
from tenants.exchange.faults import Unreadable

DELIMITERS = (";", "\t", ",", "|")
LOOKED_AT = 64 * 1024  # characters, to tell the delimiter
LONGEST_LINE = 4 * 1024 * 1024  # characters
PIECE = 64 * 1024
_ENDS = ("\r", "\n")


def read_delimited(file: BinaryIO, *, encoding: str, delimiter: str, bounds: Bounds) -> Raws:
    """The rows that hold anything, every cell a text. Raises Unreadable."""
    reader = csv.reader(_lines(file, encoding), delimiter=delimiter, strict=False)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise Unreadable("unclosed_quotes", n=number + 1) from fault
        number += 1
        if number == 1 and _names_delimiter(cells, delimiter):
            continue
        if any(cell and not cell.isspace() for cell in cells):
            while not cells[-1]:
                cells.pop()
            yield Raw(number, list(cells))
        elif number > bounds.rows + bounds.blank_rows:
            raise Unreadable("blank_rows")


def guess_delimiter(file: BinaryIO, *, encoding: str) -> str:
    """What most likely parts the columns; a semicolon where nothing does."""
    file.seek(0)
    text = _decoder(encoding).decode(file.read(LOOKED_AT * 2), False)[:LOOKED_AT].removeprefix("\ufeff")
    first = text.split("\n", 1)[0].strip().casefold()
    if first.startswith("sep=") and first[4:5] in DELIMITERS:
        return first[4:5]
    scored = {delimiter: _score(text, delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: scored[delimiter])


def _score(text: str, delimiter: str) -> float:
    """How well it parts the text into rows of one width."""
    widths: Counter[int] = Counter()
    try:
        lines = io.StringIO(text, newline="")
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter)):
            if any(cell.strip() for cell in cells):
                widths[len(cells)] += 1
            if number > 300:
                break
    except csv.Error:
        return 0.0
    rows = sum(widths.values())
    usual = [(count / rows) ** 2 * math.log(width) for width, count in widths.items() if width > 1]
    return max(usual, default=0.0)


def _names_delimiter(cells: list[str], delimiter: str) -> bool:
    """«sep=;», which tells Excel the delimiter."""
    return delimiter.join(cells).strip().casefold() == f"sep={delimiter}".strip()


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of the file with their ends, decoded a piece at a time; what cannot be is a replacement character."""
    held: list[str] = []
    length = 0
    for text in _texts(file, encoding):
        for line in _split(text):
            held.append(line)
            length += len(line)
            if length > LONGEST_LINE:
                raise Unreadable("line_too_long")
            if line.endswith(_ENDS):
                yield "".join(held)
                held, length = [], 0
    if held:
        yield "".join(held)


def _texts(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Pieces of the text, none of which ends between the two signs of one line end."""
    file.seek(0)
    decoder, tail, is_first = _decoder(encoding), "", True
    while piece := file.read(PIECE):
        text = tail + decoder.decode(piece, False)
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        tail = "\r" if text.endswith("\r") else ""
        yield text.removesuffix("\r") if tail else text
    yield tail + decoder.decode(b"", True)


def _split(text: str) -> Iterable[str]:
    """Lines with their ends: \\n, \\r\\n or \\r. Not those other ends that ``splitlines`` knows."""
    return io.StringIO(text, newline="")


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)(errors="replace")
    except LookupError as fault:
        raise Unreadable("unknown_encoding") from fault
