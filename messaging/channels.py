"""Ways to reach a tenant. A channel joins by registering; who sends does not know which there are.

There are two kinds. One that *writes rows* (the bell, an outbox) does so in the transaction that calls the reminder
sent, so it says each thing exactly once. One that *calls* somebody (a mail server) is called with that transaction
closed and ``sending`` committed before: what it does not answer for is unknown, and never said again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from agenda.models import Reminder
from messaging import bell
from messaging.mail import failing, postman
from messaging.mail.mailboxes import Mailbox
from messaging.models import Notification
from tenants import mail
from tenants.models import User
from tenants.scope import tenant_scope


class Refused(Exception):
    """It was certainly not delivered. ``reason`` is a code; ``is_final``: another try would end the same."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said to whom, in the person's language. ``url`` is a path of ours."""

    user: User
    reminder: Reminder
    title: str
    body: str
    url: str


class Channel(Protocol):
    """One way. ``send`` raises Refused; when it raises anything else nobody knows what became of it."""

    name: str
    writes_rows: bool
    is_silent: bool  # it may speak in quiet hours: nobody is disturbed

    def reaches(self, user: User) -> bool:
        """Whether it could reach this person at all."""

    def send(self, notice: Notice, *, now: datetime) -> None:
        """Say it. In the tenant's scope and a transaction when it writes rows, else in neither."""


_channels: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Make ``channel`` known under its name, one of ``Preferences.Channel``."""
    _channels[channel.name] = channel


def unregister(name: str) -> None:
    _channels.pop(name, None)


def channels_for(user: User, *, preferred: list[str]) -> list[Channel]:
    """Those of ``preferred`` that are there and could reach ``user``, in that order."""
    known = [_channels[name] for name in preferred if name in _channels]
    return [channel for channel in known if channel.reaches(user)]


class Bell:
    """The bell on the tenant's own pages."""

    name = "web"
    writes_rows = True
    is_silent = True

    def reaches(self, user: User) -> bool:
        return True

    def send(self, notice: Notice, *, now: datetime) -> None:
        digest = notice.reminder.kind in (Reminder.Kind.MORNING, Reminder.Kind.EVENING)
        bell.tell(
            user=notice.user,
            kind=Notification.Kind.DIGEST if digest else Notification.Kind.REMINDER,
            title=notice.title,
            body=notice.body,
            url=notice.url,
            reminder=notice.reminder,
            now=now,
        )


class Mail:
    """E-mail, by the settings' server. Until it begins to take the letter itself, no is no.

    A reminder has two phases of its own, so it is handed over here and now, and is no row of the letters' outbox.
    """

    name = "email"
    writes_rows = False
    is_silent = False

    def reaches(self, user: User) -> bool:
        return user.gets_mail and postman.is_anywhere() and not Mailbox.current(user).fails(user.email)

    def send(self, notice: Notice, *, now: datetime) -> None:
        letter = _write_letter(notice)
        with postman.Postman() as line:
            try:
                line.deliver(letter)
            except postman.ServerAway as fault:
                raise Refused("no_mail_server") from fault
            except postman.Refused as refusal:
                if refusal.is_recipient:
                    with tenant_scope(notice.user), transaction.atomic():
                        failing.note(
                            user=notice.user,
                            address=notice.user.email,
                            code=refusal.code,
                            said=refusal.said,
                            now=now,
                        )
                reason = "mail_broke_off" if refusal.reason == "mail_broke_off" else "mail_refused"
                raise Refused(reason, is_final=refusal.is_final) from refusal


def kind_of(reminder: Reminder) -> mail.Kind:
    """Which of a person's choices a letter of it is subject to."""
    is_digest = reminder.kind in (Reminder.Kind.MORNING, Reminder.Kind.EVENING)
    return mail.Kind.DIGEST if is_digest else mail.Kind.REMINDER


def _write_letter(notice: Notice) -> EmailMultiAlternatives:
    context = {"notice": notice, "link": settings.SITE_URL + notice.url}
    letter = mail.compose(user=notice.user, kind=kind_of(notice.reminder), template="reminder", context=context)
    # One name for each reminder, however it came to travel: programs that read mail show it once.
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    letter.extra_headers["Message-ID"] = f"<reminder-{notice.reminder.pk}@{host}>"
    for name in mail.OUR_HEADERS:
        letter.extra_headers.pop(name, None)
    return letter


register(Bell())
register(Mail())
