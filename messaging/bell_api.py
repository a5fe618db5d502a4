"""The API of the bell, and of the reminders behind it."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from agenda.filters import read_filters
from agenda.models import Reminder
from messaging import bell
from messaging.api import EventsView, TooManyStreams, last_event, stream_response
from messaging.bell_serializers import (
    NotificationFilters,
    NotificationSerializer,
    ReadSerializer,
    ReminderFilters,
    ReminderSerializer,
    show_notification,
)
from messaging.models import Notification
from messaging.streams import TooManyWaiting
from tenants.contract import Pages
from tenants.models import User

# One server-sent event, as those who read such streams take it apart.
EVENT = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
}
_pages = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


class RemindersView(GenericAPIView[Reminder]):
    """What is said to me, and when."""

    serializer_class = ReminderSerializer
    pagination_class = Pages

    @extend_schema(
        operation_id="list_reminders", parameters=[ReminderFilters, *_pages], responses=ReminderSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """My reminders in the order in which they are due. `unknown` ones are never sent again."""
        filters = read_filters(request, ReminderFilters)
        found = Reminder.objects.select_related("appointment", "task").order_by("due_at", "id")
        for name, column in (("status", "status"), ("from", "due_at__gte"), ("to", "due_at__lt")):
            if name in filters:
                found = found.filter(**{column: filters[name]})
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class BellView(GenericAPIView[Any]):
    serializer_class: type[BaseSerializer[Any]] = NotificationSerializer

    @property
    def person(self) -> User:
        return cast(User, self.request.user)


class NotificationsView(BellView):
    """What the bell said."""

    pagination_class = Pages

    @extend_schema(
        operation_id="list_notifications",
        parameters=[NotificationFilters, *_pages],
        responses=NotificationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What the bell said, the newest first."""
        filters = NotificationFilters(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)
        found = Notification.objects.newest_first()
        if unread := filters.validated_data.get("unread"):
            found = found.filter(read_at__isnull=unread == "true")
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class NotificationReadView(BellView):
    """One that I have read."""

    @extend_schema(operation_id="read_notification", request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Mark one as read; `read_at` stays what it was when it was read already."""
        one = get_object_or_404(Notification, pk=pk)
        bell.mark_read(user=self.person, notifications=Notification.objects.filter(pk=one.pk), now=timezone.now())
        one.refresh_from_db()
        return Response(show_notification(one))


class NotificationsReadView(BellView):
    """All that I have read."""

    serializer_class = ReadSerializer

    @extend_schema(operation_id="read_all_notifications", request=None, responses=ReadSerializer)
    def post(self, request: Request) -> Response:
        """Mark everything as read."""
        count = bell.mark_read(user=self.person, notifications=Notification.objects.all(), now=timezone.now())
        return Response({"read": count})


class NotificationStreamView(EventsView):
    """The bell, live."""

    serializer_class = NotificationSerializer

    @extend_schema(
        operation_id="stream_notifications",
        parameters=[
            OpenApiParameter(
                "Last-Event-ID", str, OpenApiParameter.HEADER, description="The last one seen: later ones follow."
            )
        ],
        responses={
            (200, "text/event-stream"): OpenApiResponse(
                EVENT,
                "`event: notification` with each new one as the list answers it, and at the beginning and whenever it"
                " changes `event: unread` with {unread}, the number of unread ones, and `event: inbox` with {unread},"
                " the number of customers' conversations with something unread.",
            ),
            503: OpenApiResponse(description="Too many streams are open: ask the list now and then instead."),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Server-sent events of my bell."""
        after = last_event(request) or bell.newest_id()  # by now, not by when the stream is first read
        try:
            stream = bell.BellStream(user=self.person, render=show_notification, after=after)
        except TooManyWaiting as fault:
            raise TooManyStreams(_("Hay demasiadas páginas abiertas. Prueba en un momento.")) from fault
        return stream_response(stream)
