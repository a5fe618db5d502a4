"""The scheduler: starts what is due, on time, and rings the canary. One process of its own, outside the workers."""

import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.scheduler import scheduler

from config.heartbeats import SCHEDULER, Canary, beat
from messaging.answering import ring_forgotten
from tenants.housekeeping import forget_expired

TIDY_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the schedule: due tasks, the canary, the scheduler's own heartbeat. Runs until it is stopped."
    requires_system_checks = ()
    sweep_at = 0.0
    tidy_at = 0.0

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

    def tick(self, canary: Canary) -> None:
        """One look at everything that may be due."""
        if connection.connection is None:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '20s'")
        now = timezone.now()
        scheduler(broker=get_broker())
        canary.look(now=now)
        if time.monotonic() >= self.sweep_at:
            self.sweep_at = time.monotonic() + settings.HEALTH["SWEEP_SECONDS"]
            ring_forgotten()
        if time.monotonic() >= self.tidy_at:
            self.tidy_at = time.monotonic() + TIDY_SECONDS
            forget_expired(now=now)
        beat(name=SCHEDULER, now=now)
