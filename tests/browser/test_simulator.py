"""Simulador: a phone beside the inbox, through the signed webhook and back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

PAGE = "/user/simulator"
ANSWER_MS = 120_000  # a busy machine, four hops and the quiet time of a burst


def write(page: Page, text: str) -> None:
    page.get_by_label("Mensaje desde el teléfono").fill(text)
    page.keyboard.press("Enter")


def screen(page: Page):
    return page.get_by_role("group", name="Chat del teléfono")


def inbox(page: Page):
    return page.get_by_role("group", name="Conversación en la bandeja")


def test_a_new_customer_is_answered_and_stands_in_the_inbox(visit, person):
    person.add_product(name="Martillo de uña", price="25000", stock=7)
    page = visit(person).go(PAGE)
    expect(page.get_by_text("Nada de esto sale a WhatsApp")).to_be_visible()
    page.get_by_role("button", name="¿Cuánto cuesta Martillo de uña?").click()
    mine = screen(page).locator(".line-mine")
    expect(mine).to_contain_text(f"@{person.username} ¿Cuánto cuesta Martillo de uña?")
    expect(screen(page).locator(".line-theirs:not(.line-typing)")).to_contain_text(
        re.compile(r"25\.000"), timeout=ANSWER_MS
    )
    expect(mine.locator(".line-tick")).to_have_class(re.compile("line-read"), timeout=ANSWER_MS)
    expect(page.get_by_role("status").filter(has_text="La tienda respondió:")).to_have_count(1)
    expect(inbox(page)).to_contain_text("¿Cuánto cuesta Martillo de uña?", timeout=ANSWER_MS)
    expect(inbox(page).locator(".line-mine")).to_contain_text(re.compile(r"25\.000"), timeout=ANSWER_MS)
    page.reload()
    expect(screen(page)).to_contain_text(re.compile(r"25\.000"))
    page.get_by_role("button", name="Otro cliente nuevo").click()
    expect(screen(page)).not_to_contain_text("25.000")
    expect(inbox(page)).not_to_contain_text("25.000")


def test_the_owners_phone_is_linked_by_its_code_and_gets_the_agenda(visit, person):
    page = visit(person).go(PAGE)
    page.get_by_role("button", name="Tu teléfono").click()
    page.get_by_role("button", name="Vincular este teléfono").click()
    expect(screen(page)).to_contain_text("VINCULAR ", timeout=ANSWER_MS)
    expect(screen(page)).to_contain_text("quedó vinculado", timeout=ANSWER_MS)
    expect(page.get_by_role("button", name="Vincular este teléfono")).to_be_hidden(timeout=ANSWER_MS)
    write(page, "¿qué tengo mañana?")
    answers = screen(page).locator(".line-theirs:not(.line-typing)")
    expect(answers).to_have_count(2, timeout=ANSWER_MS)
    expect(answers.last).to_contain_text(re.compile("No tienes citas"))


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_shows_text_as_text(visit, person, width):
    window = visit(person, width=width, height=740)
    page = window.go(PAGE)
    page.get_by_role("button", name="Cliente que vuelve").click()
    attack = '<img src=x onerror="window.stolen=1"> *negrita* {{ 7*7 }}'
    write(page, attack)
    expect(screen(page).locator(".line-mine")).to_contain_text(
        '<img src=x onerror="window.stolen=1"> negrita {{ 7*7 }}'
    )
    expect(screen(page).locator(".line-mine strong")).to_have_text("negrita")
    assert page.evaluate("window.stolen") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The phone is whole in the window: nothing of it lies under the bar at the foot, and the page does not scroll.
    assert page.evaluate("document.documentElement.scrollHeight") <= 740
    composer = page.locator(".phone-composer").bounding_box()
    bar = page.locator(".nav-main").bounding_box() if width == 360 else None
    assert composer["y"] + composer["height"] <= (bar["y"] if bar else 740)
    if width == 360:
        expect(inbox(page)).to_be_hidden()
        page.get_by_role("button", name="Bandeja", exact=True).click()
        expect(inbox(page)).to_be_visible()
        expect(screen(page)).to_be_hidden()
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main textarea")].filter((one) => one.offsetParent)
            .filter((one) => one.getBoundingClientRect().height < 43.5).map((one) => one.textContent.trim())"""
    )
    assert small == []
