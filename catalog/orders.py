"""What customers order: priced from the catalogue, to be approved by the owner."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import Contact, TenantOwned


class Order(TenantOwned):  # type: ignore[django-manager-missing]
    """One order of one customer. Prices are the catalogue's at the moment it came, never the message's."""

    class Status(models.TextChoices):
        PENDING = "pending", _("por aprobar")
        APPROVED = "approved", _("aprobado")
        REJECTED = "rejected", _("rechazado")

    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    key = models.CharField(max_length=200)  # what makes it once: the message's id
    status = models.CharField(_("estado"), max_length=10, choices=Status, default=Status.PENDING)
    currency = models.CharField(_("moneda"), max_length=3)
    total = models.DecimalField(_("total"), max_digits=16, decimal_places=2, default=Decimal(0))
    note = models.TextField(_("nota"), blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "catalog"
        verbose_name = _("pedido")
        verbose_name_plural = _("pedidos")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="order_once"),
            models.CheckConstraint(condition=Q(status__in=["pending", "approved", "rejected"]), name="order_status"),
        ]
        indexes = [models.Index(fields=["user", "status", "-id"], name="order_by_status")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class OrderLine(TenantOwned):
    """One product of an order; ``problem`` says why it cannot be had as asked."""

    class Problem(models.TextChoices):
        NOT_FOUND = "not_found", _("no está en el catálogo")
        OUT_OF_STOCK = "out_of_stock", _("agotado")
        NOT_ENOUGH = "not_enough", _("no hay tantas unidades")
        QUANTITY = "quantity", _("la cantidad no es válida")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey("catalog.Product", on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(_("producto"), max_length=200)
    sku = models.CharField(_("SKU"), max_length=100, blank=True)  # as the message names it
    quantity = models.PositiveIntegerField(_("cantidad"))
    price = models.DecimalField(_("precio"), max_digits=14, decimal_places=2, null=True)  # of one; null: not found
    problem = models.CharField(max_length=12, choices=Problem, blank=True)

    class Meta:
        app_label = "catalog"
        verbose_name = _("línea de un pedido")
        verbose_name_plural = _("líneas de un pedido")
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_quantity")]
        indexes = [models.Index(fields=["user", "order", "id"], name="order_line_by_order")]

    def __str__(self) -> str:
        return self.name
