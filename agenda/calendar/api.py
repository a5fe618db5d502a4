"""The API of calendar files and of the private address."""

from __future__ import annotations

from typing import IO, Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agenda.calendar.export import write_calendar
from agenda.calendar.feed import make_feed, read_feed
from agenda.calendar.files import Unreadable, read_file
from agenda.calendar.intake import take_in
from agenda.feeds import CalendarFeed
from agenda.filters import WindowFilters, read_filters
from agenda.serializers import UndoSerializer, show_time, show_undo
from tenants.models import Preferences, User

CALENDAR = "text/calendar"


class CalendarParser(BaseParser):
    """The bytes of an iCalendar file, as they are, under ``file``."""

    media_type = CALENDAR

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> dict[str, bytes]:
        return {"file": stream.read()}


INTAKE = inline_serializer(
    "Intake",
    {
        "created": serializers.IntegerField(),
        "updated": serializers.IntegerField(),
        "unchanged": serializers.IntegerField(),
        "refused": inline_serializer(
            "Refusal", {"title": serializers.CharField(), "reason": serializers.CharField()}, many=True
        ),
        "undo": UndoSerializer(allow_null=True),
    },
)
FEED = inline_serializer(
    "CalendarFeed",
    {
        "created_at": serializers.DateTimeField(allow_null=True, help_text="Null: there is none."),
        "read_at": serializers.DateTimeField(allow_null=True),
    },
)
NEW_FEED = inline_serializer("NewCalendarFeed", {"url": serializers.URLField()})


class CalendarView(APIView):
    """The agenda as an iCalendar file."""

    parser_classes = [CalendarParser]

    @extend_schema(
        operation_id="export_calendar",
        parameters=[WindowFilters],
        responses={(200, CALENDAR): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        """Appointments, series and tasks as a file that calendar programs open."""
        asked = read_filters(request, WindowFilters)
        user = cast(User, request.user)
        name = Preferences.current(user).business_name or user.username
        data = write_calendar(user=user, name=name, since=asked.get("from"), until=asked.get("to"))
        return _calendar(data, file_name=_("agenda") + ".ics")

    @extend_schema(operation_id="import_calendar", request={CALENDAR: OpenApiTypes.BINARY}, responses=INTAKE)
    def post(self, request: Request) -> Response:
        """Take in an iCalendar file. What is there already, by its UID, is brought up to date; one act, to be undone.

        The answer counts what was made, and says what was refused and why.
        """
        user = cast(User, request.user)
        data = cast("dict[str, bytes]", request.data).get("file", b"")
        try:
            items = read_file(data=data, timezone=user.timezone)
        except Unreadable as fault:
            raise ParseError(str(fault)) from fault
        intake = take_in(user=user, items=items, now=timezone.now())
        return Response(
            {
                "created": intake.created,
                "updated": intake.updated,
                "unchanged": intake.unchanged,
                "refused": [{"title": one.title, "reason": one.reason} for one in intake.refused],
                "undo": show_undo(intake.change, timezone.get_current_timezone()),
            }
        )


class FeedView(APIView):
    """The private address of my agenda, for calendar programs."""

    @extend_schema(operation_id="read_calendar_feed", responses=FEED)
    def get(self, request: Request) -> Response:
        """Since when there is one, and when it was last read. The address itself is shown once, when it is made."""
        feed, zone = CalendarFeed.objects.first(), timezone.get_current_timezone()
        return Response(
            {
                "created_at": show_time(feed.created_at if feed else None, zone),
                "read_at": show_time(feed.read_at if feed else None, zone),
            }
        )

    @extend_schema(operation_id="make_calendar_feed", request=None, responses={201: NEW_FEED})
    def post(self, request: Request) -> Response:
        """A new address; the one before stops working. Whoever knows it reads the agenda, so it is shown once."""
        token = make_feed(user=cast(User, request.user))
        return Response({"url": f"{settings.SITE_URL}/calendar/{token}.ics"}, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="revoke_calendar_feed", responses={204: None})
    def delete(self, request: Request) -> Response:
        """The address stops working."""
        CalendarFeed.objects.all().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


@require_safe
def show_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The agenda behind a private address: no account, no session, only the secret in the path."""
    data = read_feed(token=token, now=timezone.now())
    if data is None:
        return HttpResponse(status=404, content_type="text/plain")
    answer = _calendar(data)
    answer["Cache-Control"] = "private, max-age=300"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _calendar(data: bytes, *, file_name: str = "") -> HttpResponse:
    answer = HttpResponse(data, content_type=f"{CALENDAR}; charset=utf-8")
    if file_name:
        answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer
