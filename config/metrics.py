"""`/metrics` for Prometheus: how the system is (``config.gauges``), and how its web processes answer.

The gauges come from the one database and are the same wherever they are asked for; the requests (``config.counters``)
are those of the machine that is asked.
"""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from config.counters import read_registry
from config.gauges import SystemCollector

# What a proxy adds: whoever comes through one does not come from this machine.
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Host", "Via")


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text format, for whoever has the token; 503 when the database does not answer."""
    if settings.METRICS_TOKEN:
        if not _has_token(request):
            refusal = JsonResponse({"detail": _("Hace falta la clave de las métricas.")}, status=401)
            refusal["WWW-Authenticate"] = "Bearer"
            return refusal
    elif not _comes_from_here(request):
        return JsonResponse({"detail": _("Las métricas se leen con METRICS_TOKEN.")}, status=403)
    try:
        # Registering would collect once for the names alone.
        text = generate_latest(read_registry()) + generate_latest(_Once(SystemCollector()))
    except DatabaseError:
        return JsonResponse({"detail": "the database does not answer or is not migrated"}, status=503)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


class _Once:
    """What ``generate_latest`` wants of a registry, around one collector."""

    def __init__(self, collector: SystemCollector) -> None:
        self.collect = collector.collect


def _has_token(request: HttpRequest) -> bool:
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN.encode()
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted)


def _comes_from_here(request: HttpRequest) -> bool:
    """Without a token: from this machine, past no proxy, to a site that only this machine knows.

    A proxy on this machine that adds no header looks like the machine itself, so a public site needs the token.
    """
    if not settings.STAYS_HERE or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False
