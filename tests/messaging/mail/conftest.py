"""Letters that go by the outbox, a mail server that is a stand-in, and a tenant whose letters nobody touches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from messaging.models import Letter, Mailbox, Notification
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.mail.posting import use
from tests.standins.smtp_server import SMTPServer


@pytest.fixture(autouse=True)
def _outbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "messaging.mail.backend.OutboxBackend"


@pytest.fixture
def bobs(bob: Any) -> Iterator[None]:
    """Bob's own letter, long over, which must stay as it is."""
    with tenant_scope(bob):
        factories.letter(bob, status="sent")
        before = list(Letter.objects.values())
    yield
    with tenant_scope(bob):
        assert list(Letter.objects.values()) == before
        assert not Notification.objects.exists()
        assert not Mailbox.objects.exists()


@pytest.fixture
def server(settings: Any) -> Iterator[SMTPServer]:
    with SMTPServer() as server:
        use(settings, server)
        yield server
