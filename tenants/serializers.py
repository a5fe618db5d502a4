"""Shapes of accounts and preferences."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from tenants.contract import StrictFields, StrictModelSerializer, Text
from tenants.models import Preferences, User
from tenants.preferences import LANGUAGES


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


class PreferencesSerializer(StrictModelSerializer):
    language = serializers.ChoiceField(source="user.language", choices=LANGUAGES)
    timezone = Text(source="user.timezone", max_length=64, validators=User._meta.get_field("timezone").validators)

    class Meta:
        model = Preferences
        fields = [
            "language",
            "timezone",
            "currency",
            "business_name",
            "business_facts",
            "tone",
            "accent_color",
            "updated_at",
        ]
        read_only_fields = ["updated_at"]
