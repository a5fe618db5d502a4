"""The tools that read the catalogue. Each is one call downward; what comes back are rows with their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assistants.tools.base import Tool, ToolContext, ToolError, make_spec
from catalog.amounts import format_price
from catalog.models import Product
from catalog.search import search, similar

SHOWN = 8  # rows of a search unless the model asks for fewer
LISTED_DESCRIPTION, FULL_DESCRIPTION = 160, 1500  # characters


def product_row(
    *, product: Product, currency: str, language: str = "es", description: int = LISTED_DESCRIPTION
) -> dict[str, Any]:
    """A product as a model sees it; ``price_text`` is the price as it is to be written."""
    return {
        "id": product.pk,
        "name": product.name,
        "price": str(product.price),
        "price_text": format_price(amount=product.price, currency=currency, language=language),
        "currency": currency,
        "stock": product.stock,
        "sku": product.sku,
        "category": product.category,
        "description": _clip(product.description, description),
    }


def _clip(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _rows(products: Iterable[Product], context: ToolContext) -> dict[str, Any]:
    currency, language = context.currency, context.language
    return {"products": [product_row(product=product, currency=currency, language=language) for product in products]}


def _limit(arguments: Mapping[str, Any]) -> int:
    return max(1, min(int(arguments.get("limit") or SHOWN), 20))


def _search_products(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    query = arguments["query"].strip()
    if not query:
        raise ToolError("query is empty")
    return _rows(search(user=context.user, query=query, limit=_limit(arguments)), context)


def _get_product(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    product = _find(arguments["id"])
    row = product_row(
        product=product, currency=context.currency, language=context.language, description=FULL_DESCRIPTION
    )
    return {"product": row}


def _list_categories(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"categories": Product.objects.active().categories()[:100]}


def _similar_products(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    product = _find(arguments["id"])
    return _rows(similar(user=context.user, product=product, limit=_limit(arguments)), context)


def _find(product_id: int) -> Product:
    product: Product | None = Product.objects.active().filter(pk=product_id).first()
    if product is None:
        raise ToolError(f"no product has the id {product_id}")
    return product


_LIMIT = {"type": ["integer", "null"], "description": "Cuántos productos, de 1 a 20; null: los habituales."}
_ID = {"type": "integer", "description": "El id de un producto, como vino en otro resultado o en el catálogo."}

CATALOG_TOOLS = (
    Tool(
        make_spec(
            "search_products",
            "Busca productos del negocio por palabras o por lo que se quiere hacer con ellos. Entiende sinónimos,"
            " errores de escritura y SKU. Devuelve filas con id, nombre, precio, existencias, SKU, categoría y"
            " descripción.",
            query={"type": "string", "description": "Lo que se busca, con las palabras de la persona."},
            limit=_LIMIT,
        ),
        _search_products,
    ),
    Tool(
        make_spec("get_product", "Lee un producto entero, con su descripción completa, por su id.", id=_ID),
        _get_product,
    ),
    Tool(make_spec("list_categories", "Devuelve los nombres de todas las categorías del negocio."), _list_categories),
    Tool(
        make_spec(
            "similar_products",
            "Devuelve productos parecidos a uno dado: alternativas cuando está agotado o no convence.",
            id=_ID,
            limit=_LIMIT,
        ),
        _similar_products,
    ),
)
