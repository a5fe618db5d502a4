"""Analíticas: read in a minute, by everybody: with a mouse, a keyboard, a thumb, in the dark, without colours."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.analytics_rows import HOURS
from tests.browser.conftest import Person, Visit, eventually, make_person
from tests.browser.test_looks import examine, examine_in_both

PAGE = "/user/analytics"
CHARTS = [
    "conversations", "response", "hours", "messages", "products", "missing", "orders", "agenda", "tasks", "reminders",
    "whatsapp", "tokens",
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(system, console) -> Person:
    """A shop to which five people wrote thrice a day for two months."""
    shop = make_person(system)
    shop.call("PATCH", "/api/user/preferences", {"business_name": "Ferretería El Tornillo", "currency": "COP"})
    for name in ("Martillo", "Serrucho", "Taladro"):
        shop.add_product(name=name)
    console.call("tests.browser.analytics_rows.fill", shop.username)
    return shop


def today() -> datetime:
    return datetime.now(ZoneInfo("America/Bogota"))


def card(page: Page, name: str):
    return page.locator(f"[data-chart={name}]")


def figure(page: Page, name: str):
    return page.locator(f"[data-figure={name}]")


def ready(window: Visit, path: str = "") -> Page:
    """Its page, at ``path`` where one is given, when all that it has is there."""
    if path:
        window.go(path)
    page = window.settle()
    expect(page.locator(".skeleton:visible")).to_have_count(0)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    return page


def is_painted(page: Page, name: str) -> bool:
    """Whether there is anything on the chart's canvas."""
    return bool(
        page.evaluate(
            """(name) => {
                const canvas = document.querySelector(`[data-chart=${name}] canvas`);
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                return new Set(new Uint32Array(data.buffer)).size > 3;
            }""",
            name,
        )
    )


def test_a_shop_reads_how_it_went(visit, shop):
    page = ready(visit(shop), PAGE)
    expect(figure(page, "people")).to_contain_text("5")
    expect(figure(page, "people")).to_contain_text("igual que antes")
    expect(figure(page, "response_p50_seconds")).to_contain_text("8 s")
    expect(figure(page, "unanswered")).to_be_visible()
    expect(figure(page, "cost_usd")).to_contain_text("nada")  # the built-in assistant costs nothing
    # yesterday and the 26 days before it, thrice a day: today nobody wrote
    expect(figure(page, "conversations")).to_contain_text("81")
    expect(card(page, "conversations")).to_contain_text("81 conversaciones: 81 por WhatsApp")
    expect(card(page, "products").locator(".chart-gist")).to_contain_text("Martillo")
    expect(card(page, "missing")).to_contain_text("cortadora de césped")
    expect(page.get_by_text("Esto es un ejemplo")).to_be_hidden()
    for name in ("conversations", "response", "messages", "products", "orders"):
        assert is_painted(page, name), name
        assert card(page, name).locator("canvas").first.get_attribute("aria-label")

    # The report is a PDF.
    with page.expect_download() as loaded:
        page.get_by_role("link", name="Bajar PDF").click()
    data = Path(loaded.value.path()).read_bytes()
    assert data.startswith(b"%PDF-")
    assert len(data) > 5_000
    assert loaded.value.suggested_filename.endswith(".pdf")

    # Charts follow the system into the dark.
    paint = "document.querySelector('[data-chart=conversations] canvas').toDataURL()"
    light = page.evaluate(paint)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: page.evaluate(paint) != light)

    # The hours are a table whose cells hold their numbers.
    table = card(page, "hours").get_by_role("table")
    expect(table.get_by_role("columnheader").first).to_contain_text(f"{HOURS[0]:02}:00")
    expect(table.get_by_role("row")).to_have_count(8)
    numbers = [int(text) for text in table.locator("td.heat").all_inner_texts() if text]
    assert sum(numbers) == 81
    expect(card(page, "hours").locator(".chart-gist")).to_contain_text("Cuando más escriben")
    page.set_viewport_size({"width": 360, "height": 740})
    expect(table.get_by_role("row")).to_have_count(HOURS[-1] - HOURS[0] + 2)  # upright: a row an hour
    assert sum(int(text) for text in table.locator("td.heat").all_inner_texts() if text) == 81


def test_the_period_stands_in_the_address(visit, shop):
    window = visit(shop)
    page = ready(window, PAGE)
    page.get_by_role("button", name="7 días").click()
    expect(page).to_have_url(re.compile(r"\?period=7$"))
    expect(figure(page, "conversations")).to_contain_text("18")
    expect(page.get_by_role("button", name="7 días")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Semana").click()
    expect(page).to_have_url(re.compile(r"\?period=7&group=week$"))
    expect(card(page, "conversations").locator("tbody tr")).not_to_have_count(7)
    page.go_back()
    expect(card(page, "conversations").locator("tbody tr")).to_have_count(7)
    page.reload()
    ready(window)
    expect(page.get_by_role("button", name="7 días")).to_have_attribute("aria-pressed", "true")
    expect(figure(page, "conversations")).to_contain_text("18")


def test_a_period_of_ones_own_and_what_is_wrong_with_it(visit, shop):
    window = visit(shop)
    page = ready(window, PAGE)
    day = (today() - timedelta(days=10)).date()
    page.get_by_role("button", name="Otro").click()
    expect(page.get_by_label("Desde")).to_be_focused()
    page.get_by_label("Desde").fill(str(day))
    page.get_by_label("Hasta").fill(str(day - timedelta(days=1)))
    page.get_by_role("button", name="Ver", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="El primer día va antes que el último.")).to_be_visible()
    expect(page.get_by_label("Desde")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Hasta").fill(str(day))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"\?from={day}&to={day}$"))
    expect(figure(page, "conversations")).to_contain_text("3")

    # A period in which nothing was is no example.
    quiet = (today() - timedelta(days=200)).date()
    page.get_by_label("Desde").fill(str(quiet))
    page.get_by_label("Hasta").fill(str(quiet))
    page.keyboard.press("Enter")
    expect(card(page, "conversations")).to_contain_text("Nadie escribió en estos días.")
    expect(page.get_by_text("Esto es un ejemplo")).to_be_hidden()
    expect(card(page, "conversations").locator("canvas").first).to_be_hidden()
    page.go_back()
    expect(figure(page, "conversations")).to_contain_text("3")

    window.expect_status(400)
    page.get_by_label("Desde").fill("1920-01-01")
    page.keyboard.press("Enter")
    expect(page.locator("#own-error")).not_to_be_empty()
    expect(figure(page, "conversations")).to_contain_text("3")  # what was there stays


def test_every_chart_has_its_table_and_its_file_with_the_keyboard_too(visit, shop):
    window = visit(shop)
    page = ready(window, PAGE)
    page.get_by_role("button", name="28 días").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?period=7$"))
    ready(window)
    part = card(page, "response")
    part.get_by_role("button", name="Ver tabla").focus()
    page.keyboard.press("Enter")
    expect(part.get_by_role("button", name="Ver gráfico")).to_be_focused()
    page.keyboard.press("Tab")
    expect(part.get_by_role("link", name="CSV")).to_be_focused()
    page.keyboard.press("Tab")
    expect(part.get_by_role("region")).to_be_focused()  # the table, which scrolls
    part.get_by_role("button", name="Ver gráfico").press("Enter")

    for name in CHARTS:
        expect(card(page, name)).to_be_visible()
        if card(page, name).locator(".chart-empty").is_visible():
            assert card(page, name).locator(".chart-empty").inner_text().endswith((".", "!")), name
    for name in ("conversations", "response", "messages", "products", "orders"):
        part = card(page, name)
        rows = part.locator("tbody tr")
        assert rows.count() >= 3
        expect(part.get_by_role("table")).to_have_count(1)  # for screen readers, while the chart is shown
        part.get_by_role("button", name="Ver tabla").click()
        expect(part.locator("canvas").first).to_be_hidden()
        expect(part.get_by_role("button", name="Ver gráfico")).to_have_attribute("aria-expanded", "true")
        assert part.get_by_role("region", name=re.compile(".")).bounding_box()["height"] > 100
        part.get_by_role("button", name="Ver gráfico").click()
        expect(part.locator("canvas").first).to_be_visible()
    assert is_painted(page, "conversations")
    with page.expect_download() as loaded:
        card(page, "conversations").get_by_role("link", name="CSV").click()
    text = Path(loaded.value.path()).read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) >= 7
    assert loaded.value.suggested_filename.endswith(".csv")


def test_with_nothing_yet_it_shows_an_example_and_says_so(visit, person):
    window = visit(person, width=360, height=740)
    page = ready(window, PAGE)
    expect(page.get_by_text("Esto es un ejemplo, con números inventados.")).to_be_visible()
    for name in CHARTS:
        expect(card(page, name).get_by_text("Ejemplo", exact=True)).to_be_visible()
    assert is_painted(page, "conversations")
    expect(page.get_by_role("link", name="CSV")).to_have_count(0)
    expect(page.get_by_role("link", name="Bajar PDF")).to_have_count(0)
    page.get_by_role("button", name="90 días").click()
    expect(card(page, "conversations").get_by_text("Ejemplo", exact=True)).to_be_visible()
    page.get_by_role("link", name="Escríbele a tu tienda").click()
    expect(page).to_have_url(re.compile("/user/simulator"))
    # And on the first page, what cost nothing is told as nothing.
    month = window.go("/user/dashboard").get_by_role("region", name="Este mes")
    expect(month.get_by_role("link", name=re.compile("Costo"))).to_have_text(re.compile(r"^Costo\s*nada$"))


def test_nobody_is_kept_out(visit, shop):
    """With the tables open; as it is drawn at first, tests/browser/test_looks.py looks at it."""
    window = visit(shop)
    for width in (1280, 360):
        window.page.set_viewport_size({"width": width, "height": 740})
        page = ready(window, PAGE)
        closed = page.get_by_role("button", name="Ver tabla")
        while closed.count():
            closed.first.click()
        if width == 1280:
            examine_in_both(window, f"{PAGE} {width}")
        else:
            examine(page, f"{PAGE} {width}")


def test_on_a_phone_what_has_no_room_below_is_under_more(visit, shop):
    page = visit(shop, width=360, height=740).go("/user/dashboard")
    bar = page.get_by_role("navigation", name="Principal")
    expect(bar.get_by_role("link")).to_have_count(5)
    bar.get_by_role("button", name="Más").click()
    sheet = page.get_by_role("dialog", name="Más")
    expect(sheet.get_by_role("link")).to_have_text(
        [re.compile(word) for word in ("Tareas", "Analíticas", "Ajustes", "WhatsApp")]
    )
    page.keyboard.press("Escape")
    expect(bar.get_by_role("button", name="Más")).to_be_focused()
    bar.get_by_role("button", name="Más").click()
    sheet.get_by_role("link", name="Analíticas").click()
    expect(page).to_have_url(re.compile(PAGE))
    expect(page.get_by_role("heading", name="Analíticas", level=1)).to_be_visible()


def test_the_first_page_tells_of_the_month_and_leads_here(visit, shop):
    page = visit(shop).go("/user/dashboard")
    month = page.get_by_role("region", name="Este mes")
    expect(month.get_by_role("link", name=re.compile("Te escribieron"))).to_contain_text(re.compile(r"\d"))
    expect(month.get_by_role("link", name=re.compile("Costo"))).to_contain_text("nada")
    month.get_by_role("link", name=re.compile("Costo")).click()
    expect(page).to_have_url(re.compile(r"/user/analytics\?period=month"))
    expect(page.get_by_role("button", name="Este mes")).to_have_attribute("aria-pressed", "true")
