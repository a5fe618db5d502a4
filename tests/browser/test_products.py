"""Productos: the life of a product, and what the page does when something comes between."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import eventually, make_person

PAGE = "/user/commercial/products"


def names(page: Page) -> list[str]:
    expect(page.locator(".is-skeleton").first).to_be_hidden()
    return page.locator(".name-button").all_inner_texts()


def row(page: Page, name: str):
    return page.locator("tr[data-product]").filter(has_text=name)


def test_the_life_of_a_product(visit, person):
    window = visit(person)
    page = window.go(PAGE)
    expect(page.get_by_role("heading", name="Aquí van tus productos")).to_be_visible()
    page.get_by_role("button", name="Agregar el primero").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nombre").fill("Taladro percutor 13 mm")
    dialog.get_by_label("Precio").fill("189.900")
    stock = dialog.get_by_label("Existencias")
    expect(stock).to_have_accessible_description("Sin existencias, tu asistente dice que está agotado.")
    stock.fill("6")
    dialog.get_by_label("Categoría").fill("Herramientas")
    dialog.get_by_label("SKU").fill("TAL-13")
    dialog.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Listo. «Taladro percutor 13 mm» ya está en tu catálogo.")).to_be_visible()
    line = row(page, "Taladro percutor")
    expect(line.locator(".cell-price")).to_have_text(re.compile(r"^\$\s189\.900$"))

    line.get_by_role("button", name="Editar Taladro percutor 13 mm").click()
    dialog.get_by_label("Precio").fill("179900,50")
    page.keyboard.press("Enter")
    expect(line.locator(".cell-price")).to_have_text(re.compile(r"^\$\s179\.900,50$"))

    less = line.get_by_role("button", name="Quitar una unidad")
    less.click()
    less.click()
    stock = line.get_by_label("Existencias de Taladro percutor 13 mm")
    expect(stock).to_have_value("4")
    expect(line.get_by_text("Quedan pocos")).to_be_visible()
    stock.fill("0")
    stock.press("Enter")
    expect(line.get_by_text("Agotado")).to_be_visible()
    expect(less).to_be_disabled()
    eventually(lambda: [product["stock"] for product in person.products()] == [0])
    ledger = person.call("GET", f"/api/user/products/{person.products()[0]['id']}/stock")["results"]
    assert sum(movement["delta"] for movement in ledger if movement["delta"] < 0) == -6

    line.get_by_role("button", name="Borrar").click()
    expect(line).to_have_count(0)
    page.get_by_role("button", name="Deshacer").click()
    expect(line).to_have_count(1)
    assert person.products()[0]["active"] is True


def test_another_shop_sees_none_of_it(visit, person, system):
    other = make_person(system)
    theirs = other.add_product(name="Secreto de la otra tienda")
    person.add_product(name="Lo mío")
    window = visit(person)
    window.expect_status(404)
    page = window.go(PAGE)
    assert names(page) == ["Lo mío"]
    window.go(f"{PAGE}?id={theirs['id']}")
    expect(page.get_by_text("Ya no existe.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_search_as_you_type_filters_and_sorting_live_in_the_address(visit, person):
    person.add_product(name="Sierra circular", category="Corte", price="349900", stock=3)
    person.add_product(name="Serrucho", category="Corte", price="34900", stock=0)
    person.add_product(name="Pintura blanca", category="Pinturas", price="52000")
    window = visit(person)
    page = window.go(PAGE)
    search = page.get_by_label("Buscar productos", exact=True)
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("sierra", delay=20)
    expect(row(page, "Pintura blanca")).to_have_count(0)
    assert names(page)[0] == "Sierra circular"
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?search=sierra$"))
    search.fill("")
    page.get_by_label("Categoría", exact=True).first.select_option("Corte")
    expect(page.get_by_role("status").get_by_text("2 productos")).to_be_visible()
    page.get_by_role("columnheader", name="Precio").get_by_role("button").click()
    expect(page.locator(".name-button").first).to_have_text("Serrucho")
    page.get_by_role("columnheader", name="Precio").get_by_role("button").click()
    expect(page.locator(".name-button").first).to_have_text("Sierra circular")
    expect(page.get_by_role("columnheader", name="Precio")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Filtros").click()
    page.locator("#more-filters select").first.select_option("true")
    expect(page.locator(".name-button")).to_have_count(1)
    page.reload()
    assert names(page) == ["Sierra circular"]
    page.get_by_label("Precio hasta").fill("1.000")
    expect(page.get_by_role("heading", name="Nada con esos filtros")).to_be_visible()
    page.get_by_role("button", name="Ver todos").click()
    expect(page.locator(".name-button")).to_have_count(3)


def test_a_stale_edit_shows_both_and_lets_one_choose(visit, person):
    product = person.add_product(name="Escalera", price="100000")
    window = visit(person)
    window.expect_status(409)
    page = window.go(f"{PAGE}?id={product['id']}")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Precio").fill("90000")
    person.call("PATCH", f"/api/user/products/{product['id']}", {"price": "120000"})
    dialog.get_by_role("button", name="Guardar").click()
    expect(dialog.get_by_text("Alguien cambió este producto mientras lo editabas.")).to_be_visible()
    expect(dialog.locator("ins")).to_have_text(re.compile(r"120\.000"))
    assert person.products()[0]["price"] == "120000.00"
    dialog.get_by_role("button", name="Guardar lo mío").click()
    expect(row(page, "Escalera").locator(".cell-price")).to_have_text(re.compile(r"90\.000"))
    assert person.products()[0]["price"] == "90000.00"


def test_an_edit_does_not_bring_back_stock_that_was_sold_meanwhile(visit, person):
    product = person.add_product(name="Escalera", stock=10)
    window = visit(person)
    window.expect_status(409)
    page = window.go(f"{PAGE}?id={product['id']}")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nombre").fill("Escalera plegable")
    person.call("POST", f"/api/user/products/{product['id']}/stock", {"delta": -4})
    dialog.get_by_role("button", name="Guardar", exact=True).click()
    expect(page.get_by_text("Listo. Guardamos «Escalera plegable».")).to_be_visible()
    kept = person.products()[0]
    assert (kept["name"], kept["stock"]) == ("Escalera plegable", 6)


def test_errors_stand_beside_their_fields(visit, person):
    person.add_product(name="Uno", sku="ABC-1")
    window = visit(person)
    window.expect_status(400)
    page = window.go(f"{PAGE}?new=1")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Precio").fill("mucho")
    dialog.get_by_role("button", name="Guardar").click()
    expect(dialog.get_by_text("Ponle un nombre.")).to_be_visible()
    expect(dialog.get_by_label("Nombre")).to_be_focused()
    dialog.get_by_label("Nombre").fill("Dos")
    dialog.get_by_label("Precio").fill("-3")
    dialog.get_by_role("button", name="Guardar").click()
    expect(dialog.get_by_text("El precio no puede ser negativo.")).to_be_visible()
    dialog.get_by_label("Precio").fill("3")
    dialog.get_by_label("SKU").fill("abc-1")
    dialog.get_by_role("button", name="Guardar").click()
    expect(dialog.get_by_label("SKU")).to_have_attribute("aria-invalid", "true")
    assert len(person.products()) == 1


def test_everything_by_keyboard_alone(visit, person):
    window = visit(person)
    window.go(PAGE)
    page = window.settle()
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Nombre")).to_be_focused()
    page.keyboard.type("Cinta métrica 5 m")
    page.keyboard.press("Tab")
    page.keyboard.type("18500")
    page.keyboard.press("Enter")
    expect(row(page, "Cinta métrica")).to_be_visible()
    expect(dialog).to_have_count(0)
    row(page, "Cinta métrica").get_by_role("button", name="Cinta métrica 5 m", exact=True).focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Nombre")).to_have_value("Cinta métrica 5 m")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Cinta métrica 5 m", exact=True)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Atajos de teclado")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("cinta")
    expect(page.get_by_role("option", name="Cinta métrica 5 m")).to_be_visible()
    expect(page.get_by_role("option", name="Cinta métrica 5 m")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Nombre")).to_have_value("Cinta métrica 5 m")


def test_without_a_line_it_says_so_and_keeps_what_was_typed(visit, person):
    person.add_product(name="Martillo", stock=7)
    window = visit(person)
    window.expect_no_line()
    page = window.go(PAGE)
    assert names(page) == ["Martillo"]
    page.context.set_offline(True)
    row(page, "Martillo").get_by_role("button", name="Sumar una unidad").click()
    expect(page.get_by_text("No hay conexión.").first).to_be_visible()
    expect(page.get_by_label("Existencias de Martillo")).to_have_value("7")
    page.get_by_role("button", name="Nuevo producto").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nombre").fill("Clavos")
    dialog.get_by_label("Precio").fill("2500")
    dialog.get_by_role("button", name="Guardar").click()
    expect(dialog.get_by_role("alert").get_by_text("No hay conexión.")).to_be_visible()
    page.context.set_offline(False)
    dialog.get_by_role("button", name="Guardar").click()
    expect(row(page, "Clavos")).to_be_visible()
    assert sorted(product["name"] for product in person.products()) == ["Clavos", "Martillo"]


def test_more_products_skip_none_when_one_was_deleted_meanwhile(visit, person):
    added = [person.add_product(name=f"Tornillo {number:02}") for number in range(53)]
    window = visit(person)
    page = window.go(PAGE)
    expect(page.locator(".name-button")).to_have_count(50)
    person.call("DELETE", f"/api/user/products/{added[3]['id']}")
    page.get_by_role("button", name="Ver más").click()
    expect(page.locator(".name-button")).to_have_count(53)
    assert names(page)[-3:] == ["Tornillo 50", "Tornillo 51", "Tornillo 52"]
