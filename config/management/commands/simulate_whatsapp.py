"""A chat with a shop as on WhatsApp, in a terminal and without an account of Meta's.

What is typed goes as a signed webhook over HTTP to the running system, and its replies come by the gateway to a local
stand-in for the Graph API: the very way of a real message. Where nothing runs yet, the command runs it meanwhile.
"""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone, translation

from config.simulator import phones
from config.simulator.running import LOG, running_system
from config.simulator.terminal import Chat, converse, recite
from config.trial import NotUp
from messaging.models import PhoneLink
from messaging.whatsapp import linking
from tenants.models import User
from tenants.phones import match_key
from tenants.scope import tenant_scope

PATIENCE = 60.0  # seconds for the first reply, with lines from a pipe
LINK_SECONDS = 60.0


class Command(BaseCommand):
    help = "Write to a shop as on WhatsApp. Numbers tap buttons; Ctrl-D ends. Reads lines from a pipe, too."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="phone", default="", help="Whose phone: +573001112233. Nobody's if not given."
        )
        parser.add_argument("--shop", default="", help="The shop's username; without it the number asks which one.")
        parser.add_argument("--owner", action="store_true", help="As the shop's owner: links the phone first.")
        parser.add_argument("--name", default="", help="The name that WhatsApp shows.")
        parser.add_argument("--patience", type=float, default=PATIENCE, help="Seconds to wait for a reply (pipe).")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WHATSAPP_SIMULATOR:
            raise CommandError("A real number is configured (or WHATSAPP_SIMULATOR is off): write to it from a phone.")
        if options["owner"] and not options["shop"]:
            raise CommandError("--owner wants to know whose: --shop <username>")
        try:
            with running_system() as is_ours:
                if is_ours:
                    self.stderr.write(f"Recado did not run: started for this chat ({settings.DATA_DIR / LOG}).")
                self._chat(**options)
        except NotUp as fault:
            raise CommandError(f"Recado does not come up:\n{str(fault)[-2000:]}") from fault

    def _chat(self, *, phone: str, shop: str, owner: bool, name: str, patience: float, **_options: Any) -> None:
        user = self._find(shop) if shop else None
        place = phones.OWNER if owner else phones.RETURNING
        number = match_key(phone) if phone else ""
        if phone and not number:
            raise CommandError("--from wants a number with its country's code: +573001112233")
        number = number or (phones.number_of(user, place) if user else f"{phones.COUNTRY}{0:09d}{place:03d}")
        translation.activate(user.language if user else settings.LANGUAGE_CODE)

        def address(text: str) -> str:
            if user is None or owner:
                return text
            with tenant_scope(user):
                return phones.addressed(text, user=user, number=number)

        chat = Chat(
            phone=number,
            name=name or phones.name_of(number),
            shop=user.username if user else "WhatsApp",
            output=self.stdout,  # type: ignore[arg-type]
            address=address,
        )
        if owner and user is not None:
            self._link(user, number, chat)
        connection.close()
        if sys.stdin.isatty():
            self.stdout.write(f"Simulador: +{number} → {chat.shop}. Un número toca un botón; Ctrl-D termina.")
            converse(chat, ask=input)
        elif not recite(chat, sys.stdin, output=self.stdout, seconds=patience):  # type: ignore[arg-type]
            raise CommandError("Not every line was answered.")

    def _find(self, shop: str) -> User:
        user = User.objects.tenants().filter(username__iexact=shop).first()
        if user is None:
            raise CommandError(f"There is no shop «{shop}».")
        return user

    def _link(self, user: User, number: str, chat: Chat) -> None:
        """Make the phone the owner's, by the code that it has to send."""
        with tenant_scope(user):
            links = PhoneLink.objects.filter(role=PhoneLink.Role.OWNER, is_proved=True)
            if links.filter(phone_key=match_key(number)).exists():
                return
            try:
                asked = linking.ask(user=user, phone=f"+{number}", now=timezone.now())
            except ValidationError as fault:
                raise CommandError(" ".join(fault.messages)) from fault
        chat.write(asked.message)
        if not chat.wait_for_reply(seconds=LINK_SECONDS):
            raise CommandError("The code was not answered: the phone is not linked.")
