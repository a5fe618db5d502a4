"""What can be told about the model's settings before anybody asks it anything."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from assistants.models import ProviderName


@register
def check_provider(**kwargs: Any) -> list[CheckMessage]:
    """LLM_PROVIDER names a provider, and Claude has a key unless the superadmin gives one."""
    if settings.LLM_PROVIDER not in ProviderName.values:
        return [
            Error(
                "LLM_PROVIDER names no provider.",
                hint=f"Use one of: {', '.join(ProviderName.values)}.",
                id="assistants.E001",
            )
        ]
    if settings.LLM_PROVIDER == ProviderName.ANTHROPIC and not settings.ANTHROPIC_API_KEY:
        return [
            Warning(
                "LLM_PROVIDER is anthropic, but ANTHROPIC_API_KEY is not set: the built-in assistant answers.",
                hint="Set ANTHROPIC_API_KEY, or give a key in the admin.",
                id="assistants.W001",
            )
        ]
    return []
