from __future__ import annotations

from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from catalog import products, stock
from catalog.models import MOST_UNITS, Product, StockMovement
from tenants.models import StaleVersion
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def hammer(alice, bob):
    """Five hammers of Alice's, in her scope; Bob has his own."""
    with tenant_scope(bob):
        products.create(user=bob, name="Martillo", price=Decimal(1), stock=100)
    with tenant_scope(alice):
        yield products.create(user=alice, name="Martillo", price=Decimal(1), stock=5)


def test_it_takes_and_adds_units_with_a_line_each(hammer):
    assert stock.move(product_id=hammer.pk, delta=-2, reason="Venta").product.stock == 3
    movement = stock.move(product_id=hammer.pk, delta=10, reason="Compra")
    assert (movement.product.stock, movement.product.version) == (13, 3)
    lines = StockMovement.objects.order_by("id").values_list("delta", "reason", "stock_after")
    assert list(lines) == [(5, "Existencias iniciales", 5), (-2, "Venta", 3), (10, "Compra", 13)]


@pytest.mark.parametrize(
    ("units", "sentence"), [(5, "Solo quedan 5 unidades."), (1, "Solo queda 1 unidad."), (0, "No quedan unidades.")]
)
def test_it_says_how_many_are_left_when_there_are_too_few(hammer, units, sentence):
    products.change(product_id=hammer.pk, stock=units)
    lines = StockMovement.objects.count()
    with pytest.raises(stock.NotEnough) as refused:
        stock.move(product_id=hammer.pk, delta=-6)
    assert (refused.value.left, str(refused.value)) == (units, sentence)
    assert Product.objects.get().stock == units
    assert StockMovement.objects.count() == lines


@pytest.mark.parametrize("delta", [0, MOST_UNITS])
def test_it_refuses_a_move_that_is_none_and_one_past_counting(hammer, delta):
    with pytest.raises(ValidationError):
        stock.move(product_id=hammer.pk, delta=delta)
    assert Product.objects.get().version == 1


def test_a_stale_move_is_refused(hammer):
    stock.move(product_id=hammer.pk, delta=1, version=1)
    with pytest.raises(StaleVersion):
        stock.move(product_id=hammer.pk, delta=1, version=1)


def test_another_tenants_stock_cannot_be_moved(hammer, bob):
    with tenant_scope(bob), pytest.raises(Product.DoesNotExist):
        stock.move(product_id=hammer.pk, delta=-1)


@pytest.mark.django_db(transaction=True)
def test_customers_who_buy_at_once_never_take_it_below_zero(alice, bob):
    with tenant_scope(alice):
        hammer = products.create(user=alice, name="Martillo", price=Decimal(1), stock=5)
    ready, sold, refused = Barrier(8), [], []

    def buy() -> None:
        try:
            with tenant_scope(alice):
                ready.wait(10)
                sold.append(stock.move(product_id=hammer.pk, delta=-1).stock_after)
        except stock.NotEnough as fault:
            refused.append(fault.left)
        finally:
            connection.close()

    customers = [Thread(target=buy) for _ in range(8)]
    for customer in customers:
        customer.start()
    for customer in customers:
        customer.join(20)
    assert sorted(sold) == [0, 1, 2, 3, 4]
    assert refused == [0, 0, 0]
    with tenant_scope(alice):
        assert Product.objects.get().stock == 0
        assert sum(StockMovement.objects.values_list("delta", flat=True)) == 0
