"""Turns of the personal assistant with a scripted model over real HTTP, at its best and at its worst."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agenda.changes import Change
from agenda.models import Appointment, Task
from assistants.consent import read_consent
from assistants.effects import MOST_STEPS, TurnKey, digest_of
from assistants.engine import ReaderLost, reply
from assistants.models import Intention, ToolEffect
from assistants.replies import Reply
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories
from tests.assistants.conftest import NOW
from tests.assistants.test_personal import at
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Call, Calls, Fail, Request, Say

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Reply]

NOTHING: dict[str, Any] = dict.fromkeys(
    ["end", "minutes", "all_day", "location", "attendees", "reminder_minutes", "rrule", "description"]
)
BOOK = Call("create_appointment", {"title": "Reunión con Carla", "start": "2026-11-26T15:30", **NOTHING})
TOLD = "Listo. Reunión con Carla, jueves 26 de noviembre de 15:30 a 16:30, hora de Bogotá."


@pytest.fixture
def ask(transactional_db: None, alice: User, bob: User) -> Ask:
    """``ask(message, turn=…)`` runs a turn of Alice's personal assistant; Bob's agenda lies beside hers."""
    with tenant_scope(bob):
        factories.appointment(bob, title="Cita secreta de Bob", start_datetime=at(23, 9))
        factories.task(bob, title="Tarea secreta de Bob")

    def run(
        message: str = "agéndame una reunión con Carla el jueves a las 15:30", *, turn: int = 1, **more: Any
    ) -> Reply:
        key = TurnKey(turn=turn, thread=7, hold=more.pop("hold", lambda: None))
        return reply(user=alice, assistant_type="personal", message=message, now=NOW, key=key, **more)

    return run


def booked(user: User) -> list[str]:
    with tenant_scope(user):
        return [appointment.title for appointment in Appointment.objects.present().order_by("id")]


def results_of(request: Request) -> list[dict[str, Any]]:
    blocks = request.body["messages"][-1]["content"]
    return [json.loads(block["content"]) for block in blocks if block["type"] == "tool_result"]


def test_a_model_books_through_the_tool_and_tells_it(claude: AnthropicServer, ask: Ask, alice: User):
    claude.script(BOOK, Say(TOLD))
    answer = ask()
    assert (answer.text, answer.reason) == (TOLD, "")
    assert booked(alice) == ["Reunión con Carla"]
    assert results_of(claude.requests[1])[0]["said"].startswith("Reunión con Carla, jueves 26 de noviembre")
    with tenant_scope(alice):
        change = Change.objects.get()
    assert [(each["name"], each["change"]) for each in answer.changes] == [("create_appointment", change.pk)]


def test_the_same_over_openais_protocol(settings, ask: Ask, alice: User):
    with OpenAIServer() as server:
        settings.LLM_PROVIDER, settings.LLM_MODEL = "openai", "stand-in"
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-planted-0123456789abcdef", server.url
        server.script(BOOK, Say(TOLD))
        assert ask().text == TOLD
    assert booked(alice) == ["Reunión con Carla"]


def test_words_are_read_as_dates_and_doubt_comes_back_as_a_question(claude: AnthropicServer, ask: Ask, alice: User):
    claude.script(
        Call("create_appointment", {"title": "Cena con Ana", "start": "el jueves a las 8", **NOTHING}),
        Say("¿El jueves 26 de noviembre a las 08:00 o a las 20:00?"),
    )
    answer = ask("cena con Ana el jueves a las 8")
    result = results_of(claude.requests[1])[0]
    assert result["done"] is False
    assert len(result["candidates"]) == 2
    assert answer.reason == ""
    assert booked(alice) == []


@pytest.mark.parametrize(
    "start", ["2026-02-30T10:00", "2026-13-01", "mañana", "2026-11-26T25:00", "2020-01-01T10:00", "xyz", ""]
)
def test_no_date_is_guessed(claude: AnthropicServer, ask: Ask, alice: User, start):
    claude.script(
        Call("create_appointment", {"title": "Algo", "start": start, **NOTHING}), Say("¿Qué día y a qué hora?")
    )
    ask("agenda algo")
    assert booked(alice) == []


def test_what_a_model_leaves_untold_is_told(claude: AnthropicServer, ask: Ask):
    claude.script(BOOK, Say("¡Claro que sí!"))
    assert "jueves 26 de noviembre de 15:30 a 16:30, hora de Bogotá; te aviso" in ask().text


def test_a_model_that_repeats_its_call_books_once(claude: AnthropicServer, ask: Ask, alice: User):
    claude.script(BOOK, BOOK, BOOK, BOOK)
    answer = ask()
    assert booked(alice) == ["Reunión con Carla"]
    assert answer.provider == "builtin"  # who answers when a model does not learn
    assert "jueves 26 de noviembre de 15:30 a 16:30" in answer.text
    assert len(answer.changes) == 1


def test_a_model_that_breaks_off_after_the_change_is_followed_by_one_who_tells_it(
    claude: AnthropicServer, ask: Ask, alice: User
):
    claude.script(BOOK, Fail(529, "overloaded_error", retry_after=60))
    answer = ask()
    assert (answer.provider, answer.reason) == ("builtin", "overloaded")
    assert answer.text.startswith("Listo. Reunión con Carla, jueves 26 de noviembre de 15:30 a 16:30")
    assert booked(alice) == ["Reunión con Carla"]


def test_a_turn_killed_between_the_change_and_the_reply_books_once(
    claude: AnthropicServer, ask: Ask, alice: User, bob: User
):
    def die(text: str) -> None:
        raise RuntimeError("the worker is gone")

    claude.script(BOOK, Say(TOLD))
    with pytest.raises(ReaderLost):
        ask(on_text=die)
    assert booked(alice) == ["Reunión con Carla"]
    told: list[str] = []

    def tell(request: Request) -> Say:
        told.append(json.dumps(request.body, ensure_ascii=False))
        return Say(TOLD)

    claude.script(tell)
    again = ask()
    assert again.text == TOLD
    assert len(again.changes) == 1
    assert "no lo repitas" in told[0]
    assert booked(alice) == ["Reunión con Carla"]
    with tenant_scope(bob):
        assert not ToolEffect.objects.exists()


def test_a_second_run_that_words_its_call_differently_books_nothing_twice(
    claude: AnthropicServer, ask: Ask, alice: User
):
    claude.script(BOOK, Say(TOLD))
    ask()
    other = Call(
        "create_appointment", {"title": "Reunion: Carla", "start": "el jueves a las 3 y media de la tarde", **NOTHING}
    )
    claude.script(other, Say(TOLD))
    ask()
    assert booked(alice) == ["Reunión con Carla"]
    assert "intento anterior" in results_of(claude.requests[-1])[0]["note"]


def test_a_second_run_may_still_do_what_was_missing(claude: AnthropicServer, ask: Ask, alice: User):
    task = Call(
        "create_task",
        dict.fromkeys(["due", "priority", "category", "description", "reminder_minutes", "rrule"]) | {"title": "Pagar"},
    )
    claude.script(BOOK, Say(TOLD))
    ask()
    claude.script(task, task, Say(TOLD))
    ask()
    with tenant_scope(alice):
        assert [each.title for each in Task.objects.all()] == ["Pagar"]
    assert booked(alice) == ["Reunión con Carla"]


def test_two_who_run_the_same_turn_at_once_book_once(claude: AnthropicServer, ask: Ask, alice: User):
    claude.delay = 0.2
    claude.default = lambda request: BOOK if "tool_result" not in json.dumps(request.body["messages"]) else Say(TOLD)
    answers: list[str] = []

    def run() -> None:
        try:
            answers.append(ask().text)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answers == [TOLD] * 4
    assert booked(alice) == ["Reunión con Carla"]


def test_who_has_lost_the_turn_changes_nothing(claude: AnthropicServer, ask: Ask, alice: User):
    class ClaimLost(Exception):
        pass

    def lost() -> None:
        raise ClaimLost

    claude.script(BOOK, Say(TOLD))
    with pytest.raises(ReaderLost) as fault:
        ask(hold=lost)
    assert isinstance(fault.value.__cause__, ClaimLost)
    assert booked(alice) == []
    with tenant_scope(alice):
        assert not ToolEffect.objects.exists()


def test_another_tenants_ids_are_absent(claude: AnthropicServer, ask: Ask, alice: User, bob: User):
    with tenant_scope(bob):
        theirs, task = Appointment.objects.get().pk, Task.objects.get().pk
    claude.script(
        Calls(
            (
                Call("cancel_appointments", {"ids": [theirs], "reason": None, "scope": None}),
                Call("complete_tasks", {"ids": [task]}),
                Call("set_reminders", {"kind": "appointment", "id": theirs, "minutes": [5]}),
                Call("move_appointment", {"id": theirs, "start": "mañana a las 15:00", "end": None, "scope": None}),
                Call("delete_tasks", {"ids": [task]}),
            )
        ),
        Say("No encontré esa cita."),
    )
    assert ask("cancela la cita").changes == []
    assert all("error" in result for result in results_of(claude.requests[1]))
    assert "secreta" not in json.dumps(claude.requests[1].body)
    with tenant_scope(bob):
        assert Appointment.objects.get().status == "scheduled"
        assert Task.objects.get().status == "pending"


def test_many_moves_at_once_ask_first_and_a_yes_does_them(claude: AnthropicServer, ask: Ask, alice: User):
    with tenant_scope(alice):
        ids = [factories.appointment(alice, title=f"Visita {n}", start_datetime=at(24, 8)).pk for n in range(20)]
    moves = [Call("move_appointment", {"id": pk, "start": "2026-11-27", "end": None, "scope": None}) for pk in ids]
    claude.script(
        *(Calls(tuple(moves[start : start + 8])) for start in range(0, 16, 8)), Say("Son varias, así que te pregunto.")
    )
    asked = ask("pasa todo al viernes", turn=1)
    assert "¿Muevo estas 16 citas?" in asked.text
    assert asked.changes == []
    with tenant_scope(alice):
        assert not Appointment.objects.filter(start_datetime=at(27, 8)).exists()
        assert len(Intention.objects.get().calls) == 16
    claude.script(Say("Listo, las moví."))
    done = ask("sí", turn=2)
    assert len(done.changes) == 16
    with tenant_scope(alice):
        assert Appointment.objects.filter(start_datetime=at(27, 8)).count() == 16


def test_a_model_cannot_agree_in_the_persons_place(claude: AnthropicServer, ask: Ask, alice: User):
    with tenant_scope(alice):
        ids = [factories.appointment(alice, start_datetime=at(24, hour)).pk for hour in (8, 9)]
    cancel = Call("cancel_appointments", {"ids": ids, "reason": None, "scope": None})
    claude.script(cancel, Say("La persona dijo que sí."))
    asked = ask("¿qué tengo el martes?", turn=1)
    assert "¿Cancelo estas 2 citas?" in asked.text
    claude.script(cancel, Say("Te pregunto de nuevo."))
    ask("muéstrame el martes", turn=2)
    with tenant_scope(alice):
        assert not Appointment.objects.filter(status="cancelled").exists()


def test_one_after_the_other_is_several_too(claude: AnthropicServer, ask: Ask, alice: User):
    with tenant_scope(alice):
        ids = [factories.appointment(alice, start_datetime=at(24, hour)).pk for hour in (8, 9, 10)]
    claude.script(
        *(Call("cancel_appointments", {"ids": [pk], "reason": None, "scope": None}) for pk in ids), Say("Te pregunto.")
    )
    asked = ask("cancela la de las 8")
    assert "¿Cancelo estas 2 citas?" in asked.text
    with tenant_scope(alice):
        assert Appointment.objects.filter(status="cancelled").count() == 1


def test_a_turn_has_an_end_of_changes(claude: AnthropicServer, ask: Ask, alice: User):
    books = [
        Call("create_appointment", {"title": f"Visita {n}", "start": "2026-11-26T15:30", **NOTHING}) for n in range(16)
    ]
    claude.script(Calls(tuple(books[:8])), Calls(tuple(books[8:])), Say("Fueron varias."))
    ask("agenda muchas visitas")
    assert len(booked(alice)) == MOST_STEPS


@pytest.mark.parametrize(
    "invented",
    [
        "Tu reunión con Carla es el viernes 27 de noviembre a las 15:30.",
        "Tienes dentista mañana a las 9.",
        "Listo, cancelé tu reunión con Carla.",
        "Listo, agendé el almuerzo con Pedro para mañana a las 12:00.",
    ],
)
def test_what_is_invented_does_not_leave(claude: AnthropicServer, ask: Ask, alice: User, invented):
    with tenant_scope(alice):
        factories.appointment(alice, title="Reunión con Carla", start_datetime=at(26, 15, 30))
    claude.script(Say(invented), Say(invented))
    answer = ask("¿cuándo es mi reunión con Carla?")
    assert (answer.provider, answer.reason) == ("builtin", "ungrounded")
    assert "jueves 26 de noviembre de 15:30" in answer.text
    with tenant_scope(alice):
        assert Appointment.objects.get().status == "scheduled"


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8), max_size=4))
def test_a_digest_knows_calls_apart_and_leaves_out_what_is_not_given(arguments):
    given_ = {name: value for name, value in arguments.items() if value is not None}
    assert digest_of(tool="a", arguments=arguments) == digest_of(tool="a", arguments=given_)
    assert digest_of(tool="a", arguments=arguments) != digest_of(tool="b", arguments=arguments)


@pytest.mark.parametrize(
    "word",
    ["sí", "Si!", "dale", "claro, hazlo", "yes please", "ok, go ahead", "sim, pode cancelar", "sí, cancélalas todas"],
)
def test_it_hears_a_yes(word):
    assert read_consent(word) is True


@pytest.mark.parametrize("word", ["no", "mejor no", "no, gracias", "nope", "não", "déjalo así", "no las canceles"])
def test_it_hears_a_no(word):
    assert read_consent(word) is False


@pytest.mark.parametrize(
    "word", ["sí, pero solo la primera", "¿cuáles?", "sí quiero ver mañana", "", "no sé si cancelar", "siete"]
)
def test_it_takes_nothing_else_for_an_answer(word):
    assert read_consent(word) is None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=90))
def test_no_text_breaks_the_reading_of_consent(text):
    assert read_consent(text) in (True, False, None)


@pytest.mark.parametrize(
    ("due", "lost"), [("2026-11-27T17:00", True), ("el viernes a las 5 de la tarde", True), ("el viernes", False)]
)
def test_a_task_that_loses_its_hour_says_so(claude: AnthropicServer, ask: Ask, due: str, lost: bool):
    claude.script(
        Call("create_task", {"title": "Pagar la luz", "due": due}), Say("Listo. Pagar la luz, viernes 27 de noviembre.")
    )
    assert ("sin hora" in ask("anota pagar la luz").text) is lost
