"""Personal keys of the API: what another system shows instead of a person's password, and what it may do with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.ownership import TenantOwned

READ, WRITE = "read", "write"
# What a key may be let into; each is read and written apart.
AREAS: dict[str, str | Promise] = {
    "catalog": _("Productos y pedidos"),
    "agenda": _("Agenda, tareas y recordatorios"),
    "chat": _("Conversar con tus asistentes"),
    "inbox": _("Bandeja, avisos y WhatsApp"),
    "contacts": _("Contactos"),
    "analytics": _("Analíticas, historial y consumo"),
    "webhooks": _("Webhooks"),
    "imports": _("Importar y exportar"),
    "preferences": _("Ajustes y números conectados"),
}
SCOPES = (READ, WRITE, *(f"{area}:{act}" for area in AREAS for act in (READ, WRITE)))


class ApiKey(TenantOwned):
    """One key of a tenant. ``prefix`` is how it begins, by which its owner knows it again."""

    name = models.CharField(_("nombre"), max_length=80)
    prefix = models.CharField(max_length=24, editable=False)
    digest = models.BinaryField(max_length=32, editable=False)  # SHA-256 of the whole key
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("permisos"))
    expires_at = models.DateTimeField(_("vale hasta"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        app_label = "tenants"
        verbose_name = _("clave de API")
        verbose_name_plural = _("claves de API")
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="api_key_digest_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="api_key_name_not_empty"),
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_key_may_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_good(self, *, now: datetime) -> bool:
        """Whether it opens anything: neither revoked nor over."""
        return not self.is_revoked and not self.is_over(now=now)

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    def is_over(self, *, now: datetime) -> bool:
        """Whether its end has come."""
        return self.expires_at is not None and self.expires_at <= now

    def may(self, *, area: str, write: bool) -> bool:
        """Whether its scopes let it into ``area``. Who may write may read, for what is written is answered."""
        acts = {WRITE} if write else {READ, WRITE}
        return any(act in self.scopes or f"{area}:{act}" in self.scopes for act in acts)


def in_order(scopes: Iterable[str]) -> list[str]:
    """The scopes once each, as they are listed."""
    given = set(scopes)
    return [scope for scope in SCOPES if scope in given]
