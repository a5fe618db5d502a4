"""Sends reminders while everybody is killed, in the throwaway folder of `manage.py chaos_reminders`."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LOOK_SECONDS = 0.2


def main() -> int:
    from config.benchmarks.workspace import MARK

    if not os.environ.get(MARK):
        sys.stderr.write("Start it with «manage.py chaos_reminders»: it needs a folder of its own.\n")
        return 2
    parser = argparse.ArgumentParser(prog="manage.py chaos_reminders")
    parser.add_argument("--reminders", type=int, required=True)
    parser.add_argument("--tenants", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--services", type=int, required=True)
    parser.add_argument("--system", action="store_true")
    parser.add_argument("--kill-every", type=float, required=True)
    parser.add_argument("--shares", type=json.loads, required=True)
    parser.add_argument("--busy", type=float, required=True, help="Share of the letters that are to come again later.")
    parser.add_argument("--drop", type=float, required=True, help="Share of those that are taken without a word.")
    parser.add_argument("--patience", type=float, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    # By import, not above: the settings are read with the first of them.
    from tests.standins.smtp_server import SMTPServer

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with SMTPServer() as mail:
        weights = [options.busy, options.drop, 1 - options.busy - options.drop]
        mail.behaviour = lambda: random.choices(["busy", "drop", "accept"], weights)[0]  # noqa: S311
        os.environ["EMAIL_URL"] = mail.url
        return _run(options, letters=mail.names)


def _run(options: argparse.Namespace, *, letters: Callable[[], list[str]]) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from config.chaos.ledger import close_ledger
    from config.chaos.victims import Victims

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    victims = Victims(
        services=options.services,
        with_system=options.system,
        shares=options.shares,
        every=settings.REMINDERS["SECONDS"],
    )
    try:
        victims.start()
        _write_reminders(count=options.reminders, tenants=options.tenants, seconds=options.seconds)
        _watch(victims, options)
    finally:
        victims.stop()
    ledger = close_ledger(letters=letters())
    deaths = ", ".join(f"{name} {count}" for name, count in sorted(victims.deaths().items()))
    sys.stdout.write(f"{ledger}\nkilled: {deaths or 'nobody'}\n")
    if options.json:
        options.json.write_text(json.dumps(ledger.as_dict() | {"killed": victims.deaths()}, indent=1))
    connections.close_all()
    return 0 if ledger.is_clean else 1


def _write_reminders(*, count: int, tenants: int, seconds: float) -> None:
    """Appointments of ``tenants`` whose reminders fall due over the next ``seconds``; half by mail, half by bell."""
    from django.db import transaction
    from django.utils import timezone

    from agenda.models import Appointment
    from agenda.planning import plan_many
    from tenants.accounts import register
    from tenants.models import Preferences
    from tenants.scope import tenant_scope

    now = timezone.now()
    for number in range(tenants):
        user = register(username=f"tenant{number}", password=os.urandom(16).hex(), email=f"tenant{number}@example.com")
        with tenant_scope(user), transaction.atomic():
            preferences = Preferences.current(user)
            preferences.change(reminder_channels=["email", "web"] if number % 2 else ["web"])
            made = []
            for place in range(number, count, tenants):
                start = now + timedelta(hours=1, seconds=3 + seconds * place / count)
                made.append(
                    Appointment(
                        user=user,
                        title=f"Cita {place}",
                        start_datetime=start,
                        end_datetime=start + timedelta(minutes=30),
                        timezone=user.timezone,
                        reminder_minutes=[60],
                    )
                )
            Appointment.objects.bulk_create(made)
            plan_many(of=made, preferences=preferences, now=now)


def _watch(victims, options: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    """Kill while reminders fall due, then wait for the rest; no longer than ``--patience`` for what stands still."""
    from django.db import connection
    from django.utils import timezone

    from config.chaos.ledger import count_open

    calm_at = time.monotonic() + options.seconds + 3
    deadline = calm_at + options.patience
    kill_at = time.monotonic() + options.kill_every
    while (now := time.monotonic()) < deadline:
        victims.revive()
        if now < calm_at and now >= kill_at:
            kill_at = now + random.uniform(0.5, 1.5) * options.kill_every  # noqa: S311
            victims.kill_one()
        elif now >= calm_at:
            with suppress(Exception):  # the database may be away: that is the point
                unfinished, standing = count_open(now=timezone.now())
                if unfinished == 0:
                    return
                if standing == 0:  # what is left waits for its pause to end
                    deadline = now + options.patience
            connection.close()
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
