"""Tables as CSV and XLSX: numbers are numbers, days are days, and no text is ever a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.exchange.formulas import free, guard, guard_if_ambiguous
from tenants.exchange.writers import Column, TooManyRows, write_csv, write_xlsx

BOGOTA = ZoneInfo("America/Bogota")
COLUMNS = [
    Column("name", "Nombre"),
    Column("price", "Precio", "money"),
    Column("stock", "Existencias", "integer"),
    Column("phone", "Teléfono", "phone"),
    Column("day", "Día", "date"),
    Column("at", "Cuándo", "datetime"),
    Column("hour", "Hora", "time"),
    Column("active", "Activo", "boolean"),
    Column("tags", "Marcas", "list"),
]
ROW = (
    "Martillo de uña",
    Decimal("45900.50"),
    12,
    "+573001234567",
    date(2026, 11, 26),
    datetime(2026, 11, 26, 20, 30, tzinfo=UTC),
    time(9, 15),
    True,
    ["a", "b"],
)
WORST = [
    *("=1+1", "+1", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"),
    *('=HYPERLINK("http://x.example")', "=cmd|' /C calc'!A0", "'=1", "''-1"),
]


def as_csv(columns, rows, *, language="es", zone=BOGOTA) -> bytes:
    file = io.BytesIO()
    assert write_csv(file=file, columns=columns, rows=rows, language=language, zone=zone) == len(rows)
    return file.getvalue()


def as_xlsx(columns, rows, *, zone=BOGOTA) -> bytes:
    file = io.BytesIO()
    assert write_xlsx(file=file, columns=columns, rows=rows, zone=zone, title="Lista: 1") == len(rows)
    return file.getvalue()


def sheet_of(data: bytes):
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_spreadsheets_in_spanish_part_columns_by_semicolons_and_decimals_by_commas():
    assert as_csv(COLUMNS, [ROW]).decode() == (
        "\ufeffNombre;Precio;Existencias;Teléfono;Día;Cuándo;Hora;Activo;Marcas\r\n"
        "Martillo de uña;45900,50;12;'+573001234567;2026-11-26;2026-11-26 15:30;09:15;sí;a; b\r\n"
    ).replace("a; b", '"a; b"')


def test_english_ones_part_them_by_commas_and_points():
    assert b"Martillo de u\xc3\xb1a,45900.50,12," in as_csv(COLUMNS, [ROW], language="en")


def test_a_workbook_holds_real_numbers_days_and_hours():
    head, row = sheet_of(as_xlsx(COLUMNS, [ROW])).iter_rows()
    assert [cell.value for cell in head] == [column.header for column in COLUMNS]
    assert [cell.value for cell in row] == [
        "Martillo de uña",
        45900.5,
        12,
        "+573001234567",
        datetime.fromisoformat("2026-11-26T00:00"),
        datetime.fromisoformat("2026-11-26T15:30"),
        time(9, 15),
        "sí",
        "a; b",
    ]
    assert [cell.is_date for cell in row] == [False, False, False, False, True, True, True, False, False]


@pytest.mark.parametrize("text", WORST)
def test_no_text_is_a_formula(text):
    columns = [Column("name", "Nombre")]
    (_head, (told,)) = csv.reader(
        io.StringIO(as_csv(columns, [(text,)]).decode("utf-8-sig"), newline=""), delimiter=";"
    )
    assert told == f"'{text}"
    cell = sheet_of(as_xlsx(columns, [(text,)]))["A2"]
    assert cell.data_type == "s"
    assert (
        "<f>" not in zipfile.ZipFile(io.BytesIO(as_xlsx(columns, [(text,)]))).read("xl/worksheets/sheet1.xml").decode()
    )


@given(st.one_of(st.text(), st.text("='+-@\t\r\n\x00\uff1d1")))
def test_what_is_guarded_comes_back_as_it_was(text):
    assert free(guard(text)) == text
    assert free(guard_if_ambiguous(text)) == text
    assert not guard(text).startswith(
        ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
ROWS = st.lists(st.tuples(LINES, st.decimals(0, 10**12, places=2), st.integers(0, 2**31 - 1)), max_size=8)


@settings(deadline=None)
@given(ROWS)
def test_every_csv_says_what_was_written(rows):
    written = as_csv(COLUMNS[:3], rows).decode("utf-8-sig")
    _head, *found = csv.reader(io.StringIO(written, newline=""), delimiter=";")
    assert [(free(name), Decimal(price.replace(",", ".")), int(stock)) for name, price, stock in found] == rows


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(TEXTS, st.decimals(0, 10**9, places=2), st.integers(0, 2**31 - 1)), min_size=1, max_size=8))
def test_every_workbook_says_what_was_written(rows):
    _head, *found = sheet_of(as_xlsx(COLUMNS[:3], rows)).iter_rows(values_only=True)
    told = [(free(name or ""), Decimal(str(price)).quantize(Decimal("0.01")), stock) for name, price, stock in found]
    assert told == [(name, price, stock) for name, price, stock in rows]


def test_an_hour_that_comes_twice_says_which_one_it_is():
    """In New York 1:30 came twice on that day: once in summer time, and once an hour later."""
    zone = ZoneInfo("America/New_York")
    first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    columns = [Column("at", "Cuándo", "datetime")]
    told = as_csv(columns, [(first,), (second,)], zone=zone).decode().splitlines()[1:]
    assert [datetime.fromisoformat(text) for text in told] == [first, second]
    cells = [
        cell.value for (cell,) in sheet_of(as_xlsx(columns, [(first,), (second,)], zone=zone)).iter_rows(min_row=2)
    ]
    assert cells == [datetime.fromisoformat("2026-11-01T01:30"), "2026-11-01 01:30-05:00"]


def test_what_excels_calendar_does_not_have_is_text():
    columns = [Column("day", "Día", "date"), Column("at", "Cuándo", "datetime")]
    row = (date(1899, 12, 31), datetime(1850, 5, 1, 12, tzinfo=UTC))
    (told,) = sheet_of(as_xlsx(columns, [row], zone=UTC)).iter_rows(min_row=2, values_only=True)
    assert told == ("1899-12-31", "1850-05-01 12:00")


def test_a_cell_holds_what_excel_lets_it_hold():
    (told,) = sheet_of(as_xlsx([Column("text", "Texto")], [("😀" * 20_000,)])).iter_rows(min_row=2, values_only=True)
    assert told[0] == "😀" * 16_383


def test_a_sheet_ends_where_excels_ends(monkeypatch):
    monkeypatch.setattr("tenants.exchange.writers.EXCEL_ROWS", 4)
    with pytest.raises(TooManyRows):
        as_xlsx([Column("n", "N", "integer")], [(n,) for n in range(4)])


def test_the_same_rows_make_the_same_file():
    assert as_xlsx(COLUMNS, [ROW]) == as_xlsx(COLUMNS, [ROW])


def test_progress_is_told_now_and_then_and_at_the_end():
    for write in (write_csv, write_xlsx):
        told: list[int] = []
        more = {"language": "es"} if write is write_csv else {"title": "N"}
        rows = ((n,) for n in range(2500))
        write(
            file=io.BytesIO(), columns=[Column("n", "N", "integer")], rows=rows, zone=BOGOTA, told=told.append, **more
        )
        assert told == [1000, 2000, 2500]
