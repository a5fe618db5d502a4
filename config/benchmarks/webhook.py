"""Webhook bodies over HTTP on the running system, against the bare writing of the same bytes by psycopg.

The bodies are statuses of messages that nobody sent, so that taking them in, which goes on meanwhile, does no more
than find that out.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from config.benchmarks.clients import Address, send_each
from config.benchmarks.runs import Run
from config.benchmarks.samples import milliseconds, percentile
from config.benchmarks.table import Line
from messaging.models import Channel
from messaging.whatsapp.signatures import sign
from tenants.notices import dedicated_connection
from tenants.scope import tenant_scope

NUMBER, SECRET = "106540352242922", "bench"
ROUNDS = 3
MOST = 2_000  # requests a second that are written beforehand
STEADY = 200.0  # requests a second
GOAL = 250.0  # ms

TABLES = """
CREATE TABLE IF NOT EXISTS bench_body (LIKE messaging_webhookbody INCLUDING ALL);
CREATE TABLE IF NOT EXISTS bench_update (LIKE messaging_inboundupdate INCLUDING ALL);
"""
WRITE_BODY = (
    "INSERT INTO bench_body (body, digest, times, received_at, fault) VALUES (%s, %s, 1, now(), '') RETURNING id"
)
WRITE_UPDATE = (
    "INSERT INTO bench_update (body_id, kind, key, phone_number_id, sender, data, status, attempts, next_at, note,"
    " received_at) VALUES (%s, 'status', %s, %s, '573001234567', %s, 'pending', 0, now(), '', now())"
)


def measure(run: Run) -> Iterator[Line]:
    address, seconds = run.system.address, run.size.webhook_seconds
    with tenant_scope(run.shopkeeper):
        Channel.objects.get_or_create(
            user=run.shopkeeper, phone_number_id=NUMBER, defaults={"app_secret": SECRET, "display_phone_number": "57"}
        )
    with dedicated_connection() as line:
        line.execute(TABLES)
    rates: list[float] = []
    bare_rates: list[float] = []
    busy: list[float] = []
    for number in range(-1, ROUNDS):
        asks = _requests(address, int(seconds * MOST), f"round{number}")
        taken, passed = send_each(address, asks, connections=run.size.connections, seconds=seconds)
        bare = _write_bare(int(seconds * MOST), f"round{number}", threads=run.size.connections, seconds=seconds)
        if number >= 0:
            rates.append(len(taken) / passed)
            bare_rates.append(bare)
            busy += taken
    rate, bare_rate = statistics.median(rates), statistics.median(bare_rates)
    yield Line(
        row="webhook",
        what=f"signed bodies, {run.size.connections} connections",
        ratio=rate / bare_rate,
        measured=f"{rate:,.0f} requests/s, p50 {milliseconds(busy)}, p99 {milliseconds(busy, 0.99)}",
        ceiling=f"psycopg writes the same two rows, {run.size.connections} connections: {bare_rate:,.0f}/s",
    )
    asks = _requests(address, int(seconds * ROUNDS * STEADY) + 1, "steady")
    taken, _ = send_each(address, asks, connections=64, seconds=seconds * ROUNDS, rate=STEADY)
    yield Line(
        row="webhook",
        what=f"signed bodies, {STEADY:.0f} a second, p99",
        value=round(percentile(taken, 0.99) * 1000, 1),
        unit="ms",
        at_most=GOAL,
        measured=f"p50 {milliseconds(taken)}, the slowest {milliseconds(taken, 1)}",
    )


def _body(name: str) -> tuple[bytes, dict[str, Any]]:
    status = {"id": name, "status": "delivered", "timestamp": "1763856001", "recipient_id": "573001234567"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "573009999999", "phone_number_id": NUMBER},
        "statuses": [status],
    }
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode(), status


def _requests(address: Address, count: int, name: str) -> Iterator[bytes]:
    """Signed POSTs, all of them written before the first is sent."""
    requests = []
    for number in range(count):
        body, _ = _body(f"wamid.{name}.{number}")
        head = (
            f"POST /api/whatsapp/webhook HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Hub-Signature-256: {sign(body, secret=SECRET)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return iter(requests)


def _write_bare(count: int, name: str, *, threads: int, seconds: float) -> float:
    """How many bodies a second, each with its update in one transaction, so many connections write."""
    made = [_body(f"wamid.bare.{name}.{number}") for number in range(count)]

    def write(start: int) -> int:
        done = 0
        with dedicated_connection() as line:
            line.execute("SELECT set_config('recado.all_tenants', 'on', false)")
            until = time.perf_counter() + seconds
            for body, status in made[start::threads]:
                if time.perf_counter() > until:
                    break
                with line.transaction():
                    row = line.execute(WRITE_BODY, [body, sha256(body).digest()]).fetchone()
                    assert row is not None  # noqa: S101
                    line.execute(WRITE_UPDATE, [row[0], status["id"], NUMBER, json.dumps(status).encode()])
                done += 1
        return done

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(write, range(threads)))
    return done / (time.perf_counter() - began)
