"""Says in words what works, what does not, and what to do about it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.findings import BAD, GOOD, NOTE, examine


class Command(BaseCommand):
    help = "Explain in words what is wrong with this installation and what to do. Exit status 1 when something is."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the same for a program: {ok, findings}")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine())
        is_well = all(finding.state != BAD for finding in findings)
        if options["json"]:
            listed = [finding._asdict() for finding in findings]
            self.stdout.write(json.dumps({"ok": is_well, "findings": listed}, ensure_ascii=False, indent=1))
        else:
            styles = {GOOD: self.style.SUCCESS, NOTE: self.style.WARNING, BAD: self.style.ERROR}
            for finding in findings:
                self.stdout.write(f"{styles[finding.state](f'{finding.state:>4}')}  {finding.subject}: {finding.text}")
        if not is_well:
            raise SystemExit(1)
