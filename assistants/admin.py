"""The superadmin's page for the model that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assistants.configuration import resolve
from assistants.models import LLMConfiguration, ProviderName

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[LLMConfiguration]
    _ModelAdmin = admin.ModelAdmin[LLMConfiguration]
else:  # not subscriptable at run time
    _ModelForm, _ModelAdmin = forms.ModelForm, admin.ModelAdmin


SHARED_FIELDS = ["provider", "model", "base_url", "max_tokens"]


class LLMConfigurationForm(_ModelForm):
    """The key is written, never shown: what is stored appears as «guardada, termina en …»."""

    new_api_key = forms.CharField(
        label=_("Clave"),
        required=False,
        strip=True,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )
    forget_api_key = forms.BooleanField(label=_("Borrar la clave guardada"), required=False)

    class Meta:
        model = LLMConfiguration
        fields = SHARED_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.api_key
        if stored:
            told = gettext("Guardada, termina en «%(end)s». Déjala en blanco para conservarla.")
            self.fields["new_api_key"].help_text = told % {"end": stored[-4:] if len(stored) >= 12 else "…"}
        else:
            self.fields["new_api_key"].help_text = gettext("Sin clave guardada: vale la del servidor, si la hay.")

    def clean_new_api_key(self) -> str:
        key: str = self.cleaned_data["new_api_key"]
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise forms.ValidationError(gettext("La clave tiene espacios o signos que no pueden ir en una clave."))
        return key

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        key = data.get("new_api_key") or ("" if data.get("forget_api_key") else self.instance.api_key)
        before = LLMConfiguration.objects.filter(pk=self.instance.pk).first()
        if before and key and not data.get("new_api_key"):
            self._refuse_key_for_elsewhere(before=before, data=data)
        wanted = LLMConfiguration(**{name: data.get(name) for name in SHARED_FIELDS}, api_key=key)
        found = resolve(row=wanted)
        if found.fault:
            raise forms.ValidationError(
                gettext("LLM_PROVIDER, en el servidor, no nombra a ningún proveedor: elige uno aquí.")
            )
        if found.provider == ProviderName.ANTHROPIC and not found.api_key:
            self.add_error("new_api_key", gettext("Claude necesita una clave: pégala aquí o define ANTHROPIC_API_KEY."))
        if found.provider == ProviderName.OPENAI and not found.api_key and not found.base_url:
            self.add_error(
                "new_api_key", gettext("OpenAI necesita una clave; un servidor propio necesita su dirección.")
            )
        return data

    def _refuse_key_for_elsewhere(self, *, before: LLMConfiguration, data: dict[str, Any]) -> None:
        """A stored key goes to nobody but whom it was given for."""
        old, new = resolve(row=before), resolve(row=LLMConfiguration(**{n: data.get(n) for n in SHARED_FIELDS}))
        if ProviderName.BUILTIN not in (old.provider, new.provider) and (
            (old.provider, old.base_url) != (new.provider, new.base_url)
        ):
            self.add_error(
                "new_api_key", gettext("La clave guardada es de otro proveedor u otra dirección: escríbela de nuevo.")
            )

    def save(self, commit: bool = True) -> LLMConfiguration:
        if self.cleaned_data["new_api_key"]:
            self.instance.api_key = self.cleaned_data["new_api_key"]
        elif self.cleaned_data["forget_api_key"]:
            self.instance.api_key = ""
        saved: LLMConfiguration = super().save(commit=commit)
        return saved


@admin.register(LLMConfiguration)
class LLMConfigurationAdmin(_ModelAdmin):
    form = LLMConfigurationForm
    fields = ["provider", "model", "new_api_key", "forget_api_key", "base_url", "max_tokens", "updated_at"]
    readonly_fields = ["updated_at"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one row: its form is the page."""
        row = LLMConfiguration.objects.first()
        if row is None:
            return HttpResponseRedirect(reverse("admin:assistants_llmconfiguration_add"))
        return HttpResponseRedirect(reverse("admin:assistants_llmconfiguration_change", args=[row.pk]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not LLMConfiguration.objects.exists()
