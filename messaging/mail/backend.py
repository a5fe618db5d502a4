"""What stands behind Django's ``send_mail`` and ``EmailMessage.send``: the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from messaging.mail import storing


class OutboxBackend(BaseEmailBackend):
    """Stores each letter in the caller's transaction. Who really sends is named by ``settings.MAIL_BACKEND``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many will be sent. Raises storing.WrongLetter."""
        return sum(storing.store(message) for message in email_messages)
