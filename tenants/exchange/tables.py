"""A file as a table: how it is read, by what it says itself and by what somebody said of it; and its rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, BinaryIO

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol

from tenants.exchange import columns
from tenants.exchange.amounts import guess_decimal
from tenants.exchange.bounds import Bounds, Raw, Raws, keep_within
from tenants.exchange.dates import guess_order
from tenants.exchange.delimited import guess_delimiter, read_delimited
from tenants.exchange.faults import Unreadable
from tenants.exchange.kinds import Broken, Kind
from tenants.exchange.opendocument import Spreadsheet
from tenants.exchange.reasons import Reason
from tenants.exchange.sniffing import guess_encoding, tell_format
from tenants.exchange.workbooks import Workbook
from tenants.models import ImportJob, Preferences, User

HEAD = 500  # rows that are looked at to tell how the others are read
COUNTING_SECONDS = 5.0  # for which rows are counted while somebody waits
SHEETS_LOOKED_AT = 8
FIGURES = {"money", "number", "integer"}
DAYS = {"date", "datetime"}


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is read. What is None or empty is told from the file; ``header_row`` 0 says that there is none."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    date_order: str = ""
    sheet: str = ""
    header_row: int | None = None
    sheets: list[str] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: int | None = None  # below the header; None when counting them took too long

    @classmethod
    def of(cls, job: ImportJob) -> Table:
        """How the file of a job is read."""
        return cls(
            format=job.format,
            encoding=job.encoding,
            delimiter=job.delimiter,
            decimal=job.decimal,
            date_order=job.date_order,
            sheet=job.sheet,
            sheets=job.sheets,
            header_row=job.header_row or 0,
            columns=job.columns,
            rows=job.rows,
        )


def survey(
    file: BinaryIO, *, user: User, kind: Kind, given: Table, told: Mapping[str, str | None] | None = None
) -> Table:
    """How ``file`` is read, in the scope of ``user``: as ``given`` says, and as the file and the country say else.

    ``told`` is what has been said of its columns, by index as a text. Raises Unreadable.
    """
    bounds = Bounds.current()
    table = _find_format(file, given, kind=kind, bounds=bounds)
    source = _open(file, table, kind=kind, bounds=bounds)
    table = replace(table, sheets=source.sheets, sheet=_find_sheet(source, table, kind=kind, bounds=bounds))
    raws = keep_within(source.rows(table.sheet), bounds)
    head = list(islice(raws, HEAD))
    header = table.header_row if table.header_row is not None else columns.find_header(head, kind=kind)
    header = _checked_header(head, header)
    found = _map(head, header=header, kind=kind, told=told)
    count, deadline = sum(raw.number > (header or 0) for raw in head), time.monotonic() + COUNTING_SECONDS
    is_counted = True
    for number, _raw in enumerate(raws):
        count += 1
        if number % 256 == 0 and time.monotonic() > deadline:
            is_counted = False
            break
    body = [raw for raw in head if raw.number > (header or 0)]
    return replace(
        table,
        header_row=header or 0,
        columns=found,
        rows=count if is_counted else None,
        decimal=table.decimal or guess_decimal(_texts(body, found, kind, FIGURES), otherwise=_usual_decimal(user)),
        date_order=table.date_order
        or guess_order(_texts(body, found, kind, DAYS), otherwise="mdy" if _writes_month_first(user) else "dmy"),
    )


def read_rows(file: BinaryIO, table: Table, *, kind: Kind) -> Raws:
    """The rows below the header. Raises Unreadable, also in the middle."""
    bounds = Bounds.current()
    source = _open(file, table, kind=kind, bounds=bounds)
    below = table.header_row or 0
    return (raw for raw in keep_within(source.rows(table.sheet), bounds) if raw.number > below)


class _Text:
    """A file of text as a table of one sheet."""

    def __init__(self, file: BinaryIO, table: Table, bounds: Bounds) -> None:
        self.sheets: list[str] = []
        self._file, self._table, self._bounds = file, table, bounds

    def rows(self, sheet: str) -> Raws:
        table = self._table
        return read_delimited(self._file, encoding=table.encoding, delimiter=table.delimiter, bounds=self._bounds)


class _Own:
    """A file that the kind reads itself."""

    def __init__(self, file: BinaryIO, table: Table, kind: Kind) -> None:
        self.sheets: list[str] = []
        self._file, self._read = file, kind.readers[table.format]

    def rows(self, sheet: str) -> Raws:
        self._file.seek(0)
        return (_raw(number, cells) for number, cells in enumerate(self._read(self._file), start=1))


def _raw(number: int, row: Sequence[Any] | Broken) -> Raw:
    return Raw(number, list(row.cells), row.reason) if isinstance(row, Broken) else Raw(number, list(row))


def _open(file: BinaryIO, table: Table, *, kind: Kind, bounds: Bounds) -> _Text | _Own | Workbook | Spreadsheet:
    if table.format == "xlsx":
        return Workbook(file, bounds)
    if table.format == "ods":
        return Spreadsheet(file, bounds)
    return _Own(file, table, kind) if table.format in kind.readers else _Text(file, table, bounds)


def _find_format(file: BinaryIO, given: Table, *, kind: Kind, bounds: Bounds) -> Table:
    form = given.format or tell_format(file, bounds=bounds, others=frozenset(kind.readers))
    if form not in ("text", "csv", "tsv"):
        return replace(given, format=form, encoding="", delimiter="")
    encoding = given.encoding or guess_encoding(file)
    delimiter = given.delimiter or guess_delimiter(file, encoding=encoding)
    return replace(given, format="tsv" if delimiter == "\t" else "csv", encoding=encoding, delimiter=delimiter)


def _find_sheet(source: _Text | _Own | Workbook | Spreadsheet, table: Table, *, kind: Kind, bounds: Bounds) -> str:
    """The sheet that is meant: the one that was said, else the first whose titles are known, else the first one
    that holds anything."""
    if len(source.sheets) < 2 or table.sheet in source.sheets:
        return table.sheet if table.sheet in source.sheets else next(iter(source.sheets), "")
    if table.sheet:
        raise Unreadable("no_such_sheet")
    filled = []
    for sheet in source.sheets[:SHEETS_LOOKED_AT]:
        head = list(islice(keep_within(source.rows(sheet), bounds), columns.LOOKED_AT))
        number = columns.find_header(head, kind=kind)
        titles = next((raw.cells for raw in head if raw.number == number), [])
        if any(columns.guess([str(title or "") for title in titles], kind=kind)):
            return sheet
        filled += [sheet] if head else []
    return next(iter(filled or source.sheets))


def _checked_header(head: Sequence[Raw], header: int | None) -> int | None:
    """Raises Unreadable when the header cannot be taken."""
    if not head:
        raise Unreadable("empty")
    row = next((raw for raw in head if raw.number == header), None)
    if row is not None and row.fault:
        raise _unreadable(row.fault)
    if row is None and head[0].fault and all(raw.fault for raw in head[: columns.LOOKED_AT]):
        raise _unreadable(head[0].fault)
    return header


def _unreadable(reason: Reason) -> Unreadable:
    return Unreadable(reason.code, **reason.params)


def _map(
    head: Sequence[Raw], *, header: int | None, kind: Kind, told: Mapping[str, str | None] | None
) -> list[dict[str, Any]]:
    found = columns.describe(head, header_row=header or None, kind=kind, told=told)
    if told is not None:
        return found
    kept = columns.recall(kind=kind.name, layout=columns.layout_of(found, header_row=header))
    if kept is not None and len(kept) == len(found):
        names = {one.name for one in kind.fields}
        for column, name in zip(found, kept, strict=True):
            column["field"] = name if name in names else None
    return found


def _texts(body: Sequence[Raw], found: list[dict[str, Any]], kind: Kind, types: set[str]) -> Iterator[str]:
    """The texts of the columns whose fields have one of those types; of all columns when there is none yet."""
    typed = {one.name for one in kind.fields if one.type in types}
    wanted = [one["index"] for one in found if one["field"] in typed] or [one["index"] for one in found]
    for raw in body:
        for index in wanted:
            if index < len(raw.cells) and isinstance(raw.cells[index], str):
                yield raw.cells[index]


def _usual_decimal(user: User) -> str:
    """The sign that parts decimals where the tenant sells: a point in Mexico, a comma in Colombia."""
    preferences = Preferences.current(user)
    country = preferences.currency[:2]
    if country in ("US", "EU"):  # money of several countries
        country = preferences.country or {"US": "US", "EU": "ES"}[country]
    language = {"BR": "pt", "US": "es"}.get(country, "es")
    try:
        symbol = get_decimal_symbol(Locale(language, country))
    except UnknownLocaleError:
        symbol = ","
    return symbol if symbol in (".", ",") else ","


def _writes_month_first(user: User) -> bool:
    return user.language == "en" and Preferences.current(user).country == "US"
