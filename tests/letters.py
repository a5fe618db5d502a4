"""Letters that are on their way, read from the outbox."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from messaging.mail.letters import Letter
from tenants.models import User
from tenants.scope import tenant_scope


@pytest.fixture
def outbox(settings) -> None:
    """The real one, in which letters are rows, for modules that ask for it; pytest-django has another."""
    settings.EMAIL_BACKEND = "messaging.mail.backend.OutboxBackend"


def letters_to(user: User, **which: Any) -> list[Letter]:
    """Those of a tenant, the eldest first."""
    with tenant_scope(user):
        return list(Letter.objects.filter(**which).order_by("pk"))


def link_in(letter: Letter) -> str:
    """The path of the first link of ours in it."""
    found = re.search(r"https?://\S+/(account|own-data|password-reset|user)/\S+", letter.text)
    assert found, letter.text
    return urlsplit(found[0]).path
