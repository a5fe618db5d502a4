"""The settings: a mistake in the hours stands beside its day, and nothing is promised that does not exist."""

from __future__ import annotations

import re

from playwright.sync_api import expect

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


def test_a_channel_that_does_not_exist_yet_cannot_be_chosen(visit, person):
    page = visit(person).go(PAGE)
    expect(page.get_by_role("checkbox", name=re.compile("WhatsApp"))).to_be_disabled()
    expect(page.get_by_text("pronto", exact=True).locator("visible=true")).to_have_count(1)
