"""What goes out by WhatsApp, without what it says and with whom it goes to masked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.oversight.masking import clean, mask_person
from config.oversight.pages import ACCOUNT, ATTEMPTS, CREATED, KIND, STATUS, WatchAdmin, column
from messaging.models import Delivery
from messaging.whatsapp.errors import explain

SENT = column("sent_at", _("salió"))


@admin.register(Delivery)
class DeliveryAdmin(WatchAdmin):
    list_display = ("id", CREATED, ACCOUNT, KIND, "to", STATUS, "why", ATTEMPTS, SENT)
    list_filter = ("status", "kind", "code", "is_billable")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)
    fields = (
        *(CREATED, ACCOUNT, KIND, "to", column("phone_number_id", _("desde el número")), STATUS, "why", "remedy"),
        *(column("code", _("código")), "said", ATTEMPTS, column("next_at", _("próximo intento"))),
        *(column("useful_until", _("sirve hasta")), column("category", _("categoría"))),
        *(column("pricing_type", _("tarifa")), SENT, column("delivered_at", _("entregado"))),
        *(column("read_at", _("leído")), column("failed_at", _("falló"))),
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
