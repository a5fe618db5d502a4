"""Tables as files of spreadsheets: CSV and XLSX, written row by row, so that a million rows need no more room than one.

What a column holds is said by its type, and written as that: amounts are numbers, days and hours are dates, and
everything else is text that no program reckons with.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any, BinaryIO, Literal

from django.utils.translation import gettext as _

from tenants.exchange.formulas import guard, guard_if_ambiguous

Type = Literal["text", "number", "money", "integer", "date", "datetime", "time", "boolean", "list", "email", "phone"]
Told = Callable[[int], None]  # with the number of rows written so far

MARK = "\ufeff"  # by which Excel knows UTF-8
SEPARATOR = "; "  # between the parts of a list
EXCEL_ROWS = 1_048_576  # of a sheet, the header among them
LONGEST_CELL = 32_767  # UTF-16 units, of Excel's
TELL_EVERY = 1000  # rows
CHUNK = 64 * 1024  # characters that are gathered before they are written
WIDE, WIDEST = 12, 60  # characters of a column
FIRST_DATE = date(1900, 3, 1)  # the day before it is one that never was, to Excel; what is older is written as text


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: what stands above it, and what its cells hold."""

    name: str
    header: str
    type: Type = "text"


class TooManyRows(Exception):
    """More than a sheet of XLSX holds."""


def write_csv(
    *,
    file: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    language: str,
    zone: tzinfo,
    told: Told | None = None,
) -> int:
    """Write ``rows``, each with a value for each column, as CSV for spreadsheets of ``language``. Returns how many.

    Spanish and Portuguese ones part columns by a semicolon, for a comma parts the decimals there. Nothing is grouped or
    has a sign of money; days and hours are those of ``zone``, in ISO's order.
    """
    english = language == "en"
    say = [_text_of(column.type, point="." if english else ",", zone=zone) for column in columns]
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if english else ";", lineterminator="\r\n")
    out.write(MARK)
    writer.writerow([guard(column.header) for column in columns])
    count = 0
    for count, row in enumerate(rows, start=1):
        writer.writerow([tell(value) for tell, value in zip(say, row, strict=True)])
        if out.tell() > CHUNK:
            file.write(out.getvalue().encode())
            out.seek(0)
            out.truncate()
        if told and count % TELL_EVERY == 0:
            told(count)
    file.write(out.getvalue().encode())
    if told:
        told(count)
    return count


def write_xlsx(
    *,
    file: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    zone: tzinfo,
    title: str,
    told: Told | None = None,
) -> int:
    """Write ``rows`` as a workbook of one sheet: real numbers, dates and hours (on the clock of ``zone``), and text.

    Rows go to a temporary file as they come. Returns how many there were. Raises TooManyRows.
    """
    import xlsxwriter  # type: ignore[import-untyped]  # some megabytes, for the processes that write one

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    book = xlsxwriter.Workbook(file, options)
    # The same rows make the same file, whenever they are written.
    book.set_properties({"title": title, "author": "Recado", "created": datetime(2026, 1, 1, tzinfo=UTC)})
    sheet = book.add_worksheet(_sheet_name(title))
    formats = {
        "money": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "time": book.add_format({"num_format": "hh:mm"}),
        "text": book.add_format({"num_format": "@"}),
    }
    head = book.add_format({"bold": True, "bottom": 1})
    put = [_putter(sheet, column.type, number, formats, zone) for number, column in enumerate(columns)]
    for number, column in enumerate(columns):
        sheet.set_column(number, number, min(WIDEST, max(WIDE, len(column.header) + 2, _usual_width(column.type))))
        sheet.write_string(0, number, column.header[:LONGEST_CELL], head)
    sheet.freeze_panes(1, 0)
    count = 0
    try:
        for count, row in enumerate(rows, start=1):
            if count >= EXCEL_ROWS:
                raise TooManyRows(_("Una hoja de Excel no admite más de %d filas. Usa CSV.") % (EXCEL_ROWS - 1))
            for write, value in zip(put, row, strict=True):
                if value is not None and value != "":
                    write(count, value)
            if told and count % TELL_EVERY == 0:
                told(count)
        if count:
            sheet.autofilter(0, 0, count, len(columns) - 1)
    finally:
        book.close()
    if told:
        told(count)
    return count


def _text_of(kind: Type, *, point: str, zone: tzinfo) -> Callable[[Any], str]:
    """How a cell of CSV says a value of that type. None is nothing."""

    def say(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return guard(value)
        if isinstance(value, bool):
            return yes_or_no(value)
        if isinstance(value, Decimal | float):
            return f"{value:f}".replace(".", point)
        if isinstance(value, int):
            return str(value)
        if isinstance(value, datetime):
            return say_moment(value, zone)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, time):
            return value.isoformat(timespec="auto" if value.second else "minutes")
        return guard(join(value))

    if kind == "money":
        return lambda value: "" if value is None else f"{value:.2f}".replace(".", point)
    return say


def _putter(sheet: Any, kind: Type, column: int, formats: dict[str, Any], zone: tzinfo) -> Callable[[int, Any], None]:
    """What writes a value of that type into the column, given the row."""
    if kind in ("number", "integer"):
        return lambda row, value: sheet.write_number(row, column, value)
    if kind == "money":
        return lambda row, value: sheet.write_number(row, column, value, formats["money"])
    text = partial(_put_text, sheet, column, formats["text"])
    if kind == "date":
        return lambda row, value: (
            sheet.write_datetime(row, column, value, formats["date"])
            if value >= FIRST_DATE
            else text(row, value.isoformat())
        )
    if kind == "datetime":
        return lambda row, value: _put_moment(sheet, row, column, value, formats["datetime"], zone)
    if kind == "time":
        return lambda row, value: sheet.write_datetime(row, column, value, formats["time"])
    if kind == "boolean":
        return lambda row, value: text(row, yes_or_no(value))
    return text


def _put_text(sheet: Any, column: int, style: Any, row: int, value: Any) -> None:
    text = value if isinstance(value, str) else join(value) if isinstance(value, list | tuple) else str(value)
    sheet.write_string(row, column, _fitting(guard_if_ambiguous(text)), style)


def _put_moment(sheet: Any, row: int, column: int, value: Any, style: Any, zone: tzinfo) -> None:
    """A day and an hour; a day alone is one; what Excel's calendar does not have is text."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    local = value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value
    # The second of two hours of one name cannot be told as a number, nor can less than a thousandth of a second.
    if local.date() < FIRST_DATE or local.fold or local.microsecond:
        sheet.write_string(row, column, say_moment(value, zone))
    else:
        sheet.write_datetime(row, column, local, style)


def say_moment(value: datetime, zone: tzinfo) -> str:
    """«2026-11-26 15:30», with seconds where there are any, and with its offset where the hour comes twice."""
    local = value.astimezone(zone) if value.tzinfo else value
    precision = "microseconds" if local.microsecond else "seconds" if local.second else "minutes"
    told = local if local.tzinfo and _comes_twice(local) else local.replace(tzinfo=None)
    return told.isoformat(sep=" ", timespec=precision)


def _comes_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def yes_or_no(value: bool) -> str:
    """As a cell says it, in the language that is active."""
    return _("sí") if value else _("no")


def join(parts: Iterable[Any]) -> str:
    """The parts of a list in one cell. A part alone that could be taken for several ends in a semicolon."""
    texts = [str(part) for part in parts]
    ends = ";" if len(texts) == 1 and any(sign in texts[0] for sign in ",|\n") else ""
    return SEPARATOR.join(texts) + ends


def _fitting(text: str) -> str:
    """What of ``text`` a cell of Excel's holds: its length counts UTF-16 units."""
    if len(text) * 2 <= LONGEST_CELL or len(text.encode("utf-16-le", "surrogatepass")) // 2 <= LONGEST_CELL:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: LONGEST_CELL * 2].decode("utf-16-le", "ignore")


def _sheet_name(title: str) -> str:
    """What Excel takes as the name of a sheet: at most 31 characters, some signs not among them."""
    return "".join(" " if sign in "[]:*?/\\" else sign for sign in title).strip("' ")[:31] or "Recado"


def _usual_width(kind: Type) -> int:
    return {"datetime": 20, "date": 12, "text": 24, "email": 24, "phone": 16, "list": 24}.get(kind, WIDE)
