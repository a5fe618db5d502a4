"""The owner's tools for what is sold: looking at it, and changing price, stock and whether it is for sale.

Each change asks first. What the question names (the product, its version, the old value and the new) is worked out
here, kept with the question, and done as it was asked, once the person has said yes; a product that was changed
meanwhile stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError

from assistants.grounding.words import fold
from assistants.models import ToolEffect
from assistants.tools.base import Tool, ToolContext, ToolError, always, make_spec
from assistants.tools.catalog import product_row
from assistants.tools.sales_asking import describe_change, say, write_question
from catalog import ordering, products, stock
from catalog.filters import filter_products, order_products
from catalog.models import MOST_MONEY, MOST_UNITS, Product
from catalog.orders import Order
from tenants.models import StaleVersion

SHOWN = 8
SHOWN_ORDERS = 10
UNDO_FOR = timedelta(hours=24)
WHOLE = frozenset({"CLP", "COP", "CRC", "PYG"})  # whose prices people write without cents
RAISES = re.compile(
    r"\b(?:s[uo]b(?:e|a|as|ir|irle|ele|eme|elo|eles)|aument\w+|increment\w+|encarec\w+|raise|increase)\b"
)
LOWERS = re.compile(r"\b(?:baj(?:a|e|ar|arle|ale|ame|alo)|rebaj\w+|reduc\w+|reduz\w*|abarat\w+|baix\w+|lower|reduce)\b")
UNDO = re.compile(r"\b(?:deshac\w+|deshaz\w*|undo|desfa[cz]\w*|revierte|revertir|revert)\b")


class Refused(ToolError):
    """What was asked cannot be done; ``details`` say why in the person's language."""

    def __init__(self, key: str, context: ToolContext, **values: Any) -> None:
        text = say(key, context.language, **values)
        super().__init__(text)
        self.details = {"done": False, "reason": key, "said": text}


def _find_products(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    words = arguments["words"].strip()
    if not words:
        raise ToolError("words is empty")
    found = filter_products(user=context.user, filters={"active": "all", "search": words[:200]})
    return {"products": [_row(product, context) for product in order_products(found, {"search": words})[:SHOWN]]}


def _list_orders(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    status = arguments.get("status") or Order.Status.PENDING
    if status not in (*Order.Status.values, "all"):
        raise ToolError("status is pending, approved, rejected or all")
    found = ordering.list_orders(status="" if status == "all" else status)
    rows = [
        {
            "order": order.pk,
            "status": order.status,
            "customer": order.contact.name if order.contact else "",
            "told": ordering.describe(order, context.language),
        }
        for order in found[:SHOWN_ORDERS]
    ]
    return {"orders": rows, "orders_in_all": found.count()}


def _list_wishes(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    rows = list(context.wishes())[:SHOWN_ORDERS]
    return {"wishes": [{"told": str(row["question"]), "times": int(row["times"])} for row in rows]}


def _seal_price(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    product = _find(arguments["id"])
    given = [name for name in ("price", "percent", "amount") if arguments.get(name) is not None]
    if len(given) != 1:
        raise ToolError("give one of price, percent and amount")
    value = Decimal(str(arguments[given[0]]))
    if given[0] == "percent":
        value = product.price * (100 + value) / 100
        places = (
            Decimal(1) if context.currency in WHOLE and product.price == product.price.to_integral_value() else None
        )
        value = value.quantize(places or Decimal("0.01"), ROUND_HALF_UP)
    elif given[0] == "amount":
        value += product.price
    if value < 0 or value > MOST_MONEY or value != value.quantize(Decimal("0.01")):
        raise Refused("bad_price", context)
    if value == product.price:
        raise Refused("same_price", context, name=product.name)
    sealed = _seal(product, was=str(product.price), now=str(value.quantize(Decimal("0.01"))))
    return sealed | ({"warns": True} if _surprises(product.price, value, context.message) else {})


def _surprises(was: Decimal, now: Decimal, message: str) -> bool:
    """Whether the person may not have meant it: «sube» and it falls, or the price is another one altogether."""
    folded = fold(message[:500])
    if (RAISES.search(folded) and now < was) or (LOWERS.search(folded) and now > was):
        return True
    return was > 0 and (now * 10 <= was or now >= was * 10)


def _change_price(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    sealed = _open(context, arguments)
    product = _write(context, sealed, price=Decimal(sealed["now"]))
    return _done("price", product, sealed, context, {"price": sealed["was"]})


def _seal_stock(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    product = _find(arguments["id"])
    given = [name for name in ("stock", "change") if arguments.get(name) is not None]
    if len(given) != 1:
        raise ToolError("give one of stock and change")
    units = arguments[given[0]] + (product.stock if given[0] == "change" else 0)
    if units < 0:
        raise Refused("too_few", context, name=product.name, left=product.stock)
    if units > MOST_UNITS:
        raise Refused("bad_stock", context)
    if units == product.stock:
        raise Refused("same_stock", context, name=product.name, left=product.stock)
    return _seal(product, was=product.stock, now=units)


def _change_stock(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    sealed = _open(context, arguments)
    reason = " ".join((arguments.get("reason") or "").split())[:150] or say("by_chat", context.user.language)
    try:
        moved = stock.move(
            product_id=sealed["id"], delta=sealed["now"] - sealed["was"], reason=reason, version=sealed["version"]
        )
    except (StaleVersion, Product.DoesNotExist, stock.NotEnough) as fault:
        raise Refused("stale", context, name=sealed["name"]) from fault
    return _done("stock", moved.product, sealed, context, {"stock": sealed["was"]})


def _seal_availability(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    product = _find(arguments["id"])
    wanted = bool(arguments["active"])
    if product.active == wanted:
        raise Refused("is_for_sale" if wanted else "is_withdrawn", context, name=product.name)
    return _seal(product, was=product.active, now=wanted)


def _set_availability(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    sealed = _open(context, arguments)
    product = _write(context, sealed, active=sealed["now"])
    return _done("active", product, sealed, context, {"active": sealed["was"]})


def _undo(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    effect = _latest(context)
    if effect is None:
        raise Refused("no_undo", context)
    rows, told = [], []
    for entry in reversed(effect.result["undo"]):
        product = Product.objects.filter(pk=entry["id"]).first()
        if product is None or product.version != entry["version"]:
            raise Refused("stale", context, name=entry["name"])
        sealed = {"id": entry["id"], "name": product.name, "version": entry["version"]}
        if "stock" in entry["fields"]:
            delta = entry["fields"]["stock"] - product.stock
            reason = say("undone_by_chat", context.user.language)
            product = stock.move(product_id=product.pk, delta=delta, reason=reason, version=product.version).product
        else:
            fields = dict(entry["fields"])
            if "price" in fields:
                fields["price"] = Decimal(fields["price"])
            product = _write(context, sealed, **fields)
        row = _row(product, context)
        rows.append(row)
        told.append(say("stands", context.language, name=row["name"], price=row["price_text"], stock=row["stock"]))
    effect.result["undone"] = True
    effect.save(update_fields=["result"])
    return {"done": True, "act": "undone", "said": " ".join(told), "products": rows, "tells": [r["name"] for r in rows]}


def _latest(context: ToolContext) -> ToolEffect | None:
    since = context.now - UNDO_FOR
    found = ToolEffect.objects.filter(result__has_key="undo", result__undone__isnull=True, created_at__gt=since)
    effect: ToolEffect | None = found.select_for_update().order_by("-created_at", "-id").first()
    return effect


def _asks_to_undo(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
    return UNDO.search(fold(context.message)) is None


def _find(product_id: int) -> Product:
    product: Product | None = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise ToolError(f"no product has the id {product_id}")
    return product


def _seal(product: Product, *, was: Any, now: Any) -> dict[str, Any]:
    return {"id": product.pk, "name": product.name, "version": product.version, "was": was, "now": now}


def _open(context: ToolContext, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the person agreed to. Without that nothing is changed, whoever calls."""
    if not context.sealed or context.sealed.get("id") != arguments["id"]:
        raise ToolError("the person has to agree first")
    return context.sealed


def _write(context: ToolContext, sealed: Mapping[str, Any], **fields: Any) -> Product:
    try:
        return products.change(product_id=sealed["id"], version=sealed["version"], **fields)
    except (StaleVersion, Product.DoesNotExist) as fault:
        raise Refused("stale", context, name=sealed["name"]) from fault
    except products.SkuTaken as fault:
        raise Refused("sku_taken", context, name=sealed["name"], sku=fault.sku) from fault
    except ValidationError as fault:
        raise ToolError("; ".join(fault.messages)) from fault


def _done(
    what: str, product: Product, sealed: Mapping[str, Any], context: ToolContext, before: dict[str, Any]
) -> dict[str, Any]:
    told = describe_change(f"did_{what}", sealed, context)
    row = _row(product, context)
    tells = {"price": [row["name"], row["price_text"]], "stock": [row["name"], str(row["stock"])]}
    return {
        "done": True,
        "act": what,
        "said": told,
        "products": [row],
        "tells": tells.get(what, [row["name"]]),
        "undo": [{"id": product.pk, "name": product.name, "version": product.version, "fields": before}],
    }


def _row(product: Product, context: ToolContext) -> dict[str, Any]:
    row = product_row(product=product, currency=context.currency, language=context.language)
    return row | {"active": product.active}


_ID = {"type": "integer", "description": "El id del producto, como vino en otro resultado o en el catálogo."}
_ASKS = "No lo hace todavía: el sistema le pregunta antes a la persona."

SALES_TOOLS = (
    Tool(
        make_spec(
            "find_own_products",
            "Busca entre todos los productos del negocio, también los retirados (active: false), para cambiar uno.",
            words={"type": "string", "description": "Palabras del producto o su SKU."},
        ),
        _find_products,
    ),
    Tool(
        make_spec(
            "change_price",
            f"Cambia el precio de un producto: da solo uno de price, percent o amount. {_ASKS}",
            id=_ID,
            price={"type": ["number", "null"], "description": "El precio nuevo, tal cual lo dijo la persona."},
            percent={"type": ["number", "null"], "description": "Cuánto sube por ciento; negativo si baja."},
            amount={"type": ["number", "null"], "description": "Cuánto sube; negativo si baja."},
        ),
        _change_price,
        writes=True,
        asks=write_question,
        confirms=always,
        seals=_seal_price,
    ),
    Tool(
        make_spec(
            "change_stock",
            f"Cambia las existencias de un producto: da solo uno de stock o change. {_ASKS}",
            id=_ID,
            stock={"type": ["integer", "null"], "description": "Cuántas unidades hay ahora."},
            change={"type": ["integer", "null"], "description": "Cuántas entran; negativo si salen."},
            reason={"type": "string", "default": "", "description": "Por qué: «Compra», «Venta», «Conteo»."},
        ),
        _change_stock,
        writes=True,
        asks=write_question,
        confirms=always,
        seals=_seal_stock,
    ),
    Tool(
        make_spec(
            "set_availability",
            f"Retira un producto de la venta (active false) o lo vuelve a poner (true). {_ASKS}",
            id=_ID,
            active={"type": "boolean", "description": "Si se vende."},
        ),
        _set_availability,
        writes=True,
        asks=write_question,
        confirms=always,
        seals=_seal_availability,
    ),
    Tool(
        make_spec("undo_product_change", "Deshace el último cambio de un producto hecho por chat, si aún se puede."),
        _undo,
        writes=True,
        asks=write_question,
        confirms=_asks_to_undo,
    ),
    Tool(
        make_spec(
            "list_orders",
            "Lista los pedidos de los clientes, los más nuevos primero.",
            status={
                "type": "string",
                "default": "",
                "description": "pending (por aprobar, lo normal), approved, rejected o all.",
            },
        ),
        _list_orders,
    ),
    Tool(
        make_spec("list_wishes", "Lista lo que los clientes pidieron y no se encontró, con cuántas veces."),
        _list_wishes,
    ),
)
