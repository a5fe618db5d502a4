"""The API of keys of the API. No key opens it: a person makes and ends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from tenants import keyring
from tenants.authentication import person_of
from tenants.contract import StrictModelSerializer, Text
from tenants.errors import Conflict
from tenants.keys import SCOPES, ApiKey

LONGEST = timedelta(days=3660)  # that a key may be good for, where it ends at all


class KeySerializer(StrictModelSerializer):
    """A key of the API. Its text is shown once, when it is made."""

    name = Text(max_length=80, help_text="What it is for: the system that holds it.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES),
        min_length=1,
        max_length=len(SCOPES),
        error_messages={"min_length": gettext_lazy("Elige al menos un permiso.")},
        help_text="What it may do: `read` or `write` everywhere, or in one area. Who may write may read.",
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When it ends, in the future; null: when it is revoked."
    )

    class Meta:
        model = ApiKey
        fields = ["id", "name", "prefix", "scopes", "expires_at", "last_used_at", "created_at"]
        read_only_fields = ["id", "prefix", "last_used_at", "created_at"]

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        if value is not None and not timezone.now() < value <= timezone.now() + LONGEST:
            raise serializers.ValidationError(_("Tiene que ser una fecha de los próximos diez años."))
        return value


class NewKeySerializer(KeySerializer):
    """A key that was just made."""

    key = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="The whole key, which nobody can show again: null in an answer that is repeated.",
    )

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]


class KeyViewSet(GenericViewSet[ApiKey]):
    """What other systems show instead of my password."""

    serializer_class = KeySerializer
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(revoked_at=None)

    @extend_schema(operation_id="list_keys")
    def list(self, request: Request) -> Response:
        """My keys, the newest first; those that were revoked are gone."""
        rows = self.paginate_queryset(self.get_queryset().order_by("-created_at", "-id")) or []
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="create_key", request=KeySerializer, responses={201: NewKeySerializer})
    def create(self, request: Request) -> Response:
        """Make a key. `key` is its text: keep it now, for nobody can show it again."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            key, text = keyring.make(user=person_of(request), **({"expires_at": None} | given.validated_data))
        except keyring.TooManyKeys as fault:
            told = _("Ya tienes %(n)d claves de API. Anula las que no uses.") % {"n": keyring.MOST_KEYS}
            raise Conflict(told) from fault
        shown: dict[str, Any] = self.get_serializer(key).data
        response = Response({**shown, "key": text}, status=status.HTTP_201_CREATED)
        response.kept_data = {**shown, "key": None}  # type: ignore[attr-defined]  # of the key only a hash is kept
        return response

    @extend_schema(operation_id="read_key")
    def retrieve(self, request: Request, pk: int) -> Response:
        """One key, without its text."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="change_key")
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give a key another name, other scopes or another end; fields that are left out stay."""
        key = self.get_object()
        given = self.get_serializer(key, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        return Response(self.get_serializer(keyring.alter(key=key, **given.validated_data)).data)

    @extend_schema(operation_id="revoke_key", responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Revoke a key, at once and for good."""
        keyring.revoke(key=self.get_object(), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
