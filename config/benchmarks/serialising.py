"""Fifty products as JSON, read from the database: our way, and Django REST framework's plain one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer

from catalog.models import Product
from catalog.serializers import COLUMNS, show
from config.benchmarks.runs import Run
from config.benchmarks.samples import interleave, milliseconds, ratio
from config.benchmarks.table import Line
from tenants.scope import tenant_scope

GOAL = 0.5
PAGE = 50


class PlainSerializer(ModelSerializer[Product]):
    class Meta:
        model = Product
        fields = list(COLUMNS)


def measure(run: Run) -> Iterator[Line]:
    with tenant_scope(run.catalogues[0].user):
        products = Product.objects.active().order_by("id")[:PAGE]

        def ours() -> Any:
            zone = timezone.get_current_timezone()
            return JSONRenderer().render([show(row, currency="COP", zone=zone) for row in products.values(*COLUMNS)])

        def plain() -> Any:
            return JSONRenderer().render(PlainSerializer(products.all(), many=True).data)

        taken = interleave({"ours": ours, "plain": plain}, rounds=run.size.rounds * 3)
    yield Line(
        row="serialising",
        what=f"{PAGE} products, query included",
        ratio=ratio(taken, "ours", "plain"),
        at_most=GOAL,
        measured=milliseconds(taken["ours"]),
        ceiling=f"ModelSerializer: {milliseconds(taken['plain'])}",
    )
