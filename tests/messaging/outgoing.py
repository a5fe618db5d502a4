"""A number that sends through the Graph API's stand-in, somebody to write to, and an outbox to look into."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from messaging import outbox
from messaging.models import Channel, Conversation, Delivery, SharedNumber
from messaging.outbox import Recipient
from messaging.pacing import NumberPace
from tenants.models import Contact, User
from tenants.phones import match_key
from tenants.scope import tenant_scope
from tests.standins.graph_server import PHONE_NUMBER_ID, TOKEN, GraphServer

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
PHONE = "573001234567"

_keys = count(1)


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphServer]:
    """The Graph API that the settings name, with a shared number."""
    with GraphServer() as server:
        settings.WHATSAPP = settings.WHATSAPP | {
            "GRAPH_URL": server.url,
            "PHONE_NUMBER_ID": PHONE_NUMBER_ID,
            "TOKEN": TOKEN,
            "SIMULATED": False,
            "READ_SECONDS": 5.0,
        }
        yield server


def connect(user: User, graph: GraphServer, phone_number_id: str = "20001", **fields: Any) -> Channel:
    """A number of the tenant's own."""
    account = fields.get("business_account_id", "")
    graph.add_number(phone_number_id=phone_number_id, token=f"token-{phone_number_id}", business_account_id=account)
    fields = {"token": f"token-{phone_number_id}", "app_secret": "sesame", **fields}
    with tenant_scope(user):
        return Channel.objects.create(user=user, phone_number_id=phone_number_id, **fields)


def meet(
    user: User,
    phone: str = PHONE,
    *,
    channel: Channel | None = None,
    wrote_at: datetime | None = NOW,
    **fields: Any,
) -> Conversation:
    """A customer who wrote to the tenant, and the conversation with that window; none when ``wrote_at`` is None."""
    with tenant_scope(user):
        known = {"name": f"Ana {phone}", "wa_id": phone, "whatsapp_key": match_key(phone), **fields}
        contact = Contact.objects.create(user=user, **known)
        return Conversation.objects.create(
            user=user,
            channel="whatsapp",
            audience="customer",
            assistant_type="commercial",
            contact=contact,
            number=channel,
            phone_number_id=channel.phone_number_id if channel else PHONE_NUMBER_ID,
            window_until=wrote_at and wrote_at + timedelta(hours=24),
        )


def text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def put(conversation: Conversation, body: str = "Hola", *, now: datetime = NOW, **fields: Any) -> Delivery:
    """Put a message to the conversation's customer into the outbox."""
    user = conversation.user
    contact = conversation.contact
    values: dict[str, Any] = {
        "kind": Delivery.Kind.REPLY,
        "key": f"test:{next(_keys)}",
        "recipient": Recipient(contact.wa_id if contact else PHONE),
        "payload": text(body),
        "text": body,
        "phone_number_id": conversation.phone_number_id,
        "channel": conversation.number,
        "contact": contact,
        "now": now,
        **fields,
    }
    with tenant_scope(user):
        return outbox.put(user=user, **values)


def drain(*, now: datetime = NOW, **options: Any) -> dict[str, int]:
    """Send what is due at ``now``, in this thread and without waiting for a place."""
    return dict(outbox.drain(clock=lambda: now, pace=NumberPace(sleep=lambda _seconds: None), **options))


def look(delivery: Delivery) -> Delivery:
    """The message as it stands."""
    with tenant_scope(delivery.user):
        return Delivery.objects.select_related("contact", "channel").get(pk=delivery.pk)


def shared() -> SharedNumber:
    number = SharedNumber.current()
    assert number is not None
    return number


def template(name: str = "recado_reminder", **fields: Any) -> dict[str, Any]:
    """An approved template as Meta describes it."""
    return {
        "name": name,
        "language": "es",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": [
            {"type": "BODY", "text": "Te recuerdo: {{1}}. {{2}}"},
            {
                "type": "BUTTONS",
                "buttons": [{"type": "QUICK_REPLY", "text": one} for one in ("Confirmar", "Cambiar", "Cancelar")],
            },
        ],
        **fields,
    }
