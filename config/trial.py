"""A whole system for as long as a test or screenshots take: `manage.py up` on a folder and a port of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

START_SECONDS = 420.0  # migrations, static files and four processes on a busy machine
STOP_SECONDS = 90.0
# Who runs the trial has settings of its own, which are not the trial's.
OTHERS = {
    *("DATABASE_URL", "REDIS_URL", "SITE_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_VERSION"),
    *("LLM_PROVIDER", "LLM_MODEL", "EMBEDDING_PROVIDER", "EMBEDDING_MODEL", "VOYAGE_API_KEY"),
    *("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    *("WHATSAPP_GRAPH_URL", "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET"),
}


class TrialError(RuntimeError):
    """The system did not come up; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Trial:
    url: str
    data_dir: Path
    environment: dict[str, str]

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run another command on the same data; answers what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout


@contextmanager
def run_trial(*, data_dir: Path, **settings_: str) -> Iterator[Trial]:
    """Run the system in ``data_dir`` until the block ends. Raises TrialError when it does not come up.

    Rate limits are off, no demo shops are made and no model is asked, unless ``settings_`` (environment) says so.
    """
    port = _free_port()
    own = {name: value for name, value in os.environ.items() if name not in OTHERS}
    own |= {"DATA_DIR": str(data_dir), "PORT": str(port), "DEMO": "0", "LIMITS": "off", "LLM_PROVIDER": "builtin"}
    own["RECADO_MAKE"] = "1"  # it ends with us, also when we are killed
    trial = Trial(f"http://127.0.0.1:{port}", data_dir, own | settings_)
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=trial.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise TrialError(log.read_text(errors="replace"))
            time.sleep(0.2)
        yield trial
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
