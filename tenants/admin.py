"""People, as the superadmin sees them. Nobody is deleted here: an account is suspended, and its access ends at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ, Schedule, Success
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from tenants.models import User

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
class PersonAdmin(DjangoUserAdmin):
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
