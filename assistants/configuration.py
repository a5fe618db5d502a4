"""Which model answers the next turn: the active version, and the settings where it is blank."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from assistants.models import LLMConfiguration, ModelKey, ProviderName
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
class Key:
    """A key that may be tried; ``pk`` is its row's, None for the server's own. ``is_aside``: it was refused before."""

    secret: str = field(repr=False)
    pk: int | None = None
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a provider needs. ``fault`` says why the configured one cannot be used; then the built-in one answers.

    ``api_key`` is the key to be tried first, ``keys`` are all of them in order. ``version`` and ``since`` are the
    version's it comes from, None where the settings alone decide; ``fallback`` is whom to ask in place of this one.
    """

    provider: str
    model: str
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    max_tokens: int = DEFAULT_MAX_TOKENS
    fault: str = ""
    keys: tuple[Key, ...] = ()
    prices: Prices | None = None
    version: int | None = None
    since: datetime | None = None
    fallback: Configuration | None = None

    @property
    def sees(self) -> bool:
        """Whether pictures may be shown to the model; one that cannot look at them refuses the turn."""
        return self.provider != ProviderName.BUILTIN

    def models(self) -> Iterator[Configuration]:
        """Whom to ask, in this order: this one and its fallback. The built-in assistant is none of them."""
        if self.provider != ProviderName.BUILTIN:
            yield self
        if self.fallback is not None:
            yield self.fallback


def current_configuration() -> Configuration:
    """The configuration for the next turn. Reads the rows each time, so that a change needs no restart."""
    row = active_version()
    try:
        return resolve(row=row or LLMConfiguration())
    except UndecryptableValue:
        logger.exception("the stored model keys cannot be read: FIELD_ENCRYPTION_KEYS lacks the key that wrote them")
        return builtin_configuration(fault="undecryptable_key")


def active_version() -> LLMConfiguration | None:
    """The version in use; None while nobody has decided anything, and the settings alone do."""
    return LLMConfiguration.objects.filter(is_active=True).first()


def resolve(*, row: LLMConfiguration, stored: Iterable[ModelKey] | None = None) -> Configuration:
    """Fill what is blank in ``row`` from the settings, never with another provider's model, key or address.

    ``stored`` are the keys to choose from, else those that are stored. Raises UndecryptableValue.
    """
    provider = row.provider or settings.LLM_PROVIDER
    if provider not in ProviderName.values:
        logger.error("LLM_PROVIDER names no provider: use anthropic, openai or builtin")
        return builtin_configuration(fault="unknown_provider")
    number, since = (row.pk, row.created_at) if row.pk else (None, None)
    if provider == ProviderName.BUILTIN:
        return replace(builtin_configuration(), version=number, since=since)
    keys = list(ModelKey.objects.all() if stored is None else stored)
    prices = _own_prices(row.input_price, row.output_price, row.cache_read_price, row.cache_write_price)
    main = _model(provider, row.model, row.base_url, row.max_tokens, keys=keys, prices=prices)
    fallback = None
    if row.fallback_provider:
        prices = _own_prices(
            row.fallback_input_price,
            row.fallback_output_price,
            row.fallback_cache_read_price,
            row.fallback_cache_write_price,
        )
        fallback = _model(
            row.fallback_provider, row.fallback_model, row.fallback_base_url, row.max_tokens, keys=keys, prices=prices
        )
        fallback = replace(fallback, version=number, since=since)
    return replace(main, fallback=fallback, version=number, since=since)


def address_of(*, provider: str, base_url: str) -> str:
    """Where a provider is reached; empty for its own address. Keys are kept by it."""
    own = {ProviderName.ANTHROPIC: settings.ANTHROPIC_BASE_URL, ProviderName.OPENAI: settings.OPENAI_BASE_URL}
    return base_url or (own[ProviderName(provider)] if provider in own else "")


def builtin_configuration(*, fault: str = "") -> Configuration:
    """The configuration of the assistant that needs no model."""
    model = DEFAULT_MODELS[ProviderName.BUILTIN]
    prices = known_prices(provider=ProviderName.BUILTIN, model=model)
    return Configuration(ProviderName.BUILTIN, model, fault=fault, prices=prices)


def _model(
    provider: str, model: str, base_url: str, max_tokens: int | None, *, keys: list[ModelKey], prices: Prices | None
) -> Configuration:
    own = settings.LLM_PROVIDER
    address = address_of(provider=provider, base_url=base_url)
    model = model or (settings.LLM_MODEL if provider == own else "") or DEFAULT_MODELS[ProviderName(provider)]
    usable = _usable([key for key in keys if (key.provider, key.base_url) == (provider, address)])
    if not usable and not base_url:  # the server's key is for the server's address, no other
        secret = settings.ANTHROPIC_API_KEY if provider == ProviderName.ANTHROPIC else settings.OPENAI_API_KEY
        usable = (Key(secret),) if secret else ()
    return Configuration(
        provider,
        model,
        usable[0].secret if usable else "",
        address,
        max_tokens or DEFAULT_MAX_TOKENS,
        keys=usable,
        prices=prices or known_prices(provider=provider, model=model, base_url=address),
    )


def _usable(keys: list[ModelKey]) -> tuple[Key, ...]:
    """Those that serve; when all were set aside, those: one that serves again is found by being tried."""
    serving = [key for key in keys if key.set_aside_at is None]
    return tuple(Key(key.secret, key.pk, key.set_aside_at is not None) for key in serving or keys)


def _own_prices(
    sent: Decimal | None, written: Decimal | None, read: Decimal | None, cached: Decimal | None
) -> Prices | None:
    """What the superadmin said; a cache that has no price of its own costs what is sent costs."""
    if sent is None or written is None:
        return None
    return Prices(sent, written, sent if read is None else read, sent if cached is None else cached)
