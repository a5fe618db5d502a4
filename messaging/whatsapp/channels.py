"""The numbers that people write to: a tenant's own, and the one that the platform shares among its tenants."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models import TenantOwned


def make_verify_token() -> str:
    """What Meta says in the handshake, to be copied into its console."""
    return secrets.token_urlsafe(24)


def is_simulated(phone_number_id: str) -> bool:
    """Whether it is the number that the simulator plays."""
    return bool(settings.WHATSAPP.get("SIMULATED")) and phone_number_id == settings.WHATSAPP["PHONE_NUMBER_ID"]


class NumberState(models.Model):
    """What is known about a number's health, and the templates that Meta has approved for it."""

    class Pause(models.TextChoices):
        """Why nothing is sent from the number until somebody has done something about it."""

        TOKEN = "token", _("WhatsApp ya no acepta la clave de acceso.")
        BLOCKED = "blocked", _("WhatsApp bloqueó la cuenta.")
        OWNER = "owner", _("Pausado por ti.")

    phone_number_id = models.CharField(
        _("identificador del número"), max_length=32, validators=[RegexValidator(r"^[0-9]{5,32}\Z")]
    )
    business_account_id = models.CharField(
        _("cuenta de WhatsApp Business"),
        max_length=32,
        blank=True,
        validators=[RegexValidator(r"^[0-9]{5,32}\Z")],
    )
    display_phone_number = models.CharField(_("teléfono"), max_length=32, blank=True)
    paused_for = models.CharField(max_length=10, choices=Pause, blank=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    not_before = models.DateTimeField(null=True, editable=False)  # it was told to slow down
    no_proactive_before = models.DateTimeField(null=True, editable=False)  # Meta's spam limit: replies only until then
    token_checked_at = models.DateTimeField(null=True, editable=False)
    token_is_valid = models.BooleanField(null=True, editable=False)
    webhook_seen_at = models.DateTimeField(null=True, editable=False)
    signature_failures = models.PositiveIntegerField(default=0, editable=False)
    signature_failed_at = models.DateTimeField(null=True, editable=False)
    quality = models.CharField(max_length=20, blank=True, editable=False)  # GREEN, YELLOW, RED, as Meta says it
    messaging_limit = models.CharField(max_length=40, blank=True, editable=False)  # TIER_250, TIER_2K, …
    payment_problem_at = models.DateTimeField(null=True, editable=False)
    # [{name, language, category, status, components, stopped}]; ``stopped`` is the code for which it is used no more.
    templates = models.JSONField(default=list, editable=False)
    templates_fetched_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Channel(TenantOwned, NumberState):
    """A tenant's own number.

    Two tenants may name the same number: who it belongs to is whose secret signs the bodies that come for it.
    """

    token = EncryptedTextField(_("clave de acceso"), blank=True)
    app_secret = EncryptedTextField(_("clave secreta de la app"))
    verify_token = models.CharField(_("clave de verificación"), max_length=100, default=make_verify_token)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "messaging"
        verbose_name = _("número de WhatsApp")
        verbose_name_plural = _("números de WhatsApp")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "phone_number_id"],
                name="channel_number_once",
                violation_error_message=_("Ya conectaste este número."),
            ),
            models.CheckConstraint(condition=~Q(phone_number_id=""), name="channel_number_not_empty"),
        ]
        indexes = [
            models.Index(fields=["phone_number_id"], name="channel_by_number"),
            models.Index(fields=["verify_token"], name="channel_by_verify_token"),
            # News of an account or a template name no number.
            models.Index(fields=["business_account_id"], name="channel_by_account"),
        ]

    def __str__(self) -> str:
        return self.display_phone_number or self.phone_number_id


class SharedNumber(NumberState):
    """The platform's number: what is known about it. Its token and secrets are settings."""

    class Meta:
        app_label = "messaging"
        verbose_name = _("número compartido")
        verbose_name_plural = _("números compartidos")
        constraints = [models.UniqueConstraint(fields=["phone_number_id"], name="shared_number_once")]

    def __str__(self) -> str:
        return self.display_phone_number or self.phone_number_id

    @classmethod
    def current(cls, **fields: Any) -> SharedNumber | None:
        """The row of the number that the settings name; None when they name none."""
        from django.conf import settings

        if not settings.WHATSAPP["PHONE_NUMBER_ID"]:
            return None
        return cls.objects.get_or_create(phone_number_id=settings.WHATSAPP["PHONE_NUMBER_ID"], defaults=fields)[0]
