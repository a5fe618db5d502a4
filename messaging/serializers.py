"""Shapes of the chat."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agenda.filters import Filters
from messaging.conversations import AUTO
from messaging.models import AssistantType, Conversation, Message
from tenants.contract import StrictFields, Text, Whole

LONGEST_MESSAGE = 4000  # characters
PREVIEW_LENGTH = 160
_REPLY_FIELDS = ["tools", "sources", "provider", "model", "created_at"]


class NewMessageSerializer(StrictFields):
    """What somebody says to an assistant."""

    content = Text(max_length=LONGEST_MESSAGE)
    assistant_type = serializers.ChoiceField(
        choices=[*AssistantType.values, AUTO],
        help_text="`auto`: by what the message is about, else the conversation's, and commercial in a new one.",
    )
    conversation_id = Whole(
        required=False, allow_null=True, min_value=1, help_text="Left out: a new conversation begins."
    )

    def validate_content(self, content: str) -> str:
        # Spaces, controls and invisible format characters alone say nothing.
        if all(unicodedata.category(character)[0] in "ZC" for character in content):
            raise serializers.ValidationError(_("Escribe un mensaje."), code="blank")
        return content


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "change": {"type": "integer"},
                    "summary": {"type": "string"},
                    "until": {"type": "string", "format": "date-time"},
                },
                "required": ["name", "change", "summary", "until"],
            },
        ]
    }
)
class UsedTool(serializers.JSONField):
    """A tool by its name, with what it changed."""


class ReplySerializer(serializers.ModelSerializer[Message]):
    """What the assistant answered."""

    tools = serializers.ListField(
        child=UsedTool(),
        help_text="The tools that were used: the name of one that read, and {name, change, summary, until} of one that"
        " changed something. `change` is what `POST /api/user/personal/changes/{id}/undo` takes back.",
    )
    sources = serializers.ListField(
        child=serializers.DictField(), help_text="What the reply speaks of: [{id, type, name, url}]."
    )
    provider = serializers.CharField(help_text="Who wrote it: `anthropic`, `openai` or `builtin`.")

    class Meta:
        model = Message
        fields = ["id", "role", "content", *_REPLY_FIELDS]
        read_only_fields = fields


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A person's message and, once it is there, the reply."""

    conversation_id = serializers.IntegerField(read_only=True)
    reply = ReplySerializer(read_only=True, allow_null=True)
    error = serializers.SerializerMethodField(help_text="Why there is no reply, in the person's language; else null.")

    class Meta:
        model = Message
        fields = ["id", "conversation_id", "role", "content", "status", "reply", "error", "created_at"]
        read_only_fields = fields

    def get_error(self, message: Message) -> str | None:
        return message.error


class SentMessageSerializer(serializers.Serializer[Message]):
    """A message that was taken in; with `Prefer: wait=N` and a reply in time, also the reply."""

    conversation_id = serializers.IntegerField()
    message_id = serializers.IntegerField(source="pk", help_text="The id of the person's message.")
    status = serializers.ChoiceField(choices=Message.Status.choices)
    reply = ReplySerializer(allow_null=True)
    error = serializers.CharField(allow_null=True)


class LastMessageSerializer(serializers.ModelSerializer[Message]):
    content = serializers.SerializerMethodField(help_text=f"The first {PREVIEW_LENGTH} characters.")

    class Meta:
        model = Message
        fields = ["id", "role", "content", "status", "created_at"]
        read_only_fields = fields

    def get_content(self, message: Message) -> str:
        return message.content[:PREVIEW_LENGTH]


class ConversationFilters(Filters):
    channel = serializers.ChoiceField(choices=Conversation.Channel.choices, required=False)
    audience = serializers.ChoiceField(choices=Conversation.Audience.choices, required=False)


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A conversation and its last message."""

    last_message = serializers.SerializerMethodField()

    class Meta:
        model = Conversation
        fields = ["id", "assistant_type", "channel", "title", "created_at", "updated_at", "last_message"]
        read_only_fields = fields

    @extend_schema_field(LastMessageSerializer(allow_null=True))
    def get_last_message(self, conversation: Conversation) -> Any:
        message = self.context["last_messages"].get(conversation.pk)
        return LastMessageSerializer(message).data if message else None


class SpokenSerializer(ReplySerializer):
    """One message of a conversation, of either side."""

    error = serializers.SerializerMethodField()

    class Meta(ReplySerializer.Meta):
        fields = ["id", "role", "content", "status", "error", "reply_to", *_REPLY_FIELDS]
        read_only_fields = fields

    def get_error(self, message: Message) -> str | None:
        return message.error


class WholeConversationSerializer(ConversationSerializer):
    """A conversation with its latest messages, the oldest of them first."""

    has_earlier = serializers.SerializerMethodField(help_text="Whether there are more before these: see `before`.")
    messages = serializers.SerializerMethodField()

    class Meta(ConversationSerializer.Meta):
        fields = [*ConversationSerializer.Meta.fields, "has_earlier", "messages"]
        read_only_fields = fields

    def get_has_earlier(self, conversation: Conversation) -> bool:
        return bool(self.context["excerpt"].has_earlier)

    @extend_schema_field(SpokenSerializer(many=True))
    def get_messages(self, conversation: Conversation) -> Any:
        return SpokenSerializer(self.context["excerpt"].messages, many=True).data


def show_message(message: Message) -> dict[str, Any]:
    """The message as GET answers it."""
    return dict(MessageSerializer(message).data)
