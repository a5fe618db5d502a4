"""Providers behind a key, over HTTP: those that speak OpenAI's protocol, and Voyage."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import httpx2

from catalog.embeddings.base import EmbeddingProvider, EmbeddingUnavailable, Vector, unit

QUERY_SECONDS = 1.5  # somebody waits, and words alone are an answer too
DOCUMENTS_SECONDS = 30.0
PAUSE_SECONDS = 30.0  # after a query that failed, how long searches do not ask again


class RemoteProvider(EmbeddingProvider):
    """POST {base_url}/embeddings with a bearer key; answers {"data": [{"index", "embedding"}]}."""

    query_extras: dict[str, Any] = {}
    document_extras: dict[str, Any] = {}

    def __init__(self, *, base_url: str, key: str, name: str) -> None:
        self.url = f"{base_url.rstrip('/')}/embeddings"
        self.name = name
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._quiet_until = 0.0
        self._clients = threading.local()

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        return self._ask(list(texts), self.document_extras, DOCUMENTS_SECONDS)

    def embed_query(self, text: str) -> Vector:
        if time.monotonic() < self._quiet_until:
            raise EmbeddingUnavailable("the provider failed a moment ago")
        try:
            return self._ask([text], self.query_extras, QUERY_SECONDS)[0]
        except EmbeddingUnavailable:
            self._quiet_until = time.monotonic() + PAUSE_SECONDS
            raise

    def _ask(self, texts: list[str], extras: dict[str, Any], seconds: float) -> list[Vector]:
        body = {"model": self.name, "input": texts, **extras}
        try:
            answer = self._client().post(self.url, json=body, headers=self._headers, timeout=seconds)
            answer.raise_for_status()
            rows = sorted(answer.json()["data"], key=lambda row: row["index"])
            vectors = [unit(row["embedding"]) for row in rows]
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as fault:
            # The type alone: a fault's text may hold the address or the key.
            raise EmbeddingUnavailable(f"{type(self).__name__}: {type(fault).__name__}") from fault
        if len(vectors) != len(texts) or len({vector.size for vector in vectors}) != 1:
            raise EmbeddingUnavailable(f"{type(self).__name__}: {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def _client(self) -> httpx2.Client:
        # One a thread: a kept connection saves the query a handshake.
        if not hasattr(self._clients, "client"):
            self._clients.client = httpx2.Client(follow_redirects=False)
        client: httpx2.Client = self._clients.client
        return client
