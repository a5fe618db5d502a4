"""Telling another system what happens: added, tried, verified with the standard library, looked at, sent once more."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from standardwebhooks import Webhook, WebhookVerificationError

from tests.browser.conftest import eventually
from tests.standins.webhook_receiver import WebhookReceiver

# What scrolls within a form.
SCROLLING = """form => [...form.querySelectorAll("div, fieldset, details, ul")]
    .filter((e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight)
    .map((e) => e.className)"""


def test_a_system_is_told_what_happens_and_its_owner_sees_it(visit, person):
    window = visit(person)
    window.expect_status(400)
    with WebhookReceiver() as receiver:
        page = window.go("/user/settings")
        page.get_by_role("link", name="Configurar webhooks").click()
        page.wait_for_url("**/user/webhooks")
        page.get_by_role("button", name="Agregar un webhook").click()

        # What is not public is refused with a sentence, and what was typed stays.
        page.get_by_label("Dirección").fill("https://169.254.169.254/latest/meta-data")
        page.get_by_label("Nombre (opcional)").fill("Contabilidad")
        page.get_by_label("Se agregó un producto").check()
        page.get_by_role("button", name="Guardar").click()
        expect(page.get_by_text("Esa dirección no es pública")).to_be_visible()
        expect(page.get_by_label("Dirección")).to_be_focused()
        page.get_by_label("Dirección").fill(receiver.url)
        page.get_by_role("button", name="Guardar").click()

        # The secret, once.
        box = page.get_by_label("Clave secreta", exact=True).and_(page.locator("input"))
        expect(box).to_have_value(re.compile(r"^whsec_.{40,}$"))
        secret = box.input_value()
        page.get_by_role("button", name="Ya la guardé").click()
        expect(box).to_be_hidden()
        page.reload()
        hook = page.get_by_role("article", name="Contabilidad")
        expect(hook.get_by_text("Activo", exact=True)).to_be_visible()
        assert secret not in page.content()

        hook.get_by_role("button", name="Probar").click()
        expect(hook.get_by_text(re.compile(r"Recibida: contestó 200 en [\d.]+ ms\."))).to_be_visible()
        request = receiver.requests[0]
        assert Webhook(secret).verify(request.body, request.headers)["type"] == "webhook_test"

        # Something happens, and the other system does not take it.
        receiver.behaviour = "fail"
        product = person.add_product(name="Taladro")
        eventually(lambda: len(receiver.requests) >= 2)
        said = Webhook(secret).verify(receiver.requests[1].body, receiver.requests[1].headers)
        assert (said["type"], said["data"]) == ("product_created", {"product": product["id"], "name": "Taladro"})
        hook.get_by_role("button", name="Ver entregas").click()
        rows = hook.get_by_role("listitem").filter(has=page.locator("summary"))
        expect(rows).to_have_count(2)
        row = rows.filter(has_text="Se agregó un producto")
        row.locator("summary").click()
        expect(row.get_by_text("webhook-signature: v1,")).to_be_visible()
        expect(row.get_by_text("se cayó la base").first).to_be_visible()

        # It was put right, and is told once more under the same id.
        receiver.behaviour = "accept"
        row.get_by_role("button", name="Enviar otra vez").click()
        expect(row.get_by_text("entregado", exact=True)).to_be_visible()
        ids = {one.headers["webhook-id"] for one in receiver.requests if b"Taladro" in one.body}
        assert len(ids) == 1

        # A new secret signs beside the old one.
        page.once("dialog", lambda dialog: dialog.accept())
        hook.get_by_role("button", name="Clave nueva").click()
        expect(box).to_have_value(re.compile(r"^whsec_.{40,}$"))
        fresh = box.input_value()
        assert fresh != secret
        before = len(receiver.requests)
        hook.get_by_role("button", name="Probar").click()
        eventually(lambda: len(receiver.requests) > before)
        request = receiver.requests[-1]
        for key in (secret, fresh):
            assert Webhook(key).verify(request.body, request.headers)
        try:
            Webhook(fresh).verify(request.body + b" ", request.headers)
        except WebhookVerificationError:
            pass
        else:
            raise AssertionError("a changed body was taken")

        hook.get_by_role("button", name="Pausar").click()
        expect(hook.get_by_text("Pausado", exact=True)).to_be_visible()
        hook.get_by_role("button", name="Activar").click()
        expect(hook.get_by_text("Activo", exact=True)).to_be_visible()
        page.once("dialog", lambda dialog: dialog.accept())
        hook.get_by_role("button", name="Borrar").click()
        expect(hook).to_have_count(0)


def test_all_events_are_in_sight_in_groups_and_are_chosen_together(visit, person):
    window = visit(person)
    window.expect_status(400)
    page = window.go("/user/webhooks")
    page.get_by_role("button", name="Agregar un webhook").click()
    form = page.locator("form.number-form")
    assert form.evaluate(SCROLLING) == []
    boxes = form.get_by_role("checkbox")
    count = len(person.call("GET", "/api/user/webhooks/events"))
    expect(boxes).to_have_count(count)
    expect(form.get_by_role("status")).to_have_text(f"0 de {count} elegidos")

    # Nothing chosen: said where it is put right.
    page.get_by_label("Dirección").fill("https://example.com/recado")
    form.get_by_role("button", name="Guardar").click()
    expect(page.locator("#hook-events-error")).not_to_be_empty()
    everything = form.get_by_role("button", name="Todos", exact=True)
    expect(everything).to_be_focused()

    orders = form.locator("details").filter(has_text="Pedidos")
    orders.get_by_role("button", name="Todos: Pedidos").press("Enter")
    chosen = orders.get_by_role("checkbox")
    expect(orders.get_by_role("checkbox", checked=True)).to_have_count(chosen.count())
    expect(form.get_by_role("status")).to_have_text(f"{chosen.count()} de {count} elegidos")
    everything.click()
    expect(form.get_by_role("checkbox", checked=True)).to_have_count(count)
    orders.get_by_role("button", name="Ninguno: Pedidos").click()
    expect(orders.get_by_role("checkbox", checked=True)).to_have_count(0)
    everything.click()
    form.get_by_role("button", name="Ninguno", exact=True).click()
    expect(form.get_by_role("checkbox", checked=True)).to_have_count(0)


def test_on_a_phone_the_groups_are_closed_but_what_is_chosen(visit, person):
    body = {"url": "https://example.com/recado", "events": ["order_received"]}
    person.call("POST", "/api/user/webhooks", body)
    page = visit(person, width=360, height=740).go("/user/webhooks")
    page.get_by_role("button", name="Cambiar").click()
    expect(page.locator(".hook-group[open]")).to_have_count(1)
    expect(page.locator(".hook-group[open] summary")).to_have_text(re.compile(r"Pedidos\s*1 de 3"))
    closed = page.locator(".hook-group").filter(has_text="Productos")
    closed.locator("summary").click()
    closed.get_by_label("Se agregó un producto").check()
    expect(closed.locator("summary")).to_contain_text("1 de 3")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_fits_a_small_phone_and_the_keyboard(visit, person):
    window = visit(person, width=360, height=740)
    page = window.go("/user/webhooks")
    page.get_by_role("button", name="Agregar un webhook").press("Enter")
    expect(page.get_by_label("Dirección")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Todos", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Ninguno", exact=True)).to_be_visible()
    expect(page.get_by_label("Llegó un pedido")).to_be_checked()
