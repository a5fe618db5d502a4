"""What came with a message: pictures, voice notes, documents, kept privately with the tenant's rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantOwned


class Attachment(TenantOwned):
    """One file of one message. In the database, so that row security, backups and erasure cover it."""

    class Status(models.TextChoices):
        PENDING = "pending", _("por traer")
        STORED = "stored", _("guardado")
        REFUSED = "refused", _("rechazado")  # too large, or of a type that is not taken
        FAILED = "failed", _("no se pudo traer")

    message = models.ForeignKey("messaging.Message", on_delete=models.CASCADE, related_name="attachments")
    media_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)  # image, audio, video, document, sticker
    mime_type = models.CharField(max_length=120, blank=True)
    filename = models.CharField(max_length=240, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    detail = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField(null=True)  # bytes
    content = models.BinaryField(null=True)
    transcript = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        app_label = "messaging"
        verbose_name = _("adjunto")
        verbose_name_plural = _("adjuntos")
        indexes = [
            models.Index(fields=["user", "message", "id"], name="attachment_by_message"),
            models.Index(fields=["id"], condition=Q(status="pending"), name="attachment_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
