"""A folder, a database and an environment of the benchmarks' own, gone afterwards. Nobody's data is touched."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "RECADO_BENCH"  # set for processes that work in such a folder

# Blank, not absent: what is absent would be taken from a .env file.
_blank = (
    *("DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "LLM_MODEL", "EMBEDDING_MODEL", "VOYAGE_API_KEY"),
    *("OPENAI_API_KEY", "OPENAI_BASE_URL"),
    *("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"),
)
_fixed = {
    "DEMO": "0",
    "LIMITS": "off",
    "DJANGO_DEBUG": "off",
    "BIND_HOST": "127.0.0.1",
    "EMAIL_URL": "consolemail://",
    "EMBEDDING_PROVIDER": "local",
    # As with a key of Claude's, so that its SDK is loaded; the address is nobody's until a stand-in's is set.
    "LLM_PROVIDER": "anthropic",
    "ANTHROPIC_API_KEY": "bench",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
    "DATABASE_DURABLE": "on",
    "BEHIND_PROXY": "off",
    "REQUEST_LOG": "off",  # what is measured is the work, not the lines about it
}


def environment(folder: Path) -> dict[str, str]:
    """That of a system under ``folder`` on a free port: embedded database, no limits, no demo, no real key."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "RECADO_"))}
    return {
        **kept,
        **dict.fromkeys(_blank, ""),
        **_fixed,
        "DATA_DIR": str(folder / "var"),
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{free_port()}",  # nobody's, until a stand-in listens there
        MARK: "1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def throwaway(*, parent: Path | None = None, like: Path | None = None) -> Iterator[Path]:
    """A new folder, removed with everything in it. Its data begin as a copy of ``like``, a data folder nobody uses."""
    folder = Path(tempfile.mkdtemp(prefix="recado-bench-", dir=parent))
    try:
        if like is not None:
            subprocess.run(["cp", "-a", str(like), str(folder / "var")], check=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_inside(folder: Path, arguments: Sequence[str], *, seconds: float, module: str = "config.benchmarks") -> int:
    """Run ``module`` in a process that has ``folder``'s environment; ended, with its family, after ``seconds``."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(timeout=seconds)
    finally:
        if process.poll() is None:
            # The system that it may have started ends with it; the database ends with its last user.
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
