"""A catalogue with indexes of its own finds what a scanned one does, and nothing stale."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from catalog import indexes, large, products, tasks
from catalog.indexing import embed_products
from catalog.models import Product
from catalog.search import search
from tenants.accounts import register
from tenants.models import User
from tenants.scope import tenant_scope
from tests.databases import empty_tables

KINDS = ("Taladro percutor", "Camisa azul", "Pintura blanca", "Audífonos inalámbricos", "Llave inglesa", "Zapatillas")


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch):
    _lower(monkeypatch)


def _lower(monkeypatch):
    monkeypatch.setattr(indexes, "WORDS_FROM", 100)
    monkeypatch.setattr(indexes, "VECTORS_FROM", 100)
    monkeypatch.setattr(large, "LEAST_NEAREST", 5)


@pytest.fixture(scope="class")
def shops(django_db_setup, django_db_blocker):
    """Alice's products, so many that she gets both indexes, which are built; Bob's are as many.

    Committed, as building an index wants it: for a class of tests that take back what they change.
    """
    with django_db_blocker.unblock():
        with pytest.MonkeyPatch.context() as patched:
            _lower(patched)
            alice, bob = (register(username=name, password="una-clave-larga-7") for name in ("alice", "bob"))
            stock(alice, bob)
        yield alice, bob
        leave(alice)
        empty_tables()


@pytest.fixture
def shop(alice, bob):
    """The same, for a test that commits."""
    stock(alice, bob)
    yield alice
    leave(alice)


def stock(alice: User, bob: User) -> None:
    for user in (bob, alice):
        with tenant_scope(user):
            Product.objects.bulk_create(
                Product(
                    user=user,
                    name=f"{KINDS[n % len(KINDS)]} n.º {n}",
                    category="Varios",
                    sku=f"SKU-{n}",
                    price=Decimal(n + 1),
                    stock=n % 3,
                )
                for n in range(240)
            )
        embed_products(user=user, now=timezone.now())
    wanted = [f"product_vectors_of_{alice.pk}"] + [f"product_words_of_{alice.pk}"] * indexes.words_may_be_indexed()
    assert sorted(indexes.build(user=alice)) == wanted


def leave(alice: User) -> None:
    with connection.cursor() as cursor:
        for name in (f"product_vectors_of_{alice.pk}", f"product_words_of_{alice.pk}"):
            cursor.execute(f"DROP INDEX IF EXISTS {name}")


@pytest.mark.django_db
def test_the_embedded_server_looks_words_up_in_an_index(db, settings):
    assert settings.DATABASE_URL or indexes.words_may_be_indexed()


def _names(user: User, query: str, **options: object) -> list[str]:
    with tenant_scope(user):
        return [hit.name for hit in search(user=user, query=query, **options)]


@pytest.mark.django_db
class TestALargeOne:
    @pytest.mark.parametrize(
        ("query", "kind"),
        [
            ("taladro", "Taladro"),
            ("taladrro", "Taladro"),
            ("camisas azules", "Camisa"),
            ("pintura blanca para exterior", "Pintura"),
            ("headphones", "Audífonos"),
            ("tenis", "Zapatillas"),
        ],
    )
    def test_it_finds_by_words_meaning_and_slips(self, shops, query, kind):
        shop, bob = shops
        large._remember_vocabulary.cache_clear()
        found = _names(shop, query)
        assert len(found) == 10
        assert all(name.startswith(kind) for name in found), found
        # Bob's catalogue is the same and scanned.
        assert all(name.startswith(kind) for name in _names(bob, query))

    def test_it_finds_one_tenants_products_only(self, shops):
        shop, _bob = shops
        with tenant_scope(shop):
            assert {hit.user_id for hit in search(user=shop, query="taladro", limit=60)} == {shop.pk}

    def test_an_exact_sku_comes_first(self, shops):
        shop, _bob = shops
        assert _names(shop, "sku-77")[0].endswith("n.º 77")
        assert _names(shop, "¿tienen el SKU-78?")[0].endswith("n.º 78")

    def test_it_narrows(self, shops):
        shop, _bob = shops
        with tenant_scope(shop):
            hits = search(
                user=shop, query="taladro", limit=50, in_stock=True, max_price=Decimal(100), category="Varios"
            )
        assert hits
        assert all(hit.stock and hit.price <= 100 for hit in hits)
        assert _names(shop, "taladro", category="Otra") == []

    def test_nothing_is_stale_after_a_change(self, shops):
        shop, _bob = shops
        with tenant_scope(shop):
            made = products.create(user=shop, name="Guitarra criolla", price=Decimal(5))
        assert _names(shop, "guitarra")[0] == "Guitarra criolla"
        with tenant_scope(shop):
            products.change(product_id=made.pk, name="Piano vertical")
        assert _names(shop, "piano")[0] == "Piano vertical"
        assert "Guitarra criolla" not in _names(shop, "guitarra")
        with tenant_scope(shop):
            products.withdraw(product_id=made.pk)
        assert "Piano vertical" not in _names(shop, "piano")
        with tenant_scope(shop):
            products.restore(product_id=made.pk)
        assert _names(shop, "piano")[0] == "Piano vertical"

    def test_vectors_of_another_model_do_not_use_the_index(self, shops, settings):
        shop, _bob = shops
        words = indexes.words_may_be_indexed()
        assert indexes.indexes_of(shop.pk) == indexes.Indexes(words=words, vectors=True)
        settings.EMBEDDING_PROVIDER, settings.OPENAI_BASE_URL = "openai", "http://127.0.0.1:9/v1"
        assert indexes.indexes_of(shop.pk) == indexes.Indexes(words=words, vectors=False)

    def test_the_index_over_words_is_used_under_row_security(self, shops):
        shop, _bob = shops
        with tenant_scope(shop), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO catalog_product (user_id, version, name, description, price, sku, category, stock, active,"
                f" created_at, updated_at) SELECT {shop.pk}, 1, 'Tornillo ' || n, '', 1, '', '', 1, true, now(), now()"
                " FROM generate_series(1000, 7000) n"
            )
            cursor.execute("ANALYZE catalog_product")
            cursor.execute(f"EXPLAIN SELECT id FROM catalog_product WHERE user_id = {shop.pk} AND words @@ '4711'")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        # A server of one's own takes the index once its superuser has marked `@@` leakproof; the embedded one has.
        assert (f"Bitmap Index Scan on product_words_of_{shop.pk}" in plan) == indexes.words_may_be_indexed(), plan
        assert _names(shop, "tornillo 4711")[0] == "Tornillo 4711"


@pytest.mark.django_db(transaction=True)
def test_building_twice_builds_once_and_takes_away_what_is_left_of_the_dead(shop):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE INDEX product_words_of_999999 ON catalog_product USING gin (words) WHERE user_id = 999999"
        )
    assert indexes.build(user=shop) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('product_words_of_999999')")
        assert cursor.fetchone() == (None,)


@pytest.mark.django_db(transaction=True)
def test_a_small_catalogue_gets_none(shop):
    carol = register(username="carol", password="una-clave-larga-7")
    with tenant_scope(carol):
        made = products.create(user=carol, name="Martillo", price=Decimal(5))
        assert not indexes.is_due(user=carol)
    tasks.embed(carol.pk, made.pk)
    assert tasks.index(carol.pk) == "nothing to build"
    assert indexes.indexes_of(carol.pk) == indexes.Indexes()
