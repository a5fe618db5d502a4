"""The API of a tenant's own numbers, and of the phones of its owner."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from messaging import numbers
from messaging.models import Channel, PhoneLink
from messaging.numbers_serializers import (
    ChannelSerializer,
    CodeSerializer,
    LinkedPhoneSerializer,
    LinkPhoneSerializer,
    TriedSerializer,
    TryOutSerializer,
    UsageSerializer,
)
from messaging.whatsapp import health, linking, usage
from tenants.authentication import person_of
from tenants.contract import Pages
from tenants.scope import own_scope, tenant_scope


class ChannelViewSet(GenericViewSet[Channel]):
    """My own numbers."""

    serializer_class = ChannelSerializer
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Channel]:
        return Channel.objects.order_by("pk")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @extend_schema(operation_id="list_channels")
    def list(self, request: Request) -> Response:
        """My own numbers, the eldest first, each with its health."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="connect_channel")
    def create(self, request: Request) -> Response:
        """Connect a number. Whether its token is good is asked for right after."""
        made = numbers.connect(user=person_of(request), **self._checked(request))
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="read_channel")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One number with its health."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="change_channel")
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give a number another token, secret, account or id; what is left out stays."""
        self.get_object()
        try:
            changed = numbers.change(channel_id=pk, **self._checked(request, partial=True))
        except Channel.DoesNotExist as fault:
            raise Http404 from fault
        return Response(self.get_serializer(changed).data)

    @extend_schema(operation_id="disconnect_channel")
    def destroy(self, request: Request, pk: int) -> Response:
        """Let a number go. What was said over it stays."""
        try:
            numbers.let_go(channel_id=pk)
        except Channel.DoesNotExist as fault:
            raise Http404 from fault
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="test_channel", request=TryOutSerializer, responses={202: TriedSerializer})
    def try_out(self, request: Request, pk: int) -> Response:
        """Send a message over the number to my own phone, or to `to`: one that wrote to it within 24 hours."""
        channel = self.get_object()
        given = TryOutSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            delivery = numbers.try_out(channel=channel, to=given.validated_data.get("to", ""), now=timezone.now())
        except numbers.NobodyToTest as fault:
            text = _("Vincula primero tu teléfono: el de verdad, no el del simulador.")
            raise ValidationError({"to": [text]}) from fault
        except numbers.NotYet as fault:
            text = _(
                "WhatsApp solo deja escribirle a quien te escribió en las últimas 24 horas. Desde el teléfono"
                " +%(phone)s escríbele primero a este número, y después pulsa «Probar»."
            )
            raise ValidationError({"to": [text % {"phone": fault.phone}]}) from fault
        return Response({"delivery_id": delivery.pk, "status": delivery.status}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="check_channel", request=None, responses={202: ChannelSerializer})
    def check(self, request: Request, pk: int) -> Response:
        """Ask Meta about the number now. The answer comes a moment later, in `health.token_checked_at`."""
        channel = self.get_object()
        with transaction.atomic():
            health.ask_soon(channel)
        return Response(self.get_serializer(channel).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="pause_channel", request=None, responses=ChannelSerializer)
    def pause(self, request: Request, pk: int) -> Response:
        """Send nothing over the number until it is resumed."""
        with transaction.atomic():
            channel = self._locked(pk)
            health.pause(channel, now=timezone.now())
        return Response(self.get_serializer(channel).data)

    @extend_schema(operation_id="resume_channel", request=None, responses=ChannelSerializer)
    def resume(self, request: Request, pk: int) -> Response:
        """Send again, when what stopped the number was put right. What waits goes out first."""
        with transaction.atomic():
            channel = self._locked(pk)
            health.resume(channel)
            if channel.token:
                health.ask_soon(channel)
        return Response(self.get_serializer(channel).data)

    @extend_schema(
        operation_id="read_channel_usage",
        parameters=[OpenApiParameter("month", str, description="«2026-11»; this month when left out.")],
        responses=UsageSerializer,
    )
    def usage(self, request: Request, pk: int) -> Response:
        """What was delivered over the number in a month of my own calendar, free and charged."""
        channel, zone = self.get_object(), ZoneInfo(person_of(request).timezone)
        month = read_month(request, zone=zone)
        found = usage.of_number(phone_number_id=channel.phone_number_id, month=month, zone=zone)
        return Response(UsageSerializer(found).data)

    def _locked(self, pk: int) -> Channel:
        return get_object_or_404(Channel.objects.select_for_update(), pk=pk)

    def _checked(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class LinkPhonesView(GenericAPIView[PhoneLink]):
    """The phones from which I am the owner."""

    serializer_class = LinkedPhoneSerializer
    pagination_class = Pages

    @extend_schema(operation_id="list_linked_phones", responses=LinkedPhoneSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The phones from which I am the owner, the newest first."""
        with tenant_scope(person_of(request)):
            links = PhoneLink.objects.filter(role=PhoneLink.Role.OWNER).order_by("-used_at", "-pk")
            page = self.paginate_queryset(links) or []
            return self.get_paginated_response(LinkedPhoneSerializer(page, many=True).data)

    @extend_schema(operation_id="link_phone", request=LinkPhoneSerializer, responses={201: CodeSerializer})
    def post(self, request: Request) -> Response:
        """Get a code. The phone becomes mine when it sends `VINCULAR <code>` to the number of `wa_me`."""
        given = LinkPhoneSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = person_of(request)
        with own_scope(user):
            asked = linking.ask(user=user, now=timezone.now(), **given.validated_data)
        return Response(CodeSerializer(asked).data, status=status.HTTP_201_CREATED)


class LinkPhoneView(GenericAPIView[PhoneLink]):
    """One phone of mine."""

    serializer_class = LinkedPhoneSerializer

    @extend_schema(operation_id="unlink_phone", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Unlink a phone: what it writes from now on is a customer's. What was said stays."""
        with tenant_scope(person_of(request)), transaction.atomic():
            owners = PhoneLink.objects.filter(role=PhoneLink.Role.OWNER).select_for_update()
            linking.unlink(link=get_object_or_404(owners, pk=pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def read_month(request: Request, *, zone: ZoneInfo) -> date:
    """The month of the query, as its first day; the present one when it names none. Raises ValidationError."""
    text = request.query_params.get("month", "")
    if not text:
        return timezone.localdate(timezone=zone).replace(day=1)
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  (a month has no zone)
    except ValueError:
        month = date.min
    if not 2009 <= month.year <= 2200:
        raise ValidationError({"month": [_("Escríbelo como 2026-11.")]})
    return month
