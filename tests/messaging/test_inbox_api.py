"""The inbox's contract over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging import claims, conversations, inbox, inbox_api
from messaging.files import safe_type
from messaging.inbox_stream import InboxStream
from messaging.models import Conversation, Delivery, Message
from messaging.questions import note_unanswered
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.conftest import connections_of, say, until

INBOX = "/api/user/inbox"

pytestmark = pytest.mark.django_db


def talk(
    user: User, text: str = "¿Tienen laptops?", *, contact: dict[str, Any] | None = None, **fields: Any
) -> Conversation:
    """A customer's conversation on WhatsApp, with one message to which the assistant has replied."""
    now = timezone.now()
    fields = {"window_until": now + timedelta(hours=5), "unread": 1, **fields}
    with tenant_scope(user):
        who = factories.contact(user, **{"wa_id": f"57{now.timestamp():.6f}".replace(".", "")[:15], **(contact or {})})
        made = factories.conversation(
            user, channel="whatsapp", audience="customer", contact=who, phone_number_id="106540352242922", **fields
        )
        asked = factories.message(user, conversation=made, content=text, status="done", wamid=f"wamid.{made.pk}")
        factories.message(
            user, conversation=made, content="Sí, desde $ 900.000.", role="assistant", status="done", reply_to=asked
        )
    return made


def fresh(user: User, conversation: Conversation) -> Conversation:
    with tenant_scope(user):
        return Conversation.objects.get(pk=conversation.pk)


def sent(user: User) -> list[str]:
    with tenant_scope(user):
        return [row.text for row in Delivery.objects.order_by("id")]


# --- the list --------------------------------------------------------------------------------------------------------
def test_it_lists_customers_the_one_that_moved_last_first(alice, bob, api):
    talk(bob)
    old = talk(alice, updated_at=timezone.now() - timedelta(hours=1), contact={"name": "Ana", "language": "es"})
    new = talk(alice)
    say(alice)  # her own talk with her assistant is no customer's
    answer = api(alice).get(INBOX).json()
    assert [row["id"] for row in answer["results"]] == [new.pk, old.pk]
    row = answer["results"][1]
    assert row["contact"]["name"] == "Ana"
    assert (row["channel"], row["audience"], row["unread"]) == ("whatsapp", "customer", 1)
    assert (row["can_write"], row["why_not"], row["taken_over"], row["needs_me"]) == (True, None, False, None)
    assert row["last_message"]["content"] == "Sí, desde $ 900.000."


def test_ones_own_talks_are_there_when_asked_for(alice, api):
    customer = talk(alice)
    own = say(alice).conversation_id
    assert [row["id"] for row in api(alice).get(f"{INBOX}?audience=owner").json()["results"]] == [own]
    assert {row["id"] for row in api(alice).get(f"{INBOX}?audience=all").json()["results"]} == {own, customer.pk}
    assert [row["id"] for row in api(alice).get(f"{INBOX}?audience=all&channel=web").json()["results"]] == [own]


def test_it_filters(alice, api):
    now = timezone.now()
    plain = talk(alice, unread=0)
    unread = talk(alice)
    mine = talk(alice, unread=0, taken_over_at=now)
    over = talk(alice, unread=0, taken_over_at=now, taken_over_until=now - timedelta(minutes=1))
    late = talk(alice, unread=0, window_until=now - timedelta(minutes=1))

    def found(query: str) -> set[int]:
        return {row["id"] for row in api(alice).get(f"{INBOX}?{query}").json()["results"]}

    everything = {plain.pk, unread.pk, mine.pk, over.pk, late.pk}
    assert found("unread=true") == {unread.pk}
    assert found("unread=false") == everything - {unread.pk}
    assert found("taken_over=true") == {mine.pk}
    assert found("taken_over=false") == everything - {mine.pk}
    assert found("window_open=false") == {late.pk}
    assert found("window_open=true") == everything - {late.pk}
    assert api(alice).get(f"{INBOX}?unread=perhaps").status_code == 400


def test_it_says_what_needs_the_owner_until_something_was_said(alice, api):
    asked, failed, lost, fine = (talk(alice) for _ in range(4))
    with tenant_scope(alice):
        Conversation.objects.filter(pk=asked.pk).update(handover_at=timezone.now())
        factories.message(alice, conversation=failed, status="failed", reason="fault")
        word = factories.message(alice, conversation=lost, role="owner", status="done", content="Ya voy")
        factories.delivery(alice, message=word, status="failed", code=131026)
    rows = api(alice).get(f"{INBOX}?needs_me=true").json()["results"]
    assert {row["id"]: row["needs_me"] for row in rows} == {
        asked.pk: "handover", failed.pk: "failed_turn", lost.pk: "failed_delivery",
    }  # fmt: skip
    assert [row["id"] for row in api(alice).get(f"{INBOX}?needs_me=false").json()["results"]] == [fine.pk]
    assert api(alice).get(f"{INBOX}/counts").json() == {"unread": 4, "needs_me": 3, "conversations": 4}
    for one in (asked, failed, lost):
        assert api(alice).post(f"{INBOX}/{one.pk}/messages", {"text": "Aquí estoy"}, format="json").status_code == 201
    assert api(alice).get(f"{INBOX}?needs_me=true").json()["count"] == 0


@pytest.mark.parametrize(
    "text", ["MARÍA", "maria jo", "300 555", "+57300555", "pantalla", "PANTÁLLA", "profesora"]
)  # fmt: skip
def test_search_finds_by_name_phone_and_what_was_said(text, alice, bob, api):
    person = {"name": "María José", "phone": "+573005550011", "profile_name": "La Profesora"}
    talk(bob, "pantalla", contact=person)
    wanted = talk(alice, "¿Arreglan la pantalla?", contact=person)
    talk(alice, "otra cosa", contact={"name": "Pedro"})
    rows = api(alice).get(INBOX, {"search": text}).json()["results"]
    assert [row["id"] for row in rows] == [wanted.pk]


@pytest.mark.parametrize("text", ["100%", "a_b", "\\", "'; DROP TABLE", "😀"])
def test_search_takes_any_text_for_text(text, alice, api):
    talk(alice, "otra cosa")
    wanted = talk(alice, f"dice {text} aquí")
    assert [row["id"] for row in api(alice).get(INBOX, {"search": text}).json()["results"]] == [wanted.pk]


def test_pages_cost_the_same_however_many_they_show(alice, api):
    for _ in range(2):
        talk(alice)
    client = api(alice)
    client.get(INBOX)
    with CaptureQueriesContext(connection) as few:
        client.get(INBOX)
    for _ in range(6):
        talk(alice)
    with CaptureQueriesContext(connection) as many:
        client.get(INBOX)
    assert len(many) == len(few)


# --- what was said ---------------------------------------------------------------------------------------------------
def test_messages_come_the_oldest_first_and_backwards_by_pages(alice, api):
    one = talk(alice)
    with tenant_scope(alice):
        for n in range(5):
            factories.message(alice, conversation=one, role="owner", status="done", content=f"{n}")
    latest = api(alice).get(f"{INBOX}/{one.pk}/messages?limit=3").json()
    assert [row["content"] for row in latest["messages"]] == ["2", "3", "4"]
    assert latest["has_earlier"]
    before = api(alice).get(f"{INBOX}/{one.pk}/messages?limit=9&before={latest['messages'][0]['id']}").json()
    assert [row["content"] for row in before["messages"]][-2:] == ["0", "1"]
    assert not before["has_earlier"]


def test_a_message_shows_its_files_ticks_and_what_it_quotes(alice, api):
    one = talk(alice)
    with tenant_scope(alice):
        picture = factories.message(
            alice, conversation=one, kind="image", content="Mira", quoted_wamid=f"wamid.{one.pk}"
        )
        file = factories.attachment(alice, message=picture, mime_type="image/png")
        waiting = factories.attachment(alice, message=picture, status="pending", content=None)
        word = factories.message(alice, conversation=one, role="owner", status="done", content="Ya")
        factories.delivery(alice, message=word, status="read")
        factories.delivery(alice, message=word, status="failed", code=131047)
    shown, said = api(alice).get(f"{INBOX}/{one.pk}/messages").json()["messages"][-2:]
    assert [row["id"] for row in shown["attachments"]] == [file.pk, waiting.pk]
    assert [row["url"] for row in shown["attachments"]] == [f"/api/user/attachments/{file.pk}", None]
    assert shown["quoted"]["content"] == "¿Tienen laptops?"
    assert shown["delivery"] is None
    assert said["delivery"]["status"] == "failed"  # of two parts the one that came least far
    assert "24 horas" in said["delivery"]["error"]["text"]
    assert "plantilla" in said["delivery"]["error"]["remedy"]


def test_messages_cost_the_same_however_many_there_are(alice, api):
    one = talk(alice)

    def fill(n: int) -> None:
        with tenant_scope(alice):
            for _ in range(n):
                row = factories.message(alice, conversation=one, kind="image", quoted_wamid=f"wamid.{one.pk}")
                factories.attachment(alice, message=row)
                word = factories.message(alice, conversation=one, role="owner", status="done")
                factories.delivery(alice, message=word)

    client = api(alice)
    fill(1)
    with CaptureQueriesContext(connection) as few:
        client.get(f"{INBOX}/{one.pk}/messages")
    fill(8)
    with CaptureQueriesContext(connection) as many:
        client.get(f"{INBOX}/{one.pk}/messages")
    assert len(many) == len(few)


# --- the owner's own words -------------------------------------------------------------------------------------------
def test_a_reply_goes_out_and_keeps_the_assistant_quiet_for_half_an_hour(alice, api):
    one = talk(alice, handover_at=timezone.now())
    answer = api(alice).post(f"{INBOX}/{one.pk}/messages", {"text": "Hola, soy *Alicia* <b>"}, format="json")
    assert answer.status_code == 201
    assert (answer.json()["role"], answer.json()["delivery"]["status"]) == ("owner", "queued")
    assert sent(alice) == ["Hola, soy *Alicia* <b>"]
    row = api(alice).get(f"{INBOX}/{one.pk}").json()
    assert (row["taken_over"], row["unread"], row["needs_me"]) == (True, 0, None)
    until_ = fresh(alice, one).taken_over_until
    assert until_ is not None
    assert timedelta(minutes=29) < until_ - timezone.now() <= timedelta(minutes=30)


def test_a_reply_that_is_asked_for_twice_goes_out_once(alice, api):
    one = talk(alice)
    for _ in range(3):
        answer = api(alice).post(f"{INBOX}/{one.pk}/messages", {"text": "Hola", "key": "k-1"}, format="json")
        assert answer.status_code == 201
        assert answer.json()["key"] == "k-1"
    assert (
        api(alice).post(f"{INBOX}/{one.pk}/messages", {"text": "Hola", "key": "k-2"}, format="json").status_code == 201
    )
    assert sent(alice) == ["Hola", "Hola"]


def test_a_long_reply_goes_out_in_parts_and_loses_nothing(alice, api):
    one = talk(alice)
    text = " ".join(f"Frase número {n} de la respuesta." for n in range(300))
    assert api(alice).post(f"{INBOX}/{one.pk}/messages", {"text": text}, format="json").status_code == 201
    parts = sent(alice)
    assert len(parts) > 1
    assert max(map(len, parts)) <= 4096
    assert " ".join(parts) == text


@pytest.mark.parametrize("text", ["a" * 5000, "😀" * 3000, "línea\n" * 900])
def test_what_has_no_place_to_break_is_cut_all_the_same(text):
    parts = inbox.split(text)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")
    assert all(len(part.encode("utf-16-le")) // 2 <= 4096 for part in parts)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"window_until": None}, "24 horas"),
        ({"window_until": timezone.now() - timedelta(minutes=1)}, "24 horas"),
        ({"contact": {"opted_out_at": timezone.now()}}, "ALTA"),
        ({"contact": {"wa_id": ""}}, "número"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_way_out(fields, words, alice, api):
    one = talk(alice, **fields)
    answer = api(alice).post(f"{INBOX}/{one.pk}/messages", {"text": "Hola"}, format="json")
    assert answer.status_code == 409
    assert words in answer.json()["detail"]
    row = api(alice).get(f"{INBOX}/{one.pk}").json()
    assert (row["can_write"], row["why_not"]) == (False, answer.json()["detail"])
    assert sent(alice) == []
    with tenant_scope(alice):
        assert not Message.objects.filter(role="owner").exists()
    assert not fresh(alice, one).taken_over_at


def test_in_ones_own_talk_there_is_nobody_to_write_to(alice, api):
    own = say(alice).conversation_id
    for what, body in (("messages", {"text": "Hola"}), ("notes", {"text": "Hola"}), ("take-over", {})):
        assert api(alice).post(f"{INBOX}/{own}/{what}", body, format="json").status_code == 409


@pytest.mark.parametrize("text", [None, "", " \u200b", 7, "x" * 12_001])
def test_it_refuses_what_is_no_reply(text, alice, api):
    one = talk(alice)
    for body in ({"text": text}, {"text": "Hola", "more": 1}):
        assert api(alice).post(f"{INBOX}/{one.pk}/messages", body, format="json").status_code == 400


def test_a_note_is_never_sent_and_no_assistant_reads_it(alice, api):
    one = talk(alice)
    answer = api(alice).post(f"{INBOX}/{one.pk}/notes", {"text": "Regatea siempre"}, format="json")
    assert answer.json()["role"] == "note"
    assert sent(alice) == []
    assert not fresh(alice, one).taken_over_at
    with tenant_scope(alice):
        asked = Message.objects.create(user=alice, conversation=one, role="user", content="¿Y?", status="pending")
        assert all(message.role != "note" for message in claims._history(asked))


def test_the_owners_word_is_in_the_assistants_history(alice, api):
    one = talk(alice)
    api(alice).post(f"{INBOX}/{one.pk}/messages", {"text": "Te lo dejo en 80.000"}, format="json")
    with tenant_scope(alice):
        asked = Message.objects.create(user=alice, conversation=one, role="user", content="¿Y?", status="pending")
        assert "Te lo dejo en 80.000" in [message.content for message in claims._history(asked)]


def test_the_word_is_taken_and_handed_back(alice, api):
    one = talk(alice)
    row = api(alice).post(f"{INBOX}/{one.pk}/take-over", {}, format="json").json()
    assert (row["taken_over"], row["taken_over_until"]) == (True, None)
    row = api(alice).post(f"{INBOX}/{one.pk}/take-over", {"minutes": 60}, format="json").json()
    assert row["taken_over"]
    assert row["taken_over_until"] is not None
    assert not api(alice).post(f"{INBOX}/{one.pk}/hand-back").json()["taken_over"]
    assert api(alice).post(f"{INBOX}/{one.pk}/take-over", {"minutes": 0}, format="json").status_code == 400


def test_reading_clears_the_count(alice, api):
    one = talk(alice, unread=3)
    assert api(alice).post(f"{INBOX}/{one.pk}/read").json()["unread"] == 0
    assert api(alice).get(f"{INBOX}/counts").json()["unread"] == 0


def test_a_product_goes_out_at_the_catalogues_price(alice, bob, api):
    one = talk(alice)
    with tenant_scope(alice):
        product = factories.product(alice, name="Laptop <Pro>", price="1234500", stock=0)
        withdrawn = factories.product(alice, active=False)
    with tenant_scope(bob):
        foreign = factories.product(bob)
    path = f"{INBOX}/{one.pk}/products"
    answer = api(alice).post(path, {"product_id": product.pk}, format="json")
    assert answer.status_code == 201
    assert sent(alice) == ["*Laptop <Pro>*\n$ 1.234.500\nAgotado por ahora."]
    assert answer.json()["sources"][0]["id"] == product.pk
    for absent in (withdrawn.pk, foreign.pk, 987_654_321):
        for more in ({}, {"preview": True}):
            assert api(alice).post(path, {"product_id": absent} | more, format="json").status_code == 404
    shown = api(alice).post(path, {"product_id": product.pk, "preview": True}, format="json")
    assert (shown.status_code, shown.json()) == (200, {"text": sent(alice)[0]})
    assert len(sent(alice)) == 1


def test_a_free_time_is_offered_in_the_contacts_language_and_a_taken_one_is_not(alice, api):
    one = talk(alice, contact={"language": "en"})
    free = api(alice).get("/api/user/personal/appointments/free?minutes=30").json()["slots"][0]
    path = f"{INBOX}/{one.pk}/slots"
    shown = api(alice).post(path, {"start": free["start"], "minutes": 30, "preview": True}, format="json")
    assert (shown.status_code, sent(alice)) == (200, [])
    answer = api(alice).post(path, {"start": free["start"], "minutes": 30}, format="json")
    assert answer.status_code == 201, answer.json()
    assert sent(alice) == [shown.json()["text"]]
    assert free["start"][11:16] in sent(alice)[0]
    api(alice).post(
        "/api/user/personal/appointments",
        {"title": "Secreto", "start_datetime": free["start"], "duration_minutes": 30},
        format="json",
    )
    with tenant_scope(alice):
        factories.appointment(alice, title="Dentista", start_datetime=timezone.datetime.fromisoformat(free["start"]))
    refused = api(alice).post(path, {"start": free["start"], "minutes": 30}, format="json")
    assert refused.status_code == 409
    assert "Dentista" not in refused.content.decode()
    assert api(alice).post(path, {"start": "2020-01-06T15:00:00Z", "minutes": 30}, format="json").status_code == 409


# --- quick replies and what is asked for in vain ---------------------------------------------------------------------
def test_quick_replies_are_kept_changed_and_deleted(alice, bob, api):
    path = "/api/user/quick-replies"
    made = api(alice).post(path, {"title": "Horario", "text": "De 9 a 6."}, format="json")
    assert made.status_code == 201
    assert api(alice).post(path, {"title": "Horario", "text": "Otro"}, format="json").status_code == 400
    assert api(bob).post(path, {"title": "Horario", "text": "Otro"}, format="json").status_code == 201
    one = f"{path}/{made.json()['id']}"
    assert api(alice).patch(one, {"text": "De 8 a 5."}, format="json").json()["text"] == "De 8 a 5."
    assert [row["title"] for row in api(alice).get(path).json()["results"]] == ["Horario"]
    assert api(alice).post(path, {"title": "", "text": ""}, format="json").status_code == 400
    assert api(alice).delete(one).status_code == 204
    assert api(alice).get(path).json()["count"] == 0
    assert api(bob).get(path).json()["count"] == 1


def test_what_is_asked_for_in_vain_is_listed_and_put_aside(alice, bob, api):
    one = talk(alice, contact={"name": "Carla"})
    for user, conversation in ((alice, one), (bob, talk(bob))):
        with tenant_scope(user):
            message = Message.objects.filter(conversation=conversation).first()
            note_unanswered(user=user, text="¿Tienen telescopios?", message=message, now=timezone.now())
    rows = api(alice).get("/api/user/unanswered").json()["results"]
    assert [(row["question"], row["times"], row["conversation_id"], row["contact_name"]) for row in rows] == [
        ("¿Tienen telescopios?", 1, one.pk, "Carla")
    ]
    path = f"/api/user/unanswered/{rows[0]['id']}"
    assert api(alice).post(f"{path}/dismiss").json()["dismissed_at"] is not None
    assert api(alice).get("/api/user/unanswered").json()["count"] == 0
    assert api(alice).get("/api/user/unanswered?dismissed=true").json()["count"] == 1
    assert api(alice).post(f"{path}/restore").json()["dismissed_at"] is None
    assert api(alice).get("/api/user/unanswered?ordering=-times").json()["count"] == 1
    assert api(bob).get("/api/user/unanswered").json()["count"] == 1


# --- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mime", "kind", "disposition"),
    [
        ("image/png", "image/png", "inline"),
        ("audio/ogg; codecs=opus", "audio/ogg", "attachment"),
        ("application/pdf", "application/pdf", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("text/html", "application/octet-stream", "attachment"),
        ("application/javascript", "application/octet-stream", "attachment"),
        ("", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_is_handed_out_as_nothing_that_runs(mime, kind, disposition, alice, bob, api):
    with tenant_scope(alice):
        row = factories.attachment(
            alice, mime_type=mime, content=b"<script>alert(1)</script>", filename='../../e"vil\r\nX: y.html'
        )
    path = f"/api/user/attachments/{row.pk}"
    answer = api(alice).get(path)
    assert answer.content == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith(disposition)
    assert "\n" not in answer["Content-Disposition"]
    assert ".." not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"].startswith("private")
    assert api(bob).get(path).status_code == 404


def test_a_file_that_is_not_there_yet_is_not_found(alice, api):
    with tenant_scope(alice):
        row = factories.attachment(alice, status="pending", content=None)
    assert api(alice).get(f"/api/user/attachments/{row.pk}").status_code == 404


def test_no_type_runs_however_it_is_written():
    assert safe_type(" IMAGE/PNG ;a=b") == "image/png"
    assert safe_type("image/png\r\nX: y") == "application/octet-stream"


# --- live ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_stream_tells_which_conversation_changed(alice, bob):
    one, other = talk(alice), talk(bob)
    stream = InboxStream(user=alice, render=inbox_api.show_conversations)
    heard: list[str] = []
    events = iter(stream)
    heard.extend(next(events) for _ in range(3))
    assert "event: refresh" in "".join(heard)
    until(lambda: connections_of("recado recado_streams"))

    def told() -> bool:
        for user, conversation in ((bob, other), (alice, one)):
            with tenant_scope(user):
                inbox.add_note(conversation=conversation, text=f"De {user.username}", now=timezone.now())
        heard.append(next(events))
        return "De alice" in heard[-1]

    until(told)  # what was said before the line was there is a «refresh»
    assert "De bob" not in "".join(heard)
    with tenant_scope(alice):
        conversations.delete(conversation=one)
    until(lambda: heard.append(next(events)) or "event: gone" in heard[-1], seconds=20)
    stream.close()


def test_the_web_chat_writes_into_nobody_elses_conversation(alice, api):
    one = talk(alice)
    body = {"content": "Hola", "assistant_type": "commercial", "conversation_id": one.pk}
    assert api(alice).post("/api/user/chat/message", body, format="json").status_code == 404
    assert api(alice).get("/api/user/chat/conversations?channel=web").json()["count"] == 0
