"""What a product means, as a vector of an embedding model."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from tenants.models import TenantOwned


class ProductEmbedding(TenantOwned):
    """The vector of a product's text by one model. ``digest`` is the text's hash: the same text is not embedded twice.

    The column has no fixed dimension, because models differ; only vectors of one ``model`` are ever compared.
    """

    product_id: int
    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=120)
    dimension = models.PositiveSmallIntegerField()
    digest = models.BinaryField(max_length=32)
    vector = HalfVectorField()
    embedded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("vector de un producto")
        verbose_name_plural = _("vectores de los productos")
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="product_embedding_unique")]

    def __str__(self) -> str:
        return f"{self.product_id} · {self.model}"
