"""The HTTP contract that every endpoint shares: what is read and how it is paged (``errors.py``: how it fails)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import IO, Any

from django.db import models
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.fields import empty
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from tenants.positions import NoPosition, Order

MOST_UNKNOWN = 20  # unknown fields that an answer names
POSITION = {"type": "integer", "minimum": 1, "maximum": 10**12 - 1}  # a row that a list begins before


class StrictJSONParser(JSONParser):
    """JSON in UTF-8 whose text PostgreSQL can hold: no NaN, no NUL, no lone surrogates, not nested without end."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            text = stream.read().decode("utf-8")
            data = json.loads(text, parse_constant=_refuse_constant)
            if "\\u" in text:
                json.dumps(data, ensure_ascii=False).encode("utf-8")  # lone surrogates do not encode
        except UnicodeError as fault:
            raise ParseError(_("El texto no es UTF-8 válido.")) from fault
        except RecursionError as fault:
            raise ParseError(_("El JSON tiene demasiados niveles.")) from fault
        except json.JSONDecodeError as fault:
            place = {"line": fault.lineno, "column": fault.colno}
            raise ParseError(_("Esto no es JSON válido: línea %(line)d, columna %(column)d.") % place) from fault
        except ValueError as fault:  # NaN, Infinity, an integer of thousands of digits
            raise ParseError(_("El JSON lleva un número que no se puede leer.")) from fault
        if "\\u0000" in text and _has_nul(data):
            raise ParseError(_("El texto lleva caracteres nulos, que no se pueden guardar."))
        return data


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _has_nul(data: Any) -> bool:
    if isinstance(data, str):
        return "\x00" in data
    if isinstance(data, dict):
        return any(_has_nul(part) for pair in data.items() for part in pair)
    return isinstance(data, list) and any(_has_nul(part) for part in data)


class NoSurrogates(ProhibitSurrogateCharactersValidator):
    """DRF's own looks at each character in turn: for a megabyte, which is refused as too long, that takes long."""

    def __call__(self, value: Any) -> None:
        try:
            str(value).encode("utf-8")
        except UnicodeEncodeError:
            super().__call__(value)


class Text(serializers.CharField):
    """A string; DRF's own takes numbers too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        slow = ProhibitSurrogateCharactersValidator
        self.validators = [NoSurrogates() if type(check) is slow else check for check in self.validators]

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, int | float):
            self.fail("invalid")
        return super().run_validation(data)


class Whole(serializers.IntegerField):
    """A whole number, or a string of its digits; DRF's own takes whatever Python's ``int`` reads, like "1_0"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_value": 2**63 - 1, **options})  # what PostgreSQL's bigint holds

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | list | dict) or (
            isinstance(data, str) and not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", data)
        ):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """true or false, as JSON has them; DRF's own takes 0, 1 and a dozen words, too."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictFields(serializers.Serializer[Any]):
    """A serializer that names unknown fields instead of dropping them; known read-only ones are ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name[:100]: [_("No conocemos este campo.")] for name in unknown[:MOST_UNKNOWN]}
                )
        return super().to_internal_value(data)


class StrictModelSerializer(StrictFields, serializers.ModelSerializer[Any]):
    """A model's fields, strictly."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: Text,
        models.TextField: Text,
        models.BooleanField: YesNo,
        models.IntegerField: Whole,
        models.PositiveIntegerField: Whole,
        models.PositiveSmallIntegerField: Whole,
    }


class Pages(PageNumberPagination):
    """``page`` from 1 and ``page_size`` up to 200, with a 400 for what is no such number.

    The links to the next and the previous page say, beside its number, where it begins (``tenants.positions``): so
    following them costs the same on every page, and skips no row and repeats none while others come and go. A number
    without that is counted off from the start, in the order's index alone where it has one.
    """

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    cursor_query_param = "cursor"

    def paginate_queryset(
        self, queryset: models.QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any]:
        self.request: Request = request
        self.number = whole_number(request, self.page_query_param, least=1, most=10**9) or 1
        self.size = (
            whole_number(request, self.page_size_query_param, least=1, most=self.max_page_size) or self.page_size
        )
        self.order = Order.of(queryset) if isinstance(queryset, models.QuerySet) else None
        position = self._read_cursor()
        self.count: int | None = None
        self.rows = self._follow(queryset, *position) if position else self._count_off(queryset)
        if self.count is None:
            self.count = self.count_rows(queryset)
        return self.rows

    def count_rows(self, queryset: Any) -> int | None:
        """How many rows there are in all; None where that is not counted."""
        return queryset.count() if isinstance(queryset, models.QuerySet) else len(queryset)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "count": self.count,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                "results": data,
            }
        )

    def get_next_link(self) -> str | None:
        return self._link(self.number + 1, after=self.rows[-1]) if self.has_next else None

    def get_previous_link(self) -> str | None:
        if self.number == 1:
            return None
        if not self.rows:  # those that were here are gone
            return self._link(max(1, min(self.number - 1, -(-(self.count or 0) // self.size))))
        return self._link(self.number - 1, before=self.rows[0])

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor = {
            "name": self.cursor_query_param,
            "required": False,
            "in": "query",
            "description": "Where the page begins. It comes in ``next`` and ``previous``: follow them as they are.",
            "schema": {"type": "string"},
        }
        return [*super().get_schema_operation_parameters(view), cursor]

    def _follow(self, queryset: Any, order: Order, position: Sequence[Any], backwards: bool) -> list[Any]:
        rows = list(order.beyond(queryset, position, backwards=backwards)[: self.size + 1])
        if backwards:
            if len(rows) < self.size:  # the start is nearer than the number says
                self.number = 1
                return self._count_off(queryset)
            self.has_next = True
            return rows[: self.size][::-1]
        self.has_next = len(rows) > self.size
        return rows[: self.size]

    def _count_off(self, queryset: Any) -> list[Any]:
        before = (self.number - 1) * self.size
        window = slice(before, before + self.size + 1)
        if before and self.order:
            # The ids first, from the index: reading each row that is passed over takes fifty times as long.
            rows = list(queryset.filter(pk__in=queryset.values("pk")[window]))
        else:
            rows = list(queryset[window])
        if before and not rows:
            raise NotFound(_("Esa página no existe."))
        self.has_next = len(rows) > self.size
        if not self.has_next:
            self.count = before + len(rows)
        return rows[: self.size]

    def _read_cursor(self) -> tuple[Order, list[Any], bool] | None:
        text = self.request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            Order.check(text)
            found = self.order and self.order.read(text, of=self._name_page(self.number))
        except NoPosition:
            raise ValidationError(
                {self.cursor_query_param: [_("No es nuestro: síguelo como viene en «next» o «previous».")]}
            ) from None
        return (self.order, *found) if self.order and found else None

    def _link(self, number: int, *, after: Any = None, before: Any = None) -> str:
        address = remove_query_param(self.request.build_absolute_uri(), self.cursor_query_param)
        if number == 1:
            return str(remove_query_param(address, self.page_query_param))
        address = replace_query_param(address, self.page_query_param, number)
        row = after if before is None else before
        if self.order is None or row is None:
            return str(address)
        cursor = self.order.write(self.order.position(row), of=self._name_page(number), backwards=before is not None)
        return str(replace_query_param(address, self.cursor_query_param, cursor))

    def _name_page(self, number: int) -> str:
        """Short for: this page of this list, as it is asked for, of this person."""
        asked = sorted(
            item
            for item in self.request.query_params.lists()
            if item[0] not in (self.page_query_param, self.cursor_query_param)
        )
        name = repr((self.request.user.pk, self.request.path, asked, number))
        return blake2b(name.encode("utf-8", "backslashreplace"), digest_size=9).hexdigest()


def whole_number(request: Request, name: str, *, least: int, most: int, default: int | None = None) -> int | None:
    """The query parameter ``name`` as a number from ``least`` to ``most``; ``default`` when absent; else a 400."""
    value = request.query_params.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.lstrip("-").isdigit() and len(value) <= 18 and least <= int(value) <= most):
        raise ValidationError(
            {name: [_("Debe ser un número entero entre %(least)d y %(most)d.") % {"least": least, "most": most}]}
        )
    return int(value)
