"""The HTTP contract that every endpoint shares: what is read and how it is paged (``errors.py``: how it fails)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import IO, Any

from django.db import models
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.fields import empty
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

MOST_UNKNOWN = 20  # unknown fields that an answer names


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


class Text(serializers.CharField):
    """A string; DRF's own takes numbers too."""

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
        models.IntegerField: Whole,
        models.PositiveIntegerField: Whole,
        models.PositiveSmallIntegerField: Whole,
    }


class Pages(PageNumberPagination):
    """``page`` from 1 and ``page_size`` up to 200, with a 400 for what is no such number."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(
        self, queryset: models.QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        self.request = request
        for name, most in ((self.page_query_param, 10**9), (self.page_size_query_param, self.max_page_size)):
            whole_number(request, name, least=1, most=most)
        return super().paginate_queryset(queryset, request, view)


def whole_number(request: Request, name: str, *, least: int, most: int, default: int | None = None) -> int | None:
    """The query parameter ``name`` as a number from ``least`` to ``most``; ``default`` when absent; else a 400."""
    value = request.query_params.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.lstrip("-").isdigit() and len(value) <= 12 and least <= int(value) <= most):
        raise ValidationError(
            {name: [_("Debe ser un número entero entre %(least)d y %(most)d.") % {"least": least, "most": most}]}
        )
    return int(value)


def version_of(request: Request, *, given: int | None = None) -> int | None:
    """The version that the sender wants to change: ``given`` (from the body) or the header ``If-Match``.

    The header may be quoted (``"3"``) or bare; ``*`` means any. A 400 for another one, and when the two differ.
    """
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return given
    number = header.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise ValidationError({"If-Match": [_("Debe ser el número de una versión.")]})
    if given is not None and given != int(number):
        raise ValidationError({"version": [_("No es la versión que dice If-Match.")]})
    return int(number)
