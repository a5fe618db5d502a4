"""Have people write to shops while everybody is killed, and count what was lost and what was answered twice."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.benchmarks.workspace import run_inside, throwaway

PATIENCE = 240.0  # seconds in which something must move, or it stands still
SHARES = {
    "after_stored": 0.001,
    "before_taken_in": 0.001,
    "after_taken_in": 0.001,
    "before_whatsapp_send": 0.004,
    "after_whatsapp_send": 0.006,
}
SHORT_SHARES = {name: share * 5 for name, share in SHARES.items()}
# Leases and looks are shorter than in earnest, so that an hour's interruptions fit into minutes.
_quick = {
    "HEALTH_SWEEP_SECONDS": "2",
    "WHATSAPP_CONNECT_SECONDS": "2",
    "WHATSAPP_READ_SECONDS": "4",
    "WHATSAPP_SENDING_LEASE_SECONDS": "12",
}


class Command(BaseCommand):
    help = "Kill everybody while people write, on data of its own; status 1 unless all is accounted for."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--messages", type=int, default=5000)
        parser.add_argument("--tenants", type=int, default=12)
        parser.add_argument("--seconds", type=float, default=300.0, help="Over which they come, and people die.")
        parser.add_argument("--kill-every", type=float, default=5.0, help="Seconds between two that are killed.")
        parser.add_argument("--seed", type=int, help="Of what is written and delivered; not of who dies when.")
        parser.add_argument("--short", action="store_true", help="A look for the tests.")
        parser.add_argument("--json", type=Path, help="Write the counts to this file, too.")
        parser.add_argument("--folder", type=Path, help="Where the throwaway data lies.")
        parser.add_argument("--like", type=Path, help="A data folder, of which it begins with a copy.")

    def handle(self, *args: Any, **options: Any) -> None:
        short = options["short"]
        seconds = 8.0 if short else options["seconds"]
        seed = options["seed"] if options["seed"] is not None else secrets.randbelow(1_000_000)
        arguments = [
            *("--messages", str(60 if short else options["messages"])),
            *("--tenants", "3" if short else str(options["tenants"])),
            *("--seconds", str(seconds)),
            *("--kill-every", str(2.5 if short else options["kill_every"])),
            *("--trouble-every", "1" if short else "3"),
            *("--shares", json.dumps(SHORT_SHARES if short else SHARES)),
            *("--patience", str(PATIENCE)),
            *("--seed", str(seed)),
        ]
        if options["json"]:
            arguments += ["--json", str(options["json"].absolute())]
        os.environ.update(_quick)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        limit = seconds + PATIENCE + 3600
        try:
            with throwaway(parent=options["folder"], like=options["like"]) as folder:
                status = run_inside(folder, arguments, seconds=limit, module="config.chaos.whatsapp")
        except subprocess.TimeoutExpired as late:
            raise CommandError(f"It was ended: it took more than {late.timeout:.0f} s.") from late
        except KeyboardInterrupt:
            raise CommandError("Interrupted.") from None
        if status:
            raise CommandError("Something was lost, answered twice, or not accounted for.", returncode=status)
