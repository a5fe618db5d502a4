"""Where somebody is signed in: listed, ended one by one, and all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from tenants import sessions, sign_ins
from tenants.housekeeping import forget_expired
from tenants.models import SignIn, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

SESSIONS = "/api/auth/sessions"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)


def browser(user: User, *, agent: str = ANDROID) -> Client:
    """A browser in which somebody came in by the page."""
    client = Client(headers={"User-Agent": agent})
    answer = client.post("/login", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


def program(user: User) -> tuple[APIClient, dict[str, str]]:
    """A program that came in by the API, and its tokens."""
    client = APIClient(headers={"User-Agent": "caja/2.1"})
    tokens = client.post("/api/auth/login", {"username": user.username, "password": PASSWORD}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return client, tokens


def test_every_browser_and_program_is_listed_in_plain_words(alice, bob):
    phone, (till, _tokens) = browser(alice), program(alice)
    browser(bob)
    listed = {one["device"]: one for one in phone.get(SESSIONS).json()}
    assert listed.keys() == {"Chrome en Android", "caja"}
    here, there = listed["Chrome en Android"], listed["caja"]
    assert (here["kind"], here["current"], here["address"]) == ("page", True, "127.0.0.1")
    assert (there["kind"], there["current"]) == ("token", False)
    assert here["last_seen_at"]
    assert here["created_at"]
    assert [one["current"] for one in till.get(SESSIONS).json() if one["kind"] == "token"] == [True]


def test_a_program_that_is_ended_is_out_at_once_with_all_its_tokens(alice):
    phone, (till, tokens) = browser(alice), program(alice)
    fresh = APIClient().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).json()
    assert till.get("/api/auth/me").status_code == 200
    (there,) = (one for one in phone.get(SESSIONS).json() if not one["current"])
    assert phone.delete(f"{SESSIONS}/{there['id']}").status_code == 204
    assert till.get("/api/auth/me").status_code == 401
    bearer = {"Authorization": f"Bearer {fresh['access']}"}
    assert APIClient().get("/api/auth/me", headers=bearer).status_code == 401
    assert APIClient().post("/api/auth/refresh", {"refresh": fresh["refresh"]}).status_code == 401
    assert phone.delete(f"{SESSIONS}/{there['id']}").status_code == 404
    assert [one["current"] for one in phone.get(SESSIONS).json()] == [True]


def test_a_browser_that_is_ended_is_out_at_once(alice):
    phone, desk = browser(alice), browser(alice)
    (there,) = (one for one in phone.get(SESSIONS).json() if not one["current"])
    assert phone.delete(f"{SESSIONS}/{there['id']}").status_code == 204
    assert desk.get("/user/dashboard")["Location"].startswith("/login")
    assert phone.get("/user/dashboard").status_code == 200


def test_tokens_that_are_refreshed_stay_one_sign_in(alice):
    till, tokens = program(alice)
    for _ in range(3):
        tokens = APIClient().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).json()
    till.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    assert len(till.get(SESSIONS).json()) == 1


def test_ending_all_others_leaves_this_one(alice, bob):
    phone, desk, (till, tokens), his = browser(alice), browser(alice), program(alice), browser(bob)
    old = Client()  # of a time before sign-ins had rows
    old.force_login(User.objects.get(pk=alice.pk))
    assert phone.delete(SESSIONS).json() == {"ended": 2}
    assert phone.get(SESSIONS).status_code == phone.get("/user/dashboard").status_code == 200
    assert desk.get("/user/dashboard").status_code == old.get("/user/dashboard").status_code == 302
    assert till.get("/api/auth/me").status_code == 401
    assert APIClient().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 401
    assert his.get("/user/dashboard").status_code == 200
    assert len(phone.get(SESSIONS).json()) == 1


def test_a_program_ends_all_others_and_goes_on(alice):
    phone, (till, tokens) = browser(alice), program(alice)
    assert till.delete(SESSIONS).json() == {"ended": 1}
    assert phone.get("/user/dashboard").status_code == 302
    assert till.get("/api/auth/me").status_code == 200
    assert APIClient().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 200


def test_ending_this_one_signs_out(alice):
    phone = browser(alice)
    (here,) = phone.get(SESSIONS).json()
    assert phone.delete(f"{SESSIONS}/{here['id']}").status_code == 204
    assert phone.get(SESSIONS).status_code == 401


def test_nobody_ends_somebody_elses(alice, bob):
    phone, his = browser(alice), browser(bob)
    (there,) = his.get(SESSIONS).json()
    assert phone.delete(f"{SESSIONS}/{there['id']}").status_code == 404
    assert his.get("/user/dashboard").status_code == 200


def test_signing_out_takes_it_from_the_list(alice):
    phone, desk = browser(alice), browser(alice)
    desk.post("/logout")
    assert len(phone.get(SESSIONS).json()) == 1
    till, tokens = program(alice)
    assert till.post("/api/auth/logout", {"refresh": tokens["refresh"]}).status_code == 204
    assert till.get("/api/auth/me").status_code == 401
    assert len(phone.get(SESSIONS).json()) == 1


def test_a_new_password_ends_all_but_the_one_that_changed_it(alice):
    phone, desk, (till, _tokens) = browser(alice), browser(alice), program(alice)
    body = {"current": PASSWORD, "new": "otra-clave-larga-8"}
    assert phone.post("/api/auth/password", body, content_type="application/json").status_code == 200
    assert phone.get("/user/dashboard").status_code == 200
    assert desk.get("/user/dashboard").status_code == 302
    assert till.get("/api/auth/me").status_code == 401
    assert len(phone.get(SESSIONS).json()) == 1


def test_when_somebody_was_here_is_written_once_a_minute(alice, django_assert_num_queries):
    phone = browser(alice)
    row = SignIn.objects.get()
    before = row.seen_at
    phone.get("/api/auth/me")
    assert SignIn.objects.get().seen_at == before
    SignIn.objects.update(seen_at=before - timedelta(minutes=5))
    cache.clear()
    phone.get("/api/auth/me")
    seen = SignIn.objects.get().seen_at
    assert seen > before
    cache.clear()  # another process
    phone.get("/api/auth/me")
    assert SignIn.objects.get().seen_at == seen


def test_a_session_whose_row_is_gone_is_over_within_a_minute(alice):
    phone = browser(alice)
    SignIn.objects.all().delete()
    cache.clear()
    assert phone.get("/user/dashboard").status_code == 302
    assert not Session.objects.exists() or phone.get("/user/dashboard").status_code == 302


def test_a_session_of_before_gets_its_row_when_it_comes_back(alice, browse):
    phone = browse(alice)
    assert not SignIn.objects.exists()
    assert [one["current"] for one in phone.get(SESSIONS).json()] == [True]
    phone.get(SESSIONS)
    assert SignIn.objects.count() == 1


def test_a_refresh_token_of_before_begins_one_and_an_access_token_does_not(alice):
    token = RefreshToken.for_user(alice)
    token["user_id"], token["access_version"] = alice.pk, 0
    bearer = {"Authorization": f"Bearer {token.access_token}"}
    assert APIClient().get("/api/auth/me", headers=bearer).status_code == 401
    fresh = APIClient().post("/api/auth/refresh", {"refresh": str(token)})
    assert fresh.status_code == 200
    bearer = {"Authorization": f"Bearer {fresh.json()['access']}"}
    assert APIClient().get("/api/auth/me", headers=bearer).status_code == 200


def test_what_is_over_is_not_listed_and_is_forgotten(alice):
    phone = browser(alice)
    program(alice)
    SignIn.objects.filter(kind="token").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert len(phone.get(SESSIONS).json()) == 1
    Session.objects.all().delete()
    assert sign_ins.list_open(user=alice, now=timezone.now()) == []
    assert SignIn.objects.count() == 2
    forget_expired(now=timezone.now() + timedelta(hours=2))
    assert not SignIn.objects.exists()


def test_whoever_was_let_in_reads_on_only_while_signed_in(alice):
    row = sign_ins.begin(user=alice)
    alice.sign_in_id = row.pk
    assert sessions.goes_on(alice)
    sessions.end_one(user=alice, sign_in_id=row.pk)
    assert not sessions.goes_on(alice)


def test_superadmins_see_and_end_theirs_too(root):
    client, _tokens = program(root)
    here = browser(root)
    assert len(client.get(SESSIONS).json()) == 2
    assert client.delete(SESSIONS).json() == {"ended": 1}
    assert here.get("/admin/dashboard").status_code == 302
