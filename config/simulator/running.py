"""Finding the running system, or running one for as long as somebody chats with it."""

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
from pathlib import Path

from django.conf import settings

from config.simulator import client
from config.simulator.connection import read_connection

START_SECONDS, STOP_SECONDS = 180.0, 60.0
LOG = "simulate_whatsapp.log"


class NotRunning(Exception):
    """The system does not come up; the text says why."""


@contextmanager
def running_system() -> Iterator[bool]:
    """The system that runs on this data, else one that ends with the block. Yields whether it was started for it."""
    if is_running():
        yield False
        return
    port = settings.PORT if _is_free(settings.PORT) else _free_port()
    log = Path(settings.DATA_DIR) / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"],
            env={**os.environ, "PORT": str(port), "RECADO_MAKE": "1"},  # it ends with us, also when we are killed
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (_is_ready(port) and is_running()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotRunning(log.read_text(errors="replace")[-2000:])
            time.sleep(0.2)
        yield True
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_running() -> bool:
    """Whether somebody plays WhatsApp here. The settings follow where that is now."""
    connection = read_connection(Path(settings.DATA_DIR))
    if connection is None:
        return False
    settings.WHATSAPP.update(connection.settings())
    try:
        client.ask("state")
    except client.SimulatorAway:
        return False
    return True


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(settings.BIND_HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.BIND_HOST, port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
