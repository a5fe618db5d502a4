"""The superadmin changes the model that answers everybody, and a tenant sees what was used of the month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person, eventually, make_person
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Answer, Fail, Say

LIST, ADD = "/admin/assistants/llmconfiguration/", "/admin/assistants/llmconfiguration/add/"
SAVE_MS = 90_000  # it waits for a test call, on a busy machine
GOOD, BAD = "sk-right-0123456789abcd", "sk-wrong-0123456789abcd"


def knows_the_key(text: str) -> Any:
    def answer(request: Any) -> Answer:
        return Say(text) if request.headers["authorization"] == f"Bearer {GOOD}" else Fail(401, "authentication_error")

    return answer


@pytest.fixture
def services() -> Iterator[tuple[AnthropicServer, OpenAIServer]]:
    """Two services that know one key."""
    with (
        AnthropicServer(default=knows_the_key("Hola del primero.")) as one,
        OpenAIServer(default=knows_the_key("Hola del segundo.")) as other,
    ):
        yield one, other


def configure(page: Page, *, provider: str, base_url: str = "", key: str = "", model: str = "") -> None:
    page.locator("[name=provider]").select_option(provider)
    page.locator("[name=model]").fill(model)
    page.locator("[name=base_url]").fill(base_url)
    page.locator("[name=new_api_key]").fill(key)
    page.locator("[name=_save]").click()
    page.wait_for_load_state()


def answers(person: Person) -> str:
    """What this tenant's next turn says."""
    sent = person.call("POST", "/api/user/chat/message", {"content": "hola", "assistant_type": "commercial"})
    said: list[str] = []

    def has_come() -> bool:
        found = person.call("GET", f"/api/user/chat/messages/{sent['message_id']}")
        if found["reply"]:
            said.append(found["reply"]["content"])
        return bool(found["reply"])

    eventually(has_come, seconds=120)
    return said[0]


def test_a_model_is_switched_for_everybody_after_a_test_call_and_back_again(visit, system, superadmin, services):
    one, other = services
    shops = [make_person(system), make_person(system)]
    window = visit(superadmin)
    window.page.set_default_timeout(SAVE_MS)
    page = window.go(ADD)
    # a wrong key is refused in words, and nothing changes
    configure(page, provider="anthropic", base_url=one.url, key=BAD, model="first")
    expect(page.get_by_text(re.compile("no acepta la clave: está mal copiada")).first).to_be_visible()
    expect(page.locator("[name=new_api_key]")).to_have_value("")
    assert "primero" not in answers(shops[0])
    # the right one takes effect with the next turn of everybody
    configure(page, provider="anthropic", base_url=one.url, key=GOOD, model="first")
    expect(page.get_by_text(re.compile("responde desde el próximo turno de todos"))).to_be_visible()
    assert GOOD not in page.content()
    assert [answers(shop) for shop in shops] == ["Hola del primero."] * 2
    # another provider
    page = window.go(ADD)
    configure(page, provider="openai", base_url=other.url, key=GOOD, model="second")
    assert [answers(shop) for shop in shops] == ["Hola del segundo."] * 2
    # and back
    page.get_by_role("link", name="Cambiar el modelo").wait_for()
    page.locator("#result_list tbody tr").nth(1).get_by_role("link").first.click()
    page.get_by_role("button", name="Volver a esta versión").click()
    expect(page.get_by_text(re.compile(r"Versión \d+: responde desde el próximo turno"))).to_be_visible()
    assert [answers(shop) for shop in shops] == ["Hola del primero."] * 2
    assert one.requests[-1].body["model"] == "first"
    # what was used stands in the tenant's settings
    settings = visit(shops[0]).go("/user/settings")
    section = settings.locator("#plan")
    expect(section.get_by_text("Tu plan es «Gratis».")).to_be_visible()
    expect(section.get_by_text("3 de 2")).to_be_visible()
    expect(section.get_by_text(re.compile("Responde first desde el"))).to_be_visible()
    expect(section.get_by_role("progressbar")).to_have_count(4)
    page = window.go(ADD)
    configure(page, provider="builtin")
    expect(page.get_by_text(re.compile("responde desde el próximo turno de todos"))).to_be_visible()
    assert "primero" not in answers(shops[1])


def test_the_month_is_readable_at_any_width(visit, person):
    page = visit(person).go("/user/settings")
    section = page.locator("#plan")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        section.scroll_into_view_if_needed()
        expect(section.get_by_text("Respuestas del modelo")).to_be_visible()
        expect(section.get_by_text(re.compile("Este mes termina el"))).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = section.bounding_box()
        assert box is not None
        bar = section.get_by_role("progressbar").first
        assert bar.evaluate("bar => bar.position") == 0, "nothing was used, which is not the same as not knowing"
        assert box["width"] <= width
