"""The page of keys of the API: made, copied, used, changed, revoked; with the keyboard, and on a phone."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request

from playwright.sync_api import Page, expect

PAGE = "/user/api"


def ask(url: str, key: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def make(page: Page, name: str, *boxes: str) -> str:
    """A new key with these boxes ticked; answers its text."""
    page.get_by_role("button", name="Hacer una clave").click()
    page.get_by_label("Para qué es").fill(name)
    for box in boxes:
        page.get_by_role("checkbox", name=box, exact=True).check()
    page.get_by_role("button", name="Hacer la clave").click()
    shown = page.get_by_role("textbox", name="Clave de API", exact=True)
    expect(shown).to_be_visible()
    return shown.input_value()


def test_a_key_is_made_used_changed_and_revoked(visit, person):
    window = visit(person)
    page = window.go(PAGE)
    expect(page.get_by_text("Todavía no hay ninguna.")).to_be_visible()
    key = make(page, "Caja de la tienda", "Escribir: Productos y pedidos")
    assert re.fullmatch(r"rck_[0-9a-z]+_[0-9A-Za-z]{43}", key)
    assert ask(f"{person.url}/api/user/products", key) == 200
    assert ask(f"{person.url}/api/user/contacts", key) == 403

    row = page.get_by_role("article", name="Caja de la tienda")
    expect(row).to_contain_text("leer y escribir: Productos y pedidos")
    expect(row).to_contain_text("todavía nunca")
    page.get_by_role("button", name="Ya la guardé").click()
    expect(page.get_by_role("textbox", name="Clave de API", exact=True)).to_be_hidden()
    page.reload()
    assert key not in page.content()
    expect(row).to_contain_text(re.compile(r"Se usó\s*\d\d:\d\d"))

    row.get_by_role("button", name="Cambiar «Caja de la tienda»").click()
    expect(page.get_by_role("checkbox", name="Leer: Productos y pedidos", exact=True)).to_be_checked()
    page.get_by_role("checkbox", name="Leer: Contactos", exact=True).check()
    page.get_by_role("button", name="Guardar").click()
    expect(row).to_contain_text("leer: Contactos")
    assert ask(f"{person.url}/api/user/contacts", key) == 200

    row.get_by_role("button", name="Anular «Caja de la tienda»").click()
    dialog = page.get_by_role("dialog", name="¿Anular «Caja de la tienda»?")
    dialog.get_by_role("button", name="Dejarla").click()
    assert ask(f"{person.url}/api/user/products", key) == 200
    row.get_by_role("button", name="Anular «Caja de la tienda»").click()
    dialog.get_by_role("button", name="Anular la clave").click()
    expect(row).to_have_count(0)
    assert ask(f"{person.url}/api/user/products", key) == 401


def test_it_is_copied_whole(visit, person):
    window = visit(person, permissions=["clipboard-read", "clipboard-write"])
    page = window.go(PAGE)
    key = make(page, "Tienda en línea", "Leer todo")
    page.get_by_role("button", name="Copiar").click()
    expect(page.get_by_role("status").get_by_text("Copiada.").first).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == key


def test_what_is_missing_stands_beside_it(visit, person):
    window = visit(person, width=360, height=740)
    window.expect_status(400)
    page = window.go(PAGE)
    page.get_by_role("button", name="Hacer una clave").click()
    expect(page.get_by_label("Para qué es")).to_be_focused()
    send = page.get_by_role("button", name="Hacer la clave")
    send.click()
    name = page.get_by_label("Para qué es")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Este campo no puede quedar en blanco.")
    expect(name).to_be_focused()
    expect(page.locator("#key-scopes-error")).not_to_be_empty()
    name.fill("Caja")
    send.click()
    expect(page.get_by_role("checkbox", name="Leer todo", exact=True)).to_be_focused()
    expect(page.locator("#key-scopes-error")).to_be_visible()
    expect(page.locator("#key-name-error")).to_be_empty()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = page.get_by_role("checkbox", name="Leer todo", exact=True).locator("xpath=..").bounding_box()
    assert min(box["width"], box["height"]) >= 44


def test_it_is_found_from_the_settings_and_by_the_search(visit, person):
    page = visit(person).go("/user/settings")
    page.get_by_role("link", name="Claves de API").click()
    page.wait_for_url("**/user/api")
    expect(page.get_by_role("heading", name="API", exact=True)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("combobox").fill("claves")
    expect(page.get_by_role("option", name=re.compile("API: claves"))).to_be_visible()


def test_the_guides_are_pages(visit):
    window = visit()
    for name in ("api", "webhooks"):
        page = window.go(f"/developers/{name}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.locator("pre").count() >= 2, name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_the_page_of_operations_leads_to_the_guide(visit, system):
    page = visit().go("/api/docs")
    expect(page.get_by_role("link", name="Guide for developers").first).to_be_visible(timeout=120_000)
    with urllib.request.urlopen(f"{system.url}/api/schema", timeout=60) as answer:
        assert json.load(answer)["openapi"].startswith("3.1")
