"""The lines on which those who wait are called, by one notice for all of them (``messaging.streams``)."""

from __future__ import annotations

# Its payload is a line's name, and after a space what of it has changed: the id of a person's message, «bell:7»,
# «inbox:7 812»; «account:7» calls everybody who waits for something of that account.
from tenants.notices import STREAMS_CHANNEL as STREAMS_CHANNEL


def bell_line(user_id: int) -> str:
    """What the bell of this tenant listens on."""
    return f"bell:{user_id}"


def inbox_line(user_id: int) -> str:
    """What the inbox of this tenant listens on."""
    return f"inbox:{user_id}"
