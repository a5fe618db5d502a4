"""The report: a few pages with every figure, in the person's words, whatever customers and products are called."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from django.utils import translation

from analytics.report import draw
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests.analytics.figures import make_bare_figures, make_figures
from tests.papers import pages, texts

pytestmark = pytest.mark.django_db


def drawn(user: User, figures: dict[str, Any], *, language: str = "es") -> bytes:
    """The report without compression, so that what is written in it can be read."""
    user.language = language
    with translation.override(language), tenant_scope(user):
        return draw(user=user, figures=figures, compress=False)


@pytest.fixture
def shop(alice: User) -> User:
    with tenant_scope(alice):
        Preferences.objects.update(business_name="Ferretería El Tornillo", currency="COP")
    return alice


def test_it_says_whose_it_is_of_which_days_and_what_came_before(shop):
    paper = drawn(shop, make_figures())
    said = texts(paper)
    assert paper.startswith(b"%PDF-")
    assert "Ferretería El Tornillo" in said
    assert re.search(r"26 (de )?oct.* 22 (de )?nov.* 2026, comparado con 28 (de )?sep", said)
    assert "Página 1 de" in said
    assert pages(paper) <= 4


def test_it_shows_the_four_figures_beside_those_of_the_period_before(shop):
    said = texts(drawn(shop, make_figures()))
    for words in (
        "Personas que escribieron 151 23 más que antes (+18%)",
        "Tiempo de respuesta 8,2 s 4,2 s más rápido (-34%)",
        "Preguntas sin respuesta 7 4 menos que antes (-36%)",
        "Costo del asistente US$ 1,87",
        "95 de cada 100, en 1 min 14 s o menos",
        "$ 1.234.567,50",
        "igual que antes",
        "sin con qué comparar",
    ):
        assert words in said, said


def test_it_holds_every_chart_with_its_values(shop):
    said = texts(drawn(shop, make_figures()))
    for title in (
        "Conversaciones por canal y asistente",
        "Tiempo de respuesta",
        "A qué hora te escriben",
        "Lo que más piden",
        "Lo que te piden y no tienes",
        "De la pregunta al pedido",
        "Qué tan llena está tu agenda",
        "Tareas hechas y por hacer",
        "Avisos",
        "WhatsApp, gratis y cobrado",
        "El asistente",
        "Qué hacer ahora",
    ):
        assert title in said
    assert "De 90 personas que preguntaron, 24 pidieron (27%)." in said
    assert "21 (antes 15)" in said
    assert "cortadora" in said


def test_the_same_figures_make_the_same_bytes(shop):
    assert drawn(shop, make_figures()) == drawn(shop, make_figures())
    assert drawn(shop, make_figures()) != drawn(shop, make_figures(days=27))


def test_dates_may_come_as_the_api_writes_them(shop):
    def as_json(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: as_json(one) for name, one in value.items()}
        if isinstance(value, list):
            return [as_json(one) for one in value]
        return value.isoformat() if isinstance(value, (date, datetime)) else value

    assert drawn(shop, as_json(make_figures())) == drawn(shop, make_figures())


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "151 23 more than before (+18%)"), ("pt", "151 23 a mais que antes (+18%)")],
)
def test_it_speaks_the_persons_language(shop, language, words):
    said = texts(drawn(shop, make_figures(), language=language))
    assert words in said
    assert "1,234,567.50" in said if language == "en" else "1.234.567,50" in said
    assert "más" not in said


def test_markup_of_customers_is_text(shop):
    figures = make_figures()
    figures["missing"][0]["question"] = "<b>¿Tienen</b> <img src='file:///etc/passwd'/> <para> & clavos?"
    figures["products"][0]["name"] = 'Tornillo </font> 3/8" & <script>'
    with tenant_scope(shop):
        Preferences.objects.update(business_name="<u>El & Tornillo")
    said = texts(drawn(shop, figures)).replace(" ", "")
    assert "<u>El&Tornillo" in said
    assert "<b>¿Tienen</b><imgsrc='file:///etc/passwd'/>" in said
    assert "Tornillo</font>" in said


@pytest.mark.parametrize("name", ["🔨🔩", "مطرقة", "锤子", "Mo\u0142otek Żółć → ☕", "a\u0000\u202eb", "x" * 400, ""])
def test_names_in_any_writing_neither_break_it_nor_come_out_as_others(shop, name):
    figures = make_figures()
    figures["products"][0]["name"] = figures["missing"][0]["question"] = name
    figures["advice"][0]["text"] = name
    with tenant_scope(shop):
        Preferences.objects.update(business_name=name[:100].replace("\x00", ""))
    paper = drawn(shop, figures)
    said = texts(paper)
    assert "■" not in said
    assert b"ZapfDingbats" not in paper
    if name.startswith("Mo"):
        assert said.count(name) >= 5  # business, title, product, question, advice
    if name == "مطرقة":
        assert "Producto n.º 11" in said
        assert "(una pregunta en otra escritura)" in said
        assert "alice" in said


def test_of_nothing_it_says_so(shop):
    said = texts(drawn(shop, make_bare_figures()))
    assert "Nadie escribió en estos días." in said
    assert "Nada pide tu atención. Sigue así." in said
    assert "US$ 0,00" in said


@pytest.mark.parametrize("days", [1, 2, 31, 400])
def test_any_length_of_period_fits(shop, days):
    paper = drawn(shop, make_figures(days=days))
    assert 1 <= pages(paper) <= 4


def test_what_cost_nothing_is_no_cost(shop):
    figures = make_figures()
    figures["figures"]["cost_usd"] = {"value": "0.00", "before": None}
    figures["series"]["cost_usd"] = ["0.00"] * 28
    said = texts(drawn(shop, figures))
    assert "No costó nada." in said
    assert "Costó" not in said


def test_what_a_model_without_prices_costs_is_not_known(shop):
    figures = make_figures()
    figures["figures"]["cost_usd"] = {"value": None, "before": None}
    figures["series"]["cost_usd"] = [None] * 28
    said = texts(drawn(shop, figures))
    assert "De una parte no sabemos el costo: al modelo le faltan precios." in said
