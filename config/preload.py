"""What the queue's processes share: loaded once, before they fork, instead of in each of them."""

from __future__ import annotations

import gc
from importlib import import_module

from django.conf import settings

from catalog.embeddings import embed_query

MODULES = ["messaging.tasks", "catalog.tasks", "assistants.engine", "catalog.search", "assistants.providers.builtin"]
SDKS = {"anthropic": "assistants.providers.anthropic", "openai": "assistants.providers.openai"}


def preload() -> None:
    """Import what tasks will need. Pages that nobody writes to stay shared after the fork, so objects are frozen."""
    for name in [*MODULES, *filter(None, [SDKS.get(settings.LLM_PROVIDER)])]:
        import_module(name)
    if settings.EMBEDDING_PROVIDER == "local":
        embed_query("hola")  # maps the model and builds its tables
    gc.collect()
    gc.freeze()
