"""Finding the running system, or running one for as long as somebody chats with it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config.simulator import client
from config.simulator.connection import read_connection
from config.trial import free_port, is_ready, run_system

LOG = "simulate_whatsapp.log"


@contextmanager
def running_system() -> Iterator[bool]:
    """The system that runs on this data, else one that ends with the block. Yields whether it was started for it.

    Raises trial.NotUp when it does not come up.
    """
    if is_running():
        yield False
        return
    port = settings.PORT if _is_free(settings.PORT) else free_port()
    log = Path(settings.DATA_DIR) / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PORT": str(port)}
    with run_system(environment, log=log, is_up=lambda: is_ready(port, host=settings.BIND_HOST) and is_running()):
        yield True


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


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.BIND_HOST, port)) != 0
