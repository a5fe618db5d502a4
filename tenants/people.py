"""People on the superadmin's site: lists, filters, the form of one, and the pages of what is done to them."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tenants import accounts, roles, sessions, verification, viewing
from tenants.acts import ACTS, perform
from tenants.auditing import AuditedAdmin, audits_itself, changes_between
from tenants.authentication import person_of
from tenants.events import record
from tenants.models import Preferences, SecondFactor, User
from tenants.oversight import PlatformAdmin
from tenants.scope import own_scope, sees_everybody


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email", "must_change_password", "language", "timezone", "plan")


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = ("username", "email", "plan", "language", "timezone")


class PersonPasswordForm(AdminPasswordChangeForm):
    """A password that somebody else chose is good for one thing: to choose one's own."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True

    def save(self, commit: bool = True) -> User:
        accounts.change_password(user=self.user, password=self.cleaned_data["password1"])
        self.user.must_change_password = True
        self.user.save(update_fields=["must_change_password"])
        return self.user


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"), max_length=500, widget=forms.Textarea(attrs={"rows": 3, "autofocus": ""})
    )


class SecondFactorFilter(admin.SimpleListFilter):
    title, parameter_name = _("segundo factor"), "factor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("on", _("Encendido")), ("off", _("Apagado"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        wanted: dict[str, Any] = {"has_factor": self.value() == "on"}  # what get_queryset adds to each person
        return queryset.filter(**wanted) if self.value() in ("on", "off") else queryset


class LeavingFilter(admin.SimpleListFilter):
    title, parameter_name = _("borrado pedido"), "leaving"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Se está borrando"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(leaves_at__isnull=False) if self.value() == "yes" else queryset


class LastLoginFilter(admin.SimpleListFilter):
    title, parameter_name = _("última entrada"), "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("7", _("En los últimos 7 días")), ("30", _("En los últimos 30 días")),
                ("gone", _("Hace más de 30 días")), ("never", _("Nunca"))]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        value, now = self.value(), timezone.now()
        if value in ("7", "30"):
            return queryset.filter(last_login__gte=now - timedelta(days=int(value)))
        if value == "gone":
            return queryset.filter(last_login__lt=now - timedelta(days=30))
        return queryset.filter(last_login=None) if value == "never" else queryset


class PersonAdmin(PlatformAdmin, AuditedAdmin, DjangoUserAdmin):
    """Nobody is deleted here: an account is suspended, and its access ends at once."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = PersonPasswordForm
    change_form_template = "tenants/admin_person.html"
    list_display = (
        "username",
        "business",
        "email",
        "role",
        "is_active",
        "plan",
        "has_factor",
        "last_login",
    )
    list_filter = (
        *("role", "is_active", LeavingFilter, "plan"),
        *(SecondFactorFilter, LastLoginFilter, "must_change_password", "language"),
    )
    list_select_related = ("plan",)
    search_fields = ("username", "email", "business_name")
    search_help_text = _("Usuario, correo o nombre del negocio")
    ordering = ("-created_at",)
    filter_horizontal = ()
    readonly_fields = (
        "role",
        "is_active",
        "leaves_at",
        "email_verified_at",
        "must_change_password",
        "has_factor",
        "business",
        "created_at",
        "last_login",
    )
    fieldsets = (
        (None, {"fields": ("username", "business", "email", "email_verified_at", "password")}),
        (
            _("Acceso"),
            {"fields": ("role", "is_active", "leaves_at", "must_change_password", "has_factor", "last_login")},
        ),
        (_("Plan"), {"fields": ("plan",)}),
        (_("Idioma y hora"), {"fields": ("language", "timezone", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "plan", "language", "timezone")}),
        (_("Contraseña"), {"fields": ("usable_password", "password1", "password2", "must_change_password")}),
    )
    actions = ("suspend", "restore", "require_password", "end_sessions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        factor = SecondFactor.objects.filter(account=OuterRef("pk"), confirmed_at__isnull=False)
        names: Any = Value("", output_field=CharField())  # where a list of people is asked for from outside
        if sees_everybody():
            names = Subquery(Preferences.objects.filter(user=OuterRef("pk")).values("business_name")[:1])
        return found.annotate(has_factor=Exists(factor), business_name=names)

    @admin.display(description=_("negocio"), ordering="business_name")
    def business(self, user: User) -> str:
        return getattr(user, "business_name", None) or "—"

    @admin.display(description=_("segundo factor"), boolean=True, ordering="has_factor")
    def has_factor(self, user: User) -> bool:
        return bool(getattr(user, "has_factor", False))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"must_change_password": True, **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        transaction.on_commit(lambda: roles.furnish(user=obj))
        return super().response_add(request, obj, post_url_continue)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """An address that a superadmin types is still to be proved by whoever is to have it."""
        if "email" in form.changed_data:
            obj.email_verified_at = None
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data and obj.may_enter:
            verification.post(user=obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changes = changes_between(getattr(obj, "_as_loaded", {}), self.values(obj))
        if "password" in changes:
            return self.write_down(request, "password_changed", obj, changes)
        if "plan" in changes and obj.is_tenant:
            before, plan = changes["plan"]
            record("plan_changed", user=obj, plan=plan, before=before)
        return super().log_change(request, obj, message)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        user = User.objects.filter(pk=unquote(id)).first() if unquote(id).isdigit() else None
        with own_scope(user) if user is not None else nullcontext(), transaction.atomic():
            return _change_password(request, super().user_change_password, id, form_url)

    # --- acts ---
    def get_more_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("act/<slug:name>/", wrap(self.act_view), name="tenants_user_act"),
            path("<int:pk>/view/", wrap(self.view_as_view), name="tenants_user_view"),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        user = self.get_object(request, unquote(object_id)) if request.method == "GET" else None
        fitting = [act for act in ACTS.values() if act.suits(user)] if user is not None else []
        more = {"acts": fitting, "may_view": user is not None and user.is_tenant}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    def act_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask why, say what it means, and do it to those who are named in ``people``."""
        act = ACTS.get(name)
        ids = [int(one) for one in request.GET.get("people", "").split(",") if one.isdecimal() and len(one) < 19]
        people = list(User.objects.filter(pk__in=ids).order_by("username"))
        if act is None or not people:
            raise Http404
        if not self.has_change_permission(request):
            raise PermissionDenied
        if act.is_grave and not sessions.is_proved(request=request, now=timezone.now()):
            return sessions.ask_for_proof(request)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            outcome = perform(act=act, actor=person_of(request), people=people, reason=form.cleaned_data["reason"])
            self._tell(request, outcome)
            return HttpResponseRedirect(self._back(people))
        context = {"act": act, "people": people, "title": act.label, "warning": act.warning, "back": self._back(people)}
        return self._ask(request, form, context)

    def view_as_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, and show the tenant's pages."""
        user = get_object_or_404(User.objects.tenants(), pk=pk)
        if not sessions.is_proved(request=request, now=timezone.now()):
            return sessions.ask_for_proof(request)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            viewing.begin(
                request=request,
                superadmin=person_of(request),
                tenant=user,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            return HttpResponseRedirect(user.home)
        warning = gettext(
            "Verás sus páginas media hora, sin poder cambiar nada. Quien es dueño de la cuenta lo verá, con tu motivo."
        )
        context = {"people": [user], "title": gettext("Ver la cuenta"), "warning": warning, "back": self._back([user])}
        return self._ask(request, form, context)

    def _ask(self, request: HttpRequest, form: ReasonForm, context: dict[str, Any]) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "form": form, "opts": self.opts}
        return render(request, "tenants/admin_act.html", context, status=400 if form.errors else 200)

    def _back(self, people: list[User]) -> str:
        if len(people) == 1:
            return reverse("admin:tenants_user_change", args=[people[0].pk])
        return reverse("admin:tenants_user_changelist")

    def _tell(self, request: HttpRequest, outcome: Any) -> None:
        if outcome.done:
            n = len(outcome.done)
            messages.success(request, ngettext("Hecho, con %(n)d cuenta.", "Hecho, con %(n)d cuentas.", n) % {"n": n})
        if outcome.unchanged:
            names = ", ".join(user.username for user in outcome.unchanged)
            messages.info(request, gettext("Ya estaba así: %(names)s.") % {"names": names})
        for user, reason in outcome.refused:
            messages.error(request, f"@{user.username}: {reason}")

    @audits_itself
    @admin.action(description=_("Suspender"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        return _to_act("suspend", queryset)

    @audits_itself
    @admin.action(description=_("Reactivar"))
    def restore(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        return _to_act("restore", queryset)

    @audits_itself
    @admin.action(description=_("Exigir otra contraseña"))
    def require_password(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        return _to_act("require-password", queryset)

    @audits_itself
    @admin.action(description=_("Cerrar sus sesiones"))
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        return _to_act("end-sessions", queryset)


def _to_act(name: str, people: QuerySet[User]) -> HttpResponse:
    ids = ",".join(str(pk) for pk in people.values_list("pk", flat=True))
    return HttpResponseRedirect(f"{reverse('admin:tenants_user_act', args=[name])}?{urlencode({'people': ids})}")


@sessions.proof_required
def _change_password(request: HttpRequest, view: Any, pk: str, form_url: str) -> HttpResponse:
    answer: HttpResponse = view(request, pk, form_url)
    return answer
