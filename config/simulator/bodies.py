"""What Meta posts to a webhook: bodies in its shape, signed as it signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any


def make_wamid() -> str:
    return f"wamid.{secrets.token_urlsafe(33)}=="


def sign(body: bytes, *, app_secret: str) -> dict[str, str]:
    """Return the headers that go with a body: its type, and the signature over its bytes."""
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


def make_body(changes: Iterable[dict[str, Any]], *, business_account_id: str = "102290129340398") -> bytes:
    """One body of several changes (each ``{"field", "value"}``), in the one entry of one account."""
    entry = {"id": business_account_id, "changes": list(changes)}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, ensure_ascii=False).encode()


def make_change(
    *,
    phone_number_id: str,
    display_phone_number: str = "",
    messages: Iterable[dict[str, Any]] = (),
    statuses: Iterable[dict[str, Any]] = (),
    contacts: Iterable[dict[str, Any]] = (),
    field: str = "messages",
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What happened at one number. Lists that are empty are left out, as Meta does."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": display_phone_number, "phone_number_id": phone_number_id},
    }
    parts = {"contacts": list(contacts), "messages": list(messages), "statuses": list(statuses)}
    value |= {name: items for name, items in parts.items() if items}
    return {"field": field, "value": value | (extra or {})}


def make_contact(*, wa_id: str, name: str = "", bsuid: str = "") -> dict[str, Any]:
    contact: dict[str, Any] = {"profile": {"name": name}}
    if wa_id:
        contact["wa_id"] = wa_id
    if bsuid:
        contact["user_id"] = bsuid
    return contact


def make_message(
    content: str | dict[str, Any] = "",
    *,
    kind: str = "text",
    sender: str = "",
    bsuid: str = "",
    wamid: str = "",
    at: datetime,
    quoted: str = "",
) -> dict[str, Any]:
    """One item of ``messages``.

    ``content`` is the text of a text, otherwise what stands under the kind's name: ``{"id": "55", "mime_type": …}`` of
    an image. A chosen button or row is ``kind="button_reply"`` or ``"list_reply"`` with ``{"id", "title"}``.
    """
    message: dict[str, Any] = {"id": wamid or make_wamid(), "timestamp": str(int(at.timestamp())), "type": kind}
    if sender:
        message["from"] = sender
    if bsuid:
        message["from_user_id"] = bsuid
    if quoted:
        message["context"] = {"id": quoted}
    if kind in {"button_reply", "list_reply", "nfm_reply"}:
        message |= {"type": "interactive", "interactive": {"type": kind, kind: content}}
    elif kind == "text" and isinstance(content, str):
        message["text"] = {"body": content}
    else:
        message[kind] = content
    return message


def make_status(
    status: str,
    *,
    wamid: str,
    recipient: str,
    is_bsuid: bool = False,
    callback: str = "",
    pricing: dict[str, Any] | None = None,
    errors: Iterable[dict[str, Any]] = (),
    at: datetime,
) -> dict[str, Any]:
    """One item of ``statuses``. A hidden recipient is named by ``recipient_user_id`` alone."""
    item: dict[str, Any] = {"id": wamid, "status": status, "timestamp": str(int(at.timestamp()))}
    item["recipient_user_id" if is_bsuid else "recipient_id"] = recipient
    if callback:
        item["biz_opaque_callback_data"] = callback
    if pricing and status != "failed":
        item["pricing"] = pricing
    if errors := list(errors):
        item["errors"] = errors
    return item
