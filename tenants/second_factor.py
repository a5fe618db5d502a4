"""The second factor of an account: a secret that an authenticator app holds too, and codes for the day it is lost."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField


class SecondFactor(models.Model):
    """One account's secret (base32, encrypted at rest). It counts from ``confirmed_at`` on; ``last_step`` is the step
    of time (30 s) of the last code that was taken, so that none is taken twice."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    secret = EncryptedTextField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("segundo factor")
        verbose_name_plural = _("segundos factores")

    def __str__(self) -> str:
        return f"second factor of account {self.account_id}"


class RecoveryCode(models.Model):
    """A code that stands in for the app, once. Only its digest (SHA-256, hexadecimal) is kept."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("código de recuperación")
        verbose_name_plural = _("códigos de recuperación")
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="recovery_code_unique")]

    def __str__(self) -> str:
        return f"recovery code of account {self.account_id}"
