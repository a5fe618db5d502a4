"""Positions in an ordered list: where one page ends, so that the next begins there, however far behind it is.

A position is what a row holds in the columns of the order. It travels in a link, signed, so that what comes back is
what was written. It says which page of which list of whom it begins; for any other it is no position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import FieldDoesNotExist
from django.core.signing import BadSignature, Signer
from django.db.models import BooleanField, F, Field, Func, QuerySet, TextField, Value

_signer = Signer(salt="tenants.positions", sep=".")


class NoPosition(ValueError):
    """The text is nothing that was written here."""


@dataclass(frozen=True, slots=True)
class Order:
    """By these columns of one table, which are never null, all of them upwards or all downwards; the last is unique."""

    fields: tuple[Field[Any, Any], ...]
    downwards: bool

    @classmethod
    def of(cls, rows: QuerySet[Any]) -> Self | None:
        """How ``rows`` are ordered; None when it is any other way, which knows no positions."""
        names = rows.query.order_by
        if not names or not all(isinstance(name, str) for name in names):
            return None
        try:
            fields = [rows.model._meta.get_field(str(name).removeprefix("-")) for name in names]
        except FieldDoesNotExist:
            return None
        downwards = {str(name).startswith("-") for name in names}
        plain = [field for field in fields if isinstance(field, Field) and not field.is_relation and not field.null]
        if len(downwards) > 1 or len(plain) < len(fields) or not plain[-1].unique:
            return None
        shown = rows.query.values_select
        if shown and not {field.attname for field in plain} <= set(shown):
            return None
        return cls(fields=tuple(plain), downwards=downwards == {True})

    def position(self, row: Any) -> list[Any]:
        """Where ``row`` stands: a model instance, or a mapping with the order's columns."""
        if isinstance(row, Mapping):
            return [row[field.attname] for field in self.fields]
        return [getattr(row, field.attname) for field in self.fields]

    def beyond(self, rows: QuerySet[Any], position: Sequence[Any], *, backwards: bool = False) -> QuerySet[Any]:
        """Those of ``rows`` that come after ``position``; or those before it, the nearest first.

        One comparison of rows, which an index on the columns answers.
        """
        kinds = [getattr(field, "output_field", None) or field for field in self.fields]
        here = Func(*(F(field.name) for field in self.fields), function="ROW", output_field=TextField())
        there = Func(
            *(Value(value, output_field=kind) for value, kind in zip(position, kinds, strict=True)),
            function="ROW",
            output_field=TextField(),
        )
        sign = "<" if self.downwards != backwards else ">"
        found = rows.filter(Func(here, there, arg_joiner=f" {sign} ", function="", output_field=BooleanField()))
        return found.reverse() if backwards else found

    def write(self, position: Sequence[Any], *, of: str, backwards: bool = False) -> str:
        """The text of a link. ``of`` names the page that begins after ``position``, or ends before it."""
        values = [value if isinstance(value, int | str) else str(value) for value in position]
        return _signer.sign_object([of, backwards, *values], compress=True)

    @staticmethod
    def check(text: str) -> None:
        """Raise NoPosition for what no list wrote, also where the list at hand knows no positions."""
        try:
            _signer.unsign_object(text)
        except (BadSignature, ValueError) as fault:
            raise NoPosition from fault

    def read(self, text: str, *, of: str) -> tuple[list[Any], bool] | None:
        """The position in a link and whether it is the page's end; None when it is another page's.

        Raises NoPosition.
        """
        try:
            owner, backwards, *values = _signer.unsign_object(text)
        except (BadSignature, ValueError) as fault:
            raise NoPosition from fault
        if owner != of:
            return None
        kinds = [getattr(field, "output_field", None) or field for field in self.fields]
        return [kind.to_python(value) for value, kind in zip(values, kinds, strict=True)], bool(backwards)
