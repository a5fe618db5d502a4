"""Importar: a shop's own spreadsheet, seen as it is read, corrected, imported, reported and taken back."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

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
    # What is wrong names the column as the file does, and its cell is marked, not by its colour alone.
    price = page.locator(".import-preview td.is-wrong").filter(has_text="gratis")
    expect(price).to_have_text("Con error: gratis")
    expect(price.locator("svg")).to_be_visible()
    expect(price).to_have_accessible_description("«Precio de venta ($)»: No es un precio.")
    expect(action_of(page, "Pintura añil")).to_contain_text("«Precio de venta ($)»: No es un precio.")
    expect(page.locator(".import-preview td.is-wrong")).to_have_count(2)

    # Without a column of stock, what is new is told as sold out: that is said before it comes in.
    warning = page.get_by_text("Ninguna columna dice las existencias")
    expect(warning).to_be_hidden()
    page.get_by_label("«Cantidad» es").select_option("")
    expect(warning).to_be_visible()
    page.get_by_label("«Cantidad» es").select_option("stock")
    expect(warning).to_be_hidden()

    # A column that we took for something else is put right, and that is remembered.
    page.get_by_label("«Línea» es").select_option("")
    expect(page.locator(".import-preview thead")).not_to_contain_text("Categoría")
    page.get_by_label("«Línea» es").select_option("category")
    expect(page.locator(".import-preview thead")).to_contain_text("Categoría")

    expect(page.locator("#start-why")).to_have_text("2 filas con error no entran.")
    page.get_by_role("button", name="Importar 3 filas").click()
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
    expect(action_of(page, "Brocha de 2 pulgadas")).to_contain_text("Se actualiza")
    page.get_by_role("button", name="Importar 2 filas").click()
    expect(page.get_by_role("heading", name="Listo, todo está dentro")).to_be_visible()
    assert {product["sku"]: product["price"] for product in person.products()}["BRO-04"] == "8900.00"

    # And taken back, once somebody has read what that means.
    page.get_by_role("button", name="Deshacer la importación").click()
    dialog = page.get_by_role("dialog", name="¿Deshacer esta importación?")
    expect(dialog).to_contain_text("Se borra 1 producto que creó esta importación.")
    expect(dialog).to_contain_text("1 producto vuelve a estar como antes.")
    dialog.get_by_role("button", name="Dejarla como está").click()
    expect(dialog).not_to_be_visible()
    assert {p["sku"]: p["price"] for p in person.products()}["BRO-04"] == "8900.00"
    (painted,) = [p for p in person.products() if p["sku"] == "PIN-03"]
    person.call("PATCH", f"/api/user/products/{painted['id']}", {"stock": 9})  # somebody changed it since
    page.get_by_role("button", name="Deshacer la importación").click()
    dialog.get_by_role("button", name="Sí, deshacer").click()
    expect(page.get_by_role("heading", name="Deshecha")).to_be_visible()
    expect(page.locator(".import-result")).to_contain_text("Deshicimos 1 fila. 1 fila cambió después")
    expect(page.get_by_role("link", name="Ver mis productos")).to_be_visible()
    after = {p["sku"]: p["price"] for p in person.products()}
    assert (after["BRO-04"], after["PIN-03"]) == ("5000.00", "45000.00")
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
    expect(page.get_by_role("heading", name="Listo, todo está dentro")).to_be_visible(timeout=180_000)
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
    page.get_by_text("No importar ninguna").click()
    expect(page.get_by_role("button", name="Importar 0 filas")).to_be_disabled()
    expect(page.locator("#start-why")).to_have_text("Elegiste todas o ninguna, y 2 filas tienen errores.")
    page.get_by_text("Importar las demás").click()
    expect(page.get_by_role("button", name="Importar 3 filas")).to_be_enabled()
    assert person.products() == []


def test_what_cannot_go_in_at_all_is_said_beside_the_button(visit, person, tmp_path):
    window = visit(person)
    page = window.go(f"{PAGE}?kind=products")
    bring(page, old_sheet(tmp_path, ROWS[3:]))
    expect(page.get_by_role("button", name="Importar 0 filas")).to_be_disabled()
    expect(page.get_by_role("button", name="Importar 0 filas")).to_have_accessible_description(
        "Ninguna fila puede entrar así: mira arriba qué le falta a cada una."
    )
    bring_again = ROWS[:1]
    window.go(f"{PAGE}?kind=products")
    bring(page, old_sheet(tmp_path, bring_again))
    page.get_by_role("button", name="Importar 1 fila").click()
    expect(page.get_by_role("heading", name="Listo, todo está dentro")).to_be_visible()
    window.go(f"{PAGE}?kind=products")
    bring(page, old_sheet(tmp_path, bring_again))
    expect(page.get_by_role("button", name="Importar 0 filas")).to_be_disabled()
    expect(page.locator("#start-why")).to_have_text("No hay nada que cambiar: todo esto ya lo tienes.")


def test_a_wide_sheet_breaks_no_word_and_scrolls_within_its_frame(visit, person, tmp_path):
    words = "Destornillador electroneumático multiusos"
    head = "SKU;Nombre;Precio;Existencias;Categoría;Descripción;Activo"
    row = f"DES-ELE-00001;{words};12500;4;Electroherramientas;{'Descripción larguísima de acero inoxidable ' * 5};sí"
    link = f"LNK;Enlace;1;1;;https://example.com/{'x' * 300};sí"
    window = visit(person, width=1000, height=800)
    page = window.go(f"{PAGE}?kind=products")
    bring(page, old_sheet(tmp_path, [row, link], head=head))
    cells = page.locator(".import-preview tbody tr").first.locator("td .cell-text")
    expect(cells.filter(has_text="Electroherramientas")).to_be_visible()
    # No word of a cell stands on two lines: as many lines as blanks allow.
    lines_of_words = page.evaluate(
        """() => [...document.querySelector('.preview-table tbody tr').querySelectorAll('.cell-text > span:last-child')]
        .flatMap((span) => [...span.textContent.matchAll(/\\S+/g)].map((found) => {
          const range = document.createRange();
          range.setStart(span.firstChild, found.index); range.setEnd(span.firstChild, found.index + found[0].length);
          return [found[0], new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size];
        }))"""
    )
    assert "Electroherramientas" in dict(lines_of_words)
    broken = [word for word, lines in lines_of_words if lines > 1]
    assert broken == []
    expect(page.get_by_text("Hay más columnas: desliza la tabla hacia los lados.")).to_be_visible()
    frame = page.locator(".preview-scroll")
    expect(frame).to_have_class(re.compile("goes-on"))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    frame.evaluate("(frame) => { frame.scrollLeft = frame.scrollWidth; }")
    expect(frame).not_to_have_class(re.compile("goes-on"))


def test_the_first_steps_lead_to_it(visit, person):
    window = visit(person)
    page = window.go("/user/dashboard")
    page.get_by_role("link", name="O importa tu hoja de cálculo").click()
    expect(page.get_by_role("heading", name="Importar", exact=True)).to_be_visible()
    expect(page.get_by_role("radio", name="Productos")).to_be_checked()


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


def test_the_sample_of_each_kind_is_imported_as_it_is(visit, person, tmp_path):
    window = visit(person)
    for kind in ("products", "contacts", "tasks", "appointments"):
        page = window.go(f"{PAGE}?kind={kind}")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Descargar un ejemplo").click()
        path = tmp_path / f"{kind}.xlsx"
        waiting.value.save_as(path)
        bring(page, path)
        page.get_by_role("button", name=re.compile("Importar . filas")).click()
        expect(page.get_by_role("heading", name="Listo, todo está dentro"), kind).to_be_visible()


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
