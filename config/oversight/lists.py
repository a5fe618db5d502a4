"""The platform's own number, what tenants were told by the bell, and what turns took: without any words."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from assistants.models import TurnUsage
from config.oversight.pages import ACCOUNT, CREATED, KIND, ListAdmin, WatchAdmin, column
from messaging.models import Notification, SharedNumber

QUALITY = column("quality", _("calidad"))
PAUSED = column("paused_for", _("detenido por"))
SEEN = column("webhook_seen_at", _("webhook visto"))


@admin.register(SharedNumber)
class SharedNumberAdmin(WatchAdmin):
    list_display = ("phone_number_id", "display_phone_number", QUALITY, PAUSED, SEEN)
    fields = (
        *("phone_number_id", "display_phone_number", "business_account_id", QUALITY),
        *(column("messaging_limit", _("límite de WhatsApp")), PAUSED, column("paused_at", _("detenido desde"))),
        *(column("not_before", _("no envía antes de")), column("no_proactive_before", _("solo responde hasta"))),
        column("payment_problem_at", _("problema de pago")),
        *(column("token_is_valid", _("la clave vale")), column("token_checked_at", _("clave probada")), SEEN),
        column("signature_failures", _("firmas que no valían")),
        column("signature_failed_at", _("la última")),
        *(column("templates", _("plantillas")), column("templates_fetched_at", _("plantillas leídas"))),
    )
    readonly_fields = fields
    search_help_text = None


@admin.register(Notification)
class NotificationAdmin(ListAdmin):
    list_display = ("id", CREATED, ACCOUNT, KIND, column("read_at", _("leída")), column("mailed_at", _("por correo")))
    list_filter = ("kind", "created_at")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows: QuerySet[Notification] = super().get_queryset(request)
        return rows.defer("title", "body", "url")


@admin.register(TurnUsage)
class TurnUsageAdmin(ListAdmin):
    list_display = (
        *("id", CREATED, ACCOUNT, column("assistant_type", _("asistente")), column("provider", _("proveedor"))),
        *(column("model", _("modelo")), column("outcome", _("resultado")), column("reason", _("motivo"))),
        *(column("input_tokens", _("leídos")), column("output_tokens", _("escritos")), "dollars"),
        column("latency_ms", _("milisegundos")),
    )
    list_filter = ("outcome", "provider", "assistant_type", "is_estimate", "created_at")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)

    @admin.display(description=_("dólares"), ordering="cost")
    def dollars(self, usage: TurnUsage) -> str:
        """«≈» where a call was cut off before its service had told what it took."""
        return "—" if usage.cost is None else f"{'≈ ' if usage.is_estimate else ''}{usage.cost}"
