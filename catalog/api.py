"""The API of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import products, stock
from catalog.filters import (
    ProductFilters,
    ProductListFilters,
    filter_products,
    order_products,
    read_filters,
    sort_keys,
)
from catalog.models import Product, StockMovement
from catalog.search import search
from catalog.serializers import (
    COLUMNS,
    CountSerializer,
    FoundProductSerializer,
    NoBodySerializer,
    ProductSerializer,
    SearchParameters,
    StockChangeSerializer,
    StockMovementSerializer,
    StockSerializer,
    show,
)
from tenants.models import Preferences
from tenants.versions import IF_MATCH, VersionedViewSet, version_of

Written = TypeVar("Written")

STALE = OpenApiResponse(
    inline_serializer("StaleProduct", {"detail": serializers.CharField(), "current": ProductSerializer()}),
    description="It was changed in between; ``current`` is the product as it now stands.",
)
CHANGED = {200: ProductSerializer, 409: STALE}
TOO_FEW = OpenApiResponse(
    {
        "type": "object",
        "properties": {
            "detail": {"type": "string"},
            "stock": {"type": "integer"},
            "current": {"$ref": "#/components/schemas/Product"},
        },
        "required": ["detail"],
    },
    description="Fewer units are left: ``stock`` says how many. Or the version is stale: ``current`` is the product.",
)
HAMMER = {
    "name": "Martillo de uña 16 oz",
    "price": "45900.00",
    "sku": "MAR-016",
    "category": "Herramientas",
    "stock": 12,
}


class ProductViewSet(VersionedViewSet):
    """What I sell."""

    serializer_class = ProductSerializer

    def get_queryset(self) -> QuerySet[Product]:
        return cast("QuerySet[Product]", Product.objects.all())

    @cached_property
    def currency(self) -> str:
        return Preferences.current(self.tenant).currency

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "currency": self.currency}

    @extend_schema(operation_id="list_products", parameters=[ProductListFilters])
    def list(self, request: Request) -> Response:
        """My products, a page at a time."""
        filters = read_filters(request, ProductListFilters)
        found = order_products(filter_products(user=self.tenant, filters=filters), filters)
        keys = {key.removeprefix("-") for key in sort_keys(filters)}
        rows = self.paginate_queryset(found.values(*COLUMNS, *keys.difference(COLUMNS)))
        zone = timezone.get_current_timezone()
        return self.get_paginated_response([show(row, currency=self.currency, zone=zone) for row in rows or []])

    @extend_schema(operation_id="create_product", examples=[OpenApiExample("hammer", value=HAMMER, request_only=True)])
    def create(self, request: Request) -> Response:
        """Add a product."""
        fields = self.checked(self.get_serializer(data=request.data))
        fields.pop("version", None)
        product = products.create(user=self.tenant, **fields)
        return self._answer(product, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="read_product")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One product, also when it was deleted (``active`` is false then)."""
        return self._answer(self.get_object())

    @extend_schema(
        operation_id="replace_product", parameters=[IF_MATCH], responses={200: ProductSerializer, 409: STALE}
    )
    def update(self, request: Request, pk: int) -> Response:
        """Give a product other values; name and price are required, other fields that are left out stay."""
        return self._change(request, partial=False)

    @extend_schema(operation_id="change_product", parameters=[IF_MATCH], responses=CHANGED)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give a product other values; fields that are left out stay."""
        return self._change(request, partial=True)

    @extend_schema(operation_id="delete_product", parameters=[IF_MATCH], responses={204: None, 409: STALE})
    def destroy(self, request: Request, pk: int) -> Response:
        """Take a product out of the catalogue. It stays readable by its id and can be restored."""
        self._known(products.withdraw, version=version_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="restore_product",
        parameters=[IF_MATCH],
        request=NoBodySerializer,
        responses=CHANGED,
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: int) -> Response:
        """Put a deleted product back. 400 when another active product has taken its SKU."""
        version = version_of(request, given=self.checked(NoBodySerializer(data=request.data)).get("version"))
        return self._answer(self._known(products.restore, version=version))

    @extend_schema(
        operation_id="move_stock",
        parameters=[IF_MATCH],
        request=StockChangeSerializer,
        responses={200: StockSerializer, 409: TOO_FEW},
        examples=[OpenApiExample("sale", value={"delta": -2, "reason": "Venta"}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="stock")
    def move_stock(self, request: Request, pk: int) -> Response:
        """Add units, or take them. 409 when fewer are left than are taken; the answer's ``stock`` says how many."""
        fields = self.checked(StockChangeSerializer(data=request.data))
        fields["version"] = version_of(request, given=fields.get("version"))
        try:
            movement = self._known(stock.move, **fields)
        except stock.NotEnough as fault:
            return Response({"detail": str(fault), "stock": fault.left}, status=status.HTTP_409_CONFLICT)
        return Response(StockSerializer(movement).data)

    @extend_schema(operation_id="list_stock_movements", responses=StockMovementSerializer(many=True))
    @move_stock.mapping.get
    def list_stock_movements(self, request: Request, pk: int) -> Response:
        """The ledger of a product's stock, newest first."""
        movements = StockMovement.objects.filter(product=self.get_object()).order_by("-created_at", "-id")
        page = self.paginate_queryset(cast(Any, movements)) or []
        return self.get_paginated_response(StockMovementSerializer(page, many=True).data)

    @extend_schema(operation_id="list_categories", responses=serializers.ListSerializer(child=serializers.CharField()))
    @action(detail=False, pagination_class=None)
    def categories(self, request: Request) -> Response:
        """The names of the categories of my active products, in order."""
        return Response(Product.objects.active().categories())

    @extend_schema(operation_id="count_products", parameters=[ProductFilters], responses=CountSerializer)
    @action(detail=False, pagination_class=None)
    def count(self, request: Request) -> Response:
        """How many products pass the filters."""
        filters = read_filters(request, ProductFilters)
        return Response({"count": filter_products(user=self.tenant, filters=filters).count()})

    @extend_schema(
        operation_id="search_products", parameters=[SearchParameters], responses=FoundProductSerializer(many=True)
    )
    @action(detail=False, pagination_class=None)
    def search(self, request: Request) -> Response:
        """The active products that answer the words ``q`` best, by words and by meaning, the best first."""
        asked = read_filters(request, SearchParameters)
        hits = search(user=self.tenant, query=asked["q"], limit=asked["limit"])
        return Response([show(hit, currency=self.currency) | {"score": hit.score} for hit in hits])

    def _answer(self, product: Product, **options: Any) -> Response:
        return Response(self.get_serializer(product).data, headers={"ETag": f'"{product.version}"'}, **options)

    def _change(self, request: Request, *, partial: bool) -> Response:
        fields = self.checked(self.get_serializer(data=request.data, partial=partial))
        fields["version"] = version_of(request, given=fields.get("version"))
        return self._answer(self._known(products.change, **fields))

    def _known(self, write: Callable[..., Written], **arguments: Any) -> Written:
        try:
            return write(product_id=self.kwargs["pk"], **arguments)
        except Product.DoesNotExist as fault:
            raise Http404 from fault
