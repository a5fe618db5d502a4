"""GET /api/user/events: what happened, newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config import events_api
from tenants.events import EVENTS, acting, record, record_many
from tenants.models import Event, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

PATH = "/api/user/events"
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture
def log(alice, bob) -> User:
    """Four events of Alice's, one of Bob's."""
    with tenant_scope(bob):
        record("login", at=NOON, method="password")
    with tenant_scope(alice):
        record("login", at=NOON, method="password", address="203.0.113.7")
        with acting("customer", 7):
            record("order_received", at=NOON + timedelta(days=1), order=3, total="25.00", currency="COP")
        record("task_completed", at=NOON + timedelta(days=2), title="Pagar")
        record("password_changed", at=NOON + timedelta(days=3))
    return alice


def get(client: Any, **asked: Any) -> Any:
    answer = client.get(PATH, asked)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def names(client: Any, **asked: Any) -> list[str]:
    return [row["name"] for row in get(client, **asked)["results"]]


def test_the_newest_first_with_words_for_people(api, log):
    found = get(api(log))
    assert found["count"] == 4
    assert [row["name"] for row in found["results"]] == [
        "password_changed", "task_completed", "order_received", "login",
    ]  # fmt: skip
    order = found["results"][2]
    assert order.pop("id") > 0
    assert order == {
        "name": "order_received", "label": "Llegó un pedido", "at": "2026-11-24T12:00:00-05:00", "actor": "customer",
        "data": {"order": 3, "total": "25.00", "currency": "COP"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"name": "login"}, ["login"]),
        ({"name": ["login", "task_completed"]}, ["task_completed", "login"]),
        ({"name": "login, task_completed"}, ["task_completed", "login"]),
        ({"name": ""}, ["password_changed", "task_completed", "order_received", "login"]),
        ({"security": "true"}, ["password_changed", "login"]),
        ({"security": "false"}, ["task_completed", "order_received"]),
        ({"security": "true", "name": "task_completed"}, []),
        ({"from": "2026-11-24"}, ["password_changed", "task_completed", "order_received"]),
        ({"to": "2026-11-24"}, ["order_received", "login"]),
        ({"from": "2026-11-24", "to": "2026-11-24"}, ["order_received"]),
        ({"from": "2026-11-25T12:00:00-05:00"}, ["password_changed", "task_completed"]),
    ],
)
def test_filters(api, log, asked, expected):
    assert names(api(log), **asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "nothing_known"}, {"from": "ayer"}, {"from": "2026-11-25", "to": "2026-11-20"}, {"security": "yes"},
        {"page": "0"}, {"page_size": "1000"}, {"cursor": "x"}, {"from": "0001-01-01"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(api, log, asked):
    assert api(log).get(PATH, asked).status_code == 400


def test_pages_lead_on_by_position_while_events_come(api, log):
    client = api(log)
    with tenant_scope(log):
        record_many("product_changed", [{"product": n} for n in range(60)], at=NOON)  # all at one moment
    first = get(client, page_size=25)
    with tenant_scope(log):
        record("login", at=NOON + timedelta(days=4))  # comes meanwhile
    seen, page = [row["id"] for row in first["results"]], first
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert len(seen) == len(set(seen)) == 64


def test_what_is_too_many_is_not_counted(api, log, monkeypatch):
    monkeypatch.setattr(events_api, "COUNTED", 3)
    client = api(log)
    found = get(client, page_size=2)
    assert found["count"] is None
    assert len(client.get(found["next"]).json()["results"]) == 2
    answer = client.get(PATH, {"page_size": 2, "page": 3})
    assert answer.status_code == 404
    assert "next" in answer.json()["detail"]


def test_every_event_has_a_name_in_words(api, alice):
    with tenant_scope(alice):
        Event.objects.bulk_create([Event(user=alice, name=name) for name in EVENTS])  # and nobody is told
    rows = get(api(alice), page_size=200)["results"]
    assert len(rows) == len(EVENTS)
    assert all(row["label"] and row["label"] != row["name"] for row in rows)
