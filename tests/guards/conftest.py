"""A world that the tests of a file share: everybody who may come, and a row of each kind of two tenants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tenants.accounts import register
from tenants.authentication import issue_tokens
from tenants.models import SignIn, User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.databases import shared
from tests.factories import EVERY_ROW


@dataclass
class World:
    """By name: owner and other, who are tenants; deactivated, who was one; root, a superadmin; anonymous."""

    people: dict[str, User]
    rows: dict[str, int] = field(default_factory=dict)  # the owner's, by model
    _tokens: dict[str, str] = field(default_factory=dict)
    _sessions: dict[str, str] = field(default_factory=dict)
    # Which middleware a request passes is worked out once, not for each client.
    _programs: Any = field(default_factory=lambda: APIClient().handler)
    _browsers: Any = field(default_factory=lambda: Client().handler)

    @property
    def owner(self) -> User:
        return self.people["owner"]

    def let_in(self, name: str) -> None:
        """Sign somebody in, as a program and as a browser."""
        self._tokens[name] = str(issue_tokens(user=self.people[name]).access_token)
        browser = Client()
        browser.force_login(self.people[name])
        self._sessions[name] = browser.cookies[settings.SESSION_COOKIE_NAME].value

    def client(self, name: str) -> APIClient:
        """That person's program, which asks with a token."""
        made = APIClient()
        made.handler = self._programs
        if name in self._tokens:
            made.credentials(HTTP_AUTHORIZATION=f"Bearer {self._tokens[name]}")
        return made

    def clients(self) -> dict[str, APIClient]:
        return {name: self.client(name) for name in ("anonymous", "owner", "other", "deactivated", "root")}

    def browser(self, name: str) -> Client:
        """That person's browser, which has a session."""
        made = Client()
        made.handler = self._browsers
        if name in self._sessions:
            made.cookies[settings.SESSION_COOKIE_NAME] = self._sessions[name]
        return made


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for a file."""
    yield from shared(_populate, blocker=django_db_blocker)


def _populate() -> World:
    names = {"owner": "alice", "other": "bob", "deactivated": "carol"}
    people = {
        name: register(username=username, password=PASSWORD, email=f"{username}@example.com")
        for name, username in names.items()
    }
    world = World(people | {"root": User.objects.create_superuser("root", "root@example.com", PASSWORD)})
    for name in world.people:
        world.let_in(name)
    User.objects.filter(pk=people["deactivated"].pk).update(is_active=False)
    for name in ("other", "owner"):
        with tenant_scope(people[name]):
            world.rows = {label: int(make(people[name]).pk) for label, make in EVERY_ROW.items()}
    # Once a minute it is noted that somebody is here. These were seen a moment ago, however long their tests take.
    SignIn.objects.update(seen_at=timezone.now() + timedelta(days=1))
    return world
