"""Embeddings of Voyage AI. It tells queries from documents (``input_type``), as its API reference advises."""

from __future__ import annotations

from catalog.embeddings.remote import RemoteProvider

DEFAULT_URL = "https://api.voyageai.com/v1"
DEFAULT_MODEL = "voyage-3.5-lite"


class Voyage(RemoteProvider):
    query_extras = {"input_type": "query"}
    document_extras = {"input_type": "document"}

    def __init__(self, *, key: str, base_url: str = "", name: str = "") -> None:
        super().__init__(base_url=base_url or DEFAULT_URL, key=key, name=name or DEFAULT_MODEL)
        self.model = f"voyage:{self.name}"
