"""Shapes of the agenda: what comes in, and the one object that an appointment, a task, an act is everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agenda.booking import conflicts_of
from agenda.changes import UNDO_FOR, Change
from agenda.details import check_zone
from agenda.drafts import Draft
from agenda.fields import Attendees, Minutes, Moment, read_wall
from agenda.models import Appointment, Task
from agenda.undoing import attendees_of
from tenants.contract import StrictFields, Text, YesNo
from tenants.versions import Version

DRAFT_KINDS = ("appointment", "task")
SCOPES = ("one", "following", "all")


def show_time(moment: datetime | None, zone: tzinfo) -> str | None:
    """ISO 8601 in ``zone``, as DRF writes it."""
    return None if moment is None else moment.astimezone(zone).isoformat().replace("+00:00", "Z")


def show_appointment(
    row: Appointment, *, attendees: list[dict[str, Any]], conflicts: list[int], zone: tzinfo
) -> dict[str, Any]:
    """The JSON object of an appointment whose series, if any, is loaded. Times in ``zone``.

    An all-day one keeps the days of its own zone: those do not change when the tenant travels.
    """
    own = ZoneInfo(row.timezone) if row.all_day else zone
    return {
        "id": row.pk,
        "title": row.title,
        "description": row.description,
        "start_datetime": show_time(row.start_datetime, own),
        "end_datetime": show_time(row.end_datetime, own),
        "timezone": row.timezone,
        "all_day": row.all_day,
        "busy": row.busy,
        "location": row.location,
        "attendees": attendees,
        "reminder_minutes": row.reminder_minutes,
        "status": row.status,
        "cancel_reason": row.cancel_reason,
        "rrule": row.series.rrule if row.series else "",
        "series": row.series_id,
        "original_start": show_time(row.original_start, own),
        "detached": row.detached,
        "conflicts": conflicts,
        "version": row.version,
        "created_at": show_time(row.created_at, zone),
        "updated_at": show_time(row.updated_at, zone),
    }


def show_task(row: Task, *, today: date, zone: tzinfo) -> dict[str, Any]:
    """The JSON object of a task whose series, if any, is loaded; ``today`` is a day in the tenant's zone."""
    return {
        "id": row.pk,
        "title": row.title,
        "description": row.description,
        "due_date": row.due_date.isoformat() if row.due_date else None,
        "priority": row.priority,
        "status": row.status,
        "category": row.category,
        "reminder_minutes": row.reminder_minutes,
        "rrule": row.series.rrule if row.series else "",
        "overdue": row.due_date is not None and row.due_date < today and row.status != Task.Status.COMPLETED,
        "completed_at": show_time(row.completed_at, zone),
        "version": row.version,
        "created_at": show_time(row.created_at, zone),
        "updated_at": show_time(row.updated_at, zone),
    }


def show_undo(change: Change | None, zone: tzinfo) -> dict[str, Any] | None:
    """How to take ``change`` back, and until when."""
    return None if change is None else {"id": change.pk, "until": show_time(change.created_at + UNDO_FOR, zone)}


def show_people(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Attendees, as ``attendees_of`` gives them, as the API shows them."""
    return [{**{n: one[n] for n in ("name", "email", "phone")}, "contact": one["contact_id"]} for one in rows]


class UndoSerializer(serializers.Serializer[Any]):
    """POST /api/user/personal/changes/{id}/undo takes the act back."""

    id = serializers.IntegerField()
    until = serializers.DateTimeField()


class AppointmentSerializer(StrictFields):
    """Something at an hour. A series' occurrences are appointments of their own with one ``series`` and ``rrule``."""

    id = serializers.IntegerField(read_only=True)
    title = Text(max_length=200)
    description = Text(max_length=5000, required=False, allow_blank=True, trim_whitespace=False)
    start_datetime = Moment(source="start")
    end_datetime = Moment(
        source="end",
        required=False,
        allow_null=True,
        help_text="As long as the preferences say unless given. Of what takes all day: the day after the last.",
    )
    timezone = Text(
        max_length=64,
        required=False,
        help_text="IANA zone: on whose clocks a series repeats and a day begins. The tenant's unless given.",
    )
    all_day = YesNo(required=False)
    busy = YesNo(required=False, help_text="Whether it takes one's time; what does not is in no conflict.")
    location = Text(max_length=300, required=False, allow_blank=True)
    attendees = Attendees(required=False)
    reminder_minutes = Minutes()
    status = serializers.ChoiceField(choices=Appointment.Status.choices, required=False)
    cancel_reason = Text(max_length=300, required=False, allow_blank=True)
    rrule = Text(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="RFC 5545, for example FREQ=WEEKLY;BYDAY=MO,FR;COUNT=10. Daily at the most often; empty: once.",
    )
    series = serializers.IntegerField(read_only=True, allow_null=True)
    original_start = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the rule of its series has it."
    )
    detached = serializers.BooleanField(read_only=True, help_text="Altered alone: edits of all leave it as it is.")
    conflicts = serializers.ListField(
        child=serializers.IntegerField(), read_only=True, help_text="The ids of appointments that it overlaps."
    )
    version = Version()
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def validate_timezone(self, value: str) -> str:
        try:
            check_zone(value)
        except Exception as fault:
            raise serializers.ValidationError(fault.message_dict["timezone"]) from fault  # type: ignore[attr-defined]
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        zone = ZoneInfo(attrs["timezone"]) if "timezone" in attrs else timezone.get_current_timezone()
        for source, name in (("start", "start_datetime"), ("end", "end_datetime")):
            if isinstance(attrs.get(source), datetime):
                attrs[source] = read_wall(attrs[source], zone, name=name)
        if not self.partial and isinstance(attrs["start"], date) and not isinstance(attrs["start"], datetime):
            attrs.setdefault("all_day", True)
        if attrs.get("end") is None:
            attrs.pop("end", None)
        return attrs

    def to_representation(self, instance: Any) -> dict[str, Any]:
        if isinstance(instance, Mapping):
            return dict(instance)
        people = attendees_of([instance.pk])[instance.pk]
        return show_appointment(
            instance,
            attendees=show_people(people),
            conflicts=conflicts_of(instance),
            zone=timezone.get_current_timezone(),
        )


class WrittenAppointmentSerializer(AppointmentSerializer):
    """An appointment as it now stands, and how to take back what was done; null when nothing changed."""

    undo = UndoSerializer(read_only=True, allow_null=True)


class CancelSerializer(StrictFields):
    reason = Text(max_length=300, required=False, allow_blank=True)
    scope = serializers.ChoiceField(choices=SCOPES, required=False)
    version = Version()


class RemovedSerializer(serializers.Serializer[Any]):
    """How to take the deletion back."""

    undo = UndoSerializer()


class SlotSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class SlotsSerializer(serializers.Serializer[Any]):
    slots = SlotSerializer(many=True)
    starts = serializers.ListField(
        child=serializers.DateTimeField(),
        help_text="When a visit may begin, as customers are offered it: at most 18, spread over the days.",
    )


class TaskSerializer(StrictFields):
    """Something to do, perhaps by a day."""

    id = serializers.IntegerField(read_only=True)
    title = Text(max_length=200)
    description = Text(max_length=5000, required=False, allow_blank=True, trim_whitespace=False)
    due_date = serializers.DateField(required=False, allow_null=True, help_text="A day in the tenant's zone.")
    priority = serializers.ChoiceField(choices=Task.Priority.choices, required=False)
    status = serializers.ChoiceField(choices=Task.Status.choices, required=False)
    category = Text(max_length=100, required=False, allow_blank=True)
    reminder_minutes = Minutes(help_text="Before the due hour of the preferences.")
    rrule = Text(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="RFC 5545. Completing the task makes the next one.",
    )
    overdue = serializers.BooleanField(read_only=True)
    completed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    version = Version()
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        if isinstance(instance, Mapping):
            return dict(instance)
        return show_task(instance, today=timezone.localdate(), zone=timezone.get_current_timezone())


class WrittenTaskSerializer(TaskSerializer):
    """A task as it now stands, how to take back what was done (null: nothing changed), and the next of its series."""

    undo = UndoSerializer(read_only=True, allow_null=True)
    next = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="The task of its series that was made by completing this one."
    )


class ChangeSerializer(serializers.ModelSerializer[Change]):
    """An act that can be undone."""

    until = serializers.SerializerMethodField(help_text="It can be undone until then.")

    class Meta:
        model = Change
        fields = ["id", "kind", "summary", "created_at", "until", "undone_at"]
        read_only_fields = fields

    @extend_schema_field(serializers.DateTimeField())
    def get_until(self, change: Change) -> str | None:
        return show_time(change.created_at + UNDO_FOR, timezone.get_current_timezone())


class UndoneSerializer(serializers.Serializer[Any]):
    change = ChangeSerializer()


class EmptySerializer(StrictFields):
    """Nothing."""


def check_scope(value: str | None) -> str:
    """The parameter ``scope`` of a write; a 400 for what it cannot be."""
    if value not in (None, *SCOPES):
        raise serializers.ValidationError({"scope": [_("Debe ser «one», «following» o «all».")]})
    return value or "one"


class WordsSerializer(StrictFields):
    text = Text(max_length=2000, help_text="As one would say it, in Spanish, English or Portuguese.")
    kind = serializers.ChoiceField(choices=DRAFT_KINDS, required=False, help_text="An appointment if not said.")


class DraftSerializer(serializers.Serializer[Any]):
    """What the words say; nothing was written. What is not said is empty or null."""

    kind = serializers.ChoiceField(choices=DRAFT_KINDS)
    title = serializers.CharField(allow_blank=True)
    start_datetime = serializers.DateTimeField(allow_null=True)
    end_datetime = serializers.DateTimeField(allow_null=True)
    due_date = serializers.DateField(allow_null=True)
    all_day = serializers.BooleanField()
    location = serializers.CharField(allow_blank=True)
    attendees = serializers.ListField(child=serializers.CharField(), help_text="Names.")
    reminder_minutes = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    rrule = serializers.CharField(allow_blank=True)
    priority = serializers.ChoiceField(choices=Task.Priority.choices)
    ambiguous = serializers.BooleanField()
    question = serializers.CharField(allow_blank=True, help_text="What has to be asked before it can be made.")
    candidates = serializers.ListField(
        child=serializers.CharField(), help_text="What the question may be answered with: datetimes or days."
    )
    others = serializers.ListField(
        child=serializers.CharField(),
        help_text="What the words may mean, too, where nothing is asked: datetimes or days.",
    )


def show_draft(draft: Draft, zone: tzinfo) -> dict[str, Any]:
    """The JSON object of a draft. Times in ``zone``."""
    return {
        "kind": draft.kind,
        "title": draft.title,
        "start_datetime": show_time(draft.start_datetime, zone),
        "end_datetime": show_time(draft.end_datetime, zone),
        "due_date": draft.due_date.isoformat() if draft.due_date else None,
        "all_day": draft.all_day,
        "location": draft.location,
        "attendees": draft.attendees,
        "reminder_minutes": draft.reminder_minutes,
        "rrule": draft.rrule,
        "priority": draft.priority,
        "ambiguous": draft.ambiguous,
        "question": draft.question,
        "candidates": [_show_moment(one, zone) for one in draft.candidates],
        "others": [_show_moment(one, zone) for one in draft.others],
    }


def _show_moment(moment: datetime | date, zone: tzinfo) -> str:
    return str(show_time(moment, zone)) if isinstance(moment, datetime) else moment.isoformat()
