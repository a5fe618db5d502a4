"""Tareas: in words, on the board, in the list, done and not done after all; and the day on the first page."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Person, eventually, make_person

PAGE = "/user/personal/tasks"
API = "/api/user/personal/tasks"


def today(days: int = 0) -> date:
    return datetime.now(ZoneInfo("America/Bogota")).date() + timedelta(days=days)


def add(person: Person, title: str, **fields: Any) -> dict[str, Any]:
    return dict(person.call("POST", API, {"title": title, **fields}))


def statuses(person: Person) -> dict[str, str]:
    return {row["title"]: row["status"] for row in person.call("GET", f"{API}?page_size=200")["results"]}


def line(page: Page, title: str) -> Locator:
    return page.locator(".task:visible").filter(has_text=title)


def test_a_task_is_done_with_a_tick_and_undone_with_a_button(visit, person, system):
    add(make_person(system), "Secreto de otra tienda")
    add(person, "Pagar el arriendo", due_date=str(today(-2)), priority="high")
    add(person, "Pedir cajas", due_date=str(today(1)))
    page = visit(person).go(PAGE)
    expect(page.get_by_text("2 pendientes, 1 vencida")).to_be_visible()
    todo, done = page.locator(".column[data-status=pending]"), page.locator(".column[data-status=completed]")
    expect(todo.locator(".task-title")).to_have_text(["Pagar el arriendo", "Pedir cajas"])
    expect(line(page, "Pagar el arriendo")).to_contain_text("Venció")
    page.get_by_label("Hecha: Pagar el arriendo").click()
    expect(done.locator(".task-title")).to_have_text(["Pagar el arriendo"])
    assert statuses(person)["Pagar el arriendo"] == "completed"
    page.get_by_role("button", name="Deshacer").click()
    expect(todo.locator(".task-title")).to_have_text(["Pagar el arriendo", "Pedir cajas"])
    assert statuses(person)["Pagar el arriendo"] == "pending"


def test_it_moves_over_the_board_by_mouse_and_by_menu(visit, person):
    add(person, "Ordenar la bodega", category="Local")
    add(person, "Llamar a Pedro", category="Ventas")
    page = visit(person).go(PAGE)
    line(page, "Ordenar la bodega").drag_to(page.locator(".column[data-status=in_progress]"))
    expect(page.locator(".column[data-status=in_progress] .task-title")).to_have_text(["Ordenar la bodega"])
    page.get_by_label("Estado de Llamar a Pedro").select_option("Hechas")
    expect(page.locator(".column[data-status=completed] .task-title")).to_have_text(["Llamar a Pedro"])
    assert statuses(person) == {"Ordenar la bodega": "in_progress", "Llamar a Pedro": "completed"}
    page.get_by_label("Categoría", exact=True).first.select_option("Local")
    expect(page.locator(".task-title")).to_have_text(["Ordenar la bodega"])


def test_it_is_written_in_words_and_the_list_begins_with_what_is_overdue(visit, person):
    add(person, "Vieja", due_date=str(today(-1)), priority="low")
    page = visit(person, width=360, height=740).go(PAGE)
    words = page.get_by_label("Escribe la tarea en palabras")
    words.fill("pagar la luz mañana, urgente")
    expect(page.locator(".words-draft")).to_contain_text("vence mañana")
    words.press("Enter")
    expect(page.get_by_text("Listo. «Pagar la luz», vence mañana, aviso 1 hora antes.")).to_be_visible()
    expect(page.locator(".task-group h2")).to_have_text([re.compile("Vencidas"), re.compile("Mañana")])
    [row] = [row for row in person.call("GET", API)["results"] if row["title"] == "Pagar la luz"]
    assert (row["due_date"], row["priority"]) == (str(today(1)), "high")


def test_a_recurring_one_brings_the_next(visit, person):
    page = visit(person).go(f"{PAGE}?new=1")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Título").fill("Hacer el pedido")
    dialog.get_by_label("Vence").fill(str(today()))
    dialog.get_by_label("Se repite").select_option("Cada semana")
    dialog.get_by_role("button", name="Guardar").click()
    expect(line(page, "Hacer el pedido")).to_contain_text("Cada semana")
    page.get_by_label("Hecha: Hacer el pedido").click()
    expect(page.locator(".column[data-status=pending] .task-title")).to_have_text(["Hacer el pedido"])
    rows = person.call("GET", f"{API}?status=pending")["results"]
    assert [row["due_date"] for row in rows] == [str(today(7))]


def test_the_first_page_shows_the_day_and_ticks_it_off(visit, person):
    add(person, "Pagar el arriendo", due_date=str(today(-2)))
    add(person, "Para otro día", due_date=str(today(3)))
    tomorrow = f"{today(1)}T15:30"
    person.call("POST", "/api/user/personal/appointments", {"title": "Reunión con Carla", "start_datetime": tomorrow})
    page = visit(person).go("/user/dashboard")
    expect(page.get_by_role("link", name="Reunión con Carla")).to_contain_text("Mañana, 15:30")
    expect(page.get_by_text("Para otro día")).to_have_count(0)
    page.get_by_label("Hecha: Pagar el arriendo").click()
    expect(page.get_by_text("Al día. Nada vencido ni para hoy.")).to_be_visible()
    eventually(lambda: statuses(person)["Pagar el arriendo"] == "completed")
    page.get_by_role("button", name="Deshacer").click()
    expect(page.get_by_label("Hecha: Pagar el arriendo")).to_be_visible()
