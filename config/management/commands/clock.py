"""The scheduler: starts what is due, on time, and rings the canary. One process of its own, outside the workers."""

import logging
import signal
import threading
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.scheduler import scheduler

from agenda.claiming import plan_all_digests
from agenda.housekeeping import forget_undone
from agenda.series import continue_all
from analytics import rolling
from config import data_jobs, departures
from config.heartbeats import SCHEDULER, Canary, beat
from config.schedule import BackupSchedule
from messaging import inbound, media, outbox, reminding, strangers
from messaging.answering import ring_forgotten
from messaging.bell import forget_read
from messaging.mail import outbox as mail_outbox
from messaging.webhooks import claiming as webhook_claiming
from messaging.webhooks import telling as webhook_telling
from messaging.whatsapp import arrivals, health, linking
from tenants import months, retention, viewing
from tenants.exchange import export_sweeping
from tenants.exchange import keeping as import_keeping
from tenants.exchange import running as import_running
from tenants.housekeeping import forget_expired
from tenants.jobs import enqueue

TIDY_SECONDS = 3600.0
RETENTION_SECONDS = 90
DIGEST_SECONDS = 900.0  # they are planned a day ahead
BACKUP_LOOK_SECONDS = 30.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the schedule: due tasks, the canary, the scheduler's own heartbeat. Runs until it is stopped."
    requires_system_checks = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._next: dict[str, float] = {}  # when each part of the round is due, by time.monotonic()
        self._backups = BackupSchedule()
        self._rung: int | None = None  # the stretch of REMINDERS["SECONDS"] in which reminders were rung for last

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        canary = Canary()
        while not stop.is_set():
            try:
                self.tick(canary)
            except DatabaseError as error:
                logger.warning("The database does not answer, trying again: %s", error)
                connection.close()
            stop.wait(settings.HEALTH["CLOCK_SECONDS"])
        self._backups.stop()

    def tick(self, canary: Canary) -> None:
        """One look at everything that may be due."""
        if connection.connection is None:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '20s'")
        now = timezone.now()
        scheduler(broker=get_broker())
        canary.look(now=now)
        self.go_round(now=now)
        beat(name=SCHEDULER, now=now)

    def go_round(self, *, now: datetime) -> None:
        """Do what is to be done now and then, each as often as it wants."""
        if self._is_time("sweep", settings.HEALTH["SWEEP_SECONDS"]):
            ring_forgotten()
            reminding.sweep(now=now)
            inbound.sweep(now=now)
            media.sweep(now=now)
            outbox.sweep(now=now)
            mail_outbox.sweep(now=now)
            strangers.sweep(now=now)
            webhook_telling.sweep(now=now)
            data_jobs.sweep(now=now)
            export_sweeping.sweep(now=now)
            import_running.sweep(now=now)
        # At the beginning of each minute, by the clock on the wall: that is when reminders are due.
        stretch = int(now.timestamp() // settings.REMINDERS["SECONDS"])
        if stretch != self._rung:
            reminding.ring_due(now=now)
            self._rung = stretch
        if self._is_time("backups", BACKUP_LOOK_SECONDS):
            self._backups.look(now=now)
        if self._is_time("digests", DIGEST_SECONDS):
            plan_all_digests(now=now)
        if self._is_time("tidy", TIDY_SECONDS):
            continue_all(now=now)
            forget_expired(now=now)
            viewing.close_over(now=now)
            forget_undone(now=now)
            forget_read(now=now)
            health.ask_due(now=now)
            linking.forget(now=now)
            strangers.forget(now=now)
            mail_outbox.forget(now=now)
            webhook_claiming.forget(now=now)
            data_jobs.forget_files(now=now)
            departures.look(now=now)
            export_sweeping.forget(now=now)
            import_keeping.forget_old(now=now)
            arrivals.forget_old(now=now)
            rolling.ring(now=now)
            months.make_months(now=now)
            retention.drop_months(now=now)
            with transaction.atomic():  # what takes longer, for the queue
                enqueue("tenants.tasks.forget_events", timeout=RETENTION_SECONDS)
                enqueue("messaging.tasks.forget_conversations", timeout=RETENTION_SECONDS)

    def _is_time(self, part: str, seconds: float) -> bool:
        """Whether ``part`` is due, which it is every so many ``seconds``."""
        is_due = time.monotonic() >= self._next.get(part, 0.0)
        if is_due:
            self._next[part] = time.monotonic() + seconds
        return is_due
