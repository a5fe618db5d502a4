"""What every provider of embeddings is: texts go in, vectors come out."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
LONGEST_TEXT = 2000  # characters: what comes later hardly moves a vector, and costs time and money


class EmbeddingUnavailable(Exception):
    """A provider did not answer, or not with vectors. The search goes on with words alone; a task tries again."""


class EmbeddingProvider(ABC):
    """One embedding model. ``model`` is stored with each vector, and only vectors of the same one are compared."""

    model: str
    batch = 64  # texts in one call

    @abstractmethod
    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        """A vector of length 1 for each prepared text, in order. Raises EmbeddingUnavailable."""

    @abstractmethod
    def embed_query(self, text: str) -> Vector:
        """The vector of what somebody looks for; somebody waits for it. Raises EmbeddingUnavailable."""


def prepare(text: str) -> str:
    """The text as models get it: composed, in one line, without NUL and lone surrogates, clipped; "" when empty.

    In lower case, because for the local model upper and lower case are half strangers (cosine .41), and no model loses
    by it what a catalogue needs.
    """
    text = text.encode("utf-8", "ignore").decode("utf-8").replace("\x00", " ")
    return " ".join(unicodedata.normalize("NFC", text.lower()).split())[:LONGEST_TEXT].strip()


def unit(vector: Any) -> Vector:
    """The vector with length 1. Raises EmbeddingUnavailable for what is none, or has no direction."""
    try:
        made = np.asarray(vector, dtype=np.float32)
    except (TypeError, ValueError) as fault:
        raise EmbeddingUnavailable("the answer holds no vector") from fault
    length = float(np.linalg.norm(made)) if made.ndim == 1 and made.size else 0.0
    if not np.isfinite(length) or length == 0.0:
        raise EmbeddingUnavailable("the answer holds no vector")
    return made / np.float32(length)
