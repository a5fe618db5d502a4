"""Embeddings by OpenAI's protocol, which Ollama, vLLM and many others speak too."""

from __future__ import annotations

from catalog.embeddings.remote import RemoteProvider

DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "text-embedding-3-small"


class OpenAICompatible(RemoteProvider):
    def __init__(self, *, key: str, base_url: str = "", name: str = "") -> None:
        super().__init__(base_url=base_url or DEFAULT_URL, key=key, name=name or DEFAULT_MODEL)
        self.model = f"openai:{self.name}"
