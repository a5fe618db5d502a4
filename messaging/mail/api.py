"""The API of what a person gets by e-mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from agenda.filters import read_filters
from messaging.mail import failing, postman
from messaging.mail.choosing import choose
from messaging.mail.letters import Letter
from messaging.mail.mailboxes import Mailbox
from messaging.mail.serializers import (
    LetterFilters,
    LetterSerializer,
    MailChangeSerializer,
    MailSerializer,
    show_mail,
)
from tenants import limits, mail
from tenants.contract import Pages
from tenants.models import User

TESTS = limits.Limit("mail-test", 5, timedelta(hours=1))
_pages = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


class OwnView(GenericAPIView[Any]):
    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    def show(self, box: Mailbox, code: int = status.HTTP_200_OK) -> Response:
        return Response(show_mail(user=self.person, box=box, goes_out=postman.is_anywhere()), status=code)


class MailView(OwnView):
    """What comes to me by e-mail."""

    serializer_class = MailSerializer

    @extend_schema(operation_id="read_mail")
    def get(self, request: Request) -> Response:
        """Which letters I want, and whether my address takes them."""
        return self.show(Mailbox.current(self.person))

    @extend_schema(operation_id="change_mail", request=MailChangeSerializer)
    def patch(self, request: Request) -> Response:
        """Choose which letters come. Those about the account itself, and those that I ask for, always come."""
        given = MailChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        kinds = given.validated_data.get("kinds", {})
        return self.show(choose(user=self.person, wanted={mail.Kind(kind): on for kind, on in kinds.items()}))


class TestView(OwnView):
    """Does it arrive?"""

    serializer_class = MailSerializer

    @extend_schema(
        operation_id="test_mail",
        request=None,
        responses={202: MailSerializer, 400: OpenApiResponse(description="There is no address to write to.")},
    )
    def post(self, request: Request) -> Response:
        """Write to my address again, also when letters came back from it: now it is taken for good until one does."""
        if not self.person.email:
            raise ValidationError({"email": [_("No tienes un correo en tu cuenta.")]})
        limits.hit(limit=TESTS, who=str(self.person.pk))
        with transaction.atomic():
            failing.clear(user=self.person, address=self.person.email)
            mail.post(user=self.person, kind=mail.Kind.TEST, template="test")
        return self.show(Mailbox.current(self.person), status.HTTP_202_ACCEPTED)


class LettersView(OwnView):
    """What was sent to me."""

    serializer_class = LetterSerializer
    pagination_class = Pages

    @extend_schema(
        operation_id="list_letters", parameters=[LetterFilters, *_pages], responses=LetterSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Letters to this account, the newest first. Reminders are listed with the reminders."""
        filters = read_filters(request, LetterFilters)
        found = Letter.objects.defer("text", "html").newest_first()
        if "status" in filters:
            found = found.filter(status=filters["status"])
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
