"""The API of the business's logo."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import logos
from tenants.models import User

LOGO = inline_serializer(
    "Logo",
    {
        "url": serializers.CharField(allow_null=True, help_text="The picture itself (data:image/png); null: none."),
        "width": serializers.IntegerField(allow_null=True, help_text="Pixels."),
        "height": serializers.IntegerField(allow_null=True),
    },
)


class NewLogoSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="PNG, JPEG, WebP or GIF, up to 2 MB. It is drawn anew, 600 pixels at most.")


class LogoView(APIView):
    """My business's logo."""

    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="read_logo", responses=LOGO)
    def get(self, request: Request) -> Response:
        """What stands at the head of price lists and other papers, if there is one."""
        return Response(_show(logos.current()))

    @extend_schema(operation_id="replace_logo", request={"multipart/form-data": NewLogoSerializer}, responses=LOGO)
    def put(self, request: Request) -> Response:
        """Give the business another logo."""
        given = NewLogoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(_show(logos.keep(user=cast(User, request.user), file=given.validated_data["file"])))

    @extend_schema(operation_id="delete_logo", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Papers show the business's initials instead."""
        logos.remove()
        return Response(status=status.HTTP_204_NO_CONTENT)


def _show(logo: logos.Logo | None) -> dict[str, Any]:
    if logo is None:
        return {"url": None, "width": None, "height": None}
    return {"url": logo.address, "width": logo.width, "height": logo.height}
