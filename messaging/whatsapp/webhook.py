"""What Meta calls: the handshake that proves whose address this is, and the bodies that it signs."""

from __future__ import annotations

import functools
import hmac
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.urls import ResolverMatch, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from messaging.models import Channel
from messaging.whatsapp import arrivals
from messaging.whatsapp.signatures import HEADER, Refused
from tenants.accounts import counted_address
from tenants.limits import Limit, hit
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

LONGEST_TOKEN, LONGEST_CHALLENGE = 500, 1000


class _AlwaysJson(DefaultContentNegotiation):
    """Whatever the caller would accept: a retry for seven days is worse than JSON that nobody reads."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class VerifyView(APIView):
    """Meta's handshake."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = _AlwaysJson

    @extend_schema(
        description="Meta's handshake: answers `hub.challenge` when `hub.mode` is `subscribe` and `hub.verify_token` "
        "is that of the platform or of a connected number.",
        responses={
            (200, "text/plain"): OpenApiTypes.STR,
            403: OpenApiResponse(OpenApiTypes.OBJECT, description="Another token, or no handshake at all."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Meta's handshake."""
        asked = request.query_params
        challenge = asked.get("hub.challenge", "")
        known = asked.get("hub.mode") == "subscribe" and _is_known(asked.get("hub.verify_token", ""))
        if not known or not 0 < len(challenge) <= LONGEST_CHALLENGE:
            return JsonResponse({"detail": _("La clave de verificación no es correcta.")}, status=403)
        return HttpResponse(challenge, content_type="text/plain; charset=utf-8")


class WebhookView(VerifyView):
    """What Meta sends: stored, and nothing else, before it is answered."""

    @extend_schema(
        description="What Meta sends, signed in `X-Hub-Signature-256` over the raw body. Whatever is signed is stored "
        "and answered 200, also what is not understood.",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={
            200: OpenApiResponse(OpenApiTypes.OBJECT, description="It is stored."),
            403: OpenApiResponse(OpenApiTypes.OBJECT, description="The signature is missing or wrong."),
            429: OpenApiResponse(OpenApiTypes.OBJECT, description="Too many such bodies came from this address."),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """What Meta sends, stored before it is answered."""
        http_request = request._request
        try:
            if (fault := getattr(http_request, "_webhook_fault", None)) is not None:
                raise fault
            _keep(http_request, _read(http_request))
        except _TooLarge:
            megabytes = settings.MAX_BODY_BYTES // (1024 * 1024)
            return JsonResponse({"detail": _("El envío pasa de %(n)d MB.") % {"n": megabytes}}, status=413)
        except UnreadablePostError:
            return JsonResponse({"detail": _("El envío llegó incompleto.")}, status=400)
        except Refused as refusal:
            # Only who is refused is counted: what Meta has signed is taken, however much it is. Raises TooMany.
            hit(limit=_refusals(), who=counted_address(http_request))
            logger.warning("a webhook was refused: %s (channels: %s)", refusal, list(refusal.channel_ids))
            return JsonResponse({"detail": _("La firma no es válida.")}, status=403)
        return _received()


class WebhookMiddleware:
    """Stores what is signed before anybody asks who is signed in, in which language, with which cookie: Meta sends many
    bodies, and most of what a request costs is about people. The rest takes the long way to the view, which says why.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path_info != _address() or not request.META.get("CONTENT_LENGTH"):
            return self.get_response(request)
        request.get_host()  # raises DisallowedHost
        try:
            _keep(request, request.body)
        except (Refused, UnreadablePostError) as fault:
            request._webhook_fault = fault  # type: ignore[attr-defined]
            return self.get_response(request)
        request.resolver_match = _match()
        answer = _received()
        answer["X-Frame-Options"] = settings.X_FRAME_OPTIONS
        answer["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        answer._csp_exempt = True  # type: ignore[attr-defined]  # the site's would be put together anew for each
        return answer


@functools.cache
def _address() -> str:
    return reverse("api-whatsapp-webhook")


@functools.cache
def _match() -> ResolverMatch:
    return resolve(_address())


def _keep(request: HttpRequest, body: bytes) -> None:
    arrivals.receive(body=body, signature=request.headers.get(HEADER), now=timezone.now())


def _received() -> HttpResponse:
    said = b'{"status": "received"}'
    return HttpResponse(said, content_type="application/json", headers={"Content-Length": str(len(said))})


def _refusals() -> Limit:
    """Bodies from one address that nobody signed who may."""
    return Limit("webhook-refusals", settings.RATES["REFUSED_WEBHOOKS"], timedelta(minutes=1))


class _TooLarge(Exception):
    """More bytes than are read."""


def _read(request: HttpRequest) -> bytes:
    """The body as it came. One whose length is not said is read up to the limit. Raises _TooLarge."""
    if request.META.get("CONTENT_LENGTH"):
        try:
            return request.body
        except RequestDataTooBig as fault:
            raise _TooLarge from fault
    if not request.META.get("wsgi.input_terminated"):  # nobody would say where it ends
        return b""
    body = bytearray()
    while piece := request.environ["wsgi.input"].read(64 * 1024):  # type: ignore[attr-defined]
        body += piece
        if len(body) > settings.MAX_BODY_BYTES:
            raise _TooLarge
    return bytes(body)


def _is_known(token: str) -> bool:
    """Whether it is the platform's verify token or that of a connected number."""
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or "\x00" in token:
        return False
    if _is_same(token, settings.WHATSAPP["VERIFY_TOKEN"]):
        return True
    with all_tenants():
        known = list(Channel.objects.filter(verify_token=token).values_list("verify_token", flat=True)[:1])
    return any(_is_same(token, one) for one in known)


def _is_same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode(), known.encode())
