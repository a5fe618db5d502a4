"""Text is text: whatever a product, a question or an answer holds, nothing of it runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

ATTACK = '<script>window.stolen=1</script><img src=x onerror="window.stolen=1">{{ 7*7 }}"><svg onload=window.stolen=1>'


def test_markup_in_products_and_questions_is_shown_and_never_run(visit, person):
    product = person.add_product(
        name=f"Clavo {ATTACK}", description=ATTACK, category=f"A {ATTACK}"[:100], sku="<b>1</b>"
    )
    person.call("PATCH", "/api/user/preferences", {"business_name": f"Tienda {ATTACK}"[:120], "business_facts": ATTACK})
    window = visit(person)

    page = window.go("/user/commercial/products")
    expect(page.locator(".name-button")).to_have_text(f"Clavo {ATTACK}")
    window.go(f"/user/commercial/products?id={product['id']}")
    expect(page.get_by_role("dialog").get_by_label("Descripción")).to_have_value(ATTACK)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("clavo")
    expect(page.get_by_role("option", name="Clavo")).to_be_visible()
    assert page.evaluate("window.stolen") is None

    window.go("/user/commercial/chat")
    page.get_by_label("Tu mensaje").fill(f"{ATTACK} [gratis](javascript:alert(1)) ¿cuánto cuesta el clavo?")
    page.keyboard.press("Enter")
    expect(page.locator(".mine-text")).to_contain_text(ATTACK)
    expect(page.locator(".reply-by")).to_be_visible(timeout=120_000)
    page.reload()
    expect(page.locator(".mine-text")).to_contain_text(ATTACK)
    assert page.evaluate("window.stolen") is None
    assert page.locator("a[href^='javascript']").count() == 0

    start = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}T15:00Z"  # ten in Bogotá: within one day
    appointment = {"title": ATTACK, "start_datetime": start, "location": ATTACK, "attendees": [ATTACK]}
    booked = person.call("POST", "/api/user/personal/appointments", appointment)
    person.call("POST", "/api/user/personal/tasks", {"title": ATTACK, "category": "<b>1</b>", "due_date": "2020-01-01"})
    window.go(f"/user/personal/agenda?view=list&id={booked['id']}")
    expect(page.locator("#appointment").get_by_label("Título")).to_have_value(ATTACK)
    expect(page.locator(".event-title")).to_have_text(ATTACK)
    window.go("/user/personal/tasks")
    expect(page.locator(".task-title")).to_have_text(ATTACK)
    for path in ("/user/dashboard", "/user/settings"):
        window.go(path)
        window.settle()
        assert page.evaluate("window.stolen") is None


def test_the_renderer_makes_only_safe_links_and_no_elements_of_its_own(visit, person):
    window = visit(person)
    page = window.go("/user/commercial/chat")
    html = page.evaluate(
        """async (text) => {
            const chat = [...document.scripts].find((script) => script.src.includes("pages/chat")).src;
            const source = await (await fetch(chat)).text();
            const name = source.match(/from "(\\.\\.\\/markdown[^"]*)"/)[1];
            const { render } = await import(new URL(name, chat));
            const box = document.createElement("div");
            box.append(render(text));
            return box.innerHTML;
        }""",
        "**Sierra** <img src=x onerror=alert(1)>\n- [ver](/user/commercial/products?id=1)\n"
        "- [mal](javascript:alert(1))\n"
        "- [peor](//evil.example/x)\n- [afuera](https://example.com/a)\n\nMODELO_DE_SKU_1 y *énfasis*",
    )
    assert "<strong>Sierra</strong> &lt;img src=x onerror=alert(1)&gt;" in html
    assert '<a href="/user/commercial/products?id=1">ver</a>' in html
    assert "[mal](javascript:alert(1))" in html
    assert "[peor](//evil.example/x)" in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert "MODELO_DE_SKU_1 y <em>énfasis</em>" in html


def test_every_page_carries_a_strict_policy(visit, person):
    window = visit(person)
    shop = ("/user/dashboard", "/user/commercial/products", "/user/commercial/chat", "/user/personal/agenda")
    for path in ("/login", *shop, "/no-such-page"):
        window.expect_status(404)
        answer = window.page.request.get(window.url + path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
