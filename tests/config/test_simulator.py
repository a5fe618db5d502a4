"""The simulator's phones: what they say goes signed to the webhook, and nobody plays another tenant's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from config.simulator import phones
from config.simulator.graph import GraphServer
from tenants.models import Contact, User
from tenants.scope import tenant_scope

MESSAGES = "/api/user/simulator/messages"


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphServer]:
    """The simulator of this installation; it keeps what it would post to the webhook."""
    with GraphServer(control_token="control", statuses=("sent", "delivered")) as graph:
        settings.WHATSAPP = settings.WHATSAPP | {
            "SIMULATED": True,
            "SIMULATOR_URL": graph.url,
            "SIMULATOR_CONTROL_TOKEN": "control",
            "PHONE_NUMBER_ID": graph.number.phone_number_id,
            "TOKEN": graph.number.token,
        }
        yield graph


def phone_of(client: Any, kind: str) -> dict[str, Any]:
    (found,) = [one for one in client.get("/api/user/simulator").json()["phones"] if one["kind"] == kind]
    return found


def reply(graph: GraphServer, to: str, **payload: Any) -> None:
    """The shop writes to a phone."""
    url = f"{graph.url}/v25.0/{graph.number.phone_number_id}/messages"
    headers = {"Authorization": f"Bearer {graph.number.token}"}
    body = {"messaging_product": "whatsapp", "to": to, **payload}
    assert requests.post(url, json=body, headers=headers, timeout=10).status_code == 200


def last_value(graph: GraphServer) -> dict[str, Any]:
    return json.loads(graph.postman.bodies[-1])["entry"][0]["changes"][0]["value"]


def test_without_a_simulated_number_it_says_so(api, alice: User) -> None:
    client = api(alice)
    assert client.get("/api/user/simulator").json() == {"simulated": False, "phones": []}
    number = phones.number_of(alice, 1)
    for answer in (
        client.post(MESSAGES, {"phone": number, "text": "Hola"}, format="json"),
        client.get(MESSAGES, {"phone": number}),
        client.post("/api/user/simulator/read", {"phone": number}, format="json"),
    ):
        assert answer.status_code == 409
        assert "número real" in answer.json()["detail"]


def test_a_new_customer_writes_with_the_shops_name(api, alice: User, graph: GraphServer) -> None:
    client = api(alice)
    phone = phone_of(client, "new")
    assert not phone["is_known"]
    answer = client.post(MESSAGES, {"phone": phone["phone"], "text": "¿Tienen laptops?"}, format="json")
    assert answer.status_code == 201
    value = last_value(graph)
    (message,) = value["messages"]
    assert message["text"]["body"] == "@alice ¿Tienen laptops?"
    assert (message["id"], message["from"]) == (answer.json()["wamid"], phone["phone"])
    assert value["contacts"][0]["profile"]["name"] == phone["name"]
    assert "prueba" in phone["name"]
    screen = client.get(MESSAGES, {"phone": phone["phone"]}).json()
    assert [(line["mine"], line["text"], line["status"]) for line in screen["lines"]] == [
        (True, "@alice ¿Tienen laptops?", "sent")
    ]


def test_who_is_known_to_the_shop_needs_no_name(api, alice: User, graph: GraphServer) -> None:
    client = api(alice)
    phone = phone_of(client, "new")
    with tenant_scope(alice):
        Contact.objects.create(user=alice, name="Cliente", phone=phone["phone"], whatsapp_key=phone["phone"])
    client.post(MESSAGES, {"phone": phone["phone"], "text": "Hola"}, format="json")
    assert last_value(graph)["messages"][0]["text"]["body"] == "Hola"
    assert phone_of(client, "new")["phone"] != phone["phone"]


def test_what_was_written_by_hand_and_the_owners_words_stay(api, alice: User, graph: GraphServer) -> None:
    client = api(alice)
    for kind, text in (("new", "Hola @otra"), ("owner", "VINCULAR 123456")):
        client.post(MESSAGES, {"phone": phone_of(client, kind)["phone"], "text": text}, format="json")
        assert last_value(graph)["messages"][0]["text"]["body"] == text


def test_a_reply_is_shown_with_its_buttons_and_one_is_tapped(api, alice: User, graph: GraphServer) -> None:
    client = api(alice)
    phone = phone_of(client, "returning")["phone"]
    buttons = [{"type": "reply", "reply": {"id": "yes:7", "title": "Sí"}}]
    content = {"type": "button", "body": {"text": "¿Lo *confirmas*?"}, "action": {"buttons": buttons}}
    reply(graph, phone, type="interactive", interactive=content)
    (line,) = client.get(MESSAGES, {"phone": phone}).json()["lines"]
    assert (line["mine"], line["text"]) == (False, "¿Lo *confirmas*?")
    assert line["choices"] == [{"id": "yes:7", "title": "Sí", "description": "", "is_row": False}]
    client.post(MESSAGES, {"phone": phone, "choice_id": "yes:7", "title": "Sí"}, format="json")
    said = last_value(graph)["messages"][0]["interactive"]
    assert said == {"type": "button_reply", "button_reply": {"id": "yes:7", "title": "Sí"}}


def test_a_list_is_shown_with_its_rows(api, alice: User, graph: GraphServer) -> None:
    client = api(alice)
    phone = phone_of(client, "returning")["phone"]
    rows = [{"id": "product:3", "title": "Martillo", "description": "$ 25.000"}]
    action = {"button": "Ver productos", "sections": [{"rows": rows}]}
    reply(graph, phone, type="interactive", interactive={"type": "list", "body": {"text": "Hay uno"}, "action": action})
    (line,) = client.get(MESSAGES, {"phone": phone}).json()["lines"]
    assert line["list_button"] == "Ver productos"
    assert line["choices"] == [{"id": "product:3", "title": "Martillo", "description": "$ 25.000", "is_row": True}]
    given = {"phone": phone, "choice_id": "product:3", "title": "Martillo", "is_row": True}
    client.post(MESSAGES, given, format="json")
    assert last_value(graph)["messages"][0]["interactive"]["list_reply"]["id"] == "product:3"


def test_only_what_is_new_comes_again_and_reading_tells_the_shop(api, alice: User, graph: GraphServer) -> None:
    client = api(alice)
    phone = phone_of(client, "returning")["phone"]
    reply(graph, phone, type="text", text={"body": "Hola"})
    first = client.get(MESSAGES, {"phone": phone}).json()
    assert client.get(MESSAGES, {"phone": phone, "after": first["last"]}).json()["lines"] == []
    assert client.post("/api/user/simulator/read", {"phone": phone}, format="json").status_code == 204
    (line,) = client.get(MESSAGES, {"phone": phone, "after": first["last"]}).json()["lines"]
    assert line["status"] == "read"
    assert last_value(graph)["statuses"][0]["status"] == "read"


def test_nobody_plays_or_reads_another_tenants_phone(api, alice: User, bob: User, graph: GraphServer) -> None:
    phone = phone_of(api(alice), "returning")["phone"]
    api(alice).post(MESSAGES, {"phone": phone, "text": "Hola"}, format="json")
    said = len(graph.postman.bodies)
    client = api(bob)
    for number in (phone, f"+{phone}", phone[:-1], phone + "0", "573001112233", "", "999"):
        assert client.post(MESSAGES, {"phone": number, "text": "Hola"}, format="json").status_code in {400, 404}
        assert client.get(MESSAGES, {"phone": number}).status_code in {400, 404}
        assert client.post("/api/user/simulator/read", {"phone": number}, format="json").status_code in {400, 404}
    assert len(graph.postman.bodies) == said
    assert {one["phone"] for one in client.get("/api/user/simulator").json()["phones"]}.isdisjoint(
        {one["phone"] for one in api(alice).get("/api/user/simulator").json()["phones"]}
    )


@pytest.mark.parametrize("given", [{}, {"text": "Hola", "choice_id": "yes:1"}, {"text": ""}, {"text": "x" * 4097}])
def test_it_wants_a_text_or_a_choice(api, alice: User, graph: GraphServer, given: dict[str, str]) -> None:
    phone = phones.number_of(alice, 1)
    assert api(alice).post(MESSAGES, {"phone": phone, **given}, format="json").status_code == 400
    assert len(graph.postman.bodies) == 0


def test_it_says_when_the_simulator_is_away(api, alice: User, graph: GraphServer) -> None:
    graph.stop()
    answer = api(alice).post(MESSAGES, {"phone": phones.number_of(alice, 1), "text": "Hola"}, format="json")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
