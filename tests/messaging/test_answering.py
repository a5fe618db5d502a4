"""Turns: claimed, run on threads, written once."""

from __future__ import annotations

import threading
from datetime import datetime

import psutil
import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from messaging import answering, claims, conversations
from messaging.models import Conversation, Message, MessageDelta
from tenants.models import User
from tenants.notices import Listener
from tenants.scope import tenant_scope
from tests.messaging.conftest import FEW, connections_of, read, replies, say, until
from tests.messaging.test_claims import lease_runs_out
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Say, Silence

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "recado %"  # the listeners' connections


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch):
    monkeypatch.setattr(answering, "LOOK_SECONDS", 0.2)


def at_work() -> threading.Thread:
    """A worker's task, on a thread."""

    def run() -> None:
        try:
            answering.answer_ready()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def backdate(user: User, message: Message) -> None:
    with tenant_scope(user):
        Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - 2 * answering.FORGOTTEN)


def test_it_answers_what_is_ready(alice, bob, model: OpenAIServer):
    model.script(Say("Con gusto."))
    message = say(alice)
    assert answering.answer_ready() == "1 turns"
    message = read(alice, message)
    assert (message.status, message.error, message.attempts) == (Message.Status.DONE, None, 1)
    assert (message.reply.content, message.reply.provider, message.reply.model) == ("Con gusto.", "openai", "stand-in")
    with tenant_scope(bob):
        assert not Message.objects.exists()


def test_the_model_is_told_what_was_said_before(alice, model: OpenAIServer):
    first = say(alice, "Hola")
    answering.answer_ready()
    say(alice, "¿Qué me decías?", conversation=first.conversation)
    answering.answer_ready()
    told = [(said["role"], said["content"]) for said in model.requests[-1].body["messages"] if said["role"] != "system"]
    assert [role for role, _ in told] == ["user", "assistant", "user"]
    assert "Con mucho gusto." in told[1][1]


def test_messages_of_one_conversation_are_answered_one_after_the_other(alice, model: OpenAIServer):
    model.delay = 0.1
    first = say(alice, "Uno")
    for text in ("Dos", "Tres"):
        say(alice, text, conversation=first.conversation)
    model.script(Say("A uno."), Say("A dos."), Say("A tres."))
    assert answering.answer_ready() == "3 turns"
    assert model.most_waiting == 1
    assert replies(alice, first.conversation) == ["A uno.", "A dos.", "A tres."]


def test_forty_turns_wait_for_the_model_at_once_and_hold_no_connection(alice, bob, model: OpenAIServer):
    model.delay = 300.0  # until all have come together, on however busy a machine
    messages = [say(user, f"Hola {n}") for n in range(20) for user in (alice, bob)]
    others = connections_of()  # of tests before this one, in the same process
    worker = at_work()
    until(lambda: model.waiting == 40)
    until(lambda: connections_of() <= others + FEW)
    model.stopping.set()  # now it speaks
    worker.join(timeout=90)
    assert all(read(message.user, message).status == Message.Status.DONE for message in messages)
    assert model.most_waiting == 40


def test_a_message_that_comes_while_others_wait_is_taken_at_once(alice, bob, model: OpenAIServer):
    model.script(Silence(300), Say("Rápido."))
    slow = say(alice)
    worker = at_work()
    until(lambda: model.waiting == 1)
    quick = say(bob)
    until(lambda: read(bob, quick).status == Message.Status.DONE)
    assert read(alice, slow).status == Message.Status.PENDING
    model.stopping.set()
    worker.join(timeout=30)


def test_only_one_holds_the_role(alice, model: OpenAIServer):
    model.delay = 300.0
    say(alice)
    worker = at_work()
    until(lambda: model.waiting == 1)
    assert answering.answer_ready() == "somebody else is answering"
    model.stopping.set()
    worker.join()
    assert answering.answer_ready() == "0 turns"


def test_who_leaves_looks_once_more_for_those_who_were_turned_away(alice, model: OpenAIServer):
    """The race: a message comes after the last look, and its doorbell finds the role still taken."""
    with answering._Role() as role:
        assert role.taken
        say(alice)
        OrmQ.objects.all().delete()  # its doorbell was answered by somebody who was turned away
    assert OrmQ.objects.count() == 1


def test_a_task_whose_time_is_up_leaves_the_rest_to_a_successor(alice, model: OpenAIServer, monkeypatch):
    monkeypatch.setattr(answering, "CLAIM_SECONDS", 0.5)
    model.delay = 300.0
    first = say(alice, "Uno")
    worker = at_work()
    until(lambda: model.waiting == 1)
    OrmQ.objects.all().delete()
    second = say(alice, "Dos", conversation=first.conversation)
    OrmQ.objects.all().delete()
    until(lambda: answering_role_is_free())
    assert model.waiting == 1, "it gives the role away before its turns are over"
    model.stopping.set()
    worker.join()
    assert read(alice, first).status == Message.Status.DONE
    assert read(alice, second).status == Message.Status.PENDING
    assert OrmQ.objects.exists(), "somebody was rung for"


def answering_role_is_free() -> bool:
    listener = Listener("tests")
    (free,) = listener.execute("SELECT pg_try_advisory_lock(%s)", answering.ROLE_KEY)
    listener.close()
    return bool(free)


def lease_of(conversation: Conversation) -> datetime:
    with tenant_scope(conversation.user):
        return Conversation.objects.get(pk=conversation.pk).lease_until


def test_leases_are_renewed_while_a_turn_runs(alice, model: OpenAIServer, monkeypatch):
    monkeypatch.setattr(answering, "RENEW_SECONDS", 0.1)
    model.delay = 300.0
    message = say(alice)
    worker = at_work()
    until(lambda: model.waiting == 1)
    lease_runs_out(message.conversation)
    until(lambda: lease_of(message.conversation) > timezone.now())
    assert claims.claim_ready(most=1, per_tenant=1) == []
    model.stopping.set()
    worker.join()
    assert read(alice, message).attempts == 1


def test_a_turn_that_runs_twice_leaves_one_reply(alice, model: OpenAIServer, monkeypatch):
    monkeypatch.setattr(answering, "RENEW_SECONDS", 60)
    model.script(Say("Lenta. " * 20, pause=1.0), Say("Rápida."))
    message = say(alice)
    slow = at_work()
    until(lambda: model.waiting == 1)
    lease_runs_out(message.conversation)
    assert answering.answer_here() == 1
    slow.join(timeout=120)
    assert replies(alice, message.conversation) == ["Rápida."]
    assert model.most_waiting == 2


def test_a_conversation_that_is_deleted_while_its_turn_runs_leaves_nothing(alice, model: OpenAIServer):
    model.script(Say("Aquí estoy. Dime qué buscas. " * 5, pause=0.05))
    message = say(alice)
    worker = at_work()
    until(lambda: model.waiting == 1)
    with tenant_scope(alice):
        conversations.delete(conversation=message.conversation)
    worker.join(timeout=30)
    with tenant_scope(alice):
        assert not Message.objects.exists()
        assert not MessageDelta.objects.exists()


def test_forgotten_turns_are_rung_for(alice):
    message = say(alice)
    OrmQ.objects.all().delete()
    assert answering.ring_forgotten() is False, "it has only just come"
    backdate(alice, message)
    assert answering.ring_forgotten() is True
    assert OrmQ.objects.count() == 1


def test_a_turn_that_somebody_works_on_is_not_forgotten(alice):
    backdate(alice, say(alice))
    claims.claim_ready(most=1, per_tenant=1)
    assert answering.ring_forgotten() is False


def test_texts_in_course_go_a_while_after_their_turn(alice, model: OpenAIServer):
    done, pending = say(alice), say(alice)
    with tenant_scope(alice):
        Message.objects.filter(pk=done.pk).update(status=Message.Status.FAILED)
        old = timezone.now() - 2 * answering.DELTAS_KEPT
        for message in (done, pending):
            MessageDelta.objects.create(user=alice, message=message, text="Vieja", created_at=old)
        MessageDelta.objects.create(user=alice, message=done, text="Nueva")
    answering.ring_forgotten()
    with tenant_scope(alice):
        left = MessageDelta.objects.order_by("pk").values_list("message_id", "text")
        assert list(left) == [(pending.pk, "Vieja"), (done.pk, "Nueva")]


# --- with a real qcluster --------------------------------------------------------------------------------------------
def test_a_real_worker_answers_without_a_model(alice, settings, start_worker):
    settings.LLM_PROVIDER, settings.LLM_MODEL = "builtin", ""
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    start_worker()
    message = say(alice, "Hola")
    until(lambda: read(alice, message).status == Message.Status.DONE)
    assert read(alice, message).reply.provider == "builtin"


def test_a_worker_killed_in_the_middle_of_a_turn_is_made_good_for(alice, model: OpenAIServer, start_worker):
    model.script(Silence(30), Say("Ahora sí."))
    others = connections_of(OURS)  # of tests before this one, in the same process
    worker = start_worker()
    message = say(alice)
    until(lambda: model.waiting == 1)
    worker.kill()
    until(lambda: connections_of(OURS) <= others)
    assert read(alice, message).status == Message.Status.PENDING
    start_worker()
    lease_runs_out(message.conversation)
    backdate(alice, message)
    assert answering.ring_forgotten() is True
    until(lambda: read(alice, message).status == Message.Status.DONE)
    assert replies(alice, message.conversation) == ["Ahora sí."]
    assert read(alice, message).attempts == 2


def test_thirty_two_turns_at_once_fit_in_a_worker(alice, bob, model: OpenAIServer, start_worker):
    model.delay = 300.0
    worker = start_worker()
    messages = [say(user, f"Hola {n}") for n in range(16) for user in (alice, bob)]
    until(lambda: model.waiting == 32)
    until(lambda: connections_of() <= 20)
    connections, megabytes = connections_of(), _unshared_megabytes(worker.processes())
    print(f"32 turns at once: {connections} connections, {megabytes:.0f} MB of the workers")
    assert megabytes < 450
    model.stopping.set()
    until(lambda: all(read(m.user, m).status == Message.Status.DONE for m in messages))
    assert all(read(m.user, m).attempts == 1 for m in messages)


def _unshared_megabytes(processes: list[psutil.Process]) -> float:
    """What the processes take together; memory that they share is counted once."""
    return sum(process.memory_full_info().pss for process in processes) / 2**20
