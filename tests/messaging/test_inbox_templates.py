"""Approved templates from the inbox, once the window of 24 hours has closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Channel, Conversation, Delivery, Message, SharedNumber
from messaging.whatsapp.templates import read_templates
from tenants.events import Event
from tenants.scope import tenant_scope
from tests.messaging.outgoing import PHONE, connect, drain, graph, meet, template
from tests.messaging.test_statuses import say
from tests.standins.graph_server import PHONE_NUMBER_ID

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

READY = {
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Hola {{1}}"},
        {"type": "BODY", "text": "Tu pedido {{1}} está listo: {{2}}."},
        {"type": "FOOTER", "text": "Ferretería Uno"},
    ]
}
WISH = {"name": "pedido_listo", "language": "es", "variables": ["Ana", "31", "de 8 a 18"]}
SAID = "Hola Ana\n\nTu pedido 31 está listo: de 8 a 18.\n\nFerretería Uno"


@pytest.fixture
def channel(alice, graph) -> Channel:
    link = {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Ver", "url": "https://example.com/{{1}}"}]}
    return connect(
        alice,
        graph,
        templates=[
            template("pedido_listo", **READY),
            template("hello_english", language="en_US", components=[{"type": "BODY", "text": "Hello"}]),
            template("saludo", components=[{"type": "BODY", "text": "¿Seguimos?"}]),
            template(),
            template("otra", status="PENDING"),
            template("codigo", category="AUTHENTICATION"),
            template("enlace", components=[{"type": "BODY", "text": "Mira"}, link]),
        ],
    )


@pytest.fixture
def talk(alice, channel) -> Conversation:
    """With somebody who wrote three days ago."""
    return meet(alice, channel=channel, wrote_at=timezone.now() - timedelta(days=3), language="es")


def address(talk: Conversation) -> str:
    return f"/api/user/inbox/{talk.pk}/templates"


def send(api: Any, talk: Conversation, **fields: Any) -> Any:
    return api(talk.user).post(address(talk), {**WISH, **fields}, format="json")


def rows(model: Any, talk: Conversation) -> list[Any]:
    with tenant_scope(talk.user):
        return list(model.objects.order_by("pk"))


def test_what_can_be_sent_is_listed_in_the_customers_language_first(api, alice, talk):
    found = api(alice).get(address(talk)).json()["results"]
    assert [one["name"] for one in found] == ["pedido_listo", "saludo", "hello_english"]
    assert found[0]["variables"] == ["1", "1", "2"]
    assert found[0]["preview"].startswith("Hola {{1}}\n\nTu pedido {{1}}")
    shown = api(alice).get(f"/api/user/inbox/{talk.pk}").json()
    assert (shown["can_write"], shown["can_send_template"]) == (False, True)


def test_a_link_of_its_own_for_each_message_is_none_of_ours(api, alice, channel):
    found = api(alice).get(f"/api/user/channels/{channel.pk}/templates").json()["results"]
    (link,) = [one for one in found if one["name"] == "enlace"]
    assert (link["usable"], "enlace o un código" in link["reason"]) == (False, True)


def test_it_is_shown_before_it_goes_out(api, talk):
    shown = send(api, talk, preview=True)
    assert (shown.status_code, shown.json()) == (200, {"text": SAID})
    assert not rows(Message, talk)
    assert not rows(Delivery, talk)


def test_it_goes_out_as_a_template_and_is_shown_as_one_that_is_charged(api, alice, graph, talk):
    answer = send(api, talk)
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["role"], shown["content"]) == ("owner", SAID)
    assert shown["template"] == {"name": "pedido_listo", "language": "es"}
    assert shown["delivery"] == {"status": "queued", "error": None, "is_billable": None}
    assert drain(now=timezone.now()) == {"sent": 1}
    (sent,) = graph.sent
    assert sent.recipient == PHONE
    assert sent.payload["template"] == {
        "name": "pedido_listo",
        "language": {"code": "es"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "Ana"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "31"}, {"type": "text", "text": "de 8 a 18"}]},
        ],
    }
    (delivery,) = rows(Delivery, talk)
    assert delivery.kind == Delivery.Kind.SEND
    say("delivered", delivery, pricing={"billable": True, "category": "utility", "type": "regular"})
    (last,) = api(alice).get(f"/api/user/inbox/{talk.pk}/messages").json()["messages"]
    assert last["delivery"] == {"status": "delivered", "error": None, "is_billable": True}


def test_it_is_the_owners_word_the_assistant_keeps_quiet_and_it_is_told_once(api, alice, talk):
    with tenant_scope(alice):
        Conversation.objects.filter(pk=talk.pk).update(unread=2, handover_at=timezone.now())
    assert send(api, talk).status_code == 201
    shown = api(alice).get(f"/api/user/inbox/{talk.pk}").json()
    assert (shown["unread"], shown["needs_me"], shown["taken_over"]) == (0, None, True)
    told = [event.data["by"] for event in rows(Event, talk) if event.name == "message_sent"]
    assert told == ["person"]


def test_the_same_key_goes_out_once(api, talk):
    first, again = send(api, talk, key="k1").json(), send(api, talk, key="k1").json()
    assert first["id"] == again["id"]
    assert len(rows(Delivery, talk)) == 1
    assert send(api, talk, key="k2").json()["id"] != first["id"]


def test_line_breaks_become_spaces_before_anybody_sees_them(api, talk):
    assert "está listo: de 8 a 18." in send(api, talk, variables=["Ana", "31", " de 8\n\n\ta 18 "]).json()["content"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "no_hay"}, "template"),
        ({"name": "otra", "variables": []}, "template"),
        ({"language": "pt_BR"}, "template"),
        ({"variables": ["Ana"]}, "template"),
        ({"variables": ["Ana", "31", ""]}, "variables"),
        ({"variables": ["Ana", "31", "x" * 601]}, "variables"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_no_template_of_this_number_is_refused(fields, field, api, talk):
    answer = send(api, talk, **fields)
    assert answer.status_code == 400
    assert field in answer.json()
    assert not rows(Delivery, talk)


def test_whoever_said_no_more_gets_none(api, alice, talk):
    with tenant_scope(alice):
        talk.contact.opted_out_at = timezone.now()
        talk.contact.save()
    answer = send(api, talk)
    assert (answer.status_code, "ALTA" in answer.json()["detail"]) == (409, True)
    assert not api(alice).get(f"/api/user/inbox/{talk.pk}").json()["can_send_template"]


def test_without_a_number_there_is_nothing_to_send_from(api, alice, channel, talk):
    with tenant_scope(alice):
        Channel.objects.filter(pk=channel.pk).update(token="")
    assert api(alice).get(address(talk)).json()["results"] == []
    assert send(api, talk).status_code == 409


def test_what_whatsapp_has_stopped_waits(api, alice, channel, talk):
    with tenant_scope(alice):
        Channel.objects.filter(pk=channel.pk).update(no_proactive_before=timezone.now() + timedelta(hours=1))
    assert send(api, talk).status_code == 409
    assert not rows(Message, talk)


def test_on_the_shared_number_the_platforms_templates_go_out(api, alice, graph):
    talk = meet(alice, wrote_at=timezone.now() - timedelta(days=3))
    shared = SharedNumber.current()
    shared.templates = [template("saludo", components=[{"type": "BODY", "text": "¿Seguimos?"}])]
    shared.save()
    assert [one["name"] for one in api(alice).get(address(talk)).json()["results"]] == ["saludo"]
    assert send(api, talk, name="saludo", variables=[]).status_code == 201
    assert drain(now=timezone.now()) == {"sent": 1}
    assert graph.sent[0].phone_number_id == PHONE_NUMBER_ID


def test_another_tenants_conversation_is_not_there(api, bob, talk):
    assert api(bob).get(address(talk)).status_code == 404
    assert api(bob).post(address(talk), WISH, format="json").status_code == 404
    assert not rows(Delivery, talk)


def test_in_ones_own_talk_there_is_nobody_to_send_one_to(api, alice, talk):
    with tenant_scope(alice):
        Conversation.objects.filter(pk=talk.pk).update(audience="owner", contact=None)
    assert send(api, talk).status_code == 409


def test_the_simulators_own_templates_are_ours_to_send():
    from config.simulator.records import TEMPLATES

    state = SharedNumber(phone_number_id="1", templates=TEMPLATES)
    usable = [one for one in read_templates(state) if one.is_usable]
    assert len(usable) == len(TEMPLATES)
    assert {one.name for one in usable} >= {"recado_reminder", "recado_digest", "seguimos_en_contacto"}
