"""What the whole system holds, database included: at rest, after searches, and with turns that wait for a model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
from django.db import connection, connections

from config.benchmarks.application import Reader
from config.benchmarks.clients import Chat, ask_all, request
from config.benchmarks.runs import Run
from config.benchmarks.search import QUERIES, path_of
from config.benchmarks.standins import StandIn, answer_with
from config.benchmarks.system import System
from config.benchmarks.table import Line

GOAL = 600.0  # MB, the whole system with 32 turns that wait
SLOW_SECONDS = 10.0  # long enough for all of them to be there at once


def measure(run: Run) -> Iterator[Line]:
    system = run.system
    connections.close_all()
    time.sleep(3)
    if not system.memory():
        yield Line("memory", "not measured: this system has no /proc/<pid>/smaps_rollup", "")
        return
    yield _line("at rest after the start", system)
    _search_everywhere(run)
    yield _line("after searches in every process", system)
    yield _with_turns(run, run.size.waiting_turns)


def _line(what: str, system: System, goal: float | None = None) -> Line:
    connections.close_all()
    time.sleep(0.5)
    parts = system.memory()
    shown = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in sorted(parts.items(), key=lambda p: -p[1]))
    return Line("memory", what, shown, value=round(sum(parts.values())), unit="MB", at_most=goal)


def _search_everywhere(run: Run) -> None:
    """Searches on many connections, so that every web process has some; the embedding of products has the workers."""
    reader = Reader(run.shopkeeper)
    for query in QUERIES:
        ask = request(run.system.address, path_of(query), reader.token)
        ask_all(run.system.address, ask, connections=run.size.connections, seconds=run.size.read_seconds / 2)
    _wait(_queue_is_empty, "the products were not embedded")


def _with_turns(run: Run, turns: int) -> Line:
    token = Reader(run.shopkeeper).token
    slow = StandIn(delay=SLOW_SECONDS if turns > 8 else SLOW_SECONDS / 3)
    try:
        answer_with("anthropic", url=slow.url)
        connections.close_all()
        chats = [Chat(run.system.address, token) for _ in range(turns)]
        sent = [chat.send("¿Qué me recomiendas para cortar madera?") for chat in chats]
        with ThreadPoolExecutor(max(1, turns)) as threads:
            replies = [threads.submit(list, chat.events(message)) for chat, message in zip(chats, sent, strict=True)]
            _wait(lambda: _waiting(slow) >= turns, f"fewer than {turns} turns wait for the model")
            line = _line(
                f"{turns} turns waiting for a slow model, their streams open", run.system, GOAL if turns >= 32 else None
            )
            for reply in replies:
                reply.result(timeout=60)
        for chat in chats:
            chat.close()
        return line
    finally:
        slow.stop()


def _waiting(slow: StandIn) -> int:
    open_now = psutil.Process(slow.process.pid).net_connections(kind="tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED for one in open_now)


def _queue_is_empty() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_q_ormq")
        return bool(cursor.fetchone()[0] == 0)


def _wait(until: Callable[[], bool], otherwise: str, *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.05)
