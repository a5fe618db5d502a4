"""Products as rows of a table: imported by SKU, and exported so that they import again.

A product without a SKU is known again by its name; the second row of one name is the second product of that name. Only
a row that says that it is not active finds what was withdrawn, so what was deleted does not come back by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import embeddings
from catalog.filters import filter_products
from catalog.models import MOST_MONEY, MOST_UNITS, Product, StockMovement
from catalog.orders import OrderLine
from catalog.products import EMBEDDED, SKU_CONSTRAINT
from tenants.exchange.kinds import Done, Field, Found, Identity, Kind, Refused, Row, Values, Written
from tenants.exchange.reasons import Reason
from tenants.models import User
from tenants.sorting import sort_keys

FIELDS = ("name", "description", "price", "sku", "category", "stock", "active")
AT_ONCE = 2000  # rows of an export that are read together

# Text columns travel as arrays: one statement for all rows, ten times as quick as a CASE for each.
_CHANGE = """
    UPDATE catalog_product p SET
        name = v.name, description = v.description, price = v.price, sku = v.sku, category = v.category,
        stock = v.stock, active = v.active, version = p.version + 1, updated_at = %(now)s
    FROM unnest(
        %(id)s::bigint[], %(name)s::text[], %(description)s::text[], %(price)s::numeric[], %(sku)s::text[],
        %(category)s::text[], %(stock)s::int[], %(active)s::boolean[]
    ) AS v (id, name, description, price, sku, category, stock, active)
    WHERE p.id = v.id AND p.user_id = %(user)s
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


class Products(Kind):
    """What a tenant sells."""

    name = "products"
    label = gettext_lazy("Productos")
    key = ("sku", "name")
    reasons = {
        "same_as_row": gettext_lazy("Es el mismo producto que el de la fila %(n)d."),
        "changed_since": gettext_lazy("Cambió después: lo dejamos como está."),
        "sku_taken": gettext_lazy("Su SKU ya es de otro producto: lo dejamos como está."),
    }
    fields = (
        Field(
            "name",
            gettext_lazy("Nombre"),
            required=True,
            max_length=200,
            aliases=_words(
                "producto, productos, artículo, item, ítem, nombre del producto, título,"
                " product, product name, title, produto, nome, nome do produto, artigo"
            ),
        ),
        Field(
            "description",
            gettext_lazy("Descripción"),
            max_length=5000,
            strip=False,
            aliases=_words(
                "detalle, detalles, características, descripción larga, body, details, description, descrição, detalhes"
            ),
        ),
        Field(
            "price",
            gettext_lazy("Precio"),
            type="money",
            required=True,
            most=MOST_MONEY,
            aliases=_words(
                "precio de venta, precio venta, precio unitario, precio al público, pvp, p.v.p., valor,"
                " valor unitario, valor venta, importe, price, unit price, sale price, retail price, preço,"
                " preço de venda, preço unitário"
            ),
        ),
        Field(
            "sku",
            gettext_lazy("SKU"),
            max_length=64,
            aliases=_words(
                "código, código sku, código de producto, cód, cod, ref, referencia, clave, código interno, code,"
                " product code, item code, part number, variant sku, código do produto, referência"
            ),
        ),
        Field(
            "category",
            gettext_lazy("Categoría"),
            max_length=100,
            aliases=_words(
                "categorías, rubro, familia, línea, grupo, departamento, tipo, category, product category, type,"
                " collection, categoria, família, linha"
            ),
        ),
        Field(
            "stock",
            gettext_lazy("Existencias"),
            type="integer",
            most=MOST_UNITS,
            aliases=_words(
                "existencia, inventario, stock actual, cantidad, cant, unidades, disponibles, saldo, stock, inventory,"
                " quantity, qty, units, variant inventory qty, on hand, estoque, quantidade, qtd, unidades em estoque"
            ),
        ),
        Field(
            "active",
            gettext_lazy("Activo"),
            type="boolean",
            aliases=_words("activa, publicado, visible, active, enabled, published, ativo, publicado"),
        ),
    )

    def examples(self) -> list[Values]:
        return [
            {
                "name": _("Martillo de uña 16 oz"),
                "sku": "MAR-016",
                "price": Decimal("45900.00"),
                "category": _("Herramientas"),
                "stock": 12,
                "description": _("Mango de madera"),
            },
            {
                "name": _("Pintura blanca, galón"),
                "sku": "PIN-BL-1",
                "price": Decimal("62500.00"),
                "category": _("Pinturas"),
                "stock": 4,
                "description": "",
            },
        ]

    def identify(self, values: Values) -> Identity | None:
        """By the SKU, else by the name. Several that were withdrawn may have one SKU, and several one name."""
        is_withdrawn = values.get("active") is False
        where = "withdrawn " if is_withdrawn else ""
        if values.get("sku"):
            return Identity("sku", where + values["sku"].lower(), is_unique=not is_withdrawn)
        return Identity("name", where + values["name"].lower(), is_unique=False) if values.get("name") else None

    def find(self, *, user: User, rows: Sequence[Row], lock: bool = False) -> list[Found | None]:
        skus = {row.values["sku"] for row in rows if row.values.get("sku")}
        names = {row.values["name"] for row in rows if row.values.get("name") and not row.values.get("sku")}
        known = Q(sku_key__in=sort_keys(skus)) if skus else Q(pk__in=[])
        known |= Q(name_key__in=sort_keys(names)) if names else Q(pk__in=[])
        products = Product.objects.filter(known, active__in=[True, False]).order_by("pk")
        if lock:
            products = products.select_for_update(of=("self",), no_key=True)
        register = _Register(products if skus or names else ())
        return [_as_found(product) if (product := register.look_up(row)) else None for row in rows]

    def write(self, *, user: User, rows: Sequence[Row]) -> list[Written | Refused]:
        """The new ones in one statement, the changed ones in another."""
        now = timezone.now()
        taken: dict[int, int] = {}
        results: list[Written | Refused | None] = []
        new: list[Product] = []
        changes: list[tuple[Found, Values]] = []
        for row in rows:
            if row.found is None:
                new.append(Product(user=user, created_at=now, **row.values))
                results.append(None)
            elif row.found.id in taken:
                told = Reason("same_as_row", {"n": taken[row.found.id]})
                results.append(Refused(told, "sku" if row.values.get("sku") else "name"))
            else:
                taken[row.found.id] = row.number
                before = {name: row.found.values[name] for name in row.values}
                changes.append((row.found, row.found.values | row.values))
                results.append(Written(row.found.id, str(int(row.found.mark) + 1), _as_json(before)))
        Product.objects.bulk_create(new, batch_size=1000)
        _change(user=user, rows=[(found.id, values) for found, values in changes], now=now)
        _note_stock(user, [(product.pk, 0, product.stock) for product in new], _("Existencias iniciales"))
        moved = [(found.id, found.values["stock"], values["stock"]) for found, values in changes]
        _note_stock(user, moved, _("Importación"))
        reworded = [
            found.id for found, values in changes if any(found.values[name] != values[name] for name in EMBEDDED)
        ]
        embeddings.schedule(user=user, product_ids=[*(product.pk for product in new), *reworded])
        made = iter(new)
        return [
            Written((product := next(made)).pk, str(product.version)) if result is None else result
            for result in results
        ]

    def undo(self, *, user: User, rows: Sequence[Done]) -> list[Reason | None]:
        locked = Product.objects.filter(pk__in=[row.id for row in rows]).order_by("pk")
        there = {product.pk: product for product in locked.select_for_update(of=("self",))}
        changed = {row.id for row in rows if row.id in there and str(there[row.id].version) != row.mark}
        made = {row.id for row in rows if row.before is None and row.id in there and row.id not in changed}
        ordered = set(OrderLine.objects.filter(product__in=made).values_list("product", flat=True))
        Product.objects.filter(pk__in=made - ordered).delete()
        back = [(there[pk], {"active": False}) for pk in sorted(ordered)]  # an order tells of it: it is only withdrawn
        back += [
            (there[row.id], _from_json(row.before))
            for row in rows
            if row.before is not None and row.id in there and row.id not in changed
        ]
        stuck = _put_back(user, back)
        return [Reason("changed_since") if row.id in changed else stuck.get(row.id) for row in rows]

    def export(self, *, user: User, filters: Mapping[str, Any]) -> Iterator[Values]:
        """Those that were withdrawn come first: importing them again, each finds its own."""
        products = filter_products(user=user, filters={"active": "true", **filters}).order_by(
            "active", "name_key", "id"
        )
        yield from products.values(*FIELDS).iterator(chunk_size=AT_ONCE)


class _Register:
    """Products by what a row may know them by."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._by_sku: dict[tuple[bool, str], list[Product]] = defaultdict(list)
        self._by_name: dict[tuple[bool, str], list[Product]] = defaultdict(list)
        for product in products:
            self._by_name[product.active, product.name.lower()].append(product)
            if product.sku:
                self._by_sku[product.active, product.sku.lower()].append(product)
        self._put_in_order()

    def _put_in_order(self) -> None:
        """Those that a row may mean stand as ``Products.export`` writes them, in the database's order of letters.

        They were read, and locked, by their ids.
        """
        several = [found for found in (*self._by_sku.values(), *self._by_name.values()) if len(found) > 1]
        if not several:
            return
        asked = Product.objects.filter(pk__in={product.pk for found in several for product in found})
        ordered = asked.filter(active__in=[True, False]).order_by("name_key", "id").values_list("pk", flat=True)
        place = {pk: n for n, pk in enumerate(ordered)}
        for found in several:
            found.sort(key=lambda product: place[product.pk])

    def look_up(self, row: Row) -> Product | None:
        is_withdrawn = row.values.get("active") is False
        found = self._candidates(row.values, active=not is_withdrawn)
        if is_withdrawn and row.occurrence >= len(found):  # one that is sold is withdrawn by this row
            found = found + self._candidates(row.values, active=True)
        return found[row.occurrence] if row.occurrence < len(found) else None

    def _candidates(self, values: Values, *, active: bool) -> list[Product]:
        if values.get("sku"):
            return self._by_sku.get((active, values["sku"].lower()), [])
        found = self._by_name.get((active, values.get("name", "").lower()), [])
        # A file that has SKUs, but none in this row, does not mean a product that has one.
        return [product for product in found if not product.sku] if "sku" in values else found


def _as_found(product: Product) -> Found:
    return Found(product.pk, {name: getattr(product, name) for name in FIELDS}, str(product.version))


def _change(*, user: User, rows: Sequence[tuple[int, Values]], now: datetime) -> None:
    """Give products whose rows are locked all their values."""
    if not rows:
        return
    columns: dict[str, list[Any]] = {name: [values[name] for _id, values in rows] for name in FIELDS}
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, {"id": [pk for pk, _values in rows], "user": user.pk, "now": now, **columns})


def _note_stock(user: User, moved: Iterable[tuple[int, int, int]], reason: str) -> None:
    """A line in the ledger for each product whose stock went from one figure to another."""
    lines = [
        StockMovement(user=user, product_id=pk, delta=after - before, reason=reason, stock_after=after)
        for pk, before, after in moved
        if after != before
    ]
    StockMovement.objects.bulk_create(lines, batch_size=1000)


def _put_back(user: User, back: Sequence[tuple[Product, Values]]) -> dict[int, Reason]:
    """Give products their values of before; of those that cannot have them, why."""
    try:
        with transaction.atomic():
            _put_together(user, back)
    except IntegrityError as fault:
        if SKU_CONSTRAINT not in str(fault):
            raise
        if len(back) == 1:
            return {back[0][0].pk: Reason("sku_taken")}
        stuck: dict[int, Reason] = {}
        for one in back:
            stuck |= _put_back(user, [one])
        return stuck
    return {}


def _put_together(user: User, back: Sequence[tuple[Product, Values]]) -> None:
    rows = [(product.pk, _as_found(product).values | before) for product, before in back]
    _change(user=user, rows=rows, now=timezone.now())
    moved = [(product.pk, product.stock, before.get("stock", product.stock)) for product, before in back]
    _note_stock(user, moved, _("Importación deshecha"))
    reworded = [product.pk for product, before in back if EMBEDDED & before.keys()]
    embeddings.schedule(user=user, product_ids=reworded)


def _as_json(values: Values) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _from_json(values: dict[str, Any]) -> Values:
    return values | ({"price": Decimal(values["price"])} if "price" in values else {})


PRODUCTS = Products()
