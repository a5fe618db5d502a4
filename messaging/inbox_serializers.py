"""Shapes of the inbox."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agenda.filters import Filters
from catalog.order_serializers import OrderSerializer
from messaging import inbox, inbox_reading
from messaging.deliveries_serializers import MOST_VARIABLES, MessageTemplateSerializer, UsedTemplateSerializer
from messaging.models import Attachment, Conversation, Delivery, Message
from messaging.serializers import NewMessageSerializer, UsedTool
from messaging.whatsapp.errors import explain
from messaging.whatsapp.templates import LONGEST_VALUE
from tenants.contract import StrictFields, Text, Whole, YesNo
from tenants.models import Contact

LONGEST_NOTE = 4000
LONGEST_PAUSE = 7 * 24 * 60  # minutes
PREVIEW_LENGTH = 160
YES_OR_NO = ["true", "false"]


class InboxFilters(Filters):
    """Which conversations; those of customers unless ``audience`` says otherwise."""

    audience = serializers.ChoiceField(
        choices=["customer", "owner", "all"],
        required=False,
        help_text="`owner`: your own with your assistants, on the web and from your phone. `customer` unless given.",
    )
    channel = serializers.ChoiceField(choices=Conversation.Channel.choices, required=False)
    contact = Whole(min_value=1, required=False, help_text="The id of a contact: the conversations with it.")
    unread = serializers.ChoiceField(choices=YES_OR_NO, required=False)
    taken_over = serializers.ChoiceField(choices=YES_OR_NO, required=False, help_text="true: you have the word.")
    needs_me = serializers.ChoiceField(
        choices=YES_OR_NO,
        required=False,
        help_text="true: somebody asked for you, the assistant could not answer, or the last word did not arrive.",
    )
    window_open = serializers.ChoiceField(
        choices=YES_OR_NO, required=False, help_text="true: WhatsApp lets you write freely now."
    )
    search = serializers.CharField(
        required=False,
        max_length=200,
        help_text="A text of the contact's name or phone, or of what was said: of the latest"
        f" {inbox.SEARCHED_MESSAGES} messages of all your conversations.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: value == "true" if value in YES_OR_NO else value for name, value in attrs.items()}


class InboxContactSerializer(serializers.ModelSerializer[Contact]):
    """Who the conversation is with."""

    opted_out = serializers.SerializerMethodField(help_text="They want no more messages («BAJA»).")

    class Meta:
        model = Contact
        fields = ["id", "name", "profile_name", "phone", "email", "language", "opted_out", "last_seen_at"]
        read_only_fields = fields

    def get_opted_out(self, contact: Contact) -> bool:
        return contact.opted_out_at is not None


class DeliveryErrorSerializer(serializers.Serializer[Any]):
    """Why it did not arrive, in plain words, and what to do about it."""

    text = serializers.CharField()
    remedy = serializers.CharField()


class TickSerializer(serializers.Serializer[Any]):
    """How far a message came on WhatsApp: of its parts the one that came least far."""

    status = serializers.ChoiceField(choices=Delivery.Status.choices)
    error = DeliveryErrorSerializer(allow_null=True)
    is_billable = serializers.BooleanField(
        allow_null=True, help_text="Whether WhatsApp charges it; null until WhatsApp has said so."
    )


class InboxLastMessageSerializer(serializers.ModelSerializer[Message]):
    content = serializers.SerializerMethodField(help_text=f"The first {PREVIEW_LENGTH} characters.")
    delivery = serializers.SerializerMethodField(help_text="Null for what came in, and for what was not sent.")

    class Meta:
        model = Message
        fields = ["id", "role", "kind", "content", "status", "created_at", "delivery"]
        read_only_fields = fields

    def get_content(self, message: Message) -> str:
        return message.content[:PREVIEW_LENGTH]

    @extend_schema_field(TickSerializer(allow_null=True))
    def get_delivery(self, message: Message) -> Any:
        return show_tick(self.context["surroundings"].deliveries.get(message.pk))


class InboxConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A conversation as the inbox lists it."""

    contact = InboxContactSerializer(read_only=True, allow_null=True)
    unread = serializers.IntegerField(read_only=True, help_text="How many messages you have not seen.")
    taken_over = serializers.SerializerMethodField(help_text="You have the word: the assistant keeps quiet.")
    taken_over_until = serializers.SerializerMethodField(help_text="Null beside `taken_over`: until handed back.")
    needs_me = serializers.SerializerMethodField(
        help_text="Why it waits for you: `handover` (they asked for you), `failed_turn`, `failed_delivery`; or null."
    )
    can_write = serializers.SerializerMethodField(help_text="Whether you can write to them now.")
    why_not = serializers.SerializerMethodField(help_text="When you cannot: why, and what to do. Else null.")
    can_send_template = serializers.SerializerMethodField(
        help_text="Whether an approved template may go out, also when you cannot write freely."
    )
    last_message = serializers.SerializerMethodField()

    class Meta:
        model = Conversation
        fields = [
            "id",
            "contact",
            "title",
            "channel",
            "assistant_type",
            "audience",
            "unread",
            "window_until",
            "taken_over",
            "taken_over_until",
            "needs_me",
            "can_write",
            "why_not",
            "can_send_template",
            "last_message",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_taken_over(self, conversation: Conversation) -> bool:
        return inbox_reading.is_taken_over(conversation, now=self.context["now"])

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_taken_over_until(self, conversation: Conversation) -> Any:
        until = conversation.taken_over_until if self.get_taken_over(conversation) else None
        return None if until is None else serializers.DateTimeField().to_representation(until)

    @extend_schema_field(
        serializers.ChoiceField(choices=["handover", "failed_turn", "failed_delivery"], allow_null=True)
    )
    def get_needs_me(self, conversation: Conversation) -> str | None:
        return conversation.need or None  # type: ignore[attr-defined]

    def get_can_write(self, conversation: Conversation) -> bool:
        return inbox.why_not(conversation, now=self.context["now"]) is None

    def get_why_not(self, conversation: Conversation) -> str | None:
        refusal = inbox.why_not(conversation, now=self.context["now"])
        return None if refusal is None else str(refusal)

    def get_can_send_template(self, conversation: Conversation) -> bool:
        return inbox.why_not_at_all(conversation) is None

    @extend_schema_field(InboxLastMessageSerializer(allow_null=True))
    def get_last_message(self, conversation: Conversation) -> Any:
        message = self.context["surroundings"].last_messages.get(conversation.pk)
        return InboxLastMessageSerializer(message, context=self.context).data if message else None


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file that came with a message."""

    mime = serializers.CharField(source="mime_type", read_only=True)
    url = serializers.SerializerMethodField(help_text="Where it is read, once it is `stored`; else null.")

    class Meta:
        model = Attachment
        fields = ["id", "kind", "mime", "filename", "size", "status", "transcript", "url"]
        read_only_fields = fields

    def get_url(self, attachment: Attachment) -> str | None:
        stored = attachment.status == Attachment.Status.STORED
        return f"/api/user/attachments/{attachment.pk}" if stored else None


class QuotedSerializer(serializers.Serializer[Any]):
    """What a message answers to."""

    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=Message.Role.choices)
    content = serializers.CharField(help_text=f"The first {PREVIEW_LENGTH} characters.")


class InboxMessageSerializer(serializers.ModelSerializer[Message]):
    """One message: of the customer (`user`), the assistant, the `owner`, or a `note` for the owner alone."""

    error = serializers.SerializerMethodField(help_text="Why the assistant could not answer it; else null.")
    tools = serializers.ListField(child=UsedTool())
    sources = serializers.ListField(child=serializers.DictField())
    attachments = serializers.SerializerMethodField()
    delivery = serializers.SerializerMethodField(help_text="Null for what came in, and for what was not sent.")
    quoted = serializers.SerializerMethodField()
    order = serializers.SerializerMethodField(help_text="What a message of kind `order` orders.")
    template = serializers.SerializerMethodField(help_text="The approved template as which it goes out; else null.")
    key = serializers.SerializerMethodField(help_text="The `key` with which it was sent, or empty.")

    class Meta:
        model = Message
        fields = [
            "id",
            "role",
            "kind",
            "content",
            "status",
            "error",
            "tools",
            "sources",
            "provider",
            "attachments",
            "delivery",
            "quoted",
            "order",
            "template",
            "key",
            "created_at",
        ]
        read_only_fields = fields

    def get_error(self, message: Message) -> str | None:
        return message.error

    @extend_schema_field(AttachmentSerializer(many=True))
    def get_attachments(self, message: Message) -> Any:
        return AttachmentSerializer(self.context["surroundings"].attachments.get(message.pk, []), many=True).data

    @extend_schema_field(TickSerializer(allow_null=True))
    def get_delivery(self, message: Message) -> Any:
        return show_tick(self.context["surroundings"].deliveries.get(message.pk))

    @extend_schema_field(QuotedSerializer(allow_null=True))
    def get_quoted(self, message: Message) -> Any:
        quoted = self.context["surroundings"].quoted.get(message.quoted_wamid)
        if quoted is None:
            return None
        return {"id": quoted.pk, "role": quoted.role, "content": quoted.content[:PREVIEW_LENGTH]}

    @extend_schema_field(OrderSerializer(allow_null=True))
    def get_order(self, message: Message) -> Any:
        order = self.context["surroundings"].orders.get(message.pk)
        return None if order is None else OrderSerializer(order).data

    @extend_schema_field(UsedTemplateSerializer(allow_null=True))
    def get_template(self, message: Message) -> Any:
        is_ours = message.role == Message.Role.OWNER and isinstance(message.payload, dict)
        return message.payload.get("template") if is_ours else None

    def get_key(self, message: Message) -> str:
        return str(message.payload.get("key", "")) if isinstance(message.payload, dict) else ""


class MessagesSerializer(serializers.Serializer[Any]):
    """A run of messages, the oldest first."""

    messages = InboxMessageSerializer(many=True)
    has_earlier = serializers.BooleanField(help_text="Whether there are more before these: see `before`.")


class KeyedFields(StrictFields):
    key = Text(
        required=False,
        allow_blank=True,
        max_length=60,
        help_text="A word of your own for this message: asked for again with the same one, it is sent once.",
    )


class OwnerReplySerializer(KeyedFields):
    """The owner's own words."""

    text = Text(max_length=inbox.LONGEST_REPLY, help_text="As WhatsApp writes it: *bold*, _italic_, ~struck~.")

    def validate_text(self, text: str) -> str:
        return NewMessageSerializer().validate_content(text)


class NoteSerializer(KeyedFields):
    """A word for the owner alone."""

    text = Text(max_length=LONGEST_NOTE)

    def validate_text(self, text: str) -> str:
        return NewMessageSerializer().validate_content(text)


class TakeOverSerializer(StrictFields):
    """For how long."""

    minutes = Whole(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LONGEST_PAUSE,
        help_text="Left out or null: until handed back.",
    )


class WordedFields(KeyedFields):
    preview = YesNo(required=False, default=False, help_text="Only show what would be sent: nothing goes out.")


class WordsSerializer(serializers.Serializer[Any]):
    """What would be sent, to be looked at and changed first."""

    text = serializers.CharField()


class SendProductSerializer(WordedFields):
    """Which product; its price and stock are the catalogue's."""

    product_id = Whole(min_value=1)


class SendSlotSerializer(WordedFields):
    """Which free time."""

    start = serializers.DateTimeField()
    minutes = Whole(min_value=5, max_value=24 * 60)


class OfferedTemplatesSerializer(serializers.Serializer[Any]):
    """What can be sent here although the window of 24 hours is closed."""

    results = MessageTemplateSerializer(many=True)


class SendTemplateSerializer(WordedFields):
    """Which template, one of `GET` here, and the values of its variables."""

    name = Text(max_length=512)
    language = Text(max_length=10, help_text="As the template has it: `es`, `en_US`.")
    variables = serializers.ListField(
        child=Text(max_length=LONGEST_VALUE),
        required=False,
        default=list,
        max_length=MOST_VARIABLES,
        help_text="The values of its variables, header first, in order.",
    )


class CountsSerializer(serializers.Serializer[Any]):
    """Of the conversations with customers."""

    unread = serializers.IntegerField()
    needs_me = serializers.IntegerField()
    conversations = serializers.IntegerField()


def show_tick(parts: list[Delivery] | None) -> dict[str, Any] | None:
    """How far the parts of a message came, and why the one that failed did."""
    if not parts:
        return None
    worst = inbox_reading.least_far(parts)
    error = None
    if worst.status in (Delivery.Status.FAILED, Delivery.Status.UNKNOWN):
        detail = worst.detail or (worst.status if worst.status == Delivery.Status.UNKNOWN else "")
        why = explain(code=worst.code, detail=detail)
        error = {"text": why.text, "remedy": why.remedy}
    charges = [part.is_billable for part in parts if part.is_billable is not None]
    return {"status": worst.status, "error": error, "is_billable": any(charges) if charges else None}
