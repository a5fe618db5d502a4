"""A superadmin looks at a tenant's pages: half an hour, with a reason, and touches nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Product
from messaging.models import Message
from tenants import viewing
from tenants.audit import AuditEntry
from tenants.models import Event, User
from tenants.scope import tenant_scope
from tests import factories
from tests.conftest import PASSWORD
from tests.guards.test_isolation_matrix import ROUTES, Page, Tenant, filled, rows_of_everybody

pytestmark = pytest.mark.django_db

REASON = "No le llegan los mensajes (caso 12)"


@pytest.fixture
def client(root) -> Client:
    """The superadmin, who has just given the password."""
    made = Client()
    made.post("/login", {"username": "root", "password": PASSWORD})
    return made


@pytest.fixture
def looking(client, alice) -> Client:
    answer = client.post(f"/admin/tenants/user/{alice.pk}/view/", {"reason": REASON})
    assert answer["Location"] == "/user/dashboard"
    return client


def entries(*, action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))


def test_it_takes_a_reason_and_the_password_of_just_now(client, root, alice, browse):
    path = f"/admin/tenants/user/{alice.pk}/view/"
    assert client.post(path, {"reason": "  "}).status_code == 400
    assert browse(root).post(path, {"reason": REASON})["Location"].startswith("/account/proof?next=")
    assert client.get("/user/dashboard")["Location"] == "/admin/dashboard"
    assert client.post(f"/admin/tenants/user/{root.pk}/view/", {"reason": REASON}).status_code == 404
    assert not AuditEntry.objects.exists()


def test_the_tenants_pages_are_seen_under_a_banner(looking, root, alice, bob):
    with tenant_scope(bob):
        factories.product(bob, name="De Bob")
    with tenant_scope(alice):
        factories.product(alice, name="De Alice")
    page = looking.get("/user/dashboard")
    text = page.content.decode()
    assert "Estás viendo la cuenta de <strong>alice</strong>, solo lectura" in text
    assert page["Cache-Control"] == "no-store"
    names = [row["name"] for row in looking.get("/api/user/products").json()["results"]]
    assert names == ["De Alice"]
    me = looking.get("/api/auth/me").json()
    assert (me["username"], me["role"]) == ("root", "superadmin")  # the session stays the superadmin's
    assert "Estás viendo" not in looking.get("/admin/tenants/user/").content.decode()
    assert looking.get("/")["Location"] == "/admin/dashboard"


def test_whatever_would_change_something_is_refused_in_words(looking, alice, settings):
    with tenant_scope(alice):
        talk = factories.conversation(alice, channel="whatsapp", audience="customer", unread=3)
        product = factories.product(alice)
    before = rows_of_everybody()
    tries = [
        ("POST", "/api/user/products", {"name": "X", "price": "1"}),
        ("DELETE", f"/api/user/products/{product.pk}", {}),
        ("PATCH", "/api/user/preferences", {"tone": "brief"}),
        ("POST", "/api/user/chat/message", {"content": "Hola", "assistant_type": "auto"}),
        ("POST", f"/api/user/inbox/{talk.pk}/read", {}),
        ("POST", "/api/whatsapp/send", {"to": "573001234567", "text": "Hola"}),
        ("POST", "/api/auth/password", {"current": PASSWORD, "new": "otra-clave-larga-8"}),
    ]
    for method, path, body in tries:
        answer = looking.generic(method, path, data=str(body).replace("'", '"'), content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "viewing"), path
        assert "solo lectura" in answer.json()["detail"]
    assert looking.post("/user/dashboard").status_code == 403
    assert rows_of_everybody() == before
    with tenant_scope(alice):
        assert not Message.objects.exists()
        assert Product.objects.get().active


def test_streams_are_not_opened(looking, alice):
    for path in ("/api/user/inbox/stream", "/api/user/notifications/stream"):
        assert looking.get(path, headers={"accept": "text/event-stream"}).status_code == 204


def test_both_ends_are_written_down_and_the_tenant_is_told(looking, root, alice):
    (began,) = entries(action="viewing_began")
    assert (began.actor_id, began.target_id, began.reason) == (root.pk, str(alice.pk), REASON)
    with tenant_scope(alice):
        told = Event.objects.get(name="account_viewed")
    assert (told.actor, told.actor_id, told.data["reason"]) == ("superadmin", root.pk, REASON)
    answer = looking.post("/account/viewing/end")
    assert answer["Location"] == f"/admin/tenants/user/{alice.pk}/change/"
    (ended,) = entries(action="viewing_ended")
    assert (ended.actor_id, ended.target_id, ended.changes) == (root.pk, str(alice.pk), {"began": [None, began.pk]})
    assert looking.get("/user/dashboard")["Location"] == "/admin/dashboard"
    assert looking.get("/api/user/products").status_code == 403


def test_it_ends_by_itself(looking, monkeypatch):
    beginning = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: beginning + timedelta(minutes=29))
    assert looking.get("/user/dashboard").status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: beginning + timedelta(minutes=31))
    assert looking.get("/user/dashboard")["Location"] == "/admin/dashboard"
    assert len(entries(action="viewing_ended")) == 1


def test_an_end_that_nobody_comes_to_write_is_written_once(looking):
    now = timezone.now()
    assert viewing.close_over(now=now + timedelta(minutes=29)) == 0
    assert viewing.close_over(now=now + timedelta(minutes=31)) == 1
    assert viewing.close_over(now=now + timedelta(minutes=32)) == 0
    looking.post("/account/viewing/end")
    assert len(entries(action="viewing_ended")) == 1


def test_it_ends_with_the_session(looking):
    looking.post("/logout")
    assert len(entries(action="viewing_ended")) == 1


def test_another_tenants_pages_take_the_place_of_the_first(looking, bob):
    looking.post(f"/admin/tenants/user/{bob.pk}/view/", {"reason": REASON})
    assert "<strong>bob</strong>" in looking.get("/user/settings").content.decode()
    assert [entry.target_name for entry in entries(action="viewing_ended")] == ["alice"]


def test_it_gives_no_token_and_a_token_gives_no_view(looking, root, alice, api):
    assert api(root).get("/api/user/products").status_code == 403
    mine = api(alice).post("/api/user/products", {"name": "X", "price": "1"})
    assert mine.status_code == 201


def test_a_suspended_tenant_can_be_looked_at_and_one_that_is_gone_cannot(looking, alice):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert looking.get("/user/settings").status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=True, role="superadmin")
    assert looking.get("/user/settings")["Location"] == "/admin/dashboard"


# Lists that leave as files: the event log tells of each, and nothing is written while somebody only looks.
LEAVING = {
    f"api/user/{what}/export"
    for what in ("products", "contacts", "personal/tasks", "personal/appointments", "chat/conversations")
}


@pytest.mark.django_db(transaction=True)
def test_every_page_and_every_reading_works_while_the_database_refuses_all_writing(root, alice):
    client = Client()
    client.post("/login", {"username": "root", "password": PASSWORD})
    client.post(f"/admin/tenants/user/{alice.pk}/view/", {"reason": REASON})
    before = rows_of_everybody()
    for route, kind in ROUTES.items():
        if isinstance(kind, Page | Tenant) and not getattr(kind, "row", ""):
            answer = client.get(filled(route, 0))
            if route in LEAVING:
                assert (answer.status_code, answer.json()["code"]) == (403, "viewing"), route
                continue
            assert answer.status_code not in {401, 403}, route
            assert answer.status_code < 500, route
    assert rows_of_everybody() == before


@pytest.mark.django_db(transaction=True)
def test_a_reading_that_writes_is_refused_by_the_database(root, alice, monkeypatch):
    from catalog.api import ProductViewSet

    def write(self, request, *args, **kwargs):
        Product.objects.create(user=request.user, name="Escrito al leer", price="1")

    client = Client()
    client.post("/login", {"username": "root", "password": PASSWORD})
    client.post(f"/admin/tenants/user/{alice.pk}/view/", {"reason": REASON})
    monkeypatch.setattr(ProductViewSet, "list", write)
    answer = client.get("/api/user/products")
    assert (answer.status_code, answer.json()["code"]) == (403, "viewing")
    with tenant_scope(alice):
        assert not Product.objects.exists()
        factories.product(alice)  # the connection writes again
