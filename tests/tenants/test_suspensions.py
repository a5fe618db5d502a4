"""Suspension stops at once: sessions, tokens, refresh tokens, and what a task would do. Restoring brings none back."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from tenants import sessions, suspensions
from tenants.audit import AuditEntry
from tenants.jobs import tenant_task
from tenants.models import Event, User
from tenants.roles import Refused
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN, REFRESH, MINE = "/api/auth/login", "/api/auth/refresh", "/api/user/preferences"


def test_every_way_in_closes_and_none_of_them_opens_again(alice, bob, root, api, browse):
    tokens = api().post(LOGIN, {"username": "alice", "password": PASSWORD}).json()
    session, client, his = browse(alice), api(alice), api(bob)
    assert suspensions.suspend(actor=root, user=alice, reason="No pagó")

    def ways_in() -> list[int]:
        return [
            session.get("/user/dashboard").status_code,
            session.get(MINE).status_code,
            client.get(MINE).status_code,
            client.get("/api/auth/me").status_code,
            api().post(REFRESH, {"refresh": tokens["refresh"]}).status_code,
        ]

    assert ways_in() == [302, 401, 401, 401, 401]
    assert api().post(LOGIN, {"username": "alice", "password": PASSWORD}).status_code == 401
    assert tenant_task(lambda user: "worked")(alice.pk) == "no active tenant"
    assert his.get(MINE).status_code == 200

    assert suspensions.restore(actor=root, user=alice, reason="Pagó")
    assert ways_in() == [302, 401, 401, 401, 401]
    assert api().post(LOGIN, {"username": "alice", "password": PASSWORD}).status_code == 200
    assert tenant_task(lambda user: "worked")(alice.pk) == "worked"


def test_only_who_gives_the_right_password_is_told_that_it_is_suspended(alice, root, api, client):
    told = "Tu cuenta está suspendida. Escribe a quien administra el sistema."
    nobody = api().post(LOGIN, {"username": "nadie", "password": "no-es-esta"})
    suspensions.suspend(actor=root, user=alice, reason="No pagó")

    right = api().post(LOGIN, {"username": "Alice@Example.com", "password": PASSWORD})
    assert (right.status_code, right.json()) == (401, {"detail": told, "code": "account_inactive"})
    page = client.post("/login", {"username": "alice", "password": PASSWORD})
    assert page.status_code == 400
    assert told in page.text
    assert "_auth_user_id" not in client.session

    wrong = api().post(LOGIN, {"username": "alice", "password": "no-es-esta"})
    assert (wrong.status_code, wrong.content) == (nobody.status_code, nobody.content)
    page = client.post("/login", {"username": "alice", "password": "no-es-esta"})
    assert told not in page.text
    assert "no coinciden" in page.text


def test_the_right_password_of_a_suspended_account_is_no_way_around_the_limit(alice, root, api, settings):
    settings.LIMITS = True
    suspensions.suspend(actor=root, user=alice, reason="No pagó")
    for _ in range(10):
        assert api().post(LOGIN, {"username": "alice", "password": "no-es-esta"}).status_code == 401
    assert api().post(LOGIN, {"username": "alice", "password": PASSWORD}).status_code == 429


def test_it_is_written_down_for_the_superadmin_and_for_the_person(alice, root):
    suspensions.suspend(actor=root, user=alice, reason="No pagó")
    assert not suspensions.suspend(actor=root, user=alice, reason="Otra vez")
    suspensions.restore(actor=root, user=alice, reason="Pagó")
    entries = [(one.action, one.reason, one.target_id) for one in AuditEntry.objects.order_by("pk")]
    assert entries == [("suspended", "No pagó", str(alice.pk)), ("restored", "Pagó", str(alice.pk))]
    with tenant_scope(alice):
        told = Event.objects.filter(name__startswith="account_").order_by("pk").values_list("name", "data__reason")
        assert list(told) == [("account_suspended", "No pagó"), ("account_restored", "Pagó")]


def test_nobody_suspends_themselves_or_the_last_superadmin(root):
    with pytest.raises(Refused, match="ti mismo"):
        suspensions.suspend(actor=root, user=root, reason="Me voy")
    with pytest.raises(Refused, match="único"):
        suspensions.suspend(actor=None, user=root, reason="Desde la consola")
    other = User.objects.create_superuser("carlos", password=PASSWORD)
    assert suspensions.suspend(actor=other, user=root, reason="Se fue")
    with pytest.raises(Refused, match="único"):
        suspensions.suspend(actor=root, user=other, reason="Venganza")


@pytest.mark.django_db(transaction=True)
def test_two_superadmins_who_suspend_each_other_leave_one():
    people = [User.objects.create_superuser(name, password=PASSWORD) for name in ("root", "carlos")]
    meet, refused = threading.Barrier(2), []

    def suspend(actor: User, user: User) -> None:
        meet.wait()
        try:
            suspensions.suspend(actor=actor, user=user, reason="A la vez")
        except Refused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=suspend, args=pair) for pair in (people, people[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(is_active=True, role="superadmin").count() == 1


def test_ending_sessions_lets_in_again_with_the_password(alice, bob, api, browse):
    tokens = api().post(LOGIN, {"username": "alice", "password": PASSWORD}).json()
    session, client, his = browse(alice), api(alice), browse(bob)
    sessions.end_all(user=alice)
    assert session.get("/user/dashboard").status_code == 302
    assert client.get(MINE).status_code == 401
    assert api().post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 401
    assert his.get("/user/dashboard").status_code == 200
    fresh = api().post(LOGIN, {"username": "alice", "password": PASSWORD}).json()
    assert api().post(REFRESH, {"refresh": fresh["refresh"]}).status_code == 200
    assert browse(User.objects.get(pk=alice.pk)).get("/user/dashboard").status_code == 200
