"""The stand-in for the Graph API: what it takes and refuses, what it says, and what it tells the webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from config.simulator.charges import Charges
from config.simulator.graph import GraphServer
from config.simulator.records import APP_SECRET, BUSINESS_ACCOUNT_ID, PHONE_NUMBER_ID, TOKEN

PHONE = "573001112233"
OTHER = "573004445566"


class Webhook:
    """A webhook that keeps what it is posted. ``answers`` are given first, one to each request; then 200."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = webhook.answers.pop(0) if webhook.answers else 200
                webhook.requests.append((body, self.headers["X-Hub-Signature-256"]))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api/whatsapp/webhook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def values(self) -> list[dict[str, Any]]:
        return [json.loads(body)["entry"][0]["changes"][0]["value"] for body, _ in self.requests]

    @property
    def statuses(self) -> list[dict[str, Any]]:
        return [item for value in self.values for item in value.get("statuses", [])]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture
def graph(webhook: Webhook) -> Iterator[GraphServer]:
    with GraphServer(webhook_url=webhook.url, control_token="control") as graph:
        yield graph


def post(
    graph: GraphServer,
    payload: dict[str, Any] | None = None,
    *,
    token: str = TOKEN,
    timeout: float = 10.0,
    **fields: Any,
) -> requests.Response:
    payload = payload if payload is not None else text("Hola")
    address = f"{graph.url}/v25.0/{PHONE_NUMBER_ID}/messages"
    return requests.post(address, json=payload | fields, headers={"Authorization": f"Bearer {token}"}, timeout=timeout)


def get(graph: GraphServer, path: str, *, token: str = TOKEN) -> requests.Response:
    address = path if path.startswith("http") else f"{graph.url}{path}"
    return requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def text(body: str, *, to: str = PHONE) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}}


def interactive(**content: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": PHONE, "type": "interactive", "interactive": content}


def buttons(*titles: str) -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"yes:{place}", "title": one}} for place, one in enumerate(titles)]
    return interactive(type="button", body={"text": "¿Lo confirmas?"}, action={"buttons": replies})


def rows(count: int, **fields: str) -> dict[str, Any]:
    found = [{"id": f"product:{place}", "title": "Martillo", **fields} for place in range(count)]
    return interactive(type="list", body={"text": "Hay"}, action={"button": "Ver", "sections": [{"rows": found}]})


def test_it_accepts_a_text_and_tells_its_way(graph: GraphServer, webhook: Webhook) -> None:
    answer = post(graph, biz_opaque_callback_data="delivery-7")
    assert answer.status_code == 200
    said = answer.json()
    assert said["contacts"] == [{"input": PHONE, "wa_id": PHONE}]
    (sent,) = graph.sent
    assert said["messages"] == [{"id": sent.wamid}]
    assert (sent.recipient, sent.text, sent.callback, sent.is_bsuid) == (PHONE, "Hola", "delivery-7", False)
    assert graph.postman.wait_until_done()
    assert [one["status"] for one in webhook.statuses] == ["sent", "delivered", "read"]
    for item in webhook.statuses:
        assert item["id"] == sent.wamid
        assert item["recipient_id"] == PHONE
        assert item["biz_opaque_callback_data"] == "delivery-7"
        assert item["pricing"]["category"] == "service"
        assert (item["pricing"]["billable"], item["pricing"]["type"]) == (False, "free_customer_service")


@pytest.mark.parametrize(
    ("category", "is_open", "is_charged"),
    [
        ("UTILITY", False, True),
        ("UTILITY", True, False),
        ("MARKETING", True, True),
        ("MARKETING", False, True),
        ("AUTHENTICATION", True, True),
    ],
)
def test_templates_are_charged_and_those_of_use_are_free_in_the_window(
    graph: GraphServer, webhook: Webhook, category: str, is_open: bool, is_charged: bool
) -> None:
    graph.number.templates = [{"name": "pedido_listo", "language": "es", "category": category, "status": "APPROVED"}]
    if is_open:
        graph.say(PHONE, "Hola")
    named = {"name": "pedido_listo", "language": {"code": "es"}}
    answer = post(graph, {"messaging_product": "whatsapp", "to": PHONE, "type": "template", "template": named})
    assert answer.status_code == 200
    assert graph.postman.wait_until_done()
    assert [one["status"] for one in webhook.statuses] == ["sent", "delivered", "read"]
    told = {"pricing_model": "PMP", "billable": is_charged, "category": category.lower()}
    for item in webhook.statuses:
        assert item["pricing"] == told | {"type": "regular" if is_charged else "free_customer_service"}


def test_answers_past_the_thousand_of_a_month_are_charged() -> None:
    charges, november = Charges(), datetime(2026, 11, 30, tzinfo=UTC)

    def answer(number: str, at: datetime) -> bool:
        return bool(charges.price(phone_number_id=number, template="", is_open=True, at=at)["billable"])

    assert [answer("1", november) for _ in range(1001)] == [False] * 1000 + [True]
    assert not answer("2", november)
    assert not answer("1", november + timedelta(days=1))


def test_every_body_is_signed_over_its_bytes(graph: GraphServer, webhook: Webhook) -> None:
    assert graph.say(PHONE, "¿Tienen laptops?", name="Carla").status == 200
    post(graph)
    assert graph.postman.wait_until_done()
    assert len(webhook.requests) == 4
    for body, signature in webhook.requests:
        assert signature == "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    value = webhook.values[0]
    assert value["metadata"]["phone_number_id"] == PHONE_NUMBER_ID
    assert value["contacts"] == [{"profile": {"name": "Carla"}, "wa_id": PHONE}]
    assert value["messages"][0]["from"] == PHONE
    assert value["messages"][0]["text"] == {"body": "¿Tienen laptops?"}


def test_it_refuses_a_wrong_token(graph: GraphServer) -> None:
    answer = post(graph, token="wrong")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 190
    assert get(graph, f"/v25.0/{PHONE_NUMBER_ID}", token="wrong").status_code == 401
    assert graph.sent == []


def test_it_knows_only_its_numbers(graph: GraphServer) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.post(f"{graph.url}/v25.0/999999/messages", json=text("Hola"), headers=headers, timeout=10)
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["error_subcode"]) == (100, 33)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (text("a" * 4097), 100),
        (text(""), 131008),
        ({"to": PHONE, "type": "text", "text": {"body": "Hola"}}, 100),
        ({"messaging_product": "whatsapp", "type": "text", "text": {"body": "Hola"}}, 100),
        (text("Hola") | {"biz_opaque_callback_data": "x" * 513}, 100),
        (text("Hola") | {"type": "telegram"}, 131051),
        (buttons("Sí", "No", "Luego", "Nunca"), 131009),
        (buttons(), 131009),
        (buttons("Un título de más de veinte"), 131009),
        (buttons("Sí", "Sí"), 131009),
        (rows(11), 131009),
        (rows(0), 131009),
        (rows(2, id="product:1"), 131009),
        (rows(1, title="t" * 25), 131009),
        (rows(1, description="d" * 73), 131009),
        (interactive(type="button", body={"text": "b" * 1025}, action={}), 131009),
        ({"messaging_product": "whatsapp", "to": PHONE, "type": "template", "template": {"name": "cita"}}, 131008),
        ({"messaging_product": "whatsapp", "to": PHONE, "type": "image", "image": {}}, 131008),
        ({"messaging_product": "whatsapp", "status": "read"}, 131008),
    ],
)
def test_it_refuses_what_the_graph_api_refuses(graph: GraphServer, payload: dict[str, Any], code: int) -> None:
    answer = post(graph, payload)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert graph.sent == []


@pytest.mark.parametrize(
    "payload",
    [
        text("a" * 4096),
        buttons("Sí", "No", "v" * 20),
        rows(10, description="d" * 72, title="t" * 24),
        {
            "messaging_product": "whatsapp",
            "to": PHONE,
            "type": "template",
            "template": {"name": "cita", "language": {"code": "es"}},
        },
    ],
)
def test_it_takes_what_just_fits(graph: GraphServer, payload: dict[str, Any]) -> None:
    assert post(graph, payload).status_code == 200
    assert len(graph.sent) == 1


def test_who_hides_the_number_is_reached_by_recipient_only(graph: GraphServer, webhook: Webhook) -> None:
    hidden = "CO.1047823904"
    payload = text("Hola") | {"recipient": hidden}
    del payload["to"]
    assert post(graph, payload).json()["contacts"] == [{"input": hidden, "user_id": hidden}]
    assert graph.postman.wait_until_done()
    assert {item["recipient_user_id"] for item in webhook.statuses} == {hidden}
    webhook.requests.clear()
    assert post(graph, text("Hola", to=hidden)).status_code == 200  # as reported: dropped without a word
    assert graph.postman.wait_until_done()
    assert webhook.requests == []


def test_a_message_is_marked_as_read_with_typing(graph: GraphServer) -> None:
    said = graph.say(PHONE, "Hola")
    receipt = {"status": "read", "message_id": said.wamid, "typing_indicator": {"type": "text"}}
    assert post(graph, {"messaging_product": "whatsapp", **receipt}).json() == {"success": True}
    assert [one["message_id"] for one in graph.receipts] == [said.wamid]
    view = graph.chats.view(phone_number_id=PHONE_NUMBER_ID, phone=PHONE)
    assert view.typing
    assert [entry["status"] for entry in view.entries] == ["read"]
    post(graph)
    assert not graph.chats.view(phone_number_id=PHONE_NUMBER_ID, phone=PHONE).typing


@pytest.mark.parametrize(
    ("code", "http"), [(131047, 400), (131056, 400), (130429, 429), (190, 401), (131000, 500), (2, 503), (368, 403)]
)
def test_it_answers_the_errors_it_is_told(graph: GraphServer, code: int, http: int) -> None:
    graph.refuse(code, times=2)
    for _ in range(2):
        answer = post(graph)
        assert (answer.status_code, answer.json()["error"]["code"]) == (http, code)
        assert answer.json()["error"]["error_data"]["details"]
    assert post(graph).status_code == 200
    assert len(graph.sent) == 1


def test_an_error_can_be_one_persons(graph: GraphServer) -> None:
    graph.refuse(131026, times=None, recipient=OTHER)
    assert post(graph).status_code == 200
    assert post(graph, text("Hola", to=OTHER)).status_code == 400
    assert post(graph, text("Hola", to=OTHER)).status_code == 400
    graph.calm()
    assert post(graph, text("Hola", to=OTHER)).status_code == 200


def test_it_answers_html_instead(graph: GraphServer) -> None:
    graph.answer_html()
    answer = post(graph)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "text/html"
    assert graph.sent == []


def test_it_hangs_up_before_and_after_accepting(graph: GraphServer) -> None:
    graph.drop_before()
    with pytest.raises(requests.ConnectionError):
        post(graph)
    assert graph.sent == []
    graph.drop_after()
    with pytest.raises(requests.ConnectionError):
        post(graph)
    assert len(graph.sent) == 1
    assert post(graph).status_code == 200


def test_it_accepts_and_says_so_too_late(graph: GraphServer) -> None:
    graph.delay(0.6)
    with pytest.raises(requests.ReadTimeout):
        post(graph, timeout=0.2)
    assert len(graph.sent) == 1


def test_it_throttles_a_number_and_a_pair(graph: GraphServer) -> None:
    graph.throttle(per_second=3)
    answers = [post(graph, text("Hola", to=f"57300000{place:04}")) for place in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["error"]["code"] == 130429
    graph.throttle(pair_seconds=60, pair_burst=1)
    assert [post(graph).status_code for _ in range(3)] == [200, 200, 400]
    assert post(graph).json()["error"]["code"] == 131056
    assert post(graph, text("Hola", to=OTHER)).status_code == 200


def test_statuses_come_twice_and_in_any_order(graph: GraphServer, webhook: Webhook) -> None:
    graph.status_copies, graph.status_shuffle, graph.status_delay = 2, True, 0.01
    orders = set()
    for _ in range(8):
        webhook.requests.clear()
        post(graph)
        assert graph.postman.wait_until_done()
        names = [one["status"] for one in webhook.statuses]
        assert sorted(names) == ["delivered", "delivered", "read", "read", "sent", "sent"]
        orders.add(tuple(names))
    assert len(orders) > 1


def test_a_message_can_fail_after_it_was_accepted(graph: GraphServer, webhook: Webhook) -> None:
    graph.fail(131026)
    assert post(graph).status_code == 200
    assert graph.postman.wait_until_done()
    (item,) = webhook.statuses
    assert (item["status"], item["errors"][0]["code"]) == ("failed", 131026)
    assert "pricing" not in item


def test_free_text_fails_outside_the_window(graph: GraphServer, webhook: Webhook) -> None:
    graph.enforce_window = True
    post(graph)
    assert graph.postman.wait_until_done()
    assert [(one["status"], one["errors"][0]["code"]) for one in webhook.statuses] == [("failed", 131047)]
    graph.say(PHONE, "Hola")
    post(graph)
    assert graph.postman.wait_until_done()
    assert webhook.statuses[-1]["status"] == "read"


def test_a_body_comes_again_until_it_is_taken(graph: GraphServer, webhook: Webhook) -> None:
    webhook.answers = [500, 503]
    graph.statuses = ("sent",)
    post(graph)
    assert graph.postman.wait_until_done()
    assert len(webhook.requests) == 3
    assert len({body for body, _ in webhook.requests}) == 1


def test_it_tells_when_the_webhook_did_not_take_what_was_said(graph: GraphServer, webhook: Webhook) -> None:
    webhook.answers = [403]
    assert graph.say(PHONE, "Hola").status == 403
    webhook.answers = [500]
    assert graph.say(PHONE, "Hola", insist=True).status == 500
    assert graph.postman.wait_until_done()
    assert len(webhook.requests) == 3


def test_a_choice_an_image_and_an_echo_have_metas_shapes(graph: GraphServer, webhook: Webhook) -> None:
    graph.choose(PHONE, "yes:7", title="Sí", quoted="wamid.1")
    graph.choose(PHONE, "product:3", title="Martillo", is_row=True)
    media = graph.add_media(b"\x89PNG", mime_type="image/png")
    graph.say("", kind="image", content={"id": media, "mime_type": "image/png"}, bsuid="CO.1", name="Eva")
    graph.echo(PHONE, "Ya te atiendo")
    chosen, picked, image = (value["messages"][0] for value in webhook.values[:3])
    assert chosen["interactive"] == {"type": "button_reply", "button_reply": {"id": "yes:7", "title": "Sí"}}
    assert chosen["context"] == {"id": "wamid.1"}
    assert picked["interactive"]["list_reply"] == {"id": "product:3", "title": "Martillo"}
    assert image["image"]["id"] == media
    assert (image["from_user_id"], "from" in image) == ("CO.1", False)
    assert webhook.values[2]["contacts"] == [{"profile": {"name": "Eva"}, "user_id": "CO.1"}]
    assert json.loads(webhook.requests[3][0])["entry"][0]["changes"][0]["field"] == "smb_message_echoes"
    assert webhook.values[3]["message_echoes"][0]["to"] == PHONE


def test_a_file_is_described_and_fetched_with_the_token(graph: GraphServer) -> None:
    media = graph.add_media(b"content", mime_type="audio/ogg")
    described = get(graph, f"/v25.0/{media}").json()
    assert (described["mime_type"], described["file_size"]) == ("audio/ogg", 7)
    assert described["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert get(graph, described["url"], token="wrong").status_code == 401
    fetched = get(graph, described["url"])
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"content", "audio/ogg")
    del graph.media[media]
    assert get(graph, described["url"]).status_code == 404


def test_templates_come_in_pages(graph: GraphServer) -> None:
    graph.number.templates = [{"name": f"t{place}", "status": "APPROVED", "language": "es"} for place in range(5)]
    names, address = [], f"/v25.0/{BUSINESS_ACCOUNT_ID}/message_templates?limit=2"
    while address:
        answer = get(graph, address).json()
        names += [one["name"] for one in answer["data"]]
        address = answer["paging"].get("next", "")
    assert names == ["t0", "t1", "t2", "t3", "t4"]
    assert get(graph, f"/v25.0/{BUSINESS_ACCOUNT_ID}/message_templates", token="no").status_code == 401


def test_a_number_tells_the_fields_that_are_asked_for(graph: GraphServer) -> None:
    graph.number.quality_rating = "YELLOW"
    answer = get(graph, f"/v25.0/{PHONE_NUMBER_ID}?fields=quality_rating,messaging_limit_tier").json()
    assert answer == {"id": PHONE_NUMBER_ID, "quality_rating": "YELLOW", "messaging_limit_tier": "TIER_2K"}


def test_numbers_have_tokens_secrets_and_webhooks_of_their_own(graph: GraphServer, webhook: Webhook) -> None:
    other = graph.add_number(
        phone_number_id="555000111", token="t2", app_secret="s2", webhook_url=webhook.url, business_account_id="77777"
    )
    said = graph.say(PHONE, "Hola", to=other.phone_number_id)
    assert said.status == 200
    assert webhook.values[0]["metadata"]["phone_number_id"] == "555000111"
    body, signature = webhook.requests[0]
    assert signature == "sha256=" + hmac.new(b"s2", body, hashlib.sha256).hexdigest()
    url = f"{graph.url}/v25.0/555000111/messages"
    for token, status in ((TOKEN, 401), ("t2", 200)):
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.post(url, json=text("Hola"), headers=headers, timeout=10).status_code == status


def test_another_process_drives_it_with_its_own_token(graph: GraphServer) -> None:
    def ask(name: str, token: str = "control", **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(f"{graph.url}/_control/{name}", json=options, headers=headers, timeout=10)

    assert ask("refuse", code=131047, token="wrong").status_code == 403
    assert ask("refuse", code=131047).json() == {"ok": True}
    assert post(graph).status_code == 400
    assert ask("say", from_=PHONE, text="Hola").json()["status"] == 200
    post(graph)
    view = ask("view", phone=PHONE).json()
    assert [(one["mine"], one["payload"]["text"]["body"]) for one in view["entries"]] == [
        (True, "Hola"),
        (False, "Hola"),
    ]
    assert ask("view", phone=PHONE, after=view["last"]).json()["entries"] == []
    assert ask("start").status_code == 400
    assert ask("refuse", kode=1).status_code == 400


def test_a_chat_can_be_waited_for_and_is_bounded(graph: GraphServer) -> None:
    def answer_soon() -> None:
        time.sleep(0.1)
        post(graph)

    threading.Thread(target=answer_soon).start()
    began = time.monotonic()
    view = graph.chats.view(phone_number_id=PHONE_NUMBER_ID, phone=PHONE, wait=60)
    assert len(view.entries) == 1
    assert time.monotonic() - began < 30
    graph.statuses = ()
    for _ in range(250):
        post(graph)
    assert len(graph.chats.view(phone_number_id=PHONE_NUMBER_ID, phone=PHONE).entries) == 200


def test_opening_the_chat_reads_what_was_delivered(graph: GraphServer, webhook: Webhook) -> None:
    graph.statuses = ("sent", "delivered")
    post(graph)
    assert graph.see(PHONE) == 1
    assert graph.see(PHONE) == 0
    assert graph.postman.wait_until_done()
    assert [one["status"] for one in webhook.statuses] == ["sent", "delivered", "read"]
