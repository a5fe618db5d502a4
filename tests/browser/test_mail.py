"""Letters: chosen in the settings, tried out, and ended from the letter itself."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import eventually


def letters(folder: Path, *, to: str, subject: str) -> list[email.message.EmailMessage]:
    found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in folder.iterdir()]
    return [letter for letter in found if letter["To"] == to and letter["Subject"] == subject]


def test_letters_are_chosen_and_tried_out_in_the_settings(visit, person, system):
    window = visit(person)
    page = window.go("/user/settings#mail")
    section = page.locator("#mail")
    address = f"{person.username}@example.com"
    expect(section.get_by_text(f"Van a {address}.")).to_be_visible()
    digest = section.get_by_label("Resúmenes de la mañana y de la noche")
    expect(digest).to_be_checked()
    digest.focus()
    page.keyboard.press("Space")
    expect(section.get_by_text("Guardado.")).to_be_visible()
    page.reload()
    expect(section.get_by_label("Resúmenes de la mañana y de la noche")).not_to_be_checked()
    expect(section.get_by_label("Recordatorios de citas y tareas")).to_be_checked()

    section.get_by_role("button", name="Enviarme un correo de prueba").click()
    expect(section.get_by_text(f"Enviado. Mira en {address}")).to_be_visible(timeout=60_000)
    assert len(letters(system.data_dir.parent / "mail", to=address, subject="Tu correo funciona")) == 1
    section.get_by_text("Lo último que te enviamos").first.click()
    expect(section.get_by_text("Tu correo funciona")).to_be_visible()


def test_a_letter_ends_its_kind_by_one_click_and_takes_it_back(visit, person, system, console):
    folder, address = system.data_dir.parent / "mail", f"{person.username}@example.com"
    console.call("tests.browser.rows.send_alert", person.username)
    eventually(lambda: letters(folder, to=address, subject="Tu número está bloqueado"), seconds=60)
    [letter] = letters(folder, to=address, subject="Tu número está bloqueado")
    link = re.fullmatch(r"<(\S+)>", letter["List-Unsubscribe"])[1]
    assert link.startswith(f"{system.url}/mail/unsubscribe/")

    def wanted() -> bool:
        return {one["kind"]: one["wanted"] for one in person.call("GET", "/api/user/mail")["kinds"]}["alert"]

    stranger = visit(width=360, height=740)
    page = stranger.page
    page.goto(link)
    expect(page.get_by_role("heading", name="¿No quieres más correos de este tipo: alertas?")).to_be_visible()
    assert wanted()
    page.get_by_role("button", name="No quiero más").click()
    expect(page.get_by_role("heading", name="Listo: no te llegan más")).to_be_visible()
    assert not wanted()
    page.get_by_role("button", name="Fue sin querer").click()
    expect(page.get_by_role("heading", name="Vuelven a llegarte")).to_be_visible()
    assert wanted()
