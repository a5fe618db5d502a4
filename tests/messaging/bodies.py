"""Webhook bodies as Meta sends them, and a client that posts them."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from messaging.whatsapp.signatures import sign

ADDRESS = "/api/whatsapp/webhook"
SECRET = "the-platform-s-app-secret"
NUMBER = "106540352242922"
ACCOUNT = "102290129340398"


def message(text: str = "¿Tienen laptops?", *, wamid: str = "wamid.A", sender: str = "573001234567") -> dict[str, Any]:
    return {"from": sender, "id": wamid, "timestamp": "1763856000", "type": "text", "text": {"body": text}}


def status(wamid: str, state: str = "sent", *, recipient: str = "573001234567", **more: Any) -> dict[str, Any]:
    return {"id": wamid, "status": state, "timestamp": "1763856001", "recipient_id": recipient, **more}


def value(*messages: Any, number: str = NUMBER, **more: Any) -> dict[str, Any]:
    """What surrounds them, with a contact for each sender."""
    senders = {one["from"] for one in messages if isinstance(one, dict) and "from" in one}
    found: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "573009999999", "phone_number_id": number},
    }
    if messages:
        found["contacts"] = [{"profile": {"name": f"Ana {one[-2:]}"}, "wa_id": one} for one in sorted(senders)]
        found["messages"] = list(messages)
    return found | more


def wrap(*values: dict[str, Any], field: str = "messages", account: str = ACCOUNT) -> dict[str, Any]:
    """A whole body: one entry with a change for each value."""
    changes = [{"field": field, "value": one} for one in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": account, "changes": changes}]}


def written(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def post(body: Any, *, secret: str | None = SECRET, signature: str | None = None, client: Any = None) -> Any:
    """Post ``body`` (bytes, or what is written as JSON), signed with ``secret`` unless a signature is given."""
    data = written(body)
    headers = {}
    if signature is not None or secret is not None:
        headers["X-Hub-Signature-256"] = signature if signature is not None else sign(data, secret=secret or "")
    return (client or Client(raise_request_exception=False)).post(
        ADDRESS, data=data, content_type="application/json", headers=headers
    )
