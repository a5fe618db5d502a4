"""The conversation with the mail server that ``EMAIL_URL`` names: what it took, what not, and what nobody knows.

Until the letter's own text begins to go out, no is no, and a broken line is no, too. After that only the server's
answer counts: without one nobody knows whether the letter went out.
"""

from __future__ import annotations

import logging
import re
import smtplib
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

logger = logging.getLogger(__name__)

# Mail that nobody receives: a person's own machine without a mail server prints its letters.
NOWHERE = ("console", "dummy")
LONGEST_ANSWER = 300
# Of enhanced status codes (RFC 3463): the address is wrong or its mailbox does not work. 5.7 is about us.
_OF_RECIPIENT = re.compile(r"\b5\.[12]\.\d+")
_ENHANCED = re.compile(r"\b5\.\d\.\d+")
_RECIPIENT_CODES = {521, 550, 551, 552, 553, 556}  # to RCPT, from a server that says no more than that


class ServerAway(Exception):
    """The server cannot be asked at all, or does not let us in: no letter's fault. The text says what happened."""


class Refused(Exception):
    """The letter was certainly not taken. ``is_final``: another try would end the same."""

    def __init__(
        self,
        reason: str,
        *,
        is_final: bool = False,
        code: int | None = None,
        said: str = "",
        is_recipient: bool = False,
    ) -> None:
        super().__init__(f"{reason}: {code or ''} {said}".strip())
        self.reason = reason  # a code of ours
        self.is_final = is_final
        self.code = code
        self.said = said
        self.is_recipient = is_recipient  # it is about the address, and will be so for every letter to it


def is_anywhere() -> bool:
    """Whether letters reach anybody."""
    return settings.MAIL_BACKEND.split(".")[-2] not in NOWHERE


class Postman:
    """``with Postman() as postman``: a line to the server for some letters, opened when it is needed.

    ``answer_seconds`` is how long the server may think about a letter that it has read; by default EMAIL_TIMEOUT.
    """

    def __init__(self, *, answer_seconds: float | None = None) -> None:
        self._answer_seconds = answer_seconds
        self._server: Any = None
        self._has_begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def call(self) -> None:
        """See to it that there is a line. Raises ServerAway."""
        if self._is_open():
            return
        self.hang_up()
        server = get_connection(settings.MAIL_BACKEND, fail_silently=False, timeout=settings.EMAIL_TIMEOUT)
        try:
            server.open()
        except smtplib.SMTPResponseException as fault:
            raise ServerAway(f"{fault.smtp_code} {_text(fault.smtp_error)}") from fault
        except (OSError, smtplib.SMTPException) as fault:
            raise ServerAway(f"{type(fault).__name__}: {fault}"[:LONGEST_ANSWER]) from fault
        self._server = server
        self._listen()

    def deliver(self, message: EmailMessage) -> None:
        """Hand over one letter. Raises ServerAway and Refused; when it raises anything else nobody knows."""
        if any(not address.rpartition("@")[0].isascii() for address in message.recipients()):
            raise Refused("address", is_final=True, is_recipient=True)
        self.call()
        self._has_begun = not self._is_smtp
        try:
            self._server.send_messages([message])
        except smtplib.SMTPRecipientsRefused as fault:
            code, said = next(iter(fault.recipients.values()))
            raise _refusal(code, _text(said), of_recipient=True) from fault
        except smtplib.SMTPSenderRefused as fault:
            raise Refused(
                "sender_refused", is_final=fault.smtp_code >= 500, code=fault.smtp_code, said=_text(fault.smtp_error)
            ) from fault
        except smtplib.SMTPResponseException as fault:  # to any other command, the letter's end included
            raise _refusal(fault.smtp_code, _text(fault.smtp_error)) from fault
        except (OSError, smtplib.SMTPException) as fault:
            self.hang_up()
            if self._has_begun:
                raise
            raise Refused("mail_broke_off") from fault
        except Exception as fault:
            self.hang_up()
            if self._has_begun:
                raise
            logger.exception("a letter cannot be put into words that a mail server takes")
            raise Refused("fault", is_final=True) from fault
        if not self._is_smtp:  # one file for each letter
            self.hang_up()

    def hang_up(self) -> None:
        """End the line, if there is one."""
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.close()
        except (OSError, smtplib.SMTPException) as fault:  # what was taken stays taken
            logger.info("the mail server hung up before we did: %s", fault)

    @property
    def _is_smtp(self) -> bool:
        return isinstance(getattr(self._server, "connection", None), smtplib.SMTP)

    def _is_open(self) -> bool:
        if self._server is None:
            return False
        if not self._is_smtp:
            return getattr(self._server, "connection", True) is not None
        try:
            return bool(self._server.connection.noop()[0] == 250)
        except (OSError, smtplib.SMTPException):
            return False

    def _listen(self) -> None:
        """Notice when a letter's own text begins to go out, and then be more patient."""
        if not self._is_smtp:
            return
        smtp, data = self._server.connection, self._server.connection.data

        def begin(text: Any) -> Any:
            self._has_begun = True
            if self._answer_seconds is not None:
                smtp.sock.settimeout(self._answer_seconds)
            try:
                return data(text)
            finally:
                if smtp.sock is not None:
                    smtp.sock.settimeout(settings.EMAIL_TIMEOUT)

        smtp.data = begin


def _refusal(code: int, said: str, *, of_recipient: bool = False) -> Refused:
    """What a definite answer means. 552 to a recipient may say that the mailbox is full: it is final, too."""
    is_final = code >= 500
    told = bool(_OF_RECIPIENT.search(said))
    plain = of_recipient and code in _RECIPIENT_CODES and not _ENHANCED.search(said)
    return Refused("mail_refused", is_final=is_final, code=code, said=said, is_recipient=is_final and (told or plain))


def _text(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:LONGEST_ANSWER]
