"""A tenant's own numbers over the API: kept, checked, tried, and never shown their secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from messaging.models import Channel, Delivery, SharedNumber
from messaging.whatsapp import alarms
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.whatsapp_people import SHARED

pytestmark = pytest.mark.django_db

PATH = "/api/user/channels"
TOKEN, SECRET = "EAAG-planted-token-1234", "planted-app-secret-5678"
NUMBER = {"phone_number_id": "106512345678", "token": TOKEN, "app_secret": SECRET}


@pytest.fixture(autouse=True)
def _shared_number(settings):
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": SHARED, "TOKEN": "EAAG"}


@pytest.fixture
def mine(alice, api):
    return api(alice)


def problems(body) -> list[str]:
    return [problem["code"] for problem in body["health"]["problems"]]


def change(user, **fields) -> Channel:
    with tenant_scope(user):
        Channel.objects.update(**fields)
        return Channel.objects.get()


def test_a_number_is_connected_changed_and_let_go(mine, alice, api, bob):
    answer = mine.post(PATH, NUMBER | {"business_account_id": "102290129340398"})
    made = answer.json()
    assert (answer.status_code, made["phone_number_id"], made["display_phone_number"]) == (201, "106512345678", "")
    assert len(made["verify_token"]) >= 24
    assert made["health"]["state"] == "attention"
    assert problems(made) == ["checking", "webhook"]
    assert {"token", "app_secret"} & set(made) == set()
    assert mine.get(PATH).json()["results"] == [made]
    path = f"{PATH}/{made['id']}"
    changed = mine.patch(path, {"business_account_id": "", "token": "EAAG-other"}).json()
    assert (changed["business_account_id"], changed["verify_token"]) == ("", made["verify_token"])
    assert api(bob).get(PATH).json()["results"] == []
    assert mine.delete(path).status_code == 204
    assert mine.get(path).status_code == mine.delete(path).status_code == 404


def test_secrets_are_encrypted_and_never_come_back(mine):
    made = mine.post(PATH, NUMBER).json()
    for answer in (mine.get(PATH), mine.get(f"{PATH}/{made['id']}"), mine.patch(f"{PATH}/{made['id']}", NUMBER)):
        assert TOKEN not in answer.content.decode()
        assert SECRET not in answer.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('recado.all_tenants', 'on', true)")
        cursor.execute("SELECT t::text FROM messaging_channel t")
        [(row,)] = cursor.fetchall()
    assert TOKEN not in row
    assert SECRET not in row


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"phone_number_id": SHARED}, "phone_number_id"),
        ({"phone_number_id": "+57 300"}, "phone_number_id"),
        ({"business_account_id": "abc"}, "business_account_id"),
        ({"token": "two words"}, "token"),
        ({"token": "line\nbreak"}, "token"),
        ({"app_secret": ""}, "app_secret"),
        ({"verify": "x"}, "verify"),
    ],
)
def test_it_refuses_what_cannot_be(mine, fields, field):
    answer = mine.post(PATH, NUMBER | fields)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_number_is_connected_once_by_a_tenant_and_claimed_by_many(mine, api, bob):
    assert mine.post(PATH, NUMBER).status_code == 201
    again = mine.post(PATH, NUMBER)
    assert (again.status_code, again.json()) == (400, {"phone_number_id": ["Ya conectaste este número."]})
    assert api(bob).post(PATH, NUMBER).status_code == 201  # whose it is, the secret decides


def test_connecting_asks_meta_later_and_calls_nobody_now(mine, alice, settings):
    settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": "http://127.0.0.1:9"}  # nobody listens there
    mine.post(PATH, NUMBER)
    [task] = OrmQ.objects.all()
    assert task.func() == "messaging.tasks.check_channel"
    assert task.task["args"][0] == alice.pk


def test_what_is_wrong_is_said_with_its_remedy(mine, alice):
    mine.post(PATH, NUMBER)
    now = datetime.now(UTC)
    change(alice, token_is_valid=True, token_checked_at=now, webhook_seen_at=now)
    assert mine.get(PATH).json()["results"][0]["health"]["state"] == "ok"
    change(
        alice,
        token_is_valid=False, paused_for="token", quality="RED", payment_problem_at=now,
        no_proactive_before=now + timedelta(hours=3), signature_failures=3,
        signature_failed_at=now + timedelta(seconds=1),
        templates=[{"name": "recado_reminder", "language": "es", "status": "PAUSED", "components": []}],
    )  # fmt: skip
    health = mine.get(PATH).json()["results"][0]["health"]
    assert health["state"] == "stopped"
    assert [one["code"] for one in health["problems"]] == [
        "token", "payment", "spam", "quality", "signature", "templates",
    ]  # fmt: skip
    assert all(one["text"] and one["remedy"] for one in health["problems"])
    assert "3 avisos con una firma" in health["problems"][4]["text"]
    assert health["templates"][0] == {
        "name": "recado_reminder", "language": "es", "category": "", "status": "PAUSED", "is_usable": False,
        "preview": "",
    }  # fmt: skip


def test_the_words_are_in_the_persons_language(mine, alice):
    alice.language = "en"
    alice.save()
    assert "Meta" in mine.post(PATH, NUMBER).json()["health"]["problems"][-1]["remedy"]
    assert not any("Todavía" in one["text"] for one in mine.get(PATH).json()["results"][0]["health"]["problems"])


def test_a_pause_is_made_and_lifted(mine, alice):
    made = mine.post(PATH, NUMBER).json()
    paused = mine.post(f"{PATH}/{made['id']}/pause").json()
    assert (paused["health"]["state"], paused["health"]["paused_for"]) == ("stopped", "owner")
    resumed = mine.post(f"{PATH}/{made['id']}/resume").json()
    assert (resumed["health"]["state"], resumed["health"]["paused_for"]) == ("attention", "")


def test_it_is_tried_on_ones_own_phone_or_another(mine, alice):
    made = mine.post(PATH, NUMBER).json()
    path = f"{PATH}/{made['id']}/test"
    hello = {"name": "hello_world", "language": "es", "status": "APPROVED", "components": []}
    change(alice, templates=[hello])
    assert list(mine.post(path).json()) == ["to"]
    assert mine.post(path, {"to": "hola"}).status_code == 400
    answer = mine.post(path, {"to": "+57 300 765 4321"})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    with tenant_scope(alice):
        factories.phone_link(alice, phone_key="573001234567", wa_id="573001234567")
        factories.phone_link(alice, phone_key="999000000001000", wa_id="999000000001000", last_seen_at=timezone.now())
    mine.post(path)  # not to the simulator's phone, though it was seen last
    with tenant_scope(alice):
        sent = list(Delivery.objects.order_by("pk").values_list("recipient", "kind", "channel", "phone_number_id"))
    assert sent == [
        ("573007654321", "send", made["id"], "106512345678"),
        ("573001234567", "send", made["id"], "106512345678"),
    ]


def test_a_closed_window_is_said_before_anything_is_sent(mine, alice):
    made = mine.post(PATH, NUMBER).json()
    path = f"{PATH}/{made['id']}/test"
    with tenant_scope(alice):
        link = factories.phone_link(alice, phone_key="573001234567", wa_id="573001234567")
        ada = factories.contact(alice, phone="+573007654321", wa_id="573007654321", whatsapp_key="573007654321")
    for body in ({}, {"to": "+57 300 765 4321"}):
        answer = mine.post(path, body)
        assert answer.status_code == 400
        assert "escríbele primero a este número" in answer.json()["to"][0]
    with tenant_scope(alice):
        assert not Delivery.objects.exists()
        fields = {"channel": "whatsapp", "phone_number_id": "106512345678", "assistant_type": "commercial"}
        until = timezone.now() + timedelta(hours=1)
        factories.conversation(alice, link=link, window_until=until, **fields)
        factories.conversation(alice, contact=ada, audience="customer", window_until=until, **fields)
    assert mine.post(path).status_code == mine.post(path, {"to": "+57 300 765 4321"}).status_code == 202


def test_what_is_expected_is_said_for_every_field_at_once(mine):
    answer = mine.post(PATH, {"phone_number_id": "+57 300", "business_account_id": "Mi tienda", "app_secret": ""})
    assert answer.status_code == 400
    said = answer.json()
    assert set(said) == {"phone_number_id", "business_account_id", "app_secret"}
    assert "«Identificador de número de teléfono»" in said["phone_number_id"][0]
    assert "Solo cifras" in said["business_account_id"][0]
    assert "Configuración › Básica" in said["app_secret"][0]
    assert "Identificador" in mine.post(PATH, NUMBER | {"phone_number_id": ""}).json()["phone_number_id"][0]


def test_an_alarm_is_rung_once(alice, mine):
    mine.post(PATH, NUMBER)
    now = datetime.now(UTC)
    with tenant_scope(alice):
        channel = Channel.objects.get()
        for _n in range(3):
            alarms.mark_token_invalid(channel, now=now)
    [alert] = mine.get("/api/user/notifications").json()["results"]
    assert (alert["kind"], alert["url"]) == ("alert", "/user/whatsapp")


class TestUsage:
    """Per number and month of the tenant's own calendar."""

    def deliver(self, user, at: datetime, **fields):
        fields = {"phone_number_id": "106512345678", "status": "delivered", "delivered_at": at, **fields}
        with tenant_scope(user):
            factories.delivery(user, **fields)

    def test_it_counts_what_arrived_free_and_charged(self, mine, alice, bob):
        made = mine.post(PATH, NUMBER).json()
        noon = datetime(2026, 11, 15, 17, tzinfo=UTC)
        self.deliver(alice, noon, is_billable=False, category="service")
        self.deliver(alice, noon, is_billable=True, category="utility")
        self.deliver(alice, noon, is_billable=None)
        self.deliver(alice, noon, phone_number_id=SHARED, is_billable=True)
        self.deliver(bob, noon, is_billable=True)
        with tenant_scope(alice):
            factories.delivery(alice, phone_number_id="106512345678", status="failed", is_billable=True)
        # Bogotá is five hours behind: the month ends there when December is five hours old.
        self.deliver(alice, datetime(2026, 12, 1, 4, 59, tzinfo=UTC), is_billable=False, category="service")
        self.deliver(alice, datetime(2026, 12, 1, 5, 0, tzinfo=UTC), is_billable=False, category="service")
        found = mine.get(f"{PATH}/{made['id']}/usage?month=2026-11").json()
        assert found == {
            "month": "2026-11", "delivered": 4, "free": 2, "charged": 1, "unpriced": 1, "answers": 3,
            "free_limit": 1000, "free_left": 997,
        }  # fmt: skip
        assert mine.get(f"{PATH}/{made['id']}/usage?month=2026-12").json()["delivered"] == 1
        assert mine.get(f"{PATH}/{made['id']}/usage").status_code == 200

    @pytest.mark.parametrize("month", ["2026-13", "ayer", "2026", "1-1", "99999-01", "2026-11-01"])
    def test_a_month_is_a_month(self, mine, month):
        made = mine.post(PATH, NUMBER).json()
        assert list(mine.get(f"{PATH}/{made['id']}/usage?month={month}").json()) == ["month"]


class TestLinkPhone:
    path = "/api/whatsapp/link-phone"

    def test_a_code_is_given_listed_once_linked_and_unlinked(self, mine, alice):
        SharedNumber.objects.create(phone_number_id=SHARED, display_phone_number="+57 1 555 0000")
        answer = mine.post(self.path, {"phone": "+57 300 123 4567"})
        assert (answer.status_code, set(answer.json())) == (201, {"code", "message", "wa_me", "expires_at"})
        assert answer.json()["wa_me"].startswith("https://wa.me/5715550000?text=VINCULAR%20")
        assert mine.get(self.path).json()["results"] == []
        with tenant_scope(alice):
            link = factories.phone_link(alice, phone_key="573001234567", wa_id="573001234567")
        [one] = mine.get(self.path).json()["results"]
        assert (one["id"], one["phone"]) == (link.pk, "+573001234567")
        assert mine.delete(f"{self.path}/{link.pk}").status_code == 204
        assert mine.delete(f"{self.path}/{link.pk}").status_code == 404

    def test_what_is_wrong_is_said_by_field(self, mine, alice):
        assert list(mine.post(self.path, {"phone": "hola"}).json()) == ["phone"]
        assert list(mine.post(self.path, {}).json()) == ["phone"]
        with tenant_scope(alice):
            factories.phone_link(alice)
        answer = mine.post(self.path, {"phone": "+573001234567"})
        assert (answer.status_code, list(answer.json())) == (400, ["password"])

    def test_customers_are_no_phones_of_mine(self, mine, alice):
        with tenant_scope(alice):
            link = factories.phone_link(alice, role="customer")
        assert mine.get(self.path).json()["results"] == []
        assert mine.delete(f"{self.path}/{link.pk}").status_code == 404
