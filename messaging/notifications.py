"""What a tenant is told on its own pages, by the bell."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from agenda.models import Reminder
from tenants.models import TenantOwned


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> Self:
        return self.filter(read_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-id")

    def read(self, *, now: datetime) -> int:
        """Mark as read what is not. Returns how many there were."""
        return self.unread().update(read_at=now)


class Notification(TenantOwned):
    """One thing said on the pages, in the words and the language in which it was said.

    A reminder says each kind of thing once: written in the transaction that calls the reminder sent, or unknown.
    """

    class Kind(models.TextChoices):
        REMINDER = "reminder", _("aviso")
        DIGEST = "digest", _("resumen")
        UNCONFIRMED = "unconfirmed", _("aviso sin confirmar")
        FAILED = "failed", _("aviso que no salió")
        CUSTOMER = "customer", _("noticia de un cliente")
        ALERT = "alert", _("alerta")  # something of the tenant's does not work, or was taken away

    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(_("título"), max_length=300)
    body = models.TextField(_("texto"), blank=True)
    url = models.CharField(max_length=200, blank=True)  # of a page of ours, without its host
    reminder = models.ForeignKey(Reminder, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)  # an alert: when its letter was handed to the server

    objects: ClassVar[Any] = ScopedManager(
        _manager_class=models.Manager.from_queryset(NotificationQuerySet), user="user"
    )

    class Meta:
        app_label = "messaging"
        verbose_name = _("notificación")
        verbose_name_plural = _("notificaciones")
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="notification_title_not_empty"),
            models.CheckConstraint(
                condition=Q(kind__in=["reminder", "digest", "unconfirmed", "failed", "customer", "alert"]),
                name="notification_kind_known",
            ),
            models.UniqueConstraint(
                fields=["user", "reminder", "kind"],
                condition=Q(reminder__isnull=False),
                name="notification_once_of_a_reminder",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_newest"),
            models.Index(fields=["user", "-id"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["read_at"], condition=Q(read_at__isnull=False), name="notification_by_reading"),
        ]

    def __str__(self) -> str:
        return self.title
