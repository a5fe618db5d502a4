"""Contacts as files, as the importer reads them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from tenants import contacts
from tenants.contacts_api import ContactFilters
from tenants.exchange.sources import Filters, KindSource
from tenants.models import User


class ContactSource(KindSource):
    name: ClassVar[str] = "contacts"
    label: ClassVar[str | Promise] = _("Contactos")
    filters: ClassVar[type[serializers.Serializer[Any]]] = ContactFilters

    def count(self, *, user: User, filters: Filters, form: str) -> int:
        return contacts.matching(text=str(filters.get("search") or "")).count()


CONTACTS = ContactSource()
