"""What products, stock and orders leave in the event log."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from catalog import ordering, products, stock
from catalog.orders import Order
from tenants.events import acting
from tenants.models import Contact
from tenants.scope import tenant_scope
from tests.event_log import data, events, forget, told

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture
def shop(alice, bob):
    with tenant_scope(alice), acting("person", alice.pk):
        yield alice
    assert events(bob) == []


def make(user: Any, **fields: Any) -> Any:
    return products.create(
        user=user, **({"name": "Martillo", "price": Decimal(25), "sku": "MAR-1", "stock": 5} | fields)
    )


def place(user: Any, **fields: Any) -> Order:
    given = {"contact": None, "key": "w1", "lines": [("MAR-1", 2), ("NO-HAY", 1)], "currency": "COP", "now": NOW}
    return ordering.place(user=user, **(given | fields))


def test_a_product_from_its_making_to_its_withdrawal(shop):
    hammer = make(shop)
    products.change(product_id=hammer.pk, price=Decimal(30), name="Martillo 16 oz")
    products.change(product_id=hammer.pk, price=Decimal(30))
    products.withdraw(product_id=hammer.pk)
    products.withdraw(product_id=hammer.pk)
    products.restore(product_id=hammer.pk)
    stock.move(product_id=hammer.pk, delta=-1)
    assert told(shop) == [
        (name, "person")
        for name in ("product_created", "product_changed", "product_deleted", "product_changed", "product_changed")
    ]
    changes = [event.data["fields"] for event in events(shop, "product_changed")]
    assert changes == [["name", "price"], ["active"], ["stock"]]
    assert data(shop, "product_created") == {"product": hammer.pk, "name": "Martillo"}


def test_what_failed_leaves_nothing(shop):
    hammer = make(shop)
    forget(shop)
    with pytest.raises(products.SkuTaken):
        make(shop)
    with pytest.raises(stock.NotEnough):
        stock.move(product_id=hammer.pk, delta=-9)
    with transaction.atomic():
        products.change(product_id=hammer.pk, price=Decimal(1))
        transaction.set_rollback(True)
    assert events(shop) == []


def test_an_order_is_received_once_with_what_was_wanted(shop):
    hammer = make(shop)
    contact = Contact.objects.create(user=shop, name="Ana")
    order = place(shop, contact=contact, conversation_id=7, channel="whatsapp")
    assert place(shop, contact=contact).pk == order.pk
    assert data(shop, "order_received") == {
        "order": order.pk, "contact": contact.pk, "conversation": 7, "channel": "whatsapp", "total": "50.00",
        "currency": "COP", "lines": 2, "products": [{"product": hammer.pk, "quantity": 2}],
    }  # fmt: skip
    assert events(shop, "order_received")[0].at == NOW


def test_it_is_approved_once_and_never_both(shop):
    hammer = make(shop)
    order = place(shop)
    for _ in range(2):
        ordering.approve(order_id=order.pk, now=NOW)
    with pytest.raises(ordering.Decided):
        ordering.reject(order_id=order.pk, now=NOW)
    approved = data(shop, "order_approved")
    assert (approved["order"], approved["total"], approved["products"]) == (
        order.pk, "50.00", [{"product": hammer.pk, "quantity": 2}],
    )  # fmt: skip
    assert events(shop, "order_rejected") == []


def test_it_is_rejected_once(shop):
    make(shop)
    order = place(shop)
    for _ in range(2):
        ordering.reject(order_id=order.pk, now=NOW)
    assert data(shop, "order_rejected") == {"order": order.pk, "total": "50.00", "currency": "COP"}


def test_an_approval_that_cannot_be_leaves_nothing(shop):
    hammer = make(shop)
    order = place(shop)
    products.change(product_id=hammer.pk, stock=1)
    forget(shop)
    with pytest.raises(ordering.CannotDeliver):
        ordering.approve(order_id=order.pk, now=NOW)
    assert events(shop) == []
