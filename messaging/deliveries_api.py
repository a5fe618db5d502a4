"""The API of what goes out by WhatsApp: writing to somebody, what became of it, and the templates of a number."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import ValidationError as FieldErrors
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agenda.filters import read_filters
from messaging import sends
from messaging.deliveries_serializers import (
    DeliveryFilters,
    DeliverySerializer,
    NewSendSerializer,
    SentSerializer,
    TemplatesSerializer,
)
from messaging.models import Channel, Delivery
from messaging.whatsapp import health, templates
from messaging.whatsapp.errors import explain
from tenants.contract import Pages
from tenants.errors import Conflict
from tenants.models import User
from tenants.scope import own_scope

_pages = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


class WhatsAppSendView(GenericAPIView[Any]):
    """Write to somebody on WhatsApp."""

    serializer_class = NewSendSerializer

    @extend_schema(
        operation_id="send_whatsapp",
        responses={
            202: OpenApiResponse(SentSerializer, "In the outbox."),
            409: OpenApiResponse(
                description="It may not be sent: the window of 24 hours is closed and no template was given, the person"
                " wants no messages, no number is connected. The text says what to do."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Puts a text or a template into the outbox and answers at once."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = dict(given.validated_data)
        wish, user = wanted.pop("template"), cast(User, request.user)
        try:
            with own_scope(user):  # this path lies outside of those that open it
                delivery = sends.send(
                    user=user, template=sends.Wish(**wish) if wish else None, now=timezone.now(), **wanted
                )
        except sends.NotSent as fault:
            raise Conflict(str(fault), code=fault.code) from fault
        except FieldErrors as fault:
            raise ValidationError(fault.message_dict) from fault
        return Response({"delivery_id": delivery.pk, "status": delivery.status}, status=status.HTTP_202_ACCEPTED)


class DeliveriesView(GenericAPIView[Delivery]):
    """What goes out by WhatsApp."""

    serializer_class = DeliverySerializer
    pagination_class = Pages

    @extend_schema(
        operation_id="list_deliveries", parameters=[DeliveryFilters, *_pages], responses=DeliverySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """My messages to WhatsApp, the newest first."""
        filters = read_filters(request, DeliveryFilters)
        found = Delivery.objects.newest_first()
        for name, column in (
            ("status", "status"),
            ("kind", "kind"),
            ("contact", "contact_id"),
            ("from", "created_at__gte"),
            ("to", "created_at__lt"),
        ):
            if name in filters:
                found = found.filter(**{column: filters[name]})
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class DeliveryView(GenericAPIView[Delivery]):
    """One message to WhatsApp."""

    serializer_class = DeliverySerializer

    @extend_schema(operation_id="read_delivery")
    def get(self, request: Request, pk: int) -> Response:
        """How far it came."""
        return Response(self.get_serializer(get_object_or_404(Delivery, pk=pk)).data)


class TemplatesView(GenericAPIView[Any]):
    """The templates of one of my numbers."""

    serializer_class = TemplatesSerializer

    @extend_schema(operation_id="list_templates")
    def get(self, request: Request, pk: int) -> Response:
        """The templates that Meta knew when it was asked last."""
        return Response(_show(get_object_or_404(Channel, pk=pk)))


class TemplatesRefreshView(GenericAPIView[Any]):
    """Have Meta asked for them."""

    serializer_class = TemplatesSerializer

    @extend_schema(
        operation_id="refresh_templates",
        request=None,
        responses={202: TemplatesSerializer, 409: OpenApiResponse(description="Meta cannot be asked, and why.")},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Has Meta asked, and answers at once with what is known: `fetched_at` moves when the answer is there."""
        channel = get_object_or_404(Channel, pk=pk)
        if not channel.token:
            why = explain(code=190, detail="")
            raise Conflict(f"{why.text} {why.remedy}")
        if not channel.business_account_id:
            raise Conflict(_("Escribe primero el identificador de tu cuenta de WhatsApp Business."))
        with transaction.atomic():
            health.ask_soon(channel)
        return Response(_show(channel), status=status.HTTP_202_ACCEPTED)


def _show(channel: Channel) -> dict[str, Any]:
    found = {"fetched_at": channel.templates_fetched_at, "results": templates.read_templates(channel)}
    return dict(TemplatesSerializer(found).data)
