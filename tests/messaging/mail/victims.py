"""Senders of letters that are killed again and again: `python -m tests.messaging.mail.victims <database>`.

Each is a process of its own that sends what is due until it dies, of a named peril or of a signal at any moment; then
the next one takes over, on a clock that is further on, so that nobody has to wait for leases. It ends when one of them
finds nothing more to do.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
STEP = timedelta(seconds=130)  # longer than every lease


def main() -> int:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    import messaging.mail.outbox  # noqa: F401  (read once, not by every child)

    generation = 0
    while True:
        child = os.fork()
        if child == 0:
            _send(generation)
        if random.random() < 0.5:
            time.sleep(random.uniform(0.03, 0.4))
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        if status == 0:
            return 0
        generation += 1
        sys.stdout.write("killed\n")


def _send(generation: int) -> None:
    """What a sender does, in its own process."""
    status = 1
    try:
        from django.utils import timezone

        from messaging.mail import outbox

        outbox.sweep(now=timezone.now() + STEP * generation)
        outbox.drain(threads=2, seconds=30, clock=lambda: timezone.now() + STEP * generation)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
