"""What may be said: the rows, texts and question of one turn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class ProductFact:
    """A catalogue row as this turn read it. ``price`` is in the tenant's currency; None means not known."""

    id: str
    name: str
    price: Decimal | None = None
    stock: int | None = None
    sku: str = ""
    category: str = ""
    description: str = ""


class Facts:
    """All that a reply of this turn may draw on. It grows while tools answer; a later row of the same id wins.

    - ``currency``: the tenant's ISO code ("COP", "MXN", "USD", "BRL", ...).
    - products: rows of the prompt's catalogue summary and of this turn's tool results.
    - texts: trusted free text (business facts: hours, delivery costs, payment, discounts that do exist).
    - question: the person's message; its numbers may be echoed (a budget, a quantity), its product names denied.
    """

    def __init__(
        self,
        *,
        currency: str,
        products: Iterable[Mapping[str, Any] | ProductFact] = (),
        texts: Iterable[str] = (),
        question: str = "",
    ) -> None:
        self.currency = currency.upper()
        self.version = 0  # grows with every addition, so that what is computed from the facts can be kept until then
        self._products: dict[str, ProductFact] = {}
        self._categories: dict[str, None] = {}
        self._texts: list[str] = []
        self._questions: list[str] = []
        self.add_products(products)
        for text in texts:
            self.add_text(text)
        if question:
            self.add_question(question)

    @property
    def products(self) -> tuple[ProductFact, ...]:
        """The rows, in the order in which they were first read."""
        return tuple(self._products.values())

    @property
    def categories(self) -> tuple[str, ...]:
        """Category names of the rows and of ``add_categories``."""
        return tuple(self._categories)

    @property
    def texts(self) -> tuple[str, ...]:
        """The trusted free texts."""
        return tuple(self._texts)

    @property
    def questions(self) -> tuple[str, ...]:
        """The person's messages, the latest last."""
        return tuple(self._questions)

    @property
    def question(self) -> str:
        """The message that is being answered."""
        return self._questions[-1] if self._questions else ""

    def add_products(self, rows: Iterable[Mapping[str, Any] | ProductFact]) -> None:
        """Add rows: ProductFact or mappings with at least ``name`` (id, price, stock, sku, category, description)."""
        for row in rows:
            product = row if isinstance(row, ProductFact) else _read_row(row)
            if product.name:
                self._products[product.id] = product
                if product.category:
                    self._categories[product.category] = None
        self.version += 1

    def add_categories(self, names: Iterable[str]) -> None:
        """Add category names that exist although no row of them was read."""
        self._categories.update(dict.fromkeys(name for name in names if name))
        self.version += 1

    def add_text(self, text: str) -> None:
        """Add a trusted text, such as the business facts; every amount, percentage and name in it may be said."""
        if text.strip():
            self._texts.append(text)
            self.version += 1

    def add_question(self, text: str) -> None:
        """Add a message of the person; call in order, the one that is being answered last."""
        if text.strip():
            self._questions.append(text)
            self.version += 1

    def add_tool_result(self, content: str) -> None:
        """Add what a tool answered as JSON text: product rows and lists of categories at any depth.

        Text that is not JSON, or holds neither, adds nothing: an error message is no fact.
        """
        try:
            value = json.loads(content)
        except ValueError:
            return
        self._walk(value, key="")

    def _walk(self, value: Any, *, key: str) -> None:
        if isinstance(value, Mapping):
            if isinstance(value.get("name"), str) and ("price" in value or "stock" in value):
                self.add_products([value])
            elif isinstance(value.get("name"), str) and "categor" in key:
                self.add_categories([value["name"]])
            for inner_key, inner in value.items():
                self._walk(inner, key=str(inner_key))
        elif isinstance(value, list):
            for inner in value:
                if isinstance(inner, str) and "categor" in key:
                    self.add_categories([inner])
                else:
                    self._walk(inner, key=key)


def _read_row(row: Mapping[str, Any]) -> ProductFact:
    name = str(row.get("name") or "").strip()
    category = row.get("category") or ""
    if isinstance(category, Mapping):
        category = category.get("name") or ""
    stock = row.get("stock")
    return ProductFact(
        id=str(row.get("id") if row.get("id") is not None else name),
        name=name,
        price=_read_price(row.get("price")),
        stock=int(stock) if isinstance(stock, int | float) or (isinstance(stock, str) and stock.isdigit()) else None,
        sku=str(row.get("sku") or ""),
        category=str(category),
        description=str(row.get("description") or ""),
    )


def _read_price(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() else None
