"""Background work of the catalogue."""

from __future__ import annotations

from django.utils import timezone

from catalog import indexes
from catalog.indexing import embed_products
from tenants.jobs import enqueue
from tenants.models import User
from tenants.scope import tenant_scope

INDEX = "catalog.tasks.index"
INDEX_SECONDS = 1800  # 100,000 vectors take one to two minutes


def embed(user_id: int, *product_ids: int) -> str:
    """Embed products that were written. The model works outside the scope, so this opens none itself."""
    user = User.objects.tenants().filter(pk=user_id, is_active=True).first()
    if user is None:
        return "no active tenant"
    embedded = embed_products(user=user, product_ids=product_ids, now=timezone.now())
    with tenant_scope(user):
        if indexes.is_due(user=user):
            enqueue(INDEX, user.pk, timeout=INDEX_SECONDS)
    return f"{embedded} embedded"


def index(user_id: int) -> str:
    """Give a large catalogue the indexes that it lacks. Building needs to be outside the scope's statements."""
    user = User.objects.tenants().filter(pk=user_id, is_active=True).first()
    if user is None:
        return "no active tenant"
    return ", ".join(indexes.build(user=user)) or "nothing to build"
