"""Ways to reach a tenant. A channel joins by registering; who sends does not know which there are.

There are two kinds. One that *writes rows* (the bell, an outbox) does so in the transaction that calls the reminder
sent, so it says each thing exactly once. One that *calls* somebody (a mail server) is called with that transaction
closed and ``sending`` committed before: what it does not answer for is unknown, and never said again.
"""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation

from agenda.models import Reminder
from messaging import bell
from messaging.models import Notification
from tenants.models import User

logger = logging.getLogger(__name__)

# Mail that nobody receives: a person's own machine without a mail server prints its letters.
NOWHERE = ("console", "dummy")


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
    """E-mail, by the settings' server. Until it begins to take the letter itself, no is no."""

    name = "email"
    writes_rows = False
    is_silent = False

    def reaches(self, user: User) -> bool:
        return bool(user.email) and settings.EMAIL_BACKEND.split(".")[-2] not in NOWHERE

    def send(self, notice: Notice, *, now: datetime) -> None:
        server = get_connection(fail_silently=False, timeout=settings.EMAIL_TIMEOUT)
        letter = _write_letter(notice)
        try:
            server.open()
        except (OSError, smtplib.SMTPException) as fault:
            raise Refused("no_mail_server") from fault
        line = _Line(server)
        try:
            server.send_messages([letter])
        except smtplib.SMTPRecipientsRefused as fault:
            codes = [code for code, _ in fault.recipients.values()]
            raise Refused("mail_refused", is_final=min(codes, default=0) >= 500) from fault
        except smtplib.SMTPResponseException as fault:  # to any command, the letter's end included
            raise Refused("mail_refused", is_final=fault.smtp_code >= 500) from fault
        except (OSError, smtplib.SMTPException) as fault:
            if line.has_begun:
                raise
            raise Refused("mail_broke_off") from fault
        finally:
            line.hang_up()


class _Line:
    """A conversation with a mail server, which notes whether the letter's own text has begun to go out."""

    def __init__(self, server: Any) -> None:
        self.has_begun = False
        self._server = server
        smtp = getattr(server, "connection", None)
        if not isinstance(smtp, smtplib.SMTP):  # mail that goes to files or to memory
            self.has_begun = True
            return
        data = smtp.data

        def begin(text: Any) -> Any:
            self.has_begun = True
            return data(text)

        smtp.data = begin  # type: ignore[method-assign, assignment]

    def hang_up(self) -> None:
        try:
            self._server.close()
        except (OSError, smtplib.SMTPException) as fault:  # what was taken stays taken
            logger.info("the mail server hung up before we did: %s", fault)


def _write_letter(notice: Notice) -> EmailMessage:
    context = {
        "notice": notice,
        "link": settings.SITE_URL + notice.url,
        "settings": f"{settings.SITE_URL}/user/settings",
    }
    with translation.override(notice.user.language):
        body = render_to_string("messaging/mail/reminder_body.txt", context)
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    # One name for each reminder, however it came to travel: programs that read mail show it once.
    headers = {"Message-ID": f"<reminder-{notice.reminder.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(
        " ".join(notice.title.split()), body, settings.DEFAULT_FROM_EMAIL, [notice.user.email], headers=headers
    )


register(Bell())
register(Mail())
