"""One's own account in a real browser: address, password, sessions, second factor, all one's data, giving it up."""

from __future__ import annotations

import email
import email.policy
import io
import json
import re
import time
import zipfile
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, eventually

SETTINGS = "/user/settings"


@pytest.fixture
def mail(system) -> Path:
    return system.data_dir.parent / "mail"


def link(folder: Path, *, to: str, path: str) -> str:
    """The newest link with this path in a letter to somebody, once it has come."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for file in sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True):
            for text in re.split(rb"^-{79}\s*$", file.read_bytes(), flags=re.MULTILINE)[::-1]:
                letter = email.message_from_bytes(text.strip(), policy=email.policy.default)
                part = letter.get_body(("plain",)) if letter["To"] == to else None
                found = re.search(rf"https?://\S+{path}\S*", part.get_content()) if part else None
                if found:
                    return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no letter with {path} came to {to}")


def test_the_banner_goes_when_the_link_in_the_letter_is_opened(visit, person, mail):
    page = visit(person).go("/user/dashboard")
    address = f"{person.username}@example.com"
    note = page.get_by_role("region", name="Falta confirmar tu correo")
    expect(note).to_contain_text(address)
    note.get_by_role("button", name="Enviar otra vez").click()
    expect(page.get_by_text("Listo. Mira tu correo, también el no deseado.")).to_be_visible()
    page.goto(link(mail, to=address, path="/account/email/verify/"))
    expect(page.get_by_role("heading", name="Listo. Tu correo quedó confirmado")).to_be_visible()
    page.get_by_role("link", name="Seguir").click()
    page.wait_for_url("**/user/dashboard")
    expect(note).to_have_count(0)


def test_the_address_is_changed_and_taken_back(visit, person, mail):
    window, old, new = visit(person), f"{person.username}@example.com", f"{person.username}-nueva@example.com"
    window.expect_status(400, 401)  # at the end it is signed out
    window.expect_no_line()
    page = window.page
    page.goto(link(mail, to=old, path="/account/email/verify/"))
    page = window.go(f"{SETTINGS}#email")
    card = page.locator("#email")
    expect(card.get_by_text("confirmado", exact=True)).to_be_visible()
    card.get_by_text("Cambiar el correo").click()
    card.get_by_label("Correo nuevo").fill(new)
    card.get_by_label("Tu contraseña").fill("no-es-esta-clave")
    card.get_by_role("button", name="Enviar el enlace al correo nuevo").click()
    expect(card.get_by_text("No es tu contraseña.")).to_be_visible()
    card.get_by_label("Tu contraseña").fill(PASSWORD)
    card.get_by_role("button", name="Enviar el enlace al correo nuevo").click()
    expect(card.get_by_text(f"Falta que abras el enlace que mandamos a {new}")).to_be_visible()

    stranger = visit()  # the letters are read elsewhere
    other = stranger.page
    other.goto(link(mail, to=new, path="/account/email/confirm/"))
    other.get_by_role("button", name="Usar este correo").click()
    expect(other.get_by_role("heading", name="Listo. Tu correo es otro")).to_be_visible()
    assert person.call("GET", "/api/auth/email")["email"] == new

    other.goto(link(mail, to=old, path="/account/email/take-back/"))
    other.get_by_role("button", name="Recuperar mi cuenta").click()
    other.get_by_label("Contraseña nueva", exact=True).fill("otra-clave-bien-larga-9")
    other.locator("[name=new_password2]").fill("otra-clave-bien-larga-9")
    other.get_by_role("button", name="Guardar contraseña").click()
    expect(other.get_by_role("heading", name="Listo")).to_be_visible()
    window.go(SETTINGS).wait_for_url(re.compile(r"/login\?next="))  # whoever was in is out
    page.get_by_label("Usuario o correo").fill(old)
    page.get_by_label("Contraseña").fill("otra-clave-bien-larga-9")
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/user/settings")
    expect(page.locator("#email").get_by_text(old)).to_be_visible()


def test_a_session_is_closed_from_another_browser(visit, person):
    window, elsewhere = visit(person), visit(person, width=360, height=740)
    elsewhere.go("/user/dashboard")
    elsewhere.expect_status(401)
    elsewhere.expect_no_line()  # its streams end
    page = window.go(f"{SETTINGS}#sessions")
    card = page.locator("#sessions")
    lines = card.get_by_role("listitem")
    expect(lines).to_have_count(3)  # two browsers, and the program that made the account
    expect(card.locator(".badge-ok:visible")).to_have_count(1)
    expect(lines.filter(has_text="Chrome en Linux")).to_have_count(2)
    lines.filter(has_text="Chrome en Linux").get_by_role("button", name="Cerrar").click()
    expect(lines).to_have_count(2)
    elsewhere.go("/user/dashboard").wait_for_url(re.compile(r"/login\?next="))
    card.get_by_role("button", name="Cerrar todas las demás").click()
    expect(lines).to_have_count(1)
    window.go("/user/dashboard")
    expect(page.get_by_role("navigation", name="Principal")).to_be_visible()


def test_a_second_factor_is_turned_on_used_and_renewed(visit, person):
    window = visit(person)
    window.expect_status(400, 401)  # at the end it is signed out, and may ask for something before it is looked at
    window.expect_no_line()  # its streams end
    page = window.go(SETTINGS)
    page.get_by_role("link", name="Encender el segundo factor").click()
    page.get_by_text("No puedo leerlo").click()
    totp = pyotp.TOTP(page.locator(".factor-secret").inner_text().replace(" ", ""))
    page.get_by_label("Código", exact=True).fill(totp.now())
    page.get_by_role("button", name="Encender").click()
    codes = page.get_by_label("Códigos de recuperación").get_by_role("listitem").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="Ya los guardé").click()
    expect(page.get_by_text("Te quedan 10 códigos de recuperación.")).to_be_visible()

    # The password is changed with a code.
    page.get_by_label("Contraseña actual").fill(PASSWORD)
    page.get_by_label("Contraseña nueva").fill("otra-clave-bien-larga-9")
    page.get_by_role("button", name="Cambiar contraseña").click()
    expect(page.get_by_text("Escribe también el código de tu aplicación")).to_be_visible()
    page.locator("#password").get_by_label("Código de tu aplicación").fill(codes[0])
    page.get_by_role("button", name="Cambiar contraseña").click()
    expect(page.get_by_text("Listo. Tu contraseña nueva ya vale.")).to_be_visible()

    other = visit()
    door = other.go("/login")
    door.get_by_label("Usuario o correo").fill(person.username)
    door.get_by_label("Contraseña").fill("otra-clave-bien-larga-9")
    door.get_by_role("button", name="Entrar").click()
    door.wait_for_url("**/login/code")
    door.get_by_label("Código", exact=True).fill(codes[1])
    door.keyboard.press("Enter")
    door.wait_for_url("**/user/dashboard")
    door = other.go(SETTINGS)
    expect(door.get_by_text("Te quedan 8 códigos de recuperación.")).to_be_visible()
    door.get_by_role("link", name="Códigos y segundo factor").click()
    door.get_by_text("Hacer códigos de recuperación nuevos").click()
    door.locator("#id_renew-code").fill(codes[2])
    door.get_by_role("button", name="Hacer códigos nuevos").click()
    expect(door.get_by_role("heading", name="Tus códigos nuevos")).to_be_visible()

    # Without the phone the account can be given up, too, and the page says so.
    fresh = door.get_by_label("Códigos de recuperación").get_by_role("listitem").first.inner_text()
    card = other.go(f"{SETTINGS}#own-data").locator("#own-data")
    card.get_by_text("Quiero borrar mi cuenta").click()
    card.get_by_label("Tu contraseña").fill("otra-clave-bien-larga-9")
    code = card.get_by_label("Código de tu aplicación")
    expect(code).to_have_accessible_description("También vale un código de recuperación.")
    code.fill(fresh)
    card.get_by_role("button", name="Borrar mi cuenta en 30 días").click()
    door.wait_for_url("**/user/dashboard")
    expect(door.get_by_role("region", name="Tu cuenta se está borrando")).to_be_visible()


def test_all_data_are_downloaded(visit, person):
    person.add_product(name="Martillo de bola")
    window = visit(person)
    page = window.go(f"{SETTINGS}#own-data")
    card = page.locator("#own-data")
    card.get_by_role("button", name="Preparar mis datos").click()
    download = card.get_by_role("link", name="Descargar mis datos")
    expect(download).to_be_visible(timeout=120_000)
    with page.expect_download() as taking:
        download.click()
    content = Path(taking.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        products = [json.loads(line) for line in archive.read("catalog.product.jsonl").splitlines()]
        assert [one["name"] for one in products] == ["Martillo de bola"]
        index = json.loads(archive.read("index.json"))
        assert index["account"] == person.username
        assert "Los datos de tu cuenta" in archive.read("LEEME.txt").decode()


def test_the_account_is_given_up_and_kept(visit, person, mail):
    window = visit(person)
    window.expect_status(400, 401, 403)  # at the end it is signed out
    page = window.go(f"{SETTINGS}#own-data")
    card = page.locator("#own-data")
    card.get_by_text("Quiero borrar mi cuenta").click()
    card.get_by_label("Tu contraseña").fill(PASSWORD)
    card.get_by_role("button", name="Borrar mi cuenta en 30 días").click()
    page.wait_for_url("**/user/dashboard")
    note = page.get_by_role("region", name="Tu cuenta se está borrando")
    expect(note).to_be_visible()
    link(mail, to=f"{person.username}@example.com", path="/user/settings#own-data")
    page.get_by_role("button", name="Salir").first.click()
    page.wait_for_url("**/login")

    back = visit(person)  # signing in is the way back
    page = back.go("/user/dashboard")
    note = page.get_by_role("region", name="Tu cuenta se está borrando")
    note.get_by_role("button", name="Recuperar mi cuenta").click()
    expect(note).to_have_count(0)
    eventually(lambda: not page.request.get(f"{back.url}/api/user/deletion").json()["leaving"])
