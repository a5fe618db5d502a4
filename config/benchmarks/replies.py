"""From a customer's message at the webhook to its reply at the Graph API's stand-in, on the running system.

Nobody waits for the end of a burst (``burst_seconds`` is 0) and the model answers at once: what is measured is ours.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import requests
from anthropic import Anthropic
from django.conf import settings
from django.db import connections

from config.benchmarks.clients import Address
from config.benchmarks.runs import Run
from config.benchmarks.samples import milliseconds, percentile
from config.benchmarks.standins import answer_with
from config.benchmarks.table import Line
from config.benchmarks.turns import LEAST_TURNS, LONGEST, call_directly
from config.simulator import bodies
from config.simulator.graph import GraphServer
from messaging.models import Channel
from tenants.models import Preferences, User
from tenants.scope import tenant_scope

NUMBER, TOKEN, SECRET = "106540352242999", "bench-token", "bench-secret"
PATIENCE = 30.0  # seconds


def measure(run: Run) -> Iterator[Line]:
    address = run.system.address
    _connect(run.shopkeeper)
    answer_with("anthropic", url=run.standin.url)
    connections.close_all()
    sdk = Anthropic(api_key="bench", base_url=run.standin.url, max_retries=0, timeout=30)
    taken: list[float] = []
    bare: list[float] = []
    port = urlsplit(settings.WHATSAPP["GRAPH_URL"]).port or 0
    with GraphServer(port=port, statuses=(), phone_number_id=NUMBER, token=TOKEN) as graph, requests.Session() as line:
        line.headers["Authorization"] = f"Bearer {TOKEN}"
        until = time.monotonic() + LONGEST
        for number in range(-3, run.size.turns):
            if number >= LEAST_TURNS and time.monotonic() > until:
                break
            seconds = _write_and_wait(address, graph, sender=f"573{number + 3:09}")
            least = call_directly(sdk) + _send_directly(line, graph.url)
            if number >= 0:
                taken.append(seconds)
                bare.append(least)
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        yield Line(
            row="replies",
            what=f"WhatsApp: POST to the reply at the Graph API, {label}",
            ratio=percentile(taken, share) / percentile(bare, share),
            measured=milliseconds(taken, share),
            ceiling=f"the model's SDK and one POST to the Graph API: {milliseconds(bare, share)}",
        )


def _connect(user: User) -> None:
    with tenant_scope(user):
        Preferences.current(user).change(burst_seconds=0)
        Channel.objects.get_or_create(
            user=user, phone_number_id=NUMBER, defaults={"app_secret": SECRET, "token": TOKEN}
        )


def _write_and_wait(address: Address, graph: GraphServer, *, sender: str) -> float:
    """Seconds from the first byte of the webhook's request to the reply."""
    message = bodies.make_message("Hola, buenas tardes", sender=sender, at=datetime.now(UTC))
    contact = bodies.make_contact(wa_id=sender, name="Ana")
    change = bodies.make_change(phone_number_id=NUMBER, messages=[message], contacts=[contact])
    body = bodies.make_body([change])
    headers = bodies.sign(body, app_secret=SECRET)
    before = len(graph.sent)
    web = http.client.HTTPConnection(*address, timeout=PATIENCE)
    began = time.perf_counter()
    web.request("POST", "/api/whatsapp/webhook", body, headers)
    status = web.getresponse().status
    if status != 200:
        raise RuntimeError(f"the webhook answered {status}")
    while len(graph.sent) == before:
        if time.perf_counter() - began > PATIENCE:
            raise RuntimeError("no reply came")
        time.sleep(0.0005)
    seconds = time.perf_counter() - began
    web.close()
    return seconds


def _send_directly(line: requests.Session, url: str) -> float:
    began = time.perf_counter()
    payload = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "573001112233",
        "type": "text",
        "text": {"body": "Hola"},
    }
    answer = line.post(f"{url}/{settings.WHATSAPP['GRAPH_VERSION']}/{NUMBER}/messages", json=payload, timeout=10)
    answer.raise_for_status()
    return time.perf_counter() - began
