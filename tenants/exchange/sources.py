"""What can be exported, and how each is read: the rows of a list with the list's own filters, in steady order.

``settings.EXPORTS`` names them, for ``tenants`` imports nobody. A source gives columns and rows; CSV and XLSX are
written from these alike, and what is drawn (PDF) or has a language of its own (ICS) it writes itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, BinaryIO, ClassVar, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from rest_framework import serializers

from tenants.exchange.kinds import Field, Kind, kind_of
from tenants.exchange.writers import Column, Told, Type, write_csv, write_xlsx
from tenants.models import User

Filters = dict[str, Any]

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "ics": "text/calendar; charset=utf-8",
}


class Source(ABC):
    """Something that can be exported. Everything is called in the tenant's scope, language and zone."""

    name: ClassVar[str]  # «products», as in the API
    label: ClassVar[str | Promise]  # «Productos»: the sheet's name, and with a day the file's
    formats: ClassVar[tuple[str, ...]] = ("csv", "xlsx")
    filters: ClassVar[type[serializers.Serializer[Any]]]

    def read_filters(self, given: Mapping[str, Any]) -> Filters:
        """``given`` checked. Raises rest_framework's ValidationError by name."""
        checked = self.filters(data=dict(given))
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    @abstractmethod
    def columns(self) -> list[Column]:
        """What stands above each column, in the language that is active, and what it holds."""

    @abstractmethod
    def count(self, *, user: User, filters: Filters, form: str) -> int:
        """How many rows a file of the format ``form`` would have."""

    @abstractmethod
    def rows(self, *, user: User, filters: Filters) -> Iterator[Sequence[Any]]:
        """The rows, each with a value for each column; never more than some thousands of them in memory."""

    def draw(self, *, user: User, filters: Filters, form: str, file: BinaryIO, now: datetime) -> int:
        """Write a file of one of the formats that are no tables. Returns how many rows it holds."""
        raise NotImplementedError(form)

    def write(
        self, *, user: User, filters: Filters, form: str, file: BinaryIO, now: datetime, told: Told | None = None
    ) -> int:
        """Write the export into ``file``. Returns how many rows it holds. Raises ``writers.TooManyRows``."""
        zone = timezone.get_current_timezone()
        if form == "csv":
            rows = self.rows(user=user, filters=filters)
            return write_csv(file=file, columns=self.columns(), rows=rows, language=user.language, zone=zone, told=told)
        if form == "xlsx":
            rows = self.rows(user=user, filters=filters)
            return write_xlsx(file=file, columns=self.columns(), rows=rows, zone=zone, title=str(self.label), told=told)
        return self.draw(user=user, filters=filters, form=form, file=file, now=now)

    def file_name(self, *, form: str, day: datetime, filters: Filters) -> str:
        """«productos-2026-11-23.xlsx», in the language that is active: ``day`` is when it was asked for."""
        return f"{str(self.label).lower().replace(' ', '-')}-{day:%Y-%m-%d}.{form}"


class KindSource(Source):
    """What can be imported, too: its columns are the kind's fields, so that an export is imported as it is."""

    kind_name: ClassVar[str] = ""  # where it is not the source's own

    @property
    def kind(self) -> Kind:
        return kind_of(self.kind_name or self.name)

    def columns(self) -> list[Column]:
        return [Column(field.name, str(field.label), cast(Type, field.type)) for field in self.kind.columns]

    def rows(self, *, user: User, filters: Filters) -> Iterator[Sequence[Any]]:
        fields = self.kind.columns
        pick = itemgetter(*(field.name for field in fields))
        chosen = [(place, _words(field)) for place, field in enumerate(fields) if field.type == "choice"]
        for values in self.kind.export(user=user, filters=filters):
            row = list(pick(values))
            for place, words in chosen:
                row[place] = words.get(row[place], row[place])
            yield row


def source_of(name: str) -> Source:
    """The source of that name. Raises KeyError."""
    return _load(settings.EXPORTS[name])


def source_names() -> list[str]:
    """All that can be exported."""
    return list(settings.EXPORTS)


@cache
def _load(path: str) -> Source:
    source = import_string(path)
    if not isinstance(source, Source):
        raise ImproperlyConfigured(f"{path} is no source of exports")
    return source


def _words(field: Field) -> dict[str, str]:
    """What a cell says of each choice, in the language that is active."""
    return {value: str(words[0]) for value, words in field.choices.items()}
