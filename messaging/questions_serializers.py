"""Shapes of what is asked for in vain, and of texts that are sent often."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework import serializers

from agenda.filters import Filters
from messaging.inbox_serializers import YES_OR_NO
from messaging.models import QuickReply, UnansweredQuestion
from tenants.contract import StrictModelSerializer


class QuickReplySerializer(StrictModelSerializer):
    """A text that the owner sends often."""

    class Meta:
        model = QuickReply
        fields = ["id", "title", "text", "created_at"]
        read_only_fields = ["id", "created_at"]

    def validate_title(self, title: str) -> str:
        mine = QuickReply.objects.filter(title=title)
        if self.instance is not None:
            mine = mine.exclude(pk=self.instance.pk)
        if mine.exists():
            raise serializers.ValidationError(_("Ya tienes una respuesta con este título."))
        return title


class UnansweredFilters(Filters):
    ordering = serializers.ChoiceField(
        choices=["-last_at", "-times"], required=False, help_text="The last asked first unless said otherwise."
    )
    dismissed = serializers.ChoiceField(
        choices=YES_OR_NO, required=False, help_text="true: those that were put aside; they are left out unless asked."
    )


class UnansweredSerializer(serializers.ModelSerializer[UnansweredQuestion]):
    """Something that was asked for and that the catalogue does not have."""

    conversation_id = serializers.SerializerMethodField(help_text="Where it was asked last; null when that is gone.")
    contact_name = serializers.SerializerMethodField(help_text="Who asked last; empty when unknown.")

    class Meta:
        model = UnansweredQuestion
        fields = ["id", "question", "times", "first_at", "last_at", "dismissed_at", "conversation_id", "contact_name"]
        read_only_fields = fields

    def get_conversation_id(self, row: UnansweredQuestion) -> int | None:
        return row.message.conversation_id if row.message else None

    def get_contact_name(self, row: UnansweredQuestion) -> str:
        contact = row.message.conversation.contact if row.message else None
        return contact.name if contact else ""
