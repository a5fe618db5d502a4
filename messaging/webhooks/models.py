"""Where a tenant's events are told, and each telling: a row from the event until it was taken or given up."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from tenants.fields import EncryptedTextField
from tenants.models import TenantOwned

LONGEST_URL = 2000


def make_webhook_id() -> str:
    """What names a telling for its receiver, the same at every try."""
    return f"msg_{uuid.uuid4().hex}"


class WebhookEndpoint(TenantOwned):  # type: ignore[django-manager-missing]
    """An address that is told of the events in ``events``, signed with ``secret``.

    ``failing_since`` is when the failures began that no success has ended; ``disabled_at`` when we gave up.
    """

    class Reason(models.TextChoices):
        FAILING = "failing", _("No contestó bien durante cinco días.")
        GONE = "gone", _("Contestó que ya no existe (410).")

    url = models.CharField(_("dirección"), max_length=LONGEST_URL)
    description = models.CharField(_("descripción"), max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=40), verbose_name=_("sucesos"))
    is_active = models.BooleanField(_("activo"), default=True)
    secret = EncryptedTextField(_("clave secreta"))
    old_secret = EncryptedTextField(_("clave secreta anterior"), blank=True)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)  # last
    delivered_at = models.DateTimeField(null=True, editable=False)  # last
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_reason = models.CharField(max_length=10, choices=Reason, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "messaging"
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(condition=~Q(url=""), name="webhook_endpoint_url_not_empty"),
            models.CheckConstraint(
                condition=Q(disabled_at=None) | Q(is_active=False), name="webhook_endpoint_disabled_is_not_active"
            ),
        ]

    def __str__(self) -> str:
        return f"webhook {self.pk}"  # an address may hold a secret


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[WebhookDelivery.Status.QUEUED, WebhookDelivery.Status.SENDING])

    def newest_first(self) -> Self:
        return self.order_by("-id")


class WebhookDelivery(TenantOwned):
    """One event on its way to one endpoint. It is sent at least once: who dies while sending is followed by another.

    ``attempts`` are what was tried: [{at, status_code, latency_ms, error, answer, signature}], the last ones.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("en cola")
        SENDING = "sending", _("enviando")
        DELIVERED = "delivered", _("entregado")
        FAILED = "failed", _("no se entregó")

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    webhook_id = models.CharField(max_length=60, default=make_webhook_id)
    event = models.CharField(max_length=40)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    happened_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(max_length=40, blank=True)  # why it failed, as a code of ours
    # Asked for by hand (a test, once more): goes out whatever the endpoint's state, and is tried once.
    is_asked = models.BooleanField(default=False)
    attempts = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    tries = models.PositiveSmallIntegerField(default=0)  # since it was put, or asked for once more
    claims = models.PositiveSmallIntegerField(default=0)  # the same; more than tries where somebody died
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ScopedManager(
        _manager_class=models.Manager.from_queryset(WebhookDeliveryQuerySet), user="user"
    )

    class Meta:
        app_label = "messaging"
        verbose_name = _("entrega de webhook")
        verbose_name_plural = _("entregas de webhooks")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "delivered", "failed"]),
                name="webhook_delivery_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "endpoint", "-id"], name="webhook_delivery_newest"),
            # Over all tenants: of each endpoint what is due next, and what somebody is sending.
            models.Index(fields=["endpoint", "next_at"], condition=Q(status="queued"), name="webhook_delivery_due"),
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="webhook_delivery_leased"),
            models.Index(fields=["created_at"], name="webhook_delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"
