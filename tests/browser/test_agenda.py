"""Agenda: booked in words, dragged, crossed, repeated and taken back, with the mouse, the keyboard and a thumb."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Person, eventually, make_person

PAGE = "/user/personal/agenda"
API = "/api/user/personal/appointments"
BOGOTA = ZoneInfo("America/Bogota")


def a_monday() -> date:
    """Next week's Monday, on the clock of the shops here."""
    today = datetime.now(BOGOTA).date()
    return today + timedelta(days=7 - today.weekday())


def book(person: Person, title: str, day: date, clock: str, **fields: Any) -> dict[str, Any]:
    return dict(person.call("POST", API, {"title": title, "start_datetime": f"{day}T{clock}", **fields}))


def agenda(person: Person) -> list[dict[str, Any]]:
    return list(person.call("GET", f"{API}?page_size=200")["results"])


def event(page: Page, title: str) -> Locator:
    return page.locator(".fc-event[data-appointment]").filter(has_text=title)


def drag(page: Page, what: Locator, where: Locator) -> None:
    one, other = what.bounding_box(), where.bounding_box()
    assert one is not None
    assert other is not None
    x, y = one["x"] + one["width"] / 2, one["y"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 10, steps=2)
    page.mouse.move(x, other["y"] + 8, steps=6)
    page.mouse.up()


def test_a_dragged_appointment_that_crosses_another_is_marked_and_comes_back(visit, person, system):
    day = a_monday()
    book(make_person(system), "Secreto de otra tienda", day, "10:00")
    book(person, "Proveedor", day, "10:00", location="Bodega")
    carla = book(person, "Reunión con Carla", day, "13:00")
    page = visit(person).go(f"{PAGE}?view=week&date={day}")
    expect(page.locator(".fc-event[data-appointment]")).to_have_count(2)
    drag(page, event(page, "Reunión con Carla"), event(page, "Proveedor"))
    expect(page.get_by_text("Ojo: se cruza con otra cita.")).to_be_visible()
    expect(page.locator(".fc-event.is-conflict")).to_have_count(2)
    expect(page.get_by_role("button", name="2 citas se cruzan")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Proveedor.*10:00–11:00, Bodega, se cruza"))).to_be_visible()
    assert person.call("GET", f"{API}/{carla['id']}")["start_datetime"][11:13] == "10"
    page.get_by_role("button", name="Deshacer").click()
    expect(page.locator(".fc-event.is-conflict")).to_have_count(0)
    assert person.call("GET", f"{API}/{carla['id']}")["start_datetime"] == carla["start_datetime"]


def test_a_thumb_drags_an_appointment_on_a_phone(visit, person):
    day = a_monday()
    booked = book(person, "Proveedor", day, "08:30")
    page = visit(person, width=360, height=740, has_touch=True, is_mobile=True).go(f"{PAGE}?view=day&date={day}")
    shown = event(page, "Proveedor")
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    assert box is not None
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict[str, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    x, y = box["x"] + 60, box["y"] + 12
    touch("touchStart", {"x": x, "y": y})
    expect(page.locator(".fc-event-dragging")).to_be_visible()  # a long press has taken it up
    for step in range(1, 9):
        touch("touchMove", {"x": x, "y": y + 5 * step})
        page.evaluate("new Promise(requestAnimationFrame)")
    touch("touchEnd")
    expect(page.get_by_text(re.compile(r"Listo\. Proveedor"))).to_be_visible()
    moved = person.call("GET", f"{API}/{booked['id']}")["start_datetime"]
    assert moved[:10] == str(day)
    assert moved[11:16] > "08:30"


def test_it_is_booked_in_words_and_what_is_not_clear_is_asked(visit, person):
    page = visit(person).go(PAGE)
    expect(page.get_by_text("Todavía no tienes citas.")).to_be_visible()
    line = page.get_by_label("Escribe la cita en palabras")
    line.fill("reunión con Carla mañana a las 3 y media en su oficina y avísame una hora antes")
    read = page.locator(".words-draft")
    expect(read).to_contain_text("Reunión con Carla")
    expect(read).to_contain_text("15:30")
    expect(read).to_contain_text("aviso 1 hora antes")
    line.press("Enter")
    expect(page.locator(".booked")).to_contain_text("Listo. Reunión con Carla")
    expect(event(page, "Reunión con Carla")).to_be_visible()
    [kept] = agenda(person)
    assert (kept["start_datetime"][11:], kept["reminder_minutes"]) == ("15:30:00-05:00", [60])
    line.fill("almuerzo con el contador mañana")
    expect(page.locator(".words-question")).to_be_visible()
    line.press("Enter")
    assert len(agenda(person)) == 1
    page.get_by_role("button", name="Más detalles").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Título")).to_have_value(re.compile("Almuerzo"))
    tomorrow = datetime.now(BOGOTA).date() + timedelta(days=1)
    expect(dialog.get_by_label("Día en que empieza")).to_have_value(str(tomorrow))


def is_apart(page: Page, one: Locator, other: Locator) -> bool:
    """Whether ``one`` is in sight, whole, and of ``other`` its hour and title are, below it."""
    a, b = one.bounding_box(), other.bounding_box()
    bar = page.get_by_role("navigation", name="Principal").bounding_box()
    size = page.viewport_size
    if a is None or b is None or bar is None or size is None:
        return False
    floor = bar["y"] if bar["y"] > size["height"] / 2 else size["height"]
    return a["y"] >= 0 and a["y"] + a["height"] <= b["y"] and b["y"] + min(b["height"], 44) <= floor


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_what_was_understood_is_told_whole_beside_the_appointment_and_taken_back(visit, person, width, height):
    page = visit(person, width=width, height=height).go(PAGE)
    line = page.get_by_label("Escribe la cita en palabras")
    line.fill("reunión con Carla mañana de 15:30 a 17:00 en su oficina y avísame una hora antes")
    expect(page.locator(".words-draft")).to_contain_text("15:30–17:00")
    line.press("Enter")
    told = page.get_by_role("status").filter(has=page.locator(".booked"))
    tomorrow = (datetime.now(BOGOTA) + timedelta(days=1)).date()
    for words in (
        *("Listo. Reunión con Carla", f"{tomorrow.day} de ", "15:30–17:00 (1 hora y 30 minutos)"),
        *("Aviso1 hora antes", "LugarSu oficina", "ConCarla"),
    ):
        expect(told).to_contain_text(words, ignore_case=True)
    shown = event(page, "Reunión con Carla")
    expect(shown).to_be_visible()
    eventually(lambda: is_apart(page, page.locator(".booked"), shown))
    told.get_by_role("button", name="Deshacer").click()
    expect(page.locator(".booked")).to_have_count(0)
    expect(shown).to_have_count(0)
    assert agenda(person) == []


def test_the_reading_that_was_not_chosen_stays_at_hand(visit, person):
    page = visit(person).go(PAGE)
    line = page.get_by_label("Escribe la cita en palabras")
    line.fill("dentista el 3/4 a las 10:00")
    read = page.locator(".words-read")
    expect(read).to_contain_text("También podía ser:")
    other = read.get_by_role("button", name=re.compile("marzo")).inner_text()
    expect(page.locator(".words-draft")).to_contain_text("abril")
    line.press("Enter")
    told = page.locator(".booked")
    expect(told).to_contain_text("También podía ser:")
    [first] = agenda(person)
    assert first["start_datetime"][5:10] == "04-03"
    told.get_by_role("button", name=other).click()
    expect(told.get_by_role("button", name=re.compile("abril"))).to_be_visible()
    [moved] = agenda(person)
    assert (moved["id"], moved["title"]) == (first["id"], "Dentista")
    assert moved["start_datetime"][5:10] == "03-04"
    expect(event(page, "Dentista")).to_be_visible()


def test_of_a_series_one_changes_this_one_or_also_the_following(visit, person):
    day = a_monday()
    book(person, "Clase de inglés", day, "11:00", rrule="FREQ=DAILY;COUNT=5")
    page = visit(person).go(f"{PAGE}?view=week&date={day}")
    expect(event(page, "Clase de inglés")).to_have_count(5)
    event(page, "Clase de inglés").nth(2).click()
    dialog = page.locator("#appointment")
    dialog.get_by_label("Título").fill("Clase de portugués")
    dialog.get_by_role("button", name="Guardar").click()
    page.get_by_role("button", name="Esta y las siguientes").click()
    expect(event(page, "Clase de portugués")).to_have_count(3)
    event(page, "Clase de inglés").first.click()
    dialog.get_by_label("Lugar").fill("Biblioteca")
    dialog.get_by_role("button", name="Guardar").click()
    page.get_by_role("button", name="Solo esta").click()
    expect(page.locator(".event-place")).to_have_count(1)
    rows = agenda(person)
    assert [row["title"].split()[-1] for row in rows] == ["inglés"] * 2 + ["portugués"] * 3
    assert [row["location"] for row in rows] == ["Biblioteca", "", "", "", ""]


def test_everything_by_keyboard_alone(visit, person):
    person.call("POST", "/api/user/contacts", {"name": "Carla Suárez", "email": "carla@example.com"})
    window = visit(person)
    window.go(f"{PAGE}?view=list")
    page = window.settle()
    page.keyboard.press("n")
    dialog = page.locator("#appointment")
    expect(dialog.get_by_label("Título")).to_be_focused()
    page.keyboard.type("Dentista")
    start = a_monday()
    dialog.get_by_label("Día en que empieza").fill(str(start))
    dialog.get_by_label("Hora en que empieza").fill("09:15")
    expect(dialog.get_by_label("Hora en que termina")).to_have_value("10:15")
    dialog.get_by_label("Con quién").focus()
    expect(dialog.locator("#appointment-contacts option")).to_have_count(1)
    page.keyboard.type("Carla Suárez")
    expect(dialog.get_by_role("button", name="Quitar Carla Suárez")).to_be_visible()
    dialog.get_by_label("Título").focus()
    page.keyboard.press("Enter")
    expect(event(page, "Dentista")).to_be_visible()
    [kept] = agenda(person)
    assert [one["email"] for one in kept["attendees"]] == ["carla@example.com"]
    page.get_by_role("button", name=re.compile("^Dentista")).focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Título")).to_be_focused()
    dialog.get_by_role("button", name="Cancelar con motivo").press("Enter")
    expect(dialog.locator("[x-ref=reason]")).to_be_focused()
    page.keyboard.type("Se enfermó")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelaste «Dentista».")).to_be_visible()
    expect(event(page, "Dentista")).to_have_count(0)
    [kept] = agenda(person)
    assert (kept["status"], kept["cancel_reason"]) == ("cancelled", "Se enfermó")
    page.get_by_role("button", name="Deshacer").press("Enter")
    expect(event(page, "Dentista")).to_be_visible()


def test_a_free_hour_is_found_and_errors_stand_beside_their_fields(visit, person):
    day = a_monday()
    book(person, "Toda la mañana", day, "09:00", end_datetime=f"{day}T13:00")
    page = visit(person, width=360, height=740).go(f"{PAGE}?date={day}")
    expect(page.get_by_role("button", name="Día", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Nueva").click()
    dialog = page.locator("#appointment")
    dialog.get_by_label("Día en que empieza").fill(str(day))
    dialog.get_by_label("Hora en que empieza").fill("10:00")
    expect(dialog.get_by_text("Se cruza con «Toda la mañana» (09:00–13:00).")).to_be_visible()
    dialog.get_by_role("button", name="Guardar").click()
    expect(dialog.get_by_text("Ponle un título.")).to_be_visible()
    dialog.get_by_label("Título").fill("Banco")
    dialog.get_by_role("button", name="Buscar hora libre").click()
    dialog.get_by_role("group", name="Horas libres").get_by_role("button").first.click()
    expect(dialog.get_by_label("Hora en que empieza")).to_have_value("13:00")
    dialog.get_by_role("button", name="Guardar").click()
    eventually(lambda: [row["conflicts"] for row in agenda(person)] == [[], []])


def test_a_calendar_file_comes_in_and_can_be_sent_back(visit, person, tmp_path):
    day = a_monday()
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//ES", "BEGIN:VEVENT", "UID:uno@x"]
    lines += [f"DTSTAMP:{day:%Y%m%d}T000000Z", f"DTSTART:{day:%Y%m%d}T150000Z", f"DTEND:{day:%Y%m%d}T160000Z"]
    lines += ["SUMMARY:Del otro programa", "END:VEVENT"]
    file = tmp_path / "otra.ics"
    file.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]))
    page = visit(person).go(f"{PAGE}?view=week&date={day}")
    page.get_by_role("button", name="Más opciones").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(event(page, "Del otro programa")).to_contain_text("10:00")
    page.get_by_role("button", name="Deshacer").click()
    expect(event(page, "Del otro programa")).to_have_count(0)
    page.get_by_role("button", name="Más opciones").click()
    page.get_by_role("button", name="Crear una dirección").click()
    expect(page.get_by_label("Dirección privada")).to_have_value(re.compile(r"/calendar/.+\.ics$"))


def test_ones_time_is_kept_in_the_settings(visit, person):
    page = visit(person).go("/user/settings")
    monday = page.get_by_role("group", name="Lunes")
    monday.get_by_label("Lunes, hasta").fill("13:00")
    monday.get_by_role("button", name="Agregar un tramo al lunes").click()
    monday.get_by_label("Lunes, desde").nth(1).fill("15:00")
    monday.get_by_label("Lunes, hasta").nth(1).fill("19:00")
    page.get_by_role("group", name="Sábado").get_by_label("Sábado", exact=True).uncheck()
    page.get_by_label("Una cita dura").select_option("45")
    page.get_by_role("button", name="Probar antes: Correo").click()
    page.get_by_label("Horas de silencio").check()
    page.get_by_label("Resumen de la mañana", exact=True).check()
    page.get_by_role("button", name="Guardar cambios").click()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    kept = person.call("GET", "/api/user/preferences")
    assert kept["working_hours"]["mon"] == [["09:00", "13:00"], ["15:00", "19:00"]]
    assert "sat" not in kept["working_hours"]
    assert (kept["default_minutes"], kept["reminder_channels"]) == (45, ["email", "web"])
    assert (kept["quiet_hours"], kept["morning_digest_at"]) == ({"start": "21:00", "end": "07:00"}, "07:30")
    page.get_by_label("Zona horaria").select_option("America/Lima")
    expect(page.get_by_text("Tus citas y avisos no se mueven")).to_be_visible()


def test_the_personal_assistant_books_and_a_button_takes_it_back(visit, person):
    window = visit(person)
    page = window.go("/user/commercial/chat")
    page.get_by_role("navigation", name="Asistentes").get_by_role("link", name="Personal").click()
    page.get_by_role("button", name="Agenda una llamada con mi proveedor").click()
    expect(page.locator(".reply:visible")).to_contain_text("10:00", timeout=120_000)
    assert [row["start_datetime"][11:16] for row in agenda(person)] == ["10:00"]
    page.get_by_role("button", name="Deshacer").click()
    expect(page.locator(".reply-undone:visible")).to_have_text("Deshecho.")
    assert agenda(person) == []
    window.go("/user/commercial/chat")
    expect(page.get_by_text("Tus conversaciones quedan aquí.").first).to_be_visible()


def test_the_bell_rings_on_an_open_page(visit, person, console):
    dashboard = visit(person)
    with dashboard.page.expect_response("**/api/user/notifications/stream"):  # what comes from now on is shown
        page = dashboard.go("/user/dashboard")
    soon = datetime.now(BOGOTA) + timedelta(hours=2)
    body = {"title": "Llamar al banco", "start_datetime": soon.isoformat(), "reminder_minutes": [15]}
    person.call("POST", API, body)
    console.call("tests.browser.rows.send_reminders", person.username)
    expect(page.locator(".toast-line")).to_contain_text("Llamar al banco", timeout=120_000)
    page.get_by_role("button", name="Avisos: 1 sin leer").click()
    page.get_by_role("link", name="Llamar al banco").click()
    page.wait_for_url(re.compile("/user/personal/agenda"))
    expect(page.locator("#appointment").get_by_label("Título")).to_have_value("Llamar al banco")
    expect(page.get_by_role("button", name="Avisos: 1 sin leer")).to_have_count(0)
