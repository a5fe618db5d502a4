"""Keys of the API: how they are made and kept, what they open, and what no key ever does."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from config.areas import CLOSED, OPEN, areas
from messaging.bell import BellStream
from tenants import keyring, suspensions
from tenants.accounts import change_password
from tenants.events import Event
from tenants.keys import AREAS, SCOPES, ApiKey
from tenants.models import User
from tenants.scope import tenant_scope
from tests.factories import ROWS

pytestmark = pytest.mark.django_db

PRODUCT = {"name": "Martillo de uña", "price": "38500.00"}


@pytest.fixture
def key_of():
    """``key_of(user, "catalog:read")`` is a client with a new key of that person."""

    def make(user: User, *scopes: str, **fields: object) -> APIClient:
        with tenant_scope(user):
            key, text = keyring.make(user=user, name="Caja", scopes=scopes, **{"expires_at": None, **fields})
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        client.key = key
        return client

    return make


def test_a_key_is_shown_once_and_kept_as_a_hash(alice, api):
    made = api(alice).post("/api/user/keys", {"name": "Caja", "scopes": ["catalog:write", "catalog:read"]})
    assert made.status_code == 201
    body = made.json()
    assert re.fullmatch(r"rck_[0-9a-z]+_[0-9A-Za-z]{43}", body["key"])
    assert body["key"].startswith(body["prefix"])
    assert len(body["key"]) - len(body["prefix"]) >= 37
    assert body["scopes"] == ["catalog:read", "catalog:write"]
    with tenant_scope(alice):
        row = ApiKey.objects.get()
    assert bytes(row.digest) == hashlib.sha256(body["key"].encode()).digest()
    secret = body["key"].rsplit("_", 1)[1]
    with tenant_scope(alice), connection.cursor() as cursor:
        for table in ("tenants_apikey", "tenants_event"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert secret not in cursor.fetchone()[0]
    again = api(alice).get(f"/api/user/keys/{body['id']}").json()
    assert "key" not in again
    assert "key" not in api(alice).get("/api/user/keys").json()["results"][0]


def test_it_opens_the_owners_rows_and_nobody_elses(alice, bob, key_of, api):
    with tenant_scope(alice):
        hers = ROWS["catalog.Product"](alice)
    with tenant_scope(bob):
        his = ROWS["catalog.Product"](bob)
    client = key_of(alice, "read")
    assert client.get("/api/auth/me").json()["username"] == "alice"
    assert [row["id"] for row in client.get("/api/user/products").json()["results"]] == [hers.pk]
    assert client.get(f"/api/user/products/{his.pk}").status_code == 404


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [
        (["read"], True, False),
        (["write"], True, True),
        (["catalog:read"], True, False),
        (["catalog:write"], True, True),
        (["agenda:write", "contacts:write"], False, False),
    ],
)
def test_its_scopes_say_what_it_may_do(alice, key_of, scopes, reads, writes):
    client = key_of(alice, *scopes)
    assert client.get("/api/user/products").status_code == (200 if reads else 403)
    assert client.post("/api/user/products", PRODUCT).status_code == (201 if writes else 403)


def test_a_refusal_names_the_scope_that_is_missing(alice, key_of):
    answer = key_of(alice, "agenda:read").post("/api/user/products", PRODUCT)
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "A esta clave le falta el permiso «catalog:write».",
        "code": "scope_missing",
        "scope": "catalog:write",
    }


def test_no_key_gets_at_keys_passwords_and_phones(alice, key_of):
    client = key_of(alice, "read", "write")
    for route in CLOSED:
        path = "/" + re.sub(r"<[^>]+>", str(client.key.pk), route)
        for method in ("get", "post", "put", "patch", "delete", "options"):
            answer = getattr(client, method)(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed"), f"{method} {path}"
        assert client.head(path).status_code == 403
    with tenant_scope(alice):
        assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_a_key_for_everything_opens_every_other_route(alice, key_of):
    """What the route is for decides what it answers; a key is no reason to be refused."""
    client = key_of(alice, "read", "write")
    client.raise_request_exception = False
    for route in (*areas(), *OPEN):
        path = "/" + re.sub(r"<[^>]+>", "987654321", route)
        assert client.options(path).status_code in {200, 404, 405}, path


@pytest.mark.parametrize("mine", AREAS)
def test_a_key_for_every_other_area_opens_none_of_it(alice, key_of, mine):
    client = key_of(alice, *(f"{area}:write" for area in AREAS if area != mine))
    for route in (route for route, area in areas().items() if area == mine):
        path = "/" + re.sub(r"<[^>]+>", "987654321", route)
        for method, act in (("get", "read"), ("post", "write"), ("put", "write"), ("delete", "write")):
            answer = getattr(client, method)(path)
            assert (answer.status_code, answer.json()["scope"]) == (403, f"{mine}:{act}"), f"{method} {path}"


def test_what_it_may_do_can_be_changed_and_is_told(alice, api, key_of):
    client = key_of(alice, "catalog:read")
    path = f"/api/user/keys/{client.key.pk}"
    changed = api(alice).patch(path, {"scopes": ["agenda:read"], "name": "Agenda"})
    assert changed.json()["scopes"] == ["agenda:read"]
    assert client.get("/api/user/products").status_code == 403
    assert client.get("/api/user/personal/tasks").status_code == 200
    assert api(alice).delete(path).status_code == 204
    assert api(alice).get(path).status_code == 404
    with tenant_scope(alice):
        told = list(Event.objects.filter(name__startswith="key_").order_by("at", "id").values_list("name", "data"))
    assert [name for name, _ in told] == ["key_created", "key_changed", "key_revoked"]
    assert told[1][1]["fields"] == ["name", "scopes"]
    log = api(alice).get("/api/user/events?security=true").json()["results"]
    assert [row["name"] for row in log][:3] == ["key_revoked", "key_changed", "key_created"]


def test_a_revoked_key_opens_nothing_at_once(alice, api, key_of):
    client = key_of(alice, "read")
    assert client.get("/api/user/products").status_code == 200
    api(alice).delete(f"/api/user/keys/{client.key.pk}")
    answer = client.get("/api/user/products")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "clave" in answer.json()["detail"]


def test_a_stream_that_it_opened_ends_with_it(alice, key_of):
    client = key_of(alice, "read")
    user, key = keyring.find(text=client._credentials["HTTP_AUTHORIZATION"][7:], now=timezone.now())
    with tenant_scope(user):
        stream = BellStream(user=user, render=lambda _row: {}, after=0)
    try:
        assert stream._look()
        with tenant_scope(user):
            keyring.revoke(key=key, now=timezone.now())
        assert stream._look() == []
    finally:
        stream.close()


def test_it_ends_when_it_was_to_end(alice):
    now = timezone.now()
    with tenant_scope(alice):
        _key, text = keyring.make(user=alice, name="Feria", scopes=["read"], expires_at=now + timedelta(days=1))
    assert keyring.find(text=text, now=now + timedelta(hours=23))[0] == alice
    with pytest.raises(keyring.NoKey):
        keyring.find(text=text, now=now + timedelta(days=1))


@pytest.mark.parametrize("end", ["2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "mañana", 7, ""])
def test_an_end_has_to_lie_ahead(alice, api, end):
    answer = api(alice).post("/api/user/keys", {"name": "Caja", "scopes": ["read"], "expires_at": end})
    assert answer.status_code == 400
    assert set(answer.json()) == {"expires_at"}


@pytest.mark.parametrize("scopes", [[], ["all"], ["catalog"], ["keys:write"], ["catalog:delete"], "read", None, [1]])
def test_only_scopes_that_there_are_can_be_given(alice, api, scopes):
    answer = api(alice).post("/api/user/keys", {"name": "Caja", "scopes": scopes})
    assert answer.status_code == 400
    assert set(answer.json()) == {"scopes"}


def test_its_use_is_noted_once_a_minute(alice, key_of, django_assert_num_queries):
    client = key_of(alice, "read")
    text, began = client._credentials["HTTP_AUTHORIZATION"][7:], timezone.now()

    def use(seconds: float) -> bool:
        with CaptureQueriesContext(connection) as queries:
            keyring.find(text=text, now=began + timedelta(seconds=seconds))
        return any(query["sql"].startswith("UPDATE") for query in queries)

    assert [use(seconds) for seconds in (0, 1, 59, 60, 61, 119, 120)] == [True, False, False, True, False, False, True]
    with tenant_scope(alice):
        assert ApiKey.objects.get().last_used_at == began + timedelta(seconds=120)


def test_suspension_stops_it_and_restoring_lets_it_go_on(alice, root, key_of):
    client = key_of(alice, "read")
    suspensions.suspend(actor=root, user=alice, reason="no paga")
    assert client.get("/api/user/products").status_code == 401
    suspensions.restore(actor=root, user=alice, reason="pagó")
    assert client.get("/api/user/products").status_code == 200


def test_a_new_password_leaves_it_and_one_that_has_to_be_chosen_holds_it(alice, key_of):
    client = key_of(alice, "read")
    change_password(user=alice, password="otra-clave-larga-8")
    assert client.get("/api/user/products").status_code == 200
    User.objects.filter(pk=alice.pk).update(must_change_password=True)
    answer = client.get("/api/user/products")
    assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")


def test_it_belongs_to_a_tenant_only(alice, root, api, key_of):
    assert api(root).post("/api/user/keys", {"name": "x", "scopes": ["read"]}).status_code == 403
    client = key_of(alice, "read")
    User.objects.filter(pk=alice.pk).update(role=User.Role.SUPERADMIN)
    assert client.get("/api/user/products").status_code == 401


def other(letter: str) -> str:
    return "a" if letter != "a" else "b"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text.upper(),
        lambda text: text[:-1] + "_",
        lambda text: text[:-1] + other(text[-1]),  # of the right form, and of the beginning that the list shows
        lambda text: text[:-30] + other(text[-30]) + text[-29:],
    ],
)
def test_a_key_that_is_nearly_right_is_wrong(alice, key_of, spoil):
    client = key_of(alice, "read", "write")
    text = client._credentials["HTTP_AUTHORIZATION"][7:]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {spoil(text)}")
    assert client.get("/api/user/products").status_code == 401


@pytest.mark.parametrize("owner", ["0", "zzzzzzzzzzzzz", "1y2p0ij32e8e7", "1"])
def test_an_owner_that_is_none_is_no_error(owner, api):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer rck_{owner}_{'a' * 43}")
    assert client.get("/api/user/products").status_code == 401


def test_the_secret_of_one_tenant_opens_no_other(alice, bob, key_of):
    text = key_of(alice, "read")._credentials["HTTP_AUTHORIZATION"][7:]
    mark, _owner, secret = text.split("_")
    with pytest.raises(keyring.NoKey):
        keyring.find(text=f"{mark}_{keyring._base36(bob.pk)}_{secret}", now=timezone.now())


def test_a_session_beside_it_does_not_widen_it(alice, key_of, browse):
    """A browser that is signed in sends its cookie, too: the key decides."""
    text = key_of(alice, "agenda:read")._credentials["HTTP_AUTHORIZATION"]
    client = browse(alice)
    assert client.get("/api/user/products").status_code == 200
    assert client.get("/api/user/products", headers={"Authorization": text}).status_code == 403
    assert client.get("/api/user/products", headers={"Authorization": "Bearer rck_1_x"}).status_code == 401


def test_pages_know_no_key(alice, key_of):
    assert key_of(alice, "read", "write").get("/user/settings").status_code == 302


def test_there_is_an_end_to_how_many_there_are(alice, api, monkeypatch):
    monkeypatch.setattr(keyring, "MOST_KEYS", 2)
    body = {"name": "Caja", "scopes": ["read"]}
    assert [api(alice).post("/api/user/keys", body).status_code for _ in range(3)] == [201, 201, 409]
    first = api(alice).get("/api/user/keys").json()["results"][0]["id"]
    api(alice).delete(f"/api/user/keys/{first}")
    assert api(alice).post("/api/user/keys", body).status_code == 201


def test_its_person_is_counted_and_told_what_is_left(alice, key_of, settings):
    settings.LIMITS = True
    first = key_of(alice, "read").get("/api/user/products")
    other = key_of(alice, "catalog:read").get("/api/user/products")
    left = [int(re.search(r'"api";r=(\d+)', answer["RateLimit"])[1]) for answer in (first, other)]
    assert left[0] - left[1] == 1


def test_every_scope_has_an_area_and_every_area_a_scope():
    assert {scope.split(":")[0] for scope in SCOPES} - {"read", "write"} == set(AREAS)
    assert set(areas().values()) <= set(AREAS)
