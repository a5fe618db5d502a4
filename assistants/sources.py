"""Which products a reply speaks of, so that a page can link to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from assistants.grounding import ProductFact

MENTION = 0.6  # share of a name's words that one sentence must hold
MOST = 10

_UNIT = re.compile(r"\n+|(?<=[.!?…])\s+(?=[^\s\d])")
_WORD = re.compile(r"\d+(?:[.,/-]\d+)*|[^\W\d_]+")


def find_sources(*, text: str, products: Iterable[ProductFact]) -> list[dict[str, Any]]:
    """[{id, type, name, url}] of the products that ``text`` names, in the order in which it names them.

    A product is named by its SKU or by most words of its name in one sentence or line; of two whose shared words alone
    are said, the one with the better share counts.
    """
    candidates = [product for product in products if product.id.isdigit()]
    found: dict[str, ProductFact] = {}
    for unit in _UNIT.split(text):
        for product in _named_in(unit, candidates):
            found.setdefault(product.id, product)
    return [
        {
            "id": int(product.id),
            "type": "product",
            "name": product.name,
            "url": f"/user/commercial/products?id={product.id}",
        }
        for product in list(found.values())[:MOST]
    ]


def _named_in(unit: str, candidates: list[ProductFact]) -> list[ProductFact]:
    said = _words(unit)
    shares: list[tuple[float, frozenset[str], ProductFact]] = []
    for product in candidates:
        if product.sku and product.sku.lower() in unit.lower().split():
            shares.append((1.0, frozenset({product.sku}), product))
            continue
        words = frozenset(word for word in _words(product.name) if len(word) > 2 or word[:1].isdigit())
        matched = words & said
        if words and len(matched) / len(words) >= MENTION:
            shares.append((len(matched) / len(words), matched, product))
    shares.sort(key=lambda share: -share[0])
    named: list[ProductFact] = []
    for share, matched, product in shares:
        if not any(matched <= others and share < other_share for other_share, others, _ in shares):
            named.append(product)
    return named


def _words(text: str) -> frozenset[str]:
    """Words without accents, case and plural."""
    plain = "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))
    return frozenset(word if len(word) < 4 else re.sub(r"e?s$", "", word) for word in _WORD.findall(plain))
