"""LibreOffice's own files, imported; and ours, opened by it where it is installed."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone, translation

from catalog.models import Product
from tenants.exchange import drafting, running
from tenants.exchange.kinds import kind_of
from tenants.exchange.writers import Column, write_csv, write_xlsx
from tenants.scope import tenant_scope

FILES = Path(__file__).parent / "files"  # README.md says how they were made
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
ROWS = [
    ("Martillo de uña 16 oz", "MAR-016", Decimal("45900.50"), 12, "Herramientas", "Mango de fibra; cabeza «forjada»"),
    ("Café Ñandú", "007", Decimal("91801.00"), 24, "Bebidas", "Dos\nlíneas"),
    ("=2+2 de texto", "+57-1", Decimal("0.00"), 0, "", ""),
]


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["xlsx", "ods", "csv"])
def test_its_files_are_imported_with_their_values(alice, form):
    data = (FILES / f"productos.{form}").read_bytes()
    with translation.override("es"), timezone.override(alice.timezone), tenant_scope(alice):
        job = drafting.begin(
            user=alice, kind=kind_of("products"), file=io.BytesIO(data), name=f"productos.{form}", size=len(data)
        )
        assert [column["field"] for column in job.columns] == [
            *("name", "sku", "price", "stock", "category", "description")
        ]
        job = running.run_small(user=alice, job=running.start(user=alice, job=job, now=timezone.now()))
        assert (job.status, job.created, job.errors) == ("done", 3, [])
        found = Product.objects.order_by("id")
        assert list(found.values_list("name", "sku", "price", "stock", "category", "description")) == ROWS


def convert(path: Path, to: str) -> Path:
    """Have LibreOffice open a file and write it as another one, with a profile of its own."""
    assert SOFFICE is not None
    profile = f"-env:UserInstallation=file://{path.parent / 'profile'}"
    # A program without a window asks nobody about a CSV: commas, quotes, UTF-8.
    reads = ["--infilter=CSV:44,34,76"] if path.suffix == ".csv" else []
    command = [
        SOFFICE,
        profile,
        "--headless",
        *reads,
        "--convert-to",
        to,
        "--outdir",
        str(path.parent / "out"),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    (written,) = (path.parent / "out").glob(f"{path.stem}.*")
    return written


if SOFFICE:  # where it is not, there is nothing that could open them

    @pytest.mark.parametrize("form", ["xlsx", "csv"])
    def test_it_opens_ours(tmp_path, form):
        path = tmp_path / f"ours.{form}"
        columns = [
            Column("name", "Nombre"),
            Column("price", "Precio", "money"),
            Column("phone", "Teléfono", "phone"),
            Column("day", "Día", "date"),
            Column("at", "Cuándo", "datetime"),
        ]
        at = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
        rows = [("=1+1", Decimal("1234.50"), "+573001234567", date(2026, 11, 26), at)]
        with path.open("wb") as file:
            if form == "csv":
                write_csv(file=file, columns=columns, rows=rows, language="en", zone=UTC)
            else:
                write_xlsx(file=file, columns=columns, rows=rows, zone=UTC, title="Lista")
        # 44,34,76: commas, quotes, UTF-8; «false, true» at the end: values as they are, formulas as formulas.
        written = convert(path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true")
        head, row = csv.reader(io.StringIO(written.read_text("utf-8-sig")))
        assert head == ["Nombre", "Precio", "Teléfono", "Día", "Cuándo"]
        mark = "'" if form == "csv" else ""
        assert (row[0], row[2]) == (f"{mark}=1+1", f"{mark}+573001234567")
        assert Decimal(row[1].replace(",", "")) == Decimal("1234.50")
        assert "2026" in row[3]
        assert "15:30" in row[4]
