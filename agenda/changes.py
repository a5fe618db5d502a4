"""What was done to the agenda, kept for a while so that it can be undone."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantOwned

UNDO_FOR = timedelta(hours=24)


class Change(TenantOwned):
    """One act, of a page or of an assistant, and how the rows were before it.

    ``before`` is a list of {"model": "agenda.task", "id", "version", "fields": {…} | null}: ``version`` as the act left
    the row, ``fields`` as they were before it, null for a row that the act made.
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("creado")
        CHANGED = "changed", _("cambiado")
        MOVED = "moved", _("movido")
        CANCELLED = "cancelled", _("cancelado")
        COMPLETED = "completed", _("hecho")
        DELETED = "deleted", _("borrado")
        IMPORTED = "imported", _("importado")

    kind = models.CharField(max_length=10, choices=Kind)
    summary = models.CharField(max_length=300)  # in the person's language: «Reunión con Carla, jueves 26 a las 15:30»
    before = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        app_label = "agenda"
        verbose_name = _("cambio")
        verbose_name_plural = _("cambios")
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="change_by_time")]

    def __str__(self) -> str:
        return self.summary
