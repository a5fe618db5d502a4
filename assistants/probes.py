"""Test calls: a real, tiny round with a model before it answers anybody, and in plain words what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from assistants.configuration import Configuration, Key
from assistants.models import ProviderName
from assistants.providers import provider_for
from assistants.providers.base import ChatMessage, ProviderError, ProviderFault, SystemBlock, TokenUsage, ToolSpec
from assistants.providers.transport import deadline

SECONDS = 15.0  # somebody waits for the page
MAX_TOKENS = 64
SAID = 120  # characters of the answer that are kept

# A model that knows no tools can answer nobody here, so one is offered.
PING = ToolSpec(
    "ping", "Does nothing.", {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
)
SYSTEM = (SystemBlock("This is a connection test. Answer with the single word: listo", stable=True),)
QUESTION = (ChatMessage("user", "¿Listo?"),)

# How keys of a company begin, where they say so. One of another company is not even sent to be refused.
BEGINNINGS = {
    "sk-ant-": "Anthropic",
    "sk-proj-": "OpenAI",
    "sk-svcacct-": "OpenAI",
    "sk-admin-": "OpenAI",
    "AIza": "Google",
    "gsk_": "Groq",
    "xai-": "xAI",
    "sk-or-": "OpenRouter",
    "EAA": "Meta",
}
OWNERS = {"api.anthropic.com": "Anthropic", "api.openai.com": "OpenAI"}
OWN_HOSTS = {ProviderName.ANTHROPIC: "api.anthropic.com", ProviderName.OPENAI: "api.openai.com"}


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of a test call. ``fault`` is empty when the model answered, else the kind of fault; ``text`` says it
    for people. ``key`` is the one that served, or the last that was tried."""

    provider: str
    model: str
    milliseconds: int = 0
    said: str = ""
    usage: TokenUsage = field(default_factory=TokenUsage)
    fault: str = ""
    text: str = ""
    key: Key | None = None
    refused: tuple[tuple[Key, str], ...] = ()  # the keys before it, and how each was refused

    @property
    def is_good(self) -> bool:
        return not self.fault

    def as_json(self) -> dict[str, Any]:
        """For the version's row: no key, and nothing of it."""
        return {
            "provider": self.provider,
            "model": self.model,
            "milliseconds": self.milliseconds,
            "said": self.said,
            "tokens": self.usage.input + self.usage.output + self.usage.cache_read + self.usage.cache_write,
            "fault": self.fault,
            "text": self.text,
        }


def probe(configuration: Configuration, *, seconds: float = SECONDS) -> Probe:
    """Ask the model of ``configuration`` once, with its keys in turn until one serves; all of it takes ``seconds`` at
    most. To be called outside of every transaction. Never raises for what the service does."""
    if configuration.fault:
        text = _("Esta configuración no se puede usar (%(fault)s).") % {"fault": configuration.fault}
        return Probe(configuration.provider, configuration.model, fault=configuration.fault, text=text)
    if configuration.provider == ProviderName.BUILTIN:
        return Probe(
            configuration.provider, configuration.model, said=_("El asistente incorporado no necesita prueba.")
        )
    keys = list(configuration.keys) or [Key(configuration.api_key)]
    ends = time.monotonic() + seconds
    refused: list[tuple[Key, str]] = []
    while True:
        key = keys.pop(0)
        found = _ask(replace(configuration, api_key=key.secret), key, seconds=max(ends - time.monotonic(), 0.1))
        if found.fault in (ProviderFault.CREDENTIALS, ProviderFault.NO_CREDIT):
            refused.append((key, found.fault))
        if found.is_good or not keys or found.fault not in _of_a_key or time.monotonic() >= ends:
            return replace(found, refused=tuple(refused))


_of_a_key = {ProviderFault.CREDENTIALS, ProviderFault.NO_CREDIT, ProviderFault.RATE_LIMITED}


def _ask(configuration: Configuration, key: Key, *, seconds: float) -> Probe:
    empty = Probe(configuration.provider, configuration.model, key=key)
    if stranger := whose_key(key.secret, provider=configuration.provider, base_url=configuration.base_url):
        text = _("La clave es de %(owner)s, no de este proveedor: no se envió.") % {"owner": stranger}
        return replace(empty, fault=ProviderFault.CREDENTIALS.value, text=text)
    began = time.monotonic()
    provider = provider_for(configuration, has_other_keys=True)
    try:
        with deadline(seconds):
            completion = provider.generate(system=SYSTEM, messages=QUESTION, tools=(PING,), max_tokens=MAX_TOKENS)
    except ProviderError as error:
        took = round((time.monotonic() - began) * 1000)
        return replace(
            empty, milliseconds=took, fault=error.kind.value, text=explain(error, configuration=configuration)
        )
    took = round((time.monotonic() - began) * 1000)
    said = " ".join(completion.text.split())[:SAID]
    text = _("%(model)s contestó en %(n)d ms.") % {"model": configuration.model, "n": took}
    return replace(empty, milliseconds=took, said=said, usage=completion.usage, text=text)


def whose_key(secret: str, *, provider: str, base_url: str) -> str:
    """The company to which a key belongs when it would be shown to another one; empty when nothing speaks against it.

    Only keys that begin as nobody else's do, and only for the companies' own addresses.
    """
    host = urlsplit(base_url).hostname if base_url else OWN_HOSTS.get(ProviderName(provider), "")
    wanted = OWNERS.get(host or "")
    begins = max((one for one in BEGINNINGS if secret.startswith(one)), key=len, default="")
    return BEGINNINGS[begins] if begins and wanted and BEGINNINGS[begins] != wanted else ""


def explain(error: ProviderError, *, configuration: Configuration) -> str:
    """Why a test call failed and what to do, in plain words without anything of the key."""
    host = urlsplit(configuration.base_url).netloc or OWN_HOSTS.get(ProviderName(configuration.provider), "")
    words = {"model": configuration.model, "host": host}
    kind = error.kind
    if kind is ProviderFault.CREDENTIALS and not configuration.api_key:
        return _("Falta la clave.")
    if kind is ProviderFault.CREDENTIALS and error.status is None:
        return _("La clave tiene espacios o signos que no pueden ir en una clave.")
    if kind is ProviderFault.CREDENTIALS and error.has_expired:
        return _("La clave caducó: crea otra en la consola del proveedor.")
    if kind is ProviderFault.CREDENTIALS and error.status == 403:
        return (
            _("La clave existe, pero no puede usar %(model)s. Revisa sus permisos en la consola del proveedor.") % words
        )
    if kind is ProviderFault.CREDENTIALS:
        return _("%(host)s no acepta la clave: está mal copiada, la borraron o es de otro proveedor.") % words
    if kind is ProviderFault.NO_CREDIT:
        return _("La cuenta de esta clave no tiene saldo. Recárgala en la consola del proveedor.")
    if kind is ProviderFault.RATE_LIMITED:
        return _("%(host)s recibe demasiadas peticiones con esta clave. Espera un momento y prueba otra vez.") % words
    if error.status == 404:
        return (
            _(
                "%(host)s no conoce %(model)s. Revisa cómo se escribe el modelo y, si el servidor es tuyo, que la"
                " dirección esté completa (muchas terminan en /v1)."
            )
            % words
        )
    if kind is ProviderFault.BAD_REQUEST and error.status == 400:
        return (
            _(
                "%(host)s no acepta la petición para %(model)s: puede que el modelo no exista, o que no sepa usar"
                " herramientas. Hace falta uno que sepa."
            )
            % words
        )
    if kind is ProviderFault.BAD_REQUEST:
        return _("%(host)s no acepta la petición. Revisa la dirección.") % words
    if kind is ProviderFault.CONNECTION:
        return _("No se puede llegar a %(host)s. Revisa la dirección, y que el servidor esté encendido.") % words
    if kind is ProviderFault.TIMEOUT:
        return _("%(host)s no contestó a tiempo. Prueba otra vez en un momento.") % words
    if kind is ProviderFault.PROTOCOL:
        return _("Lo que contesta %(host)s no es de un modelo. Revisa la dirección y el proveedor.") % words
    return _("%(host)s falla o está saturado ahora. Prueba otra vez en un momento.") % words
