"""Voice notes as text, by the OpenAI-compatible service, where one is configured."""

from __future__ import annotations

from django.conf import settings

from assistants.configuration import Configuration, current_configuration
from assistants.models import ProviderName

SECONDS = 20.0  # somebody waits for the answer
LONGEST = 4000  # characters


def can_transcribe() -> bool:
    """Whether there is a service that turns speech into text."""
    return _configuration() is not None


def transcribe(*, content: bytes, filename: str, mime_type: str) -> str:
    """What is said in ``content``; empty when there is no service, or nothing is said.

    Raises ``assistants.providers.base.ProviderError``. Not to be called inside a transaction.
    """
    configuration = _configuration()
    if configuration is None:
        return ""
    from assistants.providers.openai import OpenAIProvider  # the SDK only when it is wanted

    provider = OpenAIProvider(model=configuration.model, api_key=configuration.api_key, base_url=configuration.base_url)
    text = provider.transcribe(
        content=content,
        filename=filename,
        mime_type=mime_type,
        model=settings.TRANSCRIPTION_MODEL,
        seconds=SECONDS,
    )
    return " ".join(text.split())[:LONGEST]


def _configuration() -> Configuration | None:
    """The one that answers when it is of that kind; else the settings' own, beside another that answers."""
    if not settings.TRANSCRIPTION_MODEL:
        return None
    configuration = current_configuration()
    if configuration.provider == ProviderName.OPENAI:
        return configuration
    if settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL:
        return Configuration(ProviderName.OPENAI, "", settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL)
    return None
