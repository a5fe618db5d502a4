"""What accounts, preferences and contacts leave in the event log."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from tenants import accounts, contacts
from tenants.events import acting, record, record_many
from tenants.models import Event, Preferences
from tenants.scope import NotATenant, all_tenants, tenant_scope
from tests.conftest import PASSWORD
from tests.event_log import data, events, told

pytestmark = pytest.mark.django_db

LOGIN = "/api/auth/login"


def test_coming_in_is_told_with_where_from(api, alice, bob):
    answer = api().post(
        LOGIN, {"username": "alice", "password": PASSWORD}, format="json", REMOTE_ADDR="203.0.113.7",
        HTTP_USER_AGENT="Firefox\x07 \n 140",
    )  # fmt: skip
    assert answer.status_code == 200
    assert data(alice, "login") == {"method": "password", "address": "203.0.113.7", "agent": "Firefox 140"}
    (login,) = events(alice, "login")
    assert (login.actor, login.actor_id) == ("person", alice.pk)
    assert events(bob) == []


def test_coming_in_by_the_page_is_told_once(alice):
    client = Client()
    assert client.post("/login", {"username": "alice@example.com", "password": PASSWORD}).status_code == 302
    assert [name for name, _ in told(alice)] == ["login"]


def test_a_wrong_password_is_told_to_whom_it_was_tried_on(api, alice, bob, root):
    for name in ("ALICE", "alice@example.com", "nobody", "root"):
        assert api().post(LOGIN, {"username": name, "password": "no"}, format="json").status_code == 401
    assert told(alice) == [("login_failed", "system")] * 2
    assert "no" not in data_of_all(alice)
    assert events(bob) == []
    with all_tenants():
        assert Event.objects.count() == 2


def data_of_all(user) -> list[str]:
    return [str(value) for event in events(user) for value in event.data.values()]


def test_a_superadmin_who_comes_in_has_no_log(api, root):
    assert api().post(LOGIN, {"username": "root", "password": PASSWORD}, format="json").status_code == 200
    with all_tenants():
        assert not Event.objects.exists()


def test_a_changed_password_and_ended_sessions(api, alice):
    client = api(alice)
    body = {"current": PASSWORD, "new": "otra-clave-muy-mia-3"}
    assert client.post("/api/auth/password", body, format="json").status_code == 200
    alice.refresh_from_db()
    assert api(alice).post("/api/auth/logout", {}, format="json").status_code == 204
    assert told(alice) == [("password_changed", "person"), ("sessions_ended", "person")]


def test_a_password_changed_by_the_letters_link_is_told_too(alice):
    accounts.change_password(user=alice, password="otra-clave-muy-mia-3")
    assert told(alice) == [("password_changed", "system")]


def test_preferences_tell_which_and_not_what(api, alice):
    client = api(alice)
    changes = {"tone": "brief", "business_facts": "Secreto", "language": "es", "timezone": "America/Lima"}
    assert client.patch("/api/user/preferences", changes, format="json").status_code == 200
    assert client.patch("/api/user/preferences", changes, format="json").status_code == 200
    assert data(alice, "preferences_changed") == {"fields": ["business_facts", "timezone", "tone"]}
    with tenant_scope(alice):
        assert Preferences.current(alice).tone == "brief"


def test_a_new_contact(api, alice, bob):
    made = api(alice).post("/api/user/contacts", {"name": "Ana", "phone": "+573001234567"}, format="json")
    assert made.status_code == 201
    again = api(alice).post("/api/user/contacts", {"name": "Otra", "phone": "+573001234567"}, format="json")
    assert again.status_code == 400
    assert data(alice, "contact_created") == {"contact": made.json()["id"], "channel": "web"}
    assert events(bob) == []


def test_in_everybodys_scope_it_is_of_whom_it_is_told(alice, bob):
    with all_tenants(), transaction.atomic():
        made = contacts.meet(user=alice, wa_id="573001234567", now=alice.created_at)
        made.user = alice
        contacts.opt(contact=made, out=True, now=alice.created_at)
        assert Event.objects.count() == 2, "everybody's scope is open again"
    assert [name for name, _ in told(alice)] == ["contact_created", "contact_opted_out"]
    assert events(bob) == []


def test_of_a_superadmin_nothing_can_be_told(root):
    with pytest.raises(NotATenant):
        record("login", user=root)


def test_many_at_once_are_one_statement(alice, django_assert_num_queries):
    with tenant_scope(alice), acting("assistant"):
        with django_assert_num_queries(2):  # the rows, and whether any endpoint wants to be told
            made = record_many("product_changed", [{"product": n, "name": None} for n in range(500)])
        assert Event.objects.count() == len(made) == 500
    assert events(alice)[0].data == {"product": 0}
    with tenant_scope(alice), pytest.raises(ValueError, match="no such event"):
        record_many("product_changed", [{"product": 1}, {"price": 1}])


def test_a_superadmins_act_is_the_superadmins(root, alice, browse):
    client = browse(root)
    client.get("/api/auth/me")  # any request of theirs
    with acting("superadmin", root.pk), tenant_scope(alice):
        record("plan_changed", plan="pro", before="free")
    assert told(alice) == [("plan_changed", "superadmin")]
