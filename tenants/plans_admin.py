"""The superadmin's pages for plans, and for what was agreed with one tenant beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tenants.auditing import AuditedAdmin
from tenants.models import Allowance, Plan, User
from tenants.oversight import PlatformAdmin
from tenants.plans import MEASURES, plan_of

if TYPE_CHECKING:
    _AllowanceForm = forms.ModelForm[Allowance]
else:  # not subscriptable at run time
    _AllowanceForm = forms.ModelForm


class MeasuresAdmin(AuditedAdmin):
    """Rows with an amount for each measure. One that is blank reads as ``blank``."""

    blank: Any

    @admin.display(description=_("respuestas"), ordering="turns")
    def of_turns(self, row: Plan | Allowance) -> str:
        return self._say(row.turns)

    @admin.display(description=_("tokens"), ordering="tokens")
    def of_tokens(self, row: Plan | Allowance) -> str:
        return self._say(row.tokens)

    @admin.display(description=_("dólares"), ordering="money")
    def of_money(self, row: Plan | Allowance) -> str:
        return self._say(row.money)

    @admin.display(description=_("mensajes"), ordering="messages")
    def of_messages(self, row: Plan | Allowance) -> str:
        return self._say(row.messages)

    def _say(self, amount: Any) -> str:
        if amount is None:
            return str(self.blank)
        return f"{amount.normalize():f}" if isinstance(amount, Decimal) else str(amount)


@admin.register(Plan)
class PlanAdmin(MeasuresAdmin):
    """What is sold. An amount that is blank is no limit, and zero is nothing at all."""

    blank = _("sin límite")
    list_display = ("name", "code", "is_default", "of_turns", "of_tokens", "of_money", "of_messages", "price", "people")
    fieldsets = (
        (None, {"fields": ("name", "code", "price", "is_default", "order")}),
        (
            _("Lo que incluye un mes"),
            {"fields": MEASURES, "description": _("En blanco, sin límite. Cero es nada.")},
        ),
        (_("Ritmo"), {"fields": ("requests_per_minute", "chats_per_minute")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A plan keeps its code: programs know it by that."""
        return ("code",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not the one of new accounts, and none that somebody has."""
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        return not obj.is_default and not User.objects.filter(plan=obj).exists()

    @admin.display(description=_("quién lo tiene"))
    def people(self, plan: Plan) -> SafeString:
        """How many, with a link to who they are; those without a plan of their own have the default one."""
        has_it = Q(plan=plan) | Q(plan=None) if plan.is_default else Q(plan=plan)
        count = User.objects.tenants().filter(has_it).count()
        told = ngettext("%(n)d persona", "%(n)d personas", count) % {"n": count}
        return format_html(
            '<a href="{}?plan__id__exact={}">{}</a>', reverse("admin:tenants_user_changelist"), plan.pk, told
        )


class AllowanceForm(_AllowanceForm):
    """What differs from the plan, for one tenant who has no agreement yet."""

    person = forms.ModelChoiceField(queryset=User.objects.none(), label=_("persona"))

    class Meta:
        model = Allowance
        fields = (*MEASURES, "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreed = Allowance.objects.values("user_id")
        self.fields["person"].queryset = User.objects.tenants().exclude(pk__in=agreed).order_by("username")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("person") is not None:
            self.instance.user = data["person"]
        return data


@admin.register(Allowance)
class AllowanceAdmin(PlatformAdmin, MeasuresAdmin):
    """What was agreed with one tenant. A measure that is blank is as in the plan."""

    blank = _("como el plan")
    list_display = ("person", "plan", "of_turns", "of_tokens", "of_money", "of_messages", "note", "updated_at")
    list_select_related = ("user__plan",)
    search_fields = ("user__username", "user__email", "note")
    ordering = ("user__username",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = AllowanceForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        words = gettext("En blanco, como el plan. Cero es nada.")
        whose = ("person",) if obj is None else ("person", "plan")
        amounts = {"fields": MEASURES, "description": words}
        return ((None, {"fields": whose}), (gettext("Lo que incluye un mes"), amounts), (None, {"fields": ("note",)}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("person", "plan")

    @admin.display(description=_("persona"), ordering="user__username")
    def person(self, row: Allowance) -> str:
        return row.user.username

    @admin.display(description=_("plan"))
    def plan(self, row: Allowance) -> str:
        return str(plan_of(row.user) or gettext("ninguno"))
