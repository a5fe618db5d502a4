"""What conversations, deliveries, reminders and numbers leave in the event log: each once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Concat
from django.utils import timezone

from catalog import products
from messaging import answering, claims, inbox, numbers, outbox, questions, sends
from messaging.models import Conversation, Delivery, InboundUpdate, Message, PhoneLink
from messaging.whatsapp import linking
from tenants.events import acting
from tenants.models import Event, User
from tenants.scope import all_tenants, tenant_scope
from tests.event_log import data, events, forget, told
from tests.messaging.arrivals import ANA, OWNER, answer_all, arrive, connect, message, write
from tests.messaging.conftest import say
from tests.messaging.test_claims import claim_one, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(alice, bob, settings):
    """Alice's number; nothing is ever told to Bob's log."""
    settings.LLM_PROVIDER = "builtin"
    yield connect(alice)
    assert events(bob) == []


@pytest.fixture
def laptop(alice):
    with tenant_scope(alice):
        return products.create(user=alice, name="Laptop Andina 14", price=Decimal(1900), stock=3)


def talk_of(user: User) -> Conversation:
    with tenant_scope(user):
        return Conversation.objects.select_related("contact", "number", "user").get(audience="customer")


def later(hours: float) -> Any:
    return timezone.now() + timedelta(hours=hours)


class TestWhatPeopleWrite:
    def test_a_customers_message_begins_a_conversation_and_is_received(self, alice, number):
        forget(alice)
        stored = write(number, "¿Tienen laptops?")
        contact = stored.conversation.contact_id
        assert told(alice) == [
            ("contact_created", "customer"),
            ("conversation_started", "customer"),
            ("message_received", "customer"),
        ]
        assert data(alice, "contact_created") == {"contact": contact, "channel": "whatsapp"}
        assert data(alice, "message_received") == {
            "conversation": stored.conversation_id, "message": stored.pk, "contact": contact, "channel": "whatsapp",
            "audience": "customer", "assistant": "commercial", "kind": "text",
        }  # fmt: skip
        (received,) = events(alice, "message_received")
        assert (received.at, received.actor_id) == (stored.created_at, contact)

    def test_the_same_message_again_is_told_once(self, alice, number):
        item = message("Hola")
        arrive(number, item)
        with all_tenants():
            InboundUpdate.objects.update(key="another")
        arrive(number, item, another="body")
        assert len(events(alice, "message_received")) == 1

    def test_what_could_not_be_taken_in_is_not_told(self, alice, number, monkeypatch):
        forget(alice)

        def fail(*_args: Any, **_more: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(answering, "ring", fail)
        arrive(number, message("Hola"))
        assert events(alice) == []

    def test_after_a_day_of_silence_another_conversation_begins(self, alice, number):
        first = write(number, "Hola")
        write(number, "¿Siguen ahí?")
        assert len(events(alice, "conversation_started")) == 1
        with tenant_scope(alice):
            Message.objects.update(created_at=timezone.now() - timedelta(hours=24))
        again = write(number, "Hola otra vez")
        assert again.conversation_id == first.conversation_id
        assert [event.data["message"] for event in events(alice, "conversation_started")] == [first.pk, again.pk]

    def test_the_owner_writes_as_a_person(self, alice, number):
        write(number, "¿qué tengo mañana?", sender=OWNER)
        (received,) = events(alice, "message_received")
        assert (received.actor, received.actor_id, received.data["audience"]) == ("person", alice.pk, "owner")
        assert "contact" not in received.data

    def test_on_the_web_a_conversation_begins_with_its_first_message(self, alice, bob):
        first = say(alice, "Hola")
        say(alice, "¿Y bien?", conversation=first.conversation)
        assert told(alice) == [
            ("conversation_started", "person"), ("message_received", "person"), ("message_received", "person"),
        ]  # fmt: skip
        assert data(alice, "conversation_started")["channel"] == "web"
        assert events(bob) == []


class TestWhatIsAnswered:
    def test_a_reply_says_how_long_was_waited_for_it(self, alice, number, laptop):
        asked = write(number, "Hola")
        with tenant_scope(alice):
            Message.objects.filter(pk=asked.pk).update(created_at=timezone.now() - timedelta(seconds=90))
        write(number, "¿Tienen laptops?")
        assert answer_all() == 1, "one reply to both"
        (sent,) = events(alice, "message_sent")
        assert (sent.actor, sent.data["by"], sent.data["provider"]) == ("assistant", "assistant", "builtin")
        assert 90_000 <= sent.data["waited_ms"] < 120_000
        with tenant_scope(alice):
            assert sent.data["message"] == Message.objects.get(role="assistant").pk

    def test_a_turn_that_ran_twice_is_told_once(self, alice):
        asked = say(alice)
        first = claim_one(alice)
        with tenant_scope(alice):
            Conversation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        finish(claim_one(alice))
        with pytest.raises(claims.ClaimLost):
            finish(first)
        assert len(events(alice, "message_sent")) == 1
        assert data(alice, "message_sent")["conversation"] == asked.conversation_id

    def test_what_was_asked_for_and_named_is_a_query(self, alice, number, laptop):
        asked = write(number, "¿Tienen laptops?")
        answer_all()
        query = data(alice, "product_query")
        assert (query["products"], query["message"], query["audience"]) == ([laptop.pk], asked.pk, "customer")
        assert "laptop" in query["query"].lower()
        assert query["found"] >= 1
        assert told(alice, "product_query") == [("product_query", "customer")]
        assert events(alice, "unanswered_question") == []

    def test_small_talk_is_no_query(self, alice, number, laptop):
        write(number, "Muchas gracias")
        answer_all()
        assert events(alice, "product_query") == []

    def test_what_the_owner_wants_changed_is_no_query(self, alice, number, laptop):
        asked = say(alice, f"pon en 5 las existencias de {laptop.name}")
        answer_all()
        with tenant_scope(alice):
            assert Message.objects.get(reply_to=asked).payload["question"]
        say(alice, "Sí", conversation=asked.conversation)
        answer_all()
        assert events(alice, "product_query") == []
        say(alice, f"¿cuánto cuesta {laptop.name}?", conversation=asked.conversation)
        answer_all()
        assert len(events(alice, "product_query")) == 1

    def test_a_question_without_an_answer_is_told_each_time_and_resolved_once(self, alice, number, laptop):
        for _ in range(2):
            write(number, "¿Venden telescopios?")
            answer_all()
        with tenant_scope(alice):
            row = questions.UnansweredQuestion.objects.get()
            questions.dismiss(question=row, now=timezone.now())
            questions.dismiss(question=row, now=timezone.now())
        first, second = events(alice, "unanswered_question")
        assert first.data["question"] == second.data["question"] == row.pk
        assert "telescopio" in first.data["text"].lower()
        assert data(alice, "question_resolved") == {"question": row.pk}

    def test_who_asks_for_a_person_is_handed_over_once(self, alice, number):
        for _ in range(2):
            write(number, "Quiero hablar con una persona")
            answer_all()
        handed = data(alice, "handed_over")
        assert (handed["reason"], handed["conversation"]) == ("asked", talk_of(alice).pk)

    def test_who_gets_no_reply_hears_so_and_is_handed_over(self, alice, number):
        write(number, "Hola")
        with tenant_scope(alice):
            Message.objects.update(attempts=claims.MAX_ATTEMPTS)
        answer_all()
        assert data(alice, "handed_over")["reason"] == "failed"
        sent = data(alice, "message_sent")
        assert sent["by"] == "system"
        assert "waited_ms" not in sent


class TestTheOwnersWord:
    def test_it_says_how_long_the_customer_waited_and_takes_over_once(self, alice, number):
        asked = write(number, "¿Está el dueño?")
        with tenant_scope(alice), acting("person", alice.pk):
            talk = talk_of(alice)
            inbox.reply(conversation=talk, text="Aquí estoy", key="1", now=asked.created_at + timedelta(minutes=2))
            inbox.reply(conversation=talk, text="Aquí estoy", key="1", now=asked.created_at + timedelta(minutes=3))
            inbox.reply(conversation=talk, text="Dime", now=asked.created_at + timedelta(minutes=3))
        first, second = events(alice, "message_sent")
        assert (first.data["by"], first.data["waited_ms"], first.actor) == ("person", 120_000, "person")
        assert "waited_ms" not in second.data, "nobody waited for the second sentence"
        assert told(alice, "taken_over", "handed_back") == [("taken_over", "person")]

    def test_what_came_while_the_assistant_wrote_still_waits(self, alice, number):
        write(number, "Uno")
        turn = claim_one(alice)
        waiting = write(number, "Dos")
        finish(turn)
        with tenant_scope(alice):
            inbox.reply(conversation=talk_of(alice), text="Ya voy", now=waiting.created_at + timedelta(seconds=5))
        (word,) = [event for event in events(alice, "message_sent") if event.data["by"] == "person"]
        assert word.data["waited_ms"] == 5_000

    def test_a_word_from_the_phone_counts_the_same_and_once(self, alice, number):
        write(number, "Hola")
        echo = message("Te llamo", sender="573009999999") | {"to": ANA}
        for _ in range(2):
            arrive(number, field="smb_message_echoes", message_echoes=[echo])
            with all_tenants():
                InboundUpdate.objects.update(key=Concat(F("id"), Value("again"), output_field=CharField()))
        (word,) = [event for event in events(alice, "message_sent") if event.data["by"] == "person"]
        assert "waited_ms" in word.data
        assert told(alice, "taken_over") == [("taken_over", "person")]

    def test_taking_over_and_handing_back(self, alice, number):
        write(number, "Hola")
        with tenant_scope(alice):
            for _ in range(2):
                inbox.take_over(conversation=talk_of(alice), minutes=10, now=timezone.now())
            for _ in range(2):
                inbox.hand_back(conversation=talk_of(alice), now=timezone.now())
        assert [name for name, _ in told(alice, "taken_over", "handed_back")] == ["taken_over", "handed_back"]

    def test_a_send_is_the_systems(self, alice, number):
        write(number, "Hola")
        answer_all()
        with tenant_scope(alice):
            sends.send(user=alice, to=f"+{ANA}", text="Llegó tu pedido", now=timezone.now())
        sent = [event.data for event in events(alice, "message_sent")]
        assert [one["by"] for one in sent] == ["assistant", "system"]
        assert sent[1]["conversation"] == talk_of(alice).pk


class TestDeliveries:
    def put(self, user: User, **fields: Any) -> Delivery:
        return outbox.put(
            user=user, key="x", recipient=outbox.Recipient(ANA), payload={"type": "text"}, text="Hola",
            phone_number_id="20001", now=timezone.now(), **fields,
        )  # fmt: skip

    def test_a_notice_is_sent_once_however_often_it_is_put(self, alice, number):
        with tenant_scope(alice):
            self.put(alice, kind="notice")
            self.put(alice, kind="notice")
        assert data(alice, "message_sent") == {"by": "system", "channel": "whatsapp", "audience": "owner"}

    def test_in_everybodys_scope_it_is_its_tenants(self, alice, bob, number):
        with all_tenants(), transaction.atomic():
            self.put(alice, kind="system")
            assert Event.objects.filter(user=alice, name="message_sent").exists(), "the scope is everybody's again"

    def test_what_does_not_arrive_is_told_unless_another_replaces_it(self, alice, number):
        from messaging import endings

        with tenant_scope(alice), transaction.atomic():
            first = self.put(alice, kind="send")
            endings.fail(first, now=timezone.now(), is_replaced=True)
            assert not Event.objects.filter(name="delivery_failed").exists()
            endings.fail(first, now=timezone.now(), detail="no_number")
        assert data(alice, "delivery_failed") == {"delivery": first.pk, "kind": "send", "code": "no_number"}


class TestPeopleAndNumbers:
    def test_out_and_in_again(self, alice, number):
        write(number, "BAJA")
        write(number, "BAJA")
        write(number, "ALTA")
        assert told(alice, "contact_opted_out", "contact_opted_in") == [
            ("contact_opted_out", "customer"), ("contact_opted_in", "customer"),
        ]  # fmt: skip

    def test_a_phone_is_linked_once_and_unlinked(self, alice, number):
        forget(alice)
        for _ in range(2):
            with tenant_scope(alice):
                PhoneLink.objects.filter(phone_key=OWNER).delete()
                link = PhoneLink.objects.filter(user=alice).first()
                if link is None:
                    asked = linking.ask(user=alice, phone="+573115550000", now=timezone.now())
                    code = asked.code
                else:
                    alice.set_password("otra")
                    asked = linking.ask(user=alice, phone="+573115550000", password="otra", now=timezone.now())
                    code = asked.code
            arrive(number, message(f"VINCULAR {code}", sender="573115550000"))
        with tenant_scope(alice), transaction.atomic():
            linking.unlink(link=PhoneLink.objects.get(role="owner"))
        assert told(alice, "phone_linked", "phone_unlinked")[0] == ("phone_linked", "person")
        assert len(events(alice, "phone_linked")) == len(events(alice, "phone_unlinked")) == 1

    def test_a_number_is_connected_changed_and_removed(self, alice, settings):
        with tenant_scope(alice):
            made = numbers.connect(user=alice, phone_number_id="30001", token="secret-1", app_secret="sesame")
            numbers.change(channel_id=made.pk, token="secret-2")
            numbers.change(channel_id=made.pk, token="secret-2")
            pk = made.pk
            numbers.let_go(channel_id=made.pk)
        assert data(alice, "channel_connected") == {"channel_id": pk}
        assert data(alice, "channel_changed") == {"channel_id": pk, "fields": ["token"]}
        assert data(alice, "channel_removed") == {"channel_id": pk}
        assert not any("secret" in str(event.data) for event in events(alice))
