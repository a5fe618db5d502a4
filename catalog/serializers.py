"""Shapes of the catalogue: what comes in, and the one object that a product is everywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from catalog.models import MOST_MONEY, MOST_UNITS, Product, StockMovement
from tenants.contract import StrictFields, Text, Whole, YesNo
from tenants.versions import Version

# The columns of a product's object: a list reads these and makes no model instances.
COLUMNS = (
    "id",
    "name",
    "description",
    "price",
    "sku",
    "category",
    "stock",
    "active",
    "version",
    "created_at",
    "updated_at",
)


def show(product: Product | Mapping[str, Any], *, currency: str, zone: tzinfo | None = None) -> dict[str, Any]:
    """The JSON object of a product, from a model instance or a row of COLUMNS.

    Times in ``zone``, the current one unless given: looking it up takes a third of the time that a product takes.
    """
    row = product if isinstance(product, Mapping) else vars(product)
    zone = zone or timezone.get_current_timezone()
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "price": f"{row['price']:.2f}",
        "currency": currency,
        "sku": row["sku"],
        "category": row["category"],
        "stock": row["stock"],
        "active": row["active"],
        "version": row["version"],
        "created_at": show_time(row["created_at"], zone),
        "updated_at": show_time(row["updated_at"], zone),
    }


def show_time(moment: datetime, zone: tzinfo) -> str:
    """ISO 8601 in ``zone``, as DRF writes it."""
    return moment.astimezone(zone).isoformat().replace("+00:00", "Z")


class Price(serializers.DecimalField):
    """Money with at most two decimals and a point between: a JSON number or a string."""

    default_error_messages = {"invalid": _("Escribe el precio con punto y hasta dos decimales, por ejemplo 1250.50.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, min_value=Decimal(0), max_value=MOST_MONEY, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self.fail("invalid")
        if isinstance(data, str) and not re.fullmatch(r"\s*[+-]?[0-9]+(\.[0-9]+)?\s*", data):
            self.fail("invalid")
        if isinstance(data, str) and data.lstrip().startswith("-"):
            self.fail("min_value", min_value=0)
        return super().to_internal_value(data) + 0  # + 0: no negative zero


class ProductSerializer(StrictFields):
    """A product. ``active`` is false once it was deleted; ``version`` grows with each change."""

    id = serializers.IntegerField(read_only=True)
    name = Text(max_length=200)
    description = Text(max_length=5000, required=False, allow_blank=True, trim_whitespace=False)
    price = Price(help_text="In the tenant's currency, with two decimals.")
    currency = serializers.CharField(read_only=True, help_text="ISO 4217 code, from the preferences.")
    sku = Text(max_length=64, required=False, allow_blank=True, help_text="Unique among active products, in any case.")
    category = Text(max_length=100, required=False, allow_blank=True)
    stock = Whole(min_value=0, max_value=MOST_UNITS, required=False)
    active = YesNo(required=False)
    version = Version()
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Product | Mapping[str, Any]) -> dict[str, Any]:
        return show(instance, currency=self.context["currency"])


class FoundProductSerializer(ProductSerializer):
    """A product that a search found."""

    score = serializers.FloatField(read_only=True, help_text="How well it fits, from 0 to 1; comparable in one answer.")


class SearchParameters(serializers.Serializer[Any]):
    q = serializers.CharField(
        max_length=500, allow_blank=True, help_text="What is looked for, in the words of whoever looks for it."
    )
    limit = Whole(min_value=1, max_value=50, default=10)


class NoBodySerializer(StrictFields):
    """Nothing but, if you like, the version that you saw."""

    version = Version()


class StockChangeSerializer(StrictFields):
    delta = Whole(
        min_value=-MOST_UNITS, max_value=MOST_UNITS, help_text="Units to add, or to take when negative; not 0."
    )
    reason = Text(max_length=200, required=False, allow_blank=True, help_text="Sale, purchase, count, …")
    version = Version()


class StockMovementSerializer(serializers.ModelSerializer[StockMovement]):
    class Meta:
        model = StockMovement
        fields = ["id", "delta", "reason", "stock_after", "created_at"]
        read_only_fields = fields


class StockSerializer(serializers.Serializer[StockMovement]):
    """A product's stock after a movement."""

    id = serializers.IntegerField(source="product_id", help_text="The product.")
    stock = serializers.IntegerField(source="stock_after")
    version = serializers.IntegerField(source="product.version")
    movement = StockMovementSerializer(source="*")


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
