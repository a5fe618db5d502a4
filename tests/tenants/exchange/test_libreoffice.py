"""LibreOffice's own files, imported; and ours, opened by it where it is installed."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from agenda.models import Appointment, Task
from agenda.undoing import attendees_of
from catalog.models import Product
from tenants.exchange import drafting, running
from tenants.exchange.kinds import kind_of
from tenants.exchange.writers import Column, write_csv, write_xlsx
from tenants.models import Contact, ImportJob, User
from tenants.scope import tenant_scope
from tests.tenants.exchange.test_writers import WORST

FILES = Path(__file__).parent / "files"  # README.md says how they were made
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
FORMS = ["xlsx", "ods", "csv"]
PRODUCTS = [
    ("Martillo de uña 16 oz", "MAR-016", Decimal("45900.50"), 12, "Herramientas", "Mango de fibra; cabeza «forjada»"),
    ("Café Ñandú", "007", Decimal("91801.00"), 24, "Bebidas", "Dos\nlíneas"),
    ("=2+2 de texto", "+57-1", Decimal("0.00"), 0, "", ""),
]
CONTACTS = [  # phones are texts, numbers, what a formula came to, and without their country
    ("José Peña", "+573001234567", "jose@example.com", "=2+2 es texto"),
    ("Ángela Núñez", "+573009876543", "", "-5 % de descuento"),
    ("Ana Gómez", "+573005550123", "ana@example.com", "@ana_gomez"),
    ("Łukasz Żółć", "+573015550199", "", ""),
]
BOGOTA = "-05:00"
APPOINTMENTS = [
    ("Corte y peinado", f"2026-12-03T15:30{BOGOTA}", f"2026-12-03T16:15{BOGOTA}", "Calle 10 # 5-20", "+573001234567"),
    ("Tinte", f"2026-12-10T09:00{BOGOTA}", f"2026-12-10T11:00{BOGOTA}", "", "573009876543"),
]
TASKS = [
    ("Pagar el arriendo", date(2026, 12, 5), "high", "pending", None),
    ("+1 caja de «guantes»", date(2026, 12, 4), "medium", "completed", f"2026-11-20T17:45{BOGOTA}"),
    ("Sin fecha", None, "medium", "pending", None),
]


def bring(user: User, kind: str, name: str | Path) -> ImportJob:
    data = (FILES / name).read_bytes()
    job = drafting.begin(user=user, kind=kind_of(kind), file=io.BytesIO(data), name=Path(name).name, size=len(data))
    return running.run_small(user=user, job=running.start(user=user, job=job, now=timezone.now()))


@pytest.fixture
def shop(alice: User) -> Any:
    with translation.override("es"), timezone.override(alice.timezone), tenant_scope(alice):
        yield alice


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMS)
def test_its_prices_and_formulas_are_imported(shop, form):
    job = bring(shop, "products", f"productos.{form}")
    assert [column["field"] for column in job.columns] == ["name", "sku", "price", "stock", "category", "description"]
    assert (job.status, job.created, job.errors) == ("done", 3, [])
    found = Product.objects.order_by("id")
    assert list(found.values_list("name", "sku", "price", "stock", "category", "description")) == PRODUCTS


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMS)
def test_its_phones_are_imported_whether_texts_or_numbers(shop, form):
    job = bring(shop, "contacts", f"contactos.{form}")
    assert (job.status, job.created, job.errors) == ("done", 4, [])
    assert list(Contact.objects.order_by("id").values_list("name", "phone", "email", "notes")) == CONTACTS


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMS)
def test_its_days_and_hours_are_imported(shop, form):
    job = bring(shop, "appointments", f"citas.{form}")
    assert (job.status, job.created, job.errors) == ("done", 2, [])
    rows = list(Appointment.objects.order_by("id"))
    people = attendees_of([row.pk for row in rows])
    found = [(r.title, r.start_datetime, r.end_datetime, r.location, people[r.pk][0]["phone"]) for r in rows]
    assert found == [
        (title, datetime.fromisoformat(start), datetime.fromisoformat(end), *rest)
        for title, start, end, *rest in APPOINTMENTS
    ]
    job = bring(shop, "tasks", f"tareas.{form}")
    assert (job.status, job.created, job.errors) == ("done", 3, [])
    done = Task.objects.order_by("id").values_list("title", "due_date", "priority", "status", "completed_at")
    assert list(done) == [(*rest, at and datetime.fromisoformat(at)) for *rest, at in TASKS]


def convert(path: Path, to: str, *, reads: str = "44,34,76") -> Path:
    """Have LibreOffice open a file and write it as another one, with a profile of its own."""
    assert SOFFICE is not None
    out = path.parent / "out"
    # A program without a window asks nobody about a CSV: commas, quotes, UTF-8.
    asked = [f"--infilter=CSV:{reads}"] if path.suffix == ".csv" else []
    profile = f"-env:UserInstallation=file://{path.parent / 'profile'}"
    command = [SOFFICE, profile, "--headless", *asked, "--convert-to", to, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    (written,) = out.glob(f"{path.stem}.*")
    return written


def write(path: Path, columns: list[Column], rows: list[Any]) -> Path:
    zone = UTC
    with path.open("wb") as file:
        if path.suffix == ".csv":
            write_csv(file=file, columns=columns, rows=rows, language="en", zone=zone)
        else:
            write_xlsx(file=file, columns=columns, rows=rows, zone=zone, title="Lista")
    return path


if SOFFICE:  # where it is not, there is nothing that could open them; .ci/run installs it

    @pytest.mark.parametrize("form", ["xlsx", "csv"])
    def test_it_opens_ours(tmp_path, form):
        columns = [
            Column("name", "Nombre"),
            Column("price", "Precio", "money"),
            Column("phone", "Teléfono", "phone"),
            Column("day", "Día", "date"),
            Column("at", "Cuándo", "datetime"),
            Column("hour", "Hora", "time"),
        ]
        at = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
        path = write(
            tmp_path / f"ours.{form}",
            columns,
            [("Żółć → 漢字", Decimal("1234.50"), "+573001234567", date(2026, 11, 26), at, time(9, 15))],
        )
        # Days, hours and numbers are such, for they are written as LibreOffice writes its own: not as text.
        content = convert(path, "fods").read_text("utf-8")
        for value in (
            'office:value="1234.5"',
            'office:date-value="2026-11-26"',
            'office:date-value="2026-11-26T15:30:00"',
            'office:time-value="PT09H15M00S"',
        ):
            assert value in content, content[-3000:]
        mark = "'" if form == "csv" else ""
        assert f"<text:p>{mark}+573001234567</text:p>".replace("'", "&apos;") in content.replace("'", "&apos;")
        assert "<text:p>Żółć → 漢字</text:p>" in content

    # 44,34,76: commas, quotes, UTF-8; then from the first line, no columns' kinds, English, «1+1» may be a number or a
    # day, and what begins with «=» is reckoned: the worst that somebody can choose when they open a file.
    WORST_CHOICES = "44,34,76,1,,1033,false,true,false,false,false,0,true"

    @pytest.mark.parametrize("form", ["xlsx", "csv"])
    def test_nothing_of_ours_is_reckoned_there(tmp_path, form):
        texts = [
            *WORST,
            "=cmd|' /C calc'!A0",
            '=WEBSERVICE("http://127.0.0.1/x")',
            "＝1+1",
            "＋1",
            "=1+1\n=2+2",
            " =1+1",
        ]
        path = write(
            tmp_path / f"ours.{form}",
            [Column("name", "Nombre"), Column("n", "N", "integer")],
            [(text, n) for n, text in enumerate(texts)],
        )
        content = convert(path, "fods", reads=WORST_CHOICES).read_text("utf-8")
        assert "table:formula" not in content
        assert content.count('office:value-type="float"') == len(texts)  # the second column, and nothing of the first

    @pytest.mark.django_db
    @pytest.mark.parametrize(("kind", "source"), [("contacts", "contactos"), ("tasks", "tareas")])
    @pytest.mark.parametrize("to", ["xlsx", "ods"])
    def test_what_went_through_it_comes_back_as_it_was(shop, tmp_path, kind, source, to):
        """Exported as CSV, opened there, saved as its own or as Excel's, and imported again."""
        bring(shop, kind, f"{source}.ods")
        known = kind_of(kind)
        columns = [Column(field.name, str(field.label), field.type) for field in known.columns]
        rows = [[row[field.name] for field in known.columns] for row in known.export(user=shop, filters={})]
        path = tmp_path / "lista.csv"
        with path.open("wb") as file:
            zone = timezone.get_current_timezone()
            write_csv(file=file, columns=columns, rows=rows, language="es", zone=zone)
        job = bring(shop, kind, convert(path, to, reads="59,34,76"))
        assert (job.status, job.created, job.updated, job.unchanged, job.errors) == ("done", 0, 0, len(rows), [])

    def test_what_nobody_guarded_would_be(tmp_path):
        path = tmp_path / "theirs.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["Nombre"], ["=1+1"], ["'=1+1"]])
        content = convert(path, "fods", reads=WORST_CHOICES).read_text("utf-8")
        assert content.count("table:formula") == 1
