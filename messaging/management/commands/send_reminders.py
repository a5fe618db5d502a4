"""Sends what is due now, by hand; with --loop it is a service of its own beside the queue, or instead of it."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from messaging import reminding

LOOK_SECONDS = 10.0  # then it looks again for what others have left behind

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send the reminders that are due now and say how many. With --loop go on until SIGTERM or Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="Run as a service: look again and again.")
        parser.add_argument(
            "--every", type=float, default=settings.REMINDERS["SECONDS"], help="Seconds between two looks of --loop."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["loop"]:
            self._say(self.look(stop=threading.Event(), seconds=float("inf")))
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                self._say(self.look(stop=stop, seconds=LOOK_SECONDS))
                if reminding.is_due(now=timezone.now()):
                    continue
            except Exception:  # a database that is being started again raises errors of its own
                logger.exception("This look broke off; the next one follows")
                connection.close()
            stop.wait(options["every"])

    def look(self, *, stop: threading.Event, seconds: float) -> str:
        """Send what is due, for so many ``seconds`` at most. Returns the counts in words."""
        swept = reminding.sweep(now=timezone.now())
        done = reminding.drain(threads=settings.REMINDERS["THREADS"], seconds=seconds, stop=stop.is_set)
        done["unknown"] += swept["unknown"]
        return reminding.describe(done)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
