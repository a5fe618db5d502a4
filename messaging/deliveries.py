"""What goes out by WhatsApp, a row for each message: from the wish to send it to whether it was read."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from agenda.models import Reminder
from messaging.whatsapp.channels import Channel
from tenants.models import Contact, TenantOwned


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[Delivery.Status.QUEUED, Delivery.Status.SENDING])

    def newest_first(self) -> Self:
        return self.order_by("-id")


class Delivery(TenantOwned):
    """One message to one person from one number.

    ``sending`` is committed before WhatsApp is called; what nobody heard about afterwards is ``unknown`` and is never
    sent again. The rest of the statuses come from WhatsApp, and only go forward.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("en cola")
        SENDING = "sending", _("enviando")
        SENT = "sent", _("enviado")
        DELIVERED = "delivered", _("entregado")
        READ = "read", _("leído")
        FAILED = "failed", _("no salió")
        UNKNOWN = "unknown", _("sin confirmar")

    class Kind(models.TextChoices):
        """How it came to be sent, which decides what may happen to it when it cannot be."""

        REPLY = "reply", _("respuesta")  # of an assistant, or of the owner in the inbox
        NOTICE = "notice", _("aviso")  # a reminder, a digest
        SEND = "send", _("envío")  # asked for by the API or a page
        SYSTEM = "system", _("del sistema")  # linking, opting out, choosing a shop

    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=100)  # what makes it once: «reply:<message>:<part>», «reminder:<id>»
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="+")  # null: shared
    phone_number_id = models.CharField(max_length=32)  # it goes out from
    recipient = models.CharField(max_length=160)  # wa_id (digits) or business-scoped id: one ordered queue for each
    is_bsuid = models.BooleanField(default=False)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")  # null: the owner
    message = models.ForeignKey("messaging.Message", on_delete=models.SET_NULL, null=True, related_name="deliveries")
    reminder = models.ForeignKey(Reminder, on_delete=models.SET_NULL, null=True, related_name="+")
    # The Graph API's body without messaging_product, recipient and callback data: {"type": "text", "text": {…}}.
    payload = models.JSONField(default=dict)
    text = models.TextField(blank=True)  # what a person reads of it
    # What to send instead when the window of 24 hours is closed, empty for nothing: {"name", "language"} and either
    # {"components"} as the Graph API wants them, or {"values", "payloads"}: of its variables, and of its buttons.
    template = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    code = models.IntegerField(null=True)  # WhatsApp's, of the last refusal
    detail = models.CharField(max_length=300, blank=True)  # a code of ours, or what WhatsApp said
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    useful_until = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    wamid = models.CharField(max_length=200, blank=True)
    is_billable = models.BooleanField(null=True)
    category = models.CharField(max_length=40, blank=True)  # marketing, utility, authentication, service
    pricing_type = models.CharField(max_length=40, blank=True)  # regular, free_customer_service, …
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(DeliveryQuerySet), user="user")

    class Meta:
        app_label = "messaging"
        verbose_name = _("envío")
        verbose_name_plural = _("envíos")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "delivered", "read", "failed", "unknown"]),
                name="delivery_status_known",
            ),
        ]
        indexes = [
            # One ordered queue for each recipient; over all tenants, what is not over yet.
            models.Index(
                fields=["phone_number_id", "recipient", "id"],
                condition=Q(status__in=["queued", "sending"]),
                name="delivery_queue",
            ),
            models.Index(fields=["next_at"], condition=Q(status="queued"), name="delivery_due"),
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="delivery_leased"),
            models.Index(fields=["phone_number_id", "recipient", "-sent_at"], name="delivery_pace"),
            models.Index(fields=["user", "wamid"], condition=~Q(wamid=""), name="delivery_by_wamid"),
            # A status that brings no id of ours back: before it is known whose it is.
            models.Index(
                fields=["phone_number_id", "wamid"], condition=~Q(wamid=""), name="delivery_of_number_by_wamid"
            ),
            models.Index(fields=["user", "-id"], name="delivery_newest"),
            models.Index(fields=["user", "status", "-id"], name="delivery_by_status"),
            models.Index(fields=["phone_number_id", "delivered_at"], name="delivery_by_month"),
            # What was delivered to a tenant's people in a while, and whether it costs: from the index alone.
            models.Index(
                fields=["user", "delivered_at"],
                include=["is_billable"],
                condition=Q(delivered_at__isnull=False),
                name="delivery_by_arrival",
            ),
            models.Index(
                fields=["updated_at"], condition=Q(status__in=["failed", "unknown"]), name="delivery_in_trouble"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
