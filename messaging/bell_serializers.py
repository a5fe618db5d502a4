"""Shapes of reminders and of the bell."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agenda.filters import WindowFilters
from agenda.models import Reminder
from messaging.models import Notification


class ReminderFilters(WindowFilters):
    """``from`` and ``to`` are about ``due_at``."""

    status = serializers.ChoiceField(choices=Reminder.Status.choices, required=False)


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """One thing that is said, or was, and what became of it."""

    appointment = serializers.IntegerField(source="appointment_id", read_only=True, allow_null=True)
    task = serializers.IntegerField(source="task_id", read_only=True, allow_null=True)
    title = serializers.SerializerMethodField(help_text="Of the appointment or task; empty for a digest.")
    next_at = serializers.DateTimeField(
        read_only=True, help_text="When it is tried next: later than `due_at` after quiet hours or a refusal."
    )
    detail = serializers.CharField(
        read_only=True, help_text="Why it failed, was dropped, or is unknown, as a code: `too_late`, `quiet_hours`, …"
    )

    class Meta:
        model = Reminder
        fields = [
            "id",
            "kind",
            "appointment",
            "task",
            "title",
            "minutes",
            "due_at",
            "next_at",
            "status",
            "channel",
            "detail",
            "sent_at",
        ]
        read_only_fields = fields

    def get_title(self, reminder: Reminder) -> str:
        of = reminder.appointment or reminder.task
        return of.title if of else ""


class NotificationFilters(serializers.Serializer[Any]):
    unread = serializers.ChoiceField(
        choices=["true", "false"], required=False, help_text="true: what was not read yet; false: what was."
    )

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({name: value for name, value in data.items() if value != ""})


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """One thing said by the bell. ``url`` is a page of ours."""

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "body", "url", "created_at", "read_at"]
        read_only_fields = fields


class ReadSerializer(serializers.Serializer[Any]):
    """How many notifications became read."""

    read = serializers.IntegerField()


def show_notification(notification: Notification) -> dict[str, Any]:
    """The notification as GET answers it."""
    return dict(NotificationSerializer(notification).data)
