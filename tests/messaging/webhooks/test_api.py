"""The API of webhooks: what is taken, what is shown once, and what is never shown."""

from __future__ import annotations

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from messaging.models import WebhookEndpoint
from messaging.webhooks import endpoints
from messaging.webhooks.endpoints import MOST
from tenants.events import EVENTS, Event
from tenants.scope import tenant_scope
from tests.messaging.webhooks.forbidden import forbidden
from tests.messaging.webhooks.rows import EVENT, add, drain, told

pytestmark = pytest.mark.django_db
PATH = "/api/user/webhooks"


def test_it_is_added_with_a_secret_that_is_shown_once(alice, bob, api, receiver):
    client = api(alice)
    given = {"url": receiver.url, "events": ["task_created", EVENT, EVENT], "description": "Contabilidad"}
    answer = client.post(PATH, given)
    assert answer.status_code == 201
    made = answer.json()
    assert made["secret"].startswith("whsec_")
    assert made["events"] == [EVENT, "task_created"]
    assert (made["is_active"], made["disabled_at"], made["disabled_reason"]) == (True, None, "")
    assert "secret" not in client.get(f"{PATH}/{made['id']}").json()
    listed = client.get(PATH).json()
    assert (listed["count"], "secret" in listed["results"][0]) == (1, False)
    assert api(bob).get(PATH).json()["count"] == 0
    with tenant_scope(alice):
        assert Event.objects.filter(name="webhook_added").count() == 1


@pytest.mark.parametrize("url", forbidden()[::4], ids=ascii)
def test_what_is_not_public_is_refused_with_a_sentence(url, alice, api):
    if "\ud800" in url:
        return  # no JSON in UTF-8 holds it
    answer = api(alice).post(PATH, {"url": url, "events": [EVENT]})
    assert answer.status_code == 400
    if "url" in answer.json():
        (text,) = answer.json()["url"]
        assert text.endswith(".")
        assert len(text) > 20
    with tenant_scope(alice):
        assert not WebhookEndpoint.objects.exists()


def test_a_name_that_leads_inside_is_refused_and_an_unknown_one_taken(alice):
    with tenant_scope(alice):
        with pytest.raises(Exception, match="no es pública"):
            endpoints.add(user=alice, url="https://a.example.com/", events=[EVENT], resolve=lambda *_: ["10.0.0.1"])
        assert endpoints.add(user=alice, url="https://a.example.com/", events=[EVENT], resolve=lambda *_: [])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "url"),
        ({"url": "https://8.8.8.8/"}, "events"),
        ({"url": "https://8.8.8.8/", "events": []}, "events"),
        ({"url": "https://8.8.8.8/", "events": ["login"]}, "events"),  # stands in the security log only
        ({"url": "https://8.8.8.8/", "events": ["order_received", "nonsense"]}, "events"),
        ({"url": "https://8.8.8.8/", "events": "order_received"}, "events"),
        ({"url": "https://8.8.8.8/", "events": [7]}, "events"),
        ({"url": ["https://8.8.8.8/"], "events": ["order_received"]}, "url"),
        ({"url": "https://8.8.8.8/", "events": ["order_received"], "user": 1}, "user"),
        ({"url": "https://8.8.8.8/", "events": ["order_received"], "description": "x" * 201}, "description"),
    ],
)
def test_bad_input_names_its_field(given, field, alice, api):
    answer = api(alice).post(PATH, given)
    assert answer.status_code == 400
    assert field in answer.json()


def test_all_that_is_wrong_is_told_at_once_and_in_plain_words(alice, api, receiver):
    client = api(alice)
    answer = client.post(PATH, {"url": "https://10.0.0.1/", "events": []}).json()
    assert answer["events"] == ["Elige al menos un suceso."]
    assert "no es pública" in answer["url"][0]
    answer = client.post(PATH, {"url": "https://10.0.0.1/", "events": ["nonsense"]}).json()
    assert sorted(answer) == ["events", "url"]
    made = client.post(PATH, {"url": receiver.url, "events": [EVENT]}).json()
    assert sorted(client.patch(f"{PATH}/{made['id']}", {"url": "https://10.0.0.1/", "events": []}).json()) == [
        "events",
        "url",
    ]


def test_so_many_and_no_more(alice, api, receiver):
    for _ in range(MOST):
        add(alice, receiver.url)
    answer = api(alice).post(PATH, {"url": receiver.url, "events": [EVENT]})
    assert answer.status_code == 400
    assert "10" in answer.json()["url"][0]


def test_it_is_changed_paused_and_removed(alice, api, receiver):
    client, endpoint = api(alice), add(alice, receiver.url)
    path = f"{PATH}/{endpoint.pk}"
    assert client.patch(path, {"is_active": False}).json()["is_active"] is False
    assert client.patch(path, {"events": ["task_created"]}).json()["events"] == ["task_created"]
    assert client.patch(path, {"url": "http://10.0.0.1/"}).status_code == 400
    again = client.patch(path, {"id": 7, "secret": "whsec_x", "created_at": "2001-01-01", "is_active": True})
    assert (again.status_code, again.json()["id"], again.json()["is_active"]) == (200, endpoint.pk, True)
    with tenant_scope(alice):
        assert WebhookEndpoint.objects.get().secret == endpoint.secret
        fields = list(
            Event.objects.filter(name="webhook_changed").order_by("pk").values_list("data__fields", flat=True)
        )
    assert fields == [["is_active"], ["events"], ["is_active"]]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_a_new_secret_is_shown_once(alice, api, receiver):
    client, endpoint = api(alice), add(alice, receiver.url)
    answer = client.post(f"{PATH}/{endpoint.pk}/rotate")
    assert answer.status_code == 200
    assert answer.json()["secret"] not in ("", endpoint.secret)
    assert answer.json()["old_secret_until"]
    assert "secret" not in client.get(f"{PATH}/{endpoint.pk}").json()


def test_a_test_stands_in_the_log_with_request_and_answer(alice, api, receiver):
    client, endpoint = api(alice), add(alice, receiver.url)
    answer = client.post(f"{PATH}/{endpoint.pk}/test")
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["attempts"]) == ("queued", [])
    drain(now=timezone.now())
    row = client.get(f"{PATH}/{endpoint.pk}/deliveries/{answer.json()['id']}").json()
    assert (row["event"], row["label"], row["status"], row["next_attempt_at"]) == (
        "webhook_test",
        "Prueba",
        "delivered",
        None,
    )
    (attempt,) = row["attempts"]
    assert (attempt["status_code"], attempt["error"], attempt["answer"]) == (200, "", '{"ok": true}')
    assert row["request"]["url"] == receiver.url
    assert Webhook(endpoint.secret).verify(row["request"]["body"], row["request"]["headers"])["type"] == "webhook_test"
    assert receiver.requests[0].body.decode() == row["request"]["body"]


def test_the_log_is_filtered_and_sent_once_more(alice, api, receiver):
    client, endpoint = api(alice), add(alice, receiver.url)
    client.post(f"{PATH}/{endpoint.pk}/test")
    receiver.behaviour = "redirect"
    drain(now=timezone.now())
    path = f"{PATH}/{endpoint.pk}/deliveries"
    assert client.get(path, {"status": "delivered"}).json()["count"] == 0
    (row,) = client.get(path, {"status": "failed"}).json()["results"]
    assert "desvíos" in row["attempts"][0]["text"]
    assert client.get(path, {"status": "nonsense"}).status_code == 400
    receiver.behaviour = "accept"
    assert client.post(f"{path}/{row['id']}/redeliver").status_code == 202
    drain(now=timezone.now())
    assert client.get(f"{path}/{row['id']}").json()["status"] == "delivered"
    assert client.get(f"{PATH}/{endpoint.pk + 1000}/deliveries/{row['id']}").status_code == 404


def test_tests_are_limited(alice, api, receiver, settings):
    settings.LIMITS = True
    client, endpoint = api(alice), add(alice, receiver.url)
    statuses = {client.post(f"{PATH}/{endpoint.pk}/test").status_code for _ in range(61)}
    assert statuses == {202, 429}
    assert len(told(alice)) == 60


def test_all_events_that_may_be_told_are_listed_with_their_words(alice, api):
    listed = {one["name"]: one for one in api(alice).get(f"{PATH}/events").json()}
    assert set(listed) == {name for name, kind in EVENTS.items() if kind.told}
    assert listed["order_received"]["label"] == "Llegó un pedido"
    assert "total" in listed["order_received"]["fields"]
