"""Connecting a number and a phone, and seeing what is wrong with it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import eventually

CONNECTED = "999888777666555"


def test_a_number_is_connected_and_its_problems_come_with_remedies(visit, person, console):
    window = visit(person)
    window.expect_status(400)
    page = window.go("/user/settings")
    page.get_by_role("link", name="Configurar WhatsApp").click()
    page.wait_for_url("**/user/whatsapp")
    expect(page.get_by_label("Lo que escriben tus clientes")).to_have_value(f"@{person.username}")
    expect(page.get_by_text("no sale nada a ningún teléfono")).to_be_visible()
    page.get_by_role("button", name="Conectar un número").click()
    page.get_by_label("Identificador de la cuenta").fill("Mi tienda")
    page.get_by_role("button", name="Conectar", exact=True).click()
    # All that is wrong at once, with what is expected.
    expect(page.get_by_label("Identificador del número")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Identificador del número")).to_be_focused()
    expect(page.get_by_text("Solo cifras: es el «Identificador de número de teléfono»")).to_be_visible()
    expect(page.get_by_text("Solo cifras: es el «Identificador de la cuenta")).to_be_visible()
    expect(page.get_by_text("Pega la clave secreta de la app")).to_be_visible()
    page.get_by_label("Identificador del número").fill(CONNECTED)
    page.get_by_label("Identificador de la cuenta").fill("")
    page.get_by_label("Clave secreta de la app").fill("una-clave-secreta")
    expect(page.get_by_text("¿La copiaste entera?")).to_be_visible()
    page.get_by_role("button", name="Conectar", exact=True).click()
    expect(page.get_by_text("no sale nada a ningún teléfono")).to_be_hidden()  # this one is real

    number = page.get_by_role("article", name=f"Número {CONNECTED}")
    expect(number.get_by_text("Falta la clave de acceso")).to_be_visible()
    expect(number.get_by_text("Créala en la consola de Meta")).to_be_visible()
    expect(number.get_by_text("los mensajes de tus clientes no llegan aquí")).to_be_visible()
    expect(number.get_by_text("Detenido")).to_be_visible()
    expect(number.get_by_label("Dirección para Meta")).to_have_value(f"{window.url}/api/whatsapp/webhook")
    expect(number.get_by_label("Clave de verificación")).to_have_value(re.compile(r"[\w-]{24,}"))
    assert "una-clave-secreta" not in page.content()

    # What goes wrong meanwhile comes to the open page, with what to do, and rings the bell.
    console.call("tests.browser.rows.block_number", person.username)
    expect(number.get_by_text("WhatsApp bloqueó la cuenta.")).to_be_visible(timeout=120_000)
    expect(number.get_by_text("Después pulsa «Reanudar»")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Avisos"))).to_contain_text("1")
    number.get_by_role("button", name="Reanudar").click()
    expect(number.get_by_text("WhatsApp bloqueó la cuenta.")).to_be_hidden()

    number.get_by_role("button", name="Probar", exact=True).click()
    expect(number.get_by_role("status")).to_contain_text("Vincula primero tu teléfono: el de verdad")
    page.once("dialog", lambda dialog: dialog.accept())
    number.get_by_role("button", name="Desconectar este número").click()
    expect(number).to_be_hidden()
    assert person.call("GET", "/api/user/channels")["results"] == []


def test_a_phone_is_linked_by_sending_the_code_from_it(visit, person):
    window = visit(person, width=360, height=740)
    page = window.go("/user/whatsapp")
    phones = person.call("GET", "/api/user/simulator")["phones"]
    mine = next(phone["phone"] for phone in phones if phone["kind"] == "owner")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("Tu número de WhatsApp").fill("+57 300 123 4567")
    page.get_by_role("button", name="Vincular teléfono").click()
    expect(
        page.get_by_text(f"Esperamos el mensaje de +57 300 123 4567. El teléfono del simulador es otro (+{mine})")
    ).to_be_visible()
    page.get_by_role("button", name="Cancelar").click()
    page.get_by_role("button", name=f"Usar el teléfono del simulador (+{mine})").click()
    expect(page.get_by_text("Envíalo desde «Tu teléfono» en el simulador.")).to_be_visible()
    message = page.get_by_label("Mensaje con el código")
    expect(message).to_have_value(re.compile(r"VINCULAR [A-Z0-9]{8}"))
    expect(page.get_by_text("Esperando tu mensaje… quedan")).to_be_visible()
    person.call("POST", "/api/user/simulator/messages", {"phone": mine, "text": message.input_value()})
    # The page sees it by itself.
    expect(page.get_by_text(f"Listo: +{mine} ya está vinculado.").first).to_be_attached(timeout=90_000)
    expect(page.get_by_role("button", name=f"Desvincular +{mine}")).to_be_visible()
    [link] = person.call("GET", "/api/whatsapp/link-phone")["results"]
    assert link["phone"] == f"+{mine}"
    expect(page.get_by_label("Tu contraseña de Recado")).to_be_visible()  # the next one wants it
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"Desvincular +{mine}").click()
    eventually(lambda: person.call("GET", "/api/whatsapp/link-phone")["results"] == [])


def test_how_the_assistant_answers_is_kept_at_once(visit, person):
    window = visit(person)
    page = window.go("/user/whatsapp")
    page.get_by_label("Los clientes pueden pedir cita").check()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    page.get_by_label("Segundos que espera por si el cliente sigue escribiendo").fill("5")
    page.keyboard.press("Tab")
    eventually(lambda: person.call("GET", "/api/user/preferences")["burst_seconds"] == 5)
    assert person.call("GET", "/api/user/preferences")["customers_may_book"] is True
