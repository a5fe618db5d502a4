"""Shapes of messages to WhatsApp, and of a number's templates."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agenda.filters import WindowFilters
from messaging.models import Delivery
from messaging.whatsapp.errors import explain
from messaging.whatsapp.templates import Template
from tenants.contract import StrictFields, Text, Whole

MOST_VARIABLES = 50


class WishSerializer(StrictFields):
    """An approved template."""

    name = Text(max_length=512)
    language = Text(
        max_length=10, required=False, default="", allow_blank=True, help_text="`es`, `en_US`; empty: your own."
    )
    variables = serializers.ListField(
        child=Text(max_length=1024),
        required=False,
        default=list,
        max_length=MOST_VARIABLES,
        help_text="The values of its variables, header first, in order.",
    )


class NewSendSerializer(StrictFields):
    """A text, a template, or both: then the text goes out inside the window of 24 hours and the template after it."""

    to = Text(max_length=160, help_text="A phone with its country code, or the business-scoped id of whoever hides it.")
    text = Text(required=False, default="", allow_blank=True, trim_whitespace=False, max_length=10_000)
    template = WishSerializer(required=False, allow_null=True, default=None)
    channel = Whole(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        help_text="From which of your numbers; else we choose.",
    )


class SentSerializer(serializers.Serializer[Any]):
    """It was taken in; what becomes of it is at `/api/user/deliveries/{delivery_id}`."""

    delivery_id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Delivery.Status.choices)


class DeliveryFilters(WindowFilters):
    """``from`` and ``to`` are about ``created_at``."""

    status = serializers.ChoiceField(choices=Delivery.Status.choices, required=False)
    kind = serializers.ChoiceField(choices=Delivery.Kind.choices, required=False)
    contact = Whole(required=False, min_value=1)


class SendErrorSerializer(serializers.Serializer[Any]):
    """Why it did not arrive. ``code`` is WhatsApp's, null where it never heard of it."""

    code = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    remedy = serializers.CharField()


class UsedTemplateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    language = serializers.CharField()


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One message to one person, and how far it came. What is `unknown` is never sent again."""

    to = serializers.CharField(source="recipient", read_only=True)
    contact = serializers.IntegerField(source="contact_id", read_only=True, allow_null=True)
    message = serializers.IntegerField(source="message_id", read_only=True, allow_null=True)
    reminder = serializers.IntegerField(source="reminder_id", read_only=True, allow_null=True)
    channel = serializers.IntegerField(
        source="channel_id", read_only=True, allow_null=True, help_text="Your own number; null: the shared one."
    )
    sent_at = serializers.SerializerMethodField(help_text="When it was handed to WhatsApp; null while nobody knows.")
    error = serializers.SerializerMethodField()
    template = serializers.SerializerMethodField(help_text="What goes out when the window of 24 hours is closed.")

    class Meta:
        model = Delivery
        fields = [
            "id",
            "kind",
            "to",
            "contact",
            "channel",
            "message",
            "reminder",
            "text",
            "template",
            "status",
            "attempts",
            "created_at",
            "sent_at",
            "delivered_at",
            "read_at",
            "failed_at",
            "error",
            "is_billable",
            "category",
            "pricing_type",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_sent_at(self, delivery: Delivery) -> Any:
        known = delivery.status in (Delivery.Status.SENT, Delivery.Status.DELIVERED, Delivery.Status.READ)
        moment = delivery.sent_at if known or delivery.status == Delivery.Status.FAILED else None
        return serializers.DateTimeField().to_representation(moment) if moment else None

    @extend_schema_field(SendErrorSerializer(allow_null=True))
    def get_error(self, delivery: Delivery) -> dict[str, Any] | None:
        if delivery.status not in (Delivery.Status.FAILED, Delivery.Status.UNKNOWN):
            return None
        is_unknown = delivery.status == Delivery.Status.UNKNOWN
        why = explain(code=delivery.code, detail="unknown" if is_unknown else delivery.detail)
        return {"code": delivery.code, "text": why.text, "remedy": why.remedy}

    @extend_schema_field(UsedTemplateSerializer(allow_null=True))
    def get_template(self, delivery: Delivery) -> dict[str, Any] | None:
        template = delivery.template
        return {"name": template["name"], "language": template["language"]} if template else None


class MessageTemplateSerializer(serializers.Serializer[Any]):
    """A message template as Meta knows it."""

    name = serializers.CharField()
    language = serializers.CharField()
    category = serializers.CharField(help_text="`utility`, `marketing`, `authentication`.")
    status = serializers.CharField(help_text="As Meta says it: `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, …")
    usable = serializers.BooleanField(source="is_usable")
    stopped = serializers.IntegerField(allow_null=True, help_text="WhatsApp's code, for which we use it no more.")
    reason = serializers.SerializerMethodField(help_text="Why it is not used, in plain words; empty when it is.")
    header = serializers.CharField()
    body = serializers.CharField()
    footer = serializers.CharField()
    buttons = serializers.ListField(child=serializers.CharField())
    variables = serializers.ListField(child=serializers.CharField())
    preview = serializers.SerializerMethodField(help_text="Header, body and footer as the person reads them.")

    def get_preview(self, template: Template) -> str:
        return template.preview()

    def get_reason(self, template: Template) -> str:
        if template.is_usable:
            return ""
        if template.stopped is not None:
            why = explain(code=template.stopped, detail="")
            return f"{why.text} {why.remedy}"
        if template.needs_media:
            return _("Lleva una imagen o un archivo, que no enviamos.")
        if template.needs_more:
            return _("Lleva un botón con un enlace o un código distinto para cada quien, que no enviamos.")
        return _("Meta todavía no la aprueba, o la detuvo.")


class TemplatesSerializer(serializers.Serializer[Any]):
    fetched_at = serializers.DateTimeField(allow_null=True)
    results = MessageTemplateSerializer(many=True)
