"""Pages of accounts: thin shells over the same public API that everyone else uses."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame shows."""
    return {}
