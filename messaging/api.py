"""The API of the chat."""

from __future__ import annotations

import re
from typing import Any, cast

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from agenda.filters import read_filters
from messaging import conversations, streams
from messaging.models import Conversation, Message
from messaging.serializers import (
    ConversationFilters,
    ConversationSerializer,
    MessageSerializer,
    NewMessageSerializer,
    SentMessageSerializer,
    WholeConversationSerializer,
    show_message,
)
from tenants import contract
from tenants.contract import Pages, whole_number
from tenants.errors import Conflict
from tenants.idempotency import effect
from tenants.models import User
from tenants.scope import tenant_scope

LONGEST_WAIT = 30  # seconds, of a request that prefers to wait
MESSAGES_SHOWN, MOST_MESSAGES_SHOWN = 100, 500

_wait_preference = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?:;[^,]*)?(?=,|$)", re.IGNORECASE)


class TooManyStreams(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "too_many_streams"
    wait = 5  # DRF sends it as Retry-After


class ChatView(GenericAPIView[Any]):
    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    def question(self, pk: int) -> Message:
        """The person's own message ``pk``; 404 for anybody else's, and for an assistant's."""
        return cast(Message, get_object_or_404(Message.objects.questions().prefetch_related("replies"), pk=pk))


class SendView(ChatView):
    """Say something to an assistant."""

    serializer_class = NewMessageSerializer

    @extend_schema(
        operation_id="send_message",
        parameters=[
            OpenApiParameter(
                "Prefer",
                str,
                OpenApiParameter.HEADER,
                description="`wait=N`: wait up to N seconds (30 at most) for the reply before answering.",
            )
        ],
        responses={
            200: OpenApiResponse(SentMessageSerializer, "The reply was ready within the preferred wait."),
            202: OpenApiResponse(SentMessageSerializer, "Taken in; the reply follows."),
        },
    )
    def post(self, request: Request) -> Response:
        """Takes the message in and answers at once; the reply comes by the stream, by polling, or by `Prefer: wait`.

        `commercial` answers from the catalogue, `personal` keeps the agenda and the tasks.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        with effect(request._request) as keep:
            message = self._send(given.pop("conversation_id", None), **given)
            keep(_taken_in(message))
        return answer_when_ready(request, message)

    def _send(self, conversation_id: int | None, *, content: str, assistant_type: str) -> Message:
        conversation = None
        if conversation_id is not None:
            # On WhatsApp it is somebody else who writes: there the owner speaks in the inbox.
            conversation = get_object_or_404(Conversation, pk=conversation_id, channel=Conversation.Channel.WEB)
        try:
            return conversations.send(
                user=self.person,
                content=content,
                assistant_type=assistant_type,
                conversation=conversation,
                now=timezone.now(),
            )
        except conversations.AnotherAssistant as fault:
            raise ValidationError({"assistant_type": [_("Esta conversación es con otro asistente.")]}) from fault
        except Conversation.DoesNotExist as fault:
            raise NotFound from fault


class MessageView(ChatView):
    """One message of mine."""

    serializer_class = MessageSerializer

    @extend_schema(operation_id="read_message")
    def get(self, request: Request, pk: int) -> Response:
        """My message and, once it is there, its reply."""
        return Response(show_message(self.question(pk)))


class RetryView(ChatView):
    """A second chance."""

    serializer_class = SentMessageSerializer

    @extend_schema(
        operation_id="retry_message",
        request=None,
        responses={
            200: SentMessageSerializer,
            202: SentMessageSerializer,
            409: OpenApiResponse(description="The message already has its reply."),
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        """Have a message answered whose turn failed. One that still waits goes on waiting."""
        try:
            with effect(request._request) as keep:
                message = conversations.try_again(message=self.question(pk))
                keep(_taken_in(message))
        except conversations.NotFailed as fault:
            raise Conflict(_("Este mensaje ya tiene respuesta.")) from fault
        return answer_when_ready(request, message)


class EventsView(ChatView):
    """Server-sent events."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # Whoever accepts text/event-stream alone still gets errors as JSON, not a 406.
        return JSONRenderer(), JSONRenderer.media_type


class StreamView(EventsView):
    """The reply while it is being written."""

    serializer_class = MessageSerializer

    @extend_schema(
        operation_id="stream_message",
        parameters=[
            OpenApiParameter(
                "Last-Event-ID", str, OpenApiParameter.HEADER, description="The last event seen: later ones follow."
            )
        ],
        responses={
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR,
                "`event: delta` with {text} for each piece of the reply, `event: reset` with {} when the pieces so far"
                " are taken back, and at the end `event: done` with the message as GET answers it. A new connection"
                " is told what there is from the beginning.",
            ),
            503: OpenApiResponse(description="Too many streams are open: poll, or come back after `Retry-After`."),
        },
    )
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """Server-sent events of a message of mine."""
        message = self.question(pk)
        try:
            stream = streams.EventStream(
                user=self.person, message_id=message.pk, render=show_message, after=last_event(request)
            )
        except streams.TooManyWaiting as fault:
            raise TooManyStreams(_("Hay demasiadas conversaciones abiertas. Prueba en un momento.")) from fault
        return stream_response(stream)


class ConversationsView(ChatView):
    """My conversations."""

    serializer_class = ConversationSerializer
    pagination_class = Pages

    @extend_schema(
        operation_id="list_conversations",
        parameters=[ConversationFilters, OpenApiParameter("page", int), OpenApiParameter("page_size", int)],
        responses=ConversationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """My conversations, the one that moved last first."""
        found = Conversation.objects.filter(**read_filters(request, ConversationFilters)).newest_first()
        page = self.paginate_queryset(found.with_last_message()) or []
        return self.get_paginated_response(
            ConversationSerializer(page, many=True, context={"last_messages": conversations.last_messages(page)}).data
        )


class ConversationView(ChatView):
    """One conversation of mine."""

    serializer_class = WholeConversationSerializer

    @extend_schema(
        operation_id="read_conversation",
        parameters=[
            OpenApiParameter("limit", int, description=f"How many messages; {MESSAGES_SHOWN} unless told."),
            OpenApiParameter(
                "before", contract.POSITION, description="Only messages before this one: the first of those shown."
            ),
        ],
    )
    def get(self, request: Request, pk: int) -> Response:
        """A conversation with its latest messages, the oldest of them first."""
        limit = whole_number(request, "limit", least=1, most=MOST_MESSAGES_SHOWN, default=MESSAGES_SHOWN)
        before = whole_number(request, "before", least=1, most=10**12 - 1)
        conversation = get_object_or_404(Conversation.objects.with_last_message(), pk=pk)
        context = {
            "last_messages": conversations.last_messages([conversation]),
            "excerpt": conversations.excerpt(conversation=conversation, limit=limit or MESSAGES_SHOWN, before=before),
        }
        return Response(WholeConversationSerializer(conversation, context=context).data)

    @extend_schema(operation_id="delete_conversation", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a conversation with all its messages, for good."""
        conversations.delete(conversation=get_object_or_404(Conversation, pk=pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def answer_when_ready(request: Request, message: Message) -> Response:
    """202 at once, or after the wait that the request prefers; 200 when the turn ended in time."""
    wait = preferred_wait(request.headers.get("Prefer", ""))
    if wait is None:
        return _taken_in(message)
    user = cast(User, request.user)
    message = streams.wait_for_reply(user=user, message=message, seconds=wait)
    pending = message.status == Message.Status.PENDING
    with tenant_scope(user):
        body = _sent(message)
    return Response(
        body,
        status=status.HTTP_202_ACCEPTED if pending else status.HTTP_200_OK,
        headers={"Preference-Applied": f"wait={wait}"},
    )


def preferred_wait(header: str) -> int | None:
    """The seconds of ``wait`` in a Prefer header (RFC 7240), LONGEST_WAIT at most; None without a valid one."""
    found = _wait_preference.search(header)
    return min(int(found[1]), LONGEST_WAIT) if found else None


def _taken_in(message: Message) -> Response:
    return Response(_sent(message), status=status.HTTP_202_ACCEPTED)


def _sent(message: Message) -> dict[str, Any]:
    return dict(SentMessageSerializer(message).data)


def stream_response(stream: streams.LiveStream) -> StreamingHttpResponse:
    """The answer that sends the events as they come, past every cache and buffer."""
    response = StreamingHttpResponse(stream, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def last_event(request: Request) -> int:
    """The number of the last event that the client says it has seen; 0 when it says none."""
    given = request.headers.get("Last-Event-ID", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else 0
