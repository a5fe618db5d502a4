"""A request that names itself is done once and answered alike, however often, at once or after a crash."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from catalog.models import Product
from config.fingerprints import fingerprint
from messaging.models import Message
from tenants import idempotency
from tenants.contacts import Contact
from tenants.housekeeping import forget_expired
from tenants.idempotency import KeptAnswer, Name, once
from tenants.keys import ApiKey
from tenants.scope import tenant_scope

PRODUCT = {"name": "Martillo de uña", "price": "38500.00", "sku": "MAR-16"}
KEY = {"Idempotency-Key": "alta-2026-11-23-001"}


def post(client: Any, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, body, headers={**KEY, **headers})


@contextmanager
def held(name: Name) -> Iterator[None]:
    """Another thread has begun the request of that name, and is done with it when the block ends."""
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with tenant_scope(name.user), once(name, now=timezone.now()):
                ready.set()
                done.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait(20)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_the_same_request_has_one_effect_and_one_answer(self, alice, api):
        first = post(api(alice), "/api/user/products", PRODUCT)
        again = post(api(alice), "/api/user/products", PRODUCT)
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert again["Content-Type"] == first["Content-Type"]
        assert again["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first
        with tenant_scope(alice):
            assert Product.objects.count() == 1

    def test_the_spelling_of_the_json_does_not_count(self, alice, api):
        first = post(api(alice), "/api/user/products", PRODUCT)
        text = json.dumps(dict(reversed(PRODUCT.items())), indent=3)
        again = api(alice).post("/api/user/products", text, content_type="application/json", headers=KEY)
        assert again.content == first.content

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/user/products", PRODUCT | {"price": "1.00"}),
            ("/api/user/products?x=1", PRODUCT),
            ("/api/user/contacts", {"name": "Carla"}),
        ],
    )
    def test_another_request_under_the_same_key_is_refused(self, alice, api, path, body):
        post(api(alice), "/api/user/products", PRODUCT)
        other = post(api(alice), path, body)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
        with tenant_scope(alice):
            assert (Product.objects.count(), Contact.objects.count()) == (1, 0)

    def test_a_key_is_a_tenants_own(self, alice, bob, api):
        first = post(api(alice), "/api/user/products", PRODUCT)
        his = post(api(bob), "/api/user/products", PRODUCT)
        assert his.status_code == 201
        assert his.json()["id"] != first.json()["id"]
        assert "Idempotent-Replayed" not in his

    def test_a_refusal_is_not_kept(self, alice, api):
        wrong = post(api(alice), "/api/user/products", {"name": "Martillo"})
        assert wrong.status_code == 400
        right = post(api(alice), "/api/user/products", PRODUCT)
        assert right.status_code == 201

    def test_what_the_database_refuses_is_answered_as_without_a_key(self, alice, api):
        api(alice).post("/api/user/products", PRODUCT)
        plain = api(alice).post("/api/user/products", PRODUCT)
        named = post(api(alice), "/api/user/products", PRODUCT)
        assert (named.status_code, named.json()) == (plain.status_code, plain.json())

    @pytest.mark.parametrize("key", ["", " ", "con espacio", "ñ", "x" * 256, "\t"])
    def test_a_key_that_is_none_is_refused(self, alice, api, key):
        answer = post(api(alice), "/api/user/products", PRODUCT, **{"Idempotency-Key": key})
        assert answer.status_code == 400
        assert set(answer.json()) == {"Idempotency-Key"}
        with tenant_scope(alice):
            assert not Product.objects.exists()

    def test_it_is_kept_for_a_day(self, alice, api):
        post(api(alice), "/api/user/contacts", {"name": "Carla"})
        with tenant_scope(alice):
            KeptAnswer.objects.update(made_at=timezone.now() - idempotency.KEPT - timedelta(seconds=1))
        again = post(api(alice), "/api/user/contacts", {"name": "Carla"})
        assert "Idempotent-Replayed" not in again
        with tenant_scope(alice):
            assert Contact.objects.count() == 2
            made_at = KeptAnswer.objects.get().made_at
        assert forget_expired(now=made_at + timedelta(hours=23)) == 0
        assert forget_expired(now=made_at + timedelta(hours=24)) == 1
        with tenant_scope(alice):
            assert not KeptAnswer.objects.exists()

    def test_what_was_answered_lies_encrypted(self, alice, api):
        post(api(alice), "/api/user/products", PRODUCT)
        with tenant_scope(alice), connection.cursor() as cursor:
            cursor.execute("SELECT body FROM tenants_keptanswer")
            (body,) = cursor.fetchone()
        assert body.startswith("gAAAA")

    def test_of_a_key_of_the_api_nothing_is_kept_but_its_hash(self, alice, api):
        body = {"name": "Caja", "scopes": ["read"]}
        first = post(api(alice), "/api/user/keys", body).json()
        again = post(api(alice), "/api/user/keys", body)
        assert again.json() == first | {"key": None}
        with tenant_scope(alice):
            assert ApiKey.objects.count() == 1
            assert first["key"].encode() not in KeptAnswer.objects.get().content

    def test_a_key_of_the_api_needs_its_scope_for_the_repetition_too(self, alice, api):
        made = api(alice).post("/api/user/keys", {"name": "Caja", "scopes": ["agenda:write"]}).json()
        post(api(alice), "/api/user/products", PRODUCT)
        client = api()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {made['key']}")
        assert post(client, "/api/user/products", PRODUCT).status_code == 403

    def test_a_chat_message_is_sent_once(self, alice, api):
        body = {"content": "¿tienes martillos?", "assistant_type": "commercial"}
        first = post(api(alice), "/api/user/chat/message", body)
        again = post(api(alice), "/api/user/chat/message", body)
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.json() == first.json()
        with tenant_scope(alice):
            assert Message.objects.count() == 1

    def test_a_wait_that_found_no_reply_is_answered_alike(self, alice, api):
        body = {"content": "¿tienes martillos?", "assistant_type": "commercial"}
        first = post(api(alice), "/api/user/chat/message", body, Prefer="wait=0")
        again = post(api(alice), "/api/user/chat/message", body, Prefer="wait=0")
        assert again.content == first.content
        assert again["Preference-Applied"] == first["Preference-Applied"] == "wait=0"
        with tenant_scope(alice):
            assert Message.objects.count() == 1

    def test_whatsapp_paths_know_it_too(self, alice, api):
        first = post(api(alice), "/api/whatsapp/link-phone", {"phone": "+573001234567"})
        again = post(api(alice), "/api/whatsapp/link-phone", {"phone": "+573001234567"})
        assert first.status_code == 201
        assert again.json() == first.json()

    def test_a_get_does_not_look_at_it(self, alice, api):
        assert api(alice).get("/api/user/products", headers={"Idempotency-Key": ""}).status_code == 200

    def test_a_stranger_is_told_to_sign_in(self, api):
        assert post(api(), "/api/user/products", PRODUCT).status_code == 401


class TestFingerprints:
    @staticmethod
    def of(**parts: Any) -> bytes:
        return fingerprint(RequestFactory().post("/api/user/imports", parts))

    @staticmethod
    def sheet(content: bytes, name: str = "precios.csv") -> SimpleUploadedFile:
        return SimpleUploadedFile(name, content, "text/csv")

    @staticmethod
    def sent(boundary: str, content: bytes) -> Any:
        mark = boundary.encode()
        body = b"--%b\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\n%b\r\n--%b--\r\n" % (
            mark,
            content,
            mark,
        )
        return RequestFactory().generic("POST", "/x", body, f"multipart/form-data; boundary={boundary}")

    def test_the_boundary_does_not_count_and_the_file_does(self):
        for size in (0, 10, 64 * 1024 - 7, 64 * 1024, 3 * 64 * 1024 + 11):
            content = (b"nombre;precio\r\n" * (size // 15 + 1))[:size]
            one, two = (fingerprint(self.sent(boundary, content)) for boundary in ("a" * 40, "zz-9" * 12))
            assert one == two
            assert one != fingerprint(self.sent("a" * 40, content + b"x"))

    def test_names_fields_and_contents_count(self):
        plain = self.of(file=self.sheet(b"a"), kind="products")
        assert plain == self.of(file=self.sheet(b"a"), kind="products")
        assert plain != self.of(file=self.sheet(b"b"), kind="products")
        assert plain != self.of(file=self.sheet(b"a", "otros.csv"), kind="products")
        assert plain != self.of(file=self.sheet(b"a"), kind="contacts")

    def test_an_upload_can_be_read_afterwards(self):
        content = b"nombre;precio\r\n" * 200_000
        request = RequestFactory().post("/x", {"file": self.sheet(content), "kind": "products"})
        fingerprint(request)
        assert request.POST["kind"] == "products"
        assert request.FILES["file"].read() == content


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def many(self, alice, api):
        """``many(n, path, body)`` are the answers to n requests that are sent at the same moment."""

        def send(n: int, path: str, body: Any) -> list[Any]:
            gate = threading.Barrier(n)
            clients = [api(alice) for _ in range(n)]

            def one(client: Any) -> Any:
                gate.wait()
                try:
                    return post(client, path, body)
                finally:
                    connection.close()

            with ThreadPoolExecutor(n) as pool:
                return list(pool.map(one, clients))

        return send

    def test_fifty_at_once_have_one_effect(self, alice, many):
        answers = many(50, "/api/user/contacts", {"name": "Carla Gómez"})
        made = [answer for answer in answers if answer.status_code == 201]
        refused = [answer for answer in answers if answer.status_code == 409]
        assert len(made) + len(refused) == 50
        assert sum("Idempotent-Replayed" not in answer for answer in made) == 1
        assert len({answer.content for answer in made}) == 1
        assert all(answer["Retry-After"] == "1" for answer in refused)
        with tenant_scope(alice):
            assert Contact.objects.count() == 1

    def test_fifty_messages_at_once_are_one(self, alice, many):
        answers = many(50, "/api/user/chat/message", {"content": "hola", "assistant_type": "commercial"})
        assert {answer.status_code for answer in answers} <= {202, 409}
        with tenant_scope(alice):
            assert Message.objects.count() == 1

    def test_the_first_of_its_key_is_not_waited_for(self, alice, api):
        """Its transaction is open: nobody knows yet what will be answered."""
        request = RequestFactory().post("/api/user/contacts", {"name": "Carla"}, content_type="application/json")
        with held(Name(user=alice, key=KEY["Idempotency-Key"], digest=fingerprint(request))):
            answer = post(api(alice), "/api/user/contacts", {"name": "Carla"})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_flight")
        assert answer["Retry-After"] == "1"
        assert post(api(alice), "/api/user/contacts", {"name": "Carla"}).status_code == 201

    def test_somebody_elses_request_of_that_name_waits_for_nobody(self, alice, bob, api):
        """Keys are people's own, also while the first request of one is not done."""
        with held(Name(user=alice, key=KEY["Idempotency-Key"], digest=b"\0" * 32)):
            his = post(api(bob), "/api/user/contacts", {"name": "Carla"})
            hers = post(api(alice), "/api/user/contacts", {"name": "Carla"})
        assert (his.status_code, hers.status_code) == (201, 409)

    def test_who_dies_in_the_middle_leaves_nothing_and_the_next_one_does_it(self, alice, api):
        """The server ends the connection as it would when the process was killed: no effect, no answer, no lock."""
        name = Name(user=alice, key=KEY["Idempotency-Key"], digest=b"\0" * 32)
        died = threading.Event()

        def die() -> None:
            try:
                with tenant_scope(alice), once(name, now=timezone.now()):
                    Contact.objects.create(user=alice, name="Carla")
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            except Exception:  # noqa: BLE001  (however the driver puts it)
                died.set()
            finally:
                connection.close()

        thread = threading.Thread(target=die)
        thread.start()
        thread.join()
        assert died.is_set()
        with tenant_scope(alice):
            assert (Contact.objects.count(), KeptAnswer.objects.count()) == (0, 0)
        assert post(api(alice), "/api/user/contacts", {"name": "Carla"}).status_code == 201

    def test_an_error_of_ours_leaves_nothing_half_done(self, alice, api, monkeypatch):
        client = api(alice)
        client.raise_request_exception = False

        def break_down(*_args: Any, **_fields: Any) -> None:
            raise RuntimeError("after the effect")

        with monkeypatch.context() as patched:
            patched.setattr("tenants.contacts_api.ContactSerializer.to_representation", break_down)
            assert post(client, "/api/user/contacts", {"name": "Carla"}).status_code == 500
        with tenant_scope(alice):
            assert (Contact.objects.count(), KeptAnswer.objects.count()) == (0, 0)
        assert post(client, "/api/user/contacts", {"name": "Carla"}).status_code == 201
