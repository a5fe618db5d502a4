"""Taking in: each update once, in each sender's order, and nothing lost."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from config.simulator import bodies
from messaging import arriving, inbound, takeover
from messaging.models import Conversation, InboundUpdate, Message
from messaging.questions import UnansweredQuestion
from tenants.models import Contact, User
from tenants.notices import dedicated_connection
from tenants.scope import all_tenants, tenant_scope
from tests.messaging.arrivals import (
    ANA,
    OWNER,
    answer_all,
    arrive,
    connect,
    conversation,
    message,
    receive,
    said,
    sent,
    updates,
    write,
)
from tests.messaging.conftest import process_environment, until
from tests.messaging.nursery import Nursery

pytestmark = pytest.mark.django_db

Status = InboundUpdate.Status


@pytest.fixture
def number(alice, bob, settings):
    """Alice's number; Bob's shop beside hers stays as it is."""
    settings.LLM_PROVIDER = "builtin"
    connect(bob, number="20002", owner="")
    yield connect(alice)
    with tenant_scope(bob):
        assert not Message.objects.exists()
        assert not Contact.objects.exists()


def test_a_message_is_stored_with_its_sender_its_window_and_its_answer(alice, number):
    now = timezone.now()
    stored = write(number, "¿Tienen laptops?")
    assert (stored.role, stored.content, stored.status, stored.kind) == ("user", "¿Tienen laptops?", "pending", "text")
    talk = conversation(alice)
    assert (talk.channel, talk.audience, talk.assistant_type, talk.unread) == ("whatsapp", "customer", "commercial", 1)
    assert (talk.phone_number_id, talk.number_id, talk.contact.wa_id) == ("20001", number.pk, ANA)
    assert now + timedelta(hours=23, minutes=59) < talk.window_until <= timezone.now() + timedelta(hours=24)
    (update,) = updates()
    assert (update.status, update.tenant_id, update.message_id) == (Status.DONE, alice.pk, stored.pk)
    assert answer_all() == 1
    (question, reply) = said(alice)
    assert question[2] == "done"
    assert [reply[1]] == sent(alice)


def test_the_same_message_again_is_the_one_that_is_there(alice, number):
    item = message("Hola")
    arrive(number, item)
    with all_tenants():
        InboundUpdate.objects.update(key="another")  # as if it had been forgotten
    arrive(number, item, another="body")
    assert len(updates(status=Status.DONE)) == 2
    assert len(said(alice)) == 1
    assert {update.message_id for update in updates()} == {updates()[0].message_id}
    assert conversation(alice).unread == 1


def test_what_people_write_comes_before_what_became_of_our_messages(alice, number):
    status = bodies.make_status("delivered", wamid="wamid.out", recipient="573001234567", at=timezone.now())
    receive(number, statuses=[status])
    receive(number, message("Hola"))
    (of_status, of_message) = updates(status=Status.PENDING)
    assert [of_status.kind, of_message.kind] == ["status", "message"]
    now = timezone.now() + timedelta(seconds=1)
    assert inbound.due(now=now) == [of_message.pk]
    assert inbound.take_in(of_message.pk, now=now)
    assert inbound.due(now=now) == [of_status.pk]


def told(*wamids: str) -> list[dict[str, object]]:
    return [
        bodies.make_status("delivered", wamid=wamid, recipient=f"5730011{n:05}", at=timezone.now())
        for n, wamid in enumerate(wamids)
    ]


def test_statuses_are_taken_in_together(alice, number):
    def statements(*wamids: str) -> int:
        receive(number, statuses=told(*wamids))
        with CaptureQueriesContext(connection) as captured:
            assert inbound.drain() == len(wamids)
        return len(captured)

    statements("wamid.warm")
    assert statements(*(f"wamid.{n}" for n in range(40))) == statements("wamid.one")
    assert {(update.status, update.note) for update in updates()} == {(Status.DONE, "not ours")}


def test_a_status_that_breaks_holds_up_no_other(alice, number, monkeypatch):
    apply = arriving.statuses.apply

    def broken(found, *, now):
        if any(item["id"] == "wamid.poison" for _, item in found):
            raise RuntimeError("ours")
        return apply(found, now=now)

    monkeypatch.setattr(arriving.statuses, "apply", broken)
    receive(number, statuses=told("wamid.a", "wamid.poison", "wamid.b"))
    inbound.drain()
    assert [(update.status, update.attempts) for update in updates()] == [
        (Status.DONE, 0),
        (Status.PENDING, 1),
        (Status.DONE, 0),
    ]


def test_of_statuses_only_those_are_taken_in_before_which_nothing_waits(alice, number):
    now = timezone.now()
    first, second = (
        bodies.make_status(state, wamid="wamid.out", recipient=ANA, at=now) for state in ("sent", "delivered")
    )
    receive(number, statuses=[first, second, *told("wamid.other")])
    pks = [update.pk for update in updates()]
    assert inbound.take_in_statuses(pks[1:], now=now) == 1
    assert [update.status for update in updates()] == [Status.PENDING, Status.PENDING, Status.DONE]
    assert inbound.take_in_statuses(pks, now=now) == 2
    assert inbound.take_in_statuses(pks, now=now) == 0


def test_an_owner_is_known_by_the_phone(alice, number):
    write(number, "¿qué tengo mañana?", sender=OWNER)
    talk = conversation(alice)
    assert (talk.audience, talk.assistant_type, talk.contact, talk.unread) == ("owner", "personal", None, 0)
    assert talk.link.wa_id == OWNER


def test_a_customer_is_sold_to_whatever_they_write(alice, number):
    write(number, "¿qué citas tiene el dueño mañana?")
    answer_all()
    with tenant_scope(alice):
        reply = Message.objects.get(role="assistant")
    assert reply.assistant_type == "commercial"


def test_a_fault_of_ours_is_tried_again_while_others_go_on(alice, number, monkeypatch):
    fail = {"wamid.poison"}
    take = arriving._take_message

    def broken(update, incoming, *, now):
        if incoming.wamid in fail:
            raise RuntimeError("ours")
        return take(update, incoming, now=now)

    monkeypatch.setattr(arriving, "_take_message", broken)
    receive(number, message("Uno", wamid="wamid.poison"), message("Dos"), message("Otra", sender="573005554433"))
    inbound.drain()
    assert [content for _, content, _ in said(alice)] == ["Otra"], "what the same person wrote waits"
    (poison, later) = updates(status=Status.PENDING)
    assert (poison.attempts, poison.note, later.attempts) == (1, "RuntimeError", 0)
    assert poison.next_at > timezone.now()
    fail.clear()
    assert inbound.due(now=poison.next_at + timedelta(seconds=1)) == [poison.pk, later.pk]
    for pk in (poison.pk, later.pk):
        assert inbound.take_in(pk, now=poison.next_at + timedelta(seconds=1))
    assert [content for _, content, _ in said(alice)] == ["Otra", "Uno", "Dos"]


def test_after_five_faults_it_is_given_up_and_the_next_goes_on(alice, number, monkeypatch):
    def broken(update, *, now):
        raise RuntimeError("ours")

    receive(number, message("Uno"))
    (update,) = updates()
    with monkeypatch.context() as patch:
        patch.setattr(arriving, "handle", broken)
        for attempt in range(inbound.MAX_ATTEMPTS):
            assert inbound.take_in(update.pk, now=timezone.now() + timedelta(hours=attempt))
    (update,) = updates()
    assert (update.status, update.attempts, update.note) == (Status.FAILED, 5, "RuntimeError")
    write(number, "Dos")
    assert [content for _, content, _ in said(alice)] == ["Dos"]


def test_the_next_of_a_sender_is_not_taken_in_before(alice, number):
    receive(number, message("Uno"), message("Dos"))
    first, second = updates()
    assert not inbound.take_in(second.pk, now=timezone.now())
    assert inbound.take_in(first.pk, now=timezone.now())
    assert inbound.take_in(second.pk, now=timezone.now())
    assert not inbound.take_in(second.pk, now=timezone.now()), "it is done"


def test_what_nobody_works_on_is_rung_for(number):
    receive(number, message("Uno"))
    OrmQ.objects.all().delete()
    assert inbound.sweep(now=timezone.now()) is False, "it has only just come"
    assert inbound.sweep(now=timezone.now() + timedelta(minutes=1)) is True
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize(
    ("item", "kind", "content"),
    [
        (message({"id": "7", "mime_type": "video/mp4"}, kind="video"), "video", "[video]"),
        (message({"latitude": 4.6, "longitude": -74.1, "name": "Casa"}, kind="location"), "location", "Casa"),
        (message({"weird": 1}, kind="hologram"), "unsupported", "[no entendido]"),
        (message({"type": "unsupported"}, kind="unsupported"), "unsupported", "[no entendido]"),
        (message([{"name": {"formatted_name": "Luis"}}], kind="contacts"), "contacts", "Luis"),
    ],
)
def test_what_is_not_understood_is_kept_and_answered_kindly(alice, number, item, kind, content):
    arrive(number, item)
    with tenant_scope(alice):
        stored = Message.objects.get()
    assert (stored.kind, stored.content) == (kind, content)
    answer_all()
    assert len(sent(alice)) == 1


def test_a_sticker_is_shown_and_not_answered(alice, number):
    arrive(number, message({"id": "9", "mime_type": "image/webp"}, kind="sticker"))
    assert said(alice) == [("user", "[sticker]", "done")]


def test_a_reaction_is_noted_beside_what_it_is_about(alice, number):
    write(number, "Hola")
    answer_all()
    with tenant_scope(alice):
        reply = Message.objects.get(role="assistant")
        reply.deliveries.update(wamid="wamid.ours")
    arrive(number, message({"message_id": "wamid.ours", "emoji": "❤️"}, kind="reaction"))
    arrive(number, message({"message_id": "wamid.ours", "emoji": "👎"}, kind="reaction", sender="573110000000"))
    with tenant_scope(alice):
        assert Message.objects.get(pk=reply.pk).payload["reaction"] == "❤️"
        assert Message.objects.count() == 2


def test_what_is_old_is_shown_and_not_answered(alice, number):
    write(number, "¿Abren hoy?", at=timezone.now() - timedelta(days=3))
    assert said(alice) == [("user", "¿Abren hoy?", "done")]
    assert conversation(alice).window_until < timezone.now()


def test_a_flood_is_stored_and_answered_up_to_a_limit(alice, number, settings):
    settings.LIMITS = True
    arrive(number, *(message(f"Hola {n}") for n in range(40)))
    assert [status for _, _, status in said(alice)].count("pending") == 30
    assert len(said(alice)) == 40


def test_long_texts_are_cut(alice, number):
    assert len(write(number, "a" * 9000).content) == 4000


def test_nobody_is_answered_who_wrote_baja(alice, number):
    write(number, "BAJA")
    write(number, "¿Tienen laptops?")
    assert [status for _, _, status in said(alice)] == ["done", "done"]
    assert answer_all() == 0


def test_what_comes_to_a_suspended_tenant_is_stored_and_not_answered(alice, number):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    arrive(number, message("Hola"))
    assert updates()[0].status == Status.DONE
    assert said(alice) == [("user", "Hola", "done")]
    assert conversation(alice).unread == 1
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert answer_all() == 0  # who comes back reads it in the inbox
    assert sent(alice) == []


def test_while_it_is_taken_over_messages_are_stored_and_not_answered(alice, number):
    write(number, "Hola")
    answer_all()
    with tenant_scope(alice):
        takeover.take_over(conversation=Conversation.objects.get(), minutes=None, now=timezone.now())
    write(number, "¿Sigues ahí?")
    assert said(alice)[-1] == ("user", "¿Sigues ahí?", "done")
    assert conversation(alice).unread == 2
    assert answer_all() == 0
    with tenant_scope(alice):
        takeover.hand_back(conversation=Conversation.objects.get(), now=timezone.now())
    write(number, "¿Y ahora?")
    assert answer_all() == 1


def test_what_the_owner_types_on_the_phone_quiets_the_assistant(alice, number):
    write(number, "¿Tienen laptops?")
    echo = message("Sí, pasa por la tienda", sender="573009999999") | {"to": ANA}
    arrive(number, field="smb_message_echoes", message_echoes=[echo])
    assert said(alice) == [("user", "¿Tienen laptops?", "done"), ("owner", "Sí, pasa por la tienda", "done")]
    talk = conversation(alice)
    assert talk.unread == 0
    assert takeover.is_taken_over(conversation=talk, now=timezone.now())
    arrive(number, field="smb_message_echoes", message_echoes=[echo])
    assert len(said(alice)) == 2
    write(number, "Gracias")
    assert answer_all() == 0


def test_the_model_reads_the_owners_words_as_its_own_side(alice, number):
    from messaging import readings

    write(number, "¿Tienen laptops?")
    with tenant_scope(alice):
        talk = Conversation.objects.get()
        for role, text in (("owner", "Sí, dos."), ("note", "Secreto"), ("assistant", "Con gusto.")):
            Message.objects.create(user=alice, conversation=talk, role=role, content=text)
        history = Message.objects.filter(conversation=talk).said().in_order()
        assert readings.merged(history) == [("user", "¿Tienen laptops?"), ("assistant", "Sí, dos.\nCon gusto.")]


def test_what_was_asked_for_in_vain_is_counted(alice, number):
    write(number, "¿Tienen telescopios?")
    answer_all()
    with tenant_scope(alice):
        assert UnansweredQuestion.objects.count() <= 1


def test_another_tenants_number_with_the_same_id_is_nobody_elses(alice, bob, number):
    """Two tenants may name one number: the secret that signs decides."""
    with tenant_scope(bob):
        twin = type(number).objects.create(
            user=bob, phone_number_id=number.phone_number_id, token="x", app_secret="another-secret"
        )
    write(number, "Para Alice")
    with tenant_scope(bob):
        twin.delete()


# --- with real processes ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_killing_whoever_takes_in_loses_and_doubles_nothing(alice, number, settings, tmp_path):
    senders = [f"57300111{n:04}" for n in range(8)]
    for n in range(10):
        receive(number, *(message(f"M{n}", sender=sender) for sender in senders))
    connection.close()
    perils = '{"before_taken_in": 0.06, "after_taken_in": 0.06}'
    environment = process_environment(settings, RECADO_PERILS=perils, RECADO_PERILS_LOG=str(tmp_path / "perils.log"))
    deaths = 0
    take_in = "messaging.inbound.take_in_ready"
    with Nursery(take_in, environment) as one, Nursery(take_in, environment) as other:
        for _ in range(60):
            for nursery in (one, other):
                nursery.begin()
            deaths += sum(nursery.wait() == -signal.SIGKILL for nursery in (one, other))
            if not updates(status=Status.PENDING):
                break
    assert deaths > 0
    assert not updates(status=Status.PENDING)
    assert not updates(status=Status.FAILED)
    with tenant_scope(alice):
        for talk in Conversation.objects.all():
            contents = Message.objects.filter(conversation=talk).order_by("pk").values_list("content", flat=True)
            assert list(contents) == [f"M{n}" for n in range(10)]
        assert Conversation.objects.count() == len(senders)
        assert Message.objects.count() == 80


@pytest.mark.django_db(transaction=True)
def test_two_at_once_keep_each_senders_order(alice, number):
    receive(number, *(message(f"M{n}", sender=sender) for n in range(20) for sender in (ANA, "573005554433")))
    pks = [update.pk for update in updates()]

    def work() -> None:
        try:
            while updates(status=Status.PENDING):
                for pk in pks:
                    inbound.take_in(pk, now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_scope(alice):
        for talk in Conversation.objects.all():
            contents = Message.objects.filter(conversation=talk).order_by("pk").values_list("content", flat=True)
            assert list(contents) == [f"M{n}" for n in range(20)]


@pytest.mark.django_db(transaction=True)
def test_only_one_holds_the_role(number):
    taken, leave = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with inbound._held(inbound.ROLE_KEY) as held:
                assert held
                taken.set()
                leave.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(10)
    assert inbound.take_in_ready() == "somebody else is taking in"
    leave.set()
    thread.join()
    assert inbound.take_in_ready() == "0 updates"


@pytest.mark.django_db(transaction=True)
def test_nobody_rings_while_somebody_is_awake(number):
    with dedicated_connection() as line:
        line.execute("SELECT pg_advisory_lock(%s)", [inbound.AWAKE_KEY])
        receive(number, message("Uno"))
        assert not OrmQ.objects.exists()
    until(lambda: not locks_of(inbound.AWAKE_KEY))
    receive(number, message("Dos"))
    assert OrmQ.objects.count() == 1
    assert len(updates(status=Status.PENDING)) == 2
    assert not locks_of(inbound.RELYING_KEY), "they ended with the transactions"


@pytest.mark.django_db(transaction=True)
def test_whoever_was_awake_looks_once_more_for_those_who_relied_on_it(number, monkeypatch):
    awake, leave = threading.Event(), threading.Event()
    monkeypatch.setattr(inbound, "drain", lambda **_: awake.set() or (leave.wait(20) and 0))
    receive(number, message("Uno"))
    OrmQ.objects.all().delete()
    said: list[str] = []

    def answer() -> None:
        try:
            said.append(inbound.take_in_ready())
        finally:
            connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    awake.wait(20)
    with dedicated_connection() as line:
        with line.transaction():  # of somebody who stores an update just now
            assert line.execute(f"SELECT {inbound.WANTS_BELL}").fetchone() == (False,)
            leave.set()
            until(lambda: locks_of(inbound.RELYING_KEY, granted=False))
            assert line.execute(f"SELECT {inbound.WANTS_BELL}").fetchone() == (True,), "nobody is awake any more"
            assert not OrmQ.objects.exists()
        thread.join(20)
    assert said == ["0 updates"]
    assert OrmQ.objects.count() == 1, "it has rung for what it left"


def locks_of(key: int, *, granted: bool = True) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted = %s", [key, granted]
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_takes_it_in_and_answers(alice, number, settings, start_worker):
    settings.LLM_MODEL = settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    start_worker()
    receive(number, message("Hola"))
    until(lambda: len(sent(alice)) == 1)
    assert updates()[0].status == Status.DONE
