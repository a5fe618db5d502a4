"""Shapes of webhooks and of what was told by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agenda.filters import Filters
from messaging.webhooks import endpoints, signing, wording
from messaging.webhooks.models import LONGEST_URL, WebhookDelivery, WebhookEndpoint
from tenants.contract import StrictModelSerializer, Text, YesNo

_events_help = "Names of events: `GET /api/user/webhooks/events` lists those that may be told."


class WebhookSerializer(StrictModelSerializer):
    """A webhook of my own, without its secret."""

    url = Text(
        max_length=LONGEST_URL,
        help_text="https, a public address, without a port.",
        error_messages={"blank": _("Escribe una dirección completa, como https://tu-sistema.com/recado.")},
    )
    events = serializers.ListField(
        child=Text(max_length=40),
        min_length=1,
        max_length=100,
        help_text=_events_help,
        error_messages={"min_length": _("Elige al menos un suceso.")},
    )
    description = Text(max_length=200, required=False, allow_blank=True)
    is_active = YesNo(required=False, default=True)
    disabled_reason = serializers.ChoiceField(
        choices=["", *WebhookEndpoint.Reason.values], read_only=True, help_text="`failing`, `gone`, or empty."
    )
    disabled_text = serializers.SerializerMethodField(help_text="Why it was disabled, in the person's language.")

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "url",
            "events",
            "description",
            "is_active",
            "created_at",
            "delivered_at",
            "failing_since",
            "disabled_at",
            "disabled_reason",
            "disabled_text",
            "old_secret_until",
        ]
        read_only_fields = [
            *("id", "created_at", "delivered_at", "failing_since"),
            *("disabled_at", "disabled_reason", "old_secret_until"),
        ]
        extra_kwargs = {
            "delivered_at": {"help_text": "When something was last taken."},
            "failing_since": {"help_text": "Since when nothing is taken; after five days it is disabled."},
            "disabled_at": {"help_text": "When we gave it up. `is_active: true` begins afresh."},
            "old_secret_until": {"help_text": "Until when the secret before the last rotation signs, too."},
        }

    def to_internal_value(self, data: Any) -> Any:
        """What was shown once may come back with the rest; it changes nothing."""
        if isinstance(data, Mapping) and "secret" in data:
            data = {name: value for name, value in data.items() if name != "secret"}
        return super().to_internal_value(data)

    def get_disabled_text(self, endpoint: WebhookEndpoint) -> str:
        return str(endpoint.get_disabled_reason_display()) if endpoint.disabled_reason else ""


class WebhookWithSecretSerializer(WebhookSerializer):
    """The same with its secret, which is shown this once."""

    secret = serializers.CharField(read_only=True, help_text="With which every request is signed. Shown this once.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = [*WebhookSerializer.Meta.read_only_fields, "secret"]


class WebhookEventSerializer(serializers.Serializer[Any]):
    """An event that may be told."""

    name = serializers.CharField()
    label = serializers.CharField(help_text="In the person's language.")  # type: ignore[assignment]
    fields_ = serializers.ListField(child=serializers.CharField(), source="keys", help_text="Keys of `data`.")

    def get_fields(self) -> dict[str, Any]:
        found = dict(super().get_fields())
        found["fields"] = found.pop("fields_")
        return found


class AttemptSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status_code = serializers.IntegerField(allow_null=True, help_text="null: no answer came.")
    latency_ms = serializers.IntegerField()
    error = serializers.CharField(help_text="`timeout`, `tls`, `status`, `redirect`, …; empty after a 2xx.")
    text = serializers.CharField(help_text="The same in the person's language.")
    answer = serializers.CharField(help_text="The beginning of the answer.")


class WebhookSentSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField(help_text="As it is signed.")


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One event and one webhook: what was sent, and what came of it."""

    label = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field of that name
        help_text="The event in the person's language."
    )
    attempts = serializers.SerializerMethodField(help_text="The last twenty, the eldest first.")
    next_attempt_at = serializers.SerializerMethodField(help_text="null: none follows.")
    reason_text = serializers.SerializerMethodField(help_text="Why it failed, in the person's language.")
    request = serializers.SerializerMethodField()

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "webhook_id",
            "event",
            "label",
            "status",
            "reason",
            "reason_text",
            "attempts",
            "next_attempt_at",
            "request",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_label(self, delivery: WebhookDelivery) -> str:
        return endpoints.label_of(delivery.event)

    @extend_schema_field(AttemptSerializer(many=True))
    def get_attempts(self, delivery: WebhookDelivery) -> list[dict[str, Any]]:
        return [
            {
                **{name: one[name] for name in ("at", "status_code", "latency_ms", "error", "answer")},
                "text": wording.explain(one["error"], one["status_code"]),
            }
            for one in delivery.attempts
        ]

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: WebhookDelivery) -> str | None:
        waits = delivery.status == WebhookDelivery.Status.QUEUED
        return serializers.DateTimeField().to_representation(delivery.next_at) if waits else None

    def get_reason_text(self, delivery: WebhookDelivery) -> str:
        return wording.explain(delivery.reason)

    @extend_schema_field(WebhookSentSerializer)
    def get_request(self, delivery: WebhookDelivery) -> dict[str, Any]:
        return {
            "url": delivery.endpoint.url,
            "headers": signing.headers_as_sent(delivery),
            "body": signing.body_of(delivery),
        }


class WebhookDeliveryFilters(Filters):
    status = serializers.ChoiceField(choices=WebhookDelivery.Status.choices, required=False)
