"""What the superadmin's site shows of people, and of what superadmins did."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ, Schedule, Success
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from tenants.audit import ACTIONS
from tenants.auditing import AuditedAdmin, ReadOnlyAdmin, audits_itself
from tenants.models import AuditEntry, User
from tenants.people import PersonAdmin
from tenants.plans_admin import AllowanceAdmin, PlanAdmin

__all__ = [
    "AllowanceAdmin",
    "AuditEntryAdmin",
    "AuditedAdmin",
    "PersonAdmin",
    "PlanAdmin",
    "ReadOnlyAdmin",
    "audits_itself",
]

# There are no groups; whoever may add a schedule may run any function; and tokens are nobody's to read.
admin.site.unregister([Group, Failure, OrmQ, Schedule, Success, BlacklistedToken, OutstandingToken])


admin.site.register(User, PersonAdmin)


def name_of_kind(label: str) -> str:
    """What a kind of target is called on the screen: «persona» for «tenants.user»."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):  # none, or one that there is no more
        return label


class ActFilter(admin.SimpleListFilter):
    title, parameter_name = _("qué"), "action__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found = AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct()
        return [(action, ACTIONS.get(action, action)) for action in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class TargetFilter(admin.SimpleListFilter):
    title, parameter_name = _("a qué"), "target_type__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found = AuditEntry.objects.order_by("target_type").values_list("target_type", flat=True).distinct()
        return [(label, name_of_kind(label)) for label in found if label]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(target_type=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, to whom, from where, and why."""

    list_display = ("at", "actor_name", "what", "target", "reason", "address")
    list_filter = ("at", ActFilter, TargetFilter, "actor_name")
    search_fields = ("actor_name", "target_name", "reason", "address", "target_id")
    search_help_text = _("Quién, a cuál, por qué o desde dónde")
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    list_per_page = 50
    show_full_result_count = False
    fields = ("at", "actor_name", "what", "target", "reason", "address", "told")
    readonly_fields = ("what", "target", "told")
    actions = None

    @admin.display(description=_("qué"), ordering="action")
    def what(self, entry: AuditEntry) -> str:
        return entry.label

    @admin.display(description=_("a cuál"), ordering="target_name")
    def target(self, entry: AuditEntry) -> str:
        return f"{name_of_kind(entry.target_type)} {entry.target_name or entry.target_id}".strip()

    @admin.display(description=_("cambios"))
    def told(self, entry: AuditEntry) -> SafeString:
        """«campo: antes → después», a line each."""
        lines = ((name, *_before_and_after(value)) for name, value in entry.changes.items())
        return format_html_join(mark_safe("<br>"), "<strong>{}</strong>: {} → {}", lines)


def _before_and_after(value: Any) -> tuple[str, str]:
    before, after = value if isinstance(value, list) and len(value) == 2 else ("", value)
    return tuple("—" if one in (None, "") else str(one) for one in (before, after))  # type: ignore[return-value]
