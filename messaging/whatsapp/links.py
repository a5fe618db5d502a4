"""Whose phone it is: owners, who have proved it, and the customers that the shared number knows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import Contact, TenantOwned


class PhoneLink(TenantOwned):
    """A phone and a tenant. On the shared number a phone is the owner's of one tenant, or a customer of the one that it
    named last; on a tenant's own number the owner's, of that tenant."""

    class Role(models.TextChoices):
        OWNER = "owner", _("dueño")
        CUSTOMER = "customer", _("cliente")

    role = models.CharField(max_length=8, choices=Role)
    phone_key = models.CharField(max_length=20, blank=True)  # under which every spelling of the number is found
    bsuid = models.CharField(max_length=160, blank=True)  # of whoever hides the number
    wa_id = models.CharField(max_length=20, blank=True)  # as Meta returned it last: what is written to
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+")  # of a customer
    # An owner: on the platform's number. What comes for a tenant's own is signed with a secret that the tenant has, so
    # it proves nothing to others: such a link counts on that tenant's own numbers alone.
    is_proved = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(default=timezone.now, editable=False)  # a customer: when the shop was named last
    last_seen_at = models.DateTimeField(null=True, editable=False)  # an owner: opens the window of 24 hours

    class Meta:
        app_label = "messaging"
        verbose_name = _("teléfono vinculado")
        verbose_name_plural = _("teléfonos vinculados")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["owner", "customer"]), name="phone_link_role_known"),
            models.CheckConstraint(condition=~Q(phone_key="") | ~Q(bsuid=""), name="phone_link_of_somebody"),
            models.UniqueConstraint(
                fields=["phone_key"],
                condition=Q(role="owner", is_proved=True) & ~Q(phone_key=""),
                name="phone_link_one_owner",
            ),
            models.UniqueConstraint(
                fields=["bsuid"],
                condition=Q(role="owner", is_proved=True) & ~Q(bsuid=""),
                name="phone_link_one_hidden_owner",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "phone_key"], condition=~Q(phone_key=""), name="phone_link_once"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "bsuid"], condition=~Q(bsuid=""), name="phone_link_hidden_once"
            ),
        ]
        indexes = [
            models.Index(fields=["phone_key", "-used_at"], name="phone_link_by_phone"),
            models.Index(fields=["bsuid", "-used_at"], name="phone_link_by_bsuid"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


class LinkCode(TenantOwned):
    """A code that a phone has to send to become the owner's. Only its hash is kept."""

    phone_key = models.CharField(max_length=20)
    code_hash = models.CharField(max_length=64)
    is_confirmed = models.BooleanField(default=False)  # with the password: may take the phone from another tenant
    tries = models.PositiveSmallIntegerField(default=0)  # wrong ones, on the platform's number
    tries_apart = models.PositiveSmallIntegerField(default=0)  # on a number of the tenant's, who could sign them
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "messaging"
        verbose_name = _("código de vinculación")
        verbose_name_plural = _("códigos de vinculación")
        indexes = [models.Index(fields=["phone_key", "-id"], name="link_code_by_phone")]

    def __str__(self) -> str:
        return f"code {self.pk}"
