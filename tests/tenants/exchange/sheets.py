"""Files to import, made as people and programs make them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

BOOK = '<workbook xmlns:r="r"><sheets><sheet name="Hoja1" r:id="r1"/></sheets></workbook>'
RELATIONS = '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>'
SHEET_HEAD, SHEET_TAIL = b"<worksheet><sheetData>", b"</sheetData></worksheet>"


def upload(content: str | bytes, name: str = "precios.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def workbook(rows: Iterable[Sequence[Any]], *, sheet: str = "Hoja1", formulas: dict[str, Any] | None = None) -> bytes:
    """An XLSX file by XlsxWriter; ``formulas`` by what they read, with what came out of them."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str) and formulas and value in formulas:
                page.write_formula(number, column, value, None, formulas[value])
            elif isinstance(value, str):
                page.write_string(number, column, value)
            else:
                page.write(number, column, value)
    book.close()
    return file.getvalue()


def raw_workbook(pieces: Iterable[bytes], *, strings: Iterable[bytes] | None = None) -> bytes:
    """An XLSX file whose sheet is what ``pieces`` say, packed while they come."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        for name, parts in {"xl/worksheets/sheet1.xml": pieces, "xl/sharedStrings.xml": strings}.items():
            if parts is None:
                continue
            with archive.open(name, "w", force_zip64=True) as member:
                for part in parts:
                    member.write(part)
    return file.getvalue()


def opendocument(rows: str, *, name: str = "Hoja1") -> bytes:
    """An ODS file whose one table has these rows, in XML."""
    content = (
        '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>'
        f'<table:table table:name="{name}">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return file.getvalue()
