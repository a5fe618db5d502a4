"""Asistente: a question, and the answer as it comes in, with and without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import eventually
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.script import Call, Fail, Say

PAGE = "/user/commercial/chat"
ANSWER_MS = 120_000  # a busy machine, and a worker that has just started


def ask(page: Page, text: str) -> None:
    page.get_by_label("Tu mensaje").fill(text)
    page.keyboard.press("Enter")


def test_the_built_in_assistant_answers_from_the_catalogue(visit, person):
    saw = person.add_product(name="Serrucho de carpintero", price="34900", stock=18, description="Corta madera.")
    person.add_product(name="Pintura blanca", price="52000")
    window = visit(person)
    page = window.go(PAGE)
    expect(page.get_by_text("Responde el asistente incorporado, sin modelo")).to_be_visible()
    ask(page, "¿Cuánto cuesta el serrucho de carpintero?")
    reply = page.locator(".reply:visible")
    expect(reply).to_contain_text(re.compile(r"34\.900"), timeout=ANSWER_MS)
    expect(page.locator(".reply-by")).to_contain_text("Asistente incorporado, sin modelo")
    source = page.locator(".source", has_text="Serrucho de carpintero")
    expect(source).to_contain_text(re.compile(r"34\.900 · 18 disponibles"))
    expect(page.get_by_role("status").filter(has_text="El asistente respondió:")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?c=\d+$"))
    page.reload()
    expect(page.locator(".reply:visible")).to_contain_text(re.compile(r"34\.900"))
    page.locator(".source", has_text="Serrucho de carpintero").click()
    page.wait_for_url(re.compile(rf"products\?id={saw['id']}$"))
    expect(page.get_by_role("dialog").get_by_label("Nombre")).to_have_value("Serrucho de carpintero")


def test_suggestions_are_about_ones_own_products_and_work(visit, person):
    person.add_product(name="Serrucho", price="34900", category="Corte")
    page = visit(person).go(PAGE)
    page.get_by_role("button", name="¿Cuánto cuesta Serrucho?").click()
    expect(page.locator(".mine-text")).to_have_text("¿Cuánto cuesta Serrucho?")
    expect(page.locator(".reply:visible")).to_contain_text(re.compile(r"34\.900"), timeout=ANSWER_MS)


def test_a_draft_survives_a_reload_and_a_lost_line(visit, person):
    window = visit(person)
    window.expect_no_line()
    page = window.go(PAGE)
    box = page.get_by_label("Tu mensaje")
    box.fill("Primera línea")
    box.press("Shift+Enter")
    box.press_sequentially("segunda")
    page.reload()
    expect(box).to_have_value("Primera línea\nsegunda")
    page.context.set_offline(True)
    box.press("Enter")
    expect(page.get_by_role("alert").get_by_text("No hay conexión.")).to_be_visible()
    expect(box).to_have_value("Primera línea\nsegunda")
    page.context.set_offline(False)
    box.press("Enter")
    expect(page.locator(".mine-text")).to_have_text("Primera línea\nsegunda")
    expect(page.locator(".reply-by")).to_be_visible(timeout=ANSWER_MS)
    page.reload()
    expect(box).to_have_value("")


def test_a_conversation_is_deleted_and_brought_back(visit, person):
    sent = person.call("POST", "/api/user/chat/message", {"content": "Hola", "assistant_type": "commercial"})
    other = person.call("POST", "/api/user/chat/message", {"content": "Otra cosa", "assistant_type": "commercial"})
    window = visit(person)
    page = window.go(f"{PAGE}?c={sent['conversation_id']}")
    side = page.get_by_role("complementary", name="Conversaciones")
    line = side.get_by_role("listitem").filter(has_text="Hola")
    expect(line.get_by_role("link")).to_have_attribute("aria-current", "page")
    line.hover()
    line.get_by_role("button", name="Borrar la conversación «Hola»").click()
    expect(line).to_have_count(0)
    page.get_by_role("button", name="Deshacer").click()
    expect(line).to_have_count(1)
    side.get_by_role("button", name="Borrar la conversación «Otra cosa»").click()
    expect(side.get_by_role("listitem")).to_have_count(1)
    window.go("/user/dashboard")  # leaving the page carries the deletion out

    def kept() -> list[int]:
        return [row["id"] for row in person.call("GET", "/api/user/chat/conversations")["results"]]

    eventually(lambda: kept() == [sent["conversation_id"]])
    assert other["conversation_id"] not in kept()


@pytest.fixture
def claude(visit, superadmin) -> Iterator[AnthropicServer]:
    """A stand-in for Anthropic's service that the superadmin has set up in the admin. Undone at the end."""
    window = visit(superadmin)

    def configure(provider: str, base_url: str, key: str) -> None:
        page = window.go("/admin/assistants/llmconfiguration/add/")
        page.locator("[name=provider]").select_option(provider)
        page.locator("[name=base_url]").fill(base_url)
        page.locator("[name=new_api_key]").fill(key)
        page.locator("[name=_save]").click()
        page.wait_for_load_state()

    with AnthropicServer() as server:
        configure("anthropic", server.url, "sk-ant-test-key-1234567890")
        yield server
        configure("builtin", "", "")


def test_claude_answers_word_by_word_once_the_superadmin_says_so(visit, person, claude):
    person.add_product(name="Serrucho de carpintero", price="34900", stock=18)
    claude.script(
        Call("search_products", {"query": "cortar madera", "limit": None}),
        Say("El **Serrucho de carpintero** cuesta $ 34.900. Quedan 18 unidades. ¿Te aparto uno?", piece=6, pause=0.08),
    )
    window = visit(person, reduced_motion="no-preference")  # else it comes at once
    page = window.go(PAGE)
    expect(page.get_by_text("Responde Claude (claude-haiku-5-5)")).to_be_visible()
    page.evaluate(
        """() => {
            window.lengths = [];
            const look = () => {
                const text = document.querySelector(".reply")?.textContent || "";
                if (text.length !== window.lengths.at(-1)) window.lengths.push(text.length);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    ask(page, "¿tienen algo para cortar madera y cuánto cuesta?")
    expect(page.locator(".reply-by")).to_contain_text("Claude (claude-haiku-5-5)", timeout=ANSWER_MS)
    expect(page.locator(".reply strong")).to_have_text("Serrucho de carpintero")
    lengths = page.evaluate("window.lengths")
    assert len(lengths) > 6, lengths  # it grew word by word
    assert lengths == sorted(lengths)
    expect(page.locator(".source", has_text="Serrucho de carpintero")).to_be_visible()
    assert "sk-ant-test" not in page.content()


def test_a_reload_in_the_middle_picks_the_answer_up(visit, person, claude):
    claude.script(Say("Con mucho gusto. Cuéntame qué necesitas. Aquí estoy para ayudarte.", piece=3, pause=0.15))
    page = visit(person).go(PAGE)
    ask(page, "Hola")
    page.wait_for_url(re.compile(r"\?c=\d+$"))
    page.reload()
    expect(page.locator(".reply:visible")).to_contain_text("Aquí estoy para ayudarte.", timeout=ANSWER_MS)
    expect(page.locator(".turn[data-message]")).to_have_count(1)


def test_when_claude_is_out_of_reach_the_built_in_assistant_answers(visit, person, claude):
    person.add_product(name="Serrucho", price="34900")
    claude.script(*[Fail(500) for _ in range(6)])
    page = visit(person).go(PAGE)
    ask(page, "¿Cuánto cuesta el serrucho?")
    expect(page.locator(".reply:visible")).to_contain_text(re.compile(r"34\.900"), timeout=ANSWER_MS)
    expect(page.locator(".reply-by")).to_contain_text("Asistente incorporado, sin modelo")


def test_without_a_stream_the_page_asks_for_the_answer(visit, person):
    person.add_product(name="Serrucho", price="34900")
    window = visit(person)
    window.expect_no_line()
    page = window.go(PAGE)
    page.route("**/stream", lambda route: route.abort())
    ask(page, "¿Cuánto cuesta el serrucho?")
    expect(page.locator(".reply:visible")).to_contain_text(re.compile(r"34\.900"), timeout=ANSWER_MS)


def test_a_failed_turn_can_be_tried_again(visit, person):
    person.add_product(name="Serrucho", price="34900")
    window = visit(person)
    page = window.go(PAGE)

    def fail(route) -> None:
        answer = route.fetch()
        body = answer.json() | {"status": "failed", "reply": None, "error": "Algo falló de nuestro lado al responder."}
        route.fulfill(response=answer, json=body)

    window.expect_no_line()
    window.expect_status(409)
    page.route("**/chat/messages/*", fail)
    page.route("**/stream", lambda route: route.abort())
    ask(page, "¿Cuánto cuesta el serrucho?")
    again = page.get_by_role("button", name="Reintentar")
    expect(again).to_be_visible(timeout=ANSWER_MS)
    page.unroute("**/chat/messages/*")
    page.unroute("**/stream")
    again.click()
    expect(page.locator(".reply:visible")).to_contain_text(re.compile(r"34\.900"), timeout=ANSWER_MS)
