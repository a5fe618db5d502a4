from __future__ import annotations

import pytest
from django.urls import resolve
from rest_framework.test import APIClient

from catalog.models import Product
from tenants.accounts import register
from tenants.authentication import issue_tokens
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.databases import shared

pytestmark = pytest.mark.django_db

PATH = "/api/user/products"


@pytest.fixture
def shop(alice, bob, api):
    """Alice's client; Bob has a product that must stay invisible."""
    theirs = api(bob).post(PATH, {"name": "Ajeno", "price": "1", "sku": "MAR-1", "category": "Ajena", "stock": 3})
    assert theirs.status_code == 201
    return api(alice)


@pytest.fixture
def hammer(shop):
    """A product of Alice's, as the API shows it."""
    return shop.post(
        PATH, {"name": "Martillo", "price": "45900.5", "sku": "MAR-1", "category": "Herramientas", "stock": 5}
    ).json()


@pytest.fixture
def shelf(shop):
    """Four products whose orders differ, one of them withdrawn."""
    for name, price, stock, category, sku in (
        ("Ácido", "30", 0, "Químicos", "b"),
        ("martillo", "20", 4, "Herramientas", "A"),
        ("Nivel", "10", 9, "Herramientas", "c"),
        ("Viejo", "1", 1, "Antigüedades", "d"),
    ):
        made = shop.post(PATH, {"name": name, "price": price, "stock": stock, "category": category, "sku": sku})
        assert made.status_code == 201
    assert shop.delete(f"{PATH}/{made.json()['id']}").status_code == 204
    return shop


def _names(client, query: str = "") -> list[str]:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.content
    found = [product["name"] for product in answer.json()["results"]]
    without_order = "&".join(part for part in query.split("&") if not part.startswith(("ordering", "page")))
    assert client.get(f"{PATH}/count?{without_order}").json() == {"count": answer.json()["count"]}
    return found


def test_it_creates_and_reads_a_product(shop, hammer):
    assert (
        hammer.items()
        >= {
            "name": "Martillo",
            "description": "",
            "price": "45900.50",
            "currency": "COP",
            "sku": "MAR-1",
            "category": "Herramientas",
            "stock": 5,
            "active": True,
            "version": 1,
        }.items()
    )
    answer = shop.get(f"{PATH}/{hammer['id']}")
    assert answer.json() == hammer
    assert answer["ETag"] == '"1"'


def test_a_list_shows_the_same_object_as_the_detail(shop, hammer):
    assert shop.get(f"{PATH}/").json() == {"count": 1, "next": None, "previous": None, "results": [hammer]}


def test_times_are_in_the_tenants_zone(hammer):
    assert hammer["created_at"].endswith("-05:00")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (10, "10.00"),
        (19.9, "19.90"),
        ("0", "0.00"),
        (" 7.5 ", "7.50"),
        (-0.0, "0.00"),
        (999999999999.99, "999999999999.99"),
    ],
)
def test_it_takes_a_price_as_a_number_or_as_text(shop, sent, kept):
    assert shop.post(PATH, {"name": "Martillo", "price": sent}).json()["price"] == kept


@pytest.mark.parametrize(
    "text", ["🔨 Martillo 👩🏽‍🔧", "مطرقة", "<script>alert(1)</script>", "'; DROP TABLE x; --", "a\u202eb", "%s {0} \\"]
)
def test_it_keeps_text_of_any_kind(shop, text):
    made = shop.post(
        PATH, {"name": text, "price": 1, "description": f"  {text}\n\t", "category": text, "sku": text}
    ).json()
    assert (made["name"], made["description"], made["category"], made["sku"]) == (text, f"  {text}\n\t", text, text)
    assert _names(shop) == [text]
    assert shop.get(f"{PATH}/categories").json() == [text]


def test_it_trims_the_short_texts(shop):
    made = shop.post(PATH, {"name": "  Martillo ", "price": 1, "category": " Herramientas\n", "sku": " M "}).json()
    assert (made["name"], made["category"], made["sku"]) == ("Martillo", "Herramientas", "M")


def test_known_read_only_fields_are_ignored_and_unknown_ones_named(shop):
    made = shop.post(
        PATH, {"name": "Martillo", "price": 1, "id": 7, "currency": "USD", "version": 9, "created_at": "x"}
    )
    assert made.json().items() >= {"currency": "COP", "version": 1}.items()
    refused = shop.post(PATH, {"name": "Martillo", "price": 1, "precio": 2, "user": 1})
    assert refused.status_code == 400
    assert set(refused.json()) == {"precio", "user"}


def test_a_put_needs_every_required_field_and_a_patch_none(shop, hammer):
    path = f"{PATH}/{hammer['id']}"
    assert set(shop.put(path, {}).json()) == {"name", "price"}
    assert shop.patch(path, {}).json() == hammer
    assert shop.put(path, {"name": "Mazo", "price": "2"}).json()["name"] == "Mazo"
    assert shop.patch(path, {"price": 3}).json().items() >= {"name": "Mazo", "price": "3.00", "version": 3}.items()


def test_what_was_read_can_be_put_back(shop, hammer):
    assert shop.put(f"{PATH}/{hammer['id']}", hammer).json() == hammer


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("header", ['"1"', "1", 'W/"1"', '"999999999"'])
def test_a_stale_if_match_gets_the_current_object(shop, hammer, method, header):
    path = f"{PATH}/{hammer['id']}"
    current = shop.patch(path, {"price": 2}).json()
    answer = getattr(shop, method)(path, {"name": "Mazo", "price": 1}, headers={"If-Match": header})
    assert answer.status_code == 409
    assert answer.json() == {"detail": answer.json()["detail"], "current": current}
    assert shop.get(path).json() == current


def test_a_stale_version_in_the_body_gets_the_current_object(shop, hammer):
    path = f"{PATH}/{hammer['id']}"
    current = shop.patch(path, {"price": 2, "version": 1}).json()
    for answer in (
        shop.patch(path, {"price": 3, "version": 1}),
        shop.post(f"{path}/stock", {"delta": 1, "version": 1}),
        shop.post(f"{path}/restore", {"version": 1}),
    ):
        assert answer.status_code == 409
        assert answer.json()["current"] == current
    assert shop.patch(path, {"price": 3, "version": 2}).status_code == 200


@pytest.mark.parametrize("header", ["abc", "", '"', "-1", "1.5", '"1", "2"', "9" * 40, "١"])
def test_an_if_match_that_is_no_version_is_refused(shop, hammer, header):
    answer = shop.patch(f"{PATH}/{hammer['id']}", {"price": 2}, headers={"If-Match": header})
    assert answer.status_code == 400
    assert answer.json() == {"If-Match": ["Debe ser el número de una versión."]}


def test_a_fresh_if_match_or_a_star_goes_through(shop, hammer):
    path = f"{PATH}/{hammer['id']}"
    answer = shop.patch(path, {"price": 2}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert shop.patch(path, {"price": 3}, headers={"If-Match": "*"}).status_code == 200
    assert shop.patch(path, {"price": 4, "version": 3}, headers={"If-Match": "4"}).status_code == 400


def test_a_deleted_product_leaves_the_list_and_stays_readable(shop, hammer):
    path = f"{PATH}/{hammer['id']}"
    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 204
    assert shop.get(path).json()["active"] is False
    assert _names(shop) == []
    assert _names(shop, "active=false") == _names(shop, "active=all") == ["Martillo"]
    assert shop.get(f"{PATH}/categories").json() == []
    restored = shop.post(f"{path}/restore")
    assert (restored.status_code, restored.json()["active"]) == (200, True)
    assert _names(shop) == ["Martillo"]


def test_a_product_whose_sku_was_taken_cannot_come_back(shop, hammer):
    path = f"{PATH}/{hammer['id']}"
    shop.delete(path)
    assert shop.post(PATH, {"name": "Otro", "price": 1, "sku": "mar-1"}).status_code == 201
    answer = shop.post(f"{path}/restore")
    assert answer.status_code == 400
    assert answer.json() == {"sku": ["Ya tienes un producto activo con el SKU «MAR-1»."]}
    assert shop.get(path).json()["active"] is False


def test_a_taken_sku_is_refused_on_its_field(shop, hammer):
    answer = shop.post(PATH, {"name": "Otro", "price": 1, "sku": "mar-1"})
    assert (answer.status_code, list(answer.json())) == (400, ["sku"])


def test_stock_moves_with_a_ledger(shop, hammer):
    path = f"{PATH}/{hammer['id']}"
    answer = shop.post(f"{path}/stock", {"delta": -2, "reason": "Venta"})
    assert answer.status_code == 200
    moved = answer.json()
    assert (moved["id"], moved["stock"], moved["version"]) == (hammer["id"], 3, 2)
    assert moved["movement"].items() >= {"delta": -2, "reason": "Venta", "stock_after": 3}.items()
    ledger = shop.get(f"{path}/stock").json()
    assert ledger["count"] == 2
    assert ledger["results"][0] == moved["movement"]
    assert shop.patch(path, {"stock": 10}).json()["stock"] == 10
    assert (
        shop.get(f"{path}/stock?page_size=1").json()["results"][0].items() >= {"delta": 7, "reason": "Ajuste"}.items()
    )


def test_more_than_there_is_cannot_be_taken(shop, hammer):
    answer = shop.post(f"{PATH}/{hammer['id']}/stock", {"delta": -6})
    assert answer.status_code == 409
    assert answer.json() == {"detail": "Solo quedan 5 unidades.", "stock": 5}
    assert shop.get(f"{PATH}/{hammer['id']}").json() == hammer


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ácido", "martillo", "Nivel"]),
        ("ordering=-name", ["Nivel", "martillo", "Ácido"]),
        ("ordering=price", ["Nivel", "martillo", "Ácido"]),
        ("ordering=-stock", ["Nivel", "martillo", "Ácido"]),
        ("ordering=sku", ["martillo", "Ácido", "Nivel"]),
        ("ordering=category", ["martillo", "Nivel", "Ácido"]),
        ("ordering=created_at", ["Ácido", "martillo", "Nivel"]),
        ("ordering=-updated_at", ["Nivel", "martillo", "Ácido"]),
        ("active=true", ["Ácido", "martillo", "Nivel"]),
        ("active=false", ["Viejo"]),
        ("active=all", ["Ácido", "martillo", "Nivel", "Viejo"]),
        ("category=herramientas", ["martillo", "Nivel"]),
        ("category=QUIMICOS", ["Ácido"]),
        ("category=Ajena", []),
        ("in_stock=true", ["martillo", "Nivel"]),
        ("in_stock=false", ["Ácido"]),
        ("min_price=20", ["Ácido", "martillo"]),
        ("max_price=20.00", ["martillo", "Nivel"]),
        ("min_price=11&max_price=29&in_stock=true", ["martillo"]),
        ("search=martillo", ["martillo"]),
        ("search=MARTILLOS", ["martillo"]),
        ("search=acido", ["Ácido"]),
        ("search=ill", ["martillo"]),
        ("search=herramientas&ordering=-name", ["Nivel", "martillo"]),
        ("search=viejo", []),
        ("search=viejo&active=all", ["Viejo"]),
        ("search=ajeno", []),
        ("search=100%25", []),
        ("category=&search=&min_price=&active=", ["Ácido", "martillo", "Nivel"]),
        ("page=2&page_size=2", ["Nivel"]),
    ],
)
def test_it_filters_and_orders_the_list(shelf, query, names):
    assert _names(shelf, query) == names


def test_a_search_answers_with_scores_best_first(shelf):
    found = shelf.get(f"{PATH}/search?q=martillo&limit=2").json()
    assert found[0]["name"] == "martillo"
    assert 0 < found[0].pop("score") <= 1
    assert found[0] == shelf.get(f"{PATH}/{found[0]['id']}").json()
    assert shelf.get(f"{PATH}/search?q=ajeno").json() == []
    assert shelf.get(f"{PATH}/search?q=").json() == []


@pytest.mark.parametrize(
    ("query", "wrong"), [("", "q"), ("q=a&limit=0", "limit"), ("q=a&limit=51", "limit"), ("q=%00", "q")]
)
def test_a_search_that_cannot_be_is_refused(shelf, query, wrong):
    answer = shelf.get(f"{PATH}/search?{query}")
    assert (answer.status_code, list(answer.json())) == (400, [wrong])


def test_pages_link_to_each_other(shelf):
    first = shelf.get(f"{PATH}?page_size=1&ordering=-price").json()
    assert first["next"].startswith(f"http://testserver{PATH}?")
    assert first["next"].endswith("&ordering=-price&page=2&page_size=1")
    second = shelf.get(first["next"]).json()
    assert (second["count"], second["previous"]) == (3, f"http://testserver{PATH}?ordering=-price&page_size=1")
    assert [product["name"] for product in second["results"]] == ["martillo"]


def test_links_follow_the_proxy_in_front(shelf, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["recado.example"]
    answer = shelf.get(
        f"{PATH}?page_size=1", headers={"X-Forwarded-Proto": "https", "Host": "recado.example"}, SERVER_NAME="10.0.0.7"
    )
    assert answer.json()["next"].startswith("https://recado.example/api/user/products?")


@pytest.mark.parametrize(
    "query",
    [
        "active=maybe",
        "active=1",
        "in_stock=quizá",
        "min_price=abc",
        "min_price=NaN",
        "max_price=-1",
        "max_price=1e400",
        "ordering=foo",
        "ordering=user",
        "ordering=name,price",
        "search=%00",
        "category=a%00b",
        "page=0",
        "page=-1",
        "page=uno",
        "page_size=0",
        "page_size=201",
        "page_size=1e1",
        f"search={'x' * 201}",
    ],
)
def test_a_filter_that_cannot_be_is_named(shelf, query):
    answer = shelf.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [query.split("=")[0]]
    assert answer["Content-Type"] == "application/json"


def test_a_page_past_the_end_is_not_there(shelf):
    assert shelf.get(f"{PATH}?page=3").status_code == 404


def test_categories_are_of_active_products_and_in_order(shelf):
    assert shelf.get(f"{PATH}/categories").json() == ["Herramientas", "Químicos"]


@pytest.mark.parametrize("pk", ["abc", "-1", "1.5", "10e3", "9" * 30, "9" * 5000, "%00", "ñ", "0", "1%0A", "%FF"])
@pytest.mark.parametrize("rest", ["", "/stock", "/restore"])
def test_an_id_of_the_wrong_form_is_not_there(shop, pk, rest):
    for method in ("get", "put", "patch", "delete", "post"):
        answer = getattr(shop, method)(f"{PATH}/{pk}{rest}", {})
        assert answer.status_code in {404, 405}
        assert answer["Content-Type"] == "application/json"


def test_another_tenants_product_is_as_absent_as_any(shop, bob):
    with tenant_scope(bob):
        theirs = Product.objects.get()
    for method, rest in (
        ("get", ""),
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("get", "/stock"),
        ("post", "/stock"),
        ("post", "/restore"),
    ):
        for body in (
            {},
            {"name": "Mío", "price": 1} if not rest else {"delta": 1} if rest == "/stock" else {"version": 1},
        ):
            answers = [getattr(shop, method)(f"{PATH}/{pk}{rest}", body) for pk in (theirs.pk, 987654321)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content
    with tenant_scope(bob):
        assert (Product.objects.get().name, Product.objects.get().version) == ("Ajeno", 1)


def test_paths_work_with_and_without_their_last_slash(shop, hammer):
    for path in (PATH, f"{PATH}/{hammer['id']}", f"{PATH}/categories", f"{PATH}/count", f"{PATH}/{hammer['id']}/stock"):
        assert resolve(path)
        assert shop.get(path).content == shop.get(f"{path}/").content


@pytest.fixture(scope="class")
def full_shop(django_db_setup, django_db_blocker):
    """Alice's client, and which of her many products has moved often. Made once."""
    yield from shared(_fill, blocker=django_db_blocker)


def _fill() -> tuple[APIClient, int]:
    alice, bob = (register(username=name, password=PASSWORD) for name in ("alice", "bob"))
    with tenant_scope(bob):
        Product.objects.create(user=bob, name="Ajeno", price=1, category="Ajena")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=alice).access_token}")
    hammer = client.post(PATH, {"name": "Martillo", "price": 1, "category": "Herramientas"}).json()["id"]
    for n in range(30):
        client.post(PATH, {"name": f"Martillo {n}", "price": n, "category": "Herramientas"})
        client.post(f"{PATH}/{hammer}/stock", {"delta": 1})
    return client, hammer


class TestManyRows:
    @pytest.mark.parametrize(
        ("method", "rest", "body", "most"),
        [
            ("get", "", None, 7),
            ("get", "?search=martillo&category=Herramientas&ordering=-price", None, 12),
            ("get", "/categories", None, 5),
            ("get", "/count", None, 5),
            ("get", "/{id}", None, 6),
            ("get", "/{id}/stock", None, 7),
            ("post", "", {"name": "Nuevo", "price": 1, "stock": 2}, 12),  # the event, and whether anybody is told
            ("patch", "/{id}", {"price": 3}, 10),
            ("delete", "/{id}", None, 9),
            ("post", "/{id}/stock", {"delta": 1}, 10),
        ],
    )
    def test_a_request_costs_few_queries_however_many_rows(
        self, full_shop, django_assert_max_num_queries, method, rest, body, most
    ):
        client, hammer = full_shop
        with django_assert_max_num_queries(most):
            answer = getattr(client, method)(PATH + rest.format(id=hammer), body)
        assert answer.status_code < 300
