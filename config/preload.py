"""What processes share: loaded once, before they fork, instead of in each of them."""

from __future__ import annotations

import ctypes
import gc
import os
from importlib import import_module

from django.conf import settings
from django.contrib.auth.hashers import get_hashers
from django.template.loader import get_template
from django.urls import get_resolver
from django.utils import translation

from agenda import dates
from assistants.intents import detect_intent

TASKS = ["messaging.tasks", "catalog.tasks", "assistants.engine", "catalog.search", "assistants.providers.builtin"]
SDKS = {"anthropic": "assistants.providers.anthropic", "openai": "assistants.providers.openai"}
PROCESSES = ["config.wsgi", "granian.server", "django_q.cluster", "config.management.commands.clock"]
# What only requests import.
LATE = [
    *("argon2", "rest_framework_simplejwt.state", "csp.templatetags.csp"),
    *("django.contrib.messages.storage.fallback", "django.contrib.sessions.serializers"),
    "holidays.countries",  # 30 MB, all or nothing: whoever asks for one country's gets every country's
]

_ARENA_MAX, _TRIM_THRESHOLD = -8, -1  # malloc.h


def preload_tasks() -> None:
    """Load what tasks will need: for the queue alone."""
    for name in [*TASKS, *filter(None, [SDKS.get(settings.LLM_PROVIDER)])]:
        import_module(name)
    detect_intent("hola")  # maps the local model, builds its tables and reads the weights
    dates.prepare()
    _freeze()


def preload() -> None:
    """Load what the web server, the queue and the clock will need. To be called when `manage.py prepare` is done.

    Opens no connection and starts no thread, so that one may fork afterwards.
    """
    for name in [*PROCESSES, *LATE]:
        import_module(name)
    get_hashers()
    folder = settings.BASE_DIR / "templates"
    for path in folder.rglob("*.html"):
        get_template(str(path.relative_to(folder)))
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Hola")  # reads the catalogue
            get_resolver().reverse_dict  # noqa: B018  (built when first read, once for each language)
    preload_tasks()


def limit_heaps() -> None:
    """Have malloc use two heaps, and give back what was freed.

    By default glibc gives every few threads a heap of their own and keeps what was freed: with a hundred threads and
    now and then a large array that is most of a process's memory. Other C libraries have no such settings.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_ARENA_MAX, int(os.environ.get("MALLOC_ARENA_MAX", 2)))
        library.mallopt(_TRIM_THRESHOLD, int(os.environ.get("MALLOC_TRIM_THRESHOLD_", 128 * 1024)))


def _freeze() -> None:
    """Pages that nobody writes to stay shared after a fork, and the garbage collector writes to every object."""
    gc.collect()
    gc.freeze()
