"""What goes out by WhatsApp, without what it says and with whom it goes to masked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.oversight.masking import clean, mask_person
from config.oversight.pages import WatchAdmin
from messaging.models import Delivery
from messaging.whatsapp.errors import explain


@admin.register(Delivery)
class DeliveryAdmin(WatchAdmin):
    list_display = ("id", "created_at", "user", "kind", "to", "status", "why", "attempts", "sent_at")
    list_filter = ("status", "kind", "code", "is_billable")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)
    fields = (
        *("user", "kind", "to", "phone_number_id", "status", "why", "remedy", "code", "said", "attempts"),
        *("is_billable", "category", "pricing_type", "created_at", "next_at", "useful_until"),
        *("sent_at", "delivered_at", "read_at", "failed_at"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("payload", "text", "template")

    @admin.display(description=_("para"))
    def to(self, delivery: Delivery) -> str:
        return mask_person(delivery.recipient)

    @admin.display(description=_("por qué"), ordering="code")
    def why(self, delivery: Delivery) -> str:
        return explain(code=delivery.code, detail=delivery.detail).text if _is_told(delivery) else "—"

    @admin.display(description=_("qué hacer"))
    def remedy(self, delivery: Delivery) -> str:
        return explain(code=delivery.code, detail=delivery.detail).remedy if _is_told(delivery) else "—"

    @admin.display(description=_("lo que dijo WhatsApp"))
    def said(self, delivery: Delivery) -> str:
        return clean(delivery.detail) or "—"


def _is_told(delivery: Delivery) -> bool:
    """Whether there is something that went wrong."""
    return delivery.code is not None or delivery.status in (Delivery.Status.FAILED, Delivery.Status.UNKNOWN)
