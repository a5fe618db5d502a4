"""The platform's own number, what tenants were told by the bell, and what turns took: without any words."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from assistants.models import TurnUsage
from config.oversight.pages import ListAdmin, WatchAdmin
from messaging.models import Notification, SharedNumber


@admin.register(SharedNumber)
class SharedNumberAdmin(WatchAdmin):
    list_display = (
        "phone_number_id",
        "display_phone_number",
        "quality",
        "messaging_limit",
        "paused_for",
        "webhook_seen_at",
    )
    fields = (
        *("phone_number_id", "display_phone_number", "business_account_id", "quality", "messaging_limit"),
        *("paused_for", "paused_at", "not_before", "no_proactive_before", "payment_problem_at"),
        *("token_is_valid", "token_checked_at", "webhook_seen_at", "signature_failures", "signature_failed_at"),
        *("templates", "templates_fetched_at"),
    )
    readonly_fields = fields
    search_help_text = None


@admin.register(Notification)
class NotificationAdmin(ListAdmin):
    list_display = ("id", "created_at", "user", "kind", "read_at", "mailed_at")
    list_filter = ("kind", "created_at")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows: QuerySet[Notification] = super().get_queryset(request)
        return rows.defer("title", "body", "url")


@admin.register(TurnUsage)
class TurnUsageAdmin(ListAdmin):
    list_display = (
        *("id", "created_at", "user", "assistant_type", "audience", "provider", "model", "outcome", "reason"),
        *("input_tokens", "output_tokens", "cost", "latency_ms"),
    )
    list_filter = ("outcome", "provider", "assistant_type", "created_at")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)
