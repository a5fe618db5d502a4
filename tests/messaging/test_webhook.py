"""The webhook: what is signed is stored once, and nothing else is."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from messaging import inbound
from messaging.models import Channel, InboundUpdate, SharedNumber, WebhookBody
from messaging.whatsapp.signatures import sign
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope
from tests.messaging.bodies import ADDRESS, NUMBER, SECRET, message, post, status, value, wrap, written

pytestmark = pytest.mark.django_db

OWN_NUMBER = "200000000000001"
OWN_SECRET = "the-secret-of-alice-s-app"


@pytest.fixture(autouse=True)
def _platform(settings: Any) -> None:
    settings.WHATSAPP = settings.WHATSAPP | {
        "APP_SECRET": SECRET,
        "PHONE_NUMBER_ID": NUMBER,
        "VERIFY_TOKEN": "the-verify-token",
    }


def connect(user: User, number: str = OWN_NUMBER, secret: str = OWN_SECRET, **fields: Any) -> Channel:
    with tenant_scope(user):
        return Channel.objects.create(user=user, phone_number_id=number, app_secret=secret, **fields)


def updates(**fields: Any) -> list[InboundUpdate]:
    with all_tenants():
        return list(InboundUpdate.objects.filter(**fields).order_by("pk"))


def bodies() -> list[WebhookBody]:
    with all_tenants():
        return list(WebhookBody.objects.order_by("pk"))


def fresh(row: Any) -> Any:
    with all_tenants():
        row.refresh_from_db()
    return row


# --- what is stored --------------------------------------------------------------------------------------------------
def test_it_stores_a_message_once():
    for _ in range(3):
        answer = post(wrap(value(message())))
        assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    (update,) = updates()
    (body,) = bodies()
    assert (update.kind, update.key, update.sender, update.status) == ("message", "wamid.A", "573001234567", "pending")
    assert (update.phone_number_id, update.channel_id, update.body_id) == (NUMBER, None, body.pk)
    assert (body.times, body.fault, body.channel_id) == (3, "", None)
    assert bytes(body.body) == written(wrap(value(message())))


def test_it_rings_once_for_a_new_body_and_not_for_one_that_came_before():
    for _ in range(3):
        post(wrap(value(message())))
    (task,) = OrmQ.objects.all()
    assert task.func() == "messaging.tasks.take_in"


def test_a_message_that_comes_in_another_body_too_is_the_same():
    post(wrap(value(message())))
    post(wrap(value(message(), message(wamid="wamid.B"))))
    assert [update.key for update in updates()] == ["wamid.A", "wamid.B"]
    assert len(bodies()) == 2


def test_updates_are_numbered_as_they_stand_in_the_body():
    said = [message(wamid=f"wamid.{n}", sender=f"5730000{n % 7:05}") for n in range(40)]
    random.Random(1).shuffle(said)
    post(wrap(value(*said, statuses=[status("wamid.S")])))
    assert [update.key for update in updates()] == [*(one["id"] for one in said), "wamid.S:sent"]


def test_a_thousand_updates_take_as_few_statements_as_one():
    def statements(body: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert post(body).status_code == 200
        return len(captured)

    post(wrap(value(message(wamid="warm"))))
    one = statements(wrap(value(message())))
    many = statements(wrap(value(*[message(wamid=f"w{n}", sender=f"5730000{n:05}") for n in range(1000)])))
    again = statements(wrap(value(message())))
    assert one == many == again == 4  # the scope opened and closed, one that looks, one that writes
    assert len(updates()) == 1002


def test_nothing_of_a_body_is_stored_when_the_bell_cannot_be_rung(monkeypatch):
    def fail() -> None:
        raise RuntimeError("no bell")

    monkeypatch.setattr(inbound, "bell", fail)
    assert post(wrap(value(message()))).status_code == 500
    assert bodies() == updates() == []
    monkeypatch.undo()
    assert post(wrap(value(message()))).status_code == 200
    assert len(updates()) == 1


def test_what_is_not_understood_is_kept_and_rings_nobody():
    post(wrap({"a": 1}, field="hologram"))
    (update,) = updates()
    assert (update.kind, update.status) == ("other", "not_understood")
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b"\x00\xff\xfe", "no JSON"),
        (b"[]", "no list of entries"),
        (b'{"entry": ' + b"9" * 10_000 + b"}", "no JSON"),
    ],
    ids=["empty", "deep", "closed deep", "bytes", "list", "number"],
)
def test_a_signed_body_that_cannot_be_taken_apart_is_kept(body, fault):
    for _ in range(2):
        assert post(body).status_code == 200
    (kept,) = bodies()
    (update,) = updates()
    assert (bytes(kept.body), kept.fault, kept.times) == (body, fault, 2)
    assert (update.kind, update.status) == ("other", "not_understood")


def test_nul_and_lone_surrogates_are_stored():
    nul = message("a\x00b\ud800", wamid="wamid.\x00") | {"from": "57\x00300"}
    around = value(nul)
    around["contacts"] = [{"profile": {"name": "\x00\udfff"}, "wa_id": "\ud800", "user_id": "CO.\x00"}]
    assert post(wrap(around, account="\x00")).status_code == 200
    (update,) = updates()
    assert json.loads(bytes(update.data))["item"]["text"]["body"] == "a\x00b\ud800"


# --- whose signature -------------------------------------------------------------------------------------------------
def forged() -> dict[str, tuple[bytes, str | None]]:
    """Bodies with headers that prove nothing."""
    body = written(wrap(value(message())))
    good = sign(body, secret=SECRET)
    flipped = bytearray(body)
    flipped[len(body) // 2] ^= 1
    sha1 = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    return {
        "unsigned": (body, None),
        "empty": (body, ""),
        "no digest": (body, "sha256="),
        "without its name": (body, good.removeprefix("sha256=")),
        "another's secret": (body, sign(body, secret="another")),
        "no secret": (body, sign(body, secret="")),
        "one bit of the body flipped": (bytes(flipped), good),
        "one bit of the signature flipped": (body, good[:-1] + ("0" if good[-1] != "0" else "1")),
        "a signature cut off": (body, good[:-2]),
        "a signature gone on": (body, good + "00"),
        "a body cut off": (body[:-1], good),
        "a body gone on": (body + b"\n", good),
        "written again": (json.dumps(json.loads(body), separators=(",", ":")).encode(), good),
        "sha1": (body, f"sha1={sha1}"),
        "sha1 called sha256": (body, f"sha256={sha1}"),
        "sha512": (body, "sha512=" + hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest()),
        "no hexadecimal": (body, "sha256=" + "g" * 64),
        "other digits": (body, "sha256=" + "٣" * 64),
        "two signatures": (body, f"{good}, {good}"),
        "of the text without its bytes": (body, sign(b"", secret=SECRET)),
    }


@pytest.mark.parametrize("name", sorted(forged()))
def test_what_is_not_signed_is_refused(name):
    body, signature = forged()[name]
    answer = post(body, secret=None, signature=signature)
    assert (answer.status_code, answer.json()) == (403, {"detail": "La firma no es válida."})
    assert bodies() == updates() == []
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize("secret", ["", "x"])
def test_without_a_secret_nobody_is_believed(settings, secret):
    settings.WHATSAPP = settings.WHATSAPP | {"APP_SECRET": ""}
    assert post(wrap(value(message())), secret=secret).status_code == 403
    assert post(b"{}", secret=secret).status_code == 403


def test_a_tenants_own_number_has_the_secret_of_its_own_app(alice):
    own = connect(alice)
    body = wrap(value(message(), number=OWN_NUMBER))
    assert post(body, secret=SECRET).status_code == 403
    assert post(body, secret=OWN_SECRET).status_code == 200
    (update,) = updates()
    assert (update.channel_id, update.status, bodies()[0].channel_id) == (own.pk, "pending", own.pk)


def test_a_number_is_whose_secret_signs_for_it(alice, bob):
    squatter = connect(bob, secret="bob-s-secret")
    own = connect(alice)
    body = wrap(value(message(), number=OWN_NUMBER))
    assert post(body, secret=OWN_SECRET).status_code == 200
    assert [update.channel_id for update in updates()] == [own.pk]
    assert post(wrap(value(message("¡Gratis!"), number=OWN_NUMBER)), secret="bob-s-secret").status_code == 200
    assert [update.channel_id for update in updates()] == [own.pk, squatter.pk]


def test_nobody_squats_on_the_shared_number(alice):
    connect(alice, number=NUMBER)
    assert post(wrap(value(message())), secret=OWN_SECRET).status_code == 403
    assert post(wrap(value(message())), secret=SECRET).status_code == 200
    assert [update.channel_id for update in updates()] == [None]


@pytest.mark.parametrize("secret", [SECRET, OWN_SECRET, "bob-s-secret"])
@pytest.mark.parametrize("numbers", [(NUMBER, OWN_NUMBER), (OWN_NUMBER, NUMBER), (OWN_NUMBER, "200000000000002")])
def test_a_body_for_numbers_of_different_secrets_is_refused(alice, bob, numbers, secret):
    connect(alice)
    connect(bob, number="200000000000002", secret="bob-s-secret")
    body = wrap(*(value(message(wamid=f"w{n}"), number=n) for n in numbers))
    assert post(body, secret=secret).status_code == 403
    assert bodies() == []


@pytest.mark.parametrize("secret", [SECRET, OWN_SECRET])
def test_a_number_in_disguise_is_seen_before_anything_is_stored(alice, secret):
    connect(alice)
    plain, disguised = (NUMBER, OWN_NUMBER) if secret == SECRET else (OWN_NUMBER, NUMBER)
    body = written(wrap(value(message(), number=plain), value(message(wamid="b"), number=disguised)))
    body = body.replace(f'"{disguised}"'.encode(), f'"\\u003{disguised[0]}{disguised[1:]}"'.encode())
    assert json.loads(body)["entry"][0]["changes"][1]["value"]["metadata"]["phone_number_id"] == disguised
    assert post(body, secret=secret).status_code == 403
    assert bodies() == []


def test_numbers_of_one_app_may_come_together(alice, bob):
    one, other = connect(alice), connect(bob, number="200000000000002")
    body = wrap(value(message(), number=OWN_NUMBER), value(message(wamid="b"), number="200000000000002"))
    assert post(body, secret=OWN_SECRET).status_code == 200
    assert [update.channel_id for update in updates()] == [one.pk, other.pk]


def test_a_number_that_nobody_connected_is_the_platforms_and_waits_for_its_owner(alice):
    body = wrap(value(message(), number="999999999999"))
    assert post(body, secret=OWN_SECRET).status_code == 403
    assert post(body).status_code == 200
    connect(alice)
    beside = wrap(value(message(wamid="b"), number=OWN_NUMBER), value(message(wamid="c"), number="999999999999"))
    assert post(beside, secret=OWN_SECRET).status_code == 200
    assert [(update.key, update.status, update.note) for update in updates()] == [
        ("wamid.A", "not_understood", "this number is not connected"),
        ("b", "pending", ""),
        ("c", "not_understood", "this number is not connected"),
    ]


def test_news_of_an_account_go_to_whose_secret_signs_them(alice, bob):
    connect(bob, number="200000000000002", secret="bob-s-secret", business_account_id="7770001")
    connect(alice, number="200000000000003")
    own = connect(alice, business_account_id="7770001")
    news = wrap({"event": "PAUSED"}, field="message_template_status_update", account="7770001")
    assert post(news, secret=OWN_SECRET).status_code == 200
    assert post(news, secret="nobody-s").status_code == 403
    assert post(news, secret=SECRET).status_code == 200
    assert [(update.kind, update.channel_id) for update in updates()] == [("template", own.pk), ("template", None)]


def test_text_in_a_message_names_no_number(alice):
    connect(alice)
    said = message(json.dumps({"phone_number_id": OWN_NUMBER}))
    assert post(wrap(value(said))).status_code == 200


def test_a_secret_that_cannot_be_decrypted_is_logged_and_hides_nobody_elses(alice, bob, caplog):
    broken, own = connect(alice), connect(bob)
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_channel SET app_secret = 'gAAAA-broken' WHERE id = %s", [broken.pk])
    body = wrap(value(message(), number=OWN_NUMBER))
    assert post(body, secret=OWN_SECRET).status_code == 200
    assert [update.channel_id for update in updates()] == [own.pk]
    with all_tenants():
        Channel.objects.filter(pk=own.pk).delete()
    assert post(body, secret=OWN_SECRET).status_code == 403
    assert post(body, secret="").status_code == 403
    assert f"channel {broken.pk} cannot be decrypted" in caplog.text
    assert "gAAAA" not in caplog.text


def test_nothing_secret_or_personal_is_logged(alice, caplog):
    connect(alice)
    with caplog.at_level("DEBUG", logger="messaging"):
        post(wrap(value(message("palabra secreta"), number=OWN_NUMBER)), secret=OWN_SECRET)
        post(wrap(value(message("palabra secreta"), number=OWN_NUMBER)), secret="wrong")
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("messaging"))
    assert "was refused: wrong signature" in told
    for secret in ("palabra", "573001234567", OWN_SECRET, SECRET):
        assert secret not in told


# --- what a number's owner is shown ----------------------------------------------------------------------------------
def test_wrong_signatures_are_counted_once_a_second(alice, bob):
    own, other = connect(alice), connect(bob, number="200000000000002")
    body = wrap(value(message(), number=OWN_NUMBER))
    for _ in range(5):
        post(body, secret="wrong")
    assert fresh(own).signature_failures == 1
    assert own.signature_failed_at > timezone.now() - timedelta(minutes=1)
    with all_tenants():
        Channel.objects.update(signature_failed_at=timezone.now() - timedelta(seconds=2))
    post(body, secret="wrong")
    assert fresh(own).signature_failures == 2
    assert fresh(other).signature_failures == 0
    assert not SharedNumber.objects.exists()


def test_wrong_signatures_for_the_shared_number_are_counted_on_it(alice):
    own = connect(alice)
    post(wrap(value(message())), secret="wrong")
    post(b"whatever", secret="wrong")
    shared = SharedNumber.objects.get()
    assert (shared.phone_number_id, shared.signature_failures, shared.webhook_seen_at) == (NUMBER, 1, None)
    assert fresh(own).signature_failures == 0


def test_unsigned_bodies_cost_no_statement(alice, django_assert_num_queries):
    connect(alice)
    with django_assert_num_queries(0):
        post(wrap(value(message(), number=OWN_NUMBER)), secret=None)


def test_a_visit_is_noted_once_a_minute(alice, bob):
    own, other = connect(alice), connect(bob, number="200000000000002")
    before = timezone.now()
    for n in range(3):
        post(wrap(value(message(wamid=f"w{n}"), number=OWN_NUMBER)), secret=OWN_SECRET)
        post(wrap(value(message(wamid=f"w{n}"))))
    seen = fresh(own).webhook_seen_at
    shared = SharedNumber.objects.get()
    assert seen >= before
    assert shared.webhook_seen_at >= before
    assert fresh(other).webhook_seen_at is None
    post(wrap(value(message(wamid="x"), number=OWN_NUMBER)), secret=OWN_SECRET)
    assert fresh(own).webhook_seen_at == seen
    with all_tenants():
        Channel.objects.update(webhook_seen_at=seen - timedelta(minutes=2))
    post(wrap(value(message(wamid="y"), number=OWN_NUMBER)), secret=OWN_SECRET)
    assert fresh(own).webhook_seen_at >= seen


# --- the handshake ---------------------------------------------------------------------------------------------------
ASKED = {"hub.mode": "subscribe", "hub.verify_token": "the-verify-token", "hub.challenge": "1158201444"}


@pytest.mark.parametrize("path", ["/api/whatsapp/webhook", "/api/whatsapp/verify"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_handshake_answers_its_challenge(path, slash):
    answer = Client().get(path + slash, ASKED)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_handshake_knows_the_token_of_a_connected_number(alice):
    own = connect(alice)
    answer = Client().get("/api/whatsapp/verify", ASKED | {"hub.verify_token": own.verify_token})
    assert (answer.status_code, answer.content) == (200, b"1158201444")


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "the-verify-tokeñ"},
        {"hub.verify_token": "the-verify-token\x00"},
        {"hub.verify_token": "x" * 5000},
        {"hub.verify_token": "the-verify-toke"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
        {"hub.challenge": "1" * 1001},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_other_handshake_is_refused(change):
    for path in ("/api/whatsapp/webhook", "/api/whatsapp/verify"):
        answer = Client().get(path, ASKED | change)
        assert (answer.status_code, list(answer.json())) == (403, ["detail"])


def test_without_a_token_no_handshake_succeeds(settings):
    settings.WHATSAPP = settings.WHATSAPP | {"VERIFY_TOKEN": ""}
    for given in ({"hub.verify_token": ""}, {}):
        asked = {name: text for name, text in ASKED.items() if name != "hub.verify_token"} | given
        assert Client().get("/api/whatsapp/verify", asked).status_code == 403


def test_a_challenge_is_text_whatever_it_says():
    answer = Client().get("/api/whatsapp/verify", ASKED | {"hub.challenge": "<script>alert(1)</script>"})
    assert answer["Content-Type"].startswith("text/plain")
    assert "script-src 'self'" in answer["Content-Security-Policy"]


# --- the door itself -------------------------------------------------------------------------------------------------
def test_it_takes_bodies_of_any_name_with_and_without_a_slash():
    for n, kind in enumerate(["application/json", "text/plain", "application/x-www-form-urlencoded", "x", ""]):
        data = written(wrap(value(message(wamid=f"w{n}"))))
        answer = Client(enforce_csrf_checks=True).generic(
            "POST", ADDRESS + "/" * (n % 2), data, kind, headers={"X-Hub-Signature-256": sign(data, secret=SECRET)}
        )
        assert answer.status_code == 200
        assert not answer.cookies
    assert len(updates()) == 5


@pytest.mark.parametrize("accept", ["text/html", "\xff", "*/*;q=0", "application/xml"])
def test_it_answers_whatever_the_caller_would_accept(accept):
    data = written(wrap(value(message())))
    headers = {"X-Hub-Signature-256": sign(data, secret=SECRET), "Accept": accept, "Authorization": "Bearer nonsense"}
    assert Client().generic("POST", ADDRESS, data, "application/json", headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_refused_in_json(method):
    answer = Client().generic(method, ADDRESS, b"{}", "application/json")
    assert (answer.status_code, list(answer.json())) == (405, ["detail"])


def test_it_answers_with_an_id_and_what_keeps_browsers_careful():
    answer = post(wrap(value(message())))
    assert len(answer["X-Request-ID"]) == 32
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    told = [answer[name] for name in ("Content-Type", "Content-Length", "X-Frame-Options", "X-Content-Type-Options")]
    assert told == ["application/json", str(len(answer.content)), "DENY", "nosniff"]


def test_it_is_not_taken_under_another_host():
    body = written(wrap(value(message())))
    headers = {"X-Hub-Signature-256": sign(body, secret=SECRET), "Host": "evil.example"}
    client = Client(raise_request_exception=False)
    assert client.generic("POST", ADDRESS, body, "application/json", headers=headers).status_code == 400
    assert bodies() == []


def test_a_body_over_the_limit_is_refused_however_it_is_signed(settings):
    at_most = settings.MAX_BODY_BYTES
    assert post(b" " * at_most).status_code == 200
    answer = post(b" " * (at_most + 1))
    assert (answer.status_code, answer.json()) == (413, {"detail": "El envío pasa de 3 MB."})
    assert len(bodies()) == 1


def test_limits_on_addresses_do_not_touch_it(settings):
    settings.LIMITS = True
    assert {post(wrap(value(message(wamid=f"w{n}")))).status_code for n in range(120)} == {200}
    assert len(updates()) == 120
