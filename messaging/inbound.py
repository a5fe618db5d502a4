"""Taking in what Meta has sent: each stored update once, in order."""

from __future__ import annotations

from tenants.jobs import enqueue
from tenants.notices import notify

CHANNEL = "recado_inbound"


def ring() -> None:
    """Say, in the caller's transaction, that there is something to take in."""
    enqueue("messaging.tasks.take_in")
    notify(CHANNEL)
