"""What Meta has sent, as it came: signed bodies in bytes, and each update in them once.

No foreign keys to tenants' rows: a body may speak of many, and of which one an update is, is found out later.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WebhookBody(models.Model):
    """One signed body. The same body again, which is how Meta repeats itself, is the same row."""

    body = models.BinaryField()
    digest = models.BinaryField(max_length=32)  # SHA-256 of the body
    channel_id = models.BigIntegerField(null=True)  # whose secret signed it; null: the platform's
    times = models.PositiveIntegerField(default=1)  # that it came
    received_at = models.DateTimeField(default=timezone.now)
    fault = models.CharField(max_length=200, blank=True)  # why it could not be taken apart

    class Meta:
        app_label = "messaging"
        verbose_name = _("cuerpo recibido")
        verbose_name_plural = _("cuerpos recibidos")
        constraints = [
            models.UniqueConstraint(fields=["digest", "channel_id"], nulls_distinct=False, name="webhook_body_once")
        ]
        indexes = [models.Index(fields=["received_at"], name="webhook_body_by_receipt")]

    def __str__(self) -> str:
        return f"body {self.pk}"


class InboundUpdateQuerySet(models.QuerySet["InboundUpdate"]):
    def pending(self) -> Self:
        return self.filter(status=InboundUpdate.Status.PENDING)


class InboundUpdate(models.Model):
    """One thing that a body says: a message, a status, an echo, news of a template or of the account."""

    class Kind(models.TextChoices):
        MESSAGE = "message", _("mensaje")
        STATUS = "status", _("estado")
        ECHO = "echo", _("escrito en el teléfono")
        TEMPLATE = "template", _("plantilla")
        ACCOUNT = "account", _("cuenta")
        FAULT = "fault", _("error")
        OTHER = "other", _("no entendido")

    class Status(models.TextChoices):
        PENDING = "pending", _("pendiente")
        DONE = "done", _("atendido")
        NOT_UNDERSTOOD = "not_understood", _("no entendido")
        FAILED = "failed", _("fallido")

    body = models.ForeignKey(WebhookBody, on_delete=models.CASCADE, related_name="updates")
    kind = models.CharField(max_length=10, choices=Kind)
    # What makes it the same update when it comes again: a message's id, a status' message id and state, else the
    # digest of what it says. With the number and the secret that signed it, it is unique.
    key = models.CharField(max_length=300)
    phone_number_id = models.CharField(max_length=32, blank=True)
    channel_id = models.BigIntegerField(null=True)  # the tenant's own number; null: the shared one
    sender = models.CharField(max_length=160, blank=True)  # digits, else a business-scoped id
    data = (
        models.BinaryField()
    )  # {"value": what surrounds it, "item": itself} as JSON in ASCII: text columns refuse NUL
    status = models.CharField(max_length=14, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)  # after a fault of ours
    note = models.CharField(max_length=200, blank=True)
    tenant_id = models.BigIntegerField(null=True)  # whom it was for, once that is known
    message_id = models.BigIntegerField(null=True)  # what it became
    received_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = models.Manager.from_queryset(InboundUpdateQuerySet)()

    class Meta:
        app_label = "messaging"
        verbose_name = _("novedad recibida")
        verbose_name_plural = _("novedades recibidas")
        constraints = [
            models.UniqueConstraint(
                fields=["phone_number_id", "channel_id", "kind", "key"],
                nulls_distinct=False,
                name="inbound_update_once",
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="pending"), name="inbound_update_pending"),
            models.Index(fields=["received_at"], name="inbound_update_by_receipt"),
            models.Index(fields=["tenant_id", "id"], name="inbound_update_by_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
