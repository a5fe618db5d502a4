"""The way to WhatsApp: heyoo's client with our addresses, time limits and errors, and none of its readings.

heyoo names versions of the Graph API that have ended, calls without a time limit, returns refusals as if they were
answers, raises on an HTML error page and logs recipients. So every call goes through ``Gateway._request``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from heyoo import WhatsApp


@dataclass(frozen=True, slots=True)
class Sent:
    """WhatsApp took it: its id, and the number under which it knows the recipient (empty for who hides it)."""

    wamid: str
    wa_id: str


@dataclass(frozen=True, slots=True)
class Media:
    """Where a file that somebody sent can be fetched, for some minutes."""

    url: str
    mime_type: str
    size: int
    sha256: str


class Gateway(WhatsApp):
    """One number of ours, by the Graph API. Raises the errors of ``messaging.whatsapp.errors``."""

    def __init__(self, *, token: str, phone_number_id: str) -> None:
        super().__init__(token, phone_number_id)
        base = f"{settings.WHATSAPP['GRAPH_URL']}/{settings.WHATSAPP['GRAPH_VERSION']}"
        self.base_url = self.v15_base_url = base
        self.url = f"{base}/{phone_number_id}/messages"

    def send(self, payload: dict[str, Any], recipient: str, *, is_bsuid: bool = False, callback: str = "") -> Sent:
        """Send the Graph API's body ``payload`` to a number (digits) or a business-scoped id."""
        raise NotImplementedError

    def mark_as_read(self, message_id: str, *, typing: bool = True) -> None:
        """Show the blue ticks of what came in, and for up to 25 seconds that somebody is writing."""
        raise NotImplementedError

    def fetch_media(self, media_id: str) -> Media:
        """Where the file ``media_id`` lies, its type and its size."""
        raise NotImplementedError

    def download(self, media_id: str, *, max_bytes: int) -> tuple[bytes, str]:
        """The file ``media_id`` and its type. Raises TooLarge past ``max_bytes``."""
        raise NotImplementedError

    def fetch_templates(self, business_account_id: str) -> list[dict[str, Any]]:
        """The account's message templates, as Meta describes them."""
        raise NotImplementedError

    def fetch_number(self) -> dict[str, Any]:
        """What Meta says of the number: display_phone_number, verified_name, quality_rating, …"""
        raise NotImplementedError
