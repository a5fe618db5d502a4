"""Keys of an installation that was given none: made once, kept beside the data, readable by their owner only."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet
from environ import Env

_makers = {
    "DJANGO_SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "FIELD_ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
}


def local_secrets(data_dir: Path, *, names: Iterable[str], environment: Env) -> Mapping[str, str]:
    """Return each named secret: from the environment, else from ``data_dir/secrets.json``, made when missing.

    Two processes that start at once end with the same keys: the file is linked into place whole, and whoever loses
    reads the winner's.
    """
    wanted = {name: environment(name, default="") for name in names}
    missing = [name for name, value in wanted.items() if not value]
    if not missing:
        return wanted
    path = data_dir / "secrets.json"
    if not path.exists():
        _write_once(path, {name: make() for name, make in _makers.items()})
    kept = json.loads(path.read_text())
    return wanted | {name: kept[name] for name in missing}


def _write_once(path: Path, values: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(values, file)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        os.unlink(temporary)
