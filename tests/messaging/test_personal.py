"""The personal assistant through the chat: written once whoever runs the turn, and forgotten with its conversation."""

from __future__ import annotations

from typing import Any

import pytest

from agenda.models import Appointment
from assistants import bookkeeping, replies
from assistants.models import ToolEffect
from messaging import answering, claims, conversations
from messaging.models import Conversation, Message
from messaging.readings import Reading
from tenants.models import User
from tenants.scope import tenant_scope
from tests.messaging.conftest import read
from tests.messaging.test_claims import lease_runs_out

pytestmark = pytest.mark.django_db(transaction=True)
SEND = "/api/user/chat/message"
BOOK = "agéndame una reunión con Carla mañana a las 3 de la tarde"


@pytest.fixture(autouse=True)
def _without_model(settings: Any) -> None:
    settings.LLM_PROVIDER = "builtin"


def send(api: Any, user: User, content: str, **more: Any) -> dict[str, Any]:
    """Send to the personal assistant and have it answered: the message as GET answers it."""
    sent = api(user).post(SEND, {"content": content, "assistant_type": "personal", **more}, format="json")
    assert sent.status_code == 202, sent.json()
    answering.answer_here()
    return dict(api(user).get(f"/api/user/chat/messages/{sent.json()['message_id']}").json())


def count(user: User) -> int:
    with tenant_scope(user):
        return int(Appointment.objects.present().count())


def test_it_books_in_the_chat_and_the_reply_carries_the_change(alice: User, bob: User, api: Any):
    message = send(api, alice, BOOK)
    reply = message["reply"]
    assert reply["content"].startswith("Listo. Reunión con Carla")
    assert "read_draft" in reply["tools"]
    (changed,) = [tool for tool in reply["tools"] if isinstance(tool, dict)]
    assert (changed["name"], set(changed)) == ("create_appointment", {"name", "change", "summary", "until"})
    assert api(bob).post(f"/api/user/personal/changes/{changed['change']}/undo").status_code == 404
    assert count(alice) == 1
    assert api(alice).post(f"/api/user/personal/changes/{changed['change']}/undo").status_code == 200
    assert (count(alice), count(bob)) == (0, 0)


def test_conversations_of_both_assistants_are_listed(alice: User, api: Any):
    send(api, alice, "hola")
    api(alice).post(SEND, {"content": "hola", "assistant_type": "commercial"}, format="json")
    listed = api(alice).get("/api/user/chat/conversations").json()["results"]
    assert sorted(each["assistant_type"] for each in listed) == ["commercial", "personal"]


def test_auto_goes_on_with_the_conversations_assistant(alice: User, api: Any):
    first = send(api, alice, "hola")
    more = {"assistant_type": "auto", "conversation_id": first["conversation_id"]}
    sent = api(alice).post(SEND, {"content": BOOK, **more}, format="json")
    assert sent.status_code == 202
    answering.answer_here()
    assert count(alice) == 1


def test_a_yes_in_the_next_message_does_what_was_asked(alice: User, api: Any):
    for who in ("Ana", "Luis"):
        send(api, alice, f"agéndame una reunión con {who} mañana a las 3 de la tarde")
    asked = send(api, alice, "cancela todas mis citas de mañana")
    conversation = asked["conversation_id"]
    assert "¿Cancelo estas 2 citas?" in asked["reply"]["content"]
    # A yes elsewhere is no answer to it.
    send(api, alice, "sí")
    with tenant_scope(alice):
        assert not Appointment.objects.filter(status="cancelled").exists()
    done = send(api, alice, "sí", conversation_id=conversation)
    assert len([tool for tool in done["reply"]["tools"] if isinstance(tool, dict)]) == 2
    with tenant_scope(alice):
        assert Appointment.objects.filter(status="cancelled").count() == 2


def test_a_worker_that_dies_before_the_reply_leaves_one_appointment(alice: User, monkeypatch: Any):
    with tenant_scope(alice):
        message = conversations.send(user=alice, content=BOOK, assistant_type="personal", now=answering.timezone.now())

    def die(**row: Any) -> None:
        raise SystemExit  # what no code of ours catches

    with monkeypatch.context() as dying:
        dying.setattr(bookkeeping, "close", die)
        with pytest.raises(SystemExit):
            answering.answer_here()
    assert count(alice) == 1
    assert read(alice, message).status == Message.Status.PENDING
    lease_runs_out(message.conversation)
    answering.answer_here()
    answered = read(alice, message)
    assert answered.status == Message.Status.DONE
    assert answered.reply.content.startswith("Listo. Reunión con Carla")
    assert count(alice) == 1


def test_who_was_overtaken_changes_nothing(alice: User):
    with tenant_scope(alice):
        conversations.send(user=alice, content=BOOK, assistant_type="personal", now=answering.timezone.now())
    (claim,) = claims.claim_ready(most=1, per_tenant=1)
    with tenant_scope(alice):
        Conversation.objects.update(fence=claim.fence + 1)  # somebody else has claimed it meanwhile
        turn = claims.Turn(claim, Conversation.objects.get(), Message.objects.get(), [])
    with pytest.raises(replies.ReaderLost) as fault:
        answering._reply(turn, Reading(BOOK))
    assert isinstance(fault.value.__cause__, claims.ClaimLost)
    assert count(alice) == 0


def test_deleting_a_conversation_forgets_its_effects_and_keeps_what_was_booked(alice: User, api: Any):
    message = send(api, alice, BOOK)
    with tenant_scope(alice):
        assert ToolEffect.objects.count() == 1
    assert api(alice).delete(f"/api/user/chat/conversations/{message['conversation_id']}").status_code == 204
    with tenant_scope(alice):
        assert not ToolEffect.objects.exists()
    assert count(alice) == 1
