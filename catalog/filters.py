"""Which products a list shows and in which order."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, Q, QuerySet, Value
from rest_framework import serializers
from rest_framework.request import Request

from catalog.models import Product, sortable
from catalog.serializers import Price

# The id makes each order total, so that no row appears on two pages.
ORDERINGS: dict[str, tuple[F | Func, ...]] = {
    "name": (sortable("name"),),
    "price": (F("price"),),
    "stock": (F("stock"),),
    "sku": (sortable("sku"),),
    "category": (sortable("category"), sortable("name")),
    "created_at": (F("created_at"),),
    "updated_at": (F("updated_at"),),
}


class ProductFilters(serializers.Serializer[Any]):
    """The query parameters of a list; one that is empty counts as absent."""

    search = serializers.CharField(required=False, max_length=200, help_text="Words of the product.")
    category = serializers.CharField(
        required=False, max_length=100, help_text="The category's name; case and accents do not matter."
    )
    active = serializers.ChoiceField(choices=["true", "false", "all"], default="true")
    in_stock = serializers.ChoiceField(
        choices=["true", "false"], required=False, help_text="true: with units left; false: sold out."
    )
    min_price = Price(required=False)
    max_price = Price(required=False)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({name: value for name, value in data.items() if value != ""})


class ProductListFilters(ProductFilters):
    ordering = serializers.ChoiceField(
        choices=[sign + name for name in ORDERINGS for sign in ("", "-")],
        required=False,
        help_text="By name unless said otherwise; a search comes best first.",
    )


def read_filters(request: Request, kind: type[ProductFilters]) -> dict[str, Any]:
    """The request's filters, checked; ValidationError names the ones that are wrong."""
    filters = kind(data=request.query_params.dict())
    filters.is_valid(raise_exception=True)
    return dict(filters.validated_data)


def filter_products(filters: dict[str, Any]) -> QuerySet[Product]:
    """The products of the open scope that pass ``filters``."""
    products: QuerySet[Product] = Product.objects.all()
    if filters["active"] != "all":
        products = products.filter(active=filters["active"] == "true")
    if "category" in filters:
        products = products.alias(of=sortable("category")).filter(of=sortable(Value(filters["category"])))
    if "in_stock" in filters:
        products = products.filter(stock__gt=0) if filters["in_stock"] == "true" else products.filter(stock=0)
    if "min_price" in filters:
        products = products.filter(price__gte=filters["min_price"])
    if "max_price" in filters:
        products = products.filter(price__lte=filters["max_price"])
    if "search" in filters:
        for word in filters["search"].split():
            products = products.filter(
                Q(name__icontains=word)
                | Q(sku__icontains=word)
                | Q(category__icontains=word)
                | Q(description__icontains=word)
            )
    return products


def order_products(products: QuerySet[Product], ordering: str | None) -> QuerySet[Product]:
    """``products`` by one of ORDERINGS, backwards with a minus before it; by name when None."""
    name = ordering or "name"
    keys = [*ORDERINGS[name.removeprefix("-")], F("id")]
    return products.order_by(*(key.desc() if name.startswith("-") else key.asc() for key in keys))
