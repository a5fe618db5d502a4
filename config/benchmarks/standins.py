"""A model service of the tests', as a process of its own: it answers what it is told, as slowly as it is told."""

from __future__ import annotations

import subprocess
import sys

from django.conf import settings

TEXT = "Con mucho gusto. ¿En qué te ayudo?"


class StandIn:
    """Speaks Anthropic's protocol at ``url``; ``delay`` seconds pass before each answer."""

    def __init__(self, *, delay: float = 0.0) -> None:
        command = [sys.executable, "-m", "tests.standins.anthropic_server", "--text", TEXT, "--delay", str(delay)]
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None  # noqa: S101
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("the stand-in for a model does not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


def answer_with(provider: str, *, url: str = "") -> None:
    """From the next turn on ``provider`` answers everybody; its service is at ``url``."""
    from django.utils import timezone

    from assistants.keys import add_key
    from assistants.models import LLMConfiguration

    row = LLMConfiguration.objects.filter(is_active=True).first() or LLMConfiguration()
    row.provider, row.base_url, row.model = provider, url, ""
    row.fallback_provider = row.fallback_model = row.fallback_base_url = ""
    row.save()
    if url:
        add_key(provider=provider, address=url, secret="bench", by="bench", now=timezone.now())  # noqa: S106
