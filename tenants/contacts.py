"""People that a tenant deals with."""

from __future__ import annotations

from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.ownership import TenantOwned


class Contact(TenantOwned):
    """A customer, a supplier, a friend: whoever an appointment is with."""

    name = models.CharField(_("nombre"), max_length=200)
    phone = models.CharField(
        _("teléfono"),
        max_length=16,
        blank=True,
        # ITU-T E.164: a plus sign and at most fifteen digits.
        validators=[RegexValidator(r"^\+[1-9][0-9]{6,14}\Z", _("Escríbelo con el código del país: +573001234567."))],
    )
    email = models.EmailField(_("correo"), blank=True)
    notes = models.TextField(_("notas"), blank=True, validators=[MaxLengthValidator(2000)])
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "tenants"
        verbose_name = _("contacto")
        verbose_name_plural = _("contactos")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="contact_name_not_empty"),
            models.UniqueConstraint(
                fields=["user", "phone"],
                condition=~Q(phone=""),
                name="contact_phone_unique",
                violation_error_message=_("Ya tienes un contacto con este teléfono."),
            ),
        ]
        indexes = [models.Index(fields=["user", "name", "id"], name="contact_by_name")]

    def __str__(self) -> str:
        return self.name
