"""Products as files: as the importer reads them, and as the price list that a shop hands to its customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from catalog.filters import ProductListFilters, filter_products
from tenants.exchange.sources import Filters, KindSource
from tenants.models import User


class ProductExportFilters(ProductListFilters):
    """Those of the list, and what a price list shows."""

    with_stock = serializers.ChoiceField(
        choices=["true", "false"],
        required=False,
        help_text="Of a PDF: how many units there are of each. No unless said.",
    )
    with_descriptions = serializers.ChoiceField(
        choices=["true", "false"], required=False, help_text="Of a PDF: the products' descriptions. Yes unless said."
    )


class ProductSource(KindSource):
    name: ClassVar[str] = "products"
    label: ClassVar[str | Promise] = _("Productos")
    formats = ("csv", "xlsx", "pdf")
    filters: ClassVar[type[serializers.Serializer[Any]]] = ProductExportFilters

    def count(self, *, user: User, filters: Filters, form: str) -> int:
        if form == "pdf":
            filters = {**filters, "active": "true"}
        return filter_products(user=user, filters=filters).count()

    def draw(self, *, user: User, filters: Filters, form: str, file: BinaryIO, now: datetime) -> int:
        from catalog import price_list  # loads reportlab

        return price_list.draw(user=user, filters=filters, file=file, now=now)


PRODUCTS = ProductSource()
