"""Writing the catalogue: each function is one transaction, and locks the row that it changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog import embeddings, stock
from catalog.models import Product
from tenants.events import record
from tenants.models import User

SKU_CONSTRAINT = "product_sku_unique"
EMBEDDED = {"name", "category", "description"}  # the fields that a product's vector is made of


class ProductFields(TypedDict, total=False):
    """What may be said about a product. ``price`` is in the tenant's currency, ``stock`` in units."""

    name: str
    description: str
    price: Decimal
    sku: str
    category: str
    stock: int
    active: bool


class SkuTaken(ValidationError):
    """Another active product of the tenant has this SKU, in whatever case."""

    def __init__(self, sku: str) -> None:
        super().__init__({"sku": _("Ya tienes un producto activo con el SKU «%(sku)s».") % {"sku": sku}})
        self.sku = sku


def create(*, user: User, **fields: Unpack[ProductFields]) -> Product:
    """Add a product for ``user``, whose scope is open. Raises SkuTaken, and ValidationError by field."""
    product = Product(user=user, **fields)
    product.clean_fields(exclude=["user"])
    with transaction.atomic():
        _save(product, force_insert=True)
        if product.stock:
            stock.record(product=product, before=0, reason=_("Existencias iniciales"))
        record("product_created", product=product.pk, name=product.name)
        embeddings.schedule(user=user, product_ids=[product.pk])
    return product


def change(*, product_id: int, version: int | None = None, **fields: Unpack[ProductFields]) -> Product:
    """Give a product of the open scope other values. What stays the same costs no new version.

    Raises Product.DoesNotExist, StaleVersion when ``version`` is given and is no longer the row's, SkuTaken, and
    ValidationError by field.
    """
    with transaction.atomic():
        product = Product.objects.select_for_update().get(pk=product_id)
        product.check_version(version)
        changed = {name: value for name, value in fields.items() if getattr(product, name) != value}
        if not changed:
            return product
        before = product.stock
        for name, value in changed.items():
            setattr(product, name, value)
        product.clean_fields(exclude=["user"])
        product.version += 1
        _save(product, update_fields=[*changed, "version", "updated_at"])
        if product.stock != before:
            stock.record(product=product, before=before, reason=_("Ajuste"))
        if changed.get("active") is False:
            record("product_deleted", product=product.pk, name=product.name)
        else:
            record("product_changed", product=product.pk, name=product.name, fields=sorted(changed))
        if changed.keys() & EMBEDDED:
            embeddings.schedule(user=product.user, product_ids=[product.pk])
    return product


def withdraw(*, product_id: int, version: int | None = None) -> Product:
    """Take a product out of the catalogue; its row stays. Raises Product.DoesNotExist and StaleVersion."""
    return change(product_id=product_id, version=version, active=False)


def restore(*, product_id: int, version: int | None = None) -> Product:
    """Put a withdrawn product back. Raises Product.DoesNotExist, StaleVersion and SkuTaken."""
    return change(product_id=product_id, version=version, active=True)


def _save(product: Product, **how: Any) -> None:
    try:
        product.save(**how)
    except IntegrityError as fault:
        if SKU_CONSTRAINT in str(fault):
            raise SkuTaken(product.sku) from fault
        raise
