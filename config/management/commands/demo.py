"""Demo shops for a first look. `make run` calls it at every start; it only makes what is missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.demo.accounts import PublicSite
from config.demo.shops import set_up


class Command(BaseCommand):
    help = "Make the demo shops and the superadmin unless they exist; print «username / password» for each."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            demo = set_up()
        except PublicSite as refusal:
            raise CommandError(str(refusal)) from refusal
        for note in demo.notes:
            self.stderr.write(note)
        if demo.added:
            self.stdout.write(f"{demo.added} products were added to the demo shops.")
        for account in demo.accounts:
            self.stdout.write(str(account))
