"""Letters about what is wrong: each alert of the bell once more by e-mail, where anybody would get it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from messaging.mail import postman
from messaging.notifications import Notification
from tenants import mail
from tenants.models import User


def mail_alert(*, alert: Notification, user: User, now: datetime) -> bool:
    """Put the letter of one alert into the outbox, in the caller's transaction. Returns whether it is on its way."""
    if not postman.is_anywhere():
        return False
    context = {"alert": alert, "link": settings.SITE_URL + alert.url}
    is_posted = mail.post(user=user, kind=mail.Kind.ALERT, template="alert", context=context, key=f"alert:{alert.pk}")
    if is_posted:
        alert.mailed_at = now
        alert.save(update_fields=["mailed_at"])
    return is_posted
