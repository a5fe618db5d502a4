"""Shapes of accounts and preferences."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.contract import StrictFields, StrictModelSerializer, Text
from tenants.hours import WEEKDAYS, validate_quiet_hours, validate_working_hours
from tenants.models import Preferences, User
from tenants.preferences import LANGUAGES

OTP = "Of the second factor, where there is one: the app's six digits, or a recovery code."


class RegistrationSerializer(StrictModelSerializer):
    password = Text(write_only=True, max_length=200, trim_whitespace=False)

    class Meta:
        model = User
        fields = ["id", "username", "password", "email", "timezone", "language", "role", "created_at"]
        read_only_fields = ["id", "role", "created_at"]
        extra_kwargs = {"email": {"required": False}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(username=attrs["username"], email=attrs.get("email", ""))
        try:
            validate_password(attrs["password"], person)
        except DjangoValidationError as fault:
            raise serializers.ValidationError({"password": fault.messages}) from fault
        return attrs


class LoginSerializer(StrictFields):
    username = Text(max_length=254)
    password = Text(max_length=200, trim_whitespace=False)
    otp = Text(max_length=40, required=False, help_text=OTP)


class RefreshSerializer(StrictFields):
    refresh = Text(max_length=4000)


class LogoutSerializer(StrictFields):
    refresh = Text(max_length=4000, required=False)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    role = serializers.ChoiceField(choices=User.Role.choices)
    redirect = serializers.CharField(help_text="Where this role's pages begin.")


class PersonSerializer(serializers.ModelSerializer[User]):
    is_admin = serializers.BooleanField(source="is_superadmin", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "email", "role", "is_admin", "language", "timezone", "created_at"]
        read_only_fields = fields


class PasswordSerializer(StrictFields):
    current = Text(max_length=200, trim_whitespace=False)
    new = Text(max_length=200, trim_whitespace=False)
    otp = Text(max_length=40, required=False, help_text=OTP)


@extend_schema_field(
    {"type": "string", "minLength": 5, "maxLength": 5, "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "example": "09:30"}
)
class Clock(serializers.TimeField):
    """An hour of the day, «09:30»."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"format": "%H:%M", "input_formats": ["%H:%M"], **options})

    def to_internal_value(self, value: Any) -> time:
        if not isinstance(value, str) or len(value) != len("09:30"):
            self.fail("invalid", format="HH:MM")
        return super().to_internal_value(value)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            day: {"type": "array", "items": {"type": "array", "items": {"type": "string"}}} for day in WEEKDAYS
        },
        "additionalProperties": False,
    }
)
class WorkingHours(serializers.JSONField):
    """{"mon": [["09:00", "13:00"], …], …}; a day that is missing is free."""


@extend_schema_field(
    {
        "type": ["object", "null"],
        "properties": {"start": {"type": "string"}, "end": {"type": "string"}},
        "required": ["start", "end"],
        "additionalProperties": False,
    }
)
class QuietHours(serializers.JSONField):
    """{"start": "21:00", "end": "07:00"}, or null."""


@extend_schema_field({"type": "string", "enum": ["web", "email", "whatsapp"]})
class Channel(serializers.ChoiceField):
    """A way to reach a tenant."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=Preferences.Channel.choices, **options)


class PreferencesSerializer(StrictModelSerializer):
    language = serializers.ChoiceField(source="user.language", choices=LANGUAGES)
    timezone = Text(source="user.timezone", max_length=64, validators=User._meta.get_field("timezone").validators)
    reminder_channels = serializers.ListField(child=Channel(), max_length=3, required=False)
    working_hours = WorkingHours(required=False, validators=[validate_working_hours])
    quiet_hours = QuietHours(required=False, allow_null=True, validators=[validate_quiet_hours])
    due_hour = Clock(required=False)
    morning_digest_at = Clock(required=False, allow_null=True)
    evening_digest_at = Clock(required=False, allow_null=True)

    class Meta:
        model = Preferences
        fields = [
            "language",
            "timezone",
            "currency",
            "business_name",
            "business_facts",
            "tone",
            "country",
            "working_hours",
            "default_minutes",
            "reminder_channels",
            "quiet_hours",
            "due_hour",
            "morning_digest_at",
            "evening_digest_at",
            "burst_seconds",
            "customers_may_book",
            "conversations_months",
            "events_months",
            "accent_color",
            "updated_at",
        ]
        read_only_fields = ["updated_at"]

    def validate_reminder_channels(self, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise serializers.ValidationError(_("Cada canal, una sola vez."))
        return value
