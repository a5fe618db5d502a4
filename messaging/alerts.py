"""Letters about what is wrong: each alert of the bell once more by e-mail, never twice."""

from __future__ import annotations

import smtplib
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation

from messaging.channels import NOWHERE
from messaging.models import Notification
from tenants.models import User


class NoMailServer(Exception):
    """There was no connection: the letter did not go out, and the queue tries again."""


def mail(*, user: User, notification_id: int, now: datetime) -> str:
    """Send the letter of one alert. In the tenant's scope, outside of a transaction. Returns what became of it.

    It is marked as sent before the server is called, so a task that runs twice sends once. Raises NoMailServer.
    """
    if not user.email or settings.EMAIL_BACKEND.split(".")[-2] in NOWHERE:
        return "no address"
    waiting = Notification.objects.filter(pk=notification_id, kind=Notification.Kind.ALERT, mailed_at=None)
    if not waiting.update(mailed_at=now):
        return "sent before"
    alert = Notification.objects.get(pk=notification_id)
    server = get_connection(fail_silently=False, timeout=settings.EMAIL_TIMEOUT)
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as fault:
        Notification.objects.filter(pk=notification_id).update(mailed_at=None)
        raise NoMailServer from fault
    try:
        server.send_messages([_write(alert, user)])
    except smtplib.SMTPException:
        return "refused"
    finally:
        server.close()
    return "sent"


def _write(alert: Notification, user: User) -> EmailMessage:
    with translation.override(user.language):
        body = render_to_string(
            "messaging/mail/alert_body.txt", {"alert": alert, "link": settings.SITE_URL + alert.url}
        )
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    headers = {"Message-ID": f"<alert-{alert.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(" ".join(alert.title.split()), body, settings.DEFAULT_FROM_EMAIL, [user.email], headers=headers)
