"""Which model answers the next turn: the one shared row, and the settings where it is blank."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from django.conf import settings

from assistants.models import LLMConfiguration, ProviderName
from assistants.prices import Prices, known_prices
from tenants.fields import UndecryptableValue

logger = logging.getLogger(__name__)

DEFAULT_MODELS = {
    ProviderName.ANTHROPIC: "claude-haiku-5-5",
    ProviderName.OPENAI: "gpt-6-luna",
    ProviderName.BUILTIN: "builtin",
}
DEFAULT_MAX_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a provider needs. ``fault`` says why the configured one cannot be used; then the built-in one answers."""

    provider: str
    model: str
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    max_tokens: int = DEFAULT_MAX_TOKENS
    fault: str = ""

    @property
    def prices(self) -> Prices | None:
        """What its tokens cost; None when that is not known."""
        return known_prices(provider=self.provider, model=self.model, base_url=self.base_url)

    @property
    def sees(self) -> bool:
        """Whether pictures may be shown to the model; one that cannot look at them refuses the turn."""
        return self.provider != ProviderName.BUILTIN


def current_configuration() -> Configuration:
    """The configuration for the next turn. Reads the row each time, so that a change needs no restart."""
    try:
        row = LLMConfiguration.objects.first() or LLMConfiguration()
    except UndecryptableValue:
        logger.exception("the stored model key cannot be read: FIELD_ENCRYPTION_KEYS lacks the key that wrote it")
        return builtin_configuration(fault="undecryptable_key")
    return resolve(row=row)


def resolve(*, row: LLMConfiguration) -> Configuration:
    """Fill what is blank in ``row`` from the settings, never with another provider's model, key or address."""
    own = settings.LLM_PROVIDER
    provider = row.provider or own
    if provider not in ProviderName.values:
        logger.error("LLM_PROVIDER names no provider: use anthropic, openai or builtin")
        return builtin_configuration(fault="unknown_provider")
    if provider == ProviderName.BUILTIN:
        return builtin_configuration()
    is_anthropic = provider == ProviderName.ANTHROPIC
    base_url = row.base_url or (settings.ANTHROPIC_BASE_URL if is_anthropic else settings.OPENAI_BASE_URL)
    api_key = row.api_key
    if not api_key and not row.base_url:  # the server's key is for the server's address, no other
        api_key = settings.ANTHROPIC_API_KEY if is_anthropic else settings.OPENAI_API_KEY
    model = row.model or (settings.LLM_MODEL if provider == own else "") or DEFAULT_MODELS[ProviderName(provider)]
    return Configuration(provider, model, api_key, base_url, row.max_tokens or DEFAULT_MAX_TOKENS)


def builtin_configuration(*, fault: str = "") -> Configuration:
    """The configuration of the assistant that needs no model."""
    return Configuration(ProviderName.BUILTIN, DEFAULT_MODELS[ProviderName.BUILTIN], fault=fault)
