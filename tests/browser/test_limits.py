"""The settings' limits: what holds, what is used, and how it looks on a phone."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import expect

PAGE = "/user/settings#limits"


def test_they_stand_in_the_settings_with_what_is_used(visit, person):
    page = visit(person, color_scheme="light").go(PAGE)
    section = page.locator("#limits")
    expect(section.get_by_role("heading", name="Límites")).to_be_visible()
    expect(section.get_by_role("listitem")).to_have_count(4)
    expect(section.get_by_text(re.compile(r"\d+ de 600 por minuto"))).to_be_visible()
    expect(section.get_by_text("0 de 30 por minuto")).to_be_visible()
    expect(section.get_by_text("0 de 600 cada 10 minutos")).to_be_visible()
    bar = section.get_by_role("progressbar", name="Mensajes a tus asistentes")
    expect(bar).to_have_attribute("max", "30")
    again = section.get_by_role("button", name="Ver cómo voy ahora")
    for width, scheme, tall in ((1280, "light", 40), (360, "dark", 44)):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert again.bounding_box()["height"] >= tall
        with page.expect_response("**/api/user/limits"):
            again.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if folder := os.environ.get("LOOK_FOLDER"):
            section.scroll_into_view_if_needed()
            section.screenshot(path=Path(folder) / f"limits-{width}-{scheme}.png")
