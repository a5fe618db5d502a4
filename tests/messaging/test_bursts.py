"""What is written in one breath gets one reply, however it is cut up, and whoever is killed meanwhile."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from assistants.models import ToolEffect
from messaging import answering, claims, takeover, talks
from messaging.models import Conversation, Message
from messaging.models import Message as M
from tenants.models import Contact
from tenants.scope import tenant_scope
from tests.messaging.arrivals import (
    OWNER,
    answer_all,
    connect,
    conversation,
    message,
    quiet_is_over,
    receive,
    said,
    sent,
    write,
)
from tests.messaging.conftest import connections_of, until
from tests.messaging.test_answering import OURS
from tests.messaging.test_claims import begin, claim, claim_one, finish, lease_runs_out
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Say, Silence

pytestmark = pytest.mark.django_db


def waits(user) -> timedelta:
    return conversation(user).quiet_until - timezone.now()


def test_a_conversation_is_ready_once_it_has_been_quiet(alice):
    number = connect(alice, burst_seconds=2)
    write(number, "Hola")
    assert timedelta(seconds=1) < waits(alice) <= timedelta(seconds=2)
    assert claim() == []
    assert claims.ready_since(per_tenant=10) is None
    assert 1 < claims.quiet_seconds() <= 2
    quiet_is_over(alice)
    assert len(claim()) == 1
    assert claims.quiet_seconds() is None


def test_whoever_goes_on_writing_is_not_waited_for_without_end(alice):
    number = connect(alice, burst_seconds=2)
    first = write(number, "Hola")
    with tenant_scope(alice):
        Message.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(seconds=9))
    write(number, "¿Estás?")
    assert waits(alice) <= timedelta(seconds=1), "five times two seconds after the first"


@pytest.mark.parametrize(("seconds", "most"), [(1, 5), (4, 20), (10, 20), (30, 30)])
def test_the_longest_wait_hangs_on_the_tenants_own(alice, seconds, most):
    number = connect(alice, burst_seconds=seconds)
    write(number, "Hola")
    now = timezone.now()
    with tenant_scope(alice):
        Message.objects.update(created_at=now)
        talk = Conversation.objects.get()
        waits_until = talks._quiet_until(talk, now=now + timedelta(seconds=most - 0.5))
    assert waits_until == now + timedelta(seconds=most)


def test_a_burst_is_one_turn_answered_at_its_end(alice):
    number = connect(alice)
    for text in ("Hola", "¿tienen laptops?", "de 16 GB"):
        write(number, text)
    turn = claim_one(alice)
    assert [each.content for each in turn.burst] == ["Hola", "¿tienen laptops?", "de 16 GB"]
    assert turn.message.content == "de 16 GB"
    finish(turn, "Sí.")
    assert [status for _, _, status in said(alice)] == ["done"] * 4
    with tenant_scope(alice):
        assert set(Message.objects.filter(joined_to=turn.message).values_list("content", flat=True)) == {
            "Hola",
            "¿tienen laptops?",
        }
        assert Message.objects.get(role="assistant").reply_to_id == turn.message.pk
    assert sent(alice) == ["Sí."]
    assert claim() == []


def test_what_comes_during_a_turn_waits_for_the_next_which_knows_all_before(alice):
    number = connect(alice)
    write(number, "Uno")
    write(number, "Dos")
    turn = claim_one(alice)
    write(number, "Tres")
    finish(turn, "A uno y dos.")
    turn = claim_one(alice)
    assert [each.content for each in turn.burst] == ["Tres"]
    assert [each.content for each in turn.history] == ["Uno", "Dos", "A uno y dos."]


def test_a_turn_that_runs_again_answers_the_same_messages(alice):
    """Its effects hang on the last of them: one more would make them anew."""
    number = connect(alice)
    write(number, "Uno")
    write(number, "Dos")
    broken = claim_one(alice)
    lease_runs_out(broken.conversation)
    write(number, "Tres")
    again = claim_one(alice)
    assert [each.content for each in again.burst] == ["Uno", "Dos"]
    assert again.message == broken.message
    finish(again, "A los dos.")
    assert [each.content for each in claim_one(alice).burst] == ["Tres"]


def test_a_burst_that_breaks_off_every_time_fails_as_one_and_is_apologised_for_once(alice):
    number = connect(alice)
    write(number, "Uno")
    write(number, "Dos")
    for _ in range(claims.MAX_ATTEMPTS):
        lease_runs_out(claim_one(alice).conversation)
    write(number, "Tres")
    turn = claim_one(alice)
    assert [each.content for each in turn.burst] == ["Tres"]
    assert [status for role, _, status in said(alice) if role == "user"] == ["failed", "failed", "pending"]
    assert len(sent(alice)) == 1
    assert conversation(alice).handover_at is not None


def test_a_fault_of_ours_at_the_last_attempt_is_apologised_for_once(alice):
    number = connect(alice)
    write(number, "Uno")
    for _ in range(claims.MAX_ATTEMPTS):
        turn = claim_one(alice)
        with tenant_scope(alice):
            claims.stumble(turn=turn, now=timezone.now())
    assert said(alice)[0][2] == "failed"
    assert len(sent(alice)) == 1


def test_the_owner_takes_over_while_it_waits(alice):
    number = connect(alice, burst_seconds=2)
    write(number, "Hola")
    with tenant_scope(alice):
        takeover.take_over(conversation=Conversation.objects.get(), minutes=5, now=timezone.now())
    quiet_is_over(alice)
    assert claim() == []
    assert said(alice) == [("user", "Hola", "done")]


def test_whoever_opts_out_while_it_waits_hears_nothing(alice):
    number = connect(alice)
    write(number, "Hola")
    with tenant_scope(alice):
        Contact.objects.update(opted_out_at=timezone.now())
    (held,) = claim()
    assert begin(held) is None
    assert said(alice) == [("user", "Hola", "done")]


def test_half_a_day_later_nobody_is_answered_out_of_the_blue(alice):
    number = connect(alice)
    first = write(number, "Hola")
    with tenant_scope(alice):
        Message.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=13))
    (held,) = claim()
    assert begin(held) is None
    assert said(alice) == [("user", "Hola", "done")]


def test_on_the_web_each_message_keeps_its_own_reply(alice):
    from tests.messaging.conftest import say

    first = say(alice, "Uno")
    say(alice, "Dos", conversation=first.conversation)
    turn = claim_one(alice)
    assert (turn.message, turn.earlier) == (first, [])


# --- with a model, threads and processes ------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_shift_wakes_when_the_quiet_time_ends(alice, model: OpenAIServer, monkeypatch):
    monkeypatch.setattr(answering, "LOOK_SECONDS", 30.0)
    number = connect(alice, burst_seconds=1)
    model.script(Say("Con gusto."))
    began = time.monotonic()
    write(number, "Hola")
    write(number, "¿qué tal?")
    assert answering.answer_ready() == "1 turns"
    assert 0.9 < time.monotonic() - began < 29
    told = model.requests[0].body["messages"][-1]["content"]
    assert "Hola\n¿qué tal?" in told
    assert sent(alice) == ["Con gusto."]


@pytest.mark.django_db(transaction=True)
def test_whoever_leaves_rings_for_what_is_still_quiet(alice, model: OpenAIServer, monkeypatch):
    monkeypatch.setattr(answering, "CLAIM_SECONDS", 0.2)
    number = connect(alice, burst_seconds=30)
    write(number, "Hola")
    OrmQ.objects.all().delete()
    assert answering.answer_ready() == "0 turns"
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_a_burst_make_one_reply(alice, model: OpenAIServer):
    number = connect(alice)
    model.delay = 0.3
    receive(number, *(message(f"Parte {n}") for n in range(5)))
    from messaging import inbound

    inbound.drain()
    threads = [threading.Thread(target=_answer_here) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent(alice)) == 1
    assert len(model.requests) == 1


def _answer_here() -> None:
    try:
        answering.answer_here()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_burst_is_made_good_for(alice, model: OpenAIServer, start_worker):
    number = connect(alice, burst_seconds=1)
    model.script(Silence(30), Say("Ahora sí."), Say("Y a esto."))
    others = connections_of(OURS)
    worker = start_worker()
    receive(number, message("Uno"), message("Dos"))
    until(lambda: model.waiting == 1)
    worker.kill()
    until(lambda: connections_of(OURS) <= others)
    lease_runs_out(conversation(alice))
    start_worker()
    receive(number, message("Tres"))
    until(lambda: len(sent(alice)) == 2)
    assert sent(alice) == ["Ahora sí.", "Y a esto."]
    with tenant_scope(alice):
        replies = Message.objects.filter(role="assistant").order_by("pk").select_related("reply_to")
        assert [reply.reply_to.content for reply in replies] == ["Dos", "Tres"]


def test_an_owner_has_both_assistants_on_one_phone(alice, settings):
    settings.LLM_PROVIDER = "builtin"
    number = connect(alice)
    for text, assistant in (
        ("¿qué tengo mañana?", "personal"),
        ("¿cuánto cuesta el martillo de 16 oz?", "commercial"),
        ("agéndame una reunión con Luis el viernes a las 3 pm", "personal"),
    ):
        write(number, text, sender=OWNER)
        answer_all()
        assert conversation(alice).assistant_type == assistant
        with tenant_scope(alice):
            assert Message.objects.filter(role="assistant").order_by("-pk").first().assistant_type == assistant
            assert Message.objects.filter(role="user").order_by("-pk").first().assistant_type == assistant


@pytest.mark.django_db(transaction=True)
def test_what_a_burst_does_is_done_once_although_its_turn_runs_twice(alice, settings):
    settings.LLM_PROVIDER = "builtin"
    number = connect(alice)
    write(number, "agéndame el viernes a las 3 pm", sender=OWNER)
    write(number, "reunión con Luis", sender=OWNER)
    (held,) = claim()
    turn = begin(held)
    from messaging import readings

    answering._reply(turn, readings.Reading("\n".join(each.content for each in turn.burst)))  # and is killed here
    lease_runs_out(turn.conversation)
    write(number, "¿Listo?", sender=OWNER)
    answer_all()
    with tenant_scope(alice):
        assert ToolEffect.objects.filter(tool="create_appointment").count() <= 1
        assert M.objects.filter(role="assistant").count() == 2
