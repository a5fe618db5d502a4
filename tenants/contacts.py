"""People that a tenant deals with."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.events import record
from tenants.ownership import TenantOwned
from tenants.phones import match_key, variants
from tenants.sorting import plain, sortable

if TYPE_CHECKING:
    from tenants.models import User

UNNAMED = "WhatsApp"  # who shows neither number nor name
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
    # What another system calls the person; what comes from there again is known by it.
    external_id = models.CharField(_("identificador externo"), max_length=255, blank=True, default="", db_default="")
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
            models.UniqueConstraint(
                fields=["user", "external_id"],
                condition=~Q(external_id=""),
                name="contact_external_id_unique",
                violation_error_message=_("Ya tienes un contacto con este identificador."),
            ),
        ]
        indexes = [models.Index(fields=["user", "name", "id"], name="contact_by_name")]

    def __str__(self) -> str:
        return self.name


def add(*, user: User, **fields: Any) -> Contact:
    """Keep somebody for ``user``, whose scope is open. Raises ValidationError by field."""
    contact = Contact(user=user)
    with transaction.atomic():
        _save(contact, fields)
        record("contact_created", contact=contact.pk, channel="web")
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


def matching(*, text: str = "") -> models.QuerySet[Contact]:
    """The contacts of the open scope with ``text`` in the name (whatever its case and accents), e-mail or phone."""
    found = Contact.objects.alias(plain_name=sortable("name"))
    if text:
        found = found.filter(Q(plain_name__contains=plain(text)) | Q(email__icontains=text) | Q(phone__contains=text))
    return found


def meet(*, user: User, wa_id: str = "", bsuid: str = "", profile_name: str = "", now: datetime) -> Contact:
    """The contact of ``user`` who writes on WhatsApp under this number or business-scoped id; a new one when there is
    none. In a transaction. A new one is called as in the profile; a name that is there is the owner's to change.

    Raises ValueError when neither number nor id is given.
    """
    if not match_key(wa_id) and not bsuid:
        raise ValueError("a sender without a number and without an id")
    for last in (False, True):
        contact = _recognise(user, match_key(wa_id), bsuid) or Contact(user=user)
        is_new = contact._state.adding
        _note(contact, wa_id=wa_id, bsuid=bsuid, profile_name=profile_name, now=now)
        try:
            with transaction.atomic():
                contact.save()
                if is_new:
                    record("contact_created", at=now, user=user, contact=contact.pk, channel="whatsapp")
        except IntegrityError:  # the same person's first two messages at once
            if last:
                raise
            continue
        return contact
    raise AssertionError("the second try returns or raises")


def renumber(*, contact: Contact, wa_id: str = "", bsuid: str = "") -> None:
    """The person says to have a new number, or a new business-scoped id. In a transaction."""
    _take_over(_recognise(contact.user, match_key(wa_id), bsuid, other_than=contact), contact)
    was_own = not contact.phone or match_key(contact.phone) == contact.whatsapp_key
    if key := match_key(wa_id):
        contact.wa_id, contact.whatsapp_key = wa_id, key
        if was_own and not Contact.objects.filter(user=contact.user, phone=f"+{wa_id}").exists():
            contact.phone = f"+{wa_id}"
    contact.bsuid = bsuid  # an id of before goes with the number
    contact.save()


def opt(*, contact: Contact, out: bool, now: datetime) -> None:
    """Whether the person wants no more messages, from now on. In a transaction."""
    if out == (contact.opted_out_at is not None):
        return
    contact.opted_out_at = now if out else None
    contact.save(update_fields=["opted_out_at", "updated_at"])
    name = "contact_opted_out" if out else "contact_opted_in"
    record(name, at=now, user=contact.user, contact=contact.pk, channel="whatsapp")


def speak(*, contact: Contact, language: str) -> None:
    """The language in which the person wrote last, as far as that could be told."""
    if language and language != contact.language:
        contact.language = language
        contact.save(update_fields=["language", "updated_at"])


def _recognise(user: User, key: str, bsuid: str, *, other_than: Contact | None = None) -> Contact | None:
    """Who of ``user`` is known by the number, else by the id; one row when it was two."""
    known = Q(whatsapp_key=key) & ~Q(whatsapp_key="") | Q(bsuid=bsuid) & ~Q(bsuid="")
    known |= Q(phone__in=[f"+{digits}" for digits in variants(key)])
    others = Contact.objects.filter(user=user)
    if other_than is not None:
        others = others.exclude(pk=other_than.pk)
    found = list(others.filter(known).select_for_update(of=("self",), no_key=True).order_by("pk"))
    found.sort(key=lambda contact: not key or contact.whatsapp_key != key)
    for double in found[1:]:
        _take_over(double, found[0])
    return found[0] if found else None


def _take_over(double: Contact | None, contact: Contact) -> None:
    """``double`` turned out to be ``contact``: it stays as a name in what was written, and is met no more."""
    if double is None or not (double.whatsapp_key or double.bsuid):
        return
    contact.opted_out_at = contact.opted_out_at or double.opted_out_at
    contact.profile_name = contact.profile_name or double.profile_name
    double.whatsapp_key = double.bsuid = double.wa_id = ""
    double.save()


def _note(contact: Contact, *, wa_id: str, bsuid: str, profile_name: str, now: datetime) -> None:
    profile_name = " ".join(profile_name.split())[:200]
    if contact.name in {"", f"+{contact.wa_id}", UNNAMED}:
        contact.name = profile_name or contact.profile_name or (f"+{wa_id}" if wa_id else UNNAMED)
    contact.profile_name = profile_name or contact.profile_name
    if key := match_key(wa_id):
        contact.wa_id, contact.whatsapp_key = wa_id, key
        contact.phone = contact.phone or (f"+{wa_id}" if contact._state.adding else "")
    contact.bsuid = bsuid or contact.bsuid
    contact.last_seen_at = max(now, contact.last_seen_at or now)


def _save(contact: Contact, fields: dict[str, Any]) -> None:
    if "phone" in fields:
        fields["phone"] = _spoken.sub("", fields["phone"])
        if fields["phone"] != contact.phone:
            contact.whatsapp_key = match_key(fields["phone"])
            if contact.whatsapp_key != match_key(contact.wa_id):
                contact.wa_id = ""  # somebody else's, as the owner says
    for name, value in fields.items():
        setattr(contact, name, value)
    contact.clean_fields(exclude=["user"])
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as fault:
        if "contact_external_id_unique" in str(fault):
            raise ValidationError({"external_id": _("Ya tienes un contacto con este identificador.")}) from fault
        if not any(name in str(fault) for name in ("contact_phone_unique", "contact_whatsapp_unique")):
            raise
        raise ValidationError({"phone": _("Ya tienes un contacto con este teléfono.")}) from fault
