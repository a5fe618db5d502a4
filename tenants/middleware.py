"""What every request passes: one spelling of its path, and the scope of the person who sends it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import cast
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from psycopg.errors import ReadOnlySqlTransaction
from rest_framework.exceptions import APIException

from tenants import gates, sessions, sign_ins, viewing
from tenants.accounts import client_address
from tenants.audit import request_address
from tenants.authentication import BearerAuthentication
from tenants.events import Event, acting
from tenants.keys_authentication import KeyAuthentication
from tenants.models import User
from tenants.scope import tenant_scope

GetResponse = Callable[[HttpRequest], HttpResponse]

MOST_FORGOTTEN, SECONDS_FORGETTING, PIECE = 64 * 1024 * 1024, 10.0, 64 * 1024  # bytes, seconds, bytes


class PathMiddleware:
    """Paths work with and without their last slash; a body too large, or of a length unsaid, is refused unkept."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if len(request.path_info) > 1 and not request.path_info.startswith("/admin/"):
            request.path_info = request.path_info.rstrip("/") or "/"
        # Nobody has chosen the language of this request yet: the thread still has that of the one before.
        language = translation.get_language_from_request(request)
        with translation.override(language):
            refusal = _refuse_body(request) or _refuse_query(request)
        if refusal is not None:
            refusal["Content-Language"], refusal["Vary"] = language, "Accept-Language, Cookie"
        return refusal or self.get_response(request)


class TooLarge(JsonResponse):
    """413. The answer goes out at once; then what is still being sent is read and forgotten, a piece at a time.

    Many clients send all of a body before they read an answer, and would find the line broken instead of a 413.
    """

    def __init__(self, request: HttpRequest, length: int) -> None:
        megabytes = most_bytes(request) // (1024 * 1024)
        super().__init__({"detail": _("El envío pasa de %(n)d MB.") % {"n": megabytes}}, status=413)
        self["Content-Length"] = str(len(self.content))
        self._sent, self._left = request, min(length, MOST_FORGOTTEN)

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        until = time.monotonic() + SECONDS_FORGETTING
        try:
            while self._left > 0 and time.monotonic() < until:
                piece = self._sent.environ["wsgi.input"].read(min(self._left, PIECE))  # type: ignore[attr-defined]
                if not piece:
                    return
                self._left -= len(piece)
        except OSError:  # it has hung up
            return


def most_bytes(request: HttpRequest) -> int:
    """How large the body of a request may be: a file that is imported is larger than anything else."""
    limits = settings.BODY_LIMITS if request.method == "POST" else {}
    of_path = (most for path, most in limits.items() if re.fullmatch(path, request.path_info))
    return next(of_path, settings.MAX_BODY_BYTES)


def _refuse_body(request: HttpRequest) -> HttpResponse | None:
    given = request.META.get("CONTENT_LENGTH") or ""
    if not given and request.headers.get("Transfer-Encoding") and request.path_info not in settings.CHUNKED_PATHS:
        # WSGI knows no body without a length: Django would read it as empty.
        return JsonResponse({"detail": _("El envío tiene que decir su tamaño (Content-Length).")}, status=411)
    if given.isascii() and given.isdigit() and int(given[:20]) > most_bytes(request):
        return TooLarge(request, int(given[:20]))
    return None


def _refuse_query(request: HttpRequest) -> HttpResponse | None:
    """Django would read what is no UTF-8 as replacement characters, and look for these."""
    try:
        unquote_to_bytes(request.META.get("QUERY_STRING", "")).decode("utf-8")
    except UnicodeDecodeError:
        return JsonResponse({"detail": _("El texto no es UTF-8 válido.")}, status=400)
    return None


class TenantMiddleware:
    """Each role on its own side, in the person's language and zone; tenant routes run in the tenant's scope."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = request_address.set(client_address(request))
        try:
            return self._let_in(request)
        finally:
            request_address.reset(address)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What would have changed something while it was only looked at is refused like everything that does."""
        if not hasattr(request, "viewing") or not isinstance(exception.__cause__, ReadOnlySqlTransaction):
            return None
        return gates.refuse_while_viewing(request=request, api=request.path_info.startswith("/api/"))

    def _let_in(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        api, page = path.startswith("/api/"), gates.is_page(path)
        person = find_person(request, api=api)
        if person is None:
            return self.get_response(request)
        _speak_to(person, request)
        now, by_session = timezone.now(), not (getattr(request, "_bearer", None) or getattr(request, "_key", None))
        if not _note_seen(request, person, now, by_session=by_session):
            sessions.end(request)
            return self.get_response(request)
        if person.is_superadmin and by_session:
            if gates.sign_out_when_over(request=request, now=now):
                return self.get_response(request)
            viewed = viewing.current(request=request, now=now)
            if viewed is not None and (api or page):
                return self._show(request, person, viewed, api=api)
        if page and person.is_superadmin:
            return HttpResponseRedirect(person.home)
        if path.startswith("/admin") and person.is_tenant:
            return HttpResponseRedirect(person.home)
        asked = gates.ask_first(request=request, person=person, api=api)
        if (asked := asked or gates.refuse_while_leaving(request=request, person=person)) is not None:
            return asked
        scoped = person.is_tenant and (page or path.startswith("/api/user/"))
        actor = Event.Actor.PERSON if person.is_tenant else Event.Actor.SUPERADMIN
        with (
            timezone.override(ZoneInfo(person.timezone)),
            acting(actor, person.pk),
            tenant_scope(person) if scoped else nullcontext(),
        ):
            return self.get_response(request)

    def _show(self, request: HttpRequest, superadmin: User, viewed: viewing.Viewing, *, api: bool) -> HttpResponse:
        """A tenant's page or data, as the tenant sees it, to a superadmin who looks at it and changes nothing."""
        path = request.path_info
        if request.method not in gates.SAFE:
            return gates.refuse_while_viewing(request=request, api=api)
        if api and not path.startswith(gates.OWN_API):  # the superadmin's own
            return self.get_response(request)
        tenant = User.objects.tenants().filter(pk=viewed.tenant_id).first()
        if tenant is None:
            viewing.end(request=request)
            return HttpResponseRedirect(superadmin.home)
        if path.endswith("/stream"):  # would outlast the half hour; to a page that asks, it says not to ask again
            return HttpResponse(status=204)
        until = viewed.until.astimezone(ZoneInfo(superadmin.timezone))
        request.viewing = {"name": tenant.username, "until": f"{until:%H:%M}"}  # type: ignore[attr-defined]
        request.user = tenant
        _speak_to(tenant, request)
        with (
            timezone.override(ZoneInfo(tenant.timezone)),
            acting(Event.Actor.SUPERADMIN, superadmin.pk),
            tenant_scope(tenant),
            viewing.nothing_changes(),
        ):
            answer = self.get_response(request)
        answer["Cache-Control"] = "no-store"  # the same addresses are the superadmin's own afterwards
        return answer


def _note_seen(request: HttpRequest, person: User, now: datetime, *, by_session: bool) -> bool:
    """Note by which sign-in ``person`` is here. False for a page's session that was ended elsewhere just now."""
    if by_session:
        return sessions.note_seen(request=request, user=person, now=now)
    if person.sign_in_id is not None:
        sign_ins.note_seen(sign_in_id=person.sign_in_id, request=request, now=now)
    return True


def _speak_to(person: User, request: HttpRequest) -> None:
    if person.language in dict(settings.LANGUAGES):
        translation.activate(person.language)
        request.LANGUAGE_CODE = translation.get_language()


def find_person(request: HttpRequest, *, api: bool) -> User | None:
    """Whom the view will find signed in: by token or key, which only the API reads, else by session."""
    if api:
        try:
            found = BearerAuthentication().authenticate(request) or KeyAuthentication().authenticate(request)
        except APIException:
            return None  # the view's own authentication gives the answer that says why
        if found:
            return cast(User, found[0])
    return request.user if isinstance(request.user, User) else None
