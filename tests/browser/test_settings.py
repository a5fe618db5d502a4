"""The settings: an index that leads and follows, mistakes beside their fields, nothing promised that is not there."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import eventually

PAGE = "/user/settings"


def test_a_mistake_in_the_hours_stands_beside_its_day(visit, person):
    window = visit(person, width=360, height=740)
    window.expected.add(400)
    page = window.go(PAGE)
    day = page.get_by_role("group", name="Martes")
    day.get_by_role("button", name=re.compile("Agregar un tramo")).click()
    day.get_by_label("Martes, desde").last.fill("10:00")
    day.get_by_label("Martes, desde").last.blur()
    page.get_by_role("button", name="Guardar cambios").click()
    said = day.get_by_text("Martes: los tramos se solapan o no están en orden.")
    expect(said).to_be_in_viewport()
    expect(day.get_by_label("Martes, desde").first).to_have_attribute("aria-invalid", "true")
    other = page.get_by_role("group", name="Lunes").get_by_label("Lunes, desde")
    expect(other).to_have_attribute("aria-invalid", "false")
    assert other.bounding_box()["width"] >= 110  # pixels: «09:00 a. m.»
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_reminders_may_come_by_whatsapp(visit, person):
    page = visit(person).go(PAGE)
    box = page.get_by_role("checkbox", name="WhatsApp")
    expect(box).to_be_enabled()
    box.set_checked(True)
    page.get_by_role("button", name="Guardar cambios").click()
    eventually(lambda: "whatsapp" in person.call("GET", "/api/user/preferences")["reminder_channels"])
    expect(page.get_by_text("pronto", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Ajustes › WhatsApp").click()
    page.wait_for_url("**/user/whatsapp#phone")


def test_the_index_and_the_bar_at_the_side_stay_and_the_index_says_where_one_is(visit, person):
    page = visit(person, width=1280, height=800).go(PAGE)
    index = page.get_by_role("navigation", name="Secciones de Ajustes")
    here = index.locator("[aria-current=location]")
    expect(here).to_have_text("Tu negocio")
    assert index.evaluate("e => e.getBoundingClientRect().height") <= 800
    page.locator("#reminders").scroll_into_view_if_needed()
    page.mouse.move(700, 400)
    page.mouse.wheel(0, 500)
    expect(here).not_to_have_text("Tu negocio")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(here).to_have_text("Avanzado")
    assert page.evaluate("scrollY") > 800
    assert page.locator("header.side").bounding_box()["y"] == 0
    expect(index.get_by_role("link", name="Avanzado")).to_be_in_viewport()

    # With the keyboard: what was chosen is at the top, and one goes on from there.
    index.get_by_role("link", name="Contraseña").press("Enter")
    expect(page).to_have_url(re.compile(r"/user/settings#password$"))
    expect(here).to_have_text("Contraseña")
    heading = page.get_by_role("heading", name="Contraseña")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Contraseña actual")).to_be_focused()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/user/settings$"))


def test_a_link_leads_to_its_section_although_those_above_are_still_filling_up(visit, person):
    window = visit(person, width=1280, height=800)
    page = window.page
    for place, name in (("sessions", "Dónde está abierta"), ("plan", "Plan y consumo"), ("logo", "Tu negocio")):
        page.goto("about:blank")
        window.go(f"{PAGE}#{place}")
        expect(page.locator("#sessions").get_by_role("listitem").first).to_be_attached()
        expect(page.locator("#limits").get_by_role("listitem").first).to_be_attached()
        expect(page.locator(".settings-list [aria-current]")).to_have_text(name)
        expect(page.locator(f"#{place}")).to_be_in_viewport()
        if place != "logo":
            eventually(lambda place=place: 0 <= page.locator(f"#{place}").bounding_box()["y"] < 60)


def test_on_a_phone_the_index_is_a_button_that_says_where_one_is(visit, person):
    page = visit(person, width=360, height=740, has_touch=True).go(PAGE)
    button = page.get_by_role("button", name=re.compile("Ir a otra sección"))
    expect(button).to_have_accessible_name(re.compile("Tu negocio"))
    expect(button).to_have_attribute("aria-expanded", "false")
    links = page.get_by_role("navigation", name="Secciones de Ajustes").get_by_role("link")
    expect(links).to_have_count(0)
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(links).to_have_count(18)
    button.press("Escape")
    expect(links).to_have_count(0)
    expect(button).to_be_focused()
    button.tap()
    link = page.get_by_role("link", name="Correo de tu cuenta")
    assert link.bounding_box()["height"] >= 43.5
    link.tap()
    expect(links).to_have_count(0)
    expect(button).to_have_accessible_name(re.compile("Correo de tu cuenta"))
    heading = page.get_by_role("heading", name="Correo de tu cuenta")
    expect(heading).to_be_focused()
    # Below both bars that stay: the page's and the index.
    top, bar = heading.bounding_box()["y"], button.bounding_box()
    assert bar["y"] + bar["height"] <= top <= 300
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_is_advanced_is_said_once(visit, person):
    page = visit(person).go(PAGE)
    expect(page.locator(".settings").get_by_text("Avanzado", exact=True)).to_have_count(1)
    wait = page.locator("#assistant").get_by_text("Espera antes de responder")
    wait.click()
    page.get_by_label("Segundos que el asistente espera").fill("9")
    page.get_by_role("button", name="Guardar cambios").click()
    eventually(lambda: person.call("GET", "/api/user/preferences")["burst_seconds"] == 9)


# The contrast of a box's border with what lies behind it, as WCAG 2.2 reckons it.
CONTRAST = """box => {
    const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const light = (colours) => {
        for (const one of ["#fff", ...colours]) { paper.fillStyle = one; paper.fillRect(0, 0, 1, 1); }
        const parts = [...paper.getImageData(0, 0, 1, 1).data].slice(0, 3).map((c) => c / 255);
        const linear = parts.map((c) => (c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4));
        return .2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2];
    };
    const behind = [];
    for (let e = box.parentElement; e; e = e.parentElement) behind.unshift(getComputedStyle(e).backgroundColor);
    const both = [light(behind), light([...behind, getComputedStyle(box).borderTopColor])];
    return (Math.max(...both) + .05) / (Math.min(...both) + .05);
}"""


def test_a_box_that_is_not_ticked_can_be_seen(visit, person):
    window = visit(person, color_scheme="light")
    page = window.page

    def is_seen(box: Locator) -> bool:
        """By day, and by night."""
        found = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
            found.append(box.evaluate(CONTRAST) >= 3)
        return all(found)

    window.go("/user/api")
    page.get_by_role("button", name="Hacer una clave").click()
    assert is_seen(page.get_by_role("checkbox", name="Leer todo", exact=True))
    window.go("/user/commercial/products")
    page.get_by_role("button", name="Exportar").click()
    assert is_seen(page.get_by_role("checkbox", name="con existencias"))
    window.go("/user/webhooks")
    page.get_by_role("button", name="Agregar un webhook").click()
    assert is_seen(page.get_by_label("Se agregó un producto"))
    window.go(PAGE)
    assert is_seen(page.get_by_role("checkbox", name="WhatsApp"))
