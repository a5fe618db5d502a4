"""Shapes of numbers, of their health, and of the phones of owners."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messaging.models import Channel, Delivery, PhoneLink
from messaging.whatsapp import problems, templates
from messaging.whatsapp.channels import NumberState
from tenants.contract import StrictFields, StrictModelSerializer, Text

# Of a number's health, what is shown as the row has it.
_as_they_are = (
    "paused_for",
    "webhook_seen_at",
    "token_is_valid",
    "token_checked_at",
    "signature_failures",
    "signature_failed_at",
    "quality",
    "messaging_limit",
    "payment_problem_at",
    "templates_fetched_at",
)
_in_a_header = RegexValidator(r"^[\x21-\x7e]*\Z", _("Cópiala entera, sin espacios ni saltos de línea."))

# What is expected, and where it stands in Meta's console: the general words («valor válido») tell neither.
_number_id = _("Solo cifras: es el «Identificador de número de teléfono» de la consola de Meta, no el número.")
_account_id = _("Solo cifras: es el «Identificador de la cuenta de WhatsApp Business» de la consola de Meta.")
_secret = _("Pega la clave secreta de la app: está en Configuración › Básica de tu app de Meta.")


class ProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="`token`, `blocked`, `webhook`, …")
    text = serializers.CharField(help_text="What happened, in the person's language.")
    remedy = serializers.CharField(help_text="What to do about it.")


class TemplateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    language = serializers.CharField()
    category = serializers.CharField()
    status = serializers.CharField(help_text="As Meta says it: APPROVED, PENDING, PAUSED, …")
    is_usable = serializers.BooleanField()
    preview = serializers.CharField(help_text="What people read, with its variables as {{1}}, {{2}}, …")


class HealthSerializer(serializers.Serializer[Any]):
    """How a number is."""

    state = serializers.ChoiceField(choices=["ok", "attention", "stopped"])
    problems = ProblemSerializer(many=True)
    paused_for = serializers.ChoiceField(choices=["", *NumberState.Pause.values])
    webhook_seen_at = serializers.DateTimeField(allow_null=True)
    token_is_valid = serializers.BooleanField(allow_null=True)
    token_checked_at = serializers.DateTimeField(allow_null=True)
    signature_failures = serializers.IntegerField()
    signature_failed_at = serializers.DateTimeField(allow_null=True)
    quality = serializers.CharField(help_text="GREEN, YELLOW, RED, or empty.")
    messaging_limit = serializers.CharField(help_text="TIER_250, TIER_2K, …, or empty.")
    payment_problem_at = serializers.DateTimeField(allow_null=True)
    templates = TemplateSerializer(many=True)
    templates_fetched_at = serializers.DateTimeField(allow_null=True)


class ChannelSerializer(StrictModelSerializer):
    """A number of my own. ``token`` and ``app_secret`` are taken and never shown."""

    token = Text(
        write_only=True, required=False, allow_blank=True, max_length=1000, validators=[_in_a_header],
        help_text="With which we send.",
    )  # fmt: skip
    app_secret = Text(
        write_only=True, max_length=200, validators=[_in_a_header], help_text="With which Meta signs what it sends.",
        error_messages={"blank": _secret, "required": _secret},
    )  # fmt: skip
    phone_number_id = Text(
        max_length=32, validators=[RegexValidator(r"^[0-9]{5,32}\Z", _number_id)],
        error_messages={"blank": _number_id, "required": _number_id, "max_length": _number_id},
    )  # fmt: skip
    business_account_id = Text(
        required=False, allow_blank=True, max_length=32, validators=[RegexValidator(r"^[0-9]{5,32}\Z", _account_id)],
        error_messages={"max_length": _account_id},
    )  # fmt: skip
    health = serializers.SerializerMethodField()

    class Meta:
        model = Channel
        fields = [
            "id",
            "phone_number_id",
            "business_account_id",
            "display_phone_number",
            "token",
            "app_secret",
            "verify_token",
            "health",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["id", "display_phone_number", "verify_token", "created_at", "updated_at"]
        validators: list[Any] = []

    @extend_schema_field(HealthSerializer)
    def get_health(self, channel: Channel) -> dict[str, Any]:
        found = problems.diagnose(channel, now=self.context["now"])
        return dict(
            HealthSerializer(
                {
                    "state": found.state,
                    "problems": found.problems,
                    "templates": [
                        {
                            "name": one.name,
                            "language": one.language,
                            "category": one.category,
                            "status": one.status,
                            "is_usable": one.is_usable,
                            "preview": one.preview(),
                        }
                        for one in templates.read_templates(channel)
                    ],
                    **{name: getattr(channel, name) for name in _as_they_are},
                }
            ).data
        )


class TryOutSerializer(StrictFields):
    to = Text(required=False, max_length=40, help_text="With the country's code; else to my own linked phone.")


class TriedSerializer(serializers.Serializer[Any]):
    """The message is in the outbox."""

    delivery_id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Delivery.Status.choices)


class UsageSerializer(serializers.Serializer[Any]):
    """What was delivered in a month."""

    month = serializers.CharField()
    delivered = serializers.IntegerField()
    free = serializers.IntegerField()
    charged = serializers.IntegerField()
    unpriced = serializers.IntegerField(help_text="Delivered, and WhatsApp has not said whether it was charged.")
    answers = serializers.IntegerField(help_text="Delivered without a template: these count against `free_limit`.")
    free_limit = serializers.IntegerField()
    free_left = serializers.IntegerField()


class LinkedPhoneSerializer(serializers.ModelSerializer[PhoneLink]):
    """A phone from which I am the owner."""

    phone = serializers.SerializerMethodField()
    linked_at = serializers.DateTimeField(source="used_at", read_only=True)

    class Meta:
        model = PhoneLink
        fields = ["id", "phone", "linked_at", "last_seen_at"]
        read_only_fields = fields

    def get_phone(self, link: PhoneLink) -> str:
        return f"+{link.wa_id or link.phone_key}"


class LinkPhoneSerializer(StrictFields):
    phone = Text(max_length=40, help_text="With the country's code: +573001234567.")
    password = Text(
        required=False, max_length=200, trim_whitespace=False, help_text="For another phone than the first."
    )


class CodeSerializer(serializers.Serializer[Any]):
    """What the phone has to send, within ten minutes."""

    code = serializers.CharField()
    message = serializers.CharField(help_text="The whole message.")
    wa_me = serializers.CharField(help_text="Opens WhatsApp with the message; empty when no number of ours is known.")
    expires_at = serializers.DateTimeField()
