"""Vectors of texts, by the provider that the settings name (`EMBEDDING_PROVIDER`: local, openai or voyage)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from catalog.embeddings.base import EmbeddingProvider, EmbeddingUnavailable, Vector, prepare
from catalog.embeddings.local import LocalProvider
from catalog.embeddings.openai_compatible import OpenAICompatible
from catalog.embeddings.voyage import Voyage
from tenants.jobs import enqueue_many
from tenants.models import User

__all__ = [
    "EmbeddingProvider",
    "EmbeddingUnavailable",
    "Vector",
    "current_provider",
    "digest",
    "embed_locally",
    "embed_query",
    "schedule",
    "write_text",
]

TASK = "catalog.tasks.embed"
PRODUCTS_A_TASK = 200
QUERIES_KEPT = 256  # people ask for the same things again


def current_provider() -> EmbeddingProvider:
    """The provider that the settings name now. Raises ImproperlyConfigured for an unknown one."""
    return _make_provider(
        settings.EMBEDDING_PROVIDER,
        settings.EMBEDDING_MODEL,
        settings.OPENAI_BASE_URL,
        settings.OPENAI_API_KEY,
        settings.VOYAGE_API_KEY,
        getattr(settings, "VOYAGE_BASE_URL", ""),
    )


def write_text(*, name: str, category: str, description: str) -> str:
    """What of a product is embedded: one text of all three fields was better than one for each."""
    return prepare(". ".join(part for part in (name, category, description) if part.strip()))


def digest(text: str) -> bytes:
    """The hash by which a text that was embedded already is known."""
    return hashlib.sha256(text.encode()).digest()


def embed_query(query: str) -> tuple[str, Vector]:
    """The model's id and the query's vector. Raises EmbeddingUnavailable, also when there is nothing to embed."""
    text = prepare(query)
    if not text:
        raise EmbeddingUnavailable("the query is empty")
    provider = current_provider()
    return provider.model, _embed_text(provider, text)


def embed_locally(text: str) -> Vector:
    """The vector by the local model, whatever the settings name: what was learnt with it needs it.

    It is the one that the process has loaded anyway. Raises EmbeddingUnavailable when there is nothing to embed.
    """
    return _local_provider().embed_query(text)


def schedule(*, user: User, product_ids: Iterable[int]) -> None:
    """Have a worker embed the products once the caller's transaction is committed; unchanged ones cost nothing."""
    ids = list(product_ids)
    enqueue_many(
        TASK, ((user.pk, *ids[start : start + PRODUCTS_A_TASK]) for start in range(0, len(ids), PRODUCTS_A_TASK))
    )


@lru_cache(maxsize=QUERIES_KEPT)
def _embed_text(provider: EmbeddingProvider, text: str) -> Vector:
    return provider.embed_query(text)


@lru_cache(maxsize=4)
def _make_provider(
    provider: str, model: str, openai_url: str, openai_key: str, voyage_key: str, voyage_url: str
) -> EmbeddingProvider:
    if provider == "openai":
        return OpenAICompatible(key=openai_key, base_url=openai_url, name=model)
    if provider == "voyage":
        return Voyage(key=voyage_key, base_url=voyage_url, name=model)
    if provider == "local":
        return _local_provider()
    raise ImproperlyConfigured(f"EMBEDDING_PROVIDER is {provider!r}; it may be local, openai or voyage.")


@lru_cache(maxsize=1)
def _local_provider() -> LocalProvider:
    return LocalProvider(folder=settings.DATA_DIR / "models")
