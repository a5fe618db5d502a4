"""The gateway, over real HTTP: what is a clear no, what nobody knows, and what never leaves this house."""

from __future__ import annotations

import inspect
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from heyoo import WhatsApp

from messaging.whatsapp.errors import NoAnswer, Reaction, Refused, Throttled, TokenInvalid, TooLarge, Unreachable
from messaging.whatsapp.gateway import Gateway, _read
from tests.messaging.outgoing import PHONE, graph, text
from tests.standins.graph_server import BUSINESS_ACCOUNT_ID, PHONE_NUMBER_ID, TOKEN, GraphServer

__all__ = ["graph"]


@pytest.fixture
def gateway(graph: GraphServer) -> Gateway:
    return Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID)


def test_it_is_heyoos_with_our_address_and_version(graph, gateway, settings):
    assert isinstance(gateway, WhatsApp)
    assert gateway.url == f"{graph.url}/{settings.WHATSAPP['GRAPH_VERSION']}/{PHONE_NUMBER_ID}/messages"
    assert "v14.0" not in gateway.base_url + gateway.v15_base_url + gateway.url


def test_it_sends_a_text_with_our_id(graph, gateway):
    sent = gateway.send(text("Hola"), PHONE, callback="delivery:7")
    (message,) = graph.sent
    assert (message.recipient, message.text, message.callback) == (PHONE, "Hola", "delivery:7")
    assert (sent.wamid, sent.wa_id) == (message.wamid, PHONE)


def test_it_names_who_hides_the_number_where_meta_reads_it(graph, gateway):
    gateway.send(text("Hola"), "CO.104712345", is_bsuid=True)
    (message,) = graph.sent
    assert message.is_bsuid
    assert "to" not in message.payload


@pytest.mark.parametrize(
    ("code", "kind", "reaction"),
    [
        (131026, Refused, Reaction.USE_MAIL),
        (130429, Throttled, Reaction.SLOW_NUMBER),
        (190, TokenInvalid, Reaction.RECONNECT),
        (131000, Refused, Reaction.RETRY),  # HTTP 500, and yet a clear no
        (2, Refused, Reaction.RETRY),  # HTTP 503
        (100, Refused, Reaction.REJECT),
    ],
)
def test_a_refusal_is_an_error_with_its_reaction(graph, gateway, code, kind, reaction):
    graph.refuse(code, details="because")
    with pytest.raises(kind) as raised:
        gateway.send(text("Hola"), PHONE)
    assert (raised.value.code, raised.value.reaction, raised.value.details) == (code, reaction, "because")


def test_a_wrong_token_is_one(graph):
    with pytest.raises(TokenInvalid):
        Gateway(token="wrong", phone_number_id=PHONE_NUMBER_ID).send(text("Hola"), PHONE)


def test_nobody_knows_after_an_error_page_of_the_server(graph, gateway):
    graph.answer_html(http=502)
    with pytest.raises(NoAnswer):
        gateway.send(text("Hola"), PHONE)


def test_nobody_knows_after_an_error_in_json_that_the_table_does_not_name(graph, gateway):
    graph.refuse(999, http=500)
    with pytest.raises(NoAnswer):
        gateway.send(text("Hola"), PHONE)


def test_an_error_page_below_500_is_a_clear_no(graph, gateway):
    graph.answer_html(http=404)
    with pytest.raises(Refused) as raised:
        gateway.send(text("Hola"), PHONE)
    assert not raised.value.is_final


def test_nobody_knows_when_the_line_breaks(graph, gateway):
    graph.drop_after()
    with pytest.raises(NoAnswer):
        gateway.send(text("Hola"), PHONE)
    assert len(graph.sent) == 1
    graph.drop_before()
    with pytest.raises(NoAnswer):
        gateway.send(text("Hola"), PHONE)


def test_nobody_knows_when_the_answer_takes_too_long(graph, gateway, settings):
    settings.WHATSAPP = settings.WHATSAPP | {"READ_SECONDS": 0.2}
    graph.delay(1.0)
    with pytest.raises(NoAnswer):
        gateway.send(text("Hola"), PHONE)


def test_no_connection_is_a_clear_no(settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": f"http://127.0.0.1:{port}", "SIMULATED": False}
    with pytest.raises(Unreachable):
        Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID).send(text("Hola"), PHONE)


def test_a_host_that_nobody_knows_is_a_clear_no(settings):
    settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": "http://graph.invalid", "SIMULATED": False}
    with pytest.raises(Unreachable):
        Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID).send(text("Hola"), PHONE)


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that answers each request with these bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                line.recv(65536)
                line.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("200 OK", b"not json"), NoAnswer),
        (http("200 OK", b"[" * 100_000), NoAnswer),
        (http("200 OK", b'{"messages": [{"id": 7}]}'), NoAnswer),
        (http("200 OK", b'{"error": {"code": 131026}}'), Refused),
        (http("302 Found", b"", "Location: https://elsewhere.example/"), Refused),
        (http("429 Too Many", b"slow", "Retry-After: 30"), Throttled),
        (http("400 Bad Request", b'{"error": "odd"}'), Refused),
        (http("400 Bad Request", b'{"error": {"code": "190", "message": 5}}'), Refused),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", NoAnswer),
        (b"nothing of HTTP\r\n\r\n", NoAnswer),
        (b"", NoAnswer),
    ],
)
def test_odd_answers_are_errors_of_ours(settings, answer, error):
    with answering(answer) as url:
        settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": url, "SIMULATED": False}
        with pytest.raises(error):
            Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID).send(text("Hola"), PHONE)


def test_it_says_how_long_to_wait(settings):
    with answering(http("429 Too Many", b"slow", "Retry-After: 30")) as url:
        settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": url, "SIMULATED": False}
        with pytest.raises(Throttled) as raised:
            Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID).send(text("Hola"), PHONE)
    assert raised.value.retry_after == 30


def test_it_shows_that_it_was_read_and_that_somebody_writes(graph, gateway):
    gateway.mark_as_read("wamid.1")
    gateway.mark_as_read("wamid.2", typing=False)
    first, second = graph.receipts
    assert (first["status"], first["typing_indicator"]) == ("read", {"type": "text"})
    assert "typing_indicator" not in second


def test_it_fetches_a_file(graph, gateway):
    media_id = graph.add_media(b"\x89PNG" * 1000, mime_type="image/png")
    assert gateway.fetch_media(media_id).size == 4000
    assert gateway.download(media_id, max_bytes=4000) == (b"\x89PNG" * 1000, "image/png")
    with pytest.raises(TooLarge):
        gateway.download(media_id, max_bytes=3999)
    with pytest.raises(Refused):
        gateway.download("1", max_bytes=10)


@pytest.mark.parametrize(
    "url", ["http://elsewhere.example/x", "ftp://x/y", "https://a@b.example/", "file:///etc/passwd"]
)
def test_it_gives_its_token_to_no_address_that_is_not_encrypted(settings, url):
    body = f'{{"url": "{url}", "mime_type": "image/png"}}'.encode()
    with answering(http("200 OK", body)) as own:
        settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": own, "SIMULATED": False}
        with pytest.raises(Refused):
            Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID).download("1", max_bytes=10)


def test_it_stops_reading_a_file_that_is_larger_than_it_said(settings):
    with answering(http("200 OK", b"x" * 100_000)) as other:
        settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": other, "SIMULATED": False}
        gateway = Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID)
        with gateway._open("GET", f"{other}/file") as response, pytest.raises(TooLarge):
            _read(response, 50_000)


def test_it_fetches_every_page_of_the_templates(graph, gateway):
    graph.number.templates = [{"name": f"t{n}", "language": "es", "status": "APPROVED"} for n in range(60)]
    assert len(gateway.fetch_templates(BUSINESS_ACCOUNT_ID)) == 60


def test_it_asks_about_the_number(gateway):
    assert gateway.fetch_number()["quality_rating"] == "GREEN"


def test_what_heyoo_would_do_without_limits_is_switched_off(gateway):
    inherited = {name for name, _ in inspect.getmembers(WhatsApp, inspect.isfunction) if not name.startswith("__")}
    used = {
        name for name in inherited if name in vars(Gateway) and vars(Gateway)[name].__module__ == Gateway.__module__
    }
    assert inherited - used == {"create_button"}
    for name in inherited - {"create_button", "mark_as_read"}:
        with pytest.raises(NotImplementedError):
            getattr(gateway, name)()


def test_nothing_of_the_person_or_the_token_is_logged_or_said(graph, caplog, settings):
    caplog.set_level(logging.DEBUG)
    gateway = Gateway(token=TOKEN, phone_number_id=PHONE_NUMBER_ID)
    said = [repr(gateway)]
    gateway.send(text("Hola"), PHONE)
    graph.refuse(131026)
    graph.answer_html()
    graph.drop_before()
    for _ in range(3):
        with pytest.raises((Refused, NoAnswer)) as raised:
            gateway.send(text("un secreto"), PHONE)
        said += [str(raised.value), repr(raised.value)]
    ours = [record.getMessage() for record in caplog.records]
    for secret in (PHONE, TOKEN, "un secreto"):
        assert not [line for line in [*ours, *said] if secret in line]
