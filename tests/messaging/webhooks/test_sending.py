"""From an event to its receiver: signed, once more when it fails, and given up in the end."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from messaging.models import Notification, WebhookDelivery, WebhookEndpoint
from messaging.webhooks import claiming, endpoints, sending, signing, telling
from messaging.webhooks.endings import KEPT_ATTEMPTS, PATIENCE
from messaging.webhooks.retries import PLAN
from tenants.events import Event, record, record_many
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.suspensions import restore, suspend
from tests.messaging.webhooks.forbidden import forbidden_hosts
from tests.messaging.webhooks.rows import EVENT, NOW, add, drain, happen, look, told
from tests.standins.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.django_db


def test_an_event_arrives_signed_and_says_what_happened(alice, bob, receiver):
    endpoint, others = add(alice, receiver.url), add(bob, receiver.url)
    now = timezone.now()
    happen(alice, at=now)
    assert drain(now=now) == {"delivered": 1}
    (request,) = receiver.requests
    said = Webhook(endpoint.secret).verify(request.body, request.headers)
    assert said == {
        "type": EVENT,
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {"order": 7, "currency": "COP", "total": "25.00"},
    }
    assert request.headers["content-type"] == "application/json"
    for body, secret in ((request.body + b" ", endpoint.secret), (request.body, others.secret)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, request.headers)
    (delivery,) = told(alice)
    assert (delivery.status, delivery.tries, delivery.finished_at) == ("delivered", 1, now)
    assert request.headers["webhook-id"] == delivery.webhook_id
    (attempt,) = delivery.attempts
    assert (attempt["status_code"], attempt["error"], attempt["answer"]) == (200, "", '{"ok": true}')
    assert attempt["latency_ms"] >= 0
    assert told(bob) == []
    assert look(endpoint).delivered_at == now


def test_each_endpoint_hears_what_it_chose_and_nothing_else(alice, receiver):
    add(alice, f"{receiver.url}/a", EVENT)
    add(alice, f"{receiver.url}/b", EVENT, "task_created")
    add(alice, f"{receiver.url}/c", "task_created")
    add(alice, f"{receiver.url}/d", EVENT, is_active=False)
    happen(alice)
    with tenant_scope(alice):
        record("question_resolved", at=NOW, question=1)  # may not be told
    drain()
    assert sorted(request.path for request in receiver.requests) == ["/hook/a", "/hook/b"]


def test_what_is_rolled_back_is_told_to_nobody(alice, receiver):
    add(alice, receiver.url)
    with tenant_scope(alice), transaction.atomic():
        record(EVENT, order=1)
        assert WebhookDelivery.objects.count() == 1
        transaction.set_rollback(True)
    assert told(alice) == []


def test_many_at_once_take_one_question_and_one_insert(alice, receiver, django_assert_num_queries):
    rows = [{"order": order} for order in range(50)]
    with tenant_scope(alice), transaction.atomic():
        with django_assert_num_queries(2):  # the events, and whether anybody wants them
            record_many(EVENT, rows)
        with django_assert_num_queries(1):  # nobody may want these
            record_many("question_resolved", [{"question": 1}] * 3)
    add(alice, receiver.url)
    add(alice, receiver.url)
    with tenant_scope(alice), transaction.atomic(), django_assert_num_queries(4):  # the tellings and the bell
        record_many(EVENT, rows)
    assert len(told(alice)) == 100


def test_it_is_tried_again_as_planned_and_given_up(alice, receiver):
    endpoint = add(alice, receiver.url)
    happen(alice)
    receiver.behaviour = "fail"
    now = NOW
    for pause in PLAN:
        assert drain(now=now) == {"queued": 1}
        assert told(alice)[0].next_at == now + pause
        assert drain(now=now + pause - timedelta(seconds=1)) == {}
        now += pause
    assert drain(now=now) == {"failed": 1}
    (delivery,) = told(alice)
    assert (delivery.status, delivery.reason, len(delivery.attempts)) == ("failed", "exhausted", 8)
    assert {attempt["error"] for attempt in delivery.attempts} == {"status"}
    assert delivery.attempts[0]["answer"] == "se cayó la base"
    assert {request.headers["webhook-id"] for request in receiver.requests} == {delivery.webhook_id}
    assert len({request.body for request in receiver.requests}) == 1
    assert drain(now=now + timedelta(days=1)) == {}
    assert look(endpoint).is_active
    assert look(endpoint).failing_since == NOW


def test_a_success_ends_what_failed_before(alice, receiver):
    endpoint = add(alice, receiver.url)
    happen(alice)
    receiver.behaviour = "fail"
    drain()
    assert look(endpoint).failing_since == NOW
    receiver.behaviour = "created"
    assert drain(now=NOW + PLAN[0]) == {"delivered": 1}
    assert look(endpoint).failing_since is None


def test_what_was_asked_for_by_hand_leaves_no_endpoint_failing(alice, receiver):
    endpoint = add(alice, receiver.url)
    receiver.behaviour = "fail"
    with tenant_scope(alice):
        tried = endpoints.try_out(endpoint=endpoint, now=NOW)
    assert drain() == {"failed": 1}
    assert (look(endpoint).failing_since, look(endpoint).failed_at) == (None, None)
    with tenant_scope(alice):
        endpoints.redeliver(delivery_id=tried.pk, now=NOW)
    assert drain() == {"failed": 1}
    assert look(endpoint).failing_since is None
    happen(alice)
    drain()
    assert look(endpoint).failing_since == NOW
    with tenant_scope(alice):  # five days on, and still no failure of what really happened
        endpoints.try_out(endpoint=endpoint, now=NOW + PATIENCE)
        WebhookDelivery.objects.filter(is_asked=False).delete()
    assert drain(now=NOW + PATIENCE) == {"failed": 1}
    assert look(endpoint).is_active
    receiver.behaviour = "accept"
    with tenant_scope(alice):
        endpoints.try_out(endpoint=endpoint, now=NOW + PATIENCE)
    drain(now=NOW + PATIENCE)
    assert look(endpoint).failing_since is None  # a test that is taken ends it


def test_a_receivers_wish_for_a_pause_is_heeded_for_all_that_waits(alice, receiver):
    add(alice, receiver.url)
    receiver.behaviour, receiver.retry_after = "busy", "600"
    happen(alice)
    drain()
    happen(alice, at=NOW + timedelta(seconds=1))
    drain(now=NOW + timedelta(seconds=1))
    assert {one.next_at for one in told(alice)} <= {NOW + timedelta(seconds=600), NOW + timedelta(seconds=601)}
    receiver.behaviour, receiver.retry_after = "busy", "99999999"
    assert drain(now=NOW + timedelta(seconds=700)) == {"queued": 1} or True
    assert max(one.next_at for one in told(alice)) <= NOW + timedelta(hours=13)


def fail_for(
    alice: User, receiver: WebhookReceiver, *, days: int, since: int = 0, every: timedelta = timedelta(hours=15)
) -> None:
    """Something happens now and then from day ``since`` on, and nothing of it is taken."""
    receiver.behaviour = "fail"
    moment = NOW + timedelta(days=since)
    while moment <= NOW + timedelta(days=days):
        happen(alice, at=moment)
        drain(now=moment)
        moment += every


def test_after_five_days_of_failure_it_is_disabled_and_the_tenant_hears_of_it(alice, receiver, mailoutbox):
    endpoint = add(alice, receiver.url, description="Contabilidad")
    fail_for(alice, receiver, days=4)
    assert look(endpoint).is_active
    fail_for(alice, receiver, since=4, days=6)
    found = look(endpoint)
    assert not found.is_active
    assert found.disabled_reason == "failing"
    assert found.disabled_at - NOW >= PATIENCE
    assert {one.status for one in told(alice)} == {"failed"}
    assert "disabled" in {one.reason for one in told(alice)}
    with tenant_scope(alice):
        (alert,) = Notification.objects.filter(kind="alert")
        assert "Contabilidad" in alert.title
        assert alert.url == f"/user/webhooks?id={endpoint.pk}"
        assert Event.objects.filter(name="webhook_disabled").count() == 1
    requests = len(receiver.requests)
    happen(alice, at=NOW + timedelta(days=7))
    assert drain(now=NOW + timedelta(days=7)) == {}
    assert len(receiver.requests) == requests

    receiver.behaviour = "accept"
    with tenant_scope(alice):
        endpoints.change(pk=endpoint.pk, is_active=True, now=NOW + timedelta(days=8))
    found = look(endpoint)
    assert (found.is_active, found.disabled_at, found.disabled_reason, found.failing_since) == (True, None, "", None)
    happen(alice, at=NOW + timedelta(days=8))
    assert drain(now=NOW + timedelta(days=8)) == {"delivered": 1}


def test_failures_long_apart_are_not_five_days_of_failure(alice, receiver):
    endpoint = add(alice, receiver.url)
    fail_for(alice, receiver, days=30, every=timedelta(days=10))
    assert look(endpoint).is_active


def test_one_that_is_gone_is_disabled_at_once(alice, bob, receiver):
    endpoint, other = add(alice, receiver.url), add(bob, receiver.url)
    happen(alice)
    happen(alice)
    receiver.behaviour = "gone"
    drain()
    found = look(endpoint)
    assert (found.is_active, found.disabled_reason) == (False, "gone")
    assert len(receiver.requests) == 1
    assert sorted(one.reason for one in told(alice)) == ["disabled", "disabled"]
    assert look(other).is_active


@pytest.mark.parametrize("behaviour", ["redirect", "close", "drip", "noise", "gone"])
def test_only_a_2xx_is_a_success(behaviour, alice, receiver, settings):
    settings.WEBHOOKS = settings.WEBHOOKS | {"SECONDS": 0.5}
    add(alice, receiver.url)
    happen(alice)
    receiver.behaviour = behaviour
    drain()
    assert told(alice)[0].status in ("queued", "failed")
    assert told(alice)[0].attempts[0]["error"]


def test_a_new_secret_and_the_one_before_sign_for_a_day(alice, receiver):
    endpoint = add(alice, receiver.url)
    old = endpoint.secret
    now = timezone.now()
    with tenant_scope(alice):
        new = endpoints.rotate(pk=endpoint.pk, now=now).secret
    assert new != old
    happen(alice, at=now)
    drain(now=now)
    request = receiver.requests[0]
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        assert Webhook(secret).verify(request.body, request.headers)["type"] == EVENT

    with tenant_scope(alice):
        WebhookEndpoint.objects.update(old_secret_until=now)
    happen(alice, at=now)
    drain(now=now)
    request = receiver.requests[1]
    assert Webhook(new).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(request.body, request.headers)


def test_the_secret_before_signs_for_24_hours_and_only_the_last_one_does(alice, receiver):
    endpoint, now = add(alice, receiver.url), timezone.now()
    happen(alice, at=now)
    with tenant_scope(alice):
        delivery = WebhookDelivery.objects.get()
        secrets = [endpoint.secret]
        for minutes in (0, 10):
            endpoint = endpoints.rotate(pk=endpoint.pk, now=now + timedelta(minutes=minutes))
            secrets.append(endpoint.secret)
    text = signing.body_of(delivery)

    def signing_at(moment: datetime) -> list[str]:
        given = signing.sign(delivery=delivery, endpoint=endpoint, now=moment).split(" ")
        by = {Webhook(secret).sign(delivery.webhook_id, moment.astimezone(UTC), text): secret for secret in secrets}
        return [by[signature] for signature in given]

    rotated = now + timedelta(minutes=10)
    first, second, third = secrets
    assert signing_at(rotated) == [third, second]
    assert signing_at(rotated + timedelta(hours=24) - timedelta(seconds=1)) == [third, second]
    assert signing_at(rotated + timedelta(hours=24)) == [third]
    assert first not in (second, third)


def test_secrets_are_encrypted_at_rest(alice, receiver):
    endpoint = add(alice, receiver.url)
    with tenant_scope(alice), connection.cursor() as cursor:
        endpoints.rotate(pk=endpoint.pk, now=NOW)
        cursor.execute("SELECT row_to_json(e)::text FROM messaging_webhookendpoint e")
        (row,) = cursor.fetchone()
    assert endpoint.secret.removeprefix("whsec_") not in row
    assert "whsec_" not in row


def test_a_suspended_account_sends_nothing_and_what_waits_goes_out_later(alice, root, receiver):
    add(alice, receiver.url)
    happen(alice)
    suspend(actor=root, user=alice, reason="se investiga un abuso")
    alice.refresh_from_db()
    happen(alice, at=NOW + timedelta(hours=1))
    assert drain(now=NOW + timedelta(hours=1)) == {}
    assert claiming.waiting_since(now=NOW + timedelta(hours=1)) is None
    assert receiver.connections == 0
    restore(actor=root, user=alice, reason="todo bien")
    assert drain(now=NOW + timedelta(hours=2)) == {"delivered": 2}


def test_one_that_was_suspended_after_the_claim_sends_nothing(alice, root, receiver):
    add(alice, receiver.url)
    happen(alice)
    (claim,) = claiming.claim_due(now=NOW, most=1, failing=False)
    suspend(actor=root, user=alice, reason="se investiga un abuso")
    assert sending.send(claim, clock=lambda: NOW, draw=lambda: 0.0) == "queued"
    assert receiver.connections == 0


def test_what_waited_for_three_days_is_told_no_more_and_a_month_later_forgotten(alice, bob, receiver):
    endpoint = add(alice, receiver.url)
    happen(alice)
    with tenant_scope(alice):
        WebhookDelivery.objects.update(created_at=NOW)
        endpoints.change(pk=endpoint.pk, is_active=False, now=NOW)
    claiming.forget(now=NOW + timedelta(days=2))
    assert told(alice)[0].status == "queued"
    claiming.forget(now=NOW + timedelta(days=3))
    assert (told(alice)[0].status, told(alice)[0].reason) == ("failed", "too_late")
    claiming.forget(now=NOW + timedelta(days=29))
    assert len(told(alice)) == 1
    assert claiming.forget(now=NOW + timedelta(days=31)) == 1
    assert told(alice) == []


def test_whoever_died_while_sending_is_followed_by_another_under_the_same_id(alice, receiver):
    add(alice, receiver.url)
    happen(alice)
    (claim,) = claiming.claim_due(now=NOW, most=5, failing=False)
    later = NOW + timedelta(seconds=61)
    assert drain(now=NOW) == {}
    assert claiming.release_expired(now=later) == {"queued": 1}
    assert drain(now=later) == {"delivered": 1}
    # The first one comes back, too late to write anything.
    assert sending.send(claim, clock=lambda: later, draw=lambda: 0.0) == "lost"
    assert len(receiver.requests) == 1
    assert told(alice)[0].attempts[0]["status_code"] == 200


def test_one_that_outlives_whoever_sends_it_five_times_is_given_up(alice, receiver):
    add(alice, receiver.url)
    happen(alice)
    now = NOW
    for _ in range(5):
        assert len(claiming.claim_due(now=now, most=1, failing=False)) == 1
        now += timedelta(seconds=61)
        claiming.release_expired(now=now)
    assert (told(alice)[0].status, told(alice)[0].reason) == ("failed", "interrupted")


def test_an_endpoint_that_was_removed_meanwhile_writes_nothing(alice, receiver):
    endpoint = add(alice, receiver.url)
    happen(alice)

    def removed(_request: object) -> str:
        return "accept"

    receiver.behaviour = removed
    (claim,) = claiming.claim_due(now=NOW, most=1, failing=False)
    with tenant_scope(alice):
        endpoints.remove(pk=endpoint.pk)
    assert sending.send(claim, clock=lambda: NOW, draw=lambda: 0.0) == "lost"
    assert receiver.connections == 0


def test_a_test_and_a_redelivery_go_out_once_also_when_paused(alice, receiver):
    endpoint = add(alice, receiver.url)
    with tenant_scope(alice):
        endpoints.change(pk=endpoint.pk, is_active=False, now=NOW)
        endpoints.try_out(endpoint=endpoint, now=NOW)
    receiver.behaviour = "fail"
    assert drain() == {"failed": 1}
    (delivery,) = told(alice)
    assert (delivery.event, delivery.reason) == ("webhook_test", "asked_once")
    receiver.behaviour = "accept"
    with tenant_scope(alice):
        endpoints.redeliver(delivery_id=delivery.pk, now=NOW + timedelta(minutes=1))
    assert drain(now=NOW + timedelta(minutes=1)) == {"delivered": 1}
    (delivery,) = told(alice)
    assert [attempt["status_code"] for attempt in delivery.attempts] == [500, 200]
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


def test_what_waits_for_its_next_try_can_be_told_to_go_now_and_keeps_its_plan(alice, receiver):
    add(alice, receiver.url)
    happen(alice)
    receiver.behaviour = "fail"
    drain()
    drain(now=NOW + PLAN[0])
    (delivery,) = told(alice)
    soon = NOW + timedelta(seconds=30)
    assert delivery.next_at > soon
    with tenant_scope(alice):
        endpoints.redeliver(delivery_id=delivery.pk, now=soon)
    assert drain(now=soon) == {"queued": 1}
    assert told(alice)[0].tries == 3


def test_the_log_of_one_telling_keeps_the_last_tries(alice, receiver):
    endpoint = add(alice, receiver.url)
    with tenant_scope(alice):
        made = endpoints.try_out(endpoint=endpoint, now=NOW)
        for minute in range(KEPT_ATTEMPTS + 5):
            drain_at = NOW + timedelta(minutes=minute)
            endpoints.redeliver(delivery_id=made.pk, now=drain_at)
            WebhookDelivery.objects.filter(pk=made.pk).update(attempts=[{"n": minute}] * KEPT_ATTEMPTS)
    drain(now=NOW + timedelta(hours=1))
    assert len(told(alice)[0].attempts) == KEPT_ATTEMPTS


def test_rows_with_forbidden_addresses_connect_to_nobody(alice, settings):
    """Whatever came into the table by another way: each is looked at again before it is called."""
    with WebhookReceiver() as inside:
        settings.WEBHOOKS = settings.WEBHOOKS | {"PORTS": [443, inside.port], "SECONDS": 2.0}
        urls = [f"https://{host}:{inside.port}/" for host in forbidden_hosts()]
        rows = [WebhookEndpoint(user=alice, url=url, events=[EVENT], secret="whsec_YQ==") for url in urls]
        with tenant_scope(alice):
            WebhookEndpoint.objects.bulk_create(rows)
        happen(alice)
        assert drain() == {"queued": len(rows)}, [one.endpoint.url for one in told(alice) if not one.attempts]
        assert len(rows) >= 150
        assert inside.connections == 0
    assert all(one.attempts[0]["error"] and not one.attempts[0]["status_code"] for one in told(alice))


def test_a_name_that_changes_after_it_was_taken_is_looked_at_again(alice, settings):
    with WebhookReceiver() as inside:
        settings.WEBHOOKS = settings.WEBHOOKS | {"PORTS": [443, inside.port]}
        url = f"https://hooks.example.com:{inside.port}/"
        add(alice, url, resolve=lambda *_: ["93.184.215.14"])
        happen(alice)
        assert drain(resolve=lambda *_: ["127.0.0.1"]) == {"queued": 1}
        assert inside.connections == 0
    assert told(alice)[0].attempts[0]["error"] == "address"


def test_each_endpoint_and_each_tenant_has_so_many_calls_at_a_time(alice, bob, receiver, settings):
    settings.WEBHOOKS = settings.WEBHOOKS | {"PER_ENDPOINT": 2, "PER_TENANT": 3}
    for _ in range(3):
        add(alice, receiver.url)
    add(bob, receiver.url)
    for _ in range(5):
        happen(alice)
        happen(bob)
    first = claiming.claim_due(now=NOW, most=100, failing=False)
    assert sorted(claim.user_id for claim in first) == [alice.pk] * 3 + [bob.pk] * 2
    assert claiming.claim_due(now=NOW, most=100, failing=False) == []
    later = NOW + timedelta(seconds=61)
    claiming.release_expired(now=later)
    assert len(claiming.claim_due(now=later, most=100, failing=False)) == 5


def test_the_clock_finds_what_waits(alice, receiver):
    add(alice, receiver.url)
    assert telling.sweep(now=NOW) == {"rung": False}
    happen(alice)
    assert claiming.waiting_since(now=NOW) == NOW
    assert telling.sweep(now=NOW)["rung"]
    drain()
    assert claiming.waiting_since(now=NOW) is None
    figures = claiming.read_figures(now=timezone.now())
    assert (figures.active, figures.failing, figures.disabled) == (1, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_one_slow_endpoint_holds_up_nobody_else(alice, bob, receiver, settings):
    """Two dozen events for one that hangs, and then one for one that answers: it does not wait for the others."""
    settings.WEBHOOKS = settings.WEBHOOKS | {"SECONDS": 25.0}
    receiver.behaviour = "hang"
    add(alice, receiver.url)
    now = timezone.now()
    for order in range(24):
        happen(alice, at=now, order=order)
    with WebhookReceiver() as quick:
        add(bob, quick.url)
        stop = threading.Event()
        worker = threading.Thread(target=lambda: sending.drain(threads=4, seconds=300, stop=stop.is_set))
        worker.start()
        try:
            deadline = time.monotonic() + 60
            while not receiver.requests:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            happen(bob, at=timezone.now())
            deadline = time.monotonic() + 20  # the first of those that hang is given up after 25
            while not quick.requests:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            stop.set()
            receiver.hang_up()
            worker.join()
    assert len(receiver.requests) <= 4  # two at a time


def test_what_is_sent_is_what_is_shown(alice, receiver):
    add(alice, receiver.url)
    now = timezone.now()
    happen(alice, at=now)
    drain(now=now)
    (delivery,) = told(alice)
    request = receiver.requests[0]
    assert signing.body_of(delivery).encode() == request.body
    assert json.loads(request.body)["type"] == EVENT
    shown = {name.lower(): value for name, value in signing.headers_as_sent(delivery).items()}
    assert shown.items() <= request.headers.items()
