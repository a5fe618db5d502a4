"""Everything that must be true before the first request. `manage.py up` runs it in a process of its own."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from catalog.embeddings import embed_locally
from config.heartbeats import forget_beats, free_tasks
from config.startup import collect_static, make_demo
from config.translations import compile_translations
from tenants.months import make_months


class Command(BaseCommand):
    help = "Check the database, migrate, compile translations, collect static files, make the demo shops."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--report", type=int, help="a file descriptor that gets the demo accounts as JSON")

    def handle(self, *args: Any, report: int | None = None, **options: Any) -> None:
        self._say("Recado: database…")
        # Ours first: some checks of models ask the database something, and break off where it does not answer.
        self.check(tags=[Tags.database], databases=["default"])
        self.check(databases=["default"])
        call_command("migrate", interactive=False, verbosity=0)
        make_months(now=timezone.now())  # before the first event of one
        forget_beats()
        if not settings.DATABASE_URL:
            free_tasks(now=timezone.now())
        compile_translations(settings.BASE_DIR / "locale")
        self._say("Recado: pages…")
        collect_static(Path(settings.STATIC_ROOT))
        embed_locally("hola")  # unpacks the model, the first time
        accounts: list[str] = []
        if settings.DEMO:
            self._say("Recado: demo shops…")
            accounts = make_demo()
        if report is not None:
            with os.fdopen(report, "w") as file:
                json.dump(accounts, file)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
