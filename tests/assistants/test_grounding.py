# ruff: noqa: E501  (word lists and patterns are one line each)
"""The grounding check: numbers, sentences, the gate, and both rates on replies made by hand and by template."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from assistants.grounding import Facts, SentenceGate, check
from assistants.grounding.numbers import find_numbers
from assistants.grounding.sentences import split_units
from tests.assistants.grounding_cases import FRESH, JUDGED, PARTS, Case, cases, facts_of, shops
from tests.assistants.measure_grounding import measure

MOST_HELD_BACK, LEAST_CAUGHT = 0.02, 0.98


def hardware(question: str = "") -> Facts:
    return facts_of(Case("ferreteria", question, "", None, "hand"))


def kinds(text: str, question: str = "") -> set[str]:
    return {violation.kind.value for violation in check(text, facts=hardware(question))}


@pytest.mark.parametrize("part", PARTS)
def test_it_catches_inventions_and_lets_true_replies_pass(part: str) -> None:
    chosen = cases(part)
    rates = measure(chosen)
    assert rates.caught_share >= LEAST_CAUGHT, [case.reply for case in rates.missed]
    assert rates.held_share <= MOST_HELD_BACK, [case.reply for case in rates.held]


@pytest.mark.parametrize("parts", [JUDGED, FRESH])
def test_it_holds_against_replies_written_without_reading_it(parts: tuple[str, ...]) -> None:
    rates = measure(case for part in parts for case in cases(part))
    assert rates.invented >= 210
    assert rates.true >= 210
    assert rates.caught_share >= LEAST_CAUGHT, [case.reply for case in rates.missed]
    assert rates.held_share <= MOST_HELD_BACK, [case.reply for case in rates.held]


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("Abrimos de lunes a viernes de 7:30 a 18:00.", True),
        ("Abrimos de lunes a viernes de 7:30 a 20:30.", False),
        ("El domicilio en Bogotá es gratis desde $ 250.000.", True),
        ("El domicilio es gratis siempre.", False),
        ("Puedes pagarlo en 6 cuotas sin interés.", False),
        ("No manejamos cuotas sin interés.", True),
        ("Tiene 5 años de garantía.", False),
    ],
)
def test_terms_of_sale_need_a_trusted_text(text: str, true: bool) -> None:
    assert (check(text, facts=hardware()) == []) is true


@pytest.mark.parametrize(
    "piece", ["el más barato de ", "a, ", "de 1 a 2 y ", "viene en ", "todos a ", "(", "1", "garantia 3 a 4 a "]
)
def test_a_long_odd_text_is_read_quickly(piece: str) -> None:
    began = time.process_time()
    check((piece * 4000)[:4000], facts=hardware())
    assert time.process_time() - began < 2


def test_the_sets_are_large_enough_to_say_something() -> None:
    every = [case for part in PARTS for case in cases(part)]
    assert sum(case.invents is None for case in every) >= 300
    assert sum(case.invents is not None for case in every) >= 300
    assert len({case.shop for case in every}) >= 7
    assert len({shops()[case.shop]["currency"] for case in every}) >= 6


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$ 1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("R$ 9,90", "9.90"),
        ("12 mil pesos", "12000"),
        ("1,5 millones", "1500000"),
        ("$45k", "45000"),
        ("45 lucas", "45000"),
        ("cuarenta y cinco mil pesos", "45000"),
        ("doce dólares con cincuenta", "12.50"),
        ("twelve fifty", "12.50"),
        ("quarenta e cinco reais", "45"),
        ("duzentos e cinquenta reais e noventa centavos", "250.90"),
        ("medio millón de pesos", "500000"),
        ("una docena", "12"),
        ("un par", "2"),
        ("un millón y medio", "1500000"),
        ("1 millón 200 mil", "1200000"),
        ("ciento veintinueve mil novecientos pesos", "129900"),
        ("S/ 12.50", "12.50"),
        ("veintidós", "22"),
        ("forty-five thousand nine hundred", "45900"),
    ],
)
def test_it_reads_numbers_in_digits_and_words(text: str, value: str) -> None:
    (number,) = find_numbers(text)
    assert Decimal(value) in number.values


def test_it_reads_no_separator_as_another_amount() -> None:
    assert [number.values for number in find_numbers("45.900 y 45,90")] == [{Decimal(45900)}, {Decimal("45.90")}]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Cuesta $ 1.234,50. Quedan 5.", ["Cuesta $ 1.234,50. ", "Quedan 5."]),
        ("Es de 16 oz. de acero.", ["Es de 16 oz. de acero."]),
        ("Ferretería S.A. Bogotá", ["Ferretería S.A. Bogotá"]),
        ("Tenemos:\n- A. Bueno: $ 1. Sí\n- B", ["Tenemos:\n", "- A. Bueno: $ 1. Sí\n", "- B"]),
        ("¿Te sirve? ¡Claro!", ["¿Te sirve? ", "¡Claro!"]),
        ("| a | b. c |\n| d | e |", ["| a | b. c |\n", "| d | e |"]),
    ],
)
def test_it_cuts_at_sentences_and_lines(text: str, units: list[str]) -> None:
    assert split_units(text, final=True) == (units, "")


def test_a_sentence_without_an_end_does_not_stop_the_stream() -> None:
    units, rest = split_units("palabras que siguen, " * 60, final=False)
    assert units
    assert "".join(units) + rest == "palabras que siguen, " * 60


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_gate_releases_the_same_text_whatever_the_pieces(size: int) -> None:
    text = "Sí, tenemos el Serrucho profesional 20 pulgadas a $ 38.500. Quedan 5.\n- Brocha de cerda 3 pulgadas: $ 11.900\n¿Algo más?"
    heard: list[str] = []
    gate = SentenceGate(facts=hardware(), release=heard.append)
    for start in range(0, len(text), size):
        gate.feed(text[start : start + size])
    assert gate.finish() == []
    assert gate.released == "".join(heard) == text


def test_the_gate_lets_nothing_pass_behind_an_invention() -> None:
    heard: list[str] = []
    gate = SentenceGate(facts=hardware(), release=heard.append)
    gate.feed("Claro que sí. El Serrucho profesional 20 pulgadas cuesta $ 39.500. Quedan 5. ")
    assert "".join(heard) == "Claro que sí. "
    assert gate.closed
    gate.feed("Y más. ")
    assert [violation.kind.value for violation in gate.finish()] == ["price"]
    assert "".join(heard) == "Claro que sí. "
    assert "39.500" in gate.held


def test_a_price_is_never_released_before_its_figures_are_complete() -> None:
    heard: list[str] = []
    gate = SentenceGate(facts=hardware(), release=heard.append)
    for sign in "El Serrucho profesional 20 pulgadas cuesta $ 38.5001 y ya":
        gate.feed(sign)
    assert heard == []
    assert gate.finish()


def test_a_row_that_a_tool_read_may_be_spoken_of() -> None:
    facts = Facts(currency="COP", question="cepillos")
    text = "Tenemos el Cepillo eléctrico 82 mm a $ 329.000."
    assert check(text, facts=facts)
    facts.add_tool_result(
        '{"products": [{"id": 9, "name": "Cepillo eléctrico 82 mm", "price": "329000.00", "stock": 2, "category": "x"}]}'
    )
    assert check(text, facts=facts) == []


def test_the_latest_row_counts() -> None:
    facts = Facts(currency="COP", products=[{"id": 1, "name": "Cepillo eléctrico", "price": "100", "stock": 2}])
    facts.add_products([{"id": 1, "name": "Cepillo eléctrico", "price": "120", "stock": 0}])
    assert check("El Cepillo eléctrico cuesta $ 100.", facts=facts)
    assert check("El Cepillo eléctrico cuesta $ 120 y está agotado.", facts=facts) == []


def test_a_tool_answer_that_is_no_json_is_no_fact() -> None:
    facts = Facts(currency="COP")
    facts.add_tool_result("Cepillo $ 100")
    facts.add_tool_result('{"error": "no product has the id 7"}')
    assert facts.products == ()


@pytest.mark.parametrize(
    ("text", "question", "kind"),
    [
        ("El martillo Stanley cuesta US$ 45.900.", "", "price"),
        ("Cuesta $ 52.500.", "¿cuánto vale el martillo de uña?", "price"),
        ("Sí, el taladro cuesta $ 250.000.", "¿el taladro cuesta 250.000?", "price"),
        ("Sí, tenemos iPhone 15.", "¿tienen iPhone 15?", "product"),
        ("Hay 120 taladros percutores.", "", "stock"),
        ("Tenemos 300 modelos distintos.", "", "stock"),
        ("Te dejo el martillo a mitad de precio.", "", "percentage"),
    ],
)
def test_it_is_not_fooled(text: str, question: str, kind: str) -> None:
    assert kind in kinds(text, question)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("No, no tenemos iPhone 15.", "¿tienen iPhone 15?"),
        ("No encontré «lijadora orbital» en el catálogo.", "lijadora orbital"),
        ("Con $ 50.000 te alcanza para el martillo de uña.", "tengo 50.000 pesos para un martillo"),
        ("Los 3 martillos de uña te salen en $ 137.700.", "necesito 3 martillos de uña"),
        ("Abrimos a las 7:30 y estamos en la Calle 45 # 12-30.", "horario y dirección"),
        ("Tenemos 2 taladros: percutor e inalámbrico.", "taladros"),
        ("Puedes ver más en https://tornillo.example/p/45?precio=999999 o al +57 300 123 4567.", "web"),
    ],
)
def test_it_lets_true_things_be_said(text: str, question: str) -> None:
    assert check(text, facts=hardware(question)) == []


@pytest.mark.parametrize("text", ["", " ", "\n\n", "🙂", "**", "|||", "- ", "\x00", "«»", "$", "1" * 400, "(" * 300])
def test_odd_text_raises_nothing(text: str) -> None:
    check(text, facts=hardware())
