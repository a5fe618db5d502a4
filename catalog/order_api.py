"""The API of orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from catalog import ordering
from catalog.filters import read_filters
from catalog.order_serializers import OrderFilters, OrderSerializer
from catalog.orders import Order

REFUSED = OpenApiResponse(
    inline_serializer("RefusedOrder", {"detail": serializers.CharField(), "current": OrderSerializer()}),
    description="It was decided the other way, or its units are gone; ``current`` is the order as it stands.",
)


class OrderViewSet(GenericViewSet[Order]):
    """What customers ordered."""

    serializer_class = OrderSerializer
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Order]:
        return ordering.list_orders()

    @extend_schema(operation_id="list_orders", parameters=[OrderFilters])
    def list(self, request: Request) -> Response:
        """What customers ordered, the newest first."""
        filters = read_filters(request, OrderFilters)
        found = ordering.list_orders(status=filters.get("status", ""), contact_id=filters.get("contact"))
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="read_order")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One order."""
        return self._answer()

    @extend_schema(operation_id="approve_order", request=None, responses={200: OrderSerializer, 409: REFUSED})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: int) -> Response:
        """Approve an order: its units are taken from the stock, once. Lines with a problem stay out of it."""
        return self._decide(ordering.approve)

    @extend_schema(operation_id="reject_order", request=None, responses={200: OrderSerializer, 409: REFUSED})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: int) -> Response:
        """Reject an order."""
        return self._decide(ordering.reject)

    def _decide(self, decide: Callable[..., Order]) -> Response:
        try:
            decide(order_id=self.kwargs["pk"], now=timezone.now())
        except Order.DoesNotExist as fault:
            raise Http404 from fault
        except (ordering.Decided, ordering.CannotDeliver) as fault:
            return self._answer(status=status.HTTP_409_CONFLICT, detail=str(fault))
        return self._answer()

    def _answer(self, *, detail: str = "", **options: Any) -> Response:
        shown = cast("dict[str, Any]", self.get_serializer(self.get_object()).data)
        return Response({"detail": detail, "current": shown} if detail else shown, **options)
