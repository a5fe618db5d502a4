"""Whose models answer, listen and compare."""

from __future__ import annotations

from config.settings.site import env

ANTHROPIC_API_KEY = env("ANTHROPIC_API_KEY", default="")
ANTHROPIC_BASE_URL = env("ANTHROPIC_BASE_URL", default="")
OPENAI_API_KEY = env("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env("OPENAI_BASE_URL", default="")
LLM_PROVIDER = env("LLM_PROVIDER", default="") or ("anthropic" if ANTHROPIC_API_KEY else "builtin")
LLM_MODEL = env("LLM_MODEL", default="")
# Of the OpenAI-compatible service, for voice notes; empty: they are not listened to.
TRANSCRIPTION_MODEL = env("TRANSCRIPTION_MODEL", default="whisper-1")
EMBEDDING_PROVIDER = env("EMBEDDING_PROVIDER", default="local")
EMBEDDING_MODEL = env("EMBEDDING_MODEL", default="")
VOYAGE_API_KEY = env("VOYAGE_API_KEY", default="")
