"""Letters that go out by e-mail, a row for each: from the wish to send it to how it ended."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from tenants.fields import EncryptedTextField
from tenants.mail import Kind
from tenants.models import TenantOwned


class LetterQuerySet(models.QuerySet[Any]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[Status.QUEUED, Status.SENDING])

    def newest_first(self) -> Self:
        return self.order_by("-id")


class Status(models.TextChoices):
    QUEUED = "queued", _("en cola")
    SENDING = "sending", _("enviando")
    SENT = "sent", _("enviado")
    FAILED = "failed", _("no salió")
    UNKNOWN = "unknown", _("sin confirmar")


class AnyLetter(models.Model):
    """One letter to one address.

    ``sending`` is committed before the mail server is called; what it did not answer for is ``unknown`` and is never
    sent again. ``name`` is its Message-ID, the same however often it is tried.
    """

    kind = models.CharField(_("tipo"), max_length=20)  # of tenants.mail.Kind
    key = models.CharField(max_length=100, blank=True)  # what makes it once; blank: each is one of its own
    name = models.CharField(max_length=200)  # without its angle brackets
    recipient = models.CharField(_("dirección"), max_length=320)
    sender = models.CharField(max_length=320)
    headers = models.JSONField(default=dict)  # besides those that every letter has
    subject = models.CharField(_("asunto"), max_length=250, blank=True)
    text = EncryptedTextField(blank=True)  # links in it open things; away once it is over, or old
    html = EncryptedTextField(blank=True)
    is_urgent = models.BooleanField(default=False)  # somebody waits for it
    status = models.CharField(_("estado"), max_length=10, choices=Status, default=Status.QUEUED)
    code = models.PositiveSmallIntegerField(null=True)  # the mail server's, of its last refusal
    detail = models.CharField(max_length=300, blank=True)  # a code of ours, or what the server said
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    useful_until = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    sent_at = models.DateTimeField(null=True)

    Status = Status

    class Meta:
        app_label = "messaging"
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "failed", "unknown"]),
                name="%(class)s_status_known",
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(status="queued"), name="%(class)s_due"),
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="%(class)s_leased"),
            models.Index(
                fields=["updated_at"], condition=Q(status__in=["failed", "unknown"]), name="%(class)s_in_trouble"
            ),
            models.Index(fields=["created_at"], name="%(class)s_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def kind_label(self) -> str:
        """What it is about, in the language of whoever asks."""
        return str(Kind(self.kind).label) if self.kind in Kind.values else self.kind


class Letter(AnyLetter, TenantOwned):
    """A letter to a tenant."""

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(LetterQuerySet), user="user")

    class Meta(AnyLetter.Meta):
        abstract = False
        verbose_name = _("correo")
        verbose_name_plural = _("correos")
        constraints = [
            *AnyLetter.Meta.constraints,
            models.UniqueConstraint(fields=["user", "key"], condition=~Q(key=""), name="letter_once"),
        ]
        indexes = [*AnyLetter.Meta.indexes, models.Index(fields=["user", "-id"], name="letter_newest")]


class PlatformLetter(AnyLetter):
    """A letter to a superadmin, or to an address that is nobody's."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")

    objects: ClassVar[Any] = models.Manager.from_queryset(LetterQuerySet)()

    class Meta(AnyLetter.Meta):
        abstract = False
        verbose_name = _("correo de la plataforma")
        verbose_name_plural = _("correos de la plataforma")
        constraints = [
            *AnyLetter.Meta.constraints,
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="platform_letter_once"),
        ]
