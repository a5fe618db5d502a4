"""A key of the API as proof of who sends a request (``Authorization: Bearer rck_…``)."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tenants import keyring
from tenants.keys import ApiKey
from tenants.models import User

_WORDS = {
    keyring.NoKey: _("Esta clave de API no vale: no está completa, o no es de aquí."),
    keyring.Revoked: _("Esta clave de API se anuló. Haz otra."),
    keyring.Over: _("Esta clave de API caducó. Haz otra, o dale más tiempo."),
    keyring.AtRest: _("La cuenta de esta clave de API está suspendida o se está borrando."),
}


class KeyAuthentication(BaseAuthentication):
    """Looked for once per request: limits, scope and view ask for it. What it may do, ``config.programs`` says."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[User, ApiKey] | None:
        http_request = cast(HttpRequest, getattr(request, "_request", request))
        if not hasattr(http_request, "_key"):
            http_request._key = _find(http_request)  # type: ignore[attr-defined]
        return cast("tuple[User, ApiKey] | None", http_request._key)  # type: ignore[attr-defined]

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def key_of(request: HttpRequest) -> ApiKey | None:
    """The key that let this request in, once somebody has asked who sends it."""
    found = getattr(request, "_key", None)
    return found[1] if found else None


def _find(request: HttpRequest) -> tuple[User, ApiKey] | None:
    kind, _space, text = request.headers.get("Authorization", "").strip().partition(" ")
    if kind.lower() != "bearer" or not keyring.looks_like_one(text.strip()):
        return None
    try:
        return keyring.find(text=text.strip(), now=timezone.now())
    except keyring.NoKey as fault:
        raise AuthenticationFailed({"detail": _WORDS[type(fault)], "code": fault.code}) from fault
