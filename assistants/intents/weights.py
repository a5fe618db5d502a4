"""What the detector has learnt, in `weights.npz` beside this module, and how a message is weighed with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistants.intents.features import HASHED, hash_features, read_words

FILE = Path(__file__).parent / "weights.npz"
KINDS = ("commercial", "none", "personal")
DIMENSIONS = 512  # of the local model
HASHED_SCALE = 2.0  # words and letters against the vector, which has length 1; found with families left out

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """One column for each of KINDS: how much each number of the vector, and each hashed place, speaks for it."""

    vector: Floats
    hashed: Floats
    bias: Floats
    sharpness: float  # by which the sums are multiplied so that the probabilities are as often right as they say
    fingerprint: str  # of the sentences they were learnt from

    def weigh(self, vector: Floats | None, words: list[str]) -> Floats:
        """The probability of each of KINDS; without a vector, by the words alone."""
        sums = self.bias.copy()
        if vector is not None:
            sums += vector @ self.vector
        if places := sorted(set(hash_features(words))):
            sums += self.hashed[places].sum(axis=0) * np.float32(HASHED_SCALE / len(places) ** 0.5)
        return softmax(sums * self.sharpness)


def softmax(sums: Floats) -> Floats:
    """Sums as probabilities, along the last axis."""
    powers = np.exp(sums - sums.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


@cache
def load_weights() -> Weights:
    """The weights of the file, read once a process: 0.1 MB."""
    with np.load(FILE, allow_pickle=False) as stored:
        kept: dict[str, Any] = {name: stored[name] for name in stored.files}
    return Weights(
        vector=kept["vector"].astype(np.float32),
        hashed=kept["hashed"].astype(np.float32),
        bias=kept["bias"].astype(np.float32),
        sharpness=float(kept["sharpness"]),
        fingerprint=str(kept["fingerprint"]),
    )


def save_weights(weights: Weights, path: Path = FILE) -> None:
    """Write them with half the digits, which changes no decision and halves the file."""
    np.savez_compressed(
        path,
        vector=weights.vector.astype(np.float16),
        hashed=weights.hashed.astype(np.float16),
        bias=weights.bias,
        sharpness=np.float32(weights.sharpness),
        fingerprint=np.array(weights.fingerprint),
    )


def place_words(text: str) -> list[int]:
    """The hashed places of a clipped text, each once."""
    return sorted(set(hash_features(read_words(text))))


assert HASHED <= 1 << 16  # noqa: S101  (places fit into what training keeps them in)
