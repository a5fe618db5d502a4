"""Coming in, going out, and a forgotten password."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
import time
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD


def test_somebody_signs_up_and_lands_at_home(visit):
    window = visit(timezone_id="America/Santiago")
    page = window.go("/register")
    page.get_by_label("Usuario", exact=True).fill("panaderia.luz")
    page.get_by_label("Correo (opcional)").fill("luz@example.com")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Crear mi cuenta").click()
    page.wait_for_url("**/user/dashboard")
    expect(page.get_by_role("heading", name="Para empezar")).to_be_visible()
    window.go("/user/settings")
    # The browser's zone decides the currency that the account starts with.
    expect(page.get_by_label("Moneda")).to_have_value("CLP")
    expect(page.get_by_label("Zona horaria")).to_have_value("America/Santiago")


def test_a_taken_name_and_a_weak_password_are_told_beside_their_fields(visit, person):
    window = visit()
    window.expect_status(400)
    page = window.go("/register")
    page.get_by_label("Usuario", exact=True).fill(person.username.upper())
    page.get_by_label("Contraseña").fill("12345")
    page.get_by_role("button", name="Crear mi cuenta").click()
    password = page.get_by_label("Contraseña")
    expect(password).to_have_attribute("aria-invalid", "true")
    password.fill(PASSWORD)
    page.get_by_role("button", name="Crear mi cuenta").click()
    expect(page.get_by_text("Ese usuario ya existe.")).to_be_visible()


def test_a_wrong_password_is_told_without_saying_what_is_wrong(visit, person):
    window = visit()
    window.expect_status(400)
    page = window.go("/login")
    for name in (person.username, "nadie-que-exista"):
        page.get_by_label("Usuario o correo").fill(name)
        page.get_by_label("Contraseña").fill("otra-clave-cualquiera")
        page.get_by_role("button", name="Entrar").click()
        expect(page.get_by_role("alert")).to_have_text("El usuario o la contraseña no coinciden.")


def test_the_door_leads_back_to_the_page_that_was_asked_for(visit, person):
    window = visit()
    page = window.go("/user/commercial/products?search=sierra")
    page.wait_for_url(re.compile(r"/login\?next="))
    page.get_by_label("Usuario o correo").fill(f"{person.username}@example.com")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/products\?search=sierra$"))
    window.expect_status(401)  # the bell may ask again before the page is gone
    page.get_by_role("button", name="Salir").click()
    page.wait_for_url("**/login")
    window.go("/user/dashboard")
    page.wait_for_url(re.compile(r"/login\?next="))


def test_a_forgotten_password_is_replaced_by_a_letter_that_works_once(visit, person, system):
    elsewhere, window = visit(person), visit()
    elsewhere.go("/user/dashboard")
    elsewhere.expect_status(401)  # its bell may ask again before it is looked at
    page = window.go("/password-reset")
    page.get_by_label("Correo").fill(f"{person.username}@example.com")
    page.get_by_role("button", name="Enviar el enlace").click()
    expect(page.get_by_role("heading", name="Revisa tu correo")).to_be_visible()

    link = letter_link(system.data_dir.parent / "mail", to=f"{person.username}@example.com")
    assert link.startswith(system.url)
    page.goto(link)
    page.get_by_label("Contraseña nueva", exact=True).fill("otra-clave-bien-larga-9")
    page.locator("[name=new_password2]").fill("otra-clave-bien-larga-9")
    page.get_by_role("button", name="Guardar contraseña").click()
    expect(page.get_by_role("heading", name="Listo")).to_be_visible()

    elsewhere.go("/user/dashboard").wait_for_url(re.compile(r"/login\?next="))  # the old session ended
    page.goto(link)
    expect(page.get_by_role("heading", name="Este enlace ya no sirve")).to_be_visible()


def test_the_password_is_changed_from_the_settings(visit, person):
    window, elsewhere = visit(person), visit(person)
    window.expect_status(400)
    elsewhere.go("/user/dashboard")
    elsewhere.expect_status(401)  # its bell may ask again before it is looked at
    page = window.go("/user/settings#password")
    page.get_by_label("Contraseña actual").fill("no-es-esta-clave")
    page.get_by_label("Contraseña nueva").fill("otra-clave-bien-larga-9")
    page.get_by_role("button", name="Cambiar contraseña").click()
    expect(page.get_by_text("No es tu contraseña actual.")).to_be_visible()
    page.get_by_label("Contraseña actual").fill(PASSWORD)
    page.get_by_role("button", name="Cambiar contraseña").click()
    expect(page.get_by_text("Listo. Tu contraseña nueva ya vale.")).to_be_visible()
    window.go("/user/dashboard")
    expect(page.get_by_role("navigation", name="Principal")).to_be_visible()
    elsewhere.go("/user/dashboard").wait_for_url(re.compile(r"/login\?next="))


def test_settings_are_kept_and_show_everywhere(visit, person):
    window = visit(person)
    page = window.go("/user/settings")
    page.get_by_label("Nombre").fill("Ferretería «La Tuerca» <b>")
    page.get_by_label("Lo que tu asistente puede contar").fill("Abrimos de 8 a 18.")
    page.get_by_text("Azul", exact=True).locator("xpath=..").click()
    page.get_by_role("button", name="Guardar cambios").click()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    window.go("/user/commercial/products")
    expect(page.get_by_role("link", name="Ferretería «La Tuerca» <b>")).to_be_visible()
    colour = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--tblr-primary').trim()")
    assert colour == "#1d4ed8"


def text_of(letter: email.message.EmailMessage) -> str:
    """The letter as one reads it without HTML."""
    part = letter.get_body(preferencelist=("plain",))
    return str(part.get_content()) if part is not None else ""


def letter_link(folder: Path, *, to: str) -> str:
    """The link in the newest letter to somebody, once the queue has sent it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in sorted(folder.iterdir(), reverse=True):
            letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if letter["To"] == to and (found := re.search(r"https?://\S+/password-reset/\S+", text_of(letter))):
                return found[0]
        time.sleep(0.1)
    raise AssertionError("no letter came")


def test_a_session_that_ended_leads_back_to_the_same_page(visit, person):
    window = visit(person)
    window.expect_status(401)
    window.go("/user/commercial/chat")
    page = window.settle()
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Tu mensaje").fill("No me pierdas")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tu mensaje")).to_have_value("No me pierdas")
    page.get_by_role("button", name="Entrar otra vez").click()
    page.get_by_label("Usuario o correo").fill(person.username)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tu mensaje")).to_have_value("No me pierdas")
