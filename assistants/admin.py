"""The superadmin's pages for the model that answers: its versions, and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assistants import breaker, keys, versions
from assistants.configuration import Configuration, active_version, current_configuration, resolve
from assistants.forms import (
    FALLBACK_PRICES,
    LLMConfigurationForm,
    NewKeyForm,
    decided_meanwhile,
    describe,
    say_field,
    say_result,
    say_value,
)
from assistants.models import LLMConfiguration, ModelKey
from assistants.probes import probe
from assistants.versions import PRICES, DecidedMeanwhile
from tenants.auditing import AuditedAdmin, audits_itself

if TYPE_CHECKING:
    from tenants.models import User


@admin.register(LLMConfiguration)
class LLMConfigurationAdmin(AuditedAdmin):
    """Versions are added, never changed: a new one answers from the next turn on, and one can go back to an old one."""

    form = LLMConfigurationForm
    list_display = ("number", "is_active", "answers", "falls_back", "test", "told", "created_by", "created_at", "note")
    list_display_links = ("number",)
    list_per_page = 25
    actions = None
    change_list_template = "admin/assistants/llmconfiguration/change_list.html"
    change_form_template = "admin/assistants/llmconfiguration/change_form.html"
    fieldsets = (
        (None, {"fields": ("provider", "model", "new_api_key", "base_url", "max_tokens", "based_on")}),
        (
            _("Si falla, responde"),
            {"fields": ("fallback_provider", "fallback_model", "new_fallback_key", "fallback_base_url")},
        ),
        (
            _("Precios por millón de tokens, en dólares"),
            {"fields": (PRICES, FALLBACK_PRICES), "classes": ("collapse",)},
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fieldsets
        shown = ("answers", "falls_back", "max_tokens", "test", "told", "created_by", "created_at", "note")
        return (
            (None, {"fields": shown}),
            (_("Precios por millón de tokens, en dólares"), {"fields": (PRICES, FALLBACK_PRICES)}),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A version that is there is only looked at."""
        if obj is not None:
            kwargs["form"] = ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("answers", "falls_back", "test", "told", "created_by", "created_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What holds now, to be changed."""
        row = active_version()
        initial = super().get_changeform_initial_data(request)
        return initial if row is None else {**{name: getattr(row, name) for name in versions.DECIDED}, **initial}

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Without the transaction that usually surrounds it: the form waits for a service."""
        context: dict[str, Any] = {"show_save_and_continue": False, "show_save_and_add_another": False}
        if object_id is None:
            context["title"] = gettext("Cambiar el modelo que responde")
        try:
            return self._changeform_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[attr-defined]
        except DecidedMeanwhile as fault:
            self.message_user(request, decided_meanwhile(fault.current), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:assistants_llmconfiguration_add"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        found = current_configuration()
        shown = {
            "title": capfirst(str(self.opts.verbose_name)),
            "answering": [describe(model) for model in found.models()],
            "alarms": breaker.alarms(found, now=timezone.now()),
            "keys": list(ModelKey.objects.all()) if not found.fault else [],
        }
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        again = path(
            "<int:pk>/again/", self.admin_site.admin_view(self.go_back), name="assistants_llmconfiguration_again"
        )
        return [again, *super().get_urls()]

    def go_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let an earlier version answer again, once its models have answered a test call."""
        version = LLMConfiguration.objects.filter(pk=pk).first()
        if version is None or request.method != "POST":
            raise Http404
        if not self.has_add_permission(request):
            raise PermissionDenied
        before = active_version()
        trial = versions.try_out(wanted=versions.copy_of(version))
        if not trial.is_good:
            for one in trial.found.values():
                if not one.is_good:
                    self.message_user(request, say_result(one), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:assistants_llmconfiguration_change", args=[pk]))
        try:
            row = self._activate(request, trial, based_on=before.pk if before else None)
        except DecidedMeanwhile as fault:
            self.message_user(request, decided_meanwhile(fault.current), messages.ERROR)
        else:
            self.message_user(request, _took_effect(row), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:assistants_llmconfiguration_changelist"))

    def save_model(self, request: HttpRequest, obj: LLMConfiguration, form: Any, change: bool) -> None:
        based_on = form.cleaned_data["based_on"]
        form.trial.wanted.note = request.POST.get("_reason", "").strip()[:200]
        row = self._activate(request, form.trial, based_on=int(based_on) if based_on else None)
        obj.__dict__.update(row.__dict__)

    def log_addition(self, request: HttpRequest, obj: LLMConfiguration, message: Any) -> Any:
        """It was written down in the transaction of what it tells of."""

    def response_add(self, request: HttpRequest, obj: LLMConfiguration, post_url_continue: Any = None) -> HttpResponse:
        self.message_user(request, _took_effect(obj), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:assistants_llmconfiguration_changelist"))

    @transaction.atomic
    def _activate(self, request: HttpRequest, trial: versions.Trial, *, based_on: int | None) -> LLMConfiguration:
        by = cast("User", request.user).username
        row = versions.activate(trial=trial, based_on=based_on, by=by, now=timezone.now())
        self.write_down(request, "model_changed", row, row.changes)
        return row

    @admin.display(description=_("versión"), ordering="pk")
    def number(self, row: LLMConfiguration) -> str:
        return str(row.pk)

    @admin.display(description=_("responde"))
    def answers(self, row: LLMConfiguration) -> str:
        return " · ".join(part for part in (row.get_provider_display(), row.model, row.base_url) if part) or gettext(
            "lo que diga el servidor"
        )

    @admin.display(description=_("si falla"))
    def falls_back(self, row: LLMConfiguration) -> str:
        told = (row.get_fallback_provider_display(), row.fallback_model, row.fallback_base_url)
        return " · ".join(part for part in told if part) or gettext("el incorporado")

    @admin.display(description=_("prueba"))
    def test(self, row: LLMConfiguration) -> str:
        return " · ".join(one.get("text") or one.get("said", "") for one in row.tested.values()) or "—"

    @admin.display(description=_("cambios"))
    def told(self, row: LLMConfiguration) -> SafeString:
        """«modelo: antes → después», a line each."""
        lines = ((say_field(name), *(say_value(value) for value in pair)) for name, pair in row.changes.items())
        return format_html_join(mark_safe("<br>"), "{}: {} → {}", lines)


@admin.register(ModelKey)
class ModelKeyAdmin(AuditedAdmin):
    """Keys in the order in which they are tried. None is ever shown."""

    list_display = ("__str__", "provider", "base_url", "position", "state", "added_by", "added_at")
    list_filter = ("provider",)
    actions = ("test", "use_again", "delete_selected")
    fields = ("provider", "base_url", "ends", "position", "state", "added_by", "added_at")
    readonly_fields = ("provider", "base_url", "ends", "state", "added_by", "added_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return NewKeyForm if obj is None else super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ((None, {"fields": ("model_of", "new_key")}),) if obj is None else super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.readonly_fields

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A new key without the transaction that usually surrounds the view: the form waits for a service."""
        if object_id is None:
            return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and any(current_configuration().models())

    def save_model(self, request: HttpRequest, obj: ModelKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["position"])
            return
        model = form.models[int(form.cleaned_data["model_of"])]
        with transaction.atomic():
            row = keys.add_key(
                provider=model.provider,
                address=model.base_url,
                secret=form.cleaned_data["new_key"],
                by=cast("User", request.user).username,
                now=timezone.now(),
            )
            super().log_addition(request, row, "")
        obj.__dict__.update(row.__dict__)

    def log_addition(self, request: HttpRequest, obj: ModelKey, message: Any) -> Any:
        """It was written down in the transaction of what it tells of."""

    @admin.action(description=_("Probar con una llamada"))
    @audits_itself
    def test(self, request: HttpRequest, queryset: QuerySet[ModelKey]) -> None:
        for row in queryset:
            model = _model_for(row)
            found = probe(versions.with_key(model, row.secret))
            self.message_user(
                request, f"{row}: {say_result(found)}", messages.SUCCESS if found.is_good else messages.ERROR
            )
            if found.is_good:
                keys.take_back(pk=row.pk)

    @admin.action(description=_("Usar otra vez"))
    def use_again(self, request: HttpRequest, queryset: QuerySet[ModelKey]) -> None:
        for row in queryset:
            keys.take_back(pk=row.pk)

    @admin.display(description=_("estado"))
    def state(self, row: ModelKey) -> str:
        if row.set_aside_at is None:
            return gettext("en uso")
        moment = timezone.localtime(row.set_aside_at)
        return gettext("apartada el %(day)s: %(reason)s") % {
            "day": f"{moment:%Y-%m-%d %H:%M}",
            "reason": row.get_set_aside_for_display(),
        }


def _model_for(row: ModelKey) -> Configuration:
    """The model with which a key is tried: one that answers now, else the provider's usual one."""
    for model in current_configuration().models():
        if (model.provider, model.base_url) == (row.provider, row.base_url):
            return model
    return resolve(row=LLMConfiguration(provider=row.provider, base_url=row.base_url))


def _took_effect(version: LLMConfiguration) -> str:
    return gettext("Versión %(n)s: responde desde el próximo turno de todos.") % {"n": version.pk}
