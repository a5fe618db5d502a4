"""One call over a real socket, to a receiver that fails, hangs, redirects, lies, drips and pours."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from messaging.webhooks import calling
from messaging.webhooks.calling import Answer, call, seconds_of
from messaging.webhooks.targets import parse
from tests.standins.webhook_receiver import WebhookReceiver

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)


def post(url: str, **options: Any) -> Answer:
    return call(target=parse(url), body=b'{"a": 1}', headers={"webhook-id": "msg_1"}, **options)


def test_a_request_arrives_as_it_was_meant(receiver):
    answer = post(f"{receiver.url}?a=b&c=%20")
    (request,) = receiver.requests
    assert request.path == "/hook?a=b&c=%20"
    assert request.body == b'{"a": 1}'
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["content-length"] == "8"
    assert request.headers["connection"] == "close"
    assert (answer.status_code, answer.error, answer.excerpt) == (200, "", '{"ok": true}')
    assert answer.is_success
    assert 0 <= answer.latency_ms < 2000


@pytest.mark.parametrize(
    ("behaviour", "status", "error"),
    [
        ("created", 201, ""),
        ("fail", 500, "status"),
        ("gone", 410, "status"),
        ("busy", 429, "status"),
        ("hang", None, "timeout"),
        ("deaf", None, "timeout"),
        ("drip", None, "timeout"),
        ("flood_headers", None, "no_http"),
        ("continue", None, "too_much"),
        ("close", None, "closed"),
        ("cut", None, "closed"),
        ("noise", None, "no_http"),
        ("lie_long", 200, ""),
        ("lie_short", 200, ""),
        ("flood", 200, ""),
        ("drip_body", 200, ""),
    ],
)
def test_whatever_it_does_a_call_ends_in_time(behaviour, status, error, receiver):
    receiver.behaviour = behaviour
    began = time.monotonic()
    answer = post(receiver.url)
    took = time.monotonic() - began
    assert answer.status_code == status
    assert answer.error == error
    assert took < 3.5  # of 2 that a call may take here
    assert len(answer.excerpt) <= calling.EXCERPT


def test_of_a_gigabyte_only_the_beginning_is_listened_to(receiver):
    receiver.behaviour = "flood"
    answer = post(receiver.url)
    assert answer.is_success
    assert answer.excerpt.startswith("xxx")
    assert receiver.sent < 20_000_000  # what lay in the kernels' buffers


def test_a_redirect_is_not_followed(receiver):
    with WebhookReceiver() as elsewhere:
        receiver.behaviour, receiver.elsewhere = "redirect", elsewhere.url
        answer = post(receiver.url)
        assert (answer.status_code, answer.error) == (302, "redirect")
        assert not answer.is_success
        assert elsewhere.connections == 0


def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    with WebhookReceiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        assert post(receiver.url).is_success
        assert proxy.connections == 0


def test_what_it_answers_can_be_stored(receiver):
    receiver.answer = b"\x00\xff\xfe nul \x1b[31m \xed\xa0\x80 fin\n"
    answer = post(receiver.url)
    assert "\x00" not in answer.excerpt
    assert answer.excerpt.encode("utf-8")
    assert answer.excerpt.endswith("fin")


def test_nobody_there_and_nobody_found(local):
    with WebhookReceiver() as server:
        url = server.url
    assert post(url).error == "refused"
    assert post("https://hooks.example.com/", resolve=lambda *_: []).error == "dns"
    assert post("https://hooks.example.com/", resolve=lambda *_: ["10.0.0.1"]).error == "address"


def test_the_next_address_of_a_name_is_tried(receiver):
    asked = []

    def dial(address: Any, port: int, *, seconds: float) -> Any:
        asked.append(str(address))
        if len(asked) == 1:
            raise ConnectionRefusedError
        return calling.dial(address, port, seconds=seconds)

    url = receiver.url.replace("127.0.0.1", "localhost")
    assert post(url, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"], dial=dial).is_success
    assert asked == ["127.0.0.2", "127.0.0.1"]


def certify(folder: Path, *names: str, expired: bool = False) -> tuple[ssl.SSLContext, str]:
    """A server's context for ``names``, and the file of who signed it."""
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Recado test")])
    ends = now - timedelta(days=1) if expired else now + timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "server.pem").write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "trust.pem").write_bytes(certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, str(folder / "trust.pem")


def test_tls_asks_for_the_name_and_checks_it(local, settings, tmp_path):
    context, trust = certify(tmp_path, "localhost")
    settings.WEBHOOKS = settings.WEBHOOKS | {"CA_FILE": trust}
    with WebhookReceiver(context=context) as server:
        answer = post(server.url, resolve=lambda *_: ["127.0.0.1"])
        assert (answer.status_code, answer.error) == (200, "")
        assert server.names == ["localhost"]
        assert server.requests[0].headers["host"] == f"localhost:{server.port}"


@pytest.mark.parametrize("wrong", ["name", "stranger", "expired"])
def test_a_certificate_of_somebody_elses_is_refused(wrong, local, settings, tmp_path):
    names = ("other.example",) if wrong == "name" else ("localhost",)
    context, trust = certify(tmp_path, *names, expired=wrong == "expired")
    settings.WEBHOOKS = settings.WEBHOOKS | {"CA_FILE": "" if wrong == "stranger" else trust}
    with WebhookReceiver(context=context) as server:
        answer = post(server.url, resolve=lambda *_: ["127.0.0.1"])
        assert (answer.status_code, answer.error) == (None, "tls")
        assert server.requests == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("999999999999", 999_999_999.0),
        ("Wed, 04 Mar 2026 15:10:00 GMT", 600.0),
        ("Wed, 04 Mar 2026 14:59:00 GMT", -60.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_what_a_receiver_asks_for(text, seconds):
    assert seconds_of(text, now=NOW) == seconds
