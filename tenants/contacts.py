"""People that a tenant deals with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.ownership import TenantOwned

if TYPE_CHECKING:
    from tenants.models import User

_spoken = re.compile(r"[\s().-]")  # how people write numbers: +57 (300) 123-45.67


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
    language = models.CharField(_("idioma"), max_length=5, blank=True)
    # How the person is known on WhatsApp: the number as Meta returns it, the key under which every spelling of it is
    # found, the business-scoped id of whoever hides the number, and the name that the person chose.
    wa_id = models.CharField(max_length=20, blank=True, editable=False)
    whatsapp_key = models.CharField(max_length=20, blank=True, editable=False)
    bsuid = models.CharField(max_length=160, blank=True, editable=False)
    profile_name = models.CharField(max_length=200, blank=True, editable=False)
    opted_out_at = models.DateTimeField(_("no quiere mensajes desde"), null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(_("escribió por última vez"), null=True, blank=True, editable=False)
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
            models.UniqueConstraint(
                fields=["user", "whatsapp_key"], condition=~Q(whatsapp_key=""), name="contact_whatsapp_unique"
            ),
            models.UniqueConstraint(fields=["user", "bsuid"], condition=~Q(bsuid=""), name="contact_bsuid_unique"),
        ]
        indexes = [models.Index(fields=["user", "name", "id"], name="contact_by_name")]

    def __str__(self) -> str:
        return self.name


def add(*, user: User, **fields: Any) -> Contact:
    """Keep somebody for ``user``, whose scope is open. Raises ValidationError by field."""
    contact = Contact(user=user)
    _save(contact, fields)
    return contact


def alter(*, contact_id: int, **fields: Any) -> Contact:
    """Give a contact of the open scope other values. Raises Contact.DoesNotExist, and ValidationError by field."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact_id)
        _save(contact, fields)
    return contact


def remove(*, contact_id: int) -> None:
    """Forget a contact of the open scope; what names it keeps the name. Raises Contact.DoesNotExist."""
    Contact.objects.get(pk=contact_id).delete()


def _save(contact: Contact, fields: dict[str, Any]) -> None:
    if "phone" in fields:
        fields["phone"] = _spoken.sub("", fields["phone"])
    for name, value in fields.items():
        setattr(contact, name, value)
    contact.clean_fields(exclude=["user"])
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as fault:
        if "contact_phone_unique" not in str(fault):
            raise
        raise ValidationError({"phone": _("Ya tienes un contacto con este teléfono.")}) from fault
