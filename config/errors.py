"""Errors outside a DRF view: JSON under ``/api/``, a page of ours elsewhere."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

RETRY_SECONDS = 5  # until a database that went away is back: the embedded one is started again within that time


def _answer(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    if f"{request.path}/".startswith("/api/"):
        return JsonResponse({"detail": detail}, status=status)
    return render(request, "error.html", {"status": status, "title": title, "detail": detail}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, _("No entendimos eso"), _("La solicitud no se puede leer."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, _("Aquí no puedes entrar"), _("No tienes permiso para hacer esto."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, _("No está aquí"), _("No encontramos lo que buscas."))


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for a fault of ours; 503 where the database went away, or had to choose between two who waited."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return _answer(
        request, 500, _("Algo falló de nuestro lado"), _("Tus datos están a salvo. Vuelve a intentarlo en un momento.")
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 for what works again in a moment, and did nothing now."""
    response = _answer(request, 503, _("Un momento, por favor"), _("Ahora no podemos responder. Prueba en un momento."))
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, _("La página caducó"), _("Por seguridad, recarga la página y vuelve a intentarlo."))


def too_many(request: HttpRequest, *, retry_after: int) -> HttpResponse:
    """429 for somebody who asks too often and may ask again in so many seconds."""
    detail = ngettext(
        "Son demasiadas peticiones seguidas. Prueba en %(n)d segundo.",
        "Son demasiadas peticiones seguidas. Prueba en %(n)d segundos.",
        retry_after,
    )
    response = _answer(request, 429, _("Más despacio"), detail % {"n": retry_after})
    response["Retry-After"] = str(retry_after)
    response["Cache-Control"] = "no-store"
    return response
