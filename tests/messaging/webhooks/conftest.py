"""A receiver on this machine, which the settings let be named, and somebody who tells it what happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.standins.webhook_receiver import WebhookReceiver


@pytest.fixture
def local(settings: Any) -> None:
    """This machine may be called, and nobody waits for long."""
    settings.WEBHOOKS = settings.WEBHOOKS | {"ALLOW_LOCAL": True, "SECONDS": 2.0, "CONNECT_SECONDS": 1.0}


@pytest.fixture
def receiver(local: None) -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as server:
        yield server
