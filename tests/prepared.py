"""A data folder as `manage.py prepare` leaves it, made once and then copied.

Twenty seconds of a processor go into the migrations and the static files of an empty folder. That an empty folder
becomes a running system is shown by tests/config/test_up.py; who wants to test something else begins with a copy.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

SECONDS = 600  # on a machine that does many other things
PARTS = ("postgres", "static", "static.stamp")
# What it depends on, less the static files: `prepare` looks for itself whether those have changed.
SOURCES = (
    *("*/migrations/*.py", "config/management/commands/migrate.py", "tenants/rls.py"),
    *("config/embedded*.py", "config/assets.py", "requirements.txt"),
)


def copy_prepared(folder: Path) -> None:
    """Make ``folder`` a data folder in which everything is migrated and collected, and nobody has an account."""
    source = prepared_folder()
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", *(str(source / part) for part in PARTS), str(folder)], check=True)


def prepared_folder() -> Path:
    """Where the one lies that is copied; made if there is none, or one of other migrations."""
    home = Path(settings.DATA_DIR) / "prepared"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:  # gone with the file, whatever happens
        fcntl.flock(lock, fcntl.LOCK_EX)
        key, stamp = _key(), home / "key"
        if not stamp.exists() or stamp.read_text() != key:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(home / "data", ignore_errors=True)
            _prepare(home / "data")
            stamp.write_text(key)
    return home / "data"


def _prepare(folder: Path) -> None:
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTEST_VERSION")}
    own |= {"DATA_DIR": str(folder), "DATABASE_DURABLE": "0", "DEMO": "0"}
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=settings.BASE_DIR,
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert not (folder / "postgres" / "data" / "postmaster.pid").exists(), "its server runs on"


def _key() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for pattern in SOURCES:
        for path in sorted(Path(settings.BASE_DIR).glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
