"""Asking the simulator of this installation, from another process."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

SECONDS = 30.0  # it waits for the webhook itself


class NoSimulator(Exception):
    """There is a real number, or nobody runs who would play one."""


class SimulatorAway(Exception):
    """It does not answer now."""


def ask(what: str, /, **options: Any) -> dict[str, Any]:
    """Do ``what`` (see ``config.simulator.control``). Raises NoSimulator and SimulatorAway."""
    if not settings.WHATSAPP["SIMULATED"]:
        raise NoSimulator
    connection = http.client.HTTPConnection(urlsplit(settings.WHATSAPP["SIMULATOR_URL"]).netloc, timeout=SECONDS)
    headers = {"Authorization": f"Bearer {settings.WHATSAPP['SIMULATOR_CONTROL_TOKEN']}"}
    try:
        connection.request("POST", f"/_control/{what}", json.dumps(options).encode(), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SimulatorAway(str(error)) from error
    finally:
        connection.close()
    if response.status != 200:
        raise SimulatorAway(f"it answered {response.status} to {what}: {answer.get('error')}")
    return dict(answer)
