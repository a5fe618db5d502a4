"""The price list: what a shop hands to its customers, whatever its products are called."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from catalog import price_list
from catalog.models import Product
from tenants.models import Preferences, User
from tenants.preferences import CURRENCIES
from tenants.scope import tenant_scope
from tests import factories
from tests.papers import closely, pages, texts

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)  # still the 23rd in Bogotá


@pytest.fixture
def shop(alice: User, bob: User) -> User:
    with tenant_scope(bob):
        factories.product(bob, name="Ajeno", category="Herramientas")
    with tenant_scope(alice):
        Preferences.objects.update(business_name="Ferretería El Tornillo", currency="COP")
    return alice


def drawn(user: User, *, language: str = "es", **filters: Any) -> bytes:
    """Without compression, so that what is written can be read."""
    file, user.language = io.BytesIO(), language
    with translation.override(language), timezone.override(user.timezone), tenant_scope(user):
        price_list.draw(user=user, filters={"active": "true", **filters}, file=file, now=NOW, compress=False)
    return file.getvalue()


def test_it_says_whose_it_is_of_which_day_and_which_page(shop):
    with tenant_scope(shop):
        factories.product(shop, name="Martillo", category="Herramientas", price="45900.00", sku="MAR-1")
        factories.product(shop, name="Alicate", category="Herramientas", price="1234.50", sku="ALI-1")
        factories.product(shop, name="Bombillo", category="Eléctricos", sku="BOM-1")
        factories.product(shop, name="Suelto", category="", sku="")
        factories.product(shop, name="Retirado", active=False)
    paper = drawn(shop)
    said = texts(paper)
    assert paper.startswith(b"%PDF-")
    for words in (
        "Ferretería El Tornillo Lista de precios · 23 de noviembre de 2026",
        "Herramientas Código 2 productos Alicate ALI-1 $ 1.234,50 Martillo MAR-1 $ 45.900",
        "Página 1 de 1",
        "FE",  # the monogram
    ):
        assert words in said, said
    assert said.index("Eléctricos") < said.index("Herramientas") < said.index("Otros productos")
    assert "Retirado" not in said
    assert "Ajeno" not in said


def test_many_products_fill_pages_that_are_counted_and_each_names_its_category(shop):
    with tenant_scope(shop):
        rows = [Product(user=shop, name=f"Tornillo {n}", price=n, category="Tornillos") for n in range(200)]
        Product.objects.bulk_create(rows)
    paper = drawn(shop)
    said, count = texts(paper), pages(paper)
    assert count > 2
    assert [f"Página {n} de {count}" in said for n in range(1, count + 1)] == [True] * count
    assert said.count("200 productos") == count


def test_stock_is_shown_when_it_is_asked_for(shop):
    with tenant_scope(shop):
        factories.product(shop, name="Martillo", stock=1250)
        factories.product(shop, name="Serrucho", stock=0)
    assert "1.250" not in texts(drawn(shop))
    said = texts(drawn(shop, with_stock="true"))
    assert "1.250" in said
    assert "Agotado" in said


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("<b>Negrita</b> & <font color='red'>roja</font>", "<b>Negrita</b> & <font color='red'>roja</font>"),
        ('<img src="http://127.0.0.1/x.png"/>', '<img src="http://127.0.0.1/x.png"/>'),
        ("<para", "<para"),
        ("Café ☕ – 5 kg → niño “Żółć” 漢字", "Café ☕ – 5 kg → niño “Żółć” □"),
        ("Ελιές & Чай № 5 ≥ ½ ✓", "Ελιές & Чай № 5 ≥ ½ ✓"),
        ("Café ❤️ 🔥🔥 premium 👩‍🍳", "Café ❤ □ premium □"),
        ("Ja\u0142owiec a\u0301rbol q\u0303", "Jałowiec árbol"),
        ("汉字", "COD-1"),
        ("شاي أخضر", "COD-1"),
        ("Tornillo\u202e exe.piz", "Tornillo exe.piz"),
        ("%s %(x)s {0}", "%s %(x)s {0}"),
        ("(paréntesis) \\ y barra", "(paréntesis) \\ y barra"),
    ],
)
def test_a_name_is_shown_as_text_whatever_it_looks_like(shop, name, shown):
    with tenant_scope(shop):
        factories.product(shop, name=name, description=name, category=name[:100], sku="COD-1")
    said = texts(drawn(shop))
    assert closely(shown) in closely(said), said


def test_the_longest_texts_stay_on_the_paper(shop):
    with tenant_scope(shop):
        for n in range(5):
            factories.product(shop, name="W" * 200, description="M" * 5000, category="Ñ" * 100, sku=f"{n}" * 64)
        factories.product(shop, name="palabra " * 24, price="999999999999.99")
    assert "$ 999.999.999.999,99" in texts(drawn(shop, with_stock="true"))


def test_no_products_make_a_page_that_says_so(shop):
    assert "No hay productos a la venta que mostrar." in texts(drawn(shop))


@pytest.mark.parametrize("currency", [code for code, _name in CURRENCIES])
def test_every_currency_keeps_its_sign(shop, currency):
    with tenant_scope(shop):
        Preferences.objects.update(currency=currency)
        factories.product(shop, name="Martillo", price=Decimal("1234.50"), sku="")
    said = texts(drawn(shop))
    (amount,) = (written for written in ("1,234.50", "1.234,50", "1 234,50") if written in said)
    before, after = said.split(amount)
    assert any(sign in "$€" or sign.isalpha() for sign in (before[-4:] + after[:4]).replace("Martillo", "")), said


def test_it_speaks_the_persons_language(shop):
    with tenant_scope(shop):
        factories.product(shop, name="Martillo")
    assert "23 de novembro de 2026" in texts(drawn(shop, language="pt"))
    assert "November 23, 2026" in texts(drawn(shop, language="en"))
