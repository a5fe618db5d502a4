"""The superadmin's pages in a browser: the first page, wide, narrow and dark; an export with its progress; a reason."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person, Visit, make_person
from tests.browser.test_looks import examine


@pytest.fixture
def shop(system, console) -> Person:
    shop = make_person(system)
    console.call("tests.browser.rows.fill_dashboard", shop.username)
    return shop


def settle(window: Visit, path: str) -> Page:
    window.go(path)
    return window.settle()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_first_page_is_read_on_any_screen(visit, superadmin, shop, scheme, width):
    page = settle(visit(superadmin, width=width, height=780, color_scheme=scheme), "/admin/dashboard")
    examine(page, f"/admin/dashboard {scheme} {width}")
    expect(page.locator("#part-tiles dt", has_text="Tareas en la cola")).to_be_visible()
    page.get_by_role("link", name="Actualizar").click()  # else it may be a minute old
    expect(page.locator("#part-tenants th", has_text=shop.username)).to_be_visible()
    expect(page.locator("#part-webhook svg rect")).to_have_count(61)
    summary = page.locator("#part-days summary")
    summary.click()
    expect(page.locator("#part-days tbody tr")).to_have_count(14)
    assert "Carla" not in page.content()


def test_it_brings_itself_up_to_date_until_it_is_paused(visit, superadmin, console):
    window = visit(superadmin)
    window.page.clock.install()
    page = window.go("/admin/dashboard")
    page.wait_for_load_state("networkidle")  # its clock stands, and with it what is drawn
    page.locator("#part-days summary").click()
    console.call("tests.browser.rows.queue_a_task")
    with page.expect_response(re.compile("/admin/dashboard/live")):
        page.clock.run_for(31_000)
    expect(page.locator("#part-tiles div", has_text="Tareas en la cola").locator("dd").first).not_to_have_text("0")
    expect(page.locator("#part-days details")).to_have_attribute("open", "")  # what was unfolded stays so
    pause = page.get_by_role("button", name="Pausar")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(120_000)
    assert [url for url in asked if "live" in url] == []
    with page.expect_response(re.compile("/admin/dashboard/live")):
        page.get_by_role("link", name="Actualizar").click()
    page.reload()
    expect(page.get_by_role("button", name="Pausar")).to_have_attribute("aria-pressed", "true")  # it is remembered
    console.call("tests.browser.rows.drop_the_task")


def test_a_conversation_is_read_after_a_reason(visit, superadmin, shop):
    window = visit(superadmin, width=360, height=740)
    page = settle(window, f"/admin/messaging/conversation/?q={shop.username}")
    assert "Carla" not in page.content()
    page.get_by_role("link", name="Con un motivo…").click()
    examine(page, "the question for a reason")
    assert "Carla" not in page.content()
    page.get_by_label("Motivo").fill("La dueña pide ayuda con una respuesta")
    page.get_by_role("button", name="Abrir la conversación").click()
    expect(page.get_by_text("¿tienen botas?")).to_be_visible()
    examine(page, "the conversation")


def test_an_export_shows_its_progress_and_can_be_taken(visit, superadmin, shop):
    window = visit(superadmin)
    page = settle(window, f"/admin/config/datajob/add/?account={shop.username}")
    examine(page, "asking for an export")
    page.get_by_label("Motivo").fill("Lo pidió por carta")
    page.get_by_role("button", name="Pedir").click()
    expect(page.get_by_text("Terminado", exact=True).first).to_be_visible(timeout=120_000)
    examine(page, "the export")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Descargar").click()
    assert taken.value.suggested_filename == f"recado-{shop.username}.zip"
