"""The providers by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants.providers.base import Provider

if TYPE_CHECKING:
    from assistants.configuration import Configuration


def provider_for(configuration: Configuration, *, has_other_keys: bool = False) -> Provider:
    """The provider that ``configuration`` names. The SDKs are imported only when one of them is wanted.

    With ``has_other_keys`` one that is asked too much does not wait and try again: another key is asked instead.
    """
    if configuration.provider == "anthropic":
        from assistants.providers.anthropic import AnthropicProvider

        return AnthropicProvider(
            model=configuration.model,
            api_key=configuration.api_key,
            base_url=configuration.base_url,
            has_other_keys=has_other_keys,
        )
    if configuration.provider == "openai":
        from assistants.providers.openai import OpenAIProvider

        return OpenAIProvider(
            model=configuration.model,
            api_key=configuration.api_key,
            base_url=configuration.base_url,
            has_other_keys=has_other_keys,
        )
    from assistants.providers.builtin import BuiltinProvider

    return BuiltinProvider()
