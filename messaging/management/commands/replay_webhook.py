"""Goes through a stored webhook body again: what is missing of it is added, what failed is tried again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from messaging.whatsapp.replays import NoSuchBody, replay, unfinished
from messaging.whatsapp.signatures import Refused

LAST_ID = 2**63 - 1


class Command(BaseCommand):
    help = (
        "Go through a stored webhook body again; nothing of it is done twice. Without an id, name those that want it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, nargs="?", help="Of the body.")
        parser.add_argument("--all", action="store_true", help="Also what was done already.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["id"] is None:
            self._list()
        else:
            self._replay(options["id"], everything=options["all"])

    def _list(self) -> None:
        found = unfinished()
        for one in found:
            fault = f" ({one.fault})" if one.fault else ""
            received = one.received_at.strftime("%Y-%m-%d %H:%M:%SZ")
            self.stdout.write(f"{one.body_id}  {received}  failed {one.failed}, not understood {one.unknown}{fault}")
        if not found:
            self.stdout.write("Every body that is kept was seen to.")

    def _replay(self, body_id: int, *, everything: bool) -> None:
        try:
            if not 0 < body_id <= LAST_ID:
                raise NoSuchBody(body_id)
            done = replay(body_id=body_id, everything=everything, now=timezone.now())
        except NoSuchBody as fault:
            raise CommandError(f"There is no body {body_id}, or its days are over.") from fault
        except Refused as refusal:
            raise CommandError(f"Body {body_id} cannot be replayed: {refusal}.") from refusal
        self.stdout.write(
            f"Body {body_id} holds {done.held} updates: {done.added} were missing, {done.again} are taken in again."
        )
