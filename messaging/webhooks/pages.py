"""The page of webhooks: a thin shell over the public API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
@login_required
def webhooks(request: HttpRequest) -> HttpResponse:
    """Which systems are told what happens, and whether they took it."""
    return render(request, "messaging/webhooks.html")
