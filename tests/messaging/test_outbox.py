"""The outbox: each message once, in order, at the pace that Meta allows, and never twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from messaging import dispatch, outbox, sending
from messaging.models import Conversation, Delivery, Message, Notification
from messaging.outbox import NoRecipient, Part, Recipient
from messaging.pacing import PAIR_BURST, NumberPace
from tenants import suspensions
from tenants.models import Contact, User
from tenants.scope import tenant_scope
from tests.messaging.conftest import ROOT, process_environment, until
from tests.messaging.outgoing import (
    NOW,
    PHONE,
    connect,
    drain,
    graph,
    look,
    meet,
    put,
    shared,
    template,
    text,
)

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


# --- putting --------------------------------------------------------------------------------------------------------
def test_it_takes_in_the_same_message_once(alice):
    ana = meet(alice)
    first, again = put(ana, key="send:1"), put(ana, key="send:1")
    assert first == again
    assert OrmQ.objects.count() == 1


def test_a_reply_is_a_message_for_each_part_in_order(alice, graph):
    ana = meet(alice)
    with tenant_scope(alice):
        reply = Message.objects.create(user=alice, conversation=ana, role="assistant", content="Uno y dos")
        parts = [Part(text("Uno"), "Uno"), Part(text("dos"), "dos")]
        outbox.put_reply(message=reply, parts=parts, now=NOW)
        outbox.put_reply(message=reply, parts=parts, now=NOW)
    assert drain() == {"sent": 2}
    assert [sent.text for sent in graph.sent] == ["Uno", "dos"]


def test_it_knows_whom_a_conversation_is_with(alice):
    ana, hidden, nobody = meet(alice), meet(alice, "", bsuid="CO.1047"), meet(alice, "")
    with tenant_scope(alice):
        assert outbox.recipient_of(ana) == Recipient(PHONE)
        assert outbox.recipient_of(hidden) == Recipient("CO.1047", is_bsuid=True)
        with pytest.raises(NoRecipient):
            outbox.recipient_of(nobody)


# --- sending --------------------------------------------------------------------------------------------------------
def test_it_sends_and_remembers(alice, graph):
    one = put(meet(alice), "¿Qué tal?")
    assert drain() == {"sent": 1}
    one = look(one)
    (sent,) = graph.sent
    assert (one.status, one.wamid, one.sent_at, one.attempts) == ("sent", sent.wamid, NOW, 1)
    assert sent.callback == sending.callback_of(one.pk)
    assert drain() == {}
    assert len(graph.sent) == 1


def test_it_sends_from_the_tenants_own_number_with_its_token(alice, graph):
    put(meet(alice, channel=connect(alice, graph)))
    assert drain() == {"sent": 1}
    assert graph.sent[0].phone_number_id == "20001"


def test_sending_is_committed_before_the_call(transactional_db, alice, graph):
    one = put(meet(alice))
    seen = []
    accept = graph.accept

    def look_meanwhile(number, payload):
        seen.append(look(one).status)
        connection.close()
        return accept(number, payload)

    graph.accept = look_meanwhile
    drain()
    assert seen == ["sending"]


def test_each_person_hears_in_order_and_nobody_waits_for_another(alice, graph):
    ana, luz = meet(alice), meet(alice, "573009999999")
    graph.refuse(131056, recipient=PHONE)
    for n in range(3):
        put(ana, f"Ana {n}")
        put(luz, f"Luz {n}")
    drain()
    assert [sent.text for sent in graph.sent] == ["Luz 0", "Luz 1", "Luz 2"]
    drain(now=NOW + HOUR)
    assert [sent.text for sent in graph.sent[3:]] == ["Ana 0", "Ana 1", "Ana 2"]


def test_what_nobody_knows_holds_up_nothing(alice, graph):
    ana = meet(alice)
    graph.drop_after()
    lost, after = put(ana, "uno"), put(ana, "dos")
    assert drain() == {"unknown": 1, "sent": 1}
    assert (look(lost).status, look(after).status) == ("unknown", "sent")
    drain(now=NOW + 2 * HOUR)
    assert [sent.text for sent in graph.sent] == ["uno", "dos"], "and is not sent again"


def test_a_tenants_queue_does_not_hold_up_anothers(alice, bob, graph):
    mine = connect(alice, graph)
    with tenant_scope(bob):  # who claims the same number, with another token
        theirs = type(mine).objects.create(user=bob, phone_number_id="20001", token="wrong", app_secret="x")
    put(meet(bob, channel=theirs))
    put(meet(alice, channel=mine), "De Alicia")
    drain()
    assert [sent.text for sent in graph.sent] == ["De Alicia"]


def test_two_who_claim_at_once_never_get_the_same(transactional_db, alice, graph):
    for n in range(20):
        put(meet(alice, f"5730000000{n:02}"))
    found: list[int] = []

    def claim():
        try:
            while claims := dispatch.claim_due(now=NOW, most=3):
                found.extend(one.delivery_id for one in claims)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == len(set(found)) == 20


def test_many_threads_send_each_once(transactional_db, alice, graph):
    for n in range(12):
        talk = meet(alice, f"5730000000{n:02}")
        for part in range(3):
            put(talk, f"{n} {part}")
    done = outbox.drain(threads=4, clock=lambda: NOW, pace=NumberPace(sleep=lambda _: None))
    assert dict(done) == {"sent": 36}
    assert len({sent.callback for sent in graph.sent}) == len(graph.sent) == 36
    for n in range(12):
        mine = [sent.text for sent in graph.sent if sent.text.startswith(f"{n} ")]
        assert mine == [f"{n} {part}" for part in range(3)]


def test_a_tenant_with_much_to_say_does_not_hold_up_the_others(alice, bob):
    for n in range(30):
        put(meet(alice, f"5730000000{n:02}"))
    put(meet(bob), now=NOW + SECOND)
    claims = dispatch.claim_due(now=NOW + MINUTE, most=2)
    assert {one.user_id for one in claims} == {alice.pk, bob.pk}


def test_somebody_who_died_after_the_claim_is_followed(alice, graph):
    one = put(meet(alice))
    assert len(dispatch.claim_due(now=NOW, most=5)) == 1
    assert drain() == {}
    assert drain(now=NOW + dispatch.LEASE) == {"sent": 1}
    assert look(one).fence == 2


def test_who_was_overtaken_writes_nothing(alice, graph):
    put(meet(alice))
    (late,) = dispatch.claim_due(now=NOW, most=5)
    assert drain(now=NOW + MINUTE) == {"sent": 1}
    assert sending.send(late, user=alice, clock=lambda: NOW + MINUTE) == "lost"
    assert len(graph.sent) == 1


# --- looking once more ----------------------------------------------------------------------------------------------
def test_what_came_too_late_is_not_sent(alice, graph):
    one = put(meet(alice), useful_until=NOW + HOUR)
    assert drain(now=NOW + HOUR) == {"failed": 1}
    one = look(one)
    assert (one.detail, one.failed_at, graph.sent) == ("too_late", NOW + HOUR, [])


def test_it_is_too_late_even_where_the_number_is_paused(alice, graph):
    channel = connect(alice, graph, paused_for="token")
    one = put(meet(alice, channel=channel), useful_until=NOW + HOUR)
    assert drain() == {}
    assert drain(now=NOW + HOUR) == {"failed": 1}
    assert look(one).detail == "too_late"


def test_who_opted_out_hears_only_that_it_was_understood(alice, graph):
    ana = meet(alice)
    one, answer = put(ana), put(ana, "Ya no te escribiremos.", kind=Delivery.Kind.SYSTEM)
    with tenant_scope(alice):
        Contact.objects.update(opted_out_at=NOW)
    assert drain() == {"failed": 1, "sent": 1}
    assert (look(one).detail, look(answer).status) == ("opted_out", "sent")


def test_nothing_goes_out_for_a_suspended_tenant_before_they_are_back(alice, bob, graph):
    one, his = put(meet(alice)), put(meet(bob))
    suspensions.suspend(actor=None, user=alice, reason="No pagó")
    assert drain() == {"sent": 1}
    assert (look(one).status, look(his).status) == ("queued", "sent")
    assert dispatch.waiting_since(now=NOW + MINUTE) is None  # nothing stands still
    suspensions.restore(actor=None, user=alice, reason="Pagó")
    assert drain(now=NOW + HOUR) == {"sent": 1}
    assert look(one).status == "sent"


def test_what_is_too_late_meanwhile_is_not_sent_when_the_tenant_is_back(alice, graph):
    one = put(meet(alice), useful_until=NOW + HOUR)
    suspensions.suspend(actor=None, user=alice, reason="No pagó")
    assert drain(now=NOW + 2 * HOUR) == {"failed": 1}
    suspensions.restore(actor=None, user=alice, reason="Pagó")
    assert drain(now=NOW + 3 * HOUR) == {}
    assert (look(one).detail, graph.sent) == ("too_late", [])


def test_what_was_claimed_just_before_the_suspension_goes_back(alice, graph):
    one = put(meet(alice))
    (claim,) = dispatch.claim_due(now=NOW, most=10)
    suspensions.suspend(actor=None, user=User.objects.get(pk=alice.pk), reason="No pagó")
    assert sending.send(claim, user=alice, clock=lambda: NOW) == "queued"
    assert (look(one).status, graph.sent) == ("queued", [])


def test_nothing_goes_out_from_a_number_that_is_not_connected(alice, graph, settings):
    one = put(meet(alice))
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": "99999"}
    assert drain() == {"failed": 1}
    assert look(one).detail == "no_number"


def test_a_paused_number_keeps_what_it_has(alice, graph):
    channel = connect(alice, graph, paused_for="owner")
    one = put(meet(alice, channel=channel))
    assert drain() == {}
    with tenant_scope(alice):
        channel.paused_for = ""
        channel.save()
        outbox.resume(channel=channel, now=NOW + HOUR)
    assert drain(now=NOW + HOUR) == {"sent": 1}
    assert look(one).status == "sent"


def test_a_number_that_was_told_to_slow_down_waits(alice, graph):
    number = shared()
    number.not_before = NOW + MINUTE
    number.save()
    put(meet(alice))
    assert drain() == {}
    assert drain(now=NOW + MINUTE) == {"sent": 1}


def test_what_waits_for_a_number_that_is_removed_fails(alice, graph):
    channel = connect(alice, graph)
    one = put(meet(alice, channel=channel))
    with tenant_scope(alice):
        assert outbox.abandon(channel=channel, now=NOW) == 1
        channel.delete()
    assert (look(one).status, look(one).detail) == ("failed", "no_number")


def test_an_assistant_says_nothing_more_once_the_owner_speaks(alice, graph):
    ana = meet(alice)
    with tenant_scope(alice):
        said = {
            role: Message.objects.create(user=alice, conversation=ana, role=role, content="Hola")
            for role in ("assistant", "owner")
        }
    of_assistant, of_owner = (put(ana, message=said[role], now=NOW) for role in ("assistant", "owner"))
    with tenant_scope(alice):
        Conversation.objects.update(taken_over_at=NOW + SECOND)
    assert drain(now=NOW + MINUTE) == {"failed": 1, "sent": 1}
    assert (look(of_assistant).detail, look(of_owner).status) == ("taken_over", "sent")


# --- pace -----------------------------------------------------------------------------------------------------------
def test_a_burst_to_one_person_is_paid_back(alice, graph):
    ana = meet(alice)
    for n in range(PAIR_BURST + 2):
        put(ana, str(n))
    assert drain() == {"sent": PAIR_BURST, "queued": 1}
    assert drain(now=NOW + 269 * SECOND) == {}
    assert drain(now=NOW + 270 * SECOND) == {"sent": 2}


def test_a_number_sends_no_faster_than_it_may(settings):
    settings.WHATSAPP = settings.WHATSAPP | {"PER_SECOND": 80.0}
    clock, waited = [100.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock[0] += seconds

    pace, times = NumberPace(clock=lambda: clock[0], sleep=sleep), []
    for _ in range(400):
        pace.take("1")
        times.append(clock[0])
    assert all(late - early >= 0.99 for early, late in zip(times, times[80:], strict=False))
    assert times[-1] - times[0] == pytest.approx(399 / 80)
    before = clock[0]
    pace.take("2")
    assert clock[0] == before, "another number has a pace of its own"


# --- the window -----------------------------------------------------------------------------------------------------
def test_after_the_window_the_template_goes_out(alice, graph):
    channel = connect(alice, graph, templates=[template()])
    ana = meet(alice, channel=channel, wrote_at=NOW - timedelta(hours=25))
    put(ana, template={"name": "recado_reminder", "language": "es_CO", "values": ["a", "b\nc"], "payloads": ["x:1"]})
    assert drain() == {"sent": 1}
    sent = graph.sent[0].payload
    assert sent["type"] == "template"
    assert sent["template"]["language"] == {"code": "es"}
    body, button = sent["template"]["components"]
    assert [one["text"] for one in body["parameters"]] == ["a", "b c"]
    assert button["parameters"] == [{"type": "payload", "payload": "x:1"}]


def test_after_the_window_without_a_template_nothing_goes_out(alice, graph):
    ana = meet(alice, wrote_at=NOW - timedelta(hours=25))
    one, other = put(ana), put(ana, template={"name": "recado_reminder", "language": "es", "values": []})
    assert drain() == {"failed": 2}
    assert (look(one).detail, look(other).detail) == ("window_closed", "no_template")


# --- what is unknown, and recording ---------------------------------------------------------------------------------
def test_what_was_being_sent_when_somebody_died_is_unknown(alice, graph):
    one = put(meet(alice))
    (claim,) = dispatch.claim_due(now=NOW, most=1)
    with tenant_scope(alice):
        assert not isinstance(sending._begin(claim, alice, now=NOW), str)
    assert outbox.sweep(now=NOW + 59 * SECOND)["unknown"] == 0
    assert outbox.sweep(now=NOW + 61 * SECOND)["unknown"] == 1
    assert (look(one).status, graph.sent) == ("unknown", [])
    assert drain(now=NOW + HOUR) == {}


def test_the_sweep_rings_for_what_stands_still(alice, graph):
    put(meet(alice))
    OrmQ.objects.all().delete()
    assert outbox.sweep(now=NOW)["rung"] == 1
    assert OrmQ.objects.count() == 1


def test_the_result_is_written_down_once_the_database_is_back(transactional_db, alice, graph):
    one = put(meet(alice))
    accept = graph.accept

    def accept_and_cut(number, payload):
        with connection.cursor() as cursor:  # whoever sends finds its connections gone
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()
        return accept(number, payload)

    graph.accept = accept_and_cut
    drain()
    graph.accept = accept
    assert look(one).status == "sent"


# --- killed ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("point", "sent"), [("before_whatsapp_send", 0), ("after_whatsapp_send", 1)])
def test_nothing_is_sent_twice_when_the_sender_is_killed(
    transactional_db, alice, graph, settings, tmp_path, point, sent
):
    one = put(meet(alice, wrote_at=timezone.now()), now=timezone.now())
    log = tmp_path / "perils"
    environment = process_environment(
        settings,
        WHATSAPP_GRAPH_URL=graph.url,
        WHATSAPP_PHONE_NUMBER_ID=graph.number.phone_number_id,
        WHATSAPP_TOKEN=graph.number.token,
        RECADO_PERILS=f'{{"{point}": 1.0}}',
        RECADO_PERILS_LOG=str(log),
    )
    code = "import django; django.setup(); from messaging import outbox; outbox.send_due()"
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        timeout=60,
    )
    assert process.returncode == -signal.SIGKILL
    assert log.read_text() == f"{point}\n"
    assert (look(one).status, len(graph.sent)) == ("sending", sent)
    later = timezone.now() + 2 * MINUTE
    assert drain(now=later) == {}
    assert outbox.sweep(now=later)["unknown"] == 1
    assert drain(now=later + HOUR) == {}
    assert (look(one).status, len(graph.sent)) == ("unknown", sent)


def test_a_worker_of_the_queue_sends(transactional_db, alice, graph, settings, start_worker):
    start_worker(
        WHATSAPP_GRAPH_URL=graph.url,
        WHATSAPP_PHONE_NUMBER_ID=graph.number.phone_number_id,
        WHATSAPP_TOKEN=graph.number.token,
    )
    one = put(meet(alice, wrote_at=timezone.now()), now=timezone.now())
    until(lambda: look(one).status == "sent")
    assert len(graph.sent) == 1


def test_the_others_tenant_sees_nothing_of_it(alice, bob, graph):
    put(meet(alice))
    drain()
    with tenant_scope(bob):
        assert not Delivery.objects.exists()
        assert not Notification.objects.exists()


def test_the_figures_are_true(alice, graph):
    ana = meet(alice)
    graph.drop_after()
    graph.refuse(131026)
    for n in range(3):
        put(ana, str(n))
    drain()
    put(ana, now=NOW + MINUTE)
    found = dispatch.read_figures(now=timezone.now())
    assert (found.queued, found.sending, found.unknown) == (1, 0, 1)
    assert found.oldest == NOW + MINUTE
