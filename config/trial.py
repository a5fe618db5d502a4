"""A whole system for as long as it is wanted: `manage.py up`, for tests and screenshots on a folder of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
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


class NotUp(RuntimeError):
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
    """Run the system in ``data_dir`` until the block ends. Raises NotUp when it does not come up.

    Rate limits are off, no demo shops are made and no model is asked, unless ``settings_`` (environment) says so.
    """
    port = free_port()
    own = {name: value for name, value in os.environ.items() if name not in OTHERS}
    own |= {"DATA_DIR": str(data_dir), "PORT": str(port), "DEMO": "0", "LIMITS": "off", "LLM_PROVIDER": "builtin"}
    trial = Trial(f"http://127.0.0.1:{port}", data_dir, own | settings_)
    data_dir.mkdir(parents=True, exist_ok=True)
    with run_system(trial.environment, log=data_dir / "up.log", is_up=lambda: is_ready(port)):
        yield trial


@contextmanager
def run_system(environment: Mapping[str, str], *, log: Path, is_up: Callable[[], bool]) -> Iterator[None]:
    """`manage.py up` in ``environment`` until the block ends; what it prints goes to ``log``.

    The block begins once ``is_up``. Raises NotUp when that takes too long, or the system ends before.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"],
            env={**environment, "RECADO_MAKE": "1"},  # it ends with us, also when we are killed
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_up():
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotUp(log.read_text(errors="replace"))
            time.sleep(0.2)
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether a system answers there that it works."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
