"""The superadmin's first page: what it counts, what it says, and that it reads nobody's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Task

from assistants.models import TurnUsage
from config.dashboard import draw_bars, draw_sections
from config.figures import KEPT_SECONDS, read_figures
from config.heartbeats import SCHEDULER, WORKER, beat
from config.saying import say_bytes, say_money
from config.storage import read_history
from config.tiles import draw_tiles
from messaging.models import SharedNumber, WebhookBody
from tenants.jobs import enqueue
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()
    yield
    cache.clear()


def spend(user: User, **fields) -> TurnUsage:
    row = {"assistant_type": "commercial", "audience": "customer", "provider": "anthropic", "outcome": "answered"}
    with tenant_scope(user):
        return TurnUsage.objects.create(user=user, **{**row, **fields})


def test_the_queue_is_as_deep_as_it_is_and_its_oldest_as_old(root):
    now = timezone.now()
    enqueue("messaging.tasks.answer")
    enqueue("messaging.tasks.remind")
    OrmQ.objects.update(lock=now - timedelta(seconds=90))
    enqueue("messaging.tasks.take_in")
    OrmQ.objects.filter(pk=OrmQ.objects.latest("pk").pk).update(lock=now + timedelta(seconds=600))
    queue = read_figures(now=now).queue
    assert (queue.depth, queue.waiting, queue.taken) == (3, 2, 1)
    assert queue.oldest_seconds == pytest.approx(90, abs=1)
    assert any("La cola no avanza" in alarm for alarm in read_figures(now=now).alarms)


def test_failed_tasks_of_the_last_day_are_an_alarm(root):
    now = timezone.now()
    for n, hours in enumerate((1, 30)):
        when = now - timedelta(hours=hours)
        given = {"func": "messaging.tasks.answer", "started": when, "stopped": when, "success": False}
        Task.objects.create(id=f"{n:032}", name="x", **given)
    assert read_figures(now=now).queue.failed == 1


def test_heartbeats_are_told_and_missing_ones_are_red(root):
    now = timezone.now()
    beat(name=WORKER, now=now - timedelta(seconds=5))
    beat(name=SCHEDULER, now=now - timedelta(hours=1))
    tiles = {tile.label: tile for tile in draw_tiles(read_figures(now=now))}
    assert (tiles["Trabajador de la cola"].value, tiles["Trabajador de la cola"].is_red) == ("hace 5 s", False)
    assert tiles["Reloj"].is_red


def test_the_webhook_is_counted_by_minutes_of_the_last_hour(alice):
    now = datetime(2026, 11, 23, 12, 30, 40, tzinfo=UTC)
    with tenant_scope(alice):
        factories.channel(alice, signature_failures=4, signature_failed_at=now - timedelta(hours=2))
    with all_tenants():
        for n, seconds in enumerate((5, 41, 59 * 60, 60 * 60 + 50)):
            WebhookBody.objects.create(
                body=b"{}", digest=bytes([n]) * 32, received_at=now - timedelta(seconds=seconds), times=1 + n
            )
    SharedNumber.objects.create(phone_number_id="10650", signature_failures=3)
    webhook = read_figures(now=now).webhook
    assert len(webhook.minutes) == 60
    assert (webhook.minutes[-1], webhook.minutes[-2], webhook.minutes[0], webhook.last_hour) == (1, 1, 1, 3)
    assert webhook.repeated == 1 + 2
    assert (webhook.signature_failures, webhook.numbers_failing) == (7, 1)
    assert webhook.last_failure == now - timedelta(hours=2)


def test_deliveries_of_the_last_day_are_counted_by_state(alice, bob):
    now = timezone.now()
    for person in (alice, bob):
        with tenant_scope(person):
            factories.delivery(person, status="read")
            factories.delivery(person, status="failed")
            factories.delivery(person, status="failed", created_at=now - timedelta(hours=25))
    states = {state.code: state.count for state in read_figures(now=now).states}
    assert states == {"queued": 0, "sending": 0, "sent": 0, "delivered": 0, "read": 2, "failed": 2, "unknown": 0}


def test_turns_are_timed_and_failures_counted_by_their_kind(alice, bob):
    now = timezone.now()
    for n in range(1, 101):
        spend(alice if n % 2 else bob, latency_ms=n * 10, created_at=now - timedelta(minutes=n))
    for _ in range(3):
        spend(bob, outcome="fallback", reason="timeout", latency_ms=500)
    spend(bob, outcome="fallback", reason="overloaded", latency_ms=500)
    spend(bob, latency_ms=900_000, created_at=now - timedelta(days=2))
    turns = read_figures(now=now).turns
    latencies = sorted([n * 10 for n in range(1, 101)] + [500] * 4)
    assert turns.count == 104
    assert turns.p50_ms == pytest.approx((latencies[51] + latencies[52]) / 2)
    place = 0.95 * 103
    low = latencies[int(place)]
    assert turns.p95_ms == pytest.approx(low + (latencies[int(place) + 1] - low) * (place % 1))
    assert [(one.reason, one.count) for one in turns.failing] == [("timeout", 3), ("overloaded", 1)]


def test_days_are_the_readers_own_and_money_is_exact(alice):
    now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # still the 22nd in Bogotá
    with timezone.override("America/Bogota"):
        spend(alice, input_tokens=10, output_tokens=5, cache_read_tokens=2, cost=Decimal("0.000003"), created_at=now)
        spend(alice, input_tokens=1, cost=Decimal("0.000004"), created_at=now - timedelta(hours=20))
        spend(alice, input_tokens=7, cost=None, created_at=now - timedelta(hours=24))
        spend(alice, input_tokens=9, cost=Decimal(5), created_at=now - timedelta(days=14))  # a day too old
        days = read_figures(now=now).days
    assert len(days) == 14
    assert str(days[-1].day) == "2026-11-22"
    assert (days[-1].turns, days[-1].tokens, days[-1].cost) == (2, 18, Decimal("0.000007"))
    assert (days[-2].turns, days[-2].unpriced, days[-2].cost) == (1, 1, 0)
    assert sum(day.turns for day in days) == 3


def test_tenants_are_ordered_by_use_and_twenty_at_most(alice, bob):
    now = timezone.now()
    for person, turns in ((alice, 2), (bob, 5)):
        for _ in range(turns):
            spend(person, cost=Decimal("0.5"))
    with tenant_scope(alice):
        factories.message(alice)
    first, second = read_figures(now=now).tenants_by_use
    assert (first.username, first.turns, first.messages, first.cost) == ("bob", 5, 0, Decimal("2.5"))
    assert (second.username, second.turns, second.messages) == ("alice", 2, 1)
    assert first.last_seen is not None
    for n in range(25):
        spend(User.objects.create_user(f"tienda{n}"))
    assert len(read_figures(now=now).tenants_by_use) == 20


def test_what_is_heavy_is_counted_once_a_minute_and_says_when(alice, root, browse):
    now = timezone.now()
    figures = "/admin/dashboard/figures"
    assert read_figures(now=now, keep=True).turns.count == 0
    assert browse(root).get(figures).json()["turns"]["count"] == 0
    spend(alice)
    later = read_figures(now=now + timedelta(seconds=5), keep=True)
    assert later.turns.count == 0
    assert later.kept["turns"]["at"] == now
    assert read_figures(now=now).turns.count == 1
    assert browse(root).get(figures).json()["turns"]["count"] == 0
    assert browse(root).get(f"{figures}?afresh").json()["turns"]["count"] == 1
    assert browse(root).get(figures).json()["turns"]["count"] == 1  # and so it is kept
    page = browse(root).get("/admin/dashboard").content.decode()
    assert "Contado a las" in page
    assert KEPT_SECONDS <= 60


def test_the_storage_is_measured_and_says_honestly_what_it_cannot_know(root):
    storage = read_figures(now=timezone.now()).storage
    assert storage.database_bytes > 1_000_000
    assert len(storage.tables) == 10
    assert "tenants_event_rest" not in {table.name for table in storage.tables}  # with the table it is a part of
    assert storage.disk_free > 0
    assert storage.version
    section = next(one for one in draw_sections(read_figures(now=timezone.now())) if one.key == "queries")
    assert "pg_stat_statements" in section.note


# What the extension's view has of each statement (PostgreSQL 18, as far as it is read); the embedded server has none.
COUNTED = """
CREATE VIEW pg_stat_statements AS SELECT * FROM (VALUES
    ('SELECT * FROM tenants_user WHERE username = $1', 40::bigint, 0.5::float8, 20.0::float8, current_database()),
    ('SELECT set_config(''a'', ''de Carla'', false)', 3, 900.25, 2700.75, current_database()),
    ('SELECT 1', 9, 1000.0, 9000.0, 'postgres')
) AS s (query, calls, mean_exec_time, total_exec_time, of_database)
JOIN (SELECT oid AS dbid, datname FROM pg_database) d ON d.datname = s.of_database
"""


def test_the_slowest_queries_are_those_that_the_server_counted(root, browse):
    with connection.cursor() as cursor:
        cursor.execute(COUNTED)
    storage = read_figures(now=timezone.now()).storage
    assert storage.has_history
    assert [(query.text, query.calls, query.mean_ms, query.total_ms) for query in storage.queries] == [
        ("SELECT set_config(?, ?, false)", 3, 900.25, 2700.75),  # the longest first; of this database alone
        ("SELECT * FROM tenants_user WHERE username = $1", 40, 0.5, 20.0),
    ]
    page = browse(root).get("/admin/dashboard?afresh").content.decode()
    assert "Las consultas que más tiempo toman" in page
    assert "set_config(?, ?, false)" in page
    assert "Carla" not in page


def test_an_extension_that_the_server_was_not_started_with_is_none(root):
    with connection.cursor() as cursor:  # the real one says so when it is read, too
        cursor.execute("""
            CREATE FUNCTION not_loaded() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
                RAISE EXCEPTION 'pg_stat_statements must be loaded via "shared_preload_libraries"';
            END $$;
            CREATE VIEW pg_stat_statements AS
            SELECT not_loaded() AS query, 1::bigint AS calls, 1::float8 AS mean_exec_time, 1::float8 AS total_exec_time,
                (SELECT oid FROM pg_database WHERE datname = current_database()) AS dbid
        """)
    assert read_history() is None
    assert not read_figures(now=timezone.now()).storage.has_history


def test_the_page_the_part_and_the_json_tell_the_same_to_superadmins_only(alice, root, browse):
    spend(alice, cost=Decimal("1.25"))
    with tenant_scope(alice):
        factories.message(alice, content="Palabras de un cliente")
        factories.contact(alice, name="Carla Ruiz")
    client = browse(root)
    for path in ("/admin/", "/admin/dashboard", "/admin/dashboard/live"):
        page = client.get(path).content.decode()
        assert "no da señales de vida" in page
        assert "alice" in page
        assert "1,25" in page
        assert "Palabras" not in page
        assert "Carla" not in page
        assert "style=" not in page
        assert "<script>" not in page
    found = client.get("/admin/dashboard/figures")
    assert found["Content-Type"] == "application/json"
    body = json.loads(found.content)
    assert body["tenants_by_use"][0]["username"] == "alice"
    assert body["tenants_by_use"][0]["cost"] == "1.250000"
    assert body["turns"]["count"] == 1
    for path in ("/admin/dashboard/live", "/admin/dashboard/figures"):
        assert browse(alice).get(path)["Location"] == "/user/dashboard"
        assert browse(root).post(path).status_code in {200, 405}


def test_red_things_come_first_on_the_page(root, browse):
    page = browse(root).get("/admin/dashboard").content.decode()
    assert 0 < page.index('class="alarms"') < page.index("system-figures") < page.index("dashboard-sections")


def test_bars_fill_the_height_and_nothing_is_nothing():
    bars = draw_bars([0, 1, 400], ["a", "b", "c"])
    assert [bar.height for bar in bars] == [0.0, 1.5, 40.0]
    assert draw_bars([], []) == []
    assert [bar.height for bar in draw_bars([0, 0], ["", ""])] == [0.0, 0.0]


def test_sizes_and_money_are_said_shortly():
    assert say_bytes(1536) == "1,5 kB"
    assert say_bytes(0) == "0 B"
    assert say_bytes(5 * 1024**4) == "5,0 TB"
    assert say_money(Decimal("0.000123")) == "US$ 0,0001"
    assert say_money(Decimal("1234.5")) == "US$ 1\xa0234,50"
