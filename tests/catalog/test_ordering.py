"""Orders: priced from the catalogue, once, and decided by the owner."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection

from catalog import ordering, products
from catalog.models import Order, Product, StockMovement
from tenants.scope import tenant_scope
from tests.factories import contact

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def shop(alice, bob):
    """Alice's catalogue in her scope; Bob sells a thing with the same SKU for less."""
    with tenant_scope(bob):
        foreign = products.create(user=bob, name="Martillo de Bob", price=Decimal(1), stock=99, sku="MAR-016")
    with tenant_scope(alice):
        made = {
            "hammer": products.create(user=alice, name="Martillo 16 oz", price=Decimal(23000), stock=5, sku="MAR-016"),
            "saw": products.create(user=alice, name="Serrucho", price=Decimal("18500.50"), stock=1),
            "nails": products.create(user=alice, name="Puntillas", price=Decimal(300), stock=0, sku="ÑU-1"),
            "old": products.create(
                user=alice, name="Taladro viejo", price=Decimal(9), stock=3, sku="OLD", active=False
            ),
        }
        yield alice, made, foreign


def place(user, lines, key="wamid.1", **fields):
    fields = {"contact": None, "currency": "COP", "now": NOW, **fields}
    return ordering.place(user=user, key=key, lines=lines, **fields)


def lines_of(order):
    return [(line.name, line.quantity, line.price, line.problem) for line in order.lines.order_by("id")]


def test_it_prices_lines_by_sku_and_by_id(shop):
    alice, made, _foreign = shop
    order = place(alice, [("mar-016", 2), (str(made["saw"].pk), 1)], contact=contact(alice))
    assert lines_of(order) == [
        ("Martillo 16 oz", 2, Decimal(23000), ""),
        ("Serrucho", 1, Decimal("18500.50"), ""),
    ]
    assert (order.total, order.status, order.currency) == (Decimal("64500.50"), "pending", "COP")
    assert Product.objects.get(pk=made["hammer"].pk).stock == 5  # nothing is taken before the owner's word


def test_each_line_says_why_it_cannot_be_had(shop):
    alice, made, foreign = shop
    wanted = [
        ("MAR-016", 6),
        ("ÑU-1", 1),
        ("nada", 1),
        ("OLD", 1),
        (str(made["old"].pk), 1),
        (str(foreign.pk), 1),
        (str(made["saw"].pk), 0),
        ("nu-1", 2),
    ]
    order = place(alice, wanted)
    assert [line.problem for line in order.lines.order_by("id")] == [
        "not_enough",
        "out_of_stock",
        "not_found",
        "not_found",
        "not_found",
        "not_found",
        "quantity",
        "not_found",
    ]
    assert order.total == 0
    assert "Martillo de Bob" not in str(lines_of(order))


@pytest.mark.parametrize("quantity", [0, -3, 10_001, 10**30, True, "2", None])
def test_a_quantity_that_is_none_is_no_fault_of_ours(shop, quantity):
    alice, _made, _foreign = shop
    (line,) = place(alice, [("MAR-016", quantity)]).lines.all()
    assert line.problem == "quantity"
    assert 1 <= line.quantity <= ordering.MOST_UNITS_A_LINE


def test_the_same_product_twice_is_one_line_against_the_stock(shop):
    alice, made, _foreign = shop
    order = place(alice, [("MAR-016", 3), ("mar-016", 3)])
    assert lines_of(order) == [("Martillo 16 oz", 6, Decimal(23000), "not_enough")]
    other = place(alice, [("MAR-016", 3), (str(made["hammer"].pk), 3)], key="wamid.2")
    assert [problem for *_, problem in lines_of(other)] == ["", "not_enough"]


def test_a_total_that_no_column_holds_is_refused_line_by_line(shop):
    alice, _made, _foreign = shop
    dear = products.create(user=alice, name="Diamante", price=Decimal("999999999999.99"), stock=9000, sku="DIA")
    order = place(alice, [("DIA", 9000), ("MAR-016", 1)])
    assert [problem for *_, problem in lines_of(order)] == ["quantity", ""]
    assert order.total == Decimal(23000)
    assert dear.pk


def test_an_order_is_kept_once_for_its_message(shop):
    alice, made, _foreign = shop
    first = place(alice, [("MAR-016", 2)])
    products.change(product_id=made["hammer"].pk, price=Decimal(99000))
    again = place(alice, [("MAR-016", 1)])
    assert (again.pk, again.total, Order.objects.count()) == (first.pk, Decimal(46000), 1)


def test_odd_texts_and_many_lines_are_taken_in(shop):
    alice, _made, _foreign = shop
    order = place(alice, [("\x00", 1), ("", 1), ("x" * 500, 1), ("²", 1), *[(f"n{n}", 1) for n in range(300)]])
    assert order.lines.count() <= ordering.MOST_LINES
    assert {line.problem for line in order.lines.all()} == {"not_found"}


def test_approving_takes_the_stock_once(shop):
    alice, made, _foreign = shop
    order = place(alice, [("MAR-016", 2), ("nada", 1)])
    for _ in range(2):
        assert ordering.approve(order_id=order.pk, now=NOW).status == "approved"
    assert Product.objects.get(pk=made["hammer"].pk).stock == 3
    movement = StockMovement.objects.latest("id")
    assert (movement.delta, movement.reason) == (-2, f"Pedido {order.pk}")
    with pytest.raises(ordering.Decided):
        ordering.reject(order_id=order.pk, now=NOW)


def test_nothing_is_taken_when_something_is_gone(shop):
    alice, made, _foreign = shop
    order = place(alice, [("MAR-016", 2), (str(made["saw"].pk), 1)])
    products.change(product_id=made["saw"].pk, stock=0)
    with pytest.raises(ordering.CannotDeliver, match="Serrucho"):
        ordering.approve(order_id=order.pk, now=NOW)
    assert Product.objects.get(pk=made["hammer"].pk).stock == 5
    assert Order.objects.get(pk=order.pk).status == "pending"
    products.withdraw(product_id=made["saw"].pk)
    assert ordering.reject(order_id=order.pk, now=NOW).decided_at == NOW


def test_what_could_not_be_had_at_all_cannot_be_approved(shop):
    alice, _made, _foreign = shop
    order = place(alice, [("nada", 1)])
    with pytest.raises(ordering.CannotDeliver):
        ordering.approve(order_id=order.pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_orders_of_the_last_units_at_once(alice, bob):
    with tenant_scope(alice):
        made = [products.create(user=alice, name=name, price=Decimal(1), stock=5, sku=name) for name in ("A", "B", "C")]
        orders = [
            place(alice, lines, key=str(n))
            for n, lines in enumerate([[("A", 3), ("B", 3), ("C", 3)], [("C", 3), ("B", 3), ("A", 3)]])
        ]
    start, outcomes = Barrier(2), []

    def approve(order):
        try:
            with tenant_scope(alice):
                start.wait()
                try:
                    outcomes.append(ordering.approve(order_id=order.pk, now=NOW).status)
                except ordering.CannotDeliver:
                    outcomes.append("gone")
        finally:
            connection.close()

    threads = [Thread(target=approve, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "gone"]
    with tenant_scope(alice):
        assert {Product.objects.get(pk=one.pk).stock for one in made} == {2}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["Pedido", "- 2 × Martillo 16 oz: $ 46.000", "- 1 × nada: no está en el catálogo", "Total: $ 46.000"]),
        ("en", ["Order", "- 1 × nada: not in the catalogue", "Total: $46,000"]),
        ("pt", ["- 1 × nada: não está no catálogo", "Sem contar"]),
        ("", ["no está en el catálogo"]),
    ],
)
def test_it_describes_an_order_in_the_customers_language(shop, language, words):
    alice, _made, _foreign = shop
    told = ordering.describe(place(alice, [("MAR-016", 2), ("nada", 1)]), language)
    assert all(word in told for word in words), told


def test_the_owner_lists_reads_and_decides(shop, api):
    alice, made, _foreign = shop
    carla = contact(alice)
    order = place(alice, [("MAR-016", 2)], contact=carla, note="Para hoy")
    other = place(alice, [(str(made["saw"].pk), 1)], key="wamid.2")
    client = api(alice)
    listed = client.get("/api/user/orders").json()
    assert [row["id"] for row in listed["results"]] == [other.pk, order.pk]
    assert client.get(f"/api/user/orders?contact={carla.pk}").json()["count"] == 1
    assert client.get("/api/user/orders?status=approved").json()["count"] == 0
    shown = client.get(f"/api/user/orders/{order.pk}").json()
    assert shown["contact"] == {"id": carla.pk, "name": carla.name}
    assert (shown["total"], shown["note"], shown["lines"][0]["price"]) == ("46000.00", "Para hoy", "23000.00")
    assert client.post(f"/api/user/orders/{order.pk}/approve").json()["status"] == "approved"
    refused = client.post(f"/api/user/orders/{order.pk}/reject")
    assert (refused.status_code, refused.json()["current"]["status"]) == (409, "approved")
    assert client.post(f"/api/user/orders/{other.pk}/reject").json()["status"] == "rejected"
    assert client.get("/api/user/orders?status=nothing").status_code == 400


def test_another_tenants_order_is_absent(shop, api, bob):
    alice, _made, _foreign = shop
    order = place(alice, [("MAR-016", 2)])
    client = api(bob)
    assert client.get("/api/user/orders").json()["count"] == 0
    for verb in ("approve", "reject"):
        assert client.post(f"/api/user/orders/{order.pk}/{verb}").status_code == 404
    assert Order.objects.get(pk=order.pk).status == "pending"
