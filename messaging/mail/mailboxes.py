"""What a tenant wants to get by e-mail, and whether their address takes it."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.mail import choice_of
from tenants.models import TenantOwned


class Mailbox(TenantOwned):
    """One row for each tenant, or none: then everything is wanted, and nothing came back."""

    muted = models.JSONField(default=list)  # choices of tenants.mail.CHOICES that are not wanted
    failing_address = models.CharField(max_length=320, blank=True)  # it stops when the person's address is another
    failing_since = models.DateTimeField(null=True)
    failing_code = models.PositiveSmallIntegerField(null=True)
    failing_reason = models.CharField(max_length=300, blank=True)  # what the mail server said
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "messaging"
        verbose_name = _("buzón")
        verbose_name_plural = _("buzones")
        constraints = [models.UniqueConstraint(fields=["user"], name="mailbox_one_per_tenant")]

    def __str__(self) -> str:
        return f"mailbox of tenant {self.user_id}"

    @classmethod
    def current(cls, user: Any) -> Self:
        """The tenant's mailbox, in its open scope; an untouched one, unsaved, when there is no row yet."""
        return cls.objects.filter(user=user).first() or cls(user=user)

    def wants(self, kind: str) -> bool:
        """Whether letters of this kind come."""
        return choice_of(kind) not in self.muted

    def fails(self, address: str) -> bool:
        """Whether letters to this address came back."""
        return bool(self.failing_address) and self.failing_address.casefold() == address.casefold()
