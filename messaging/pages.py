"""Pages of messages: thin shells over the public API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET


@require_GET
@never_cache
@login_required
def commercial_chat(request: HttpRequest) -> HttpResponse:
    """Ask mine."""
    return render(request, "messaging/chat.html")
