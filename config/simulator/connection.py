"""Where the simulator of an installation is, and the secrets it shares with the system that it plays WhatsApp for.

They lie in ``simulator.json`` beside the data, made once, readable by their owner only. Read by the settings, so no
Django here.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FILE = "simulator.json"
DISPLAY_NAME = "Simulador"  # shown where a number would be: nobody is to take it for one


@dataclass(frozen=True, slots=True)
class Connection:
    port: int
    phone_number_id: str
    business_account_id: str
    token: str
    app_secret: str
    verify_token: str
    control_token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, Any]:
        """What stands in ``settings.WHATSAPP`` while this plays WhatsApp."""
        return {
            "SIMULATED": True,
            "SIMULATOR_URL": self.url,
            "SIMULATOR_CONTROL_TOKEN": self.control_token,
            "PHONE_NUMBER_ID": self.phone_number_id,
            "BUSINESS_ACCOUNT_ID": self.business_account_id,
            "TOKEN": self.token,
            "APP_SECRET": self.app_secret,
            "VERIFY_TOKEN": self.verify_token,
        }


def read_connection(data_dir: Path) -> Connection | None:
    """The simulator of the installation in ``data_dir``; None when it never had one."""
    try:
        return Connection(**json.loads((data_dir / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def prepare_connection(data_dir: Path) -> Connection:
    """Find a free port, the one of last time if it still is; secrets stay what they were."""
    known = read_connection(data_dir)
    if known is None:
        connection = Connection(
            port=_free_port(0),
            phone_number_id=_digits(),
            business_account_id=_digits(),
            token=secrets.token_urlsafe(32),
            app_secret=secrets.token_hex(16),
            verify_token=secrets.token_urlsafe(24),
            control_token=secrets.token_urlsafe(32),
        )
    else:
        connection = replace(known, port=_free_port(known.port))
    if connection != known:
        _write(data_dir / FILE, connection)
    return connection


def _digits() -> str:
    return "999" + "".join(secrets.choice("0123456789") for _ in range(12))


def _free_port(wanted: int) -> int:
    for port in dict.fromkeys((wanted, 0)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("There is no free port on 127.0.0.1.")


def _write(path: Path, connection: Connection) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".simulator-")  # only we may read it
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(connection), file)
    os.replace(temporary, path)
