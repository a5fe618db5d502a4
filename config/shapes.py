"""What the API's description says of fields of ours beside what drf-spectacular finds out."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.extensions import OpenApiSerializerFieldExtension


class TextShape(OpenApiSerializerFieldExtension):
    """A text that may not be empty may not be blank either: its ends are trimmed before it is looked at."""

    target_class = "tenants.contract.Text"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        field = self.target
        shape: dict[str, Any] = auto_schema._map_serializer_field(field, direction, bypass_extensions=True)
        has_form = any(isinstance(one, RegexValidator) for one in field.validators)
        if direction == "request" and field.trim_whitespace and not (field.allow_blank or field.read_only or has_form):
            shape.setdefault("pattern", r"\S")
        return shape


class PriceShape(OpenApiSerializerFieldExtension):
    """Comes as a text or a number, goes out as a text with two decimals."""

    target_class = "catalog.serializers.Price"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        if direction == "response":
            return {"type": "string", "format": "decimal", "pattern": r"^[0-9]{1,12}\.[0-9]{2}$"}
        return {
            "type": ["string", "number"],
            "format": "decimal",
            "pattern": r"^\s*\+?[0-9]{1,12}(\.[0-9]{1,2})?\s*$",
            "minimum": 0,
            "maximum": float(self.target.max_value),
            "multipleOf": 0.01,
        }
