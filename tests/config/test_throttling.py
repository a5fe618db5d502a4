"""The API's limits: who is counted, by what, what the headers say, and who is never refused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messaging.whatsapp.signatures import sign
from tenants.limits import LimitWindow
from tenants.models import User
from tenants.plans import Plan
from tests.conftest import PASSWORD
from tests.messaging.bodies import ADDRESS as WEBHOOK
from tests.messaging.bodies import NUMBER, SECRET

pytestmark = pytest.mark.django_db

PRODUCTS, LIMITS, CHAT = "/api/user/products", "/api/user/limits", "/api/user/chat/message"
POLICY = re.compile(r'"(?P<name>[a-z-]+)";q=(?P<q>\d+);w=(?P<w>\d+)')
LEFT = re.compile(r'"(?P<name>[a-z-]+)";r=(?P<r>\d+);t=(?P<t>\d+)')


@pytest.fixture(autouse=True)
def _limits_on(settings):
    settings.LIMITS = True


@pytest.fixture
def plan(alice) -> Plan:
    made = Plan.objects.create(code="tiny", name="Chico", requests_per_minute=3, chats_per_minute=1)
    User.objects.filter(pk=alice.pk).update(plan=made)
    return made


def told(answer) -> dict[str, tuple[int, int, int]]:
    """{policy: (quota, window, left)} of the answer's headers."""
    policies = {m["name"]: (int(m["q"]), int(m["w"])) for m in POLICY.finditer(answer.headers["RateLimit-Policy"])}
    left = {m["name"]: int(m["r"]) for m in LEFT.finditer(answer.headers["RateLimit"])}
    assert policies.keys() == left.keys()
    return {name: (*policies[name], left[name]) for name in policies}


def test_every_answer_of_the_api_says_what_is_left(alice, api):
    mine = api(alice)
    assert told(mine.get(PRODUCTS)) == {"api": (600, 60, 599)}
    assert told(mine.get("/api/user/products/987654321")) == {"api": (600, 60, 598)}
    assert told(mine.get("/api/nowhere")) == {"api": (600, 60, 597)}
    assert "RateLimit" not in mine.get("/healthz").headers


def test_the_plan_says_how_many_and_a_change_of_it_holds_at_once(alice, plan, api):
    mine = api(alice)
    assert [mine.get(PRODUCTS).status_code for _ in range(4)] == [200, 200, 200, 429]
    Plan.objects.filter(pk=plan.pk).update(requests_per_minute=10)
    answer = mine.get(PRODUCTS)
    assert (answer.status_code, told(answer)) == (200, {"api": (10, 60, 5)})


def test_who_is_refused_reads_when_to_come_again_in_their_language(alice, plan, api):
    User.objects.filter(pk=alice.pk).update(language="pt")
    mine = api(alice)
    for _ in range(3):
        mine.get(PRODUCTS)
    answer = mine.get(PRODUCTS)
    wait = int(answer.headers["Retry-After"])
    assert answer.status_code == 429
    assert 1 <= wait <= 60
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["detail"]
    assert str(wait) in answer.json()["detail"]
    assert told(answer) == {"api": (3, 60, 0)}
    assert f"t={wait}" in answer.headers["RateLimit"]


def test_another_tenant_and_another_address_are_counted_apart(alice, bob, plan, api):
    for _ in range(4):
        api(alice).get(PRODUCTS)
    assert told(api(bob).get(PRODUCTS)) == {"api": (600, 60, 599)}
    assert told(api().get("/api/schema")) == {"address": (300, 60, 299)}


def test_a_chat_counts_as_a_request_and_as_a_chat(alice, plan, api):
    body = {"content": "¿Tienes martillos?", "assistant_type": "commercial"}
    first = api(alice).post(CHAT, body)
    assert (first.status_code, told(first)) == (202, {"api": (3, 60, 2), "chat": (1, 60, 0)})
    second = api(alice).post(CHAT, body)
    assert (second.status_code, told(second)) == (429, {"api": (3, 60, 1), "chat": (1, 60, 0)})
    assert api(alice).get(PRODUCTS).status_code == 200, "reading goes on"


def test_all_limits_of_a_request_are_one_statement(alice, plan, api):
    mine = api(alice)
    with CaptureQueriesContext(
        connection,
    ) as said:
        mine.post(CHAT, {"content": "Hola", "assistant_type": "commercial"})
    assert len([query for query in said.captured_queries if "tenants_limit_window" in query["sql"]]) == 1


@pytest.mark.parametrize("path", ["/api/auth/login", "/api/auth/register", "/login", "/password-reset"])
def test_tries_to_get_in_are_counted_by_address(path, settings):
    settings.RATES = settings.RATES | {"SIGN_INS": 2}
    client = Client()
    body = {"username": "nobody", "password": "x", "email": "x@example.com"}
    codes = [client.post(path, body, "application/json").status_code for _ in range(3)]
    assert codes[2] == 429
    assert 429 not in codes[:2]
    other = client.post(path, body, "application/json", REMOTE_ADDR="203.0.113.9")
    assert other.status_code != 429


def test_a_page_that_is_refused_is_a_page(settings):
    settings.RATES = settings.RATES | {"SIGN_INS": 0}
    answer = Client().post("/login", {"username": "x", "password": "y"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert "Más despacio" in answer.content.decode()
    assert answer.headers["Retry-After"]


def test_a_wrong_password_that_is_one_too_many_names_its_own_limit(alice, api):
    codes = []
    for _ in range(11):
        answer = api().post("/api/auth/login", {"username": "alice", "password": "wrong"})
        codes.append(answer.status_code)
    assert codes == [401] * 10 + [429]
    assert told(answer)["login-account"] == (10, 900, 0)


def test_a_household_of_ipv6_is_one_address_and_another_is_not(settings):
    settings.RATES = settings.RATES | {"ANONYMOUS": 1}
    client = Client()
    ask = [f"2001:db8:1:2::{n}" for n in (1, 2)] + ["2001:db8:1:3::1", "::ffff:203.0.113.7", "203.0.113.7"]
    codes = [client.get("/api/schema", REMOTE_ADDR=address).status_code for address in ask]
    assert codes == [200, 429, 200, 200, 429]


def test_behind_our_proxy_the_address_is_the_one_that_it_saw(settings):
    settings.RATES = settings.RATES | {"ANONYMOUS": 1}
    settings.TRUSTED_PROXIES = 1
    client = Client(REMOTE_ADDR="10.0.0.1")

    def ask(hops: str) -> int:
        return client.get("/api/schema", headers={"X-Forwarded-For": hops}).status_code

    assert [ask("198.51.100.1"), ask("198.51.100.2"), ask("198.51.100.1, 198.51.100.2")] == [200, 200, 429]


def test_a_broken_token_is_counted_by_address(settings):
    settings.RATES = settings.RATES | {"ANONYMOUS": 2}
    client = Client(headers={"Authorization": "Bearer nonsense"})
    assert [client.get(PRODUCTS).status_code for _ in range(3)] == [401, 401, 429]


def test_exports_have_a_limit_of_their_own(alice, settings, api):
    settings.RATES = settings.RATES | {"EXPORTS": 1}
    path = "/api/user/anything/export"
    codes = [api(alice).get(path).status_code for _ in range(2)]
    assert codes == [404, 429]


def test_off_is_off(alice, plan, api, settings):
    settings.LIMITS = False
    answers = [api(alice).get(PRODUCTS) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers
    assert not LimitWindow.objects.exists()


def test_the_settings_page_can_read_what_holds_and_what_is_used(alice, plan, api):
    mine = api(alice)
    mine.get(PRODUCTS)
    said = mine.get(LIMITS).json()
    assert (said["enforced"], said["plan"]) == (True, {"code": "tiny", "name": "Chico"})
    found = {one["name"]: one for one in said["limits"]}
    assert (found["api"]["limit"], found["api"]["used"], found["api"]["left"]) == (3, 2, 1)
    assert (found["chat"]["limit"], found["chat"]["used"]) == (1, 0)
    assert found["exports"]["seconds"] == 60
    assert all(one["label"] for one in said["limits"])
    assert api().get(LIMITS).status_code == 401


def test_the_window_ends(alice, plan, api):
    for _ in range(4):
        api(alice).get(PRODUCTS)
    LimitWindow.objects.update(ends_at=LimitWindow.objects.get(key=f"api:{alice.pk}").ends_at - timedelta(minutes=2))
    assert told(api(alice).get(PRODUCTS)) == {"api": (3, 60, 2)}


def test_the_table_waits_for_no_disk():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'tenants_limit_window'")
        assert cursor.fetchone() == ("u",)


def test_no_plan_can_forbid_everything():
    plan = Plan(code="none", name="Nada", requests_per_minute=0, chats_per_minute=0)
    with pytest.raises(Exception, match="requests_per_minute"):
        plan.full_clean()


def test_the_account_itself_still_signs_in(alice, api):
    answer = api().post("/api/auth/login", {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 200
    assert set(told(answer)) == {"address", "sign-in"}


def test_what_meta_signs_is_taken_and_only_who_forges_is_held_back(settings):
    settings.WHATSAPP = settings.WHATSAPP | {"APP_SECRET": SECRET, "PHONE_NUMBER_ID": NUMBER}
    settings.RATES = settings.RATES | {"REFUSED_WEBHOOKS": 2, "ANONYMOUS": 1}

    def post(body: bytes, *, secret: str, address: str = "203.0.113.7"):
        headers = {"X-Hub-Signature-256": sign(body, secret=secret)}
        return Client(REMOTE_ADDR=address).generic("POST", WEBHOOK, body, "application/json", headers=headers)

    forged = [post(b'{"n": %d}' % n, secret="another") for n in range(4)]
    assert [answer.status_code for answer in forged] == [403, 403, 429, 429]
    assert told(forged[2]) == {"webhook-refusals": (2, 60, 0)}
    assert int(forged[2].headers["Retry-After"]) <= 60
    assert post(b"{}", secret="another", address="203.0.113.8").status_code == 403
    with CaptureQueriesContext(connection) as said:
        signed = [post(b'{"n": %d}' % n, secret=SECRET) for n in range(5)]
    assert {answer.status_code for answer in signed} == {200}
    assert "RateLimit" not in signed[0].headers
    assert not [query for query in said.captured_queries if "tenants_limit_window" in query["sql"]]
