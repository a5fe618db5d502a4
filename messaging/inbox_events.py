"""Saying that a conversation has changed, to the pages that show it."""

from __future__ import annotations

from messaging.lines import STREAMS_CHANNEL, bell_line, inbox_line
from tenants.notices import notify


def tell(user_id: int, conversation_id: int) -> None:
    """Say, in the caller's transaction, that something of this conversation is new: a message, a tick, who speaks.

    To be called by whoever writes into it. Calling it twice says it once.
    """
    notify(STREAMS_CHANNEL, f"{inbox_line(user_id)} {conversation_id}")
    notify(STREAMS_CHANNEL, bell_line(user_id))  # every page shows how many conversations are not read
