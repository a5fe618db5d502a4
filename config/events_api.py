"""The person's own log: what happened in the business and to the account, newest first."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agenda.filters import WindowFilters
from tenants.contract import Pages
from tenants.events import EVENTS, Event

COUNTED = 10_000  # rows: counting millions takes longer than anybody waits
SECURITY = tuple(name for name, kind in EVENTS.items() if kind.security)


class EventSerializer(serializers.ModelSerializer[Event]):
    """Something that happened. `data` holds ids and words about it; which ones depends on `name`."""

    name = serializers.ChoiceField(choices=sorted(EVENTS), read_only=True)
    label = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field of that name
        help_text="The name in my language."
    )
    data = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = Event
        fields = ["id", "name", "label", "at", "actor", "data"]
        read_only_fields = fields

    def get_label(self, event: Event) -> str:
        kind = EVENTS.get(event.name)
        return str(kind.label) if kind is not None else event.name

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_data(self, event: Event) -> dict[str, Any]:
        return dict(event.data)


class EventFilters(WindowFilters):
    """``from`` and ``to`` are about ``at``."""

    security = serializers.ChoiceField(
        choices=["true", "false"], required=False, help_text="true: only what touches the safety of my account."
    )


class EventPages(Pages):
    """`count` is exact up to 10,000 and null beyond; the links lead on however many there are."""

    def count_rows(self, queryset: Any) -> int | None:
        counted = int(queryset.order_by()[: COUNTED + 1].count())
        return counted if counted <= COUNTED else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["properties"]["count"] = {
            "type": ["integer", "null"],
            "example": 123,
            "description": f"How many there are; null for more than {COUNTED}.",
        }
        return described

    def _count_off(self, queryset: Any) -> list[Any]:
        if (self.number - 1) * self.size >= COUNTED:
            raise NotFound(_("Tan atrás se llega página a página: sigue «next», o elige fechas."))
        self.order, order = None, self.order  # no index holds the ids alone
        try:
            return super()._count_off(queryset)
        finally:
            self.order = order


class EventsView(GenericAPIView[Event]):
    """What happened."""

    serializer_class = EventSerializer
    pagination_class = EventPages

    @extend_schema(
        operation_id="list_events",
        parameters=[
            EventFilters,
            OpenApiParameter(
                "name",
                OpenApiTypes.STR,
                many=True,
                enum=sorted(EVENTS),
                description="Only events of these names: given several times, or with commas between them.",
            ),
            OpenApiParameter("page", int),
            OpenApiParameter("page_size", int),
        ],
        responses=EventSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What happened in my business and to my account, the newest first."""
        page = self.paginate_queryset(find(request)) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


def find(request: Request) -> QuerySet[Event]:
    """The events of the open scope that the request asks for."""
    filters = EventFilters(data=request.query_params.dict())
    filters.is_valid(raise_exception=True)
    given = filters.validated_data
    found: QuerySet[Event] = Event.objects.order_by("-at", "-id")
    names = _names(request)
    if given.get("security") == "true":
        names = [name for name in SECURITY if names is None or name in names]
    elif given.get("security") == "false":
        names = [name for name in EVENTS if name not in SECURITY and (names is None or name in names)]
    if names is not None:
        found = found.filter(name__in=names)
    for name, column in (("from", "at__gte"), ("to", "at__lt")):
        if name in given:
            found = found.filter(**{column: given[name]})
    return found


def _names(request: Request) -> list[str] | None:
    given = [name.strip() for text in request.query_params.getlist("name") for name in text.split(",")]
    names = list(dict.fromkeys(name for name in given if name))
    if unknown := [name for name in names if name not in EVENTS]:
        raise ValidationError({"name": [_("No conocemos este suceso: %(name)s.") % {"name": unknown[0][:60]}]})
    return names or None
