"""Send reminders while workers, scheduler and PostgreSQL are killed, and count what was lost and what came twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.benchmarks.workspace import run_inside, throwaway

PATIENCE = 150.0  # seconds in which everything that was interrupted must be healed
SHARES = {"before_claim": 0.004, "after_claim": 0.02, "before_send": 0.01, "after_send": 0.01}
SHORT_SHARES = {"before_claim": 0.003, "after_claim": 0.06, "before_send": 0.04, "after_send": 0.04}

# Leases and looks are shorter than in earnest, so that an hour's interruptions fit into minutes.
_long = {"REMINDER_SECONDS": "3", "REMINDER_CLAIM_LEASE_SECONDS": "10", "REMINDER_SENDING_LEASE_SECONDS": "20"}
_short = {"REMINDER_SECONDS": "0.3", "REMINDER_CLAIM_LEASE_SECONDS": "2", "REMINDER_SENDING_LEASE_SECONDS": "3"}


class Command(BaseCommand):
    help = "Kill everybody while reminders are being sent, on data of its own; status 1 unless all is accounted for."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reminders", type=int, default=2400)
        parser.add_argument("--seconds", type=float, default=240.0, help="Over which they fall due, and people die.")
        parser.add_argument("--kill-every", type=float, default=3.0, help="Seconds between two that are killed.")
        parser.add_argument("--short", action="store_true", help="A look for the tests: services and the database.")
        parser.add_argument("--json", type=Path, help="Write the counts to this file, too.")
        parser.add_argument("--folder", type=Path, help="Where the throwaway data lies.")
        parser.add_argument("--like", type=Path, help="A data folder, of which it begins with a copy.")

    def handle(self, *args: Any, **options: Any) -> None:
        short = options["short"]
        arguments = [
            *("--reminders", str(120 if short else options["reminders"])),
            *("--seconds", str(7.0 if short else options["seconds"])),
            *("--kill-every", str(1.2 if short else options["kill_every"])),
            *("--tenants", "2" if short else "10"),
            *("--services", "2"),
            *("--busy", "0" if short else "0.04"),  # who is told to come again does so after a minute
            *("--drop", "0.02"),
            *("--shares", json.dumps(SHORT_SHARES if short else SHARES)),
            *("--patience", str(PATIENCE)),
        ]
        if not short:
            arguments.append("--system")
        if options["json"]:
            arguments += ["--json", str(options["json"].absolute())]
        os.environ.update({"REMINDER_THREADS": "4", "EMAIL_TIMEOUT": "2", **(_short if short else _long)})
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        seconds = options["seconds"] + PATIENCE + 1200
        try:
            with throwaway(parent=options["folder"], like=options["like"]) as folder:
                status = run_inside(folder, arguments, seconds=seconds, module="config.chaos")
        except subprocess.TimeoutExpired as late:
            raise CommandError(f"It was ended: it took more than {late.timeout:.0f} s.") from late
        except KeyboardInterrupt:
            raise CommandError("Interrupted.") from None
        if status:
            raise CommandError("Something was lost, came twice, or was not accounted for.", returncode=status)
