"""Who notices that reminders stand still, and what rings for them."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from agenda.models import Reminder
from config.figures import read_figures
from config.findings import examine
from config.heartbeats import SCHEDULER, beat, sing
from config.management.commands.clock import Command as Clock
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.conftest import process_environment, until

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def remind(user: User, **fields) -> Reminder:
    with tenant_scope(user):
        return factories.reminder(user, **fields)


def readiness(client) -> dict:
    beat(name=SCHEDULER, now=timezone.now())
    sing()
    return client.get("/readyz").json()


def test_it_is_not_ready_while_a_reminder_has_waited_too_long(alice, bob, client, now, settings):
    remind(bob)
    remind(alice, due_at=now - timedelta(seconds=settings.REMINDERS["STALE_SECONDS"] - 10))
    assert readiness(client)["status"] == "ok"
    late = remind(alice, due_at=now - timedelta(seconds=settings.REMINDERS["STALE_SECONDS"] + 10))
    answer = readiness(client)
    assert answer["status"] == "unavailable"
    assert answer["reasons"][0].startswith("the reminders stand still: one has waited 31")
    assert [found.state for found in examine() if found.subject == "reminders"] == ["BAD"]
    with tenant_scope(alice):  # postponed by quiet hours: nobody stands still
        Reminder.objects.filter(pk=late.pk).update(next_at=now + timedelta(hours=8))
    assert readiness(client)["status"] == "ok"


def test_the_superadmin_sees_how_they_do_and_no_text(alice, bob, root, browse, now):
    remind(alice, due_at=now - timedelta(seconds=10))
    remind(bob, due_at=now - timedelta(minutes=20))
    for status in ("failed", "unknown", "unknown"):
        remind(bob, status=status, due_at=now - timedelta(hours=1))
    remind(bob, status="sent", due_at=now - timedelta(hours=2), sent_at=now - timedelta(hours=2))
    remind(bob, status="sent", due_at=now - timedelta(hours=3), sent_at=now - timedelta(hours=2))
    remind(bob, status="sent", due_at=now - timedelta(days=3), sent_at=now - timedelta(days=3))
    figures = read_figures(now=now).reminders
    assert (figures.due, figures.late, figures.sent, figures.sent_late) == (2, 1, 2, 1)
    assert (figures.failed, figures.unknown, figures.oldest) == (1, 2, now - timedelta(minutes=20))
    page = browse(root).get("/admin/dashboard").content.decode()
    for words in ("Los avisos no salen", "De 2 avisos no sabemos si llegaron", "1 aviso no se pudo enviar", "tarde: 1"):
        assert words in page
    assert "Pagar el arriendo" not in page


def test_the_clock_rings_at_the_beginning_of_each_minute_for_what_is_due(alice, now):
    clock = Clock()

    def tick(moment: datetime) -> list[str]:
        OrmQ.objects.all().delete()
        clock.go_round(now=moment)
        rung = [SignedPackage.loads(row.payload)["func"] for row in OrmQ.objects.all()]
        return [name for name in rung if name == "messaging.tasks.remind"]

    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=5)
    assert tick(minute - timedelta(seconds=30)) == []
    remind(alice, due_at=minute)
    assert tick(minute - timedelta(seconds=1)) == []
    assert tick(minute + timedelta(seconds=0.9)) == ["messaging.tasks.remind"]
    assert tick(minute + timedelta(seconds=2)) == []
    assert tick(minute + timedelta(seconds=61)) == ["messaging.tasks.remind"]


def test_the_clock_finds_what_a_dead_worker_had_in_hand(alice, now):
    lost = remind(alice, status="claimed", due_at=now - timedelta(minutes=1), lease_until=now - timedelta(seconds=1))
    halfway = remind(alice, status="sending", due_at=now, lease_until=now - timedelta(seconds=1), channel="email")
    Clock().go_round(now=now)
    with tenant_scope(alice):
        lost.refresh_from_db()
        halfway.refresh_from_db()
    assert (lost.status, halfway.status) == ("scheduled", "unknown")
    assert "messaging.tasks.remind" in [SignedPackage.loads(row.payload)["func"] for row in OrmQ.objects.all()]


@pytest.mark.django_db(transaction=True)
def test_they_can_be_sent_by_hand(alice, bob, now):
    start = now + timedelta(hours=1)
    with tenant_scope(alice):
        meeting = factories.appointment(alice, start_datetime=start, reminder_minutes=[60])
        factories.reminder(
            alice, kind="appointment", appointment=meeting, task=None, due_at=start - timedelta(minutes=60)
        )
    remind(bob)
    out = StringIO()
    call_command("send_reminders", stdout=out)
    assert out.getvalue() == "sent 1, failed 0, unknown 0, dropped 0, later 0\n"


@pytest.mark.django_db(transaction=True)
def test_as_a_service_it_sends_until_it_is_told_to_stop(alice, now, settings, tmp_path):
    with tenant_scope(alice):
        meetings = [
            factories.appointment(alice, start_datetime=now + timedelta(hours=1, seconds=n), reminder_minutes=[60])
            for n in (0, 1, 2)
        ]
        for meeting in meetings:
            due = meeting.start_datetime - timedelta(minutes=60)
            factories.reminder(alice, kind="appointment", appointment=meeting, task=None, due_at=due)

    def sent() -> int:
        with tenant_scope(alice):
            return Reminder.objects.filter(status="sent").count()

    with (tmp_path / "log").open("wb") as log:
        service = subprocess.Popen(
            [sys.executable, "manage.py", "send_reminders", "--loop", "--every", "0.2"],
            cwd=settings.BASE_DIR,
            env=process_environment(settings),
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: sent() == 3 or service.poll() is not None, seconds=60)
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=30) == 0, (tmp_path / "log").read_text()
    finally:
        service.kill()
        service.wait()
    assert "sent " in (tmp_path / "log").read_text()
