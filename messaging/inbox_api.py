"""The API of the inbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import ValidationError as FieldErrors
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agenda.filters import read_filters
from catalog.models import Product
from messaging import files, inbox, inbox_reading, inbox_templates
from messaging.api import EventsView, TooManyStreams, stream_response
from messaging.bell_api import EVENT
from messaging.inbox_serializers import (
    CountsSerializer,
    InboxConversationSerializer,
    InboxFilters,
    InboxMessageSerializer,
    MessagesSerializer,
    NoteSerializer,
    OfferedTemplatesSerializer,
    OwnerReplySerializer,
    SendProductSerializer,
    SendSlotSerializer,
    SendTemplateSerializer,
    TakeOverSerializer,
    WordsSerializer,
)
from messaging.inbox_stream import InboxStream
from messaging.models import Attachment, Conversation, Message
from messaging.streams import TooManyWaiting
from tenants import contract
from tenants.contract import Pages, whole_number
from tenants.errors import Conflict
from tenants.models import User

MESSAGES_SHOWN, MOST_MESSAGES_SHOWN = 50, 200

PAGES = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]
_NOT_SENT = OpenApiResponse(
    description="It cannot be sent now; `detail` says why and what to do: the window of 24 hours is closed, the person"
    " wants no messages, or it is your own conversation."
)


class InboxView(GenericAPIView[Any]):
    serializer_class: type[Any] = InboxConversationSerializer

    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    def conversation(self, pk: int) -> Conversation:
        """The conversation ``pk`` of mine; 404 for anybody else's."""
        return cast(Conversation, get_object_or_404(_found(), pk=pk))

    def checked(self, request: Request) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def show(self, pk: int) -> Response:
        return Response(show_conversations([pk])[0])


class ListView(InboxView):
    """Who wrote."""

    pagination_class = Pages

    @extend_schema(
        operation_id="list_inbox",
        parameters=[InboxFilters, *PAGES],
        responses=InboxConversationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """My customers' conversations of every channel, the one that moved last first."""
        now = timezone.now()
        found = inbox.with_needs(inbox.find(read_filters(request, InboxFilters), now=now)).with_last_message()
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(_show(page))


class CountsView(InboxView):
    """How many wait."""

    serializer_class = CountsSerializer

    @extend_schema(operation_id="count_inbox")
    def get(self, request: Request) -> Response:
        """How many customers' conversations are unread, and how many need me."""
        return Response(inbox.count())


class DetailView(InboxView):
    """One conversation."""

    @extend_schema(operation_id="read_inbox")
    def get(self, request: Request, pk: int) -> Response:
        """One conversation of mine."""
        return self.show(self.conversation(pk).pk)


class WriteView(InboxView):
    """Into a conversation."""

    def send(self, pk: int, send: Callable[..., Message], *, word: Callable[..., str] | None = None) -> Response:
        conversation, given = self.conversation(pk), self.checked(self.request)
        try:
            if given.pop("preview", False) and word is not None:
                given.pop("key", None)
                return Response({"text": word(conversation=conversation, now=timezone.now(), **given)})
            message = send(conversation=conversation, now=timezone.now(), **given)
        except (inbox.NotSent, inbox.NotFree) as fault:
            raise Conflict(str(fault)) from fault
        return Response(show_messages([message])[0], status=status.HTTP_201_CREATED)


class MessagesView(WriteView):
    """What was said."""

    serializer_class = OwnerReplySerializer

    @extend_schema(
        operation_id="list_inbox_messages",
        parameters=[
            OpenApiParameter("limit", int, description=f"How many messages; {MESSAGES_SHOWN} unless told."),
            OpenApiParameter(
                "before", contract.POSITION, description="Only messages before this one: the first of those shown."
            ),
        ],
        responses=MessagesSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        """The latest messages, the oldest of them first."""
        limit = whole_number(request, "limit", least=1, most=MOST_MESSAGES_SHOWN, default=MESSAGES_SHOWN)
        before = whole_number(request, "before", least=1, most=10**12 - 1)
        run = inbox_reading.read_run(conversation=self.conversation(pk), limit=limit or MESSAGES_SHOWN, before=before)
        return Response({"messages": show_messages(run.messages), "has_earlier": run.has_earlier})

    @extend_schema(operation_id="reply_in_inbox", responses={201: InboxMessageSerializer, 409: _NOT_SENT})
    def post(self, request: Request, pk: int) -> Response:
        """Write to the customer myself. The assistant keeps quiet for the next half hour, or as long as taken over."""
        return self.send(pk, inbox.reply)


class NotesView(WriteView):
    """For me alone."""

    serializer_class = NoteSerializer

    @extend_schema(operation_id="add_inbox_note", responses={201: InboxMessageSerializer, 409: _NOT_SENT})
    def post(self, request: Request, pk: int) -> Response:
        """Keep a note in the conversation. It is never sent, and no assistant reads it."""
        return self.send(pk, inbox.add_note)


class ProductsView(WriteView):
    """What I sell, with a click."""

    serializer_class = SendProductSerializer

    @extend_schema(
        operation_id="send_product_in_inbox",
        responses={200: WordsSerializer, 201: InboxMessageSerializer, 409: _NOT_SENT},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Send a product of mine with its price and stock of now, or with `preview` see what would be sent."""
        return self.send(pk, self._send, word=self._word)

    def _send(self, *, product_id: int, **given: Any) -> Message:
        return inbox.send_product(product=_product(product_id), **given)

    def _word(self, *, product_id: int, **given: Any) -> str:
        return inbox.word_product(product=_product(product_id), **given)


def _product(pk: int) -> Product:
    product = Product.objects.filter(pk=pk, active=True).first()
    if product is None:
        raise NotFound
    return product


class SlotsView(WriteView):
    """When I have time, with a click."""

    serializer_class = SendSlotSerializer

    @extend_schema(
        operation_id="send_slot_in_inbox",
        responses={200: WordsSerializer, 201: InboxMessageSerializer, 409: _NOT_SENT},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Offer a free time of mine, one of `GET /api/user/personal/appointments/free`, or see what would be sent."""
        return self.send(pk, inbox.send_slot, word=inbox.word_slot)


class TemplatesView(WriteView):
    """What may still be written once the window of 24 hours has closed."""

    serializer_class = SendTemplateSerializer

    @extend_schema(operation_id="list_inbox_templates", responses=OfferedTemplatesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The approved templates of the number of this conversation, in the customer's language first."""
        found = inbox_templates.find_templates(conversation=self.conversation(pk))
        return Response(OfferedTemplatesSerializer({"results": found}).data)

    @extend_schema(
        operation_id="send_template_in_inbox",
        responses={200: WordsSerializer, 201: InboxMessageSerializer, 409: _NOT_SENT},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Send an approved template, which WhatsApp charges, or with `preview` see what would be sent."""
        try:
            return self.send(pk, inbox_templates.send_template, word=inbox_templates.word_template)
        except FieldErrors as fault:
            raise ValidationError(fault.message_dict) from fault


class TakeOverView(InboxView):
    """I speak."""

    serializer_class = TakeOverSerializer

    @extend_schema(operation_id="take_over_in_inbox", responses={200: InboxConversationSerializer, 409: _NOT_SENT})
    def post(self, request: Request, pk: int) -> Response:
        """Take the word: the assistant keeps quiet for `minutes`, or until I hand it back."""
        conversation = self.conversation(pk)
        try:
            inbox.take_over(conversation=conversation, minutes=self.checked(request).get("minutes"), now=timezone.now())
        except inbox.NotSent as fault:
            raise Conflict(str(fault)) from fault
        return self.show(pk)


class HandBackView(InboxView):
    """The assistant speaks."""

    @extend_schema(operation_id="hand_back_in_inbox", request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Give the word back to the assistant, for what is written from now on."""
        inbox.hand_back(conversation=self.conversation(pk), now=timezone.now())
        return self.show(pk)


class ReadView(InboxView):
    """I have seen it."""

    @extend_schema(operation_id="read_all_in_inbox", request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Mark all of a conversation as read."""
        inbox.mark_read(conversation=self.conversation(pk))
        return self.show(pk)


class InboxStreamView(EventsView):
    """The inbox, live."""

    serializer_class = InboxConversationSerializer

    @extend_schema(
        operation_id="stream_inbox",
        responses={
            (200, "text/event-stream"): OpenApiResponse(
                EVENT,
                "`event: conversation` with each that changed as the list answers it, `event: gone` with {id} of one"
                " that was deleted, and `event: refresh` with {} when the list is to be read anew: at the beginning,"
                " and when something may have been missed.",
            ),
            503: OpenApiResponse(description="Too many streams are open: ask the list now and then instead."),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Server-sent events of my inbox."""
        try:
            stream = InboxStream(user=self.person, render=show_conversations)
        except TooManyWaiting as fault:
            raise TooManyStreams(_("Hay demasiadas páginas abiertas. Prueba en un momento.")) from fault
        return stream_response(stream)


class AttachmentView(InboxView):
    """A file."""

    serializer_class = None  # type: ignore[assignment]

    @extend_schema(
        operation_id="read_attachment",
        responses={
            (200, "application/octet-stream"): OpenApiResponse(
                OpenApiTypes.BINARY,
                "The file under a type that a browser runs nothing of: of pictures, voice notes and videos their own.",
            )
        },
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """A file that came with a message of mine."""
        stored = Attachment.objects.filter(status=Attachment.Status.STORED, content__isnull=False)
        return files.serve(get_object_or_404(stored, pk=pk))


def show_conversations(ids: list[int]) -> list[dict[str, Any]]:
    """The conversations of the open scope as the list answers them, in the order of ``ids``."""
    found = {row.pk: row for row in _found().filter(pk__in=ids)}
    return _show([found[pk] for pk in ids if pk in found])


def show_messages(messages: list[Message]) -> list[dict[str, Any]]:
    """The messages with what stands around them."""
    context = {"surroundings": inbox_reading.around_messages(messages)}
    return [dict(row) for row in InboxMessageSerializer(messages, many=True, context=context).data]


def _found() -> Any:
    return inbox.with_needs(Conversation.objects.select_related("contact", "number")).with_last_message()


def _show(page: list[Conversation]) -> list[dict[str, Any]]:
    context = {"surroundings": inbox_reading.around_conversations(page), "now": timezone.now()}
    return [dict(row) for row in InboxConversationSerializer(page, many=True, context=context).data]
