"""Giving up an account: what stops, what stays open, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from agenda import claiming
from messaging import claims
from tenants import leaving, roles, suspensions
from tenants.jobs import tenant_task
from tenants.models import AuditEntry, Event, User
from tenants.scope import tenant_scope
from tests import factories
from tests.conftest import PASSWORD
from tests.letters import letters_to, outbox  # noqa: F401
from tests.tenants.test_second_factor import turn_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]

DELETION = "/api/user/deletion"
LOGIN = "/api/auth/login"
ASK = {"password": PASSWORD}


def test_it_does_nothing_from_now_on_and_can_be_looked_at(api, alice, browse):
    client = api(alice)
    with tenant_scope(alice):
        product = factories.product(alice)
    assert client.get(DELETION).json() == {"leaving": False, "erased_at": None}
    answer = client.post(DELETION, ASK)
    assert answer.status_code == 202, answer.content
    assert answer.json()["leaving"]
    assert abs(User.objects.get(pk=alice.pk).leaves_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert client.get("/api/user/products").json()["count"] == 1
    refused = client.patch(f"/api/user/products/{product.pk}", {"price": "1"})
    assert (refused.status_code, refused.json()["code"]) == (403, "leaving")
    assert client.post("/api/user/chat/message", {"content": "Hola"}).status_code == 403
    assert tenant_task(lambda user: "worked")(alice.pk) == "no active tenant"
    page = browse(User.objects.get(pk=alice.pk)).get("/user/dashboard").content.decode()
    assert "Recuperar mi cuenta" in page
    (letter,) = letters_to(alice)
    assert (letter.kind, letter.status) == ("deletion", "queued")


def test_nobody_is_answered_or_reminded(api, alice):
    with tenant_scope(alice):
        factories.message(alice, status="pending")
        factories.reminder(alice, due_at=timezone.now(), next_at=timezone.now())
    soon = timezone.now() + timedelta(seconds=1)
    api(alice).post(DELETION, ASK)
    assert claims.claim_ready(most=5, per_tenant=5) == []
    assert claiming.claim_due(most=5, now=soon) == []
    api(User.objects.get(pk=alice.pk)).delete(DELETION)
    assert len(claims.claim_ready(most=5, per_tenant=5)) == 1
    assert len(claiming.claim_due(most=5, now=soon)) == 1


def test_other_sessions_end_and_signing_in_again_is_the_way_back(api, alice):
    elsewhere = api(alice)
    client = api(alice)
    client.post(DELETION, ASK)
    assert elsewhere.get("/api/auth/me").status_code == 401
    assert client.get("/api/auth/me").status_code == 200
    tokens = api().post(LOGIN, {"username": "alice", "password": PASSWORD})
    assert tokens.status_code == 200
    browser = Client()
    assert browser.post("/login", {"username": "alice", "password": PASSWORD})["Location"] == "/user/dashboard"
    assert "Recuperar mi cuenta" in browser.get("/user/dashboard").content.decode()
    assert browser.get("/api/user/products").status_code == 200
    assert browser.delete(DELETION).status_code == 204
    alice.refresh_from_db()
    assert (alice.is_active, alice.leaves_at) == (True, None)
    assert browser.get("/api/user/products").status_code == 200
    assert "Recuperar mi cuenta" not in browser.get("/user/dashboard").content.decode()
    # that it goes, that a browser came which was not there before, that it stays
    assert [one.kind for one in letters_to(alice)] == ["deletion", "security", "security"]
    with tenant_scope(alice):
        names = Event.objects.filter(name__startswith="deletion_").order_by("pk").values_list("name", flat=True)
        assert list(names) == ["deletion_asked", "deletion_taken_back"]


def test_a_wrong_password_and_a_missing_code_are_refused(api, alice):
    assert api(alice).post(DELETION, {"password": "no-es-esta-1"}).json().keys() == {"password"}
    _totp, codes = turn_on(alice)
    client = api(User.objects.get(pk=alice.pk))
    assert client.post(DELETION, ASK).json().keys() == {"otp"}
    assert User.objects.get(pk=alice.pk).is_active
    assert client.post(DELETION, ASK | {"otp": codes[0]}).status_code == 202


def test_asked_twice_it_is_the_first_that_counts(api, alice):
    client = api(alice)
    first = client.post(DELETION, ASK).json()
    assert client.post(DELETION, ASK).json() == first
    assert len(letters_to(alice)) == 1
    assert client.delete(DELETION).status_code == client.delete(DELETION).status_code == 204


def test_a_letter_comes_three_days_before_the_end_once(api, alice, bob):
    now = timezone.now()
    api(alice).post(DELETION, ASK)
    assert leaving.tell_soon(now=now + timedelta(days=26)) == 0
    assert leaving.tell_soon(now=now + timedelta(days=27, hours=1)) == 1
    assert leaving.tell_soon(now=now + timedelta(days=28)) == 0
    assert [one.kind for one in letters_to(alice)] == ["deletion", "deletion"]
    assert letters_to(bob) == []


def test_a_superadmin_sees_it_and_can_stop_it(api, alice, root, browse):
    api(alice).post(DELETION, ASK)
    page = browse(root).get("/admin/tenants/user/?leaving=yes").content.decode()
    assert "alice" in page
    assert not suspensions.restore(actor=root, user=User.objects.get(pk=alice.pk), reason="Se arrepintió")
    with pytest.raises(roles.Refused):
        roles.change_role(actor=root, user=User.objects.get(pk=alice.pk), role="superadmin", reason="Ascenso")
    browser = browse(root)
    answer = browser.post(f"/admin/tenants/user/act/stay/?people={alice.pk}", {"reason": "Lo pidió por teléfono"})
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert (alice.is_active, alice.leaves_at) == (True, None)
    entry = AuditEntry.objects.get(action="deletion_stopped")
    assert (entry.actor_name, entry.reason) == ("root", "Lo pidió por teléfono")


def test_a_superadmin_gives_up_nothing(api, root):
    assert api(root).post(DELETION, ASK).status_code == 403


def test_the_database_knows_no_leaving_account_that_works(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=alice.pk).update(leaves_at=timezone.now())
    assert connection.is_usable()


def test_forgotten_passwords_are_replaced_while_it_is_leaving(api, alice):
    api(alice).post(DELETION, ASK)
    from tenants.tasks import send_reset_letter

    assert send_reset_letter(alice.pk) == "sent"
