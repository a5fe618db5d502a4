"""The page of WhatsApp: a thin shell over the public API."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from messaging.whatsapp import shops
from messaging.whatsapp.channels import SharedNumber
from tenants.authentication import person_of


@require_safe
@never_cache
@login_required
def whatsapp(request: HttpRequest) -> HttpResponse:
    """How customers and I reach my assistants on WhatsApp, and whether it works."""
    shared = SharedNumber.current()
    context = {
        "webhook_url": settings.SITE_URL + reverse("api-whatsapp-webhook"),
        "is_public": settings.HTTPS,
        "simulates": bool(settings.WHATSAPP.get("SIMULATED")),
        "shop_word": f"@{person_of(request).username}",
        "shop_link": shops.link_of(person_of(request)),
        "shared_phone": shared.display_phone_number if shared is not None else "",
    }
    return render(request, "messaging/whatsapp.html", context)
