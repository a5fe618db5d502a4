"""What a sentence says of an appointment or a task to be made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agenda.drafts import Draft, read_draft
from agenda.models import Appointment, Task
from tenants.models import User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, 19, 40, tzinfo=UTC)  # Sunday, 14:40 in Bogotá
BOGOTA = ZoneInfo("America/Bogota")


def at(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BOGOTA)


@pytest.fixture
def draft(alice: User) -> Any:
    def read(text: str, kind: str = "appointment", language: str | None = None) -> Draft:
        with tenant_scope(alice):
            return read_draft(text=text, kind=kind, now=NOW, user=alice, language=language)

    return read


@pytest.mark.parametrize(
    ("text", "title", "start", "more"),
    [
        (
            "agéndame una reunión con Carla el próximo jueves a las 3 y media en su oficina y avísame una hora antes",
            "Reunión con Carla",
            at(26, 15, 30),
            {"location": "su oficina", "attendees": ["Carla"], "reminder_minutes": [60]},
        ),
        ("dentista el jueves a las 4", "Dentista", at(26, 16), {}),
        (
            "almuerzo con Pedro y Ana el sábado a la 1 en El Corral",
            "Almuerzo con Pedro y Ana",
            at(28, 13),
            {"location": "El Corral", "attendees": ["Pedro", "Ana"]},
        ),
        (
            "reunión de una hora con Juan el martes a las 10",
            "Reunión con Juan",
            at(24, 10),
            {"end_datetime": at(24, 11)},
        ),
        ("llamada con Luis mañana de 4 a 6", "Llamada con Luis", at(23, 16), {"end_datetime": at(23, 18)}),
        (
            "clase de inglés todos los martes a las 7 de la noche",
            "Clase de inglés",
            at(24, 19),
            {"rrule": "FREQ=WEEKLY;BYDAY=TU"},
        ),
        (
            "cumpleaños de Sofía el 5 de diciembre todo el día",
            "Cumpleaños de Sofía",
            at(5, month=12),
            {"all_day": True},
        ),
        ("schedule a meeting with Carla next Thursday at 3:30 pm", "Meeting with Carla", at(26, 15, 30), {}),
        (
            "agende uma reunião com a Carla na quinta às 15h30",
            "Reunião com a Carla",
            at(26, 15, 30),
            {"attendees": ["Carla"]},
        ),
        (
            "agende uma reunião com a Ana na quinta às 15h30 no escritório dela e me avisa uma hora antes",
            "Reunião com a Ana",
            at(26, 15, 30),
            {"location": "escritório dela", "attendees": ["Ana"], "reminder_minutes": [60]},
        ),
        ("agrega a mi agenda almuerzo con Pedro el domingo a la 1", "Almuerzo con Pedro", at(29, 13), {}),
    ],
)
def test_it_reads_an_appointment(draft, text, title, start, more):
    found = draft(text)
    assert (found.title, found.start_datetime, found.question) == (title, start, "")
    assert {name: getattr(found, name) for name in more} == more


@pytest.mark.parametrize(
    ("text", "title", "due", "priority"),
    [
        ("recuérdame comprar tornillos mañana", "Comprar tornillos", date(2026, 11, 23), "medium"),
        ("añade a mi lista revisar el inventario", "Revisar el inventario", None, "medium"),
        ("crea una tarea para pagar la luz el viernes con prioridad alta", "Pagar la luz", date(2026, 11, 27), "high"),
        ("anota comprar pan, urgente", "Comprar pan", None, "high"),
        ("add a task to call the bank on Monday", "Call the bank", date(2026, 11, 23), "medium"),
        ("lembre-me de comprar parafusos amanhã", "Comprar parafusos", date(2026, 11, 23), "medium"),
    ],
)
def test_it_reads_a_task(draft, text, title, due, priority):
    found = draft(text, "task")
    assert (found.title, found.due_date, found.priority, found.ambiguous) == (title, due, priority, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reunión con Carla", "¿Para cuándo?"),
        ("reunión con Carla mañana", "¿A qué hora"),
        ("reunión con Carla el jueves por la tarde", "¿A qué hora"),
        ("cena con Ana el jueves a las 8", "¿Cuándo exactamente"),
        ("reunión el 30 de febrero a las 3", "no existe"),
        ("reunión con Ana ayer a las 3 de la tarde", "ya pasó"),
        ("mañana a las 3", "título"),
    ],
)
def test_it_asks_what_is_in_doubt(draft, text, said):
    found = draft(text)
    assert said in found.question
    assert found.ambiguous
    assert found.start_datetime is None or not found.title


def test_it_offers_the_readings_between_which_one_has_to_choose(draft):
    assert draft("cena con Ana el jueves a las 8").candidates == [at(26, 8), at(26, 20)]


def test_of_two_hours_it_takes_the_one_at_work(draft, alice: User):
    assert draft("cita el lunes a las 9").start_datetime == at(23, 9)
    assert draft("cita el lunes a las 5").start_datetime == at(23, 17)
    assert draft("cita el domingo 29 a las 3").start_datetime == at(29, 15)  # nobody works, and three is at night


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200), kind=st.sampled_from(["appointment", "task"]))
def test_no_text_breaks_it_and_nothing_is_written(draft, alice: User, text, kind):
    found = draft(text, kind)
    assert len(found.title) <= 200
    with tenant_scope(alice):
        assert not Appointment.objects.exists()
        assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("text", "start", "others"),
    [
        ("dentista el próximo jueves a las 4", at(3, 16, month=12), [at(26, 16)]),
        ("dentista el próximo sábado a las 10 de la mañana", at(5, 10, month=12), [at(28, 10)]),
        ("dentista el jueves a las 4", at(26, 16), []),
        ("dentista el próximo lunes a las 4", at(30, 16), []),
        ("dentista mañana a las 4", at(24, 16), []),
    ],
)
def test_a_day_that_words_may_mean_too_is_told_beside_the_one_that_is_settled_for(alice, text, start, others):
    """«el próximo jueves» said on a Monday: of the next week, or of this one."""
    monday = datetime(2026, 11, 23, 15, tzinfo=UTC)
    with tenant_scope(alice):
        found = read_draft(text=text, kind="appointment", now=monday, user=alice)
    told = [found.start_datetime, *found.others] if not found.question else [*found.candidates]
    assert told == [start, *others]
    assert found.title == "Dentista"
