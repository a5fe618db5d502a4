"""Contacts as rows of a table: imported, and exported so that they import again.

Somebody is known again by what the other system calls them, else by the phone, else by the e-mail, else by the name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import contacts
from tenants.contacts import Contact
from tenants.dialling import international
from tenants.exchange.kinds import Done, Field, Found, Identity, Kind, Refused, Row, Values, Written
from tenants.exchange.reasons import Reason, reasons_of
from tenants.models import Preferences, User
from tenants.phones import match_key, variants
from tenants.preferences import likely_country
from tenants.sorting import plain

FIELDS = ("name", "phone", "email", "notes", "external_id")
AT_ONCE = 1000


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


class Contacts(Kind):
    """Whom a tenant deals with."""

    name = "contacts"
    label = gettext_lazy("Contactos")
    key = ("external_id", "phone", "email")
    reasons = {
        "needs_country": gettext_lazy("Escríbelo con el código del país: +573001234567."),
        "same_as_row": gettext_lazy("Es el mismo contacto que el de la fila %(n)d."),
        "identifier_taken": gettext_lazy("Ya tienes un contacto con este identificador."),
        "phone_taken": gettext_lazy("Ya tienes un contacto con este teléfono."),
        "changed_since": gettext_lazy("Cambió después: lo dejamos como está."),
        "taken_since": gettext_lazy("Su teléfono o identificador ya es de otro contacto: lo dejamos como está."),
    }
    fields = (
        Field(
            "name",
            gettext_lazy("Nombre"),
            required=True,
            max_length=200,
            aliases=_words(
                "cliente, nombre completo, nombre y apellido, contacto, razón social, proveedor, full name, "
                "customer, client, contact, nome, nome completo, contato, razão social"
            ),
        ),
        Field(
            "phone",
            gettext_lazy("Teléfono"),
            type="phone",
            max_length=40,
            aliases=_words(
                "celular, móvil, whatsapp, tel, número, número de teléfono, teléfono móvil, cel, "
                "phone number, mobile, cell, cell phone, telefone, fone, telemóvel"
            ),
        ),
        Field(
            "email",
            gettext_lazy("Correo"),
            type="email",
            max_length=254,
            aliases=_words("correo electrónico, mail, e-mail, email address, e mail, correio"),
        ),
        Field(
            "notes",
            gettext_lazy("Notas"),
            max_length=2000,
            aliases=_words(
                "nota, observaciones, observación, comentarios, comentario, comments, remarks, observações, comentários"
            ),
        ),
        Field(
            "external_id",
            gettext_lazy("Identificador"),
            max_length=255,
            aliases=_words(
                "identificador externo, id externo, código, código de cliente, external id, customer id, "
                "customer code, code, código do cliente"
            ),
        ),
    )

    def examples(self) -> list[Values]:
        return [
            {
                "name": _("Carla Gómez"),
                "phone": "+573001234567",
                "email": "carla@example.com",
                "notes": _("Paga a 30 días"),
            },
            {"name": _("Ferretería El Tornillo"), "phone": "+573107654321", "email": "", "notes": ""},
        ]

    def identify(self, values: Values) -> Identity | None:
        """By the first that is there. Two people may share an e-mail or a name, so these count how often."""
        if values.get("external_id"):
            return Identity("external_id", values["external_id"])
        if key := match_key(values.get("phone") or ""):
            return Identity("phone", key)
        if values.get("email"):
            return Identity("email", values["email"].lower(), is_unique=False)
        return Identity("name", plain(values["name"]), is_unique=False) if values.get("name") else None

    def check(self, *, user: User, values: Values) -> dict[str, Reason]:
        """Give the phone its country, and look at each value as the contact's own form would."""
        if values.get("phone"):
            number = international(values["phone"], country=_country_of(user))
            if not number:
                return {"phone": Reason("needs_country")}
            values["phone"] = number
        contact = Contact(**{"name": "x", **{name: values[name] for name in FIELDS if name in values}})
        try:
            contact.clean_fields(exclude=["user", *(name for name in FIELDS if name not in values)])
        except ValidationError as fault:
            return reasons_of(fault)
        return {}

    def find(self, *, user: User, rows: Sequence[Row], lock: bool = False) -> list[Found | None]:
        asked = [row.values for row in rows]
        known = Q(external_id__in={v["external_id"] for v in asked if v.get("external_id")} - {""})
        known |= Q(pk__in=[pk for v in asked if (pk := _own_key(v.get("external_id") or ""))], external_id="")
        keys = {key for v in asked if (key := match_key(v.get("phone") or ""))}
        known |= Q(whatsapp_key__in=keys)
        known |= Q(phone__in=[f"+{digits}" for key in keys for digits in variants(key)])
        known |= Q(plain_email__in={v["email"].lower() for v in asked if v.get("email")})
        known |= Q(name__in={v["name"] for v in asked if v.get("name")})
        found = Contact.objects.alias(plain_email=Lower("email")).filter(known).order_by("pk")
        if lock:
            found = found.select_for_update(of=("self",), no_key=True)
        register = _Register(list(found))
        return [_as_found(contact) if (contact := register.look_up(row)) else None for row in rows]

    def write(self, *, user: User, rows: Sequence[Row]) -> list[Written | Refused]:
        """The new ones in one statement, the changed ones in another; one by one where a phone or name is taken."""
        now = timezone.now()
        known = {one.pk: one for one in Contact.objects.filter(pk__in=[row.found.id for row in rows if row.found])}
        taken: dict[int, int] = {}
        plans: list[_Plan | Refused] = []
        for row in rows:
            contact = known.get(row.found.id) if row.found else Contact(user=user)
            if contact is None:
                plans.append(Refused(Reason("gone_meanwhile")))
            elif contact.pk and contact.pk in taken:
                plans.append(Refused(Reason("same_as_row", {"n": taken[contact.pk]})))
            else:
                taken |= {contact.pk: row.number} if contact.pk else {}
                plans.append(_Plan(contact, row.values, now))
        try:
            with transaction.atomic():
                _save([plan for plan in plans if isinstance(plan, _Plan)])
        except IntegrityError:
            plans = [plan if isinstance(plan, Refused) else _save_alone(plan) for plan in plans]
        return [
            plan if isinstance(plan, Refused) else Written(plan.contact.pk, _mark(plan.contact), plan.before)
            for plan in plans
        ]

    def undo(self, *, user: User, rows: Sequence[Done]) -> list[Reason | None]:
        present = Contact.objects.filter(pk__in=[row.id for row in rows]).order_by("pk")
        there = {one.pk: one for one in present.select_for_update(of=("self",))}
        changed = {row.id for row in rows if row.id in there and _mark(there[row.id]) != row.mark}
        made = [row.id for row in rows if row.before is None and row.id not in changed]
        Contact.objects.filter(pk__in=made).delete()
        answers: list[Reason | None] = []
        for row in rows:
            if row.id in changed:
                answers.append(Reason("changed_since"))
            elif row.before is None or row.id not in there:
                answers.append(None)
            else:
                answers.append(_put_back(there[row.id], row.before))
        return answers

    def export(self, *, user: User, filters: Mapping[str, Any]) -> Iterator[Values]:
        last = 0
        found = contacts.matching(text=str(filters.get("search") or "")).order_by("pk")
        while batch := list(found.filter(pk__gt=last)[:AT_ONCE]):
            last = batch[-1].pk
            for contact in batch:
                yield _values_of(contact)


class _Plan:
    """A contact as it is to be written, and what undoing needs."""

    def __init__(self, contact: Contact, values: Values, now: datetime) -> None:
        self.contact, self.is_new = contact, contact._state.adding
        old = {name: getattr(contact, name) for name in (*FIELDS, "wa_id", "whatsapp_key")}
        for name in FIELDS:
            own = name == "external_id" and not self.is_new and _own_key(values.get(name, "")) == contact.pk
            if name in values and not own:
                setattr(contact, name, values[name])
        if contact.phone != old["phone"]:
            contact.whatsapp_key = match_key(contact.phone)
            if contact.whatsapp_key != match_key(contact.wa_id):
                contact.wa_id = ""  # somebody else's, as the owner says
        contact.updated_at = now
        changed = {name: value for name, value in old.items() if getattr(contact, name) != value}
        self.before: dict[str, Any] | None = None if self.is_new else changed


def _save(plans: Sequence[_Plan]) -> None:
    new = [plan.contact for plan in plans if plan.is_new]
    Contact.objects.bulk_create(new, batch_size=AT_ONCE)
    changed = [plan.contact for plan in plans if not plan.is_new]
    if changed:
        names = [*FIELDS, "wa_id", "whatsapp_key", "updated_at"]
        Contact.objects.bulk_update(changed, names, batch_size=AT_ONCE)


def _save_alone(plan: _Plan) -> _Plan | Refused:
    if plan.is_new:
        plan.contact.pk = None  # what the batch gave it went with the batch
        plan.contact._state.adding = True
    try:
        with transaction.atomic():
            _save([plan])
    except IntegrityError as fault:
        if "contact_external_id_unique" in str(fault):
            return Refused(Reason("identifier_taken"), "external_id")
        if "contact_phone_unique" in str(fault) or "contact_whatsapp_unique" in str(fault):
            return Refused(Reason("phone_taken"), "phone")
        raise
    return plan


def _put_back(contact: Contact, before: dict[str, Any]) -> Reason | None:
    for name, value in before.items():
        setattr(contact, name, value)
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        return Reason("taken_since")
    return None


class _Register:
    """Contacts by what they may be known by; each answers once, so that two of one e-mail are two."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self.contacts = contacts
        self.by_external_id = {one.external_id: one for one in contacts if one.external_id}
        self.by_pk = {one.pk: one for one in contacts if not one.external_id}
        self.by_key = {match_key(one.phone): one for one in reversed(contacts) if one.phone}
        self.by_key |= {one.whatsapp_key: one for one in contacts if one.whatsapp_key}

    def look_up(self, row: Row) -> Contact | None:
        values = row.values
        name = values.get("external_id") or ""
        if name and (found := self.by_external_id.get(name) or self.by_pk.get(_own_key(name) or 0)):
            return found
        key = match_key(values.get("phone") or "")
        if key and (found := self.by_key.get(key)):
            return found if not name or not found.external_id else None
        same = [one for one in self.contacts if self._is_likely(one, values, key, name)]
        return same[row.occurrence] if row.occurrence < len(same) else None

    def _is_likely(self, contact: Contact, values: Values, key: str, name: str) -> bool:
        if (key and (contact.phone or contact.whatsapp_key)) or (name and contact.external_id):
            return False  # whoever has another phone or identifier is somebody else
        if values.get("email"):
            return contact.email.lower() == values["email"].lower()
        is_bare = not (key or name or contact.email or contact.phone or contact.whatsapp_key)
        return is_bare and contact.name == values.get("name")


def _values_of(contact: Contact) -> Values:
    values = {name: getattr(contact, name) for name in FIELDS}
    return {**values, "external_id": contact.external_id or _own_name(contact.pk)}


def _as_found(contact: Contact) -> Found:
    return Found(contact.pk, _values_of(contact), _mark(contact))


def _mark(contact: Contact) -> str:
    return contact.updated_at.astimezone(UTC).isoformat()


def _site() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _own_name(key: int) -> str:
    """What a file of ours calls a contact that has no other name."""
    return f"contact-{key}@{_site()}"


def _own_key(name: str) -> int | None:
    key, _at, site = name.removeprefix("contact-").partition("@")
    is_own = name.startswith("contact-") and site == _site() and key.isascii() and key.isdigit() and len(key) <= 18
    return int(key) if is_own else None


def _country_of(user: User) -> str:
    """Where phones without a country's code are from; asked once for all rows of a run."""
    if "_country" not in user.__dict__:
        user.__dict__["_country"] = Preferences.current(user).country or likely_country(user.timezone)
    return str(user.__dict__["_country"])


CONTACTS = Contacts()
