"""The superadmin's control of accounts, in a browser: the second factor, looking at a tenant's pages, suspending."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from config.trial import Trial
from tests.browser.conftest import PASSWORD, Person, Visit, call, make_person


def sign_in(page: Page, person: Person, password: str = PASSWORD) -> None:
    page.get_by_label("Usuario o correo").fill(person.username)
    page.get_by_label("Contraseña").fill(password)
    page.get_by_role("button", name="Entrar").click()


def id_of(person: Person) -> int:
    return int(person.call("GET", "/api/auth/me")["id"])


def test_the_second_factor_from_setting_it_up_to_a_recovery_code(visit: Callable[..., Visit], system: Trial):
    person = make_person(system)
    window = visit(person, width=390, height=844)
    page = window.page
    window.go("/user/settings")
    page.get_by_role("link", name="Encender el segundo factor").click()
    picture = page.get_by_alt_text("Código QR")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100  # the policy lets it be shown
    page.get_by_text("No puedo leerlo").click()
    secret = page.locator(".factor-secret").inner_text().replace(" ", "")
    window.expect_status(400)
    page.get_by_label("Código").fill("000000" if pyotp.TOTP(secret).now() != "000000" else "111111")
    page.get_by_role("button", name="Encender").click()
    expect(page.get_by_text("El código no es el de ahora")).to_be_visible()
    page.get_by_label("Código").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Encender").click()
    codes = page.get_by_role("list", name="Códigos de recuperación").get_by_role("listitem").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="Ya los guardé").click()
    expect(page.get_by_text("El segundo factor está encendido")).to_be_visible()
    window.expect_status(401)  # the bell may ask again before the page is gone
    page.get_by_role("button", name="Salir").last.click()

    page.wait_for_url("**/login")
    sign_in(page, person)
    page.wait_for_url("**/login/code")
    assert page.locator("input[type=password]").count() == 0
    page.get_by_label("Código").fill(codes[0].upper())
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/user/dashboard")
    window.go("/account/second-factor")
    expect(page.get_by_text("Te quedan 9 códigos de recuperación.")).to_be_visible()


def test_looking_at_a_tenants_pages_and_changing_nothing(
    visit: Callable[..., Visit], system: Trial, superadmin: Person
):
    person = make_person(system)
    person.add_product(name="Martillo de prueba")
    window = visit(superadmin)
    page = window.page
    window.go(f"/admin/tenants/user/{id_of(person)}/change/")
    page.get_by_role("link", name="Ver como").click()
    page.get_by_label("Motivo").fill("Caso 12")
    page.get_by_role("button", name="Ver la cuenta").click()
    page.wait_for_url("**/user/dashboard")
    banner = page.get_by_role("complementary", name="Solo lectura")
    said = rf"Estás viendo la cuenta de {person.username}, solo lectura, hasta \d\d:\d\d"
    expect(banner).to_contain_text(re.compile(said))
    window.go("/user/commercial/products")
    expect(page.get_by_text("Martillo de prueba").first).to_be_visible()
    expect(banner).to_be_visible()
    window.go("/user/settings")
    window.expect_status(403)
    page.get_by_label("Nombre", exact=True).fill("Otro nombre")
    page.get_by_role("button", name="Guardar cambios").click()
    expect(page.get_by_role("alert").filter(has_text="solo lectura")).to_be_visible()
    assert person.call("GET", "/api/user/preferences")["business_name"] == ""
    page.on("dialog", lambda dialog: dialog.accept())
    banner.get_by_role("button", name="Dejar de ver").click()
    page.wait_for_url("**/admin/tenants/user/**")
    window.go("/user/dashboard")
    page.wait_for_url("**/admin/dashboard")
    told = person.call("GET", "/api/user/events?page_size=50")
    assert "account_viewed" in json.dumps(told)


def test_suspension_ends_an_open_stream_a_token_and_a_page(
    visit: Callable[..., Visit], system: Trial, superadmin: Person
):
    person = make_person(system)
    theirs, mine = visit(person), visit(superadmin)
    theirs.go("/user/dashboard")
    theirs.expect_status(401)  # its bell may ask again before it is looked at
    theirs.expect_no_line()  # its stream ends
    request = urllib.request.Request(
        f"{system.url}/api/user/inbox/stream",
        headers={"Authorization": f"Bearer {person.token}", "Accept": "text/event-stream"},
    )
    ended = threading.Event()
    stream = urllib.request.urlopen(request, timeout=60)
    assert stream.readline().startswith(b"retry")

    def read() -> None:
        while stream.readline():
            pass
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    mine.go(f"/admin/tenants/user/{id_of(person)}/change/")
    mine.page.get_by_role("link", name="Suspender").click()
    mine.page.get_by_label("Motivo").fill("No pagó")
    mine.page.get_by_role("button", name="Suspender").click()
    assert ended.wait(60), "the stream goes on"  # by itself it would, for ten minutes
    expect(mine.page.get_by_text("Hecho, con 1 cuenta.")).to_be_visible()

    theirs.go("/user/settings")
    theirs.page.wait_for_url("**/login?next=/user/settings")
    for path, token in (("/api/auth/me", person.token), ("/api/user/products", person.token)):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            call(system.url + path, token=token)
        assert refusal.value.code == 401
    theirs.expect_status(400)
    sign_in(theirs.page, person)
    expect(theirs.page.get_by_text("Tu cuenta está suspendida")).to_be_visible()

    mine.page.get_by_role("link", name="Reactivar").click()
    mine.page.get_by_label("Motivo").fill("Pagó")
    mine.page.get_by_role("button", name="Reactivar").click()
    expect(mine.page.get_by_text("Hecho, con 1 cuenta.")).to_be_visible()
    body = {"username": person.username, "password": PASSWORD}
    assert call(f"{system.url}/api/auth/login", method="POST", body=body)["access"]
