"""What stands between a person and the page or the API: what has to be done first, and what may not be done at all."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenants import second_factor, sessions, viewing
from tenants.models import User

OWN_API = ("/api/user/", "/api/whatsapp/")  # what is somebody's own there; the webhook is nobody's
STAYS_OPEN = {"/api/user/deletion", "/api/user/data-export"}  # of it, while the account is being given up
SAFE = {"GET", "HEAD", "OPTIONS"}


def is_page(path: str) -> bool:
    """Whether it is a page of a tenant's."""
    return path == "/user" or path.startswith("/user/")


def is_own(path: str) -> bool:
    """Whether a person's own things are behind the path, on whichever side."""
    return is_page(path) or path == "/admin" or path.startswith(("/admin/", *OWN_API))


def sign_out_when_over(*, request: HttpRequest, now: datetime) -> bool:
    """Sign a superadmin out whose session lasted too long or lay idle. Returns whether that was so."""
    if not sessions.is_over(request=request, now=now):
        return False
    viewing.end(request=request)
    sessions.end(request)
    return True


def ask_first(*, request: HttpRequest, person: User, api: bool) -> HttpResponse | None:
    """Lead ``person`` to what is wanted before anything else: a new password, a superadmin's second factor."""
    if not is_own(request.path_info):
        return None
    if person.must_change_password:
        if api:
            told = _("Cambia tu contraseña antes de seguir.")
            return JsonResponse({"detail": told, "code": "password_change_required"}, status=403)
        return _to("account-password", request)
    if person.is_superadmin and not api and settings.SUPERADMIN_SECOND_FACTOR and not second_factor.is_on(person):
        return _to("second-factor", request)
    return None


def refuse_while_leaving(*, request: HttpRequest, person: User) -> HttpResponse | None:
    """403 to whatever would change something of an account that is being given up, but the way back and out."""
    path = request.path_info
    if not person.is_leaving or request.method in SAFE or not path.startswith(OWN_API) or path in STAYS_OPEN:
        return None
    told = _("Tu cuenta se está borrando y por ahora solo se puede mirar. Recupérala para seguir usándola.")
    return JsonResponse({"detail": told, "code": "leaving"}, status=403)


def refuse_while_viewing(*, request: HttpRequest, api: bool) -> HttpResponse:
    """403 in words: who looks at somebody's pages changes nothing there."""
    told = _("Estás viendo la cuenta de otra persona, solo lectura: aquí no puedes cambiar nada.")
    if api:
        return JsonResponse({"detail": told, "code": "viewing"}, status=403)
    context = {"status": 403, "title": _("Solo lectura"), "detail": told}
    return render(request, "error.html", context, status=403)


def _to(name: str, request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method in SAFE else "/"
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': back})}")
