"""What an event costs the act that leaves it: adding a task with and without, and its row against a bare INSERT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from agenda import act_events, todo
from config.benchmarks.runs import Run
from config.benchmarks.samples import interleave, milliseconds, ratio
from config.benchmarks.table import Line
from messaging.models import WebhookEndpoint
from messaging.webhooks.signing import make_secret
from tenants.accounts import register
from tenants.events import record
from tenants.models import User
from tenants.months import make_months
from tenants.notices import dedicated_connection
from tenants.scope import TENANT_SETTING, tenant_scope

PASSWORD = "una-clave-larga-7"  # noqa: S105  (of somebody who lives for some minutes in a folder of their own)
ROUNDS = 5  # times those of the others: each takes a few milliseconds
WITHOUT_GOAL, BARE_GOAL, UNWANTED_GOAL, TOLD_GOAL = 1.25, 3.0, 1.25, 3.0

INSERT = """
INSERT INTO tenants_event (user_id, name, at, actor, actor_id, data)
VALUES (%s, 'task_created', now(), 'system', NULL, %s)
"""
DATA: dict[str, Any] = {
    "task": 1,
    "title": "Pagar la luz",
    "due_date": "2026-11-30",
    "priority": "medium",
    "by": "system",
}


def measure(run: Run) -> Iterator[Line]:
    run.stop()
    make_months(now=timezone.now())
    user = register(username="anotadora", password=PASSWORD)
    rounds = run.size.rounds * ROUNDS
    with dedicated_connection() as bare, tenant_scope(user):
        bare.execute(f"SELECT set_config('{TENANT_SETTING}', %s, false)", [str(user.pk)])
        acts: dict[str, Callable[[], Any]] = {
            "with": lambda: _add_task(user),
            "without": lambda: _without(lambda: _add_task(user)),
            "record": _record,
            "untold": _record_untold,
            "bare": lambda: _insert(bare, user),
        }
        taken = interleave(acts, rounds=rounds)
    yield Line(
        row="record",
        what="adding a task with its event ÷ without",
        ratio=ratio(taken, "with", "without"),
        at_most=WITHOUT_GOAL,
        measured=milliseconds(taken["with"]),
        ceiling=milliseconds(taken["without"]),
    )
    yield Line(
        row="record",
        what="one event recorded ÷ the same row by a bare INSERT",
        ratio=ratio(taken, "record", "bare"),
        at_most=BARE_GOAL,
        measured=milliseconds(taken["record"]),
        ceiling=milliseconds(taken["bare"]),
    )
    yield Line(
        row="record",
        what="one event that no webhook of the tenant's wants ÷ one that webhooks are never told of",
        ratio=ratio(taken, "record", "untold"),
        at_most=UNWANTED_GOAL,
        measured=milliseconds(taken["record"]),
        ceiling=milliseconds(taken["untold"]),
    )
    with tenant_scope(user):
        WebhookEndpoint.objects.create(
            user=user, url="https://example.com/", events=["task_created"], secret=make_secret()
        )
        told = interleave({"told": _record, "untold": _record_untold}, rounds=rounds)
    yield Line(
        row="record",
        what="one event put on its way to one webhook ÷ one that webhooks are never told of",
        ratio=ratio(told, "told", "untold"),
        at_most=TOLD_GOAL,
        measured=milliseconds(told["told"]),
        ceiling=milliseconds(told["untold"]),
    )


def _add_task(user: User) -> None:
    todo.add(user=user, now=timezone.now(), title="Pagar la luz", due_date=date(2026, 11, 30))


def _without(act: Callable[[], None]) -> None:
    kept, act_events.tell_many = act_events.tell_many, lambda *_rows, **_more: None
    try:
        act()
    finally:
        act_events.tell_many = kept


def _record() -> None:
    with transaction.atomic():
        record("task_created", **DATA)


def _record_untold() -> None:
    with transaction.atomic():
        record("question_resolved", question=1)


def _insert(bare: psycopg.Connection[Any], user: User) -> None:
    with bare.transaction():
        bare.execute(INSERT, [user.pk, Jsonb(DATA)])
