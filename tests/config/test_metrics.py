"""What Prometheus reads: by whom, what, and that counts only grow."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from prometheus_client.parser import text_string_to_metric_families

from assistants.models import Breaker, MonthUsage
from config import counters, gauges
from config.heartbeats import BACKUP, SCHEDULER, beat
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db

PATH, TOKEN = "/metrics", "a-token-for-prometheus"


def scrape(client: Client | None = None, **headers: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = (client or Client()).get(PATH, headers=headers)
    assert answer.status_code == 200, answer.content
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def figure(found, name: str, **labels: str) -> float:
    return found[(name, tuple(sorted(labels.items())))]


class TestWhoMayRead:
    def test_this_machine_may_on_a_local_site(self):
        answer = Client().get(PATH)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("address", ["203.0.113.5", "10.0.0.4", "", "::ffff:203.0.113.5", "nonsense"])
    def test_another_machine_may_not(self, address):
        assert Client(REMOTE_ADDR=address).get(PATH).status_code == 403

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"])
    def test_who_comes_through_a_proxy_of_this_machine_may_not(self, header):
        assert Client().get(PATH, headers={header: "127.0.0.1"}).status_code == 403

    def test_nobody_may_on_a_public_site_without_a_token(self, settings):
        settings.STAYS_HERE = False
        assert Client().get(PATH).status_code == 403

    @pytest.mark.parametrize(
        "given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ñandú", TOKEN]
    )
    def test_with_a_token_only_who_has_it(self, settings, given):
        settings.METRICS_TOKEN = TOKEN
        answer = Client().get(PATH, headers={"Authorization": given})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")

    def test_the_token_opens_from_anywhere(self, settings):
        settings.METRICS_TOKEN, settings.STAYS_HERE = TOKEN, False
        client = Client(REMOTE_ADDR="203.0.113.5")
        assert scrape(client, Authorization=f"Bearer {TOKEN}")

    def test_it_is_only_read(self):
        assert Client().post(PATH).status_code == 405


class TestFigures:
    def test_it_counts_what_is_there(self, alice, bob):
        now = timezone.now()
        OrmQ.objects.create(key="recado", payload="waits", lock=now - timedelta(seconds=90))
        OrmQ.objects.create(key="recado", payload="taken", lock=now + timedelta(seconds=600))
        beat(name=SCHEDULER, now=now)
        beat(name=BACKUP, now=now - timedelta(hours=5))
        with tenant_scope(alice):
            factories.turn_usage(alice)
            factories.turn_usage(alice)
            factories.delivery(alice, status="queued")
            MonthUsage.objects.create(user=alice, month=now.date().replace(day=1), warned=["turns"], reached=["tokens"])
        with tenant_scope(bob):
            factories.turn_usage(bob)
            MonthUsage.objects.create(user=bob, month=now.date().replace(day=1), warned=["turns"])
        Breaker.objects.create(provider="anthropic", model="claude", failures=3, opened_at=now)
        found = scrape()
        assert figure(found, "recado_tenants_budget", state="spent") == 1
        assert figure(found, "recado_tenants_budget", state="nearly_spent") == 1
        assert figure(found, "recado_model_breaker_open", provider="anthropic", model="claude") == 1
        assert figure(found, "recado_queue_tasks", state="waiting") == 1
        assert figure(found, "recado_queue_tasks", state="taken") == 1
        assert 89 < figure(found, "recado_queue_oldest_seconds") < 120
        assert figure(found, "recado_part_alive", part="scheduler") == 1
        assert figure(found, "recado_part_alive", part="worker") == 0
        assert 17_900 < figure(found, "recado_backup_seconds") < 18_100
        assert figure(found, "recado_turns_last_hour", outcome="answered") == 3
        assert figure(found, "recado_deliveries_waiting", status="queued") == 1
        assert figure(found, "recado_deliveries_last_hour", status="queued") == 1
        assert figure(found, "recado_tenants", state="active") == 2
        assert figure(found, "recado_database_bytes") > 1_000_000

    def test_turns_of_earlier_hours_are_not_of_the_last(self, alice):
        with tenant_scope(alice):
            old = factories.turn_usage(alice)
            type(old).objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
        assert not [key for key in scrape() if key[0] == "recado_turns_last_hour"]

    def test_no_name_and_no_phone_is_in_it(self, alice):
        with tenant_scope(alice):
            factories.contact(alice, phone="+573001234567", name="Carla Secreta")
            factories.delivery(alice, recipient="573001234567")
        said = Client().get(PATH).content.decode()
        for planted in ("alice", "Carla", "573001234567"):
            assert planted not in said

    def test_it_gives_up_rather_than_wait_for_the_database(self, monkeypatch):
        monkeypatch.setattr(gauges, "LONGEST", "200ms")
        with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
            other.execute("LOCK TABLE django_q_ormq IN ACCESS EXCLUSIVE MODE")
            with transaction.atomic():
                answer = Client().get(PATH)
                transaction.set_rollback(True)
        assert answer.status_code == 503


class TestRequests:
    def test_they_are_counted_by_route_and_never_by_path(self, alice, api):
        before = scrape()
        for pk in (1, 2, 3):
            api(alice).get(f"/api/user/products/{pk}")
        api(alice).get("/api/nowhere/573001234567")
        found = scrape()
        labels = {"method": "GET", "route": "/api/user/products/<int:pk>", "status": "404"}
        key = ("recado_http_requests_total", tuple(sorted(labels.items())))
        assert found[key] - before.get(key, 0) == 3
        assert any(("route", "unmatched") in labels for _, labels in found)
        assert not any("573001234567" in str(key) for key in found)
        seconds = figure(found, "recado_http_request_seconds_count", route="/api/user/products/<int:pk>")
        assert seconds >= 3

    def test_counts_only_grow(self):
        Client().get("/healthz")
        first = scrape()
        Client().get("/healthz")
        second = scrape()
        totals = [key for key in first if key[0].endswith(("_total", "_count", "_bucket", "_sum"))]
        assert totals
        assert all(second[key] >= first[key] for key in totals)
        labels = {"method": "GET", "route": "/healthz", "status": "200"}
        grown = figure(second, "recado_http_requests_total", **labels)
        assert grown == figure(first, "recado_http_requests_total", **labels) + 1

    def test_what_another_process_counted_stays_when_it_is_gone(self):
        """A web process that died has counted; whoever is asked answers for all."""
        key = ("recado_http_requests_total", (("method", "GET"), ("route", "/of-another"), ("status", "200")))
        code = (
            "import django; django.setup()\n"
            "from config.counters import count_request\n"
            "for _ in range(5): count_request(method='GET', route='/of-another', status=200, seconds=0.01)\n"
        )
        own = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(counters.FOLDER.parent)}
        before = scrape().get(key, 0)
        for more in (5, 10):
            subprocess.run([sys.executable, "-c", code], env=os.environ | own, check=True)
            assert scrape()[key] == before + more
