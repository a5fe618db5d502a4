"""What is sold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models
from django.db.models import BigIntegerField, F, GeneratedField, Q, TextField
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from catalog.orders import Order, OrderLine  # noqa: F401  (Django looks for models here)
from catalog.vectors import ProductEmbedding  # noqa: F401
from tenants.models import TenantOwned, User, Versioned
from tenants.sorting import sortable

MOST_UNITS = 2**31 - 1  # what PostgreSQL's integer holds
MOST_MONEY = Decimal("999999999999.99")


def hundredths(price: Decimal) -> int:
    """A price of at most two decimals as ``price_key`` holds it."""
    return int(price.scaleb(2))


class ProductQuerySet(models.QuerySet["Product"]):
    def active(self) -> Self:
        return self.filter(active=True)

    def in_stock(self) -> Self:
        return self.filter(stock__gt=0)

    def categories(self) -> list[str]:
        """The names of the categories in use, in order."""
        names = self.exclude(category="").order_by("category").values_list("category", flat=True)
        return list(names.distinct())


class Product(TenantOwned, Versioned):
    """Something a tenant sells. ``price`` is in the tenant's currency; a product that was deleted is not ``active``.

    The database computes the fields in ``_key``, by which lists filter and sort. Behind row security PostgreSQL looks
    nothing up in an index but by comparisons that cannot leak: those of text and of whole numbers, but neither those of
    ``numeric`` nor anything with ``lower`` or ``translate`` in it. And only columns are answered from an index alone.
    """

    # No index of its own: all those below lead with it, and PostgreSQL would take it where they find more.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", editable=False, db_index=False)
    name = models.CharField(_("nombre"), max_length=200)
    description = models.TextField(_("descripción"), blank=True, validators=[MaxLengthValidator(5000)])
    price = models.DecimalField(
        _("precio"), max_digits=14, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    sku = models.CharField(_("SKU"), max_length=64, blank=True)
    category = models.CharField(_("categoría"), max_length=100, blank=True)
    stock = models.PositiveIntegerField(_("existencias"), default=0)
    active = models.BooleanField(_("activo"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    name_key = GeneratedField(expression=sortable("name"), output_field=TextField(), db_persist=True)
    category_key = GeneratedField(expression=sortable("category"), output_field=TextField(), db_persist=True)
    sku_key = GeneratedField(expression=sortable("sku"), output_field=TextField(), db_persist=True)
    price_key = GeneratedField(
        expression=Cast(F("price") * 100, BigIntegerField()), output_field=BigIntegerField(), db_persist=True
    )

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(ProductQuerySet), user="user")

    class Meta:
        verbose_name = _("producto")
        verbose_name_plural = _("productos")
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=Q(stock__gte=0), name="product_stock_not_negative"),
            models.CheckConstraint(condition=~Q(name=""), name="product_name_not_empty"),
            models.UniqueConstraint(
                "user",
                Lower("sku"),
                condition=Q(active=True) & ~Q(sku=""),
                name="product_sku_unique",
                violation_error_message=_("Ya tienes un producto activo con este SKU."),
            ),
        ]
        # One for each order of lists. A page far behind is found in its index alone, and so is a count, also of what
        # is in stock.
        indexes = [
            models.Index(fields=["user", "active", "name_key", "id"], include=["stock"], name="product_by_name"),
            models.Index(fields=["user", "active", "category_key", "name_key", "id"], name="product_by_category"),
            models.Index(fields=["user", "active", "price_key", "id"], include=["stock"], name="product_by_price"),
            models.Index(fields=["user", "active", "stock", "id"], name="product_by_stock"),
            models.Index(fields=["user", "active", "sku_key", "id"], name="product_by_sku"),
            models.Index(fields=["user", "active", "created_at", "id"], name="product_by_creation"),
            models.Index(fields=["user", "active", "updated_at", "id"], name="product_by_update"),
        ]

    def __str__(self) -> str:
        return self.name


class StockMovement(TenantOwned):
    """One line of the ledger: by how many units a product's stock changed, why, and how many there were after."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    delta = models.IntegerField(_("cambio"))
    reason = models.CharField(_("motivo"), max_length=200, blank=True)
    stock_after = models.PositiveIntegerField(_("existencias después"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("movimiento de existencias")
        verbose_name_plural = _("movimientos de existencias")
        constraints = [models.CheckConstraint(condition=~Q(delta=0), name="stock_movement_moves")]
        indexes = [models.Index(fields=["user", "product", "-created_at"], name="stock_movement_by_product")]
