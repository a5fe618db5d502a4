"""What the event log holds, for tests to look into."""

from __future__ import annotations

from typing import Any

from tenants.models import Event, User
from tenants.scope import tenant_scope


def told(user: User, *names: str) -> list[tuple[str, str]]:
    """(name, actor) of the events of ``user``, the eldest first; of those names, when some are given."""
    return [(event.name, event.actor) for event in events(user, *names)]


def data(user: User, name: str) -> dict[str, Any]:
    """What the only event of that name holds."""
    (event,) = events(user, name)
    return dict(event.data)


def events(user: User, *names: str) -> list[Event]:
    """The events of ``user``, the eldest first; of those names, when some are given."""
    with tenant_scope(user):
        found = Event.objects.order_by("at", "id")
        return list(found.filter(name__in=names) if names else found)


def forget(user: User) -> None:
    """Begin with an empty log."""
    with tenant_scope(user):
        Event.objects.all().delete()
