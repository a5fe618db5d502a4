"""The price list as pages that a shop hands to its customers: by category, with today's prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, BinaryIO

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, LongTable, Paragraph, Spacer, TableStyle

from catalog.amounts import format_price
from catalog.filters import filter_products
from tenants.exchange.paper import (
    BODY,
    END,
    HEADING,
    PALE,
    SOFT_BODY,
    SOFT_END,
    STRONG_END,
    Paper,
    line,
    ruled,
    written_width,
)
from tenants.locales import locale_tag
from tenants.models import Preferences, User

SHOWN_OF_DESCRIPTION = 240  # characters
CODE, STOCK = 28 * mm, 22 * mm  # widths
PADDING = 14  # points, of a cell, left and right
LEAST_PRICE = 22 * mm
HEADED: list[tuple[Any, ...]] = [  # the row with the category's name
    ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
    ("BACKGROUND", (0, 0), (-1, 0), PALE),
    ("LEFTPADDING", (0, 0), (0, 0), 4),
    ("RIGHTPADDING", (-1, 0), (-1, 0), 4),
    ("NOSPLIT", (0, 0), (-1, 1)),
]


def draw(*, user: User, filters: dict[str, Any], file: BinaryIO, now: datetime, compress: bool = True) -> int:
    """Write the price list of the active products that pass ``filters`` into ``file``; with ``with_stock`` how many
    there are. In the tenant's scope and language. Returns how many products it shows."""
    preferences = Preferences.current(user)
    locale = Locale.parse(locale_tag(language=user.language, currency=preferences.currency), sep="-")
    day = format_date(timezone.localtime(now).date(), "long", locale=locale)
    paper = Paper(user=user, preferences=preferences, title=_("Lista de precios"), note=day)
    rows = list(_read(user, filters))
    page = _Page(
        paper.width,
        locale,
        prices=[
            format_price(amount=row["price"], currency=preferences.currency, language=user.language) for row in rows
        ],
        with_stock=filters.get("with_stock") == "true",
        with_descriptions=filters.get("with_descriptions", "true") == "true",
        with_codes=any(row["sku"] for row in rows),
    )
    paper.draw(story=page.story(rows), file=file, compress=compress)
    return len(rows)


def _read(user: User, filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """By category, those without one last, and by name."""
    found = filter_products(user=user, filters={**filters, "active": "true"})
    columns = ("name", "description", "price", "sku", "category", "category_key", "stock")
    rows = found.order_by("category_key", "name_key", "id").values(*columns)
    without = [row for row in rows if not row["category"].strip()]
    yield from (row for row in rows if row["category"].strip())
    yield from without


class _Page:
    """How wide the columns are, and what stands in them."""

    def __init__(
        self,
        width: float,
        locale: Locale,
        *,
        prices: list[str],
        with_stock: bool,
        with_descriptions: bool,
        with_codes: bool,
    ) -> None:
        self.locale, self.prices = locale, prices
        self.with_stock, self.with_descriptions, self.with_codes = with_stock, with_descriptions, with_codes
        price = max([LEAST_PRICE, *(written_width(text, STRONG_END) + PADDING for text in prices)])
        others = [CODE] * with_codes + [STOCK] * with_stock + [price]
        self.widths = [width - sum(others), *others]

    def story(self, rows: list[dict[str, Any]]) -> list[Flowable]:
        if not rows:
            return [line(_("No hay productos a la venta que mostrar."), BODY)]
        story: list[Flowable] = []
        numbered = list(enumerate(rows))
        for category, group in groupby(numbered, key=lambda one: one[1]["category_key"]):
            found = list(group)
            name = found[0][1]["category"].strip() if category.strip() else _("Otros productos")
            story += [self._table(name, found), Spacer(0, 5 * mm)]
        return story

    def _table(self, category: str, found: list[tuple[int, dict[str, Any]]]) -> LongTable:
        """A category: its name stands above each page of it."""
        count = ngettext("%d producto", "%d productos", len(found)) % len(found)
        head: list[Paragraph] = [line(category, HEADING, otherwise=_("Otra categoría"))]
        head += [line(_("Código"), SOFT_BODY)] * self.with_codes + [line(_("Hay"), SOFT_END)] * self.with_stock
        body = [self._row(place, row) for place, row in found]
        table = LongTable([[*head, line(count, SOFT_END)], *body], colWidths=self.widths, repeatRows=1)
        table.setStyle(TableStyle([*ruled(), *HEADED]))
        return table

    def _row(self, place: int, row: dict[str, Any]) -> list[Any]:
        code = row["sku"]
        name = line(row["name"], BODY, otherwise=code or _("Producto en otra escritura"))
        description = " ".join(row["description"].split())
        if len(description) > SHOWN_OF_DESCRIPTION:
            description = description[:SHOWN_OF_DESCRIPTION].rsplit(" ", 1)[0] + "…"
        below = line(description, SOFT_BODY) if self.with_descriptions and description else None
        cells: list[Any] = [[name, below] if below is not None and below.text else name]
        cells += [line(code, SOFT_BODY)] * self.with_codes
        if self.with_stock:
            cells.append(line(format_decimal(row["stock"], locale=self.locale) if row["stock"] else _("Agotado"), END))
        return [*cells, line(self.prices[place], STRONG_END)]
