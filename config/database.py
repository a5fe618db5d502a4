"""Where the data lies: an embedded PostgreSQL under `DATA_DIR`, or the server that `DATABASE_URL` names."""

from pathlib import Path

from config.embedded import EmbeddedDatabaseError, server

__all__ = ["EmbeddedDatabaseError", "database_url"]


def database_url(data_dir: Path, *, durable: bool = True) -> str:
    """Start the embedded server of `data_dir` unless it runs, use it until this process ends, and answer its URL.

    `durable=False` is for tests: the server does not wait for the disk.
    """
    return server(data_dir, durable=durable).use()
