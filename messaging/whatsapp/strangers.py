"""What the platform itself answers on the shared number, to somebody whom no shop knows yet.

Such a person belongs to no tenant, so what is said to them is no tenant's delivery.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StrangerReply(models.Model):
    """One answer: to which shop do you write? Claimed before WhatsApp is called, and never sent twice."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("en cola")
        SENDING = "sending", _("enviando")
        SENT = "sent", _("enviado")
        FAILED = "failed", _("no salió")
        UNKNOWN = "unknown", _("sin confirmar")

    key = models.CharField(max_length=100)  # what makes it once: what it answers
    phone_number_id = models.CharField(max_length=32)
    recipient = models.CharField(max_length=160)
    is_bsuid = models.BooleanField(default=False)
    payload = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    code = models.IntegerField(null=True)  # WhatsApp's, of the last refusal
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    wamid = models.CharField(max_length=200, blank=True)
    is_billable = models.BooleanField(null=True)
    pricing_type = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "messaging"
        verbose_name = _("respuesta a un desconocido")
        verbose_name_plural = _("respuestas a desconocidos")
        constraints = [
            models.UniqueConstraint(fields=["key"], name="stranger_reply_once"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "failed", "unknown"]),
                name="stranger_reply_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(status__in=["queued", "sending"]), name="stranger_reply_queue"),
            models.Index(fields=["recipient", "created_at"], name="stranger_reply_by_person"),
            models.Index(fields=["phone_number_id", "delivered_at"], name="stranger_reply_by_month"),
            models.Index(fields=["created_at"], name="stranger_reply_by_age"),
        ]

    def __str__(self) -> str:
        return f"reply to a stranger {self.pk}"

    @property
    def callback(self) -> str:
        """What comes back with every status of the message."""
        return f"stranger:{self.pk}"

    @classmethod
    def of_callback(cls, data: Any) -> int | None:
        """The id in what came back; None when it is no answer to a stranger."""
        name, _colon, number = data.partition(":") if isinstance(data, str) else ("", "", "")
        return (
            int(number) if name == "stranger" and number.isascii() and number.isdigit() and len(number) < 19 else None
        )
