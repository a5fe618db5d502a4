"""The figures of a scrape that every process would answer alike: read from the database when they are asked for.

Rows come and go (an account is erased, bodies are forgotten after some days), so none of these is a counter: each says
how it is now, or of how many the last hour or day was. What is summed over an hour is looked for among the newest rows
only, so that a scrape costs the same however much there is. No label names a tenant or a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agenda import claiming
from assistants import breaker
from assistants.models import MonthUsage
from config.heartbeats import BACKUP, read_pulses
from config.models import Heartbeat
from messaging import dispatch
from messaging.mail import claiming as mail_claiming
from messaging.models import InboundUpdate, Message
from messaging.webhooks import claiming as webhook_claiming
from tenants.models import User
from tenants.scope import all_tenants

LONGEST = "5s"  # a statement of a scrape
NEWEST = 200_000  # rows among which those of the last hour are looked for

_queue = """
    SELECT count(*), count(*) FILTER (WHERE lock > statement_timestamp()),
        coalesce(extract(epoch FROM statement_timestamp() - min(lock) FILTER (WHERE lock < statement_timestamp())), 0)
    FROM django_q_ormq
"""
_turns = f"""
    SELECT outcome, count(*), sum(input_tokens), sum(output_tokens),
        coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms), 0) / 1000
    FROM assistants_turnusage
    WHERE id > (SELECT coalesce(max(id), 0) - {NEWEST} FROM assistants_turnusage)
        AND created_at > statement_timestamp() - interval '1 hour'
    GROUP BY outcome
"""  # noqa: S608  (our own number)
_deliveries = f"""
    SELECT status, count(*) FROM messaging_delivery
    WHERE id > (SELECT coalesce(max(id), 0) - {NEWEST} FROM messaging_delivery)
        AND created_at > statement_timestamp() - interval '1 hour'
    GROUP BY status
"""  # noqa: S608
_bodies = """
    SELECT count(*), count(*) FILTER (WHERE fault <> '') FROM messaging_webhookbody
    WHERE received_at > statement_timestamp() - interval '1 hour'
"""
_database = """
    SELECT pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
        current_setting('max_connections')::int
"""  # noqa: E501


class SystemCollector(Collector):
    """Reads everything anew for each scrape. Raises django.db.Error when the database does not answer."""

    def collect(self) -> Iterable[Metric]:
        now = timezone.now()
        with _impatient():
            yield from _read_parts(now)
            yield from _read_queue()
            yield from _read_people()
            with all_tenants():
                yield from _read_turns()
                yield from _read_budgets(now)
                yield from _read_inbound()
            yield from _read_outbox(now)
            yield from _read_mail(now)
            yield from _read_webhooks(now)
            yield from _read_reminders(now)
            yield from _read_database()


def _read_parts(now: datetime) -> Iterator[Metric]:
    try:
        about = version("recado")
    except PackageNotFoundError:  # a checkout that was not installed as a package
        about = "0.1.0"
    yield _one("recado_info", "Always 1; which version this is.", 1, version=about)
    alive = GaugeMetricFamily("recado_part_alive", "1 while the part gets something done.", labels=["part"])
    age = GaugeMetricFamily("recado_part_seconds", "Seconds since the part's last sign of life.", labels=["part"])
    for pulse in read_pulses(now=now):
        alive.add_metric([pulse.name], pulse.is_alive)
        if pulse.age is not None:
            age.add_metric([pulse.name], max(pulse.age, 0.0))
    yield from (alive, age)
    backup = Heartbeat.objects.filter(name=BACKUP).first()
    if backup is not None:
        seconds = max((now - backup.beat_at).total_seconds(), 0.0)
        yield _one("recado_backup_seconds", "Seconds since the last backup was made.", seconds)


def _read_queue() -> Iterator[Metric]:
    depth, taken, oldest = _row(_queue)
    tasks = (("taken", taken), ("waiting", depth - taken))
    yield _by("recado_queue_tasks", "Tasks in the queue: waiting, or taken by a worker.", "state", tasks)
    yield _one("recado_queue_oldest_seconds", "How long the oldest waiting task has waited.", float(oldest))


def _read_people() -> Iterator[Metric]:
    people = User.objects.tenants().aggregate(
        active=Count("pk", filter=Q(is_active=True)), suspended=Count("pk", filter=Q(is_active=False))
    )
    yield _by("recado_tenants", "Accounts of shops.", "state", people.items())


def _read_turns() -> Iterator[Metric]:
    waiting = Message.objects.pending().count()
    yield _one("recado_messages_waiting", "Messages that wait for an assistant's reply.", waiting)
    rows = _rows(_turns)
    yield _by("recado_turns_last_hour", "Turns by how they ended.", "outcome", ((row[0], row[1]) for row in rows))
    slowest = ((row[0], row[4]) for row in rows)
    yield _by("recado_turn_p95_seconds", "How long 95 % of the last hour's turns took at most.", "outcome", slowest)
    tokens = (("input", sum(row[2] for row in rows)), ("output", sum(row[3] for row in rows)))
    yield _by("recado_turn_tokens_last_hour", "Tokens of the model.", "direction", tokens)


def _read_budgets(now: datetime) -> Iterator[Metric]:
    months = MonthUsage.objects.filter(month=now.date().replace(day=1)).aggregate(
        spent=Count("pk", filter=~Q(reached=[])), nearly_spent=Count("pk", filter=Q(reached=[]) & ~Q(warned=[]))
    )
    yield _by("recado_tenants_budget", "Shops of whose month little or nothing is left.", "state", months.items())
    closed = GaugeMetricFamily(
        "recado_model_breaker_open", "1 while a model that failed is left alone.", labels=["provider", "model"]
    )
    for state in breaker.states(now=now):
        closed.add_metric([state.provider, state.model], state.stand != breaker.Stand.CLOSED)
    yield closed


def _read_inbound() -> Iterator[Metric]:
    stored, odd = _row(_bodies)
    bodies = (("stored", stored), ("not_understood", odd))
    yield _by("recado_webhook_bodies_last_hour", "Signed bodies of WhatsApp's webhook.", "state", bodies)
    pending = InboundUpdate.objects.pending().count()
    yield _one("recado_webhook_updates_waiting", "Updates that were stored and are not taken in yet.", pending)


def _read_outbox(now: datetime) -> Iterator[Metric]:
    figures = dispatch.read_figures(now=now)
    waiting = (("queued", figures.queued), ("sending", figures.sending))
    yield _by("recado_deliveries_waiting", "Messages on their way to WhatsApp.", "status", waiting)
    troubled = (("failed", figures.failed), ("unknown", figures.unknown))
    yield _by("recado_deliveries_troubled_last_day", "Messages that did not go out as meant.", "status", troubled)
    yield _one("recado_deliveries_oldest_seconds", "How long the oldest has waited for us.", _age(figures.oldest, now))
    with all_tenants():
        rows = _rows(_deliveries)
    yield _by("recado_deliveries_last_hour", "Messages put into the outbox, by their present status.", "status", rows)


def _read_mail(now: datetime) -> Iterator[Metric]:
    figures = mail_claiming.read_figures(now=now)
    waiting = (("queued", figures.queued), ("sending", figures.sending))
    yield _by("recado_letters_waiting", "Letters on their way to the mail server.", "status", waiting)
    troubled = (("failed", figures.failed), ("unknown", figures.unknown))
    yield _by("recado_letters_troubled_last_day", "Letters that did not go out as meant.", "status", troubled)
    yield _one("recado_letters_oldest_seconds", "How long the oldest has waited.", _age(figures.oldest, now))


def _read_webhooks(now: datetime) -> Iterator[Metric]:
    figures = webhook_claiming.read_figures(now=now)
    waiting = (("queued", figures.queued), ("sending", figures.sending))
    yield _by("recado_webhooks_waiting", "Tellings on their way to tenants' systems.", "status", waiting)
    yield _one("recado_webhooks_oldest_seconds", "How long the oldest has waited for us.", _age(figures.oldest, now))
    ended = (("delivered", figures.delivered), ("failed", figures.failed))
    yield _by("recado_webhooks_last_day", "Tellings by what became of them.", "status", ended)
    states = (("active", figures.active), ("failing", figures.failing), ("disabled", figures.disabled))
    yield _by("recado_webhook_endpoints", "Endpoints; those that fail are active, too.", "state", states)


def _read_reminders(now: datetime) -> Iterator[Metric]:
    figures = claiming.read_figures(now=now)
    yield _one("recado_reminders_due", "Reminders that are due and have not gone out.", figures.due)
    yield _one("recado_reminders_late", "Of those, the ones that wait longer than is normal.", figures.late)
    yield _one("recado_reminders_oldest_seconds", "How long the oldest waits.", _age(figures.oldest, now))
    ended = (("sent", figures.sent), ("failed", figures.failed), ("unknown", figures.unknown))
    yield _by("recado_reminders_last_day", "Reminders by what became of them.", "status", ended)


def _read_database() -> Iterator[Metric]:
    size, used, most = _row(_database)
    yield _one("recado_database_bytes", "Size of the database.", size)
    yield _one("recado_database_connections", "Connections to the database, of all processes.", used)
    yield _one("recado_database_connections_most", "How many it takes.", most)


def _one(name: str, text: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _by(name: str, text: str, label: str, pairs: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in pairs:
        family.add_metric([key], float(value))
    return family


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)


def _row(statement: str) -> Any:
    return _rows(statement)[0]


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


@contextmanager
def _impatient() -> Iterator[None]:
    """A scrape gives up rather than hold up the database that it watches."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [LONGEST])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
