"""How often each person, and each address, may ask for something; every answer of the API says what is left.

Counted at the door, in one statement for all limits of a request (``tenants.limits``). What a tenant may do comes from
the plan, the rest from ``settings.RATES``. Meta's signed bodies are never counted: whoever is refused there is, by
``messaging.whatsapp.webhook``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from config.errors import too_many
from tenants import limits
from tenants.accounts import counted_address
from tenants.limits import Limit, Standing
from tenants.middleware import find_person
from tenants.models import User

MINUTE = timedelta(minutes=1)
REQUESTS = Limit("api", 600, MINUTE, measure="requests_per_minute")
CHATS = Limit("chat", 30, MINUTE, measure="chats_per_minute")

_WEBHOOK = "/api/whatsapp/webhook"
_CHAT = re.compile(r"/api/user/chat/message(s/[0-9]+/retry)?\Z")
_EXPORT = re.compile(r"/api/user/.*/(export|import|report)\Z")
_EXPORTS = "/api/user/exports"
_SIGN_IN = {
    *("/api/auth/register", "/api/auth/login", "/api/auth/password"),
    *("/login", "/register", "/password-reset"),
}


def exports() -> Limit:
    """Files that are made for whoever asks, and sheets that are read."""
    return Limit("exports", settings.RATES["EXPORTS"], MINUTE)


def anonymous() -> Limit:
    """Requests to the API of an address from which nobody is signed in."""
    return Limit("address", settings.RATES["ANONYMOUS"], MINUTE)


def sign_ins() -> Limit:
    """Tries to sign in, sign up or get a new password, whether they succeed or not."""
    return Limit("sign-in", settings.RATES["SIGN_INS"], MINUTE)


class LimitMiddleware:
    """Counts a request before anything is done for it; 429 with ``Retry-After`` past a limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.LIMITS or not _is_counted(request):
            return self.get_response(request)
        now = timezone.now()
        person = find_person(request, api=request.path_info.startswith("/api/"))
        planned_for = person if person is not None and person.is_tenant else None
        standings = limits.count(hits=_hits(request, person), planned_for=planned_for, now=now)
        reached = [standing for standing in standings if standing.is_over]
        if reached:
            with _language_of(person):
                response = too_many(request, retry_after=max(one.seconds(now=now) for one in reached))
        else:
            response = self.get_response(request)
        _tell(response, standings, now)
        return response


def tenants_limits(user: User) -> list[tuple[Limit, str]]:
    """What is counted for a tenant, as ``limits.count`` and ``limits.look`` take it."""
    return [(limit, str(user.pk)) for limit in (REQUESTS, CHATS, exports())]


def _is_counted(request: HttpRequest) -> bool:
    path = request.path_info
    if path.startswith("/api/"):
        return not (path == _WEBHOOK and request.method == "POST")
    return request.method == "POST" and path in _SIGN_IN


def _hits(request: HttpRequest, person: User | None) -> list[tuple[Limit, str]]:
    path, method = request.path_info, request.method
    hits = []
    if path.startswith("/api/"):
        hits.append((anonymous(), counted_address(request)) if person is None else (REQUESTS, str(person.pk)))
    if person is not None and method == "POST" and _CHAT.match(path):
        hits.append((CHATS, str(person.pk)))
    if person is not None and (_EXPORT.match(path) or (path == _EXPORTS and method == "POST")):
        hits.append((exports(), str(person.pk)))
    if method == "POST" and path in _SIGN_IN:
        hits.append((sign_ins(), counted_address(request)))
    return hits


def _tell(response: HttpResponse, standings: list[Standing], now: datetime) -> None:
    """What the view has said of a limit of its own comes after ours."""
    for name, value in limits.describe(standings, now=now).items():
        response[name] = ", ".join(filter(None, [value, response.get(name)]))


def _language_of(person: User | None) -> AbstractContextManager[None]:
    """The person's own; who is not known is answered in the browser's, which is active already."""
    known = person is not None and person.language in dict(settings.LANGUAGES)
    return translation.override(person.language) if person is not None and known else nullcontext()
