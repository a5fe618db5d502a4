"""The webhook: what is signed is stored once, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import InboundUpdate, WebhookBody
from tenants.scope import all_tenants
from tests.messaging.bodies import NUMBER, SECRET, message, post, value, wrap

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _platform(settings: Any) -> None:
    settings.WHATSAPP = settings.WHATSAPP | {
        "APP_SECRET": SECRET,
        "PHONE_NUMBER_ID": NUMBER,
        "VERIFY_TOKEN": "the-verify-token",
    }


def updates() -> list[InboundUpdate]:
    with all_tenants():
        return list(InboundUpdate.objects.order_by("pk"))


def bodies() -> list[WebhookBody]:
    with all_tenants():
        return list(WebhookBody.objects.order_by("pk"))


def test_it_stores_a_message_once():
    for _ in range(3):
        assert post(wrap(value(message()))).status_code == 200
    (update,) = updates()
    (body,) = bodies()
    assert (update.kind, update.key, update.sender, update.status) == ("message", "wamid.A", "573001234567", "pending")
    assert (update.phone_number_id, update.channel_id, update.body_id) == (NUMBER, None, body.pk)
    assert (body.times, body.fault) == (3, "")
