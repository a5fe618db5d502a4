"""What the doctor says, found by making each fault."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from assistants.models import Breaker, MonthUsage
from config.findings import Finding, examine
from config.heartbeats import BACKUP, SCHEDULER, WORKER, beat
from messaging.models import Channel, SharedNumber
from tenants import months
from tenants.scope import tenant_scope
from tests import factories
from tests.standins.smtp_server import SMTPServer

pytestmark = pytest.mark.django_db


def about(subject: str) -> list[Finding]:
    return [found for found in examine() if found.subject == subject]


def one(subject: str) -> tuple[str, str]:
    (found,) = about(subject)
    return found.state, found.text


@pytest.fixture
def now():
    return timezone.now()


class TestOutbox:
    def test_an_empty_one_is_well(self):
        assert one("outbox") == ("ok", "to WhatsApp: 0 waiting, 0 being sent")

    def test_it_says_how_many_are_on_their_way(self, alice):
        with tenant_scope(alice):
            factories.delivery(alice, status="queued")
            factories.delivery(alice, status="queued")
            factories.delivery(alice, status="sending", lease_until=timezone.now() + timedelta(minutes=1))
        assert one("outbox") == ("ok", "to WhatsApp: 2 waiting, 1 being sent")

    def test_one_that_waits_too_long_is_a_fault_with_a_remedy(self, alice, settings, now):
        late = now - timedelta(seconds=settings.WHATSAPP["STALE_SECONDS"] + 10)
        with tenant_scope(alice):
            factories.delivery(alice, status="queued", next_at=late, created_at=late)
        state, text = one("outbox")
        assert state == "BAD"
        assert text.startswith("the messages to WhatsApp stand still: one has waited 31")
        assert text.endswith("By hand: manage.py send_whatsapp")

    def test_it_notes_what_did_not_go_out(self, alice):
        with tenant_scope(alice):
            factories.delivery(alice, status="failed")
            factories.delivery(alice, status="unknown")
            factories.delivery(alice, status="unknown")
        well, noted = about("outbox")
        assert well.state == "ok"
        assert noted == (
            "note",
            "outbox",
            "in the last day: 1 failed, 2 unknown (nobody can tell whether they arrived)",
        )


class TestParts:
    def test_those_that_never_began(self):
        assert one("worker")[0] == one("scheduler")[0] == "BAD"
        assert "«manage.py qcluster»" in one("worker")[1]
        assert "«manage.py clock»" in one("scheduler")[1]

    def test_those_that_live(self, now):
        beat(name=WORKER, now=now)
        beat(name=SCHEDULER, now=now)
        assert one("worker")[0] == one("scheduler")[0] == "ok"


class TestBackups:
    def test_none_yet(self, settings):
        settings.BACKUP_HOURS = 24
        assert one("backups") == ("note", "none yet. The clock makes the first soon; by hand: manage.py backup")

    def test_an_old_one(self, settings, now):
        settings.BACKUP_HOURS = 24
        beat(name=BACKUP, now=now - timedelta(hours=50))
        state, text = one("backups")
        assert state == "BAD"
        assert text.startswith("the last one is 50 h old, and one is wanted every 24 h")

    def test_a_fresh_one(self, settings, now):
        settings.BACKUP_HOURS = 24
        beat(name=BACKUP, now=now - timedelta(hours=20))
        state, text = one("backups")
        assert (state, text.split(",")[0]) == ("ok", "the last one is 20 h old")

    def test_where_the_clock_makes_none(self, settings, now):
        settings.BACKUP_HOURS = 0
        assert one("backups")[0] == "note"
        assert "your server's own" in one("backups")[1]


class TestEventLog:
    @pytest.fixture
    def _made(self, now):
        months.make_months(now=now)

    def test_a_month_that_is_missing(self):
        state, text = one("event log")
        assert state == "note"
        assert text.endswith("is missing. The clock makes the months; it has not run for a while.")

    @pytest.mark.usefixtures("_made")
    def test_months_that_are_there(self):
        assert one("event log") == ("ok", f"{months.AHEAD + 1} months")

    @pytest.mark.usefixtures("_made")
    def test_events_without_a_month(self, alice, now):
        with tenant_scope(alice):
            factories.event(alice)
            from tenants.events import record

            record("product_created", at=now - timedelta(days=400), product=1, name="Antiguo")
        assert one("event log") == ("note", "events that lie in no month: 1. The clock makes theirs.")


def test_keys_that_do_not_open_what_was_encrypted(alice, settings):
    with tenant_scope(alice):
        Channel.objects.create(user=alice, phone_number_id="777001", token="a-token", app_secret="s")
    assert about("keys") == []
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    state, text = one("keys")
    assert state == "BAD"
    assert "Put the old one back" in text


def test_a_shared_number_that_stands_still_or_is_not_paid_for(settings, now):
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": "106540352242922", "TOKEN": "t"}
    SharedNumber.objects.update_or_create(
        phone_number_id="106540352242922", defaults={"paused_for": "token", "payment_problem_at": now}
    )
    states = [(found.state, found.text.split(":")[0].split(" since")[0]) for found in about("whatsapp")]
    assert states == [("BAD", "the shared number stands still"), ("BAD", "Meta says")]


def test_a_model_that_is_left_alone(now):
    Breaker.objects.create(provider="anthropic", model="claude", failures=3, opened_at=now)
    noted = [found for found in about("model") if "left alone" in found.text]
    assert [found.state for found in noted] == ["note"]
    assert noted[0].text.startswith("anthropic claude failed 3 times and is left alone since ")


def test_shops_that_have_used_up_their_month(alice, bob, now):
    for user, reached in ((alice, ["turns"]), (bob, [])):
        with tenant_scope(user):
            MonthUsage.objects.create(user=user, month=now.date().replace(day=1), reached=reached)
    assert one("budgets")[0] == "note"
    assert one("budgets")[1].startswith("shops that have used up something of their plan this month: 1.")


class TestMail:
    def test_none(self, settings):
        settings.EMAIL_HOST = ""
        assert one("mail")[0] == "note"

    def test_one_that_answers(self, settings):
        with SMTPServer() as server:
            settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
            assert one("mail") == ("ok", f"127.0.0.1:{server.port} answers")

    def test_one_that_does_not(self, settings):
        settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        assert one("mail") == ("BAD", "127.0.0.1:9 does not let us in (ConnectionRefusedError). Check EMAIL_URL.")


class TestPublicSite:
    def test_on_ones_own_machine_nothing_is_said(self):
        assert about("limits") == about("metrics") == []

    def test_limits_that_are_off_and_metrics_that_nobody_can_read(self, settings):
        settings.STAYS_HERE, settings.LIMITS = False, False
        assert one("limits")[0] == "BAD"
        assert one("metrics")[0] == "note"
        settings.LIMITS, settings.METRICS_TOKEN = True, "a-token"
        assert about("limits") == about("metrics") == []


def test_a_folder_that_cannot_be(settings):
    settings.DATA_DIR = Path("/proc/nowhere")
    assert {found.state for found in about("disk")} == {"BAD"}


def test_the_time_of_this_machine_and_the_databases():
    assert about("time") == []


def test_migrations_that_wait():
    app, name = MigrationLoader(connection).graph.leaf_nodes()[0]
    MigrationRecorder(connection).record_unapplied(app, name)
    assert about("migrations")[0].state == "BAD"


def test_it_says_the_same_to_a_program():
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--json", stdout=said)
    told = json.loads(said.getvalue())
    assert told["ok"] is False
    assert {"state", "subject", "text"} == set(told["findings"][0])
    assert "BAD" in {found["state"] for found in told["findings"]}
