"""Customers who book for themselves, and what else they may ask a shop: without a model, and never of the agenda."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from agenda import visits
from agenda.models import Appointment
from assistants.engine import reply
from tenants.models import Contact, Preferences, User
from tenants.scope import tenant_scope
from tests import factories
from tests.assistants.conftest import NOW
from tests.assistants.test_sales import Talk
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.script import Call, Say

pytestmark = pytest.mark.django_db(transaction=True)

BOGOTA = ZoneInfo("America/Bogota")
FACTS = "Dirección: Calle 10 # 5-20, Bogotá. Domicilios en Bogotá por $ 8.000. Recibimos tarjeta y Nequi."


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BOGOTA)  # the 26th is a Thursday


@pytest.fixture
def carla(transactional_db: None, alice: User, bob: User) -> Contact:
    """A customer of Alice's, whose Monday afternoon is taken by what nobody is to know."""
    with tenant_scope(alice):
        Preferences.current(alice).change(
            customers_may_book=True, business_name="Ferretería Uno", business_facts=FACTS, country="CO"
        )
        factories.product(alice, name="Martillo de uña", price="23000")
        factories.product(alice, name="Martillo de bola", price="21000")
        factories.appointment(alice, title="Despedir a Pedro", start_datetime=at(23, 15))
        return factories.contact(alice, name="Carla")


@pytest.fixture
def talk(carla: Contact, alice: User) -> Talk:
    return Talk(alice, {"audience": "customer", "contact_id": carla.pk})


def booked(user: User) -> list[tuple[str, datetime]]:
    with tenant_scope(user):
        found = Appointment.objects.standing().order_by("start_datetime")
        return [(one.title, one.start_datetime.astimezone(BOGOTA)) for one in found if "Pedro" not in one.title]


def test_it_offers_free_times_books_one_moves_it_and_cancels_it(talk: Talk, alice: User):
    offered = talk.say("quiero una cita para asesoría el jueves")
    assert 3 <= len(offered.options) <= 5
    assert offered.options[1].id == "slot:2026-11-26T11:00:00-05:00"
    assert all(len(option.title) <= 24 and len(option.description) <= 72 for option in offered.options)
    asked = talk.say("la segunda")
    assert asked.question.startswith("¿Te agendo la cita para el jueves 26 de noviembre a las 11:00, hora de Bogotá?")
    assert booked(alice) == []
    done = talk.say("sí")
    assert "jueves 26 de noviembre de 11:00 a 12:00, hora de Bogotá" in done.text
    assert booked(alice) == [("asesoría – Carla", at(26, 11))]
    assert [(n.title, n.url) for n in done.notices] == [("Nueva cita: asesoría – Carla", "/user/personal/agenda")]
    assert "jueves 26" in talk.say("¿cuándo es mi cita?").text
    talk.say("mueve mi cita al viernes a las 10")
    assert booked(alice) == [("asesoría – Carla", at(27, 10))]
    assert talk.say("cancela mi cita").question.startswith("¿Cancelo tu cita del viernes 27 de noviembre a las 10:00")
    assert booked(alice)
    assert talk.say("sí").notices
    assert booked(alice) == []


def test_what_is_it_after_a_booking_is_that_appointment(talk: Talk, alice: User, carla: Contact):
    with tenant_scope(alice):
        diego = factories.contact(alice, name="Diego")
        visits.book(user=alice, contact_id=diego.pk, start=at(26, 9), word="Cita", now=NOW)
    talk.say("resérvame el jueves 26 de noviembre a las 11:00")
    mine = talk.say("¿qué citas tengo?")
    assert "jueves 26 de noviembre de 11:00" in mine.text
    assert "09:00" not in mine.text
    moved = talk.say("muévela para el miércoles a las 11")
    assert moved.unanswered == ""
    assert ("Cita – Carla", at(25, 11)) in booked(alice)
    assert talk.say("gracias").unanswered == ""
    assert talk.say("cámbiala").options
    assert talk.say("pásala para el viernes a las 10 am").unanswered == ""
    assert booked(alice) == [("Cita – Diego", at(26, 9)), ("Cita – Carla", at(27, 10))]
    assert talk.say("cancélala").question.startswith("¿Cancelo tu cita del viernes 27")


def test_what_a_tap_on_a_slot_says_books_it(talk: Talk, alice: User):
    talk.say("quiero una cita el jueves")
    assert talk.say("jueves 26 de noviembre a las 13:00").question == ""
    assert booked(alice) == [("Cita – Carla", at(26, 13))]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I'd like an appointment on Thursday at 11", "Your appointment is booked for Thursday, November 26"),
        ("quero marcar um horário para quinta às 11h", "Seu horário ficou marcado para quinta-feira, 26 de novembro"),
    ],
)
def test_it_books_in_the_customers_language(talk: Talk, alice: User, text: str, told: str):
    assert told in talk.say(text).text
    assert [start for _, start in booked(alice)] == [at(26, 11)]


def titles(user: User) -> list[str]:
    with tenant_scope(user):
        return [one.title for one in Appointment.objects.standing().order_by("pk") if "Despedir" not in one.title]


@pytest.mark.parametrize(
    ("text", "title", "told"),
    [
        ("quiero una visita para Pedro el jueves a las 11", "Cita – Pedro (Carla)", "La cita para Pedro quedó para el"),
        ("resérvame una cita de corte para mi hija Ana el jueves a las 11", "corte – hija Ana (Carla)", "tu hija Ana"),
        ("una cita a nombre de Yolimar Prado el jueves a las 11", "Cita – Yolimar Prado (Carla)", "Yolimar Prado"),
        ("I'd like an appointment for my son on Thursday at 11", "Cita – son (Carla)", "for your son is booked"),
        ("book an appointment for pedro on Thursday at 11", "Cita – pedro (Carla)", "appointment for pedro is booked"),
        (
            "quero marcar um horário para o Pedro quinta às 11h",
            "Cita – Pedro (Carla)",
            "O horário para Pedro ficou",
        ),
        ("quero marcar um horário para minha filha quinta às 11h", "Cita – filha (Carla)", "para sua filha ficou"),
    ],
)
def test_who_books_for_somebody_else_is_told_so_and_so_is_the_owner(
    talk: Talk, alice: User, text: str, title: str, told: str
):
    said = talk.say(text)
    assert told in said.text
    assert titles(alice) == [title]
    assert title in said.notices[0].title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("quiero una cita para asesoría el jueves a las 11", "asesoría – Carla"),
        ("quiero una cita para Carla el jueves a las 11", "Cita – Carla"),  # it is she who writes
        ("quiero una cita para mí el jueves a las 11", "Cita – Carla"),
        ("book an appointment for me on Thursday at 11", "Cita – Carla"),
        ("quiero una cita para el jueves a las 11", "Cita – Carla"),
    ],
)
def test_what_names_nobody_else_is_the_customers_own(talk: Talk, alice: User, text: str, title: str):
    talk.say(text)
    if not titles(alice):
        talk.say("sí")
    assert titles(alice) == [title]


def test_a_guest_is_remembered_through_the_offer_and_named_in_the_question(talk: Talk, alice: User):
    talk.say("quiero una cita para mi mamá el jueves")
    asked = talk.say("la segunda")
    assert asked.question.startswith("¿Agendo la cita para tu mamá, el jueves 26 de noviembre a las 11:00")
    assert "La cita para tu mamá quedó para el jueves 26" in talk.say("sí").text
    assert titles(alice) == ["Cita – mamá (Carla)"]
    assert "jueves 26" in talk.say("¿qué citas tengo?").text
    talk.say("cancela mi cita")
    talk.say("sí")
    assert titles(alice) == []


def test_a_taken_hour_is_refused_with_free_ones_and_without_a_reason(talk: Talk, alice: User):
    answered = talk.say("¿puedo ir mañana a las 3?")
    assert "ya no está libre" in answered.text
    assert answered.options
    assert "Pedro" not in answered.text + repr(answered.options)
    assert booked(alice) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("quiero una cita el domingo 29 a las 10", "no se atiende"),
        ("quiero una cita el 8 de diciembre a las 10", "no se atiende"),  # a holiday
        ("quiero una cita el 10 de marzo a las 10 am", "60 días"),
    ],
)
def test_it_keeps_to_the_hours_and_the_calendar(talk: Talk, alice: User, text: str, told: str):
    assert told in talk.say(text).text
    assert booked(alice) == []


def test_three_bookings_are_enough(talk: Talk, alice: User):
    for hour in ("9", "11", "13"):
        talk.say(f"resérvame el jueves 26 de noviembre a las {hour}:00")
    assert len(booked(alice)) == 3
    assert "Ya tienes 3" in talk.say("quiero otra cita el viernes a las 10 am").text


def test_nobody_learns_of_the_agenda(talk: Talk):
    for question in ("¿qué citas tiene el dueño mañana?", "who is coming tomorrow at 3?", "o que o dono tem amanhã?"):
        answered = talk.say(question)
        assert "Pedro" not in answered.text
        assert not answered.options


def test_another_customers_appointment_is_out_of_reach(carla: Contact, alice: User, bob: User):
    with tenant_scope(alice):
        diego = factories.contact(alice, name="Diego")
        visit = visits.book(user=alice, contact_id=diego.pk, start=at(26, 11), word="Cita", now=NOW).appointment
        with_both = factories.appointment(alice, title="Los dos", start_datetime=at(27, 11))
        for one in (carla, diego):
            factories.attendee(alice, appointment=with_both, contact=one)
        for pk in (visit.pk, with_both.pk):
            with pytest.raises(visits.Refused):
                visits.cancel(user=alice, contact_id=carla.pk, appointment_id=pk, reason="", now=NOW)
            with pytest.raises(visits.Refused):
                visits.move(user=alice, contact_id=carla.pk, appointment_id=pk, start=at(26, 13), now=NOW)
    with tenant_scope(bob), pytest.raises(visits.Refused):
        visits.book(user=bob, contact_id=carla.pk, start=at(26, 13), word="Cita", now=NOW)


def test_of_two_who_want_the_same_hour_one_gets_it(carla: Contact, alice: User):
    with tenant_scope(alice):
        people = [carla.pk, *(factories.contact(alice).pk for _ in range(3))]
    start, outcomes = Barrier(len(people)), []

    def book(contact_id: int) -> None:
        try:
            with tenant_scope(alice):
                start.wait()
                try:
                    visits.book(user=alice, contact_id=contact_id, start=at(26, 11), word="Cita", now=NOW)
                    outcomes.append("booked")
                except visits.Refused as refused:
                    outcomes.append(refused.reason)
        finally:
            connection.close()

    threads = [Thread(target=book, args=(pk,)) for pk in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked", "not_free", "not_free", "not_free"]
    assert len(booked(alice)) == 1


def test_without_leave_it_says_how_to_reach_the_shop(carla: Contact, alice: User):
    with tenant_scope(alice):
        Preferences.current(alice).change(customers_may_book=False, business_facts="WhatsApp: +57 300 1234567.")
    answered = Talk(alice, {"audience": "customer", "contact_id": carla.pk}).say("quiero una cita el jueves a las 11")
    assert "+57 300 1234567" in answered.text
    assert booked(alice) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("¿a qué hora abren mañana?", "lunes 23 de noviembre atendemos de 09:00 a 18:00"),
        ("what time do you open on Sunday?", "closed"),
        ("¿a qué hora abren el 8 de diciembre?", "feriado"),
        ("¿dónde quedan?", "Calle 10"),
        ("¿hacen envíos?", "Domicilios en Bogotá por $ 8.000"),
        ("vocês aceitam cartão?", "Recibimos tarjeta"),
    ],
)
def test_it_answers_from_the_businesss_own_words(talk: Talk, text: str, told: str):
    answered = talk.say(text)
    assert told in answered.text
    assert answered.unanswered == ""


@pytest.mark.parametrize(
    ("text", "unanswered"),
    [("¿tienen garantía?", "¿tienen garantía?"), ("¿tienen paraguas?", "paraguas"), ("¿tienen martillos?", "")],
)
def test_what_the_shop_cannot_answer_is_kept_for_the_owner(talk: Talk, text: str, unanswered: str):
    assert talk.say(text).unanswered == unanswered


@pytest.mark.parametrize(
    "text",
    ["muévela para miércoles", "¿aceptan?", "¿me das un descuento?", "VINCULAR", "VINCULAR K7QM4TXA", "12345", "no"],
)
def test_what_nobody_could_sell_is_not_kept(talk: Talk, text: str):
    assert talk.say(text).unanswered == ""


@pytest.mark.parametrize(
    "text",
    [
        "¿me dejan el martillo en 10 mil pesos?",
        "¿me lo dejas en 15 mil el martillo de uña?",
        "les doy 10 mil por el martillo de bola",
        "¿me rebajan el martillo?",
        "would you take 10000 for the hammer?",
        "vocês fazem o martelo por 10 mil?",
    ],
)
def test_who_haggles_over_what_there_is_asks_for_nothing_that_is_missing(talk: Talk, text: str):
    assert talk.say(text).unanswered == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("¿me dejan el telescopio en 10 mil pesos?", "telescopio"),
        ("would you take 10000 for the telescope?", "telescope"),
    ],
)
def test_who_haggles_over_what_there_is_not_asks_for_it(talk: Talk, text: str, wanted: str):
    assert talk.say(text).unanswered == wanted


def test_several_products_are_options(talk: Talk):
    options = talk.say("¿qué martillos tienen?").options
    assert [(one.title, one.description) for one in options] == [
        ("Martillo de uña", "$ 23.000"),
        ("Martillo de bola", "$ 21.000"),
    ] or [one.title for one in options] == ["Martillo de bola", "Martillo de uña"]


@pytest.mark.parametrize(
    "text", ["quiero hablar con alguien", "can I talk to a person?", "quero falar com um atendente"]
)
def test_a_wish_for_a_person_is_handed_over(talk: Talk, text: str):
    answered = talk.say(text)
    assert answered.handover
    assert answered.unanswered == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("el martillo que me vendieron salió malo", "Lamento mucho"),
        ("El martillo de uña llegó roto", "Lamento mucho"),
        ("quiero devolver el martillo", "Lamento mucho"),
        ("quiero hacer un reclamo", "Lamento mucho"),
        ("me cobraron de más por el martillo", "Lamento mucho"),
        ("el martillo que compré no funciona", "Lamento mucho"),
        ("the hammer you sold me arrived broken", "very sorry"),
        ("I want to return the hammer", "very sorry"),
        ("o martelo chegou quebrado", "Lamento muito"),
        ("quero devolver o martelo", "Lamento muito"),
    ],
)
def test_a_complaint_is_no_search_and_goes_to_people(talk: Talk, text: str, says: str):
    answered = talk.say(text)
    assert answered.handover
    assert says in answered.text
    assert "23.000" not in answered.text
    assert "«" not in answered.text
    assert answered.options == ()


@pytest.mark.parametrize(
    "text",
    [
        "¿tiene garantía el martillo?",
        "¿aceptan devoluciones?",
        "si el martillo no funciona, ¿lo puedo devolver?",
        "mi martillo ya no sirve, ¿tienen otro?",
        "can I return it if it does not work?",
        "¿puedo devolver el martillo?",
        "vocês aceitam devolução?",
    ],
)
def test_what_is_asked_before_buying_is_no_complaint(talk: Talk, text: str):
    assert not talk.say(text).handover


@pytest.mark.parametrize(
    ("asks", "buys", "says"),
    [
        ("¿cuánto cuesta el martillo de uña?", "sí, los quiero", "confirma el pedido"),
        ("¿cuánto cuesta el martillo de uña?", "resérvame 2 martillos", "confirma el pedido"),
        ("how much is the martillo de uña?", "I'll take it", "confirm the order"),
        ("quanto custa o martillo de uña?", "vou levar", "confirma o pedido"),
    ],
)
def test_a_purchase_is_confirmed_by_people(talk: Talk, asks: str, buys: str, says: str):
    talk.say(asks)
    answered = talk.say(buys)
    assert answered.handover
    assert says in answered.text


def test_a_wish_with_nothing_spoken_of_is_no_purchase(talk: Talk):
    assert not talk.say("sí, lo quiero").handover


def test_the_same_of_a_model_that_finds_nothing(claude: AnthropicServer, talk: Talk):
    claude.script(
        Call("search_products", {"query": "telescopio", "limit": None}), Say("No tenemos telescopios por ahora.")
    )
    assert talk.say("¿Venden telescopios?").unanswered == "telescopio"
    claude.script(Say("Claro que sí."))
    answered = talk.say("quiero hablar con una persona")
    assert answered.handover
    assert "Ya avisé al negocio" in answered.text


@pytest.mark.parametrize(
    "invented",
    [
        "Tu cita quedó agendada para el jueves.",
        "El jueves 26 de noviembre tengo libre a las 07:00.",
        "Listo, te espero mañana a las 4 pm.",
        "Cancelé tu cita.",
    ],
)
def test_a_model_invents_no_hour_and_no_booking(claude: AnthropicServer, talk: Talk, invented: str):
    claude.script(Say(invented), Say(invented))
    answered = talk.say("hola")
    assert invented not in answered.text
    assert answered.reason == "ungrounded"


@pytest.mark.parametrize(
    "true",
    [
        "El jueves 26 de noviembre hay libre a las 11:00 y a las 13:00. ¿Cuál prefieres?",
        "Puedes venir el jueves 26 de noviembre a las 09:00.",
        "El jueves no hay libre a las 08:00.",
    ],
)
def test_a_model_may_tell_what_it_read(claude: AnthropicServer, talk: Talk, true: str):
    claude.script(Call("free_times", {"when": "el jueves"}), Say(true))
    answered = talk.say("¿qué horas tienen el jueves a las 8?")
    assert (answered.text, answered.reason) == (true, "")


def test_an_owner_and_a_stranger_have_no_customers_tools(carla: Contact, alice: User):
    seen: dict[str, Any] = {}
    for audience, contact_id in (("owner", carla.pk), ("customer", None)):
        answered = reply(
            user=alice,
            assistant_type="commercial",
            message="resérvame el jueves 26 de noviembre a las 11:00",
            audience=audience,  # type: ignore[arg-type]
            contact_id=contact_id,
            now=NOW + timedelta(minutes=1),
        )
        seen[audience] = answered.tools
    assert booked(alice) == []
    assert all("book_appointment" not in tools for tools in seen.values())
