"""Runs the rows, in a process whose environment is a throwaway folder's: `manage.py bench` starts it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

MODULES = {"row-security": "row_security"}


def main() -> int:
    from config.benchmarks.workspace import MARK

    if not os.environ.get(MARK):
        sys.stderr.write("Start the benchmarks with «manage.py bench»: they need a folder of their own.\n")
        return 2
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from config.benchmarks.runs import Run
    from config.benchmarks.sizes import SIZES
    from config.benchmarks.table import HEAD, Line, save, show

    parser = argparse.ArgumentParser(prog="manage.py bench")
    parser.add_argument("--size", choices=list(SIZES), required=True)
    parser.add_argument("--row", action="append", default=[])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:4.0f} s] {text}\n")

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()
    lines: list[Line] = []
    run = Run(size=SIZES[options.size], say=say)
    print(f"Size: {options.size}. A ratio is the measured median over the ceiling's median of the same run.\n\n{HEAD}")
    try:
        for row in options.row:
            say(row)
            for line in import_module(f"config.benchmarks.{MODULES.get(row, row)}").measure(run):
                lines.append(line)
                print(show(line), flush=True)
    finally:
        run.stop()
        connections.close_all()
    say("done")
    if options.json:
        save(lines, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
