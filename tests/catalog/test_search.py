from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from catalog import products
from catalog.indexing import embed_products
from catalog.models import Product
from catalog.search import MOST_WORD_HITS, search, similar
from catalog.vectors import ProductEmbedding
from catalog.words import split
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

GOODS = [
    ("Notebook 15.6 pulgadas 8 GB", "Computación", "Procesador de cuatro núcleos y teclado en español.", "NB-15/8"),
    ("Refrigerador 260 L no frost", "Electrodomésticos", "Dos puertas.", ""),
    ("Zapatillas urbanas blancas", "Calzado", "Suela de goma.", "ZAP-001"),
    ("Serrucho profesional 22 pulgadas", "Herramientas", "Dientes templados para madera.", "SER-22"),
    ("Lapicero azul", "Escritura", "Tinta fluida.", ""),
    ("Lápices de colores x 24", "Arte", "No tóxicos.", ""),
    ("Frazada térmica dos plazas", "Ropa de cama", "Felpa suave.", ""),
    ("Camiseta básica de algodón", "Ropa", "Cuello redondo.", ""),
    ("Olla a presión 6 L", "Cocina", "Aluminio.", ""),
    ("Pañales talla G", "Bebés", "Absorción de doce horas.", ""),
]


@pytest.fixture
def shop(alice, bob):
    """Alice's scope and her products with their vectors; Bob sells the same and more, which must not matter."""
    for user in (bob, alice):
        goods = GOODS + [("Motosierra de Bob", "Herramientas", "", "")] * (user == bob)
        with tenant_scope(user):
            Product.objects.bulk_create(
                Product(user=user, name=name, category=category, description=text, sku=sku, price=Decimal(10))
                for name, category, text, sku in goods
            )
        embed_products(user=user, now=timezone.now())
    with tenant_scope(alice):
        yield alice


def _names(user, query, **options):
    return [hit.name for hit in search(user=user, query=query, **options)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("notebok", "Notebook"),
        ("refrijerador", "Refrigerador"),
        ("zapatiyas", "Zapatillas"),
        ("nevera", "Refrigerador"),
        ("heladera", "Refrigerador"),
        ("fridge", "Refrigerador"),
        ("geladeira", "Refrigerador"),
        ("tenis", "Zapatillas"),
        ("computadora portátil", "Notebook"),
        ("esferos", "Lapicero"),
        ("cobija", "Frazada"),
        ("remera", "Camiseta"),
        ("lapiz", "Lápices"),
        ("LÁPICES", "Lápices"),
        ("panales", "Pañales"),
        ("serru", "Serrucho"),
        ("¿tienen algo para cortar madera y cuánto cuesta?", "Serrucho"),
        ("ZAP-001", "Zapatillas"),
        ("zap-001", "Zapatillas"),
        ("¿tienen el nb-15/8?", "Notebook"),
    ],
)
def test_it_finds_first(shop, query, first):
    assert _names(shop, query)[0].startswith(first)


def test_a_kind_finds_what_belongs_to_it(shop):
    assert set(_names(shop, "papelería")[:2]) == {"Lapicero azul", "Lápices de colores x 24"}


def test_scores_fall_from_one_to_zero(shop):
    hits = search(user=shop, query="ser-22 serrucho", limit=10)
    scores = [hit.score for hit in hits]
    assert scores[0] == 1.0
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_another_tenants_products_are_never_found(shop, bob):
    found = [hit for query in ("motosierra", "cortar madera", "ZAP-001") for hit in search(user=shop, query=query)]
    assert found
    assert {hit.user_id for hit in found} == {shop.pk}
    # The scope decides too: asked for somebody else inside it, there is nobody.
    assert search(user=bob, query="motosierra") == []


def test_a_withdrawn_product_is_not_found(shop):
    products.withdraw(product_id=Product.objects.get(name__startswith="Serrucho").pk)
    assert "Serrucho profesional 22 pulgadas" not in _names(shop, "serrucho")


def test_a_product_without_a_vector_is_found_by_its_words(shop):
    made = products.create(user=shop, name="Taladro percutor", price=Decimal(5))
    assert not ProductEmbedding.objects.filter(product=made).exists()
    assert _names(shop, "taladros")[0] == "Taladro percutor"
    assert _names(shop, "taladro perforador")[0] == "Taladro percutor"


def test_words_alone_answer_when_there_is_no_vector_at_all(shop):
    ProductEmbedding.objects.all().delete()
    assert _names(shop, "nevera") == ["Refrigerador 260 L no frost"]


def test_it_narrows(shop):
    products.change(product_id=Product.objects.get(name__startswith="Lapicero").pk, stock=3, price=Decimal(2))
    assert _names(shop, "papelería", in_stock=True) == ["Lapicero azul"]
    assert _names(shop, "papelería", max_price=Decimal("2.00")) == ["Lapicero azul"]
    assert "Lapicero azul" not in _names(shop, "papelería", min_price=Decimal(3))
    assert _names(shop, "lápiz", category="Arte") == ["Lápices de colores x 24"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "\x00",
        "'",
        "\\",
        "a:*&|!()<->",
        "' | 'x",
        "%s %(user)s",
        "\ud800",
        "😀",
        "مرحبا",
        "漢字",
        "x" * 9000,
        "-" * 300,
    ],
)
def test_any_text_is_a_query(shop, query):
    assert isinstance(search(user=shop, query=query), list)


@pytest.mark.parametrize("limit", [0, -1])
def test_nothing_is_found_where_nothing_is_asked_for(shop, limit):
    assert search(user=shop, query="serrucho", limit=limit) == []


def test_similar_products_are_others_of_their_kind(shop):
    pencil = Product.objects.get(name__startswith="Lápices")
    hits = similar(user=shop, product=pencil, limit=3)
    assert hits[0].name == "Lapicero azul"
    assert pencil.pk not in [hit.pk for hit in hits]
    ProductEmbedding.objects.all().delete()
    assert pencil.pk not in [hit.pk for hit in similar(user=shop, product=pencil, limit=3)]


@pytest.mark.parametrize(
    "text",
    [
        'Ñandú — «café» 3/4" 220-240V, 15.6″ x2 (b/v)\n\t¡ya!',
        "it's a:b 'quoted' back\\slash & | ! ( ) <-> %",
        "😀 emoji مرحبا 漢字 ΑΒΓ Straße İstanbul",
        "a" * 150 + " corta",
        "",
    ],
)
def test_postgresql_parts_words_as_python_does(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT array(SELECT lexeme FROM unnest(catalog_words(%s, 'A')))", [text])
        lexemes = cursor.fetchone()[0]
    assert set(lexemes) == {word for word in split(text) if len(word) < 100}


def test_stems_are_the_same_on_many_threads():
    from catalog import words

    expected = {f"martillo{'s' * (n % 2)}": words.stem("martillo") for n in range(2)}
    words.stem.cache_clear()
    wrong = []

    def work():
        for _ in range(300):
            for word, stem in expected.items():
                words.stem.cache_clear()
                if words.stem(word) != stem:
                    wrong.append(word)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_among_thousands_that_hold_a_word_those_that_hold_all_come_first(alice, bob):
    for user in (bob, alice):
        with tenant_scope(user), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO catalog_product (user_id, version, name, description, price, sku, category, stock, active,"
                f" created_at, updated_at) SELECT {user.pk}, 1, 'Tornillo ' || n, '', 1, '', '', 1, true, now(), now()"
                f" FROM generate_series(1, {MOST_WORD_HITS + 500}) n"
            )
    with tenant_scope(alice):
        hits = search(user=alice, query=f"tornillo {MOST_WORD_HITS + 400}")
    assert hits[0].name == f"Tornillo {MOST_WORD_HITS + 400}"
