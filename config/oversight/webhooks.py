"""Tenants' webhooks: where they lead and how they do, without what may be secret in an address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.oversight.pages import ACCOUNT, CREATED, ListAdmin, column
from messaging.models import WebhookEndpoint


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ListAdmin):
    list_display = (
        *("id", CREATED, ACCOUNT, "leads_to", "wants", column("is_active", _("activo"))),
        *(column("delivered_at", _("recibió bien")), column("failing_since", _("falla desde"))),
        *(column("disabled_at", _("desactivado")), column("disabled_reason", _("por qué"))),
    )
    list_filter = ("is_active", "disabled_reason", "failing_since")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("secret", "old_secret", "description")

    @admin.display(description=_("dirección"))
    def leads_to(self, endpoint: WebhookEndpoint) -> str:
        """Scheme and host: a path or query is a secret with many who receive."""
        parts = urlsplit(endpoint.url)
        return f"{parts.scheme}://{parts.hostname or ''}/…"

    @admin.display(description=_("sucesos"))
    def wants(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.events)
