"""Sends what is in the outbox now, by hand."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from messaging import outbox


class Command(BaseCommand):
    help = "Send what waits in the outbox to WhatsApp now, and say how much."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        swept = outbox.sweep(now=timezone.now())
        done = outbox.drain(threads=settings.WHATSAPP["THREADS"], seconds=float("inf"))
        done["unknown"] += swept["unknown"]
        self.stdout.write(outbox.describe(done))
