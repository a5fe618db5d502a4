"""People, as the superadmin sees them. Nobody is deleted here: an account is suspended, and its access ends at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ, Schedule, Success
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from tenants.auditing import AuditedAdmin, ReadOnlyAdmin, audits_itself
from tenants.models import AuditEntry, User

__all__ = ["AuditEntryAdmin", "AuditedAdmin", "PersonAdmin", "ReadOnlyAdmin", "audits_itself"]

# There are no groups; whoever may add a schedule may run any function; and tokens are nobody's to read.
admin.site.unregister([Group, Failure, OrmQ, Schedule, Success, BlacklistedToken, OutstandingToken])


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email", "role", "language", "timezone")


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = ("username", "email", "role", "is_active", "language", "timezone")


@admin.register(User)
class PersonAdmin(AuditedAdmin, DjangoUserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("username", "email", "role", "is_active", "created_at", "last_login")
    list_filter = ("role", "is_active", "language")
    search_fields = ("username", "email")
    ordering = ("-created_at",)
    filter_horizontal = ()
    readonly_fields = ("created_at", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "email", "password")}),
        (_("Acceso"), {"fields": ("role", "is_active")}),
        (_("Idioma y hora"), {"fields": ("language", "timezone")}),
        (_("Fechas"), {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "role", "language", "timezone")}),
        (_("Contraseña"), {"fields": ("usable_password", "password1", "password2")}),
    )
    actions = ("suspend", "reinstate")

    @admin.action(description=_("Suspender: sus sesiones y tokens dejan de valer ya"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        queryset.exclude(username=request.user.get_username()).update(is_active=False)

    @admin.action(description=_("Reactivar"))
    def reinstate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        queryset.update(is_active=True)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, to whom, from where, and why."""

    list_display = ("at", "actor_name", "what", "target", "reason", "address")
    list_filter = ("at", "action", "target_type", "actor_name")
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
        return f"{entry.target_type} {entry.target_name or entry.target_id}".strip()

    @admin.display(description=_("cambios"))
    def told(self, entry: AuditEntry) -> SafeString:
        """«campo: antes → después», a line each."""
        lines = ((name, *_before_and_after(value)) for name, value in entry.changes.items())
        return format_html_join(mark_safe("<br>"), "<strong>{}</strong>: {} → {}", lines)


def _before_and_after(value: Any) -> tuple[str, str]:
    before, after = value if isinstance(value, list) and len(value) == 2 else ("", value)
    return tuple("—" if one in (None, "") else str(one) for one in (before, after))  # type: ignore[return-value]
