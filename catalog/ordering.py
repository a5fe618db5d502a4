"""Taking orders: a customer's lines become an order priced from the catalogue, which the owner approves or rejects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog import stock
from catalog.amounts import format_price
from catalog.models import Product
from catalog.orders import Order, OrderLine
from tenants.events import record
from tenants.models import Contact, User
from tenants.sorting import plain

MOST_LINES = 100  # of one order; further ones are left out
MOST_UNITS_A_LINE = 10_000  # who asks for more has slipped, or plays
MOST_TOTAL = Decimal("99999999999999.99")  # what the column holds
LONGEST_NOTE = 2_000

_SAYS: dict[str, dict[str, str]] = {
    "head": {"es": "Pedido {id}", "en": "Order {id}", "pt": "Pedido {id}"},
    "total": {"es": "Total: {total}", "en": "Total: {total}", "pt": "Total: {total}"},
    "nothing": {
        "es": "De esto no hay nada disponible por ahora.",
        "en": "None of this is available right now.",
        "pt": "Nada disto está disponível no momento.",
    },
    "without": {
        "es": "Sin contar lo que no se puede entregar.",
        "en": "Not counting what cannot be delivered.",
        "pt": "Sem contar o que não pode ser entregue.",
    },
    "not_found": {"es": "no está en el catálogo", "en": "not in the catalogue", "pt": "não está no catálogo"},
    "out_of_stock": {"es": "agotado", "en": "sold out", "pt": "esgotado"},
    "not_enough": {
        "es": "no hay tantas unidades",
        "en": "there are not that many",
        "pt": "não há tantas unidades",
    },
    "quantity": {
        "es": "la cantidad no es válida",
        "en": "the quantity is not valid",
        "pt": "a quantidade não é válida",
    },
}


class Decided(Exception):
    """The order has been decided the other way already. The text is for people."""

    def __init__(self, order: Order) -> None:
        self.order = order
        approved = order.status == Order.Status.APPROVED
        super().__init__(_("Este pedido ya fue aprobado.") if approved else _("Este pedido ya fue rechazado."))


class CannotDeliver(Exception):
    """The stock for the order is gone, or nothing of it could be had to begin with. The text is for people."""


def place(
    *,
    user: User,
    contact: Contact | None,
    key: str,
    lines: Sequence[tuple[str, int]],
    note: str = "",
    currency: str,
    now: datetime,
    conversation_id: int | None = None,
    channel: str | None = None,
) -> Order:
    """Keep the order of ``lines`` ((retailer id, quantity)) for ``user``, whose scope is open; once for each ``key``.

    A retailer id is a SKU of an active product, in any case, or a product's id. Prices and stock are the catalogue's
    of this moment; nothing else that a message says of them is looked at. A line that cannot be had as asked says so
    in ``problem`` and counts for nothing in the total. Stock is only taken when the order is approved. Where it came
    from (``conversation_id``, ``channel``) is for the event log.
    """
    with transaction.atomic():
        order, made = Order.objects.get_or_create(
            user=user,
            key=key,
            defaults={"contact": contact, "currency": currency, "note": note[:LONGEST_NOTE], "created_at": now},
        )
        if made:
            rows = _price(order, _join(lines))
            OrderLine.objects.bulk_create(rows)
            order.total = sum((_amount(row) for row in rows if not row.problem), Decimal(0))
            order.save(update_fields=["total"])
            origin: dict[str, Any] = {"conversation": conversation_id, "channel": channel, "lines": len(rows)}
            record("order_received", at=now, products=_wanted(rows), **_money(order), **origin)
    return order


def approve(*, order_id: int, now: datetime) -> Order:
    """Approve an order of the open scope and take its units from the stock, once however often it is called.

    Lines that had a problem when it came stay out of it, as the customer was told. Raises Order.DoesNotExist,
    Decided when it was rejected, and CannotDeliver, which leaves all as it was, when units are gone meanwhile.
    """
    with transaction.atomic():
        order = _lock(order_id, wanted=Order.Status.APPROVED)
        if order.status == Order.Status.APPROVED:
            return order
        taken = [line for line in order.lines.all() if not line.problem]
        if not taken:
            raise CannotDeliver(_("De este pedido no hay nada que se pueda entregar."))
        for line in sorted(taken, key=lambda line: line.product_id or 0):  # the same order in every transaction
            _take(order, line)
        record("order_approved", at=now, products=_wanted(taken), **_money(order))
        return _decide(order, Order.Status.APPROVED, now)


def reject(*, order_id: int, now: datetime) -> Order:
    """Reject an order of the open scope. Raises Order.DoesNotExist, and Decided when it was approved."""
    with transaction.atomic():
        order = _lock(order_id, wanted=Order.Status.REJECTED)
        if order.status == Order.Status.REJECTED:
            return order
        record("order_rejected", at=now, **_money(order))
        return _decide(order, Order.Status.REJECTED, now)


def list_orders(*, status: str = "", contact_id: int | None = None) -> QuerySet[Order]:
    """The orders of the open scope, the newest first, with their lines and contacts."""
    found: QuerySet[Order] = Order.objects.select_related("contact").prefetch_related("lines").order_by("-id")
    if status:
        found = found.filter(status=status)
    return found if contact_id is None else found.filter(contact_id=contact_id)


def describe(order: Order, language: str) -> str:
    """The order in words of ``language`` (es, en, pt): a line for each product, and the total.

    What a line says that is not in the catalogue is the message's own text, cut short.
    """
    language = language if language in ("es", "en", "pt") else "es"

    def say(key: str, **values: Any) -> str:
        return _SAYS[key][language].format(**values)

    lines = list(order.lines.all())
    told = [say("head", id=order.pk)]
    for line in lines:
        name = " ".join(line.name.split())
        if line.problem:
            told.append(f"- {line.quantity} × {name}: {say(line.problem)}")
        else:
            amount = format_price(amount=_amount(line), currency=order.currency, language=language)
            told.append(f"- {line.quantity} × {name}: {amount}")
    if all(line.problem for line in lines):
        return "\n".join([*told, say("nothing")])
    told.append(say("total", total=format_price(amount=order.total, currency=order.currency, language=language)))
    if any(line.problem for line in lines):
        told.append(say("without"))
    return "\n".join(told)


def _join(lines: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Each retailer id once, with all that is asked of it; texts that no column holds are cut."""
    joined: dict[str, tuple[str, int]] = {}
    for given, quantity in lines[:MOST_LINES]:
        name = " ".join(str(given).replace("\x00", "").split())[:100] or "?"
        asked = quantity if isinstance(quantity, int) and not isinstance(quantity, bool) else 0
        before = joined.get(name.casefold())
        if before is not None:
            asked = asked + before[1] if min(asked, before[1]) > 0 else 0
        joined[name.casefold()] = (before[0] if before else name, asked)
    return list(joined.values())


def _price(order: Order, lines: Sequence[tuple[str, int]]) -> list[OrderLine]:
    products = _find([name for name, _asked in lines])
    rows: list[OrderLine] = []
    left = {product.pk: product.stock for product in products.values()}
    total = Decimal(0)
    for name, asked in lines:
        product = products.get(name.casefold())
        sensible = 1 <= asked <= MOST_UNITS_A_LINE
        row = OrderLine(
            user=order.user,
            order=order,
            product=product,
            name=product.name if product else name,
            sku=name,
            quantity=min(max(asked, 1), MOST_UNITS_A_LINE),
            price=product.price if product else None,
        )
        if product is None:
            row.problem = OrderLine.Problem.NOT_FOUND
        elif not sensible or total + _amount(row) > MOST_TOTAL:
            row.problem = OrderLine.Problem.QUANTITY
        elif asked > left[product.pk]:
            row.problem = OrderLine.Problem.NOT_ENOUGH if left[product.pk] else OrderLine.Problem.OUT_OF_STOCK
        else:
            left[product.pk] -= asked
            total += _amount(row)
        rows.append(row)
    return rows


def _find(names: Sequence[str]) -> dict[str, Product]:
    """The active products that ``names`` stand for, by folded name: by SKU before by id."""
    active = Product.objects.active()
    ids = [int(name) for name in names if name.isascii() and name.isdigit() and len(name) <= 18]
    found = {str(product.pk): product for product in active.filter(pk__in=ids)}
    wanted = {name.casefold() for name in names}
    for product in active.filter(sku_key__in=[plain(name) for name in names]):
        if product.sku.casefold() in wanted:  # the key knows no accents
            found[product.sku.casefold()] = product
    return found


def _wanted(lines: Sequence[OrderLine]) -> list[dict[str, int]]:
    """[{product, quantity}] of what is in the catalogue."""
    return [{"product": line.product_id, "quantity": line.quantity} for line in lines if line.product_id is not None]


def _money(order: Order) -> dict[str, Any]:
    return {"order": order.pk, "contact": order.contact_id, "total": f"{order.total:.2f}", "currency": order.currency}


def _amount(line: OrderLine) -> Decimal:
    return (line.price or Decimal(0)) * line.quantity


def _lock(order_id: int, *, wanted: str) -> Order:
    order: Order = Order.objects.select_for_update().get(pk=order_id)
    if order.status not in (Order.Status.PENDING, wanted):
        raise Decided(order)
    return order


def _take(order: Order, line: OrderLine) -> None:
    gone = _("Ya no hay existencias para este pedido: %(product)s. %(why)s")
    try:
        if line.product_id is None:
            raise Product.DoesNotExist
        stock.move(
            product_id=line.product_id,
            delta=-line.quantity,
            reason=_("Pedido %(id)s") % {"id": order.pk},
        )
    except stock.NotEnough as fault:
        raise CannotDeliver(gone % {"product": line.name, "why": fault}) from fault
    except Product.DoesNotExist as fault:
        why = _("El producto ya no existe.")
        raise CannotDeliver(gone % {"product": line.name, "why": why}) from fault


def _decide(order: Order, status: str, now: datetime) -> Order:
    order.status = status
    order.decided_at = now
    order.save(update_fields=["status", "decided_at"])
    return order
