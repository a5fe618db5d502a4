"""A sender that can be started again in no time: forked from a server that has loaded everything already."""

import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from messaging.management.commands import send_reminders  # noqa: E402, F401  (loaded before the fork)


def serve(*, every: float, output: Path) -> None:
    """``manage.py send_reminders --loop``, which says what it says to ``output``."""
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    call_command("send_reminders", loop=True, every=every, stdout=sys.stdout, stderr=sys.stderr)
