"""From a message's POST to the first streamed word, and to the worker that takes it, on the running system."""

from __future__ import annotations

import time
from collections.abc import Iterator

from anthropic import Anthropic
from django.db import connection, connections

from config.benchmarks.application import Reader
from config.benchmarks.clients import Chat
from config.benchmarks.runs import Run
from config.benchmarks.samples import milliseconds, percentile
from config.benchmarks.standins import answer_with
from config.benchmarks.table import Line
from tenants.notices import dedicated_connection

QUESTION = "Hola, buenas tardes"
MODEL = "claude-haiku-5-5"
LEAST_TURNS, LONGEST = 10, 60.0  # seconds: the whole must end in time on any machine

# The database's own clock says when a worker claimed a conversation.
WATCH_CLAIMS = """
CREATE TABLE IF NOT EXISTS bench_claim (conversation_id bigint, at timestamptz);
TRUNCATE bench_claim;
CREATE OR REPLACE FUNCTION bench_note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO bench_claim VALUES (NEW.id, clock_timestamp()); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER bench_claim AFTER UPDATE ON messaging_conversation
    FOR EACH ROW WHEN (NEW.fence > OLD.fence) EXECUTE FUNCTION bench_note_claim();
"""


def measure(run: Run) -> Iterator[Line]:
    address, token = run.system.address, Reader(run.shopkeeper).token
    with connection.cursor() as cursor:
        cursor.execute(WATCH_CLAIMS)
    sdk = Anthropic(api_key="bench", base_url=run.standin.url, max_retries=0, timeout=30)
    words: dict[str, list[float]] = {"anthropic": [], "builtin": [], "sdk": []}
    rings: list[float] = []
    taken_in: list[float] = []
    chat = Chat(address, token)
    with dedicated_connection() as hearing, dedicated_connection() as saying:
        hearing.execute("LISTEN bench")
        until = time.monotonic() + LONGEST
        for number in range(-3, run.size.turns):
            if number >= LEAST_TURNS and time.monotonic() > until:
                break
            for provider in ("anthropic", "builtin"):
                answer_with(provider, url=run.standin.url if provider == "anthropic" else "")
                connections.close_all()
                taken, accepted = _first_word(chat)
                if number >= 0:
                    words[provider].append(taken)
                    taken_in.append(accepted)
            called = call_directly(sdk)
            rang = time.perf_counter()
            saying.execute("NOTIFY bench")
            next(hearing.notifies(timeout=5, stop_after=1))
            if number >= 0:
                words["sdk"].append(called)
                rings.append(time.perf_counter() - rang)
    chat.close()
    pickups = _pickups()
    for provider, what in (("anthropic", "a model that answers at once"), ("builtin", "the built-in assistant")):
        ceiling, name = (words["sdk"], "the SDK alone") if provider == "anthropic" else (rings, "NOTIFY to LISTEN")
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            yield Line(
                row="turns",
                what=f"POST to the first word, {what}, {label}",
                ratio=percentile(words[provider], share) / percentile(ceiling, share),
                measured=milliseconds(words[provider], share),
                ceiling=f"{name}: {milliseconds(ceiling, share)}",
            )
    yield Line(
        row="turns",
        what="POST to its 202, p50",
        ratio=percentile(taken_in, 0.5) / percentile(rings, 0.5),
        measured=f"{milliseconds(taken_in)}, p99 {milliseconds(taken_in, 0.99)}",
        ceiling=f"NOTIFY to LISTEN: {milliseconds(rings)}",
    )
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        yield Line(
            row="turns",
            what=f"message written to claimed by a worker, {label}",
            ratio=percentile(pickups, share) / percentile(rings, share),
            measured=milliseconds(pickups, share),
            ceiling=f"NOTIFY to LISTEN: {milliseconds(rings, share)}",
        )


def _first_word(chat: Chat) -> tuple[float, float]:
    """Seconds from sending a message to the first text of its reply, and to the answer that it was taken in."""
    began = time.perf_counter()
    message_id = chat.send(QUESTION)
    accepted = time.perf_counter() - began
    first = 0.0
    for name, data in chat.events(message_id):
        if name == "delta" and not first:
            first = time.perf_counter() - began
        if name == "done":
            if data["status"] != "done":
                raise RuntimeError(f"the turn ended as {data['status']}: {data['error']}")
            first = first or time.perf_counter() - began
    if not first:
        raise RuntimeError("the stream ended without a reply")
    return first, accepted


def call_directly(sdk: Anthropic) -> float:
    """Seconds to the first text of a model that answers at once, by its SDK alone."""
    began = time.perf_counter()
    messages = [{"role": "user", "content": QUESTION}]
    with sdk.messages.stream(model=MODEL, max_tokens=256, messages=messages) as stream:  # type: ignore[arg-type]
        next(iter(stream.text_stream))
        first = time.perf_counter() - began
        stream.until_done()
    return first


def _pickups() -> list[float]:
    """Seconds from each message's time to the claim of its conversation, less the first few."""
    with dedicated_connection() as bare:
        bare.execute("SELECT set_config('recado.all_tenants', 'on', false)")
        rows = bare.execute(
            "SELECT extract(epoch FROM min(c.at) - min(m.created_at))::float FROM bench_claim c"
            " JOIN messaging_message m ON m.conversation_id = c.conversation_id AND m.role = 'user'"
            " GROUP BY c.conversation_id ORDER BY c.conversation_id"
        ).fetchall()
    return [seconds for (seconds,) in rows][6:]
