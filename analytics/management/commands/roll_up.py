"""`manage.py roll_up [--user NAME] [--again]`: keep what was counted of the days that are over."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analytics import rollups
from tenants.models import User
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Keep the figures of days that are over. The clock does it every hour; this does it now, and at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="only this tenant's days, by username")
        parser.add_argument(
            "--again", action="store_true", help="count all days anew whose events are still there, and keep them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        users = User.objects.tenants().order_by("pk")
        if options["user"]:
            users = users.filter(username=options["user"])
            if not users:
                raise CommandError(f"There is no tenant «{options['user']}».")
        days = sum(self._roll_up(user, again=options["again"]) for user in users)
        self.stdout.write(f"{days} days kept.")

    def _roll_up(self, user: User, *, again: bool) -> int:
        with tenant_scope(user):
            if again:
                rollups.count_anew(user=user)
            found = 0
            while days := rollups.roll_up(user=user, now=timezone.now()):
                found += days
            return found
