"""What files are and say: encodings, delimiters, line ends, headers, workbooks; and those that want to do harm."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Iterator
from datetime import date, datetime, time

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from tenants.exchange.bounds import Bounds, Raw, keep_within
from tenants.exchange.columns import find_header, guess
from tenants.exchange.delimited import guess_delimiter, read_delimited
from tenants.exchange.faults import Unreadable
from tenants.exchange.kinds import kind_of
from tenants.exchange.opendocument import Spreadsheet
from tenants.exchange.sniffing import guess_encoding, tell_format
from tenants.exchange.workbooks import Workbook
from tests.tenants.exchange.sheets import SHEET_HEAD, SHEET_TAIL, opendocument, raw_workbook

MEGABYTE = 1024 * 1024
BOUNDS = Bounds(rows=1000, columns=20, cell=5000, expanded=8 * MEGABYTE, blank_rows=10_000)
ANY_SIGN = st.characters(codec="utf-8", exclude_characters="\x00\ufffd")
TEXT = "nombre;precio;detalle\nCámara;1.234,50;Años de ñandú\nTubería;5,5;él «y» tú\n"


def rows(content: bytes, bounds: Bounds = BOUNDS) -> list[Raw]:
    """All rows of a file of any format."""
    file = io.BytesIO(content)
    form = tell_format(file, bounds=bounds)
    if form == "text":
        encoding = guess_encoding(file)
        delimiter = guess_delimiter(file, encoding=encoding)
        return list(keep_within(read_delimited(file, encoding=encoding, delimiter=delimiter, bounds=bounds), bounds))
    book = Workbook(file, bounds) if form == "xlsx" else Spreadsheet(file, bounds)
    return list(keep_within(book.rows(book.sheets[0]), bounds))


def cells(content: bytes) -> list[list]:
    return [raw.cells for raw in rows(content)]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "windows-1252"),
        ("latin-1", "windows-1252"),
        ("cp850", "cp850"),
        ("mac-roman", "mac-roman"),
    ],
)
def test_it_reads_the_encodings_that_spreadsheets_write(encoding, found):
    content = TEXT.encode(encoding)
    assert guess_encoding(io.BytesIO(content)) == found
    assert cells(content) == [line.split(";") for line in TEXT.splitlines()]


@limits(deadline=None)
@given(
    words=st.lists(st.text(st.sampled_from("abcdeáéíóúñüÁÉÍÓÚÑÜ"), min_size=3, max_size=12), min_size=30, max_size=60),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp1252", "cp850", "mac-roman"]),
)
def test_words_of_our_languages_survive_any_encoding(words, encoding):
    text = "nombre\n" + "\n".join(words) + "\n"
    assert [row[0] for row in cells(text.encode(encoding))] == ["nombre", *words]


@limits(deadline=None)
@given(
    table=st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufffd"), max_size=20), min_size=3, max_size=3
        ),
        min_size=1,
        max_size=8,
    ),
    delimiter=st.sampled_from(";,\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_table_that_python_writes_comes_back(table, delimiter, end):
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    read = read_delimited(io.BytesIO(out.getvalue().encode()), encoding="utf-8", delimiter=delimiter, bounds=BOUNDS)
    found = {raw.number: raw.cells for raw in read}
    for number, row in enumerate(table, start=1):
        if not any(cell and not cell.isspace() for cell in row):
            continue
        if number == 1:  # a mark of the byte order is none of the text
            row = [row[0], *row[1:]]
        while row and not row[-1]:
            row = row[:-1]
        assert found[number] == row


@pytest.mark.parametrize(
    ("content", "table"),
    [
        ("a,b\r1,2\r\n3,4\n5,6", [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]]),
        ('a;b\n"x;\r\ny";2\n', [["a", "b"], ["x;\r\ny", "2"]]),
        ("sep=|\na|b\n1|2\n", [["a", "b"], ["1", "2"]]),
        ("nombre\tprecio\nÁlbum, raro\t5\n", [["nombre", "precio"], ["Álbum, raro", "5"]]),
        ("nombre\nuno\ndos\n", [["nombre"], ["uno"], ["dos"]]),
        ("a;b\n\n;;\n1;2;;\n", [["a", "b"], ["1", "2"]]),
    ],
)
def test_it_reads_any_line_ends_and_delimiters(content, table):
    assert cells(content.encode()) == table


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    assert [raw.number for raw in rows(b'a;b\n\n"1\n2";2\n3;4\n')] == [1, 3, 4]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.4\n%...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "imagen"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
        (b"\x1f\x8b\x08", "comprimido"),
        (b"PK\x03\x04 and no more", "dañado"),
        (b"<html><table><tr><td>1", "página web"),
        (b'{"a": 1}', "JSON"),
        (b"BEGIN:VCALENDAR\r\n", "calendario"),
        (b"", "vacío"),
        (b"\xef\xbb\xbf\r\n \n", "vacío"),
        (bytes(range(256)) * 40, "no parece una tabla"),
    ],
)
def test_what_is_no_table_is_told_by_what_it_is(content, said):
    with pytest.raises(Unreadable, match=said):
        rows(content)


@limits(deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_are_a_table_or_told(content):
    try:
        found = rows(content)
    except Unreadable as fault:
        found = []
        told = str(fault)
        assert told
    assert all(len(raw.cells) <= 3000 for raw in found)


def test_random_files_do_no_harm():
    for _number in range(20):
        for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"BEGIN:"):
            try:
                rows(start + os.urandom(2000))
            except Unreadable:
                continue


def test_a_workbook_gives_numbers_days_and_texts():
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet("Hoja")
    day, moment, hour = (book.add_format({"num_format": form}) for form in ("dd/mm/yyyy", "yyyy-mm-dd hh:mm", "hh:mm"))
    page.write_string(2, 0, "ñ _x0041_\r\n\tq")
    page.write_number(2, 1, 1234.5)
    page.write_number(2, 2, 7702001234567)
    page.write_datetime(2, 3, datetime(2026, 11, 23), day)  # noqa: DTZ001
    page.write_datetime(2, 4, datetime(2026, 11, 23, 15, 30, 5), moment)  # noqa: DTZ001
    page.write_datetime(2, 5, time(15, 30), hour)
    page.write_formula(2, 6, "=1+1", None, 2)
    page.write_boolean(2, 7, True)
    page.write_number(2, 8, 5, book.add_format({"num_format": '#,##0.00 "días"'}))
    book.close()
    (raw,) = rows(file.getvalue())
    assert raw.number == 3
    assert raw.cells == [
        "ñ _x0041_\r\n\tq",
        1234.5,
        7702001234567,
        date(2026, 11, 23),
        datetime(2026, 11, 23, 15, 30, 5),  # noqa: DTZ001
        time(15, 30),
        2,
        True,
        5,
    ]


def test_a_formula_that_nobody_reckoned_is_text():
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["=1+1", '=HYPERLINK("http://x")', "x"])
    file = io.BytesIO()
    book.save(file)
    assert cells(file.getvalue()) == [["=1+1", '=HYPERLINK("http://x")', "x"]]


def test_an_opendocument_gives_numbers_days_and_texts():
    table = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell office:value-type="string"><text:p>uno<text:s text:c="2"/>dos</text:p>'
        "<text:p>tres</text:p><office:annotation><text:p>nota</text:p></office:annotation></table:table-cell>"
        '<table:table-cell office:value-type="float" office:value="12.5"><text:p>12,5</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2026-11-23"/>'
        '<table:table-cell office:value-type="time" office:time-value="PT15H30M00S"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="7"/>'
        '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>'
    )
    (raw,) = rows(opendocument(table))
    assert raw.number == 3
    assert raw.cells == ["uno  dos\ntres", 12.5, date(2026, 11, 23), time(15, 30), True, 7, 7]


def _pieces(piece: bytes, times: int, *, head: bytes = SHEET_HEAD, tail: bytes = SHEET_TAIL) -> Iterator[bytes]:
    yield head
    for _number in range(times):
        yield piece
    yield tail


CELL = b"<c><v>1</v></c>"
BOMBS = {
    ("a cell without end", "ocupa demasiado"): lambda: raw_workbook(
        _pieces(b"x" * MEGABYTE, 40, head=SHEET_HEAD + b'<row><c t="inlineStr"><is><t>')
    ),
    ("a tag without end", "dañado"): lambda: raw_workbook(_pieces(b"1" * MEGABYTE, 7, head=SHEET_HEAD + b'<row r="')),
    ("a shared text without end", "ocupa demasiado"): lambda: raw_workbook(
        [SHEET_HEAD, b'<row><c t="s"><v>0</v></c></row>', SHEET_TAIL],
        strings=_pieces(b"x" * MEGABYTE, 40, head=b"<sst><si><t>", tail=b"</t></si></sst>"),
    ),
    ("many rows", "1000 filas"): lambda: raw_workbook(_pieces(b"<row>" + CELL + b"</row>", 2000)),
    ("a row far below", "1000 filas"): lambda: raw_workbook(
        [SHEET_HEAD, b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>', SHEET_TAIL]
    ),
    ("a document that declares", "dañado"): lambda: raw_workbook(
        [b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">]>', SHEET_HEAD, SHEET_TAIL]
    ),
    ("a row that is said to repeat", "1000 filas"): lambda: opendocument(
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="float"'
        ' office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
    ),
    ("ten million lines", "1000 filas"): lambda: b"a;b\n" * 10_000_000,
    ("nothing but line ends", "filas vacías"): lambda: b"a" + b"\n" * 15_000_000,
    ("a line without end", "demasiado larga"): lambda: b"a;b\n" + b"x" * (15 * MEGABYTE),
    ("quotes that are never closed", "comillas"): lambda: b'a;b\n"' + b"x;y\n" * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS, ids=[name for name, _said in BOMBS])
def test_a_file_that_wants_to_do_harm_is_refused_in_little_memory(bomb):
    content = BOMBS[bomb]()
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match=bomb[1]):
            rows(content)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(content) * (content[:1] == b"a") + 24 * MEGABYTE


@pytest.mark.parametrize(
    "content",
    [
        raw_workbook([SHEET_HEAD, b"<row>" + CELL * 100_000 + b"</row>", SHEET_TAIL]),
        raw_workbook([SHEET_HEAD, b'<row><c r="XFD1"><v>1</v></c></row>', SHEET_TAIL]),
        b"1;" * 100_000 + b"1\n",
        opendocument(
            '<table:table-row><table:table-cell office:value-type="float" office:value="1"'
            ' table:number-columns-repeated="100000"/></table:table-row>'
        ),
    ],
)
def test_a_row_of_a_hundred_thousand_columns_is_a_row_with_a_fault(content):
    (raw,) = rows(content)
    assert "columnas" in str(raw.fault)
    assert raw.number == 1


def test_what_cannot_be_kept_is_a_fault_of_its_row():
    found = rows(b"a;b\nx\x00y;1\nz;2\n")
    assert ["nulos" in str(raw.fault) for raw in found] == [False, True, False]
    too_long = rows(b"a;b\n" + b"x" * 6000 + b";1\n")
    assert "5000" in str(too_long[1].fault)


def test_the_header_is_found_where_it_is():
    kind = kind_of("products")
    head = [Raw(1, ["Mi tienda"]), Raw(3, ["Código", "Artículo", "Precio"]), Raw(4, ["A", "Uno", "5"])]
    assert find_header(head, kind=kind) == 3
    assert find_header([Raw(1, ["A-1", "Taladro", "5"]), Raw(2, ["A-2", "Sierra", "6"])], kind=kind) is None
    assert find_header([Raw(1, ["Kol1", "Kol2"]), Raw(2, ["Taladro", "5"])], kind=kind) == 1


@pytest.mark.parametrize(
    ("titles", "fields"),
    [
        (["CÓDIGO", "Descripción del producto", "P.V.P."], ["sku", "description", "price"]),
        (["Name", "Unit price", "Qty", "Category"], ["name", "price", "stock", "category"]),
        (["Produto", "Preço de venda", "Estoque", "Ativo"], ["name", "price", "stock", "active"]),
        (["Precio (COP)", "Precio costo", "Nombre"], ["price", None, "name"]),
        (["id", "user_id", "tenant", "usuario"], [None, None, None, None]),
        (["Precio", "precio"], ["price", None]),
    ],
)
def test_titles_say_what_columns_are(titles, fields):
    assert guess(titles, kind=kind_of("products")) == fields
