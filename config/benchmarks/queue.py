"""The queue of the running system: how soon a task begins, and how fast many tasks are done."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import connection, transaction

from config.benchmarks.runs import Run
from config.benchmarks.samples import milliseconds, percentile
from config.benchmarks.table import Line
from tenants.jobs import enqueue, enqueue_many
from tenants.notices import dedicated_connection

PICKUP_GOAL = 10.0  # ms
QUIET_SECONDS = 0.05
DRAIN_SECONDS = 20.0  # what is left then is taken away, and the rate is that of what was done
LEAST_PICKUPS, LONGEST = 10, 30.0  # seconds: the whole must end in time on any machine
OWN_KEY = "bench"  # under which no worker looks


def nothing(*ids: int) -> None:
    """A task without work."""


def note_start(number: int) -> None:
    """A task that says when it began."""
    began = time.time()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_start VALUES (%s, %s)", [number, began])


def measure(run: Run) -> Iterator[Line]:
    run.system  # noqa: B018  (starts it)
    yield from _pickup(run)
    yield _drain(run)


def _pickup(run: Run) -> Iterator[Line]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_start (number int PRIMARY KEY, at double precision)")
        cursor.execute("TRUNCATE bench_start")
    waits, bare = [], []
    with dedicated_connection() as hearing, dedicated_connection() as saying:
        hearing.execute("LISTEN bench")
        until = time.monotonic() + LONGEST
        for number in range(-5, run.size.pickups):
            if number >= LEAST_PICKUPS and time.monotonic() > until:
                break
            with transaction.atomic():
                enqueue("config.benchmarks.queue.note_start", number)
                sent = time.time()  # before the commit: a worker may begin before the commit's answer is here
            began = _wait_for_start(number)
            rang = time.perf_counter()
            saying.execute("NOTIFY bench")
            next(hearing.notifies(timeout=5, stop_after=1))
            if number >= 0:
                waits.append(began - sent)
                bare.append(time.perf_counter() - rang)
            time.sleep(QUIET_SECONDS)
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        yield Line(
            row="queue",
            what=f"pick-up by an idle worker, {name}",
            value=round(percentile(waits, share) * 1000, 1),
            unit="ms",
            at_most=PICKUP_GOAL if share == 0.5 else None,
            measured=f"{percentile(waits, share) / percentile(bare, share):.0f} × the ceiling",
            ceiling=f"NOTIFY to LISTEN by psycopg: {milliseconds(bare, share)}",
        )


def _wait_for_start(number: int) -> float:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT at FROM bench_start WHERE number = %s", [number])
            if row := cursor.fetchone():
                return float(row[0])
        time.sleep(0.003)
    raise RuntimeError("no worker began the task within 30 s")


def _drain(run: Run) -> Line:
    rates, bare_rates = [], []
    for _ in range(3):
        rates.append(_drain_once(run.size.tasks))
        bare_rates.append(_drain_bare(run.size.tasks))
    rate, bare = sorted(rates)[1], sorted(bare_rates)[1]
    return Line(
        row="queue",
        what=f"{run.size.tasks:,} tasks without work drained",
        ratio=rate / bare,
        measured=f"{rate:,.0f} tasks/s",
        ceiling=f"psycopg claims and deletes the same rows one by one: {bare:,.0f}/s",
    )


def _drain_once(tasks: int) -> float:
    with transaction.atomic():
        enqueue_many("config.benchmarks.queue.nothing", ((number,) for number in range(tasks)))
    began = time.perf_counter()
    deadline = time.monotonic() + DRAIN_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM django_q_ormq WHERE key <> %s", [OWN_KEY])
            (left,) = cursor.fetchone()
            if left == 0 or time.monotonic() > deadline:
                passed = time.perf_counter() - began
                cursor.execute("DELETE FROM django_q_ormq WHERE key <> %s", [OWN_KEY])
                return float((tasks - left) / passed)
            time.sleep(0.01)


def _drain_bare(tasks: int) -> float:
    with dedicated_connection() as bare:
        bare.execute(
            "INSERT INTO django_q_ormq (key, payload, lock)"
            " SELECT %s, repeat('x', 300), statement_timestamp() FROM generate_series(1, %s)",
            [OWN_KEY, tasks],
        )
        began, done = time.perf_counter(), 0
        while True:
            row = bare.execute(
                "UPDATE django_q_ormq SET lock = statement_timestamp() + interval '10 minutes' WHERE id = ("
                " SELECT id FROM django_q_ormq WHERE key = %s AND lock < statement_timestamp()"
                " ORDER BY lock, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, payload",
                [OWN_KEY],
            ).fetchone()
            if row is None or time.perf_counter() - began > DRAIN_SECONDS:
                bare.execute("DELETE FROM django_q_ormq WHERE key = %s", [OWN_KEY])
                return done / (time.perf_counter() - began)
            bare.execute("DELETE FROM django_q_ormq WHERE id = %s", [row[0]])
            done += 1
