"""The page of what happened: a thin shell over the public API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
@login_required
def analytics(request: HttpRequest) -> HttpResponse:
    """How is it going, what should I do?"""
    return render(request, "analytics/analytics.html")
