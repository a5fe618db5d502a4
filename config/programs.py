"""What programs meet at the door: what their key may do, and that a request which names itself is done once."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from config.areas import OPEN, UNREPEATED, WAITING, areas
from config.fingerprints import fingerprint
from tenants import idempotency
from tenants.idempotency import LONGEST_KEY, Name
from tenants.keys import READ, WRITE, ApiKey
from tenants.keys_authentication import key_of
from tenants.middleware import find_person
from tenants.models import User
from tenants.scope import own_scope

HEADER = "Idempotency-Key"
READING = {"GET", "HEAD", "OPTIONS"}
_form = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")


class ProgramMiddleware:
    """403 in words for what a key is not let into; one effect and one answer for a POST that names itself.

    Inside of the tenant's scope, so after ``TenantMiddleware``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key, named = key_of(request), request.method == "POST" and HEADER in request.headers
        if not request.path_info.startswith("/api/") or (key is None and not named):
            return self.get_response(request)
        try:
            route = resolve(request.path_info).route
        except Resolver404:
            return self.get_response(request)
        if key is not None and (refusal := refuse(key=key, method=request.method or "", route=route)) is not None:
            return refusal
        person = find_person(request, api=True)
        if not named or person is None or not person.is_tenant or route in UNREPEATED:
            return self.get_response(request)
        return self._do_once(request, person, route)

    def _do_once(self, request: HttpRequest, person: User, route: str) -> HttpResponse:
        text = request.headers[HEADER].strip()
        if not _form.fullmatch(text):
            told = _("De 1 a %(n)d letras, números y signos, sin espacios.") % {"n": LONGEST_KEY}
            return JsonResponse({HEADER: [told]}, status=400)
        name = Name(user=person, key=text, digest=fingerprint(request))
        with own_scope(person):
            if route in WAITING:
                return self._wait(request, name)
            try:
                with idempotency.once(name, now=timezone.now()):
                    response = self.get_response(request)
                    if response.status_code >= 500:
                        transaction.set_rollback(True)  # whoever tries again finds nothing half done
                    elif _succeeded(response):
                        idempotency.keep(name, response=response, now=timezone.now())
            except idempotency.Fault as fault:
                return fault.answer()
            return response

    def _wait(self, request: HttpRequest, name: Name) -> HttpResponse:
        """The view does its part by ``idempotency.effect``; what it answers after its wait says more than at first."""
        request._named = name  # type: ignore[attr-defined]
        response = self.get_response(request)
        if getattr(request, "_was_kept", False) and _succeeded(response):
            idempotency.keep(name, response=response, now=timezone.now())
        return response


def refuse(*, key: ApiKey, method: str, route: str) -> HttpResponse | None:
    """403 for what the key may not do; None where it may."""
    writes = method not in READING
    area = areas().get(route)
    if area is not None and key.may(area=area, write=writes):
        return None
    if area is not None:
        scope = f"{area}:{WRITE if writes else READ}"
        told = _("A esta clave le falta el permiso «%(scope)s».") % {"scope": scope}
        return JsonResponse({"detail": told, "code": "scope_missing", "scope": scope}, status=403)
    if route in OPEN and not writes:
        return None
    told = _("Esto no se puede hacer con una clave de API: entra con tu usuario y tu contraseña.")
    return JsonResponse({"detail": told, "code": "key_not_allowed"}, status=403)


def takes_names(*, route: str) -> bool:
    """Whether a POST to ``route`` looks at Idempotency-Key."""
    return route.startswith("api/") and route not in UNREPEATED


def _succeeded(response: HttpResponse) -> bool:
    return 200 <= response.status_code < 300 and not response.streaming
