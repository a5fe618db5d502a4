"""The private address under which a calendar program reads a tenant's agenda."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantOwned


class CalendarFeed(TenantOwned):
    """One address, revoked by deleting the row. Only the hash of its secret is kept."""

    digest = models.BinaryField(max_length=32, editable=False)  # SHA-256 of a secret of 256 random bits
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        app_label = "agenda"
        verbose_name = _("dirección del calendario")
        verbose_name_plural = _("direcciones del calendario")
        constraints = [models.UniqueConstraint(fields=["user"], name="calendar_feed_one_per_tenant")]
