"""The webhook behind the real web server, over sockets: large bodies, bodies of a length unsaid, and many at once."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django_q.models import OrmQ

from messaging.models import InboundUpdate, WebhookBody
from messaging.whatsapp.signatures import sign
from tenants.notices import dedicated_connection
from tenants.scope import all_tenants
from tests.messaging.bodies import ADDRESS, NUMBER, SECRET, message, post, status, value, wrap, written
from tests.messaging.conftest import ROOT, process_environment, until

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def _platform(settings: Any) -> None:
    settings.WHATSAPP = settings.WHATSAPP | {"APP_SECRET": SECRET, "PHONE_NUMBER_ID": NUMBER}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the web server listens, on the tests' database."""
    number = free_port()
    with django_db_blocker.unblock():  # only the database's name is asked for
        environment = process_environment(
            settings,
            PORT=str(number),
            WEB_PROCESSES="1",
            WEB_THREADS="16",
            WHATSAPP_APP_SECRET=SECRET,
            WHATSAPP_PHONE_NUMBER_ID=NUMBER,
        )
    log = tmp_path_factory.mktemp("web") / "web.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.web"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        until(lambda: process.poll() is not None or answers(number), every=0.1)
        assert process.poll() is None, log.read_text()
        yield number
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    try:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False


def counts() -> tuple[int, int]:
    with all_tenants():
        return WebhookBody.objects.count(), InboundUpdate.objects.count()


def send(port: int, head: str, *pieces: bytes) -> tuple[int, int]:
    """Send headers and then the body piece by piece. Returns the status, and how many bytes of body were taken."""
    taken = 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(f"POST {ADDRESS} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n\r\n".encode())
        try:
            for piece in pieces:
                line.sendall(piece)
                taken += len(piece)
        except OSError:  # it hung up
            pass
        answer = b""
        try:
            while b"\r\n" not in answer and (more := line.recv(4096)):
                answer += more
        except OSError:
            pass
    return (int(answer.split()[1]) if answer else 0), taken


def chunks(body: bytes, size: int = 64 * 1024) -> list[bytes]:
    cut = [body[start : start + size] for start in range(0, len(body), size)]
    return [*(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in cut), b"0\r\n\r\n"]


def signed(body: bytes) -> str:
    return f"X-Hub-Signature-256: {sign(body, secret=SECRET)}"


def test_bodies_of_every_size_over_a_socket(port):
    small = written(wrap(value(message())))
    large = written(wrap(value(message("x" * (3 * MEGABYTE - len(small) - 10), wamid="wamid.L"))))
    too_large = large + b" " * 64

    assert send(port, f"Content-Length: {len(small)}\r\n{signed(small)}", small)[0] == 200
    assert send(port, f"Content-Length: {len(large)}\r\n{signed(large)}", large)[0] == 200
    assert send(port, f"Content-Length: {len(small)}", small)[0] == 403
    assert counts() == (2, 2)

    # Its length says enough: it is refused before a byte of it is sent.
    assert send(port, f"Content-Length: {len(too_large)}\r\n{signed(too_large)}") == (413, 0)
    assert send(port, f"Content-Length: {10**15}\r\n{signed(b'')}") == (413, 0)
    assert counts() == (2, 2)


def test_a_body_of_a_length_unsaid_is_read_up_to_the_limit(port):
    small = written(wrap(value(message())))
    large = written(wrap(value(message("x" * 2 * MEGABYTE, wamid="wamid.L"))))
    for n, body in enumerate((small, large), start=1):
        assert send(port, f"Transfer-Encoding: chunked\r\n{signed(body)}", *chunks(body))[0] == 200
        assert counts() == (n, n)
    assert send(port, "Transfer-Encoding: chunked", *chunks(small))[0] == 403

    endless = chunks(b"x" * 40 * MEGABYTE)
    answer, taken = send(port, f"Transfer-Encoding: chunked\r\n{signed(b'')}", *endless)
    assert answer in {413, 0}  # 0: the line was cut before the answer could be read, which a sender may meet
    assert taken < 20 * MEGABYTE  # what lies in the buffers of both ends included
    answer, _ = send(port, f"Transfer-Encoding: chunked\r\n{signed(b'')}", *chunks(b"x" * (3 * MEGABYTE + 1)))
    assert answer == 413
    assert counts() == (2, 2)


def test_the_same_body_a_hundred_times_at_once_has_one_effect():
    body = wrap(value(message(), message(wamid="wamid.B"), statuses=[status("wamid.S")]))
    assert at_once([body] * 100) == {200}
    assert counts() == (1, 3)
    assert OrmQ.objects.count() == 1
    with all_tenants():
        assert WebhookBody.objects.get().times == 100


def test_the_same_messages_in_bodies_of_every_order_have_one_effect():
    said = [message(wamid=f"wamid.{n}") for n in range(30)]
    bodies = [wrap(value(*said[n:], *said[:n])) for n in range(30)] + [wrap(value(*reversed(said)))] * 30
    assert at_once(bodies) == {200}
    assert counts() == (31, 30)


def test_bodies_that_share_updates_never_wait_for_each_other_in_a_circle():
    post(wrap(value(message(wamid="wamid.first"))))
    insert = (
        "INSERT INTO messaging_inboundupdate (body_id, kind, key, phone_number_id, sender, data, status, attempts,"
        " next_at, note, received_at) SELECT id, 'message', %s, %s, '', '', 'pending', 0, now(), '', now()"
        " FROM messaging_webhookbody LIMIT 1"
    )
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with dedicated_connection() as line, dedicated_connection() as watching, ThreadPoolExecutor(1) as pool:
        line.execute("SELECT set_config('recado.all_tenants', 'on', false)")
        with line.transaction():
            line.execute(insert, ["wamid.a", NUMBER])
            body = wrap(value(message(wamid="wamid.z"), message(wamid="wamid.a")))
            status_of = pool.submit(at_once, [body])
            until(lambda: watching.execute(waits).fetchone()[0])  # the body's turn comes when this one is over
            line.execute(insert, ["wamid.z", NUMBER])
        assert status_of.result(timeout=30) == {200}
    assert counts() == (2, 3)


def at_once(bodies: list[Any]) -> set[int]:
    """Post each on a thread of its own kind, with a database connection of its own. Returns the statuses."""

    def send_one(body: Any) -> int:
        try:
            return int(post(body).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return set(pool.map(send_one, bodies))


def test_who_sends_all_before_reading_finds_the_refusal(port):
    body = b"x" * 12 * MEGABYTE
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request("POST", ADDRESS, body, {"X-Hub-Signature-256": sign(body, secret=SECRET)})
    answer = line.getresponse()
    assert (answer.status, json.loads(answer.read())) == (413, {"detail": "El envío pasa de 3 MB."})
