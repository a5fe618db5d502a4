"""What happened, of one tenant with a large event log among many others': four weeks, a year, and keeping a day."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from django.utils import timezone

from analytics import rollups
from analytics.models import RolledDay, RollUp
from config.benchmarks.application import Reader
from config.benchmarks.lists import replay
from config.benchmarks.runs import Run
from config.benchmarks.samples import interleave, milliseconds, ratio
from config.benchmarks.table import Line
from config.embedded import SUPERUSER, server
from tenants.accounts import register
from tenants.models import User
from tenants.months import make_months
from tenants.notices import dedicated_connection
from tenants.scope import tenant_scope

DAYS = 400  # over which the events lie
AT_ONCE = 1_000_000
KEPT_DAYS = 5  # that are kept again, to say how long one takes
ROUNDS = 15

INSERT_OTHERS = """
INSERT INTO tenants_user (username, email, password, role, is_active, language, timezone, created_at)
SELECT 'suceso' || n, '', '!', 'user', true, 'es', 'America/Bogota', now() FROM generate_series(1, %s) AS n RETURNING id
"""
# Of the others only that they are there, over the same months: tenant after tenant, for the indexes then grow at their
# ends, and fifty million rows are there in minutes.
INSERT_THEIRS = """
INSERT INTO tenants_event (user_id, name, at, actor, data)
SELECT %(first)s + n / %(each)s, 'message_received', %(now)s - (n %% %(each)s) * %(apart)s::interval, 'customer', '{}'
FROM generate_series(%(from)s::bigint, %(until)s::bigint) AS n
"""
# Of ten events four messages that came, four that went, a question and its products, and something else.
INSERT_OWN = """
INSERT INTO tenants_event (user_id, name, at, actor, data)
SELECT %(user)s, k.name, %(now)s - n * %(apart)s, 'customer',
    jsonb_build_object('conversation', n %% 5000, 'message', n, 'contact', n %% 5000, 'channel', 'whatsapp',
        'audience', 'customer', 'assistant', 'commercial')
    || CASE k.name
        WHEN 'message_sent' THEN jsonb_build_object('by', 'assistant', 'waited_ms', (n * 7919) %% 90000)
        WHEN 'product_query' THEN jsonb_build_object('query', 'martillo', 'found', 3, 'products',
            jsonb_build_array(n %% 300, n %% 299, n %% 7))
        WHEN 'order_received' THEN jsonb_build_object('total', '125000.00', 'currency', 'COP', 'order', n)
        ELSE '{}' END
FROM generate_series(1, %(count)s::bigint) AS n CROSS JOIN LATERAL (
    SELECT (ARRAY['message_received', 'message_sent', 'message_received', 'message_sent', 'message_received',
        'message_sent', 'message_received', 'message_sent', 'product_query',
        CASE n %% 30 WHEN 9 THEN 'order_received' WHEN 19 THEN 'conversation_started' ELSE 'unanswered_question' END
        ])[1 + n %% 10] AS name
) AS k
"""


def measure(run: Run) -> Iterator[Line]:
    run.stop()
    now = timezone.now()
    user = _write(run, now)
    yield from _keep(run, user, now)
    reader = Reader(user)
    today = now.astimezone(UTC).date()
    with dedicated_connection(prepare_threshold=None) as bare:
        for name, days, group in (("four weeks by day", 28, "day"), ("a year by month", 365, "month")):
            asked = urlencode({"from": today - timedelta(days=days - 1), "to": today, "group": group})
            path = f"/api/user/analytics?{asked}"
            received = json.loads(reader.get(path))["figures"]["messages_received"]["value"]
            statements = reader.statements(path)
            taken = interleave(
                {
                    "api": lambda path=path: reader.get(path),  # type: ignore[misc]
                    "sql": lambda statements=statements: replay(bare, statements),  # type: ignore[misc]
                },
                rounds=min(ROUNDS, run.size.rounds),
            )
            yield Line(
                row="analytics",
                what=f"{name}, {run.size.own_events:,} events among {run.size.events:,} ({received:,} messages)",
                ratio=ratio(taken, "api", "sql"),
                measured=milliseconds(taken["api"]),
                ceiling=f"its {len(statements)} statements by psycopg: {milliseconds(taken['sql'])}",
            )


def _keep(run: Run, user: User, now: datetime) -> Iterator[Line]:
    """Keep everything, and the last days again, each against reading as many rows of the log."""
    run.say("keeping the days…")
    with tenant_scope(user):
        while rollups.roll_up(user=user, now=now):
            pass
        kept = RollUp.objects.get()
        last = RolledDay.objects.order_by("-day")[:KEPT_DAYS]
        spans = [(row.begins_at, row.ends_at) for row in last]
        RolledDay.objects.filter(pk__in=[row.pk for row in last]).delete()
        days = timedelta(days=KEPT_DAYS)
        RollUp.objects.update(until=kept.until - days, until_at=kept.until_at - days)
        one = []
        for _number in range(KEPT_DAYS):
            began = time.perf_counter()
            rollups.roll_up(user=user, now=now, most=1)
            one.append(time.perf_counter() - began)
        RollUp.objects.update(until=kept.until, until_at=kept.until_at)
    alone = []
    statement = "SELECT name, at, data FROM tenants_event WHERE user_id = %s AND at >= %s AND at < %s"
    with psycopg.connect(server(settings.DATA_DIR).url(role=SUPERUSER), autocommit=True) as bare:
        for begin, end in spans:
            began = time.perf_counter()
            rows = bare.execute(statement, [user.pk, begin, end]).fetchall()
            alone.append(time.perf_counter() - began)
    yield Line(
        row="analytics",
        what=f"keep one day of about {len(rows):,} events",
        ratio=statistics.median(one) / statistics.median(alone),
        measured=milliseconds(one),
        ceiling=f"psycopg reads the day's rows: {milliseconds(alone)}",
    )


def _write(run: Run, now: datetime) -> User:
    """A tenant with the events that are looked at, among everybody's."""
    size = run.size
    run.say(f"writing {size.events:,} events of {size.tenants:,} tenants…")
    user = register(username="sucesos", password="una-clave-larga-7")  # noqa: S106
    for number in range(0, DAYS + 40, 28):
        make_months(now=now - timedelta(days=number))
    # The superuser is bound by no policy and may leave out the foreign keys' triggers: the rows are right as they are.
    with psycopg.connect(server(settings.DATA_DIR).url(role=SUPERUSER), autocommit=True) as bare:
        bare.execute("SET session_replication_role = replica")
        others = [pk for (pk,) in bare.execute(INSERT_OTHERS, [max(1, size.tenants - 1)]).fetchall()]
        each = max(0, size.events - size.own_events) // len(others)
        values = {"first": min(others), "each": each, "now": now, "apart": timedelta(days=DAYS) / max(each, 1)}
        for first in range(0, each * len(others), AT_ONCE):
            until = min(first + AT_ONCE, each * len(others)) - 1
            bare.execute(INSERT_THEIRS, {**values, "from": first, "until": until})
        apart = timedelta(days=DAYS) / size.own_events
        bare.execute(INSERT_OWN, {"user": user.pk, "now": now, "apart": apart, "count": size.own_events})
        bare.execute("VACUUM (ANALYZE) tenants_event")
        bare.execute("CHECKPOINT")
    return user
