"""The page of keys of the API: a thin shell over the same API that everyone else uses."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenants.keys import AREAS


@require_safe
@never_cache
@login_required
def keys(request: HttpRequest) -> HttpResponse:
    """What other systems show instead of a password: made, looked at, revoked."""
    areas = [{"name": name, "label": str(label)} for name, label in AREAS.items()]
    return render(request, "tenants/keys.html", {"areas": areas, "site": settings.SITE_URL})
