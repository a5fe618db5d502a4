"""The outbox: each message once, in order, and never twice."""

from datetime import UTC, datetime

import pytest
from django_q.models import OrmQ

from messaging.models import Delivery
from messaging.outbox import Recipient, put
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)


def text(body: str) -> dict:
    return {"type": "text", "text": {"body": body}}


def test_it_takes_in_the_same_message_once(alice):
    with tenant_scope(alice):
        first, again = (
            put(
                user=alice,
                kind=Delivery.Kind.SEND,
                key="send:1",
                recipient=Recipient("573001234567"),
                payload=text("Hola"),
                text="Hola",
                phone_number_id="10001",
                now=NOW,
            )
            for _ in range(2)
        )
        assert first == again
        assert Delivery.objects.get().payload == text("Hola")
    assert OrmQ.objects.count() == 1
