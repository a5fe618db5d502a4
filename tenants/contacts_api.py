"""The API of contacts."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from tenants import contacts
from tenants.contract import StrictModelSerializer, Text
from tenants.models import Contact, User


class ContactSerializer(StrictModelSerializer):
    """Somebody that a tenant deals with."""

    phone = Text(max_length=40, required=False, allow_blank=True, help_text="With the country's code: +573001234567.")

    class Meta:
        model = Contact
        fields = [
            "id",
            "name",
            "phone",
            "email",
            "notes",
            "external_id",
            "language",
            "profile_name",
            "opted_out_at",
            "last_seen_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [
            "id",
            "language",
            "profile_name",
            "opted_out_at",
            "last_seen_at",
            "created_at",
            "updated_at",
        ]


class ContactFilters(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False, max_length=200, allow_blank=True, help_text="A text of the name, e-mail or phone."
    )


class ContactViewSet(GenericViewSet[Contact]):
    """Whom I deal with."""

    serializer_class = ContactSerializer
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.all()

    @extend_schema(operation_id="list_contacts", parameters=[ContactFilters])
    def list(self, request: Request) -> Response:
        """My contacts by name, a page at a time."""
        filters = ContactFilters(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)
        found = contacts.matching(text=filters.validated_data.get("search", ""))
        rows = self.paginate_queryset(found.order_by("plain_name", "id")) or []  # type: ignore[misc]
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="create_contact")
    def create(self, request: Request) -> Response:
        """Add a contact."""
        fields = self._checked(request)
        made = contacts.add(user=cast(User, request.user), **fields)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="read_contact")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One contact."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="change_contact")
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give a contact other values; fields that are left out stay."""
        self.get_object()
        try:
            changed = contacts.alter(contact_id=pk, **self._checked(request, partial=True))
        except Contact.DoesNotExist as fault:
            raise Http404 from fault
        return Response(self.get_serializer(changed).data)

    @extend_schema(operation_id="delete_contact")
    def destroy(self, request: Request, pk: int) -> Response:
        """Forget a contact. Appointments keep the name of who came."""
        try:
            contacts.remove(contact_id=pk)
        except Contact.DoesNotExist as fault:
            raise Http404 from fault
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _checked(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
