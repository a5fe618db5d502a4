"""The API of what is asked for in vain, and of texts that are sent often."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from agenda.filters import read_filters
from messaging import questions
from messaging.inbox_api import PAGES, InboxView
from messaging.models import QuickReply, UnansweredQuestion
from messaging.questions_serializers import QuickReplySerializer, UnansweredFilters, UnansweredSerializer
from tenants.contract import Pages


class QuickReplyViewSet(ModelViewSet[QuickReply]):
    """What I write often."""

    serializer_class = QuickReplySerializer
    lookup_value_converter = "int"
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_queryset(self) -> Any:
        return QuickReply.objects.order_by("title", "id")

    def perform_create(self, serializer: Any) -> None:
        serializer.save(user=self.request.user)

    @extend_schema(operation_id="list_quick_replies")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """My quick replies by title, a page at a time."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="create_quick_reply")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a text that I send often."""
        return super().create(request, *args, **kwargs)

    @extend_schema(operation_id="read_quick_reply")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One quick reply."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(operation_id="change_quick_reply")
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change a quick reply; fields that are left out stay."""
        return super().partial_update(request, *args, **kwargs)

    @extend_schema(operation_id="delete_quick_reply")
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a quick reply."""
        return super().destroy(request, *args, **kwargs)


class UnansweredView(InboxView):
    """What people ask for and I do not have."""

    serializer_class = UnansweredSerializer
    pagination_class = Pages

    @extend_schema(
        operation_id="list_unanswered",
        parameters=[UnansweredFilters, *PAGES],
        responses=UnansweredSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What customers asked for in vain, the last asked first."""
        filters = read_filters(request, UnansweredFilters)
        found = UnansweredQuestion.objects.select_related("message__conversation__contact")
        found = found.filter(dismissed_at__isnull=filters.get("dismissed") != "true")
        by_times = filters.get("ordering") == "-times"
        page = self.paginate_queryset(found.most_asked_first() if by_times else found.newest_first()) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class DismissView(InboxView):
    """Seen."""

    serializer_class = UnansweredSerializer

    @extend_schema(operation_id="dismiss_unanswered", request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Put a question aside. It stays there, however often it is asked again."""
        row = get_object_or_404(UnansweredQuestion, pk=pk)
        questions.dismiss(question=row, now=timezone.now())
        return self._answer(pk)

    def _answer(self, pk: int) -> Response:
        row = get_object_or_404(UnansweredQuestion.objects.select_related("message__conversation__contact"), pk=pk)
        return Response(self.get_serializer(row).data)


class RestoreView(DismissView):
    """Not yet."""

    @extend_schema(operation_id="restore_unanswered", request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Show a question again that was put aside."""
        questions.restore(question=get_object_or_404(UnansweredQuestion, pk=pk))
        return self._answer(pk)
