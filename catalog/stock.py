"""How many units there are, and the ledger that says why."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import MOST_UNITS, Product, StockMovement
from tenants import events


class NotEnough(Exception):
    """Fewer units are left than were to be taken; ``left`` says how many. The text is for people."""

    def __init__(self, *, left: int) -> None:
        self.left = left
        super().__init__(
            ngettext("Solo queda %(n)d unidad.", "Solo quedan %(n)d unidades.", left) % {"n": left}
            if left
            else _("No quedan unidades.")
        )


def move(*, product_id: int, delta: int, reason: str = "", version: int | None = None) -> StockMovement:
    """Add ``delta`` units to a product of the open scope (take them when negative) and write the ledger's line.

    The product's row is locked meanwhile, so that concurrent calls never take the stock below zero. The answer's
    ``product`` is the product after it. Raises Product.DoesNotExist, StaleVersion, NotEnough, and ValidationError for
    a delta of 0 or one that leads past MOST_UNITS.
    """
    with transaction.atomic():
        product = Product.objects.select_for_update().get(pk=product_id)
        product.check_version(version)
        if delta == 0:
            raise ValidationError({"delta": _("Cambiar 0 unidades no cambia nada.")})
        if product.stock + delta < 0:
            raise NotEnough(left=product.stock)
        if product.stock + delta > MOST_UNITS:
            raise ValidationError({"delta": _("Son demasiadas unidades.")})
        before = product.stock
        product.stock += delta
        product.version += 1
        product.save(update_fields=["stock", "version", "updated_at"])
        events.record("product_changed", product=product.pk, name=product.name, fields=["stock"])
        return record(product=product, before=before, reason=reason)


def record(*, product: Product, before: int, reason: str) -> StockMovement:
    """Write the line for a stock that went from ``before`` to what the (locked or new) product now has."""
    return StockMovement.objects.create(
        user_id=product.user_id,
        product=product,
        delta=product.stock - before,
        reason=reason,
        stock_after=product.stock,
    )
