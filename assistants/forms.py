"""The superadmin's forms for the model that answers: nothing is kept that did not answer a test call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assistants import keys, versions
from assistants.configuration import Configuration, active_version, address_of, current_configuration, resolve
from assistants.models import LLMConfiguration, ModelKey, ProviderName
from assistants.prices import known_prices
from assistants.probes import Probe, probe
from assistants.versions import FALLBACK, MAIN, PRICES

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[LLMConfiguration]
    _KeyForm = forms.ModelForm[ModelKey]
else:  # not subscriptable at run time
    _ModelForm = _KeyForm = forms.ModelForm

FALLBACK_PRICES = tuple(f"fallback_{name}" for name in PRICES)
ABOUT_FALLBACK = ("fallback_model", "fallback_base_url", "new_fallback_key", *FALLBACK_PRICES)


def _key_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        strip=True,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )


class BasedOnField(forms.CharField):
    """Hidden: which version was active when the page was made. Shown again, it names that of now."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial


class LLMConfigurationForm(_ModelForm):
    """A new version. Keys are written, never shown: of what is stored the last four characters appear."""

    new_api_key = _key_field(_("Clave"))
    new_fallback_key = _key_field(_("Clave del respaldo"))
    based_on = BasedOnField(required=False)
    trial: versions.Trial | None = None

    class Meta:
        model = LLMConfiguration
        fields = versions.DECIDED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.active = active_version()
        self.fields["based_on"].initial = str(self.active.pk) if self.active else ""
        row = self.active or LLMConfiguration()
        self.fields["new_api_key"].help_text = _stored(row.provider or _settings_provider(), row.base_url)
        self.fields["new_fallback_key"].help_text = (
            _stored(row.fallback_provider, row.fallback_base_url) if row.fallback_provider else ""
        )
        for prefix, provider, model in (
            ("", row.provider or _settings_provider(), row.model),
            ("fallback_", row.fallback_provider, row.fallback_model),
        ):
            found = known_prices(provider=provider, model=model) if model else None
            for name in PRICES:
                known = getattr(found, name.removesuffix("_price")) if found else None
                told = gettext("En blanco: el publicado") + (f" ({known.normalize():f})." if known is not None else ".")
                self.fields[prefix + name].help_text = told

    def clean_new_api_key(self) -> str:
        return _check_key(self.cleaned_data["new_api_key"])

    def clean_new_fallback_key(self) -> str:
        return _check_key(self.cleaned_data["new_fallback_key"])

    def clean_base_url(self) -> str:
        return str(self.cleaned_data["base_url"]).rstrip("/")

    def clean_fallback_base_url(self) -> str:
        return str(self.cleaned_data["fallback_base_url"]).rstrip("/")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        self._check_prices(data, PRICES)
        self._check_prices(data, FALLBACK_PRICES)
        if not data["fallback_provider"] and any(data[name] not in ("", None) for name in ABOUT_FALLBACK):
            self.add_error("fallback_provider", gettext("Elige quién responde de respaldo, o deja en blanco lo suyo."))
        if data["provider"] == ProviderName.BUILTIN and data.get("fallback_provider"):
            self.add_error("fallback_provider", gettext("El asistente incorporado no falla: no necesita respaldo."))
        self._refuse_if_decided_meanwhile(data)
        if not self.errors:
            self._try_out(data)
        return data

    def _check_prices(self, data: dict[str, Any], names: tuple[str, ...]) -> None:
        sent, written, *caches = (data[name] for name in names)
        if (sent is None) != (written is None) or (sent is None and any(price is not None for price in caches)):
            self.add_error(names[0], gettext("Escribe los precios de entrada y de salida, o ninguno."))

    def _refuse_if_decided_meanwhile(self, data: dict[str, Any]) -> None:
        if (data.get("based_on") or "") == self.fields["based_on"].initial:
            return
        self.add_error(None, decided_meanwhile(self.active))

    def _try_out(self, data: dict[str, Any]) -> None:
        wanted = LLMConfiguration(**{name: data[name] for name in versions.DECIDED})
        found = resolve(row=wanted)
        if found.fault:
            self.add_error(
                "provider", gettext("LLM_PROVIDER, en el servidor, no nombra a ningún proveedor: elige uno aquí.")
            )
            return
        for field, model in (("new_api_key", found), ("new_fallback_key", found.fallback)):
            if model is not None and not data[field] and (missing := _missing_key(model)):
                self.add_error(field, missing)
        if self.errors:
            return
        self.trial = versions.try_out(
            wanted=wanted, new_keys={MAIN: data["new_api_key"], FALLBACK: data["new_fallback_key"]}
        )
        for name, one in self.trial.found.items():
            if not one.is_good:
                self.add_error(_field_of(name, one), say_result(one))


class NewKeyForm(_KeyForm):
    """One more key for a model that answers now, tried out before it is kept."""

    model_of = forms.ChoiceField(label=_("Para"))
    new_key = _key_field(_("Clave"))

    class Meta:
        model = ModelKey
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.models = dict(enumerate(current_configuration().models()))
        self.fields["model_of"].choices = [(n, describe(model)) for n, model in self.models.items()]  # type: ignore[attr-defined]
        self.fields["new_key"].required = True

    def clean_new_key(self) -> str:
        return _check_key(self.cleaned_data["new_key"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        model = self.models[int(data["model_of"])]
        found = probe(versions.with_key(model, data["new_key"]))
        if not found.is_good:
            self.add_error("new_key", say_result(found))
        return data


def decided_meanwhile(current: LLMConfiguration | None) -> str:
    """Who decided what while somebody else was deciding."""
    if current is None:
        return gettext("Mientras editabas cambió la configuración, y lo tuyo no se guardó. Revisa y guarda de nuevo.")
    told = "; ".join(
        f"{say_field(name)}: {say_value(before)} → {say_value(after)}"
        for name, (before, after) in current.changes.items()
    )
    return gettext(
        "%(who)s guardó la versión %(n)s mientras editabas (%(changes)s), y lo tuyo no se guardó. Revisa y guarda de"
        " nuevo."
    ) % {"who": current.created_by or gettext("Alguien"), "n": current.pk, "changes": told or "—"}


def say_result(found: Probe) -> str:
    """What came of a test call, and which key it was."""
    ends = keys.ending(found.key.secret) if found.key else ""
    return f"{found.text} (…{ends})" if ends and not found.is_good else found.text or found.said


def _field_of(name: str, found: Probe) -> str:
    """Where on the form a fault belongs."""
    field = "new_api_key" if found.fault in ("credentials", "no_credit") else "model"
    if field == "model" and found.fault in ("connection", "timeout", "protocol"):
        field = "base_url"
    if name == MAIN:
        return field
    return "new_fallback_key" if field == "new_api_key" else f"fallback_{field}"


def _check_key(key: str) -> str:
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise forms.ValidationError(gettext("La clave tiene espacios o signos que no pueden ir en una clave."))
    return key


def _missing_key(model: Configuration) -> str:
    """What to do when a model that needs a key has none; empty when it has one, or needs none."""
    if model.api_key:
        return ""
    if model.provider == ProviderName.ANTHROPIC:
        return gettext("Claude necesita una clave: pégala aquí o define ANTHROPIC_API_KEY.")
    if model.provider == ProviderName.OPENAI and not model.base_url:
        return gettext("OpenAI necesita una clave; un servidor propio necesita su dirección.")
    return ""


def _settings_provider() -> str:
    found = resolve(row=LLMConfiguration(), stored=())
    return found.provider


def _stored(provider: str, base_url: str) -> str:
    """Which keys there are for a provider at an address, by their last characters."""
    address = address_of(provider=provider, base_url=base_url)
    found = ModelKey.objects.filter(provider=provider, base_url=address).defer("secret")
    if not found:
        return gettext("Sin clave guardada: vale la del servidor, si la hay.")
    ends = ", ".join(f"«…{row.ends}»" for row in found)
    return gettext("Guardadas: %(ends)s. Déjala en blanco para conservarlas; otra se agrega.") % {"ends": ends}


def describe(model: Configuration) -> str:
    """«Claude (Anthropic) · claude-haiku-5-5»."""
    name = ProviderName(model.provider).label
    return " · ".join(part for part in (str(name), model.model, model.base_url) if part)


def say_field(name: str) -> str:
    """A field of a version as people read it."""
    if name in ("key", "fallback_key"):
        return gettext("clave") if name == "key" else gettext("clave del respaldo")
    return str(getattr(LLMConfiguration._meta.get_field(name), "verbose_name", name))


def say_value(value: Any) -> str:
    """A value as people read it; a dash for none."""
    return "—" if value in (None, "") else str(value)
