"""«Exportar» on each list, and «Tus datos: exportar» in the settings: what is asked for comes as a file."""

from __future__ import annotations

import os
import re
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, expect


def take(page: Page, name: str | re.Pattern[str]) -> Download:
    """Open the page's menu and choose a format."""
    menu = page.locator(".export-menu")
    menu.get_by_role("button", name="Exportar").click()
    with page.expect_download() as download:
        menu.get_by_role("group", name="Exportar como").get_by_role("button", name=name).first.click()
    expect(menu.get_by_role("group", name="Exportar como")).to_be_hidden()
    return download.value


def read(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def look(where: Page | Locator, name: str) -> None:
    if folder := os.environ.get("LOOK_FOLDER"):
        where.screenshot(path=Path(folder) / f"{name}.png")


def test_products_leave_as_the_list_shows_them(visit, person):
    person.add_product(name="Martillo", category="Herramientas")
    person.add_product(name="=2+2 café", category="Bebidas")
    page = visit(person).go("/user/commercial/products?category=Bebidas")
    expect(page.locator(".name-button")).to_have_count(1)
    told = take(page, "CSV")
    assert re.fullmatch(r"productos-\d{4}-\d\d-\d\d\.csv", told.suggested_filename)
    lines = read(told).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'=2+2 café" in lines[1]
    page.locator(".export-menu").get_by_role("button", name="Exportar").click()
    page.get_by_role("checkbox", name="con existencias").check()
    look(page, "export-menu")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Exportar")).to_be_focused()
    assert read(take(page, re.compile("Lista de precios"))).startswith(b"%PDF-")
    assert zipfile.is_zipfile(take(page, re.compile("Excel")).path())


def test_each_list_leaves_as_a_file(visit, person):
    window = visit(person)
    for path, files in {
        "/user/personal/tasks": {"Para imprimir": b"%PDF-", "Calendario": b"BEGIN:VCALENDAR"},
        "/user/personal/agenda": {"Semana para imprimir": b"%PDF-", "Excel": b"PK"},
        "/user/inbox": {"CSV": "\ufeff".encode()},
    }.items():
        page = window.go(path)
        for name, begins in files.items():
            assert read(take(page, re.compile(name))).startswith(begins), (path, name)


def test_the_menu_goes_by_keys_and_fits_a_phone(visit, person):
    person.add_product()
    page = visit(person, width=360, height=740, color_scheme="dark").go("/user/commercial/products")
    button = page.get_by_role("button", name="Exportar")
    assert button.bounding_box()["height"] >= 44
    button.focus()
    page.keyboard.press("Enter")
    first, last = (page.locator(".export-list button").nth(n) for n in (0, -1))
    expect(first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(last).to_be_focused()
    assert last.bounding_box()["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    look(page, "export-menu-360-dark")
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()


def test_a_large_file_is_prepared_while_one_does_something_else(visit, person):
    for n in range(3):
        person.call("POST", "/api/user/personal/tasks", {"title": f"Tarea {n}"})
    page = visit(person, width=360, color_scheme="dark").go("/user/settings#exports")
    part = page.locator("#exports")
    expect(part.get_by_text("Todavía no has pedido ningún archivo.")).to_be_visible()
    part.get_by_label("Qué").select_option("tasks")
    part.get_by_label("Como").select_option("csv")
    part.get_by_role("button", name="Preparar archivo").click()
    line = part.get_by_role("listitem").filter(has_text="Tareas · CSV")
    expect(line.get_by_text(re.compile("3 filas"))).to_be_visible()
    expect(part.get_by_role("status")).to_have_text(re.compile("Tareas · CSV"))
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        part.scroll_into_view_if_needed()
        look(part, f"exports-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    with page.expect_download() as download:
        line.get_by_role("link", name="Bajar").click()
    assert len(read(download.value).decode("utf-8-sig").splitlines()) == 4

    (job,) = person.call("GET", "/api/user/exports")["results"]
    with urllib.request.urlopen(job["url"]) as answer:  # nobody is signed in here
        assert len(answer.read().decode("utf-8-sig").splitlines()) == 4
    line.get_by_role("button", name="Borrar Tareas · CSV").click()
    expect(part.get_by_text("Todavía no has pedido ningún archivo.")).to_be_visible()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(job["url"])
