"""Pages of the list: all orders, both ways, while others write; and how PostgreSQL finds them behind row security."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.filters import ORDERINGS
from catalog.models import Product
from tenants.models import User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

PATH = "/api/user/products"
NAMES = ["Ácido", "martillo", "Martillo", "árbol", "Ñandú", "nivel", "Zócalo", "✂️ tijera", "A'; --", "Ébano", "ebano"]


def _stock_up(user) -> None:
    with tenant_scope(user):
        Product.objects.bulk_create(
            Product(
                user=user,
                name=name,
                price=Decimal(n * 7 % 5) + Decimal("0.10"),
                stock=n % 3,
                sku=f"{'aBc'[n % 3]}-{n}",
                category=("Químicos", "Herramientas", "")[n % 3],
                active=n % 11 != 5,
            )
            for n, name in enumerate(NAMES)
        )


@pytest.fixture
def shop(alice, bob, api):
    """Alice's client, with eleven products, one of them withdrawn; Bob has the same ones."""
    for user in (alice, bob):
        _stock_up(user)
    return api(alice)


def _page(client, link: str) -> dict:
    answer = client.get(link)
    assert answer.status_code == 200, answer.content
    return answer.json()


def _names(page: dict) -> list[str]:
    return [product["name"] for product in page["results"]]


def _ids(page: dict) -> list[int]:
    return [product["id"] for product in page["results"]]


def _asked(link: str) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(link).query).items()}


@pytest.mark.parametrize("ordering", [sign + name for name in ORDERINGS for sign in ("", "-")])
@pytest.mark.parametrize("active", ["true", "all"])
def test_links_lead_through_every_product_once_and_back(shop, alice, ordering, active):
    whole = _ids(_page(shop, f"{PATH}?ordering={ordering}&active={active}"))
    assert len(whole) == len(set(whole)) == (10 if active == "true" else 11)
    pages = [_page(shop, f"{PATH}?ordering={ordering}&active={active}&page_size=3")]
    while pages[-1]["next"]:
        pages.append(_page(shop, pages[-1]["next"]))
    assert [pk for page in pages for pk in _ids(page)] == whole
    assert {page["count"] for page in pages} == {len(whole)}
    assert len(pages) == 4
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = _page(shop, back["previous"])
        assert back == page
    assert back["previous"] is None
    for number, page in enumerate(pages, start=1):
        assert _page(shop, f"{PATH}?ordering={ordering}&active={active}&page_size=3&page={number}") == page


def test_a_link_says_its_number_and_where_it_begins(shop):
    first = _page(shop, f"{PATH}?page_size=3&category=&in_stock=true")
    assert first["previous"] is None
    asked = _asked(first["next"])
    assert asked.pop("cursor")
    assert asked == {"page": "2", "page_size": "3", "in_stock": "true"}
    second = _page(shop, first["next"])
    assert "page=" not in second["previous"].replace("page_size=", "")
    assert "cursor" not in second["previous"]


def test_what_comes_and_goes_meanwhile_repeats_nothing_and_skips_nothing(shop, alice):
    whole = _names(_page(shop, PATH))
    first = _page(shop, f"{PATH}?page_size=4")
    assert shop.post(PATH, {"name": "!Delante de todos", "price": 1}).status_code == 201
    assert shop.delete(f"{PATH}/{first['results'][3]['id']}").status_code == 204
    second = _page(shop, first["next"])
    third = _page(shop, second["next"])
    assert _names(first) + _names(second) + _names(third) == whole
    # Back by number one product fewer, so the first page is the first.
    assert _page(shop, second["previous"])["results"][0]["name"] == "!Delante de todos"


def test_a_page_whose_products_are_gone_is_empty_and_leads_back(shop, alice):
    last = _page(shop, f"{PATH}?page_size=5")["next"]
    for pk in _ids(_page(shop, last)):
        assert shop.delete(f"{PATH}/{pk}").status_code == 204
    page = _page(shop, last)
    assert (page["results"], page["count"], page["next"]) == ([], 5, None)
    assert len(_page(shop, page["previous"])["results"]) == 5


def test_a_cursor_for_another_page_list_or_person_is_none(shop, bob, api):
    link = _page(shop, f"{PATH}?page_size=2")["next"]
    third = _page(shop, f"{PATH}?page_size=2&page=3")
    assert _page(shop, link.replace("page=2", "page=3")) == third
    other = _page(shop, link + "&ordering=-price")
    assert _ids(other) == _ids(_page(shop, f"{PATH}?page_size=2&page=2&ordering=-price"))
    theirs = _page(api(bob), link)
    assert _names(theirs) == _names(_page(shop, link))
    assert not set(_ids(theirs)) & set(_ids(_page(shop, f"{PATH}?active=all")))


@pytest.mark.parametrize("cursor", ["", "x", "a.b", ".", "WyJ4Il0.c2lnbmVk", "%00", "ñ" * 50, "A" * 3000])
def test_a_cursor_of_ones_own_making_is_refused(shop, cursor):
    answer = shop.get(f"{PATH}?page=2&page_size=2&cursor={cursor}")
    assert (answer.status_code, list(answer.json())) == (400, ["cursor"])


@pytest.mark.parametrize("number", [2, 10**9])
def test_a_page_behind_the_last_is_not_found(shop, number):
    answer = shop.get(f"{PATH}?page={number}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Esa página no existe."})


def test_an_empty_list_has_one_page(shop):
    assert _page(shop, f"{PATH}?category=nada&page=1") == {"count": 0, "next": None, "previous": None, "results": []}


def test_a_search_has_pages_too(shop):
    pages = [_page(shop, f"{PATH}?search=a&page_size=2")]
    while pages[-1]["next"]:
        pages.append(_page(shop, pages[-1]["next"]))
    found = [pk for page in pages for pk in _ids(page)]
    assert found == _ids(_page(shop, f"{PATH}?search=a"))
    assert len(found) == pages[0]["count"] > 4


@pytest.mark.parametrize(
    ("price", "kept"), [("0", 0), ("0.01", 1), ("19.99", 1999), ("999999999999.99", 99999999999999)]
)
def test_a_price_is_compared_to_the_hundredth(shop, alice, price, kept):
    made = shop.post(PATH, {"name": "Caro", "price": price, "category": "Aparte"}).json()
    with tenant_scope(alice):
        product = Product.objects.get(pk=made["id"])
    assert (product.price, product.price_key) == (Decimal(price), kept)
    asked = f"{PATH}?category=aparte&min_price={price}&max_price={price}"
    assert _ids(_page(shop, asked)) == [made["id"]]
    above = Decimal(price) + Decimal("0.01")
    if kept < 99999999999999:
        assert _page(shop, f"{PATH}?category=aparte&min_price={above}")["count"] == 0


@pytest.mark.django_db(transaction=True)
def test_postgresql_finds_pages_and_counts_in_indexes_behind_the_policy(alice, bob, api):
    """As the application's role, for a tenant with many products beside another."""
    with connection.cursor() as cursor:
        # The vacuum only knows rows to be visible whose commits have been written, which tests do not wait for.
        cursor.execute("SET synchronous_commit = on")
        for user in (alice, bob):
            with tenant_scope(user):
                cursor.execute(MANY, [user.pk])
        cursor.execute("RESET synchronous_commit")
        cursor.execute("VACUUM ANALYZE catalog_product")
    client = api(alice)
    mine = rf"user_id = {alice.pk}\)"

    for name, columns in ORDERINGS.items():
        # A link: the rows in the order's own index, from where the last page ended.
        rows, count = _plans(client, _page(client, f"{PATH}?ordering={name}&page=20")["next"])
        begin = rf"{mine}.*ROW\({', '.join(columns)}\) > ROW\("
        assert re.search(rf"Index Scan using product_by_\w+ .*\n *Index Cond: .*{begin}", rows), rows
        assert "Sort" not in rows, rows
        # A number: the rows that are passed over in the index alone.
        rows, _ = _plans(client, f"{PATH}?ordering={name}&page=40")
        assert re.search(rf"Index Only Scan using product_by_\w+ .*\n *Index Cond: .*{mine}", rows), rows
        # A count: in an index alone.
        assert re.search(rf"Index Only Scan .*\n *Index Cond: .*{mine}", count), count

    for query, condition in (
        ("category=químicos", "category_key = 'quimicos'"),
        ("min_price=300&max_price=400", r"price_key >= 30000\) AND \(price_key <= 40000"),
        ("in_stock=false", "stock = 0"),
    ):
        _, count = _plans(client, f"{PATH}?page_size=1&{query}")
        assert re.search(rf"Index Only Scan .*\n *Index Cond: .*{mine}.*{condition}", count), count


MANY = """
INSERT INTO catalog_product
    (user_id, version, name, description, price, sku, category, stock, active, created_at, updated_at)
SELECT %s, 1, 'Artículo ' || hashint4(n), '', n %% 997, 'SKU-' || n, (ARRAY['Químicos', 'Tornillos'])[1 + n %% 2],
    n %% 50, n %% 60 > 0, now() - n * interval '1 minute', now() - n * interval '1 minute'
FROM generate_series(1, 8000) AS n
"""


def _plans(client, path: str) -> list[str]:
    """The plans of what reading ``path`` asks of the products, in order."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    sent = [query["sql"] for query in captured.captured_queries]
    with tenant_scope(User.objects.get(username="alice")), connection.cursor() as cursor:
        plans = []
        for statement in sent:
            if 'FROM "catalog_product"' in statement:
                cursor.execute("EXPLAIN " + statement.replace("%", "%%"))
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    return plans


def test_every_order_ends_with_the_id():
    assert all(keys[-1] == "id" for keys in ORDERINGS.values())
    assert all(one != other for one, other in pairwise(ORDERINGS.values()))
