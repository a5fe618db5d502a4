"""The API of the agenda: appointments, free time, tasks, and undoing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agenda import booking, todo, undoing, visits
from agenda.availability import free_slots
from agenda.changes import Change
from agenda.drafts import read_draft
from agenda.filters import AppointmentFilters, FreeFilters, TaskFilters, find_appointments, find_tasks, read_filters
from agenda.models import Appointment, Task
from agenda.serializers import (
    SCOPES,
    AppointmentSerializer,
    CancelSerializer,
    ChangeSerializer,
    DraftSerializer,
    EmptySerializer,
    RemovedSerializer,
    SlotsSerializer,
    TaskSerializer,
    UndoneSerializer,
    WordsSerializer,
    WrittenAppointmentSerializer,
    WrittenTaskSerializer,
    check_scope,
    show_appointment,
    show_draft,
    show_people,
    show_task,
    show_time,
    show_undo,
)
from agenda.undoing import attendees_of
from tenants.errors import Conflict
from tenants.models import Preferences, User
from tenants.versions import IF_MATCH, VersionedViewSet, version_of

Written = TypeVar("Written")
MOST_STARTS = 18  # beside the free times; what a person looks through

SCOPE = OpenApiParameter(
    "scope",
    str,
    enum=SCOPES,
    default="one",
    description="Of a series: this one, this and the following, or all. Outside a series it does not matter.",
)
STALE_APPOINTMENT = OpenApiResponse(
    inline_serializer("StaleAppointment", {"detail": serializers.CharField(), "current": AppointmentSerializer()}),
    description="It was changed in between; ``current`` is the appointment as it now stands.",
)
STALE_TASK = OpenApiResponse(
    inline_serializer("StaleTask", {"detail": serializers.CharField(), "current": TaskSerializer()}),
    description="It was changed in between; ``current`` is the task as it now stands.",
)
NOT_UNDONE = OpenApiResponse(
    inline_serializer("NotUndone", {"detail": serializers.CharField()}),
    description="It was undone already, is too long ago, or what it left was changed since.",
)
CHANGED_APPOINTMENT = {200: WrittenAppointmentSerializer, 409: STALE_APPOINTMENT}
CHANGED_TASK = {200: WrittenTaskSerializer, 409: STALE_TASK}
MEETING = {
    "title": "Reunión con Carla",
    "start_datetime": "2026-11-26T15:30:00-05:00",
    "location": "Su oficina",
    "attendees": ["Carla"],
    "reminder_minutes": 60,
}
LESSON = {"title": "Clase de inglés", "start_datetime": "2026-12-01T18:00:00-05:00", "rrule": "FREQ=WEEKLY;BYDAY=TU,TH"}
RENT = {"title": "Pagar el arriendo", "due_date": "2026-12-01", "priority": "high", "rrule": "FREQ=MONTHLY"}


class AgendaViewSet(VersionedViewSet):
    @property
    def zone(self) -> Any:
        return timezone.get_current_timezone()

    def _known(self, write: Callable[..., Written], **arguments: Any) -> Written:
        try:
            return write(now=timezone.now(), **arguments)
        except ObjectDoesNotExist as fault:
            raise Http404 from fault


class AppointmentViewSet(AgendaViewSet):
    """My appointments."""

    serializer_class = AppointmentSerializer

    def get_queryset(self) -> QuerySet[Appointment]:
        return cast("QuerySet[Appointment]", Appointment.objects.present().select_related("series"))

    @extend_schema(operation_id="list_appointments", parameters=[AppointmentFilters])
    def list(self, request: Request) -> Response:
        """My appointments, a page at a time; ``from`` and ``to`` find what has a moment between them."""
        found = find_appointments(read_filters(request, AppointmentFilters))
        rows = self.paginate_queryset(found) or []
        people = attendees_of([row.pk for row in rows])
        zone = self.zone
        return self.get_paginated_response(
            [
                show_appointment(row, attendees=show_people(people[row.pk]), conflicts=row.conflict_ids, zone=zone)
                for row in rows
            ]
        )

    @extend_schema(
        operation_id="create_appointment",
        responses={201: WrittenAppointmentSerializer},
        examples=[
            OpenApiExample("meeting", value=MEETING, request_only=True),
            OpenApiExample("every week", value=LESSON, request_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        """Book an appointment; with ``rrule`` a series, whose first one is answered."""
        fields = self.checked(self.get_serializer(data=request.data))
        fields.pop("version", None)
        return self._answer(booking.book(user=self.tenant, now=timezone.now(), **fields), status=201)

    @extend_schema(operation_id="read_appointment")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One appointment."""
        row = self.get_object()
        return Response(self.get_serializer(row).data, headers={"ETag": f'"{row.version}"'})

    @extend_schema(operation_id="replace_appointment", parameters=[IF_MATCH, SCOPE], responses=CHANGED_APPOINTMENT)
    def update(self, request: Request, pk: int) -> Response:
        """Give an appointment other values; title and start are required, other fields that are left out stay."""
        return self._change(request, partial=False)

    @extend_schema(operation_id="change_appointment", parameters=[IF_MATCH, SCOPE], responses=CHANGED_APPOINTMENT)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give an appointment other values; fields that are left out stay. A start alone moves it."""
        return self._change(request, partial=True)

    @extend_schema(
        operation_id="delete_appointment",
        parameters=[IF_MATCH, SCOPE],
        responses={200: RemovedSerializer, 409: STALE_APPOINTMENT},
    )
    def destroy(self, request: Request, pk: int) -> Response:
        """Take an appointment out of the agenda."""
        scope = check_scope(request.query_params.get("scope"))
        change = self._known(booking.remove, appointment_id=pk, scope=scope, version=version_of(request))
        return Response({"undo": show_undo(change, self.zone)})

    @extend_schema(
        operation_id="cancel_appointment",
        parameters=[IF_MATCH],
        request=CancelSerializer,
        responses=CHANGED_APPOINTMENT,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Cancel an appointment, and say why. It stays in the agenda, and takes nobody's time any more."""
        fields = self.checked(CancelSerializer(data=request.data))
        fields["version"] = version_of(request, given=fields.get("version"))
        return self._answer(self._known(booking.cancel, appointment_id=pk, **fields))

    @extend_schema(operation_id="find_free_time", parameters=[FreeFilters], responses=SlotsSerializer)
    @action(detail=False, pagination_class=None)
    def free(self, request: Request) -> Response:
        """When I have time: within my working hours, on no holiday, and not before now. Free times come whole.

        `starts` are when a visit of so many minutes may begin: those that customers are offered.
        """
        asked = read_filters(request, FreeFilters)
        minutes = asked.get("minutes") or Preferences.current(self.tenant).default_minutes
        now, start, end = timezone.now(), asked["from"], asked["to"]
        slots = free_slots(user=self.tenant, now=now, start=start, end=end, minutes=minutes)
        starts = visits.free_times(user=self.tenant, now=now, start=start, end=end, minutes=minutes, most=MOST_STARTS)
        shown = [{"start": show_time(one.start, self.zone), "end": show_time(one.end, self.zone)} for one in slots]
        return Response({"slots": shown, "starts": [show_time(one.start, self.zone) for one in starts]})

    def _change(self, request: Request, *, partial: bool) -> Response:
        scope = check_scope(request.query_params.get("scope"))
        fields = self.checked(self.get_serializer(data=request.data, partial=partial))
        fields["version"] = version_of(request, given=fields.get("version"))
        return self._answer(self._known(booking.alter, appointment_id=self.kwargs["pk"], scope=scope, **fields))

    def _answer(self, booked: booking.Booked, **options: Any) -> Response:
        row = booked.appointment
        people = show_people(attendees_of([row.pk])[row.pk])
        shown = show_appointment(row, attendees=people, conflicts=booked.conflicts, zone=self.zone)
        shown["undo"] = show_undo(booked.change, self.zone)
        return Response(shown, headers={"ETag": f'"{row.version}"'}, **options)


class TaskViewSet(AgendaViewSet):
    """What I have to do."""

    serializer_class = TaskSerializer

    def get_queryset(self) -> QuerySet[Task]:
        return cast("QuerySet[Task]", Task.objects.present().select_related("series"))

    @extend_schema(operation_id="list_tasks", parameters=[TaskFilters])
    def list(self, request: Request) -> Response:
        """My tasks, a page at a time, the most urgent first."""
        today, zone = timezone.localdate(), self.zone
        found = find_tasks(read_filters(request, TaskFilters), today=today).select_related("series")
        rows = self.paginate_queryset(found) or []
        return self.get_paginated_response([show_task(row, today=today, zone=zone) for row in rows])

    @extend_schema(
        operation_id="create_task",
        responses={201: WrittenTaskSerializer},
        examples=[OpenApiExample("rent", value=RENT, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Add a task."""
        fields = self.checked(self.get_serializer(data=request.data))
        fields.pop("version", None)
        return self._answer(todo.add(user=self.tenant, now=timezone.now(), **fields), status=201)

    @extend_schema(operation_id="read_task")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One task."""
        row = self.get_object()
        return Response(self.get_serializer(row).data, headers={"ETag": f'"{row.version}"'})

    @extend_schema(operation_id="replace_task", parameters=[IF_MATCH], responses=CHANGED_TASK)
    def update(self, request: Request, pk: int) -> Response:
        """Give a task other values; the title is required, other fields that are left out stay."""
        return self._change(request, partial=False)

    @extend_schema(operation_id="change_task", parameters=[IF_MATCH], responses=CHANGED_TASK)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give a task other values; fields that are left out stay. Completing one of a series makes the next."""
        return self._change(request, partial=True)

    @extend_schema(
        operation_id="delete_task", parameters=[IF_MATCH], responses={200: RemovedSerializer, 409: STALE_TASK}
    )
    def destroy(self, request: Request, pk: int) -> Response:
        """Take a task off the list."""
        change = self._known(todo.remove, task_id=pk, version=version_of(request))
        return Response({"undo": show_undo(change, self.zone)})

    @extend_schema(
        operation_id="list_task_categories", responses=serializers.ListSerializer(child=serializers.CharField())
    )
    @action(detail=False, pagination_class=None)
    def categories(self, request: Request) -> Response:
        """The names of the categories of my tasks, in order."""
        return Response(Task.objects.categories())

    def _change(self, request: Request, *, partial: bool) -> Response:
        fields = self.checked(self.get_serializer(data=request.data, partial=partial))
        fields["version"] = version_of(request, given=fields.get("version"))
        return self._answer(self._known(todo.alter, task_id=self.kwargs["pk"], **fields))

    def _answer(self, done: todo.Done, **options: Any) -> Response:
        shown = show_task(done.task, today=timezone.localdate(), zone=self.zone)
        shown["undo"] = show_undo(done.change, self.zone)
        shown["next"] = done.next.pk if done.next else None
        return Response(shown, headers={"ETag": f'"{done.task.version}"'}, **options)


class DraftView(GenericAPIView[Any]):
    """Words, read as something for the agenda."""

    serializer_class = WordsSerializer

    @extend_schema(
        operation_id="draft",
        responses={200: DraftSerializer},
        examples=[OpenApiExample("dentist", value={"text": "dentista el jueves a las 4"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """What the words say of an appointment or a task. Nothing is written; what is in doubt comes as a question."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        words = {"kind": "appointment", **serializer.validated_data}
        user = cast(User, request.user)
        draft = read_draft(**words, now=timezone.now(), user=user, language=user.language)
        return Response(show_draft(draft, timezone.get_current_timezone()))


class ChangeViewSet(AgendaViewSet):
    """What was done to my agenda."""

    serializer_class = ChangeSerializer

    def get_queryset(self) -> QuerySet[Change]:
        return Change.objects.all()

    @extend_schema(operation_id="list_changes")
    def list(self, request: Request) -> Response:
        """What can still be undone, the latest first."""
        rows = self.paginate_queryset(undoing.undoable(now=timezone.now()).defer("before")) or []
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="undo_change", request=EmptySerializer, responses={200: UndoneSerializer, 409: NOT_UNDONE}
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: int) -> Response:
        """Take an act back: what it changed gets its former values, what it made goes, what it deleted is back."""
        self.checked(EmptySerializer(data=request.data))
        try:
            change = self._known(undoing.undo, user=self.tenant, change_id=pk)
        except undoing.NothingToUndo as fault:
            raise Conflict(_("Esto ya se deshizo, o pasó demasiado tiempo.")) from fault
        except undoing.ChangedSince as fault:
            raise Conflict(_("No se puede deshacer: después hubo otros cambios.")) from fault
        return Response({"change": self.get_serializer(change).data})
