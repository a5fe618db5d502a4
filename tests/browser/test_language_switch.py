"""From one language to another: at the door, in the settings, on every page, and in what customers are told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.leftovers import read, spanish_left
from tests.browser.test_looks import DECIDING
from tests.guards.test_isolation_matrix import ROUTES, OwnPage
from tests.guards.test_isolation_matrix import Page as TenantPage

WIDE, NARROW = 1280, 360
DOOR = ("/login", "/register", "/password-reset", "/nowhere")
FILES = {"user/import/sample"}  # downloads that stand among the pages
PAGES = sorted({path for path, kind in ROUTES.items() if kind in (TenantPage(), OwnPage()) and "<" not in path} - FILES)
LOAD_MS = 90_000  # saved, and loaded anew
ANSWER_MS = 120_000  # a busy machine, four hops and the quiet time of a burst
ENGLISH = {"user": "Username or email", "password": "Password", "enter": "Log in"}
NAMES = {"es": "Español", "en": "English", "pt": "Português"}
# Words that do not fit into what they stand in; none may on a phone, however long a language makes them.
CUT = """[...document.querySelectorAll('.nav-main span, .btn, h1:not(.visually-hidden)')].filter((e) =>
    e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline'
).map((e) => e.textContent)"""
OWN = ("Martillo de uña", "Cita con Carla", "Pagar el arriendo")


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


def settled(page: Page) -> None:
    """Nothing is on its way any more."""
    expect(page.locator("html")).to_be_attached()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def test_a_stranger_switches_at_the_door_and_the_choice_stays(visit):
    window = visit(width=NARROW, height=740, locale="es-CO")
    window.expect_status(404)
    for path in DOOR:
        window.page.context.clear_cookies()
        page = window.go(path)
        expect(page.locator("html")).to_have_attribute("lang", "es")
        for language in ("en", "pt", "es"):
            button = page.get_by_role("button", name=NAMES[language])
            assert button.bounding_box()["height"] >= 44, path
            button.click()
            expect(page.locator("html")).to_have_attribute("lang", language)
            expect(button).to_have_attribute("aria-current", "true")
            assert page.url.endswith(path)
            assert fits(page, NARROW), (path, language)
            assert language == "es" or spanish_left(page, language=language) == [], path
        page.get_by_role("button", name=NAMES["en"]).press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        window.go("/login")
        expect(page.get_by_label(ENGLISH["user"])).to_be_visible()


def test_what_is_typed_wrong_is_told_in_the_language_of_the_page(visit, person):
    window = visit()
    window.expect_status(400)
    page = window.go("/login")
    page.get_by_role("button", name=NAMES["en"]).click()
    page.get_by_label(ENGLISH["user"]).fill(person.username)
    page.get_by_label(ENGLISH["password"]).fill("wrong-password")
    page.get_by_role("button", name=ENGLISH["enter"]).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert spanish_left(page, language="en", own=(person.username,)) == []


def test_who_registers_in_a_language_keeps_it(visit):
    page = visit(locale="en-US").go("/register")
    page.get_by_role("button", name=NAMES["pt"]).click()
    page.locator("[name=username]").fill("loja.da.praia")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[action='/register'] [type=submit]").click()
    page.wait_for_url("**/user/dashboard")
    expect(page.locator("html")).to_have_attribute("lang", "pt")


def test_a_person_switches_in_the_settings(visit, person):
    page = visit(person).go("/user/settings")
    for language, heading in (("en", "Settings"), ("pt", "Ajustes"), ("es", "Ajustes")):
        page.locator("#set-language").select_option(language)
        page.locator(".save-bar [type=submit]").click()
        expect(page.locator("html")).to_have_attribute("lang", language, timeout=LOAD_MS)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(page.locator("#set-language")).to_have_value(language)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_every_page_speaks_one_language_and_fits(visit, person, language):
    window = visit(person, width=WIDE, height=740)
    person.call("PATCH", "/api/user/preferences", {"language": language, "currency": "COP"})
    person.add_product(name="Martillo de uña", price="1250.50", stock=1)
    day = datetime.now(UTC) + timedelta(days=1)
    start, end = day.isoformat(), (day + timedelta(hours=1)).isoformat()
    person.call(
        "POST",
        "/api/user/personal/appointments",
        {"title": "Cita con Carla", "start_datetime": start, "end_datetime": end},
    )
    person.call("POST", "/api/user/personal/tasks", {"title": "Pagar el arriendo", "due_date": "2026-01-02"})
    assert len(PAGES) > 10
    left, wide, cut = {}, [], {}
    for path in PAGES:
        page = window.go(f"/{path}")
        settled(page)
        expect(page.locator("html")).to_have_attribute("lang", language)
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": 740})
            if width == NARROW and f"/{path}" in DECIDING:
                page.reload()
            window.settle()
            if found := spanish_left(page, language=language, own=(*OWN, person.username)):
                left[path, width] = found
            if not fits(page, width):
                wide.append((path, width))
        if found := page.evaluate(CUT):
            cut[path] = found
        page.set_viewport_size({"width": WIDE, "height": 740})
    assert (left, wide, cut) == ({}, [], {})


def test_spanish_is_noticed_on_a_page(visit):
    page = visit(locale="es-CO").go("/login")
    assert "Entra para atender tu negocio." in spanish_left(page, language="en")
    assert "Entra para atender tu negocio." in spanish_left(page, language="pt")
    assert "English" not in read(page), "a name of another language is in that one"


def test_amounts_are_typed_and_shown_as_the_person_writes_them(visit, person):
    window = visit(person)
    for language, name, typed, shown in (
        ("es", "Martillo uno", "2.500,75", "$\xa02.500,75"),
        ("en", "Martillo dos", "2,500.75", "$2,500.75"),
        ("pt", "Martillo tres", "2.500,75", "$\xa02.500,75"),
    ):
        person.call("PATCH", "/api/user/preferences", {"language": language, "currency": "COP"})
        page = window.go("/user/commercial/products")
        page.locator(".head-actions button").last.click()
        page.locator("#product-name").fill(name)
        page.locator("#product-price").fill(typed)
        page.locator("dialog[open] [type=submit]").click()
        price = page.locator("tr[data-product]").filter(has_text=name).locator("td.cell-price[role=cell]")
        expect(price).to_have_text(shown)
        assert {one["name"]: one["price"] for one in person.products()}[name] == "2500.75", language


def test_a_customer_is_answered_in_their_own_language(visit, person):
    """Each a customer of their own, at the same shop, which answers as soon as they have said it."""
    person.call("PATCH", "/api/user/preferences", {"burst_seconds": 0})
    person.add_product(name="Hammer Martillo Martelo", price="25000", stock=7)
    page = visit(person).go("/user/simulator")
    expect(page.get_by_role("button", name="¿Cuánto cuesta Hammer Martillo Martelo?")).to_be_visible()
    answers = page.get_by_role("group", name="Chat del teléfono").locator(".line-theirs:not(.line-typing)")
    for asks, answer, follows, thanked in (
        ("do you have a hammer?", r"we have .*\$25,000", "thank you so much", "You're welcome"),
        ("vocês têm martelo?", r"temos .*\$ 25\.000", "muito obrigado", "De nada"),
        ("¿tienen martillos?", r"tenemos .*\$ 25\.000", "muchas gracias", "Con gusto"),
    ):
        if answers.count():
            page.get_by_role("button", name="Otro cliente nuevo").click()
        expect(answers).to_have_count(0)
        for count, (text, said) in enumerate([(f"@{person.username} {asks}", answer), (follows, thanked)], 1):
            page.get_by_label("Mensaje desde el teléfono").fill(text)
            page.keyboard.press("Enter")
            expect(answers).to_have_count(count, timeout=ANSWER_MS)
            expect(answers.last).to_contain_text(re.compile(said), timeout=ANSWER_MS)
