from __future__ import annotations

from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from catalog import products
from catalog.models import Product, StockMovement
from tenants.models import StaleVersion
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(alice, bob):
    """Alice's scope; Bob sells the same hammer under the same SKU, which must not matter."""
    with tenant_scope(bob):
        products.create(user=bob, name="Martillo", price=Decimal(1), sku="mar-1", stock=9)
    with tenant_scope(alice):
        yield alice


def _hammer(user, **fields):
    return products.create(user=user, **({"name": "Martillo", "price": Decimal(45900), "sku": "MAR-1"} | fields))


def test_it_creates_a_product_with_the_first_line_of_its_ledger(shop):
    hammer = _hammer(shop, stock=5)
    assert Product.objects.get() == hammer
    line = StockMovement.objects.get()
    assert (line.product, line.delta, line.stock_after) == (hammer, 5, 5)


def test_a_product_without_stock_has_an_empty_ledger(shop):
    _hammer(shop)
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("price", Decimal(-1)),
        ("stock", -1),
        ("stock", 2**31),
        ("description", "x" * 5001),
    ],
)
def test_it_refuses_what_no_product_can_be(shop, field, value):
    with pytest.raises(ValidationError) as refused:
        _hammer(shop, **{field: value})
    assert list(refused.value.message_dict) == [field]
    hammer = _hammer(shop)
    with pytest.raises(ValidationError):
        products.change(product_id=hammer.pk, **{field: value})
    assert Product.objects.get().version == 1


@pytest.mark.parametrize("changes", [{"price": Decimal("-0.01")}, {"stock": -1}, {"name": ""}])
def test_the_database_refuses_it_too(shop, changes):
    _hammer(shop)
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.update(**changes)


def test_a_sku_belongs_to_one_active_product_in_any_case(shop):
    _hammer(shop)
    with pytest.raises(products.SkuTaken) as taken:
        _hammer(shop, sku="mar-1")
    assert "mar-1" in taken.value.message_dict["sku"][0]
    assert Product.objects.count() == 1


def test_many_products_may_have_no_sku(shop):
    _hammer(shop, sku="")
    _hammer(shop, sku="")
    assert Product.objects.count() == 2


def test_changing_to_a_taken_sku_changes_nothing(shop):
    _hammer(shop)
    saw = _hammer(shop, name="Serrucho", sku="SER-1", stock=1)
    with pytest.raises(products.SkuTaken):
        products.change(product_id=saw.pk, sku="Mar-1", name="Otro", stock=7)
    saw.refresh_from_db()
    assert (saw.name, saw.sku, saw.stock, saw.version) == ("Serrucho", "SER-1", 1, 1)
    assert StockMovement.objects.count() == 1


def test_a_change_makes_a_new_version_and_none_does_not(shop):
    hammer = _hammer(shop)
    assert products.change(product_id=hammer.pk, price=Decimal(1)).version == 2
    assert products.change(product_id=hammer.pk, price=Decimal("1.00")).version == 2


def test_a_stale_change_is_refused_with_the_current_row(shop):
    hammer = _hammer(shop)
    products.change(product_id=hammer.pk, version=1, price=Decimal(1))
    with pytest.raises(StaleVersion) as stale:
        products.change(product_id=hammer.pk, version=1, price=Decimal(2))
    assert stale.value.current.price == Decimal(1)
    assert Product.objects.get().price == Decimal(1)


def test_setting_the_stock_writes_a_line_of_the_ledger(shop):
    hammer = _hammer(shop, stock=5)
    products.change(product_id=hammer.pk, stock=2)
    line = StockMovement.objects.order_by("id").last()
    assert (line.delta, line.stock_after, line.reason) == (-3, 2, "Ajuste")


def test_a_withdrawn_product_keeps_its_row_and_frees_its_sku(shop):
    hammer = _hammer(shop)
    products.withdraw(product_id=hammer.pk)
    assert not Product.objects.get().active
    _hammer(shop)
    with pytest.raises(products.SkuTaken):
        products.restore(product_id=hammer.pk)
    hammer.refresh_from_db()
    assert not hammer.active


def test_withdrawing_and_restoring_twice_changes_nothing_more(shop):
    hammer = _hammer(shop)
    assert products.withdraw(product_id=hammer.pk).version == products.withdraw(product_id=hammer.pk).version == 2
    assert products.restore(product_id=hammer.pk).version == products.restore(product_id=hammer.pk).version == 3


def test_another_tenants_product_does_not_exist(shop, bob):
    with tenant_scope(bob):
        theirs = Product.objects.get()
    for write in (products.change, products.withdraw, products.restore):
        with pytest.raises(Product.DoesNotExist):
            write(product_id=theirs.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_sku_at_once_one_is_told(alice):
    ready, outcomes = Barrier(2), []

    def take() -> None:
        try:
            with tenant_scope(alice):
                ready.wait(10)
                outcomes.append(_hammer(alice).sku)
        except products.SkuTaken as fault:
            outcomes.append(fault.sku and "taken")
        finally:
            connection.close()

    _together(take, take)
    assert sorted(outcomes) == ["MAR-1", "taken"]


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_of_one_version_one_is_told(alice):
    with tenant_scope(alice):
        hammer = _hammer(alice)
    ready, outcomes = Barrier(2), []

    def edit(price: int) -> None:
        try:
            with tenant_scope(alice):
                ready.wait(10)
                outcomes.append(products.change(product_id=hammer.pk, version=1, price=Decimal(price)).version)
        except StaleVersion as fault:
            outcomes.append(-fault.current.version)
        finally:
            connection.close()

    _together(lambda: edit(1), lambda: edit(2))
    assert sorted(outcomes) == [-2, 2]


def _together(*calls) -> None:
    threads = [Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
