"""Shapes of what a person does about their own account: address, sessions, giving it up."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tenants.contract import StrictFields, Text
from tenants.devices import describe
from tenants.models import EmailChange, SignIn
from tenants.serializers import OTP


class PendingEmailSerializer(serializers.ModelSerializer[EmailChange]):
    """A new address that waits to be confirmed by the letter sent to it."""

    email = serializers.EmailField(source="new_email", read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = EmailChange
        fields = ["email", "asked_at", "expires_at"]
        read_only_fields = fields


class EmailSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(allow_blank=True, help_text="Empty where the account has none.")
    verified = serializers.BooleanField(help_text="Whether its owner has opened a letter of ours.")
    verified_at = serializers.DateTimeField(allow_null=True)
    pending = PendingEmailSerializer(allow_null=True)


class EmailChangeSerializer(StrictFields):
    email = serializers.EmailField(max_length=254)
    password = Text(max_length=200, trim_whitespace=False)
    otp = Text(max_length=40, required=False, help_text=OTP)


class SessionSerializer(serializers.ModelSerializer[SignIn]):
    """Where I am signed in."""

    kind = serializers.ChoiceField(
        choices=SignIn.Kind.choices, read_only=True, help_text="`page`: a browser; `token`: a program, by tokens."
    )
    device = serializers.SerializerMethodField(help_text="In plain words and my language: «Chrome en Android».")
    last_seen_at = serializers.DateTimeField(source="seen_at", read_only=True, help_text="To the minute.")
    created_at = serializers.DateTimeField(source="began_at", read_only=True)
    current = serializers.SerializerMethodField(help_text="Whether this request comes from there.")

    class Meta:
        model = SignIn
        fields = ["id", "kind", "device", "agent", "address", "created_at", "last_seen_at", "current"]
        read_only_fields = fields

    def get_device(self, sign_in: SignIn) -> str:
        return describe(sign_in.agent)

    def get_current(self, sign_in: SignIn) -> bool:
        return bool(sign_in.pk == self.context["request"].user.sign_in_id)


class EndedSerializer(serializers.Serializer[Any]):
    ended = serializers.IntegerField(help_text="How many there were.")


class DeletionAskSerializer(StrictFields):
    password = Text(max_length=200, trim_whitespace=False)
    otp = Text(max_length=40, required=False, help_text=OTP)


class DeletionSerializer(serializers.Serializer[Any]):
    leaving = serializers.BooleanField(help_text="Whether the account is being given up.")
    erased_at = serializers.DateTimeField(allow_null=True, help_text="Until then it can be kept; then it is erased.")
