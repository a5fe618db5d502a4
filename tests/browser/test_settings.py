"""The settings: a mistake in the hours stands beside its day, and nothing is promised that does not exist."""

from __future__ import annotations

import re

from playwright.sync_api import expect

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


def test_the_bar_at_the_side_stays_while_one_reads_on(visit, person):
    page = visit(person, width=1280, height=800).go(PAGE)
    page.get_by_role("heading", name="Ajustes", level=1).wait_for()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function("scrollY > 800")
    assert page.locator("header.side").bounding_box()["y"] == 0


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
