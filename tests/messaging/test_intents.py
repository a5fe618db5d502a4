"""Who answers when nobody says which assistant: by what the message is about, else by the talk so far."""

from __future__ import annotations

from typing import Any

import pytest

from messaging import answering
from messaging.models import Conversation, Message
from tenants.models import User
from tenants.scope import tenant_scope
from tests.factories import channel, contact, phone_link, product

pytestmark = pytest.mark.django_db(transaction=True)
SEND = "/api/user/chat/message"


@pytest.fixture(autouse=True)
def _without_model(settings: Any) -> None:
    settings.LLM_PROVIDER = "builtin"


def send(api: Any, user: User, content: str, *, to: int | None = None, assistant: str = "auto") -> dict[str, Any]:
    body = {"content": content, "assistant_type": assistant, "conversation_id": to}
    sent = api(user).post(SEND, body, format="json")
    assert sent.status_code == 202, sent.json()
    answering.answer_here()
    return dict(sent.json())


def answered_by(user: User, conversation: int) -> list[str]:
    """Which assistant gave each reply, the newest last."""
    with tenant_scope(user):
        replies = Message.objects.filter(conversation=conversation, role="assistant").order_by("pk")
        return list(replies.values_list("assistant_type", flat=True))


def kind_of(api: Any, user: User, conversation: int) -> str:
    return str(api(user).get(f"/api/user/chat/conversations/{conversation}").json()["assistant_type"])


@pytest.mark.parametrize(
    ("content", "assistant"),
    [("¿qué tengo mañana?", "personal"), ("¿Tienen martillos?", "commercial"), ("Hola", "commercial")],
)
def test_a_new_talk_begins_with_whom_it_concerns(alice: User, api: Any, content: str, assistant: str):
    sent = send(api, alice, content)
    assert kind_of(api, alice, sent["conversation_id"]) == assistant
    assert answered_by(alice, sent["conversation_id"]) == [assistant]


def test_a_talk_changes_the_assistant_when_the_matter_is_clear(alice: User, bob: User, api: Any):
    with tenant_scope(alice):
        product(alice, name="Martillo de uña")
    sent = send(api, alice, "¿Tienen martillos?")
    talk = sent["conversation_id"]
    for content in ("hola", "¿y el otro?", "recuérdame llamar a Ana mañana a las 10", "gracias", "¿cuánto cuesta?"):
        send(api, alice, content, to=talk)
    assert answered_by(alice, talk) == [*["commercial"] * 3, "personal", "personal", "commercial"]
    with tenant_scope(bob):
        assert not Message.objects.exists()


def test_who_names_the_assistant_gets_it(alice: User, api: Any):
    sent = send(api, alice, "¿Tienen martillos?", assistant="personal")
    assert answered_by(alice, sent["conversation_id"]) == ["personal"]
    body = {"content": "hola", "assistant_type": "commercial", "conversation_id": sent["conversation_id"]}
    assert api(alice).post(SEND, body, format="json").status_code == 400


def on_whatsapp(user: User, *, audience: str, assistant: str) -> Conversation:
    number = channel(user)
    owner = audience == "owner"
    return Conversation.objects.create(
        user=user,
        channel="whatsapp",
        audience=audience,
        assistant_type=assistant,
        number=number,
        phone_number_id=number.phone_number_id,
        link=phone_link(user) if owner else None,
        contact=None if owner else contact(user, wa_id="573001112233"),
    )


def write(user: User, talk: Conversation, content: str) -> None:
    with tenant_scope(user):
        Message.objects.create(user=user, conversation=talk, role="user", content=content, status="pending")
    answering.answer_here()


def test_the_owners_phone_reaches_both_assistants(alice: User):
    with tenant_scope(alice):
        talk = on_whatsapp(alice, audience="owner", assistant="personal")
    for content in ("hola", "¿tienen martillos?", "¿y de los grandes?", "¿qué tengo mañana?", "sí"):
        write(alice, talk, content)
    assert answered_by(alice, talk.pk) == ["personal", "commercial", "commercial", "personal", "personal"]


def test_a_button_says_which_assistant_it_is_for(alice: User):
    with tenant_scope(alice):
        talk = on_whatsapp(alice, audience="owner", assistant="personal")
        Message.objects.create(
            user=alice, conversation=talk, role="user", content="sí", status="pending", assistant_type="commercial"
        )
    answering.answer_here()
    assert answered_by(alice, talk.pk) == ["commercial"]


def test_a_customer_is_sold_to_whatever_they_write(alice: User):
    with tenant_scope(alice):
        talk = on_whatsapp(alice, audience="customer", assistant="commercial")
    write(alice, talk, "¿qué citas tiene el dueño mañana?")
    write(alice, talk, "recuérdame llamar a Ana mañana a las 10")
    assert answered_by(alice, talk.pk) == ["commercial", "commercial"]
