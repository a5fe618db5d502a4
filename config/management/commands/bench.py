"""Measure what Recado costs, on a database and a system of the benchmarks' own."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.benchmarks.sizes import SIZES
from config.benchmarks.workspace import run_inside, throwaway

MOST_SECONDS = {"full": 30 * 60, "quick": 8 * 60, "tiny": 10 * 60}
ROWS = (
    *("memory", "reads", "turns", "queue", "webhook", "replies", "exchange"),
    *("serialising", "lists", "row-security", "search", "agenda", "reminders", "analytics", "record", "limits"),
)


class Command(BaseCommand):
    help = "Print a table of ratios, each against a ceiling measured in the same run. Touches nobody's data."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quick", action="store_true", help="A minute's look at smaller sizes.")
        parser.add_argument("--size", choices=list(SIZES), default="full", help="tiny is for the tests.")
        parser.add_argument("--only", action="append", choices=ROWS, default=[], help="This row; may be repeated.")
        parser.add_argument("--json", type=Path, help="Write the lines to this file, too.")
        parser.add_argument("--folder", type=Path, help="Where the throwaway data lies (2 GB at full size).")
        parser.add_argument("--like", type=Path, help="A data folder, of which it begins with a copy.")

    def handle(self, *args: Any, **options: Any) -> None:
        size = "quick" if options["quick"] else options["size"]
        arguments = ["--size", size]
        arguments += [part for row in ROWS if row in (options["only"] or ROWS) for part in ("--row", row)]
        if options["json"]:
            arguments += ["--json", str(options["json"].absolute())]
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with throwaway(parent=options["folder"], like=options["like"]) as folder:
                status = run_inside(folder, arguments, seconds=MOST_SECONDS[size])
        except subprocess.TimeoutExpired as late:
            raise CommandError(f"The measurements were ended: they took more than {late.timeout:.0f} s.") from late
        except KeyboardInterrupt:
            raise CommandError("Interrupted.") from None
        if status:
            raise CommandError("The measurements broke off.", returncode=status)
