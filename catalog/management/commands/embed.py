"""`manage.py embed [--all] [--user NAME]`: compute the vectors of products that have none, or all of them anew."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog.embeddings import EmbeddingUnavailable, current_provider
from catalog.indexing import embed_products
from catalog.models import Product
from tenants.models import User
from tenants.scope import tenant_scope

WIDTH = 40  # of the bar


class Command(BaseCommand):
    help = "Embed the products whose text or model has changed; with --all, every product."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also what is up to date")
        parser.add_argument("--user", help="only this tenant's products, by username")

    def handle(self, *args: Any, **options: Any) -> None:
        users = User.objects.tenants().order_by("pk")
        if options["user"]:
            users = users.filter(username=options["user"])
            if not users:
                raise CommandError(f"There is no tenant «{options['user']}».")
        tenants = list(users)
        total = sum(self._count(user) for user in tenants)
        bar = _Bar(total)
        embedded = 0
        try:
            for user in tenants:
                embedded += embed_products(user=user, now=timezone.now(), again=options["all"], progress=bar.advance)
        except EmbeddingUnavailable as fault:
            raise CommandError(
                f"Stopped after {embedded}: {fault}. What was embedded is kept; run it again."
            ) from fault
        finally:
            bar.close()
        self.stdout.write(f"{embedded} of {total} products embedded with {current_provider().model}.")

    def _count(self, user: User) -> int:
        with tenant_scope(user):
            return Product.objects.count()


class _Bar:
    """Progress on one line of the standard error, where that is a terminal or not: it is redrawn in place."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0

    def advance(self, amount: int) -> None:
        self.done += amount
        filled = WIDTH * self.done // max(self.total, 1)
        sys.stderr.write(f"\r[{'█' * filled}{' ' * (WIDTH - filled)}] {self.done}/{self.total}")
        sys.stderr.flush()

    def close(self) -> None:
        if self.done:
            sys.stderr.write("\n")
