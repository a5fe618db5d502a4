"""Importar: a shop's own spreadsheet, seen as it is read, corrected, imported, reported and taken back."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import eventually, make_person

PAGE = "/user/import"
HEAD = "Referencia;Artículo;Precio de venta ($);Cantidad;Línea;Proveedor"
ROWS = [
    "TAL-13;Taladro percutor 13 mm;$ 189.900,00;6;Eléctricas;Don José",
    "CAJ-01;Caja organizadora;1.234,50;;Organización;",
    "ÑAN-02;Piñón de 8 dientes;12500;4;Repuestos;Peña e hijos",
    "PIN-03;Pintura añil;gratis;2;Pinturas;",
    "BRO-04;Brocha de 2 pulgadas;8.900;-3;Pinturas;",
]


def old_sheet(folder: Path, rows: list[str] = ROWS, *, head: str = HEAD, name: str = "Catálogo viejo.csv") -> Path:
    """As an old Excel writes it: semicolons, decimal commas, accents in Windows' own encoding."""
    path = folder / name
    path.write_bytes("\r\n".join([head, *rows, ""]).encode("cp1252"))
    return path


def bring(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)


def action_of(page: Page, text: str):
    return page.locator(".import-preview tbody tr").filter(has_text=text).locator(".preview-action")


def test_a_shops_own_sheet_is_seen_corrected_imported_and_taken_back(visit, person, tmp_path):
    person.add_product(name="Brocha", sku="BRO-04", price="5000", stock=7)
    window = visit(person)
    page = window.go("/user/commercial/products")
    page.get_by_role("link", name="Importar").first.click()
    expect(page.get_by_role("radio", name="Productos")).to_be_checked()
    bring(page, old_sheet(tmp_path))

    # How it was read, and what each column is taken for.
    expect(page.get_by_role("heading", name="Catálogo viejo.csv")).to_be_visible()
    facts = page.get_by_label("Así leímos el archivo")
    for fact in ("CSV", "Punto y coma", "Decimales con coma", "Títulos en la fila 1"):
        expect(facts).to_contain_text(fact)
    expect(page.get_by_label("«Artículo» es")).to_have_value("name")
    expect(page.get_by_label("«Precio de venta ($)» es")).to_have_value("price")
    expect(page.get_by_label("«Proveedor» es")).to_have_value("")
    expect(action_of(page, "Taladro percutor")).to_contain_text("Nuevo")
    expect(action_of(page, "Brocha de 2 pulgadas")).to_contain_text("No se puede")
    expect(action_of(page, "Pintura añil")).to_contain_text("No se puede")
    expect(page.locator(".import-preview .is-wrong").filter(has_text="gratis")).to_be_visible()

    # A column that we took for something else is put right, and that is remembered.
    page.get_by_label("«Línea» es").select_option("")
    expect(page.locator(".import-preview thead")).not_to_contain_text("Categoría")
    page.get_by_label("«Línea» es").select_option("category")
    expect(page.locator(".import-preview thead")).to_contain_text("Categoría")

    page.get_by_role("button", name="Importar 5 filas").click()
    expect(page.get_by_role("heading", name="Listo, menos unas filas")).to_be_visible()
    eventually(lambda: len(person.products()) == 4)
    prices = {product["sku"]: product["price"] for product in person.products()}
    assert prices == {"TAL-13": "189900.00", "CAJ-01": "1234.50", "ÑAN-02": "12500.00", "BRO-04": "5000.00"}

    # What was refused, as a file that can be corrected.
    errors = page.locator(".error-table tbody tr")
    expect(errors).to_have_count(2)
    expect(errors.filter(has_text="gratis")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    head, *refused = csv.reader(io.StringIO(text), delimiter=";")
    assert head[:3] == ["Referencia", "Artículo", "Precio de venta ($)"]
    assert [row[0] for row in refused] == ["PIN-03", "BRO-04"]

    # Corrected and sent again, it is read the same way, and the others are not repeated.
    page.get_by_role("button", name="Importar otro archivo").click()
    mended = text.replace("gratis", "45.000").replace("-3", "3")
    again = tmp_path / "corregido.csv"
    again.write_text(mended, encoding="utf-8")
    bring(page, again)
    expect(page.get_by_label("«Artículo» es")).to_have_value("name")
    expect(action_of(page, "Brocha de 2 pulgadas")).to_contain_text("Se pone al día")
    page.get_by_role("button", name="Importar 2 filas").click()
    expect(page.get_by_role("heading", name="Listo, todo está dentro")).to_be_visible()
    assert {product["sku"]: product["price"] for product in person.products()}["BRO-04"] == "8900.00"

    # And taken back.
    page.get_by_role("button", name="Deshacer la importación").click()
    expect(page.get_by_role("heading", name="Deshecha")).to_be_visible()
    eventually(lambda: {p["sku"]: p["price"] for p in person.products()}.get("BRO-04") == "5000.00")
    page.get_by_role("button", name="Todas las importaciones").click()
    expect(page.locator(".past-line")).to_have_count(2)
    expect(page.locator(".past-line").first).to_contain_text("Deshecha")
    expect(page.locator(".past-line").last).to_contain_text("Catálogo viejo.csv")


def test_a_large_sheet_shows_how_far_it_is_and_is_found_again(visit, person, tmp_path):
    rows = [f"S-{n:05};Producto número {n};{n},50;{n % 40};Surtido;" for n in range(1, 3001)]
    window = visit(person)
    page = window.go(f"{PAGE}?kind=products")
    bring(page, old_sheet(tmp_path, rows))
    page.get_by_role("button", name="Importar 3.000 filas").click()
    expect(
        page.get_by_role("progressbar").or_(page.get_by_role("heading", name="Listo, todo está dentro"))
    ).to_be_visible()
    address = page.url
    window.go("/user/dashboard")
    page.goto(address)  # left and come back
    expect(page.get_by_role("heading", name="Listo, todo está dentro")).to_be_visible(timeout=60_000)
    assert person.call("GET", "/api/user/products/count")["count"] == 3000
    expect(page.locator(".result-figures")).to_contain_text("3.000")


def test_what_is_no_spreadsheet_is_told_clearly(visit, person, tmp_path):
    window = visit(person, width=360, height=740)
    window.expect_status(400)
    page = window.go(PAGE)
    renamed = tmp_path / "precios.csv"
    renamed.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + bytes(range(256)) * 8)
    bring(page, renamed)
    expect(page.get_by_role("alert").filter(has_text="PDF")).to_be_visible()
    expect(page.get_by_role("button", name="Elegir archivo")).to_be_enabled()
    assert person.call("GET", "/api/user/imports")["results"] == []


def test_all_or_nothing_changes_nothing_when_a_row_is_wrong(visit, person, tmp_path):
    window = visit(person)
    page = window.go(f"{PAGE}?kind=products")
    bring(page, old_sheet(tmp_path))
    page.get_by_text("No traer ninguna").click()
    page.get_by_role("button", name="Importar 5 filas").click()
    expect(page.get_by_role("heading", name="No se importó nada")).to_be_visible()
    expect(page.locator(".error-table tbody tr")).to_have_count(2)
    assert person.products() == []


def test_another_persons_import_is_not_there(visit, person, system, tmp_path):
    other = make_person(system)
    theirs = visit(other)
    page = theirs.go(f"{PAGE}?kind=products")
    bring(page, old_sheet(tmp_path))
    expect(page).to_have_url(re.compile(r"id=\d+"))
    mine = visit(person)
    mine.expect_status(404)
    seen = mine.go(page.url.removeprefix(mine.url))
    expect(seen.get_by_role("alert").filter(has_text="ya no existe")).to_be_visible()
    expect(seen.locator(".past-line")).to_have_count(0)


@pytest.mark.parametrize("kind", ["products", "contacts", "tasks", "appointments"])
def test_the_sample_of_each_kind_is_imported_as_it_is(visit, person, tmp_path, kind):
    window = visit(person)
    page = window.go(f"{PAGE}?kind={kind}")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Descargar un ejemplo").click()
    path = tmp_path / "ejemplo.xlsx"
    waiting.value.save_as(path)
    bring(page, path)
    page.get_by_role("button", name=re.compile("Importar . filas")).click()
    expect(page.get_by_role("heading", name="Listo, todo está dentro")).to_be_visible()


def test_a_calendar_file_in_the_agenda(visit, person, tmp_path):
    path = tmp_path / "agenda.ics"
    event = ["UID:a@b", "SUMMARY:Dentista", "DTSTART;TZID=America/Bogota:20270204T160000", "RRULE:FREQ=WEEKLY;COUNT=3"]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//x//ES",
        "BEGIN:VEVENT",
        *event,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    path.write_text("\r\n".join(lines))
    window = visit(person)
    page = window.go("/user/personal/agenda")
    page.get_by_role("button", name="Más opciones").click()
    page.get_by_role("link", name="Importar citas").click()
    bring(page, path)
    expect(action_of(page, "Dentista")).to_contain_text("Nuevo")
    page.get_by_role("button", name="Importar 1 fila").click()
    expect(page.get_by_role("heading", name="Listo, todo está dentro")).to_be_visible()
    assert person.call("GET", "/api/user/personal/appointments")["count"] == 3


def test_the_search_leads_to_it_and_the_keyboard_suffices(visit, person, tmp_path):
    window = visit(person)
    page = window.go("/user/dashboard")
    page.keyboard.press("Control+k")
    page.keyboard.type("importar un")
    page.keyboard.press("Enter")
    page.wait_for_url("**/user/import")
    with page.expect_file_chooser() as waiting:
        page.get_by_role("button", name="Elegir archivo").focus()
        page.keyboard.press("Enter")
    waiting.value.set_files(old_sheet(tmp_path))
    expect(page.get_by_role("heading", name="Importar", exact=True)).to_be_focused()
    expect(page.locator("[data-part=announcement]")).to_contain_text("5 filas")
    page.go_back()
    expect(page.get_by_role("heading", name="Suelta aquí tu archivo")).to_be_visible()
    expect(page.locator(".past-line")).to_contain_text("Sin empezar")
