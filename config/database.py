"""Where the data lies: an embedded PostgreSQL under `DATA_DIR`, or the server that `DATABASE_URL` names."""

import os
from pathlib import Path
from typing import Any

from environ import Env

from config.embedded import EmbeddedDatabaseError, server

__all__ = ["EmbeddedDatabaseError", "database_settings", "database_url"]


def database_url(data_dir: Path, *, durable: bool = True) -> str:
    """Start the embedded server of `data_dir` unless it runs, use it until this process ends, and answer its URL.

    `durable=False` is for tests: the server does not wait for the disk.
    """
    return server(data_dir, durable=durable).use()


def database_settings(env: Env, data_dir: Path) -> dict[str, Any]:
    """Django's settings of the one database. Connections are kept: a fresh one per request costs a factor of ten.

    No pool: its sockets would be inherited across the fork of `qcluster`.
    """
    url = env("DATABASE_URL", default="") or database_url(data_dir, durable="PYTEST_VERSION" not in os.environ)
    settings: dict[str, Any] = dict(Env.db_url_config(url))
    options = settings.setdefault("OPTIONS", {})
    if "host" in options:  # a socket's folder; as HOST it is known to `dbshell` too
        settings["HOST"] = options.pop("host")
    return settings | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
    }
