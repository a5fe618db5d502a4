"""The API of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as FieldErrors
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from agenda.filters import read_filters
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.webhooks import endpoints
from messaging.webhooks.serializers import (
    WebhookDeliveryFilters,
    WebhookDeliverySerializer,
    WebhookEventSerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
)
from tenants.authentication import person_of
from tenants.contract import Pages
from tenants.events import EVENTS

_pages = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


class WebhookEventsView(GenericAPIView[Any]):
    """What may be told."""

    serializer_class = WebhookEventSerializer
    pagination_class = None

    @extend_schema(operation_id="list_webhook_events", responses=WebhookEventSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All events that a webhook may be told of."""
        told = [
            {"name": name, "label": endpoints.label_of(name), "keys": sorted(EVENTS[name].fields)}
            for name in endpoints.told_events()
        ]
        return Response(WebhookEventSerializer(told, many=True).data)


class WebhookViewSet(GenericViewSet[WebhookEndpoint]):
    """My webhooks."""

    serializer_class = WebhookSerializer
    pagination_class = Pages
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.order_by("pk")

    @extend_schema(operation_id="list_webhooks")
    def list(self, request: Request) -> Response:
        """My webhooks, the eldest first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="add_webhook", responses={201: WebhookWithSecretSerializer})
    def create(self, request: Request) -> Response:
        """Add a webhook. Its secret is shown this once."""
        given = self.get_serializer(data=request.data)
        _check(given)
        try:
            made = endpoints.add(user=person_of(request), **given.validated_data)
        except FieldErrors as fault:
            raise ValidationError(fault.message_dict) from fault
        return Response(WebhookWithSecretSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="read_webhook")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One webhook and how it does."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="change_webhook")
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give it another address or other events, pause it, or let it begin afresh; what is left out stays."""
        self.get_object()
        given = self.get_serializer(data=request.data, partial=True)
        _check(given)
        try:
            changed = endpoints.change(pk=pk, now=timezone.now(), **given.validated_data)
        except FieldErrors as fault:
            raise ValidationError(fault.message_dict) from fault
        except WebhookEndpoint.DoesNotExist as fault:
            raise Http404 from fault
        return Response(self.get_serializer(changed).data)

    @extend_schema(operation_id="remove_webhook")
    def destroy(self, request: Request, pk: int) -> Response:
        """Remove it with its log."""
        try:
            endpoints.remove(pk=pk)
        except WebhookEndpoint.DoesNotExist as fault:
            raise Http404 from fault
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="rotate_webhook_secret", request=None, responses=WebhookWithSecretSerializer)
    def rotate(self, request: Request, pk: int) -> Response:
        """Get a new secret, shown this once. For 24 hours the one before signs, too."""
        try:
            rotated = endpoints.rotate(pk=pk, now=timezone.now())
        except WebhookEndpoint.DoesNotExist as fault:
            raise Http404 from fault
        return Response(WebhookWithSecretSerializer(rotated).data)

    @extend_schema(operation_id="test_webhook", request=None, responses={202: WebhookDeliverySerializer})
    def try_out(self, request: Request, pk: int) -> Response:
        """Send `webhook_test`, once. What comes of it stands in the log a moment later."""
        made = endpoints.try_out(endpoint=self.get_object(), now=timezone.now())
        return Response(WebhookDeliverySerializer(made).data, status=status.HTTP_202_ACCEPTED)


def _check(given: BaseSerializer[Any]) -> None:
    """Tell all that is wrong with what was given in one answer: of its form, and of the address."""
    if given.is_valid():
        return
    faults, sent = dict(given.errors), given.initial_data
    url = sent.get("url") if isinstance(sent, Mapping) and "url" not in faults else None
    if isinstance(url, str) and (text := endpoints.refuse_url(url.strip())):
        faults["url"] = [text]
    raise ValidationError(faults)


class WebhookDeliveriesView(GenericAPIView[WebhookDelivery]):
    """What one webhook was told."""

    serializer_class = WebhookDeliverySerializer
    pagination_class = Pages

    @extend_schema(
        operation_id="list_webhook_deliveries",
        parameters=[WebhookDeliveryFilters, *_pages],
        responses=WebhookDeliverySerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The log of the last thirty days, the newest first."""
        endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
        filters = read_filters(request, WebhookDeliveryFilters)
        rows = WebhookDelivery.objects.filter(endpoint=endpoint, **filters).select_related("endpoint").newest_first()
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class WebhookDeliveryView(GenericAPIView[WebhookDelivery]):
    """One event that a webhook was told."""

    serializer_class = WebhookDeliverySerializer

    @extend_schema(operation_id="read_webhook_delivery")
    def get(self, request: Request, pk: int, delivery: int) -> Response:
        """What was sent, and what came of it."""
        return Response(self.get_serializer(find(pk, delivery)).data)


class RedeliverView(GenericAPIView[WebhookDelivery]):
    """Once more."""

    serializer_class = WebhookDeliverySerializer

    @extend_schema(operation_id="redeliver_webhook", request=None, responses={202: WebhookDeliverySerializer})
    def post(self, request: Request, pk: int, delivery: int) -> Response:
        """Send it once more, under the same `webhook-id`."""
        find(pk, delivery)
        try:
            again = endpoints.redeliver(delivery_id=delivery, now=timezone.now())
        except WebhookDelivery.DoesNotExist as fault:
            raise Http404 from fault
        return Response(self.get_serializer(again).data, status=status.HTTP_202_ACCEPTED)


def find(pk: int, delivery: int) -> WebhookDelivery:
    """One row of the log of one webhook. Raises Http404."""
    rows = WebhookDelivery.objects.select_related("endpoint")
    return get_object_or_404(rows, pk=delivery, endpoint_id=pk)
