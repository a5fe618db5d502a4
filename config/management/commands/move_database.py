"""From the embedded database to a server of one's own."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.embedded import server
from config.moving import MoveError, move_database
from config.startup import take_turn


class Command(BaseCommand):
    help = "Move the embedded database to the server at TARGET_URL (postgresql://role:password@host/database)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target_url", metavar="TARGET_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASE_URL:
            raise CommandError("DATABASE_URL is set, so the data lies on a server already. Unset it for this command.")
        take_turn(settings.DATA_DIR)  # nothing may write meanwhile; the claim ends with this process
        embedded = server(settings.DATA_DIR)
        embedded.use()
        connection.close()
        try:
            moved = move_database(source=embedded, target_url=options["target_url"])
        except MoveError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Moved {sum(moved.values())} rows in {len(moved)} tables. From now on, set DATABASE_URL:")
        self.stdout.write("put it into .env. The data in DATA_DIR/postgres is still there, unchanged.")
