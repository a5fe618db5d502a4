"""A 401 has a code for programs; why a key is refused is told only to who has the whole of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tenants import keyring, suspensions
from tenants.models import User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/user/products"


def refusal(text: str, path: str = PRODUCTS) -> str:
    answer = APIClient().get(path, headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    body = answer.json()
    assert body["detail"]
    assert set(body) == {"detail", "code"}
    return str(body["code"])


@pytest.fixture
def made(alice):
    with tenant_scope(alice):
        return keyring.make(user=alice, name="Caja", scopes=["read"], expires_at=timezone.now() + timedelta(days=1))


def spoilt(text: str) -> str:
    return text[:-1] + ("a" if text[-1] != "a" else "b")


def test_a_key_that_is_none(alice, made):
    _key, text = made
    for wrong in (spoilt(text), text[:-5], "rck_", "rck_zzzzzzzzzzzzz_" + "a" * 43, f"{text}x"):
        assert refusal(wrong) == "key_invalid"


def test_a_key_that_was_good(alice, root, made):
    key, text = made
    suspensions.suspend(actor=root, user=alice, reason="no paga")
    assert refusal(text) == "account_inactive"
    suspensions.restore(actor=root, user=alice, reason="pagó")
    with tenant_scope(alice):
        type(key).objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(text) == "key_expired"
    with tenant_scope(alice):
        keyring.revoke(key=key, now=timezone.now())
    assert refusal(text) == "key_revoked"


def test_who_has_only_its_beginning_learns_nothing(alice, root, made):
    key, text = made
    with tenant_scope(alice):
        keyring.revoke(key=key, now=timezone.now())
    suspensions.suspend(actor=root, user=alice, reason="no paga")
    absent = f"rck_{keyring._base36(2**40)}_{text.rsplit('_', 1)[1]}"
    answers = [
        APIClient().get(PRODUCTS, headers={"Authorization": f"Bearer {one}"}).content for one in (spoilt(text), absent)
    ]
    assert answers[0] == answers[1]
    assert refusal(spoilt(text)) == "key_invalid"


def test_a_key_of_a_deleted_account_is_none(alice, made):
    _key, text = made
    User.objects.filter(pk=alice.pk).update(role=User.Role.SUPERADMIN)
    assert refusal(text) == "key_invalid"


def test_the_words_are_in_the_language_of_who_asks(made):
    client = APIClient(headers={"Accept-Language": "en", "Authorization": f"Bearer {spoilt(made[1])}"})
    assert "API key" in client.get(PRODUCTS).json()["detail"]


def test_every_other_401_has_a_code_too(alice, api):
    assert refusal("x.y.z") == "session_over"
    assert api().get(PRODUCTS).json()["code"] == "not_authenticated"
    wrong = api().post("/api/auth/login", {"username": "alice", "password": "no-es-esta"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    over = api().post("/api/auth/refresh", {"refresh": "x.y.z"})
    assert (over.status_code, over.json()["code"]) == (401, "session_over")
    tokens = api().post("/api/auth/login", {"username": "alice", "password": PASSWORD}).json()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert refusal(tokens["access"], "/api/auth/me") == "session_over"
