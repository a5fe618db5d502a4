"""Goes through a stored webhook body again: what is missing of it is added, what failed is tried again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from messaging.whatsapp.replays import NoSuchBody, replay
from messaging.whatsapp.signatures import Refused

LAST_ID = 2**63 - 1


class Command(BaseCommand):
    help = "Go through a stored webhook body again. Nothing of it is done twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="Of the body, as the admin and the log show it.")
        parser.add_argument("--all", action="store_true", help="Also what was done already.")

    def handle(self, *args: Any, **options: Any) -> None:
        body_id = options["id"]
        try:
            if not 0 < body_id <= LAST_ID:
                raise NoSuchBody(body_id)
            done = replay(body_id=body_id, everything=options["all"], now=timezone.now())
        except NoSuchBody as fault:
            raise CommandError(f"There is no body {body_id}, or its days are over.") from fault
        except Refused as refusal:
            raise CommandError(f"Body {body_id} cannot be replayed: {refusal}.") from refusal
        self.stdout.write(
            f"Body {body_id} holds {done.held} updates: {done.added} were missing, {done.again} are taken in again."
        )
