"""Which products a list shows and in which order."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, Q, QuerySet, Value
from rest_framework import serializers
from rest_framework.request import Request

from catalog.models import Product, hundredths
from catalog.search import search
from catalog.serializers import Price
from tenants.models import User
from tenants.sorting import plain, sortable

MOST_RANKED = 200  # what a search of a list ranks; further products that hold its text come after, by name
# A list leaves out what is only faintly like the text, which a ranking may show at its end.
LEAST_SCORE, OF_THE_BEST = 0.2, 0.5

# The id makes each order total, so that no row appears on two pages. Each has its index.
ORDERINGS: dict[str, tuple[str, ...]] = {
    "name": ("name_key", "id"),
    "price": ("price_key", "id"),
    "stock": ("stock", "id"),
    "sku": ("sku_key", "id"),
    "category": ("category_key", "name_key", "id"),
    "created_at": ("created_at", "id"),
    "updated_at": ("updated_at", "id"),
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


def read_filters(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The request's filters, checked; ValidationError names the ones that are wrong."""
    filters = kind(data=request.query_params.dict())
    filters.is_valid(raise_exception=True)
    return dict(filters.validated_data)


def filter_products(*, user: User, filters: dict[str, Any]) -> QuerySet[Product]:
    """The products of ``user``, whose scope is open, that pass ``filters``.

    ``search`` finds what the hybrid search finds, and whatever holds the text; each row's ``place`` is its rank there.
    """
    products: QuerySet[Product] = Product.objects.all()
    if filters["active"] != "all":
        products = products.filter(active=filters["active"] == "true")
    if "category" in filters:
        products = products.filter(category_key=sortable(Value(filters["category"])))
    if "in_stock" in filters:
        products = products.filter(stock__gt=0) if filters["in_stock"] == "true" else products.filter(stock=0)
    if "min_price" in filters:
        products = products.filter(price_key__gte=hundredths(filters["min_price"]))
    if "max_price" in filters:
        products = products.filter(price_key__lte=hundredths(filters["max_price"]))
    if "search" in filters:
        products = _search_products(products, user=user, text=filters["search"])
    return products


def _search_products(products: QuerySet[Product], *, user: User, text: str) -> QuerySet[Product]:
    # The ranked search knows active products only; text that is held as it is finds the others, and parts of words.
    hits = search(user=user, query=text, limit=MOST_RANKED)
    least = max([LEAST_SCORE, *(hit.score * OF_THE_BEST for hit in hits[:1])])
    ranked = [hit.pk for hit in hits if hit.score >= least]
    place = Func(Value(ranked, ArrayField(BigIntegerField())), F("id"), function="array_position")
    part = plain(text)
    held = Q(name_key__contains=part) | Q(sku_key__contains=part) | Q(category_key__contains=part)
    return products.alias(place=place).filter(Q(pk__in=ranked) | held)


def sort_keys(filters: dict[str, Any]) -> list[str]:
    """The columns of the order that ``filters`` ask for, with a minus before each where it is backwards."""
    asked = filters.get("ordering", "name")
    sign = "-" if asked.startswith("-") else ""
    return [sign + column for column in ORDERINGS[asked.removeprefix("-")]]


def order_products(products: QuerySet[Product], filters: dict[str, Any]) -> QuerySet[Product]:
    """``products`` in the order that ``filters`` ask for: one of ORDERINGS; a search without one has the best first."""
    keys: list[Any] = list(sort_keys(filters))
    if "search" in filters and "ordering" not in filters:
        keys = [F("place").asc(nulls_last=True), *keys]
    return products.order_by(*keys)
