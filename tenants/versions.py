"""Rows with a version, so that of two people who change the same one the second is told; and what their views share."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from tenants.contract import Whole
from tenants.models import User

MOST_VERSION = 2**31 - 1  # what PostgreSQL's integer holds
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    pattern=r'^(\*|(W/)?"?[0-9]{1,9}"?)$',  # see ``version_of``
    description="The version that you saw, quoted or bare, or *. The same as ``version`` in the body.",
    examples=[OpenApiExample("version", value='"3"')],
)


class Version(Whole):
    """The version of a row, as it is read and as it may be sent with an update."""

    def __init__(self, **options: Any) -> None:
        words = "In an update: the version that you saw. Another one in the database answers 409."
        given: dict[str, Any] = {"min_value": 1, "max_value": MOST_VERSION, "required": False, "help_text": words}
        super().__init__(**{**given, **options})


class VersionedViewSet(GenericViewSet[Any]):
    """What a tenant reads and changes, one thing at a time."""

    lookup_value_converter = "int"

    @cached_property
    def tenant(self) -> User:
        """Whose things they are."""
        return cast(User, self.request.user)

    def checked(self, serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
        """What the request holds. Raises ValidationError, or Http404 where that is what is wrong."""
        try:
            serializer.is_valid(raise_exception=True)
        except ValidationError:
            if self.detail:
                self.get_object()  # where there is no such thing, that is what is wrong
            raise
        return dict(serializer.validated_data)


def version_of(request: Request, *, given: int | None = None) -> int | None:
    """The version that the sender wants to change: ``given`` (from the body) or the header ``If-Match``.

    The header may be quoted (``"3"``) or bare; ``*`` means any. A 400 for another one, and when the two differ.
    """
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return given
    number = header.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise ValidationError({"If-Match": [_("Debe ser el número de una versión.")]})
    if given is not None and given != int(number):
        raise ValidationError({"version": [_("No es la versión que dice If-Match.")]})
    return int(number)
