"""Bandeja: customers' conversations, read and answered in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person, eventually

PAGE = "/user/inbox"
SCRIPT = "<script>document.title = 'broken'</script>"
LIVE_MS = 60_000


@pytest.fixture
def rows(console, person) -> Any:
    """``rows("make_talk", "Ana")`` calls that function of ``inbox_rows`` for the person in the running system."""

    def call(function: str, *arguments: Any, **options: Any) -> Any:
        return console.call(f"tests.browser.inbox_rows.{function}", person.username, *arguments, **options)

    return call


def write(page: Page, text: str) -> None:
    box = page.get_by_label("Tu respuesta")
    box.fill(text)
    box.press("Enter")


def said(page: Page) -> Any:
    return page.locator(".said[data-message]")


def line(page: Page, name: str) -> Any:
    return page.locator("[data-talk]", has_text=name)


def test_a_reply_goes_out_and_the_word_is_taken_and_handed_back(visit, person, rows):
    talk = rows("make_talk", "Ana", {"content": "¿Hacen envíos?"})
    page = visit(person).go(PAGE)
    expect(line(page, "Ana").locator(".talk-count")).to_contain_text("1 sin leer")
    line(page, "Ana").click()
    expect(page).to_have_url(re.compile(rf"conversation={talk}$"))
    expect(page.locator(".banner strong", has_text="Responde tu asistente")).to_be_visible()
    expect(page.get_by_text("Te quedan 5 h para escribirle gratis")).to_be_visible()
    write(page, "Sí, a todo el país.")
    expect(said(page).last).to_contain_text("Sí, a todo el país.")
    expect(said(page).last.locator(".tick-words")).to_have_text(re.compile("En cola|Envia|Entregado|Leído"))
    expect(page.locator(".banner strong").get_by_text(re.compile(r"Respondes tú hasta las \d\d:\d\d"))).to_be_visible()
    expect(line(page, "Ana").locator(".talk-count")).to_be_hidden()
    page.get_by_role("button", name="Devolver al asistente").click()
    expect(page.locator(".banner strong", has_text="Responde tu asistente")).to_be_visible()
    page.get_by_role("button", name="Responder yo").click()
    page.get_by_role("button", name="Hasta que la devuelva").click()
    expect(page.locator(".banner strong", has_text="Respondes tú hasta que la devuelvas")).to_be_visible()
    assert [row["taken_over"] for row in person.call("GET", "/api/user/inbox")["results"]] == [True]


def test_who_wants_no_messages_is_told_in_the_head_and_in_the_list(visit, person, rows):
    talk = rows("make_talk", "Ana", {"content": "BAJA"})
    rows("opt", talk, out=True)
    window = visit(person)
    page = window.go(f"{PAGE}?conversation={talk}")
    expect(page.locator(".banner strong")).to_have_text("Pidió no recibir mensajes (BAJA)")
    expect(line(page, "Ana")).to_contain_text("No quiere mensajes (BAJA)")
    expect(page.get_by_text("Podrás escribirle cuando vuelva a escribirte")).to_be_visible()
    expect(page.get_by_text("para escribirle gratis")).to_be_hidden()
    expect(page.get_by_role("button", name="Responder yo")).to_be_hidden()
    expect(page.get_by_role("button", name="Ficha")).to_be_visible()
    rows("opt", talk, out=False)
    expect(page.locator(".banner strong")).to_have_text("Responde tu asistente", timeout=LIVE_MS)
    expect(page.get_by_role("button", name="Responder yo")).to_be_visible()
    expect(page.get_by_text("No quiere mensajes (BAJA)")).to_be_hidden()


def test_what_arrives_is_shown_and_said_at_once(visit, person, rows):
    first, second = rows("make_talk", "Ana", unread=0), rows("make_talk", "Berta", unread=0)
    page = visit(person).go(f"{PAGE}?conversation={first}")
    expect(said(page)).to_have_count(1)
    expect(page.locator("[data-talk]").first).to_contain_text("Ana")
    rows("arrive", second, "¿Siguen abiertos?")
    expect(page.locator("[data-talk]").first).to_contain_text("Berta", timeout=LIVE_MS)
    expect(line(page, "Berta").locator(".talk-count")).to_contain_text("1 sin leer")
    expect(page.get_by_role("status").filter(has_text="Berta: ¿Siguen abiertos?")).to_have_count(1)
    expect(page.get_by_role("link", name=re.compile("Bandeja")).locator(".bell-count")).to_contain_text("1 sin leer")
    rows("arrive", first, "Otra cosa")
    expect(said(page).last).to_contain_text("Otra cosa", timeout=LIVE_MS)
    expect(line(page, "Ana").locator(".talk-count")).to_be_hidden()  # it was read as it came


def test_quick_replies_open_with_a_slash_and_are_kept(visit, person, rows):
    rows("make_talk", "Ana")
    window = visit(person)
    page = window.go(PAGE)
    line(page, "Ana").click()
    page.get_by_role("button", name="Rápidas").click()
    page.get_by_label("Título").fill("Horario")
    page.get_by_label("Texto").fill("Abrimos de 9 a 18.")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("button", name=re.compile("^Horario Abrimos"))).to_be_visible()
    page.keyboard.press("Escape")
    box = page.get_by_label("Tu respuesta")
    box.fill("")
    box.press_sequentially("/hor")
    expect(page.get_by_role("option")).to_contain_text("Abrimos de 9 a 18.")
    box.press("Enter")
    expect(box).to_have_value("Abrimos de 9 a 18.")
    expect(said(page)).to_have_count(1)  # nothing went out yet
    box.press("Enter")
    expect(said(page).last).to_contain_text("Abrimos de 9 a 18.")


def test_a_note_looks_different_and_is_not_sent(visit, person, rows):
    talk = rows("make_talk", "Ana")
    page = visit(person).go(f"{PAGE}?conversation={talk}")
    page.get_by_role("button", name="Nota", exact=True).click()
    write(page, "Regatea siempre")
    expect(page.locator(".internal-note")).to_contain_text("Nota interna: solo la ves tú")
    expect(page.locator(".internal-note")).to_contain_text("Regatea siempre")
    expect(page.locator(".banner strong", has_text="Responde tu asistente")).to_be_visible()
    shown = person.call("GET", f"/api/user/inbox/{talk}/messages")["messages"]
    assert [(row["role"], row["delivery"]) for row in shown][-1] == ("note", None)


def test_what_failed_says_why_and_what_to_do(visit, person, rows):
    talk = rows("fill")[0]
    page = visit(person).go(f"{PAGE}?conversation={talk}")
    failed = page.locator(".said-trouble", has_text="WhatsApp no puede entregar mensajes a este número.")
    expect(failed).to_contain_text("escríbele por otro medio")
    failed.get_by_role("button", name="Escribirlo otra vez").click()
    expect(page.get_by_label("Tu respuesta")).to_have_value("Te la dejo en 1.850.000.")
    expect(page.locator(".said-trouble", has_text="Algo falló de nuestro lado al responder.")).to_be_visible()
    expect(line(page, "María José")).to_contain_text("Sin respuesta")


def test_pictures_documents_quotes_and_orders(visit, person, rows):
    talk = rows("fill")[0]
    page = visit(person).go(f"{PAGE}?conversation={talk}")
    picture = page.locator(".said-file img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 160)
    expect(page.locator(".said-quote:visible")).to_contain_text("¿Tienen laptops?")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("lista.pdf")).click()
    assert download.value.suggested_filename == "lista.pdf"
    order = page.locator(".order")
    expect(order).to_contain_text(re.compile(r"2 × Laptop 14\s*\$\s3\.800\.000"))
    expect(order).to_contain_text("no está en el catálogo")
    order.get_by_role("button", name="Rechazar").click()
    expect(order.get_by_text("Rechazado")).to_be_visible()
    expect(order.get_by_role("button", name="Aprobar")).to_be_hidden()


def test_texts_of_strangers_are_texts(visit, person, rows):
    rows("fill")
    page = visit(person).go(PAGE)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for name, text in (("María José", "<img src="), ("Carlos", "<script>")):
        line(page, name).click()
        expect(said(page).filter(has_text=text).first).to_be_visible()
    expect(page.locator("#talk-title")).to_have_text("Carlos <script>document.title = 'broken'</script>")
    page.get_by_role("link", name="Lo que te piden").click()
    expect(page.locator(".wish-question", has_text="<script>")).to_be_visible()
    page.goto(f"{person.url}/user/dashboard")
    expect(page.locator(".dash-name", has_text="<script>")).to_be_visible()
    assert page.title() != "broken"
    assert dialogs == []
    assert page.locator("main script, main img[onerror]").count() == 0


def test_search_and_filters_narrow_the_list(visit, person, rows):
    rows("fill")
    page = visit(person).go(PAGE)
    lines = page.locator("[data-talk]")
    expect(lines).to_have_count(3)
    page.get_by_label("Buscar en la bandeja").fill("maria jo")
    expect(lines).to_have_count(1)
    page.get_by_label("Buscar en la bandeja").fill("cliente FRECUENTE")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("María José")
    page.get_by_label("Buscar en la bandeja").fill("nadie dijo esto")
    expect(page.get_by_text("Ninguna conversación con eso.")).to_be_visible()
    page.get_by_role("button", name="Quitar filtros").click()
    expect(lines).to_have_count(3)
    page.get_by_role("button", name=re.compile("Te necesitan")).click()
    expect(lines).to_have_count(2)
    expect(line(page, "Carlos")).to_contain_text("Te pide a ti")
    page.get_by_role("button", name=re.compile("Te necesitan")).click()
    page.get_by_role("button", name="Puedes escribir").click()
    expect(lines).to_have_count(2)


def test_a_closed_window_says_the_way_out_and_takes_notes_only(visit, person, rows):
    talk = rows("fill")[2]
    page = visit(person).go(f"{PAGE}?conversation={talk}")
    expect(page.locator(".refusal")).to_contain_text("más de 24 horas")
    page.get_by_label("Tu respuesta").fill("Hola")
    expect(page.get_by_role("button", name="Enviar", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Nota", exact=True).click()
    page.get_by_role("button", name="Guardar nota").click()
    expect(page.locator(".internal-note")).to_contain_text("Hola")


@pytest.fixture
def approved(console) -> Any:
    """``approved("pedido_listo")`` lets the shared number have just these templates; afterwards one of its own."""

    def set_to(*names: str) -> None:
        console.call("tests.browser.inbox_rows.approve", *names)

    yield set_to
    set_to("seguimos_en_contacto")


def test_a_template_is_filled_in_seen_and_sent_once_the_window_is_closed(visit, person, rows, approved):
    approved("pedido_listo")
    talk = rows("fill")[2]
    page = visit(person, width=360, height=740).go(f"{PAGE}?conversation={talk}")
    page.get_by_role("button", name="Enviar plantilla").locator("visible=true").click()
    sheet = page.get_by_role("dialog", name="Enviar una plantilla")
    expect(sheet).to_contain_text("WhatsApp lo cobra")
    sheet.get_by_role("button", name=re.compile("pedido listo")).click()
    expect(sheet.get_by_label("Dato 1")).to_be_focused()
    sheet.get_by_label("Dato 1").fill("Ana")
    sheet.get_by_label("Dato 2").fill(SCRIPT)
    expect(sheet.locator(".template-preview")).to_have_text(f"Hola, Ana: pedido_listo {SCRIPT}")
    sheet.get_by_role("button", name="Elegir otra").click()
    expect(sheet.get_by_label("Dato 1")).to_have_count(0)
    sheet.get_by_role("button", name=re.compile("pedido listo")).click()
    sheet.get_by_label("Dato 1").fill("Ana")
    sheet.get_by_label("Dato 2").fill("para hoy")
    sheet.get_by_label("Dato 2").press("Enter")
    expect(sheet).to_be_hidden()
    expect(said(page).last).to_contain_text("Hola, Ana: pedido_listo para hoy")
    expect(said(page).last.locator(".said-template")).to_contain_text(re.compile("Plantilla"))
    expect(page.get_by_role("status").filter(has_text="Plantilla en camino.")).to_have_count(1)
    shown = person.call("GET", f"/api/user/inbox/{talk}/messages")["messages"]
    assert [row["template"] and row["template"]["name"] for row in shown if row["role"] == "owner"] == ["pedido_listo"]


def test_without_templates_it_says_where_they_come_from(visit, person, rows, approved):
    approved()
    talk = rows("fill")[2]
    page = visit(person).go(f"{PAGE}?conversation={talk}")
    page.get_by_role("button", name="Enviar plantilla").locator("visible=true").click()
    sheet = page.get_by_role("dialog", name="Enviar una plantilla")
    expect(sheet).to_contain_text("no tiene plantillas aprobadas")
    expect(sheet.get_by_role("link", name="Ver mi número")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_draft_survives_and_a_lost_line_loses_nothing(visit, person, rows):
    talk, other = rows("make_talk", "Ana"), rows("make_talk", "Berta")
    window = visit(person)
    window.expect_no_line()
    page = window.go(f"{PAGE}?conversation={talk}")
    box = page.get_by_label("Tu respuesta")
    box.fill("Primera línea")
    box.press("Shift+Enter")
    box.press_sequentially("segunda")
    line(page, "Berta").click()
    expect(box).to_have_value("")
    line(page, "Ana").click()
    expect(box).to_have_value("Primera línea\nsegunda")
    page.reload()
    expect(box).to_have_value("Primera línea\nsegunda")
    expect(said(page)).to_have_count(1)
    page.context.set_offline(True)
    box.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="No hay conexión.")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    page.get_by_role("button", name="Reintentar").locator("visible=true").click()
    expect(said(page).last).to_contain_text("segunda")
    sent = person.call("GET", f"/api/user/inbox/{talk}/messages")["messages"]
    assert [row["content"] for row in sent if row["role"] == "owner"] == ["Primera línea\nsegunda"]
    assert person.call("GET", f"/api/user/inbox/{other}/messages")["messages"][-1]["role"] == "user"


def test_on_a_phone_the_list_and_the_talk_take_turns(visit, person, rows):
    rows("make_talk", "Ana", {"content": "Hola desde el teléfono"})
    page = visit(person, width=360, height=740, has_touch=True).go(PAGE)
    expect(page.get_by_role("heading", name="Bandeja")).to_be_visible()
    line(page, "Ana").click()
    expect(said(page).first).to_be_visible()
    expect(page.get_by_label("Buscar en la bandeja")).to_be_hidden()
    page.get_by_role("button", name="Volver a la lista").click()
    expect(page.get_by_label("Buscar en la bandeja")).to_be_visible()
    line(page, "Ana").click()
    expect(said(page).first).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Buscar en la bandeja")).to_be_visible()


def test_the_keyboard_reaches_everything(visit, person, rows):
    rows("make_talk", "Ana")
    rows("make_talk", "Berta")
    page = visit(person).go(PAGE)
    expect(page.locator("[data-talk]")).to_have_count(2)
    page.locator("main").focus()
    page.keyboard.press("j")
    expect(page.locator("#talk-title")).to_have_text("Ana")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#talk-title")).to_have_text("Berta")
    expect(page.get_by_label("Tu respuesta")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#talk-title")).to_have_count(0)
    expect(line(page, "Berta")).to_be_focused()


def test_a_product_and_a_free_time_are_seen_before_they_go_out(visit, person, rows):
    person.add_product(name="Serrucho de carpintero", price="34900")
    talk = rows("make_talk", "Ana")
    page = visit(person).go(f"{PAGE}?conversation={talk}")
    box = page.get_by_label("Tu respuesta")
    page.get_by_role("button", name="Producto", exact=True).click()
    page.get_by_label("Buscar un producto").fill("serrucho")
    page.get_by_role("button", name=re.compile("Serrucho de carpintero")).click()
    expect(box).to_have_value(re.compile(r"\*Serrucho de carpintero\*\s*\$\s34\.900"))
    expect(box).to_be_focused()
    page.get_by_role("button", name="Horario", exact=True).click()
    page.locator("[data-part=slots] .choices button").first.click()
    expect(box).to_have_value(re.compile("Serrucho(.|\n)*Tengo libre el"))
    expect(said(page)).to_have_count(1)  # nothing went out yet
    box.press("Enter")
    expect(said(page).last).to_contain_text(re.compile("Serrucho(.|\n)*Tengo libre el"))


def test_what_is_asked_for_in_vain_is_put_aside_and_brought_back(visit, person, rows):
    rows("fill")
    page = visit(person).go(f"{PAGE}?tab=unanswered")
    wishes = page.locator(".wish")
    expect(wishes).to_have_count(2)
    page.get_by_role("button", name="Quitar «¿Venden bicicletas para niños?» de la lista").click()
    expect(wishes).to_have_count(1)
    page.get_by_role("button", name="Deshacer").click()
    expect(wishes).to_have_count(2)
    wishes.first.get_by_role("link", name="Ver chat").click()
    expect(page.locator("#talk-title")).to_contain_text("María José")


def test_what_is_asked_for_in_vain_becomes_a_product_with_its_words(visit, person, rows):
    rows("fill")
    page = visit(person).go(f"{PAGE}?tab=unanswered")
    page.locator(".wish", has_text="bicicletas").get_by_role("link", name="Agregarlo").click()
    name = page.get_by_role("dialog").get_by_label("Nombre")
    expect(name).to_have_value("Bicicletas para niños")
    expect(name).to_be_focused()
    page.keyboard.type("Bicicleta aro 16")  # what stood there is marked, and goes
    page.get_by_role("dialog").get_by_label("Precio").fill("450000")
    page.get_by_role("dialog").get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("«Bicicleta aro 16» ya está en tu catálogo.")).to_be_visible()
    eventually(lambda: len(person.call("GET", "/api/user/unanswered")["results"]) == 1)
    assert [row["name"] for row in person.products()] == ["Bicicleta aro 16"]


def test_the_one_search_reaches_people_chats_the_agenda_and_tasks(visit, person, rows):
    talk = rows("make_talk", "Zulema Quiroga", {"content": "Hola"})
    person.call("POST", "/api/user/contacts", {"name": "Quirofanos del Sur"})
    body = {"title": "Cita con Quique", "start_datetime": "2127-03-04T15:00"}
    appointment = person.call("POST", "/api/user/personal/appointments", body)
    task = person.call("POST", "/api/user/personal/tasks", {"title": "Quitar el letrero"})
    page = visit(person).go("/user/dashboard")
    page.keyboard.press("Control+k")
    page.keyboard.type("qui")
    found = page.get_by_role("dialog").get_by_role("option")
    for name, href in (
        ("Zulema Quiroga", f"/user/inbox?conversation={talk}"),
        ("Cita con Quique", f"/user/personal/agenda?id={appointment['id']}"),
        ("Quitar el letrero", f"/user/personal/tasks?id={task['id']}"),
    ):
        expect(found.filter(has_text=name).first).to_have_attribute("href", href)
    found.filter(has_text="Quirofanos del Sur").click()
    page.wait_for_url(re.compile(r"person=\d+$"))
    expect(page.get_by_role("dialog").get_by_label("Nombre")).to_have_value("Quirofanos del Sur", timeout=LIVE_MS)


def test_the_dashboard_says_who_waits(visit, person: Person, rows):
    rows("fill")
    page = visit(person).go("/user/dashboard")
    waiting = page.get_by_role("region", name="Te esperan")
    expect(waiting.get_by_role("link", name=re.compile("Carlos"))).to_contain_text("Te pide a ti")
    waiting.get_by_role("link", name=re.compile("María José")).click()
    page.wait_for_url(re.compile(r"conversation=\d+$"))
    expect(page.locator("#talk-title")).to_contain_text("María José", timeout=LIVE_MS)


def test_with_nobody_yet_it_shows_the_way(visit, person):
    page = visit(person).go(PAGE)
    expect(page.get_by_text("Todavía no te escribe nadie")).to_be_visible()
    expect(page.get_by_role("link", name="Escríbele a tu tienda")).to_have_attribute("href", "/user/simulator")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_only_the_messages_scroll_never_the_page(visit, person, rows, width, height):
    said_long_ago = [{"content": f"Pregunta {n}", "role": "user" if n % 2 else "assistant"} for n in range(60)]
    talk = rows("make_talk", "Ana", *said_long_ago)
    page = visit(person, width=width, height=height).go(f"{PAGE}?conversation={talk}")
    expect(said(page).last).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    thread = page.locator('[data-part="thread"]')
    assert thread.evaluate("(one) => one.scrollHeight > one.clientHeight")
