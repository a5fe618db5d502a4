"""The chat's contract over HTTP."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from messaging import answering
from messaging.api import preferred_wait
from messaging.models import Conversation, Message, MessageDelta
from tenants.models import User
from tenants.scope import tenant_scope
from tests.factories import conversation as make_conversation
from tests.factories import message as make_message
from tests.messaging.conftest import say
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Say

SEND = "/api/user/chat/message"
MESSAGES = "/api/user/chat/messages"
CONVERSATIONS = "/api/user/chat/conversations"

chat = pytest.mark.django_db
real = pytest.mark.django_db(transaction=True)


def body(content: object = "Hola", assistant_type: object = "commercial", **more: object) -> dict[str, object]:
    return {"content": content, "assistant_type": assistant_type, **more}


def count_messages(user: User) -> int:
    with tenant_scope(user):
        return Message.objects.count()


def events(answer) -> list[tuple[str, dict]]:
    """The events of a finished stream."""
    text = b"".join(answer.streaming_content).decode()
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


# --- sending ---------------------------------------------------------------------------------------------------------
@chat
def test_a_message_is_taken_in_at_once(alice, bob, api):
    answer = api(alice).post(SEND, body("¿Tienen sierras? 🪚 <script>"))
    assert answer.status_code == 202
    sent = answer.json()
    assert sent == {
        "conversation_id": sent["conversation_id"],
        "message_id": sent["message_id"],
        "status": "pending",
        "reply": None,
        "error": None,
    }
    got = api(alice).get(f"{MESSAGES}/{sent['message_id']}").json()
    assert got["content"] == "¿Tienen sierras? 🪚 <script>"
    assert (got["id"], got["role"], got["status"], got["reply"], got["error"]) == (
        sent["message_id"],
        "user",
        "pending",
        None,
        None,
    )
    assert count_messages(bob) == 0


@chat
def test_a_conversation_goes_on(alice, api):
    first = api(alice).post(SEND, body("Hola")).json()
    second = api(alice).post(SEND, body("¿Sigues ahí?", "auto", conversation_id=first["conversation_id"])).json()
    assert second["conversation_id"] == first["conversation_id"]
    whole = api(alice).get(f"{CONVERSATIONS}/{first['conversation_id']}").json()
    assert [message["content"] for message in whole["messages"]] == ["Hola", "¿Sigues ahí?"]
    assert (whole["title"], whole["assistant_type"], whole["channel"]) == ("Hola", "commercial", "web")
    assert whole["last_message"]["content"] == "¿Sigues ahí?"


@chat
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "content"),
        ({"content": "Hola"}, "assistant_type"),
        (body(""), "content"),
        (body(" \n\t\u200b\u00a0"), "content"),
        (body("x" * 4001), "content"),
        (body(None), "content"),
        (body(["Hola"]), "content"),
        (body({"text": "Hola"}), "content"),
        (body(True), "content"),
        (body("Hola", "banker"), "assistant_type"),
        (body("Hola", None), "assistant_type"),
        (body("Hola", 7), "assistant_type"),
        (body(conversation_id="uno"), "conversation_id"),
        (body(conversation_id=-1), "conversation_id"),
        (body(conversation_id=1.5), "conversation_id"),
        (body(conversation_id=[1]), "conversation_id"),
        (body(surprise=1), "surprise"),
    ],
)
def test_it_refuses_what_is_no_message(given, field, alice, api):
    answer = api(alice).post(SEND, given)
    assert answer.status_code == 400
    assert field in answer.json()
    assert count_messages(alice) == 0


@chat
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"Hola"',
        b'{"content": "\\u0000", "assistant_type": "auto"}',
        b'{"content": "\\ud800", "assistant_type": "auto"}',
        b'{"content": "\xff", "assistant_type": "auto"}',
        b'{"content": NaN, "assistant_type": "auto"}',
        b"[" * 100_000,
    ],
)
def test_it_refuses_broken_bodies(raw, alice, api):
    answer = api(alice).post(SEND, data=raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/json"
    assert answer.json()
    assert count_messages(alice) == 0


@chat
def test_an_id_beyond_the_databases_numbers_is_absent(alice, api):
    assert api(alice).post(SEND, body(conversation_id=10**30)).status_code == 400  # in a body it is no such number
    assert api(alice).get(f"{MESSAGES}/{10**30}").status_code == 404
    assert api(alice).get(f"{CONVERSATIONS}/{10**30}").status_code == 404


@chat
def test_four_thousand_characters_fit(alice, api):
    assert api(alice).post(SEND, body("ñ" * 4000)).status_code == 202


@chat
def test_a_conversation_keeps_its_assistant(alice, api):
    with tenant_scope(alice):
        personal = make_conversation(alice, assistant_type="personal")
    answer = api(alice).post(SEND, body("Hola", "commercial", conversation_id=personal.pk))
    assert answer.status_code == 400
    assert "assistant_type" in answer.json()


@chat
def test_anothers_conversation_is_absent(alice, bob, api):
    with tenant_scope(bob):
        theirs = make_message(bob)
    foreign = api(alice).post(SEND, body(conversation_id=theirs.conversation_id))
    absent = api(alice).post(SEND, body(conversation_id=987654321))
    assert (foreign.status_code, foreign.json()) == (404, absent.json())
    for path in (f"{MESSAGES}/%d", f"{MESSAGES}/%d/stream"):
        foreign, absent = api(alice).get(path % theirs.pk), api(alice).get(path % 987654321)
        assert (foreign.status_code, foreign.json()) == (404, absent.json())
    assert api(alice).delete(f"{CONVERSATIONS}/{theirs.conversation_id}").status_code == 404
    assert api(alice).post(f"{MESSAGES}/{theirs.pk}/retry").status_code == 404
    assert count_messages(bob) == 1


@chat
@pytest.mark.parametrize("path", ["messages/uno", "messages/-1", "messages/1.5", "messages/%00", "conversations/x/y"])
def test_an_id_of_the_wrong_form_is_a_json_404(path, alice, api):
    answer = api(alice).get(f"/api/user/chat/{path}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"


@chat
def test_too_many_messages_a_minute_are_held_back(alice, api, settings):
    settings.LIMITS = True
    client = api(alice)
    codes = [client.post(SEND, body()).status_code for _ in range(31)]
    assert codes == [202] * 30 + [429], "what the plan of new accounts says"


# --- reading ---------------------------------------------------------------------------------------------------------
@chat
def test_conversations_are_listed_newest_first_with_their_last_message(alice, bob, api):
    with tenant_scope(bob):
        make_message(bob)
    with tenant_scope(alice):
        for n in range(3):
            moved = timezone.now() - timedelta(hours=n)
            conversation = make_conversation(alice, title=f"Charla {n}", updated_at=moved)
            make_message(alice, conversation=conversation, content="ñ" * 500)
    answer = api(alice).get(f"{CONVERSATIONS}?page_size=2").json()
    assert answer["count"] == 3
    assert [found["title"] for found in answer["results"]] == ["Charla 0", "Charla 1"]
    assert answer["results"][0]["last_message"]["content"] == "ñ" * 160
    assert api(alice).get(f"{CONVERSATIONS}?page=-1").status_code == 400
    assert api(alice).get(f"{CONVERSATIONS}?page=9").status_code == 404


@chat
def test_listing_costs_the_same_however_many_there_are(alice, api, django_assert_max_num_queries):
    with tenant_scope(alice):
        for _ in range(20):
            make_message(alice)
    with django_assert_max_num_queries(8):
        api(alice).get(CONVERSATIONS)


@chat
def test_a_long_conversation_comes_in_parts_of_whole_turns(alice, api):
    with tenant_scope(alice):
        conversation = make_conversation(alice)
        for n in range(5):
            question = make_message(alice, conversation=conversation, content=f"P{n}", status="done")
            make_message(
                alice, conversation=conversation, role="assistant", content=f"R{n}", status="done", reply_to=question
            )
    path = f"{CONVERSATIONS}/{conversation.pk}"
    latest = api(alice).get(f"{path}?limit=5").json()
    assert [message["content"] for message in latest["messages"]] == ["P3", "R3", "P4", "R4"]
    assert latest["has_earlier"] is True
    first = latest["messages"][0]["id"]
    earlier = api(alice).get(f"{path}?limit=50&before={first}").json()
    assert [message["content"] for message in earlier["messages"]] == ["P0", "R0", "P1", "R1", "P2", "R2"]
    assert earlier["has_earlier"] is False
    assert api(alice).get(f"{path}?limit=0").status_code == 400


@chat
def test_deleting_a_conversation_leaves_nothing_of_it(alice, api):
    with tenant_scope(alice):
        message = make_message(alice)
        MessageDelta.objects.create(user=alice, message=message, text="Hola")
        other = make_message(alice)
    assert api(alice).delete(f"{CONVERSATIONS}/{message.conversation_id}").status_code == 204
    assert api(alice).get(f"{CONVERSATIONS}/{message.conversation_id}").status_code == 404
    with tenant_scope(alice):
        assert list(Message.objects.all()) == [other]
        assert not MessageDelta.objects.exists()
        assert Conversation.objects.count() == 1


@chat
def test_a_reply_has_no_page_of_its_own(alice, api):
    with tenant_scope(alice):
        question = make_message(alice, status="done")
        reply = make_message(
            alice, conversation=question.conversation, role="assistant", status="done", reply_to=question
        )
    assert api(alice).get(f"{MESSAGES}/{reply.pk}").status_code == 404
    assert api(alice).get(f"{MESSAGES}/{question.pk}").json()["reply"]["id"] == reply.pk


# --- trying again ----------------------------------------------------------------------------------------------------
@chat
def test_a_failed_message_says_why_and_can_be_tried_again(alice, api, model: OpenAIServer):
    with tenant_scope(alice):
        message = make_message(alice, reason="interrupted", attempts=3)
    got = api(alice).get(f"{MESSAGES}/{message.pk}").json()
    assert got["status"] == "failed"
    assert got["error"] == "Nos interrumpieron varias veces antes de terminar la respuesta."
    again = api(alice).post(f"{MESSAGES}/{message.pk}/retry")
    assert (again.status_code, again.json()["status"], again.json()["error"]) == (202, "pending", None)
    assert answering.answer_here() == 1
    got = api(alice).get(f"{MESSAGES}/{message.pk}").json()
    assert (got["status"], got["error"], got["reply"]["content"]) == ("done", None, "Con mucho gusto.")
    assert api(alice).post(f"{MESSAGES}/{message.pk}/retry").status_code == 409


@chat
def test_trying_again_what_still_waits_changes_nothing(alice, api):
    message = say(alice)
    assert api(alice).post(f"{MESSAGES}/{message.pk}/retry").status_code == 202
    assert count_messages(alice) == 1


# --- waiting ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=10", 10),
        ("WAIT = 3 ; foo, respond-async", 3),
        ('wait="7"', 7),
        ("wait=31", 30),
        ("wait=999999999", 30),
        ("wait=0", 0),
        ("", None),
        ("wait", None),
        ("wait=", None),
        ("wait=soon", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("await=5", None),
        ("wait=9" + "9" * 30, None),
    ],
)
def test_the_preferred_wait(header, seconds):
    assert preferred_wait(header) == seconds


@real
def test_prefer_wait_brings_the_reply(alice, api, model: OpenAIServer, start_worker):
    start_worker()
    answer = api(alice).post(SEND, body(), headers={"Prefer": "wait=15"})
    assert answer.status_code == 200
    assert answer["Preference-Applied"] == "wait=15"
    assert answer.json()["status"] == "done"
    assert answer.json()["reply"]["content"] == "Con mucho gusto."


@real
def test_prefer_wait_ends_in_time_when_nobody_answers(alice, api):
    answer = api(alice).post(SEND, body(), headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    # The request's scope is whole again after its connection was given up.
    assert api(alice).get(f"{MESSAGES}/{answer.json()['message_id']}").status_code == 200


@real
def test_a_reader_by_stream_sees_the_text_grow_and_then_the_whole(alice, api, model: OpenAIServer):
    text = "Con mucho gusto. Dime qué buscas. Aquí estoy."
    model.script(Say(text, piece=6, pause=0.02))
    message = say(alice)
    at_work = threading.Thread(target=answering.answer_ready)
    at_work.start()
    answer = api(alice).get(f"{MESSAGES}/{message.pk}/stream", HTTP_ACCEPT="text/event-stream")
    assert answer["Content-Type"].startswith("text/event-stream")
    assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("no-store", "no")
    found = events(answer)
    at_work.join()
    deltas = [data["text"] for name, data in found if name == "delta"]
    assert "".join(deltas) == text
    assert len(deltas) >= 2
    assert found[-1][0] == "done"
    assert found[-1][1] == api(alice).get(f"{MESSAGES}/{message.pk}").json()
    assert [name for name, _ in events(api(alice).get(f"{MESSAGES}/{message.pk}/stream"))] == [
        *["delta"] * len(deltas),
        "done",
    ], "who comes late is told all of it"


@chat
def test_errors_of_a_stream_are_json_whatever_is_accepted(alice, api):
    client: APIClient = api(alice)
    answer = client.get(f"{MESSAGES}/987654321/stream", HTTP_ACCEPT="text/event-stream")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
