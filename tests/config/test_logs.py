"""Lines of JSON with whose and which request they are of, and without what people write, phones and keys."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from django_q.signals import post_execute_in_worker, pre_execute

from config import logs
from config.simulator import bodies
from messaging import answering, inbound
from messaging.models import Contact, Message
from messaging.tasks import replan
from tenants.scope import tenant_scope
from tests.messaging.arrivals import body_of, message
from tests.messaging.outgoing import connect, drain, graph

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

PHONE, TEXT, TOKEN, MAIL = (
    "573001234567",
    "¿Tienes martillos de bola verdes?",
    "token-20001",
    "carla.secreta@example.com",
)
WEBHOOK = "/api/whatsapp/webhook"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that all loggers say, at the lowest level, as it would be written."""
    said, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(said)
    handler.setFormatter(logs.JsonFormatter())
    root = logging.getLogger()
    named = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    levels = [(logger, logger.level) for logger in [root, *named]]
    root.addHandler(handler)
    for logger in named:
        logger.setLevel(logging.NOTSET)
    root.setLevel(logging.DEBUG)
    yield said
    root.removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)


def lines(said: io.StringIO, logger: str = "") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in said.getvalue().splitlines()]
    return [line for line in found if line["logger"] == logger or not logger]


class TestRequests:
    def test_each_leaves_one_line_with_its_pattern_and_its_tenant(self, log, alice, api):
        answer = api(alice).get("/api/user/products/987654321?search=martillos")
        (line,) = lines(log, "recado.requests")
        assert line["request_id"] == answer.headers["X-Request-ID"]
        assert {key: line[key] for key in ("level", "method", "path", "status", "tenant", "message")} == {
            "level": "INFO",
            "method": "GET",
            "path": "/api/user/products/<int:pk>",
            "status": 404,
            "tenant": alice.pk,
            "message": "GET /api/user/products/<int:pk> 404",
        }
        assert line["ms"] > 0
        assert line["time"].endswith("+00:00")

    def test_pages_and_superadmins_are_told_apart(self, log, alice, root, browse):
        browse(alice).get("/user/settings")
        browse(root).get("/admin/")
        Client().get("/login")
        found = [(line.get("tenant"), line.get("superadmin")) for line in lines(log, "recado.requests")]
        assert found == [(alice.pk, None), (None, root.pk), (None, None)]

    @pytest.mark.parametrize(
        ("given", "taken"),
        [
            ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", True),
            ("trace_0123abcd", True),
            ("573001234567", False),  # could be a phone
            ("short", False),
            ("a" * 65, False),
            ('x"}\n{"level": "forged', False),
            ("ñandú-ñandú", False),
        ],
    )
    def test_an_id_that_is_one_is_taken_over(self, log, given, taken):
        answer = Client().get("/healthz", headers={"X-Request-ID": given})
        assert (answer.headers["X-Request-ID"] == given) is taken
        assert lines(log, "recado.requests")[0]["request_id"] == answer.headers["X-Request-ID"]

    def test_two_requests_have_two_ids_and_what_comes_after_has_none(self, log):
        ids = {Client().get("/healthz").headers["X-Request-ID"] for _ in range(2)}
        assert len(ids) == 2
        logging.getLogger("recado.after").warning("said outside")
        assert "request_id" not in lines(log, "recado.after")[0]

    def test_a_path_that_holds_a_key_is_not_written(self, log):
        Client().get("/calendar/the-secret-of-a-feed.ics")
        Client().get("/password-reset/MTI/secret-token-of-a-letter")
        assert "secret" not in log.getvalue()


class TestTasks:
    def test_a_task_leaves_its_name_and_its_tenant(self, log, alice):
        task = {"func": "messaging.tasks.replan", "args": (alice.pk,), "success": True}
        pre_execute.send(sender="django_q", func=replan, task=task)
        logging.getLogger("recado.inside").warning("meanwhile")
        post_execute_in_worker.send(sender="django_q", func=replan, task=task)
        logging.getLogger("recado.inside").warning("afterwards")
        (line,) = lines(log, "recado.tasks")
        assert (line["task"], line["tenant"], line["ok"]) == ("messaging.tasks.replan", alice.pk, True)
        assert [entry.get("task") for entry in lines(log, "recado.inside")] == ["messaging.tasks.replan", None]

    def test_whoever_speaks_in_a_tenants_scope_is_that_tenants(self, log, alice):
        with tenant_scope(alice):
            logging.getLogger("recado.inside").warning("here")
        assert lines(log, "recado.inside")[0]["tenant"] == alice.pk


class TestWhatIsNotSaid:
    @pytest.mark.parametrize(
        "text",
        [
            "+57 300 123 4567",
            "573001234567",
            "(300) 123-45-67",
            "wamid.HBgMNTczMDAxMjM0NTY3FQIAERgS",
            "carla@example.com",
            "Bearer abcdefghijkl",
            "Authorization: Bearer eyJhbGciOi.eyJzdWIi.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.sig-nature",
            "EAAGm0PX4ZCpsBAKZCZAbcdef",
            "sk-ant-api03-AbCdEf-123456",
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "rck_7_4hT9aZ0mQe81LxYw3BvTn5RkPs2JdUc6FgHi7oNqXzA",
            "access_token=abc123def",
            '"api_key": "abc123def"',
            "hub.verify_token=abc123def",
            "password: hunter22",
        ],
    )
    def test_the_second_fence_knows_it(self, text):
        said = logs.redact(f"before {text} after")
        kept = said.removeprefix("before ").removesuffix(" after")
        assert said.startswith("before ")
        assert said.endswith(" after")
        for secret in (
            "3001234567",
            "300 123",
            "123-45",
            "HBgM",
            "carla",
            "abcdefgh",
            "eyJhbG",
            "sig-",
            "EAAG",
            "sk-ant",
        ):
            assert secret not in kept
        for secret in ("C2FVs", "abc123def", "hunter22"):
            assert secret not in kept

    @pytest.mark.parametrize(
        "text",
        [
            "conversation 1234567 was taken over",
            "the worker stands still: no sign of life for 31 s, at most 30 s is normal",
            "2026-11-23 05:27:03.123456+00:00",
            "task 3f2504e04f8941d39a0c0305e82c3301 failed",
            "PostgreSQL 18.1, 12.50 GB",
        ],
    )
    def test_it_leaves_alone_what_is_none(self, text):
        assert logs.redact(text) == text

    def test_what_the_database_quotes_is_left_out(self, log, alice):
        with tenant_scope(alice):
            Contact.objects.create(user=alice, name="Carla", phone=f"+{PHONE}")
        try:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO tenants_user (id, username) VALUES (%s, %s)", [alice.pk, TEXT])
        except IntegrityError:
            logging.getLogger("recado.inside").exception("it failed for %s", PHONE)
        (line,) = lines(log, "recado.inside")
        assert "IntegrityError" in line["error"]
        assert TEXT not in log.getvalue()
        assert PHONE not in log.getvalue()

    def test_only_known_fields_are_written(self, log):
        logging.getLogger("recado.inside").warning("so", extra={"content": TEXT, "status": 3})
        (line,) = lines(log, "recado.inside")
        assert line["status"] == 3
        assert TEXT not in log.getvalue()

    def test_a_message_from_the_webhook_to_its_reply_leaves_neither_text_nor_phone_nor_token(
        self, log, alice, graph, settings, transactional_db
    ):
        """A person writes, is answered, and the answer goes out, is refused, and goes out; then somebody forges."""
        channel = connect(alice, graph)
        body = body_of(channel, message(TEXT, sender=PHONE))
        signed = bodies.sign(body, app_secret=channel.app_secret)
        assert Client().generic("POST", WEBHOOK, body, "application/json", headers=signed).status_code == 200
        inbound.drain()
        with tenant_scope(alice):
            Message.objects.get(content=TEXT).conversation.__class__.objects.update(quiet_until=None)
        assert answering.answer_here() == 1
        graph.refuse(131000)
        drain(now=timezone.now())
        drain(now=timezone.now())
        forged = Client().generic(
            "POST", WEBHOOK, body, "application/json", headers={"X-Hub-Signature-256": "sha256=00"}
        )
        assert forged.status_code == 403
        with tenant_scope(alice):
            reply = Message.objects.get(role="assistant").content
        everything = log.getvalue()
        assert len(lines(log, "recado.requests")) >= 2
        for planted in (PHONE, PHONE[2:], TEXT, "martillos", TOKEN, channel.app_secret, reply):
            assert planted not in everything, planted
