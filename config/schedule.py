"""When the clock makes a backup: in a process of its own, for it may take longer than the clock may stand still."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import datetime, timedelta

from django.conf import settings

from config.heartbeats import BACKUP
from config.models import Heartbeat

FIRST = timedelta(minutes=10)  # after the clock began: what is just starting has better things to do
RETRY = timedelta(hours=1)  # after one that failed

logger = logging.getLogger(__name__)


class BackupSchedule:
    """Lives in the clock. On several machines each has a clock's, and the database says when the last one was made."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._not_before: datetime | None = None

    def look(self, *, now: datetime) -> None:
        """Start a backup if it is time to, and say when one has failed."""
        if self.process is not None:
            self._tend(now=now)
        elif settings.BACKUP_HOURS > 0 and self._is_due(now=now):
            self.process = subprocess.Popen(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "backup", "--scheduled"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def stop(self) -> None:
        """End a backup that is being made: it leaves nothing but a partial file, which the next one removes."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def _tend(self, *, now: datetime) -> None:
        status = self.process.poll() if self.process is not None else None
        if status is None:
            return
        self.process = None
        if status:
            logger.error("the backup was not made (status %s); it is tried again in an hour", status)
            self._not_before = now + RETRY

    def _is_due(self, *, now: datetime) -> bool:
        if self._not_before is None:
            self._not_before = now + FIRST
        if now < self._not_before:
            return False
        last = Heartbeat.objects.filter(name=BACKUP).values_list("beat_at", flat=True).first()
        return last is None or now - last >= timedelta(hours=settings.BACKUP_HOURS)
