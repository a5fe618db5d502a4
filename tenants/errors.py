"""How errors answer under ``/api/``: always JSON, in the person's language."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from tenants import idempotency
from tenants.limits import TooMany, describe_refusal
from tenants.models import StaleVersion

NOT_SIGNED_IN = "not_authenticated"  # the code of a 401 that has none of its own


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy("Alguien lo cambió mientras tanto. Revisa los datos actuales y vuelve a guardar.")
    default_code = "conflict"


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("El envío es demasiado grande.")
    default_code = "too_large"


def json_error(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn the domain's errors into the contract's answers; DRF does the rest."""
    if isinstance(exc, StaleVersion):
        view = context["view"]
        current = view.get_serializer(exc.current).data
        return Response({"detail": Conflict.default_detail, "current": current}, status=status.HTTP_409_CONFLICT)
    if isinstance(exc, TooMany):
        response = exception_handler(Throttled(wait=exc.retry_after), context)
        if response is not None:
            for name, value in describe_refusal(exc).items():
                response[name] = value
        return response
    if isinstance(exc, idempotency.Fault):
        return cast(Response, exc.answer())
    if isinstance(exc, DjangoValidationError):
        exc = ValidationError(serializers.as_serializer_error(exc))
    elif isinstance(exc, RequestDataTooBig):
        exc = TooLarge()
    elif isinstance(exc, Http404):
        exc = NotFound()  # the same words for a foreign and an absent row
    response = exception_handler(exc, context)
    if response is not None and response.status_code == status.HTTP_401_UNAUTHORIZED:
        response.data.setdefault("code", NOT_SIGNED_IN)
    return response
