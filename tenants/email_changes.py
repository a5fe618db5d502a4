"""Changes of accounts' addresses, as rows: what waits to be confirmed, and what can still be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CONFIRM_WITHIN = timedelta(hours=24)
TAKE_BACK_WITHIN = timedelta(days=7)
KEPT = timedelta(days=30)


class EmailChange(models.Model):
    """One change of an account's address. It waits while it has no ``confirmed_at`` and no ``ended_at``: that is when
    it was called off, taken back, or made void by another one."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_changes")
    old_email = models.EmailField(blank=True)
    new_email = models.EmailField()
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "tenants"
        verbose_name = _("cambio de correo")
        verbose_name_plural = _("cambios de correo")
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(confirmed_at=None, ended_at=None), name="email_change_one_waits"
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="email_change_by_age")]

    def __str__(self) -> str:
        return f"change of e-mail of account {self.account_id}"

    @property
    def expires_at(self) -> datetime:
        """Until when it can be confirmed."""
        return self.asked_at + CONFIRM_WITHIN

    def is_waiting(self, *, now: datetime) -> bool:
        return self.confirmed_at is None and self.ended_at is None and now < self.expires_at


def forget_old(*, now: datetime) -> int:
    """Delete changes that nothing can be done about any more. Returns how many."""
    return int(EmailChange.objects.filter(asked_at__lt=now - KEPT).delete()[0])
