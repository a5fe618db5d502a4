"""Shapes of orders."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.orders import Order, OrderLine
from tenants.contract import Whole


class OrderFilters(serializers.Serializer[Any]):
    """The query parameters of the list of orders; one that is empty counts as absent."""

    status = serializers.ChoiceField(choices=Order.Status.choices, required=False)
    contact = Whole(min_value=1, required=False, help_text="The id of the contact who ordered.")

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({name: value for name, value in data.items() if value != ""})


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """A line of an order; ``price`` is of one unit, null when the catalogue does not have it."""

    product = serializers.IntegerField(source="product_id", allow_null=True, read_only=True)
    price = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True, read_only=True)
    problem = serializers.ChoiceField(
        choices=["", *OrderLine.Problem.values], read_only=True, help_text="Why it cannot be had as asked, or empty."
    )
    problem_text = serializers.CharField(source="get_problem_display", read_only=True)

    class Meta:
        model = OrderLine
        fields = ["product", "name", "sku", "quantity", "price", "problem", "problem_text"]
        read_only_fields = fields


class OrderContactSerializer(serializers.Serializer[Any]):
    """Who ordered."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class OrderSerializer(serializers.ModelSerializer[Order]):
    """What a customer ordered. ``total`` counts the lines without a problem, at the prices of when it came."""

    contact = OrderContactSerializer(read_only=True, allow_null=True)
    lines = OrderLineSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "status", "contact", "currency", "total", "note", "lines", "created_at", "decided_at"]
        read_only_fields = fields
