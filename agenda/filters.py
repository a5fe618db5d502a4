"""Which appointments and tasks a list shows and in which order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from agenda.availability import LONGEST_SEARCH
from agenda.details import at
from agenda.fields import Moment, read_wall
from agenda.models import Appointment, Attendee, Task
from tenants.contract import Whole
from tenants.sorting import plain, sortable

# The id makes each order total, so that no row appears on two pages.
# A name alone is a column that is never null: pages of such an order say where they begin (tenants.positions).
APPOINTMENT_ORDERINGS: dict[str, tuple[str | F | Func, ...]] = {
    "start_datetime": ("start_datetime",),
    "title": (sortable("title"),),
    "created_at": ("created_at",),
    "updated_at": ("updated_at",),
}
TASK_ORDERINGS: dict[str, tuple[str | F | Func, ...]] = {
    "priority": (F("urgency"), F("due_date")),
    "due_date": (F("due_date"), F("urgency")),
    "title": (sortable("title"),),
    "status": (F("status"), F("urgency"), F("due_date")),
    "category": (sortable("category"), F("urgency"), F("due_date")),
    "created_at": ("created_at",),
    "updated_at": ("updated_at",),
    "completed_at": (F("completed_at"),),
}


class Filters(serializers.Serializer[Any]):
    """Query parameters; one that is empty counts as absent."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({name: value for name, value in data.items() if value != ""})


def _orderings(names: dict[str, Any]) -> list[str]:
    return [sign + name for name in names for sign in ("", "-")]


class WindowFilters(Filters):
    """``from`` and ``to``: moments, or days that count whole."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # «from» is a word of Python's own
        limits = {"from": self.limit("From this day or moment on."), "to": self.limit("Up to this moment, or day.")}
        return {**limits, **super().get_fields()}

    def limit(self, text: str) -> serializers.Field[Any, Any, Any, Any]:
        return Moment(required=False, help_text=text)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The limits as aware datetimes; ``to`` is the first moment that does not count."""
        zone = timezone.get_current_timezone()
        for name, given in attrs.items():
            if name in ("from", "to") and not 1900 <= given.year <= 2400:
                raise serializers.ValidationError({name: [_("Esa fecha queda fuera del calendario.")]})
            if name in ("from", "to"):
                attrs[name] = _limit(given, zone, name=name)
        if "from" in attrs and "to" in attrs and attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": [_("Debe venir después de «from».")]})
        return attrs


def _limit(given: datetime | date, zone: ZoneInfo, *, name: str) -> datetime:
    if isinstance(given, datetime):
        return read_wall(given, zone, name=name)
    return at(given + timedelta(days=name == "to"), zone)


class AppointmentFilters(WindowFilters):
    status = serializers.ChoiceField(choices=Appointment.Status.choices, required=False)
    search = serializers.CharField(
        required=False, max_length=200, help_text="A text of its title, description or place, or of who comes."
    )
    ordering = serializers.ChoiceField(
        choices=_orderings(APPOINTMENT_ORDERINGS), required=False, help_text="By start unless said otherwise."
    )


class FreeFilters(WindowFilters):
    """``from`` is now, and ``to`` a week later, unless given."""

    minutes = Whole(
        min_value=5, max_value=24 * 60, required=False, help_text="How long; as the preferences say unless given."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        start = attrs.setdefault(
            "from", max(timezone.now(), attrs["to"] - timedelta(days=7)) if "to" in attrs else timezone.now()
        )
        end = attrs.setdefault("to", start + timedelta(days=7))
        if end <= start:
            raise serializers.ValidationError({"to": [_("Debe venir después de «from».")]})
        if end - start > LONGEST_SEARCH:
            most = {"days": LONGEST_SEARCH.days}
            raise serializers.ValidationError({"to": [_("Busca en %(days)d días como mucho.") % most]})
        return attrs


class TaskFilters(Filters):
    status = serializers.ChoiceField(choices=Task.Status.choices, required=False)
    priority = serializers.ChoiceField(choices=Task.Priority.choices, required=False)
    category = serializers.CharField(required=False, max_length=100, help_text="Case and accents do not matter.")
    overdue = serializers.ChoiceField(
        choices=["true", "false"], required=False, help_text="true: open and due before today; false: all others."
    )
    search = serializers.CharField(required=False, max_length=200, help_text="A text of its title or description.")
    ordering = serializers.ChoiceField(
        choices=_orderings(TASK_ORDERINGS),
        required=False,
        help_text="The most urgent first, then by due date, unless said otherwise.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        limits = {"from": "Due on this day or later.", "to": "Due on this day or before."}
        return {
            **{name: serializers.DateField(required=False, help_text=text) for name, text in limits.items()},
            **super().get_fields(),
        }


def read_filters(request: Request, kind: type[Filters]) -> dict[str, Any]:
    """The request's filters, checked; ValidationError names the ones that are wrong."""
    filters = kind(data=request.query_params.dict())
    filters.is_valid(raise_exception=True)
    return dict(filters.validated_data)


def find_appointments(filters: dict[str, Any]) -> Any:
    """The appointments of the open scope that pass ``filters``, in their order, with their conflicts."""
    found = Appointment.objects.present().between(filters.get("from"), filters.get("to"))
    if "status" in filters:
        found = found.filter(status=filters["status"])
    if "search" in filters:
        text = plain(filters["search"])
        comes = Attendee.objects.alias(plain_name=sortable("name")).filter(
            appointment=OuterRef("pk"), plain_name__contains=text
        )
        found = _holding(found, text, ("title", "description", "location"), Exists(comes))
    ordered = _ordered(found, filters.get("ordering") or "start_datetime", APPOINTMENT_ORDERINGS)
    return ordered.with_conflicts().select_related("series")


def find_tasks(filters: dict[str, Any], *, today: date) -> QuerySet[Task]:
    """The tasks of the open scope that pass ``filters``, in their order; ``today`` is a day in the tenant's zone."""
    found: QuerySet[Task] = Task.objects.present()
    for name, column in (
        ("status", "status"),
        ("priority", "priority"),
        ("from", "due_date__gte"),
        ("to", "due_date__lte"),
    ):
        if name in filters:
            found = found.filter(**{column: filters[name]})
    if "category" in filters:
        found = found.alias(of=sortable("category")).filter(of=plain(filters["category"]))
    if "overdue" in filters:
        overdue = Q(due_date__lt=today) & ~Q(status=Task.Status.COMPLETED)
        found = found.filter(overdue) if filters["overdue"] == "true" else found.exclude(overdue)
    if "search" in filters:
        found = _holding(found, plain(filters["search"]), ("title", "description"))
    return _ordered(found, filters.get("ordering") or "priority", TASK_ORDERINGS)


def _holding(found: Any, text: str, columns: tuple[str, ...], *others: Any) -> Any:
    held = Q(*others)
    for column in columns:
        found = found.alias(**{f"plain_{column}": sortable(Cast(column, CharField()))})
        held |= Q(**{f"plain_{column}__contains": text})
    return found.filter(held)


def _ordered(found: Any, asked: str, orderings: dict[str, tuple[str | F | Func, ...]]) -> Any:
    back = asked.startswith("-")
    return found.order_by(*(_directed(key, back=back) for key in (*orderings[asked.removeprefix("-")], "id")))


def _directed(key: str | F | Func, *, back: bool) -> Any:
    if isinstance(key, str):
        return f"-{key}" if back else key
    return key.desc(nulls_last=True) if back else key.asc(nulls_last=True)
