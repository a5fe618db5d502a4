"""How long a superadmin's session lasts, what asks for the password again, and who has to change it first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

OTHER = "otra-clave-larga-8"


@pytest.fixture
def at(monkeypatch):
    """``at(minutes)``: so many after the beginning."""
    beginning = timezone.now()

    def go(minutes: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: beginning + timedelta(minutes=minutes))

    go(0)
    return go


def sign_in(username: str) -> Client:
    client = Client()
    assert client.post("/login", {"username": username, "password": PASSWORD}).status_code == 302
    return client


def test_a_superadmins_idle_session_ends(root, at):
    client = sign_in("root")
    for minutes in (20, 45):
        at(minutes)
        assert client.get("/admin/tenants/user/").status_code == 200
    at(76)
    assert client.get("/admin/tenants/user/")["Location"].startswith(("/login", "/admin/login"))
    assert client.get("/api/auth/me").status_code == 401


def test_a_superadmins_session_ends_after_half_a_day_however_busy(root, at):
    client = sign_in("root")
    for minutes in range(20, 720, 20):
        at(minutes)
        assert client.get("/admin/tenants/user/").status_code == 200
    at(721)
    assert client.get("/admin/tenants/user/").status_code == 302


def test_a_tenants_session_stays(alice, at):
    client = sign_in("alice")
    at(24 * 60)
    assert client.get("/user/settings").status_code == 200


def test_what_is_grave_asks_for_the_password_again(root, alice, at):
    client = sign_in("root")
    path = f"/admin/tenants/user/act/role/?people={alice.pk}"
    assert client.get(path).status_code == 200
    at(16)
    answer = client.post(path, {"reason": "Ayuda"})
    assert answer["Location"].startswith("/account/proof?next=")
    alice.refresh_from_db()
    assert alice.role == "user"
    proof = answer["Location"]
    assert client.post(proof, {"password": "no-es", "next": path}).status_code == 400
    assert client.post(proof, {"password": PASSWORD, "next": path})["Location"] == path
    assert client.post(path, {"reason": "Ayuda"}).status_code == 302
    alice.refresh_from_db()
    assert alice.role == "superadmin"


def test_the_proof_leads_to_this_site_only(alice, browse):
    answer = browse(alice).post("/account/proof", {"password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/user/dashboard"


def test_who_must_change_the_password_does_nothing_before(alice, api, browse):
    User.objects.filter(pk=alice.pk).update(must_change_password=True)
    alice.refresh_from_db()
    page, client = browse(alice), api(alice)
    assert page.get("/user/commercial/products?new=1")["Location"] == (
        "/account/password?next=%2Fuser%2Fcommercial%2Fproducts%3Fnew%3D1"
    )
    for answer in (client.get("/api/user/products"), page.get("/api/user/products")):
        assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")
    assert client.get("/api/auth/me").status_code == 200
    same = client.post("/api/auth/password", {"current": PASSWORD, "new": PASSWORD})
    assert "new" in same.json()
    fresh = client.post("/api/auth/password", {"current": PASSWORD, "new": OTHER})
    assert fresh.status_code == 200
    bearer = {"Authorization": f"Bearer {fresh.json()['access']}"}
    assert Client().get("/api/user/products", headers=bearer).status_code == 200


def test_the_page_changes_it_and_leads_on(alice, root, browse):
    for person, home in ((alice, "/user/dashboard"), (root, "/admin/dashboard")):
        User.objects.filter(pk=person.pk).update(must_change_password=True)
        client, other = browse(person), browse(person)
        assert client.get(home)["Location"].startswith("/account/password")
        form = {"current": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
        assert client.post("/account/password", form).status_code == 400
        form |= {"current": "no-es", "new_password1": OTHER, "new_password2": OTHER}
        assert client.post("/account/password", form).status_code == 400
        form |= {"current": PASSWORD, "next": home}
        assert client.post("/account/password", form)["Location"] == home
        assert client.get(home).status_code == 200
        assert other.get(home).status_code == 302
