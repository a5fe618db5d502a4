"""`manage.py evaluate search FILE.json [--errors FILE]`: one line of JSON with how good something is."""

from __future__ import annotations

import json
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import autodiscover_modules

from catalog.evaluation import UnusableFile, registered


class Command(BaseCommand):
    help = "Measure a part of Recado on a set of questions and answers; prints one line of JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        autodiscover_modules("evaluations")
        parser.add_argument("what", choices=sorted(registered))
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--errors", type=Path, help="write what went wrong here, one line of JSON each, worst first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Being ended is an exception too, so that what was made is removed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            read, evaluate = registered[options["what"]]
            outcome = evaluate(read(options["file"]))
        except (OSError, ValueError) as fault:
            if isinstance(fault, OSError | UnusableFile | json.JSONDecodeError | UnicodeDecodeError):
                raise CommandError(f"{options['file']}: {fault}") from fault
            raise
        if options["errors"]:
            lines = (json.dumps(miss, ensure_ascii=False) for miss in outcome.misses)
            try:
                options["errors"].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            except OSError as fault:
                raise CommandError(f"{options['errors']}: {fault}") from fault
        self.stdout.write(json.dumps(outcome.measures))
