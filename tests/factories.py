"""One honest row of each tenant model, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from django.db.models import Model

from catalog.models import Product, StockMovement
from tenants.models import Preferences, User

_numbers = count(1)


def product(user: User, **fields: Any) -> Product:
    n = next(_numbers)
    fields = {"name": f"Martillo {n}", "price": "12500.00", "stock": 7, "sku": f"MAR-{n}", **fields}
    return Product.objects.create(user=user, **fields)


def stock_movement(user: User, **fields: Any) -> StockMovement:
    fields = {"product": fields.get("product") or product(user), "delta": 3, "stock_after": 3, **fields}
    return StockMovement.objects.create(user=user, **fields)


def preferences(user: User) -> Preferences:
    return Preferences.objects.get()


# A tenant model that is missing here fails tests/guards/test_tenant_models.py.
ROWS: dict[str, Callable[[User], Model]] = {
    "tenants.Preferences": preferences,
    "catalog.Product": product,
    "catalog.StockMovement": stock_movement,
}
