"""Keeping the vectors of products up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from pgvector import HalfVector

from catalog.embeddings import current_provider, digest, write_text
from catalog.models import Product
from catalog.vectors import ProductEmbedding
from tenants.models import User
from tenants.scope import tenant_scope


def embed_products(
    *,
    user: User,
    now: datetime,
    product_ids: Iterable[int] | None = None,
    again: bool = False,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Embed the products of ``user`` (all, or those given) whose text or model is not the stored one; count them.

    ``again`` embeds also what is up to date. The model works outside the tenant's scope and any transaction: call it
    there. ``progress`` hears of each batch how many products it was. Raises EmbeddingUnavailable; what was done till
    then is kept.
    """
    provider = current_provider()
    embedded = 0
    last = 0
    wanted = None if product_ids is None else sorted(set(product_ids))
    while True:
        with tenant_scope(user):
            products = Product.objects.filter(pk__gt=last).order_by("pk")
            if wanted is not None:
                products = products.filter(pk__in=wanted)
            rows = list(products.values_list("pk", "name", "category", "description")[: provider.batch])
            stored = dict(
                ProductEmbedding.objects.filter(product__in=[row[0] for row in rows], model=provider.model).values_list(
                    "product", "digest"
                )
            )
        if not rows:
            return embedded
        last = rows[-1][0]
        texts = {pk: write_text(name=name, category=category, description=text) for pk, name, category, text in rows}
        stale = {
            pk: text for pk, text in texts.items() if text and (again or bytes(stored.get(pk, b"")) != digest(text))
        }
        if stale:
            vectors = provider.embed_documents(list(stale.values()))
            with tenant_scope(user), transaction.atomic():
                _store(
                    [
                        ProductEmbedding(
                            user=user,
                            product_id=pk,
                            model=provider.model,
                            dimension=vector.size,
                            digest=digest(text),
                            vector=HalfVector(vector),
                            embedded_at=now,
                        )
                        for (pk, text), vector in zip(stale.items(), vectors, strict=True)
                    ]
                )
            embedded += len(stale)
        if progress:
            progress(len(rows))


def _store(made: list[ProductEmbedding]) -> None:
    # A product may have been deleted meanwhile: its row is locked here, so that it stays until the vector is written.
    alive = set(
        Product.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=[one.product_id for one in made])
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    ProductEmbedding.objects.bulk_create(
        [one for one in made if one.product_id in alive],
        update_conflicts=True,
        unique_fields=["user", "product"],
        update_fields=["model", "dimension", "digest", "vector", "embedded_at"],
    )
