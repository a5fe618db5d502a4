"""Background work of the catalogue."""

from __future__ import annotations

from django.utils import timezone

from catalog.indexing import embed_products
from tenants.models import User


def embed(user_id: int, *product_ids: int) -> str:
    """Embed products that were written. The model works outside the scope, so this opens none itself."""
    user = User.objects.tenants().filter(pk=user_id, is_active=True).first()
    if user is None:
        return "no active tenant"
    return f"{embed_products(user=user, product_ids=product_ids, now=timezone.now())} embedded"
