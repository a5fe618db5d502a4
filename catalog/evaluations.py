"""How good the search is, measured through the product's own code in a tenant that is thrown away."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from statistics import fmean, median
from typing import Any

import psutil
from django.db import connection
from django.utils import timezone

from catalog.evaluation import Outcome, UnusableFile, ndcg, recall, reciprocal_rank, register
from catalog.indexing import embed_products
from catalog.models import MOST_MONEY, Product
from catalog.search import search
from tenants.models import User
from tenants.scope import tenant_scope

RANKED = 50  # products asked for: enough for the reciprocal rank
# Of the throwaway tenants' names; then the process, then chance. Nobody can sign up with such a name (User.username).
PREFIX = "~evaluation-"


@register("search")
def evaluate_search(content: Any) -> Outcome:
    """Load {"products": [{id, name, …}], "queries": [{query, relevant: [id]}]}, search, and leave nothing behind.

    ``tags`` of products are never read. Raises UnusableFile.
    """
    products, queries = _read(content)
    with _throwaway_tenant() as user:
        numbers = _load(user, products)
        embed_products(user=user, now=timezone.now())
        with tenant_scope(user):
            search(user=user, query="calentar", limit=RANKED)  # what is loaded once is no query's time
            rows = []
            for query, relevant in queries:
                started = time.perf_counter()
                hits = search(user=user, query=query, limit=RANKED)
                took = time.perf_counter() - started
                rows.append((query, relevant, [numbers[hit.pk] for hit in hits], took))
    scored = [(ndcg(found, relevant), query, relevant, found) for query, relevant, found, _ in rows]
    names = {product["id"]: product["name"] for product in products}
    misses = [
        {
            "query": query,
            "ndcg@10": round(score, 4),
            "relevant": [{"id": one, "name": names.get(one)} for one in relevant],
            "found": [{"id": one, "name": names[one]} for one in found[:10]],
        }
        for score, query, relevant, found in sorted(scored, key=lambda row: row[0])
        if score < 1
    ]
    measures = {
        "queries": len(rows),
        "ndcg@10": round(fmean(row[0] for row in scored), 4),
        "recall@5": round(fmean(recall(found, relevant) for _, relevant, found, _ in rows), 4),
        "mrr": round(fmean(reciprocal_rank(found, relevant) for _, relevant, found, _ in rows), 4),
        "p50_ms": round(1000 * median(row[3] for row in rows), 2),
    }
    return Outcome(measures, misses)


def _read(content: Any) -> tuple[list[Mapping[str, Any]], list[tuple[str, list[Any]]]]:
    try:
        products = list(content["products"])
        queries = [(str(row["query"]), list(row["relevant"])) for row in content["queries"]]
        known = {product["id"] for product in products if str(product["name"]).strip()}
    except (KeyError, TypeError) as fault:
        raise UnusableFile(f"not a set of products and queries: {fault!r}") from fault
    queries = [(query, relevant) for query, relevant in queries if relevant]
    if not known or not queries:
        raise UnusableFile("there is no product, or no query with relevant products")
    return [product for product in products if product["id"] in known], queries


@contextmanager
def _throwaway_tenant() -> Iterator[User]:
    _sweep()
    user = User(username=f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}")
    user.set_unusable_password()
    user.save()
    try:
        yield user
    except BaseException:
        # Ctrl-C in the middle of a statement leaves a connection that cannot be used; removing takes a new one.
        if not connection.in_atomic_block:
            connection.close()
        raise
    finally:
        _remove(user)


def _sweep() -> None:
    """Remove the tenants of evaluations that were killed."""
    for user in User.objects.tenants().filter(username__startswith=PREFIX):
        process = user.username.removeprefix(PREFIX).split("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            _remove(user)


def _remove(user: User) -> None:
    with tenant_scope(user):
        User.objects.get(pk=user.pk).delete()


def _load(user: User, products: list[Mapping[str, Any]]) -> dict[int, Any]:
    """Write the products; say of each row whose id in the file it is."""
    taken: set[str] = set()
    made = []
    for product in products:
        sku = _text(product, "sku", 64)
        if sku.lower() in taken:
            sku = ""
        taken.add(sku.lower())
        made.append(
            Product(
                user=user,
                name=_text(product, "name", 200),
                description=_text(product, "description", 5000),
                category=_text(product, "category", 100),
                sku=sku,
                price=_price(product.get("price")),
                stock=1,
            )
        )
    with tenant_scope(user):
        made = Product.objects.bulk_create(made, batch_size=500)
    return {row.pk: product["id"] for row, product in zip(made, products, strict=True)}


def _text(product: Mapping[str, Any], field: str, longest: int) -> str:
    value = product.get(field)
    text = "" if value is None else str(value)
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\x00", " ").strip()[:longest]


def _price(value: Any) -> Decimal:
    try:
        price = Decimal(str(value)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return Decimal(0)
    return price if 0 <= price <= MOST_MONEY else Decimal(0)
