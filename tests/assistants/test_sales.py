"""Owners and their products, by chat and without a model: asked first, done once, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from assistants.builtin.desk_understanding import read_command
from assistants.engine import TurnKey, reply
from assistants.intents import decide
from assistants.providers.base import ChatMessage
from assistants.replies import Reply
from catalog import ordering, products
from catalog.models import Product, StockMovement
from tenants.models import User
from tenants.scope import tenant_scope
from tests.assistants.conftest import NOW
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.script import Call, Say

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Talk:
    """A conversation of one person with a shop's commercial assistant, a minute for each turn."""

    user: User
    options: dict[str, Any] = field(default_factory=dict)
    history: list[ChatMessage] = field(default_factory=list)
    turns: int = 0

    def say(self, text: str, **more: Any) -> Reply:
        self.turns += 1
        answered = reply(
            user=self.user,
            assistant_type="commercial",
            message=text,
            history=list(self.history),
            key=TurnKey(turn=self.turns, thread=7),
            **{"now": NOW + timedelta(minutes=self.turns), **self.options, **more},
        )
        self.history += [ChatMessage("user", text), ChatMessage("assistant", answered.text)]
        return answered


@pytest.fixture
def desk(transactional_db: None, alice: User, bob: User) -> Talk:
    with tenant_scope(bob):
        products.create(user=bob, name="Martillo de Bob", price=Decimal(1), stock=9)
    with tenant_scope(alice):
        for name, price, stock, sku in (
            ("Martillo de uña 16 oz", 23000, 12, "MAR-016"),
            ("Martillo de bola 16 oz", 21000, 3, "MAB-016"),
            ("Pintura blanca 1 galón", 72000, 5, ""),
        ):
            products.create(user=alice, name=name, price=Decimal(price), stock=stock, sku=sku)
    return Talk(alice)


def product(user: User, name: str) -> Product:
    with tenant_scope(user):
        found: Product = Product.objects.get(name__startswith=name)
        return found


def test_it_asks_which_then_whether_and_does_it_once(desk: Talk, alice: User):
    which = desk.say("sube a 25 el precio del martillo de 16 oz")
    assert {option.title for option in which.options} == {"Martillo de uña 16 oz", "Martillo de bola 16 oz"}
    assert {option.description for option in which.options} == {"$ 23.000", "$ 21.000"}
    assert all(option.id.startswith("product:") for option in which.options)
    asked = desk.say("Martillo de uña 16 oz")  # what a tap on the first one says
    assert asked.question.startswith("¿Cambio el precio de Martillo de uña 16 oz de $ 23.000 a $ 25?")
    assert asked.text.endswith(asked.question)
    assert product(alice, "Martillo de u").price == 23000
    done = desk.say("sí")
    assert "el precio pasó de $ 23.000 a $ 25." in done.text
    assert product(alice, "Martillo de u").price == 25
    assert desk.say("sí").question == ""
    assert product(alice, "Martillo de u").version == 2


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("sube a 25 el precio de la pintura blanca", "Ojo: hoy cuesta $ 72.000; quedaría en $ 25."),
        ("sube a 70.000 el precio de la pintura blanca", "Ojo: hoy cuesta $ 72.000; quedaría en $ 70.000."),
        ("baja a 90.000 el precio de la pintura blanca", "Ojo: hoy cuesta $ 72.000; quedaría en $ 90.000."),
        ("pon en 7.000 el precio de la pintura blanca", "Ojo: hoy cuesta $ 72.000; quedaría en $ 7.000."),
        ("pon en 720.000 el precio de la pintura blanca", "Ojo: hoy cuesta $ 72.000; quedaría en $ 720.000."),
        ("sube a 80.000 el precio de la pintura blanca", ""),
        ("baja 10 % la pintura blanca", ""),
    ],
)
def test_a_price_that_may_not_be_meant_is_asked_with_a_warning(desk: Talk, alice: User, text: str, warning: str):
    asked = desk.say(text).question
    assert asked.startswith("¿Cambio el precio de Pintura blanca 1 galón de $ 72.000 a ")
    assert (warning in asked) if warning else ("Ojo" not in asked)
    assert product(alice, "Pintura").price == 72000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hola", "Puedo cambiar precios y existencias"),
        ("¿quién me escribió hoy?", "/user/inbox"),
        ("¿qué preguntaron hoy los clientes?", "/user/inbox"),
        ("agrega un producto nuevo: pala, 20.000", "/user/commercial/products"),
    ],
)
def test_an_owner_hears_what_can_be_asked_and_where_the_rest_is(desk: Talk, text: str, told: str):
    assert decide(text, context="personal") == "commercial" or text == "hola"
    answered = desk.say(text)
    assert told in answered.text
    assert answered.reason == ""
    assert answered.question == ""


def test_it_takes_a_change_back_and_only_the_latest(desk: Talk, alice: User):
    desk.say("baja 10 % la pintura blanca")
    desk.say("dale")
    assert product(alice, "Pintura").price == 64800
    assert "$ 72.000" in desk.say("deshacer").text
    assert product(alice, "Pintura").price == 72000
    assert "No encuentro" in desk.say("deshacer").text


def test_a_product_that_changed_meanwhile_stays_as_it_is(desk: Talk, alice: User):
    desk.say("ponle precio 80.000 a la pintura blanca")
    pk = product(alice, "Pintura").pk
    with tenant_scope(alice):
        products.change(product_id=pk, price=Decimal(75000))
    assert "cambió mientras tanto" in desk.say("sí").text
    assert product(alice, "Pintura").price == 75000


def test_a_no_another_message_and_a_late_yes_do_nothing(desk: Talk, alice: User):
    desk.say("ponle precio 80.000 a la pintura blanca")
    assert "queda todo como está" in desk.say("no").text
    desk.say("ponle precio 80.000 a la pintura blanca")
    desk.say("¿qué martillos hay?")
    desk.say("sí")
    desk.say("ponle precio 80.000 a la pintura blanca")
    desk.say("sí", now=NOW + timedelta(hours=1))
    assert product(alice, "Pintura").price == 72000


def test_stock_moves_with_a_reason_and_back(desk: Talk, alice: User):
    assert "de 5 a 25" in desk.say("agrega 20 unidades de pintura blanca").question
    desk.say("sí")
    with tenant_scope(alice):
        moved = StockMovement.objects.latest("id")
    assert (moved.delta, moved.stock_after, moved.reason) == (20, 25, "Cambio por chat")
    assert "de 25 a 0" in desk.say("ya no hay pintura blanca").question
    desk.say("sí")
    assert product(alice, "Pintura").stock == 0
    desk.say("deshacer")
    assert product(alice, "Pintura").stock == 25


def test_it_takes_off_sale_and_puts_back(desk: Talk, alice: User):
    assert "¿Retiro Pintura blanca 1 galón de la venta?" in desk.say("desactiva la pintura blanca").question
    desk.say("sí")
    assert not product(alice, "Pintura").active
    assert "de nuevo a la venta" in desk.say("vuelve a vender la pintura blanca").question
    desk.say("sí")
    assert product(alice, "Pintura").active


@pytest.mark.parametrize(
    ("text", "kind", "words", "arguments"),
    [
        ("pon el stock del martillo de uña en 5", "stock", "martillo uña", {"stock": 5}),
        ("deja en 5 las existencias del martillo", "stock", "martillo", {"stock": 5}),
        ("ya no hay martillos", "stock", "martillos", {"stock": 0}),
        ("se agotó la pintura blanca", "stock", "pintura blanca", {"stock": 0}),
        ("la pintura blanca se acabó", "stock", "pintura blanca", {"stock": 0}),
        ("la pintura blanca ya no está disponible", "active", "pintura blanca", {"active": False}),
        ("ya no está disponible la pintura blanca", "active", "pintura blanca", {"active": False}),
        ("the pintura blanca is no longer available", "active", "pintura blanca", {"active": False}),
    ],
)
def test_an_owner_of_one_phone_changes_what_is_sold_whoever_answered_last(
    text: str, kind: str, words: str, arguments: dict[str, Any]
):
    assert decide(text, context="personal") == "commercial"
    command = read_command(text, currency="COP")
    assert command is not None
    assert (command.kind, command.words, command.arguments) == (kind, words, arguments)


@pytest.mark.parametrize(
    "text",
    [
        "ya no hay reunión mañana",
        "cambia la cita con Ana a las 5",
        "recuérdame contar el stock",
    ],
)
def test_an_agenda_stays_the_agendas(text: str):
    assert decide(text, context="personal") == "personal"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("set the price of the pintura blanca to 80,000", "Shall I change the price of Pintura blanca 1 galón"),
        ("muda o preço da pintura blanca para 80.000", "Mudo o preço de Pintura blanca 1 galón"),
    ],
)
def test_it_asks_in_the_owners_language(desk: Talk, text: str, question: str):
    assert desk.say(text).question.startswith(question)


def test_what_cannot_be_is_said_at_once(desk: Talk):
    assert desk.say("ponle 20000 al unicornio").question == ""
    assert "ya tiene ese precio" in desk.say("ponle precio 72.000 a la pintura blanca").text
    assert "solo hay 5" in desk.say("vendí 9 pinturas blancas").text


def test_orders_and_wishes_are_told_and_nothing_is_invented(desk: Talk, alice: User):
    assert "No hay pedidos" in desk.say("¿qué pedidos hay pendientes?").text
    with tenant_scope(alice):
        ordering.place(user=alice, contact=None, key="w", lines=[("MAR-016", 2)], currency="COP", now=NOW, note="")
    told = desk.say("¿qué pedidos hay pendientes?").text
    assert "2 × Martillo de uña 16 oz: $ 46.000" in told
    assert "nada que te hayan pedido" in desk.say("¿qué me piden que no tengo?").text
    wishes = [{"question": "telescopio", "times": 3}]
    assert "telescopio (3 veces)" in desk.say("¿qué me piden que no tengo?", wishes=lambda: wishes).text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("¿cuánto vendí este mes?", "La suma de lo vendido no la llevo"),
        ("¿cuánto he vendido?", "La suma de lo vendido no la llevo"),
        ("how much did we sell this month?", "I keep no sum"),
        ("quanto vendi este mês?", "A soma das vendas"),
    ],
)
def test_what_was_sold_is_no_search_and_no_invention(desk: Talk, text: str, says: str):
    answered = desk.say(text)
    assert says in answered.text
    assert "/user/analytics" in answered.text
    assert answered.reason == ""


def test_a_model_cannot_agree_in_the_owners_place(claude: AnthropicServer, desk: Talk, alice: User):
    pk = product(alice, "Pintura").pk
    change = Call("change_price", {"id": pk, "price": 80000, "percent": None, "amount": None})
    claude.script(change, Say("Te pregunto antes."))
    asked = desk.say("ponle 80 mil a la pintura")
    assert "de $ 72.000 a $ 80.000?" in asked.question
    claude.script(change, Say("Ya está."))
    desk.say("cuéntame de la pintura")
    assert product(alice, "Pintura").price == 72000
    claude.script(Say("Listo."))
    done = desk.say("sí")
    assert product(alice, "Pintura").price == 80000
    assert "pasó de $ 72.000 a $ 80.000" in done.text  # what the model leaves out is told


COMMANDS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("sube a 25 el precio del martillo de 16 oz", "price", "martillo 16 oz", {"price": 25}),
    ("sube a 25 mil el precio del martillo", "price", "martillo", {"price": 25000}),
    ("ponle precio 18.500 a la llave inglesa", "price", "llave inglesa", {"price": 18500}),
    ("baja 10 % el taladro percutor", "price", "taladro percutor", {"percent": -10}),
    ("sube 2000 pesos el martillo", "price", "martillo", {"amount": 2000}),
    ("cambia el precio del tornillo 1/4 a 300", "price", "tornillo 1/4", {"price": 300}),
    ("el martillo ahora cuesta 26.000", "price", "martillo", {"price": 26000}),
    ("sube el martillo a veinticinco mil", "price", "martillo", {"price": 25000}),
    ("quedan 4 martillos", "stock", "martillos", {"stock": 4}),
    ("agrega 20 unidades de puntillas de 2 pulgadas", "stock", "puntillas 2 pulgadas", {"change": 20}),
    ("ya no hay pintura blanca", "stock", "pintura blanca", {"stock": 0}),
    ("vendí 3 sierras", "stock", "sierras", {"change": -3}),
    ("pon el stock de la sierra en 12", "stock", "sierra", {"stock": 12}),
    ("desactiva el martillo de bola", "active", "martillo bola", {"active": False}),
    ("quita el martillo del catálogo", "active", "martillo", {"active": False}),
    ("vuelve a vender la pintura blanca", "active", "pintura blanca", {"active": True}),
    ("set the price of the claw hammer to 12.50", "price", "claw hammer", {"price": 12.5}),
    ("raise the price of the hammer by 5%", "price", "hammer", {"percent": 5}),
    ("we are out of white paint", "stock", "white paint", {"stock": 0}),
    ("there are 7 hammers left", "stock", "hammers", {"stock": 7}),
    ("muda o preço do martelo para 35,90", "price", "martelo", {"price": 35.9}),
    ("acabou a tinta branca", "stock", "tinta branca", {"stock": 0}),
    ("chegaram 5 martelos", "stock", "martelos", {"change": 5}),
    ("desativa o martelo", "active", "martelo", {"active": False}),
    ("deshacer", "undo", "", {}),
    ("¿qué pedidos tengo pendientes?", "orders", "", {}),
    ("o que me pedem que eu não tenho?", "wishes", "", {}),
]


@pytest.mark.parametrize(("text", "kind", "words", "arguments"), COMMANDS)
def test_it_understands_a_command(text: str, kind: str, words: str, arguments: dict[str, Any]):
    command = read_command(text, currency="COP")
    assert command is not None
    assert (command.kind, command.words, command.arguments) == (kind, words, arguments)


@pytest.mark.parametrize(
    "text",
    ["¿quedan 4 martillos?", "¿cuánto cuesta el martillo?", "hola", "sí", "gracias", "el de uña", "busco 2 sillas"],
)
def test_what_only_asks_is_no_command(text: str):
    assert read_command(text, currency="COP") is None


def test_a_text_made_to_be_slow_is_read_quickly(benchmark_seconds: Callable[[Callable[[], object]], float]):
    assert benchmark_seconds(lambda: read_command("sube a 25 " * 5000, currency="COP")) < 10.0


@pytest.fixture
def benchmark_seconds() -> Callable[[Callable[[], object]], float]:
    import time

    def measure(run: Callable[[], object]) -> float:
        began = time.process_time()
        run()
        return time.process_time() - began

    return measure
