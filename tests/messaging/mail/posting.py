"""Posting letters in tests, and sending what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from messaging.mail import outbox
from messaging.models import Letter, PlatformLetter
from tenants import mail
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope
from tests.standins.smtp_server import SMTPServer


def use(settings: Any, server: SMTPServer, **others: Any) -> None:
    """Have letters sent by ``server``, which is not waited for for long."""
    settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 2.0
    settings.MAIL = settings.MAIL | {"ANSWER_SECONDS": 0.3}
    for name, value in others.items():
        setattr(settings, name, value)


def post(user: User, kind: str = "alert", *, title: str = "Algo anda mal", **fields: Any) -> bool:
    """Put a letter with this title into the outbox."""
    context = {"alert": {"title": title, "body": "Míralo."}, "link": "https://recado.example/user/dashboard"}
    with transaction.atomic():
        return mail.post(user=user, kind=kind, template="alert", context=context, **fields)


def drain(now: datetime | None = None) -> dict[str, int]:
    """Send what is due at ``now``; how many letters came to which status."""
    done = outbox.drain(clock=lambda: now or datetime.now(UTC))
    return {status: count for status, count in done.items() if count}


def letters(user: User) -> list[Letter]:
    with tenant_scope(user):
        return list(Letter.objects.order_by("id"))


def everybodys() -> list[Any]:
    """All letters but Bob's."""
    with all_tenants():
        return [*Letter.objects.exclude(user__username="bob"), *PlatformLetter.objects.all()]


def later(**delta: float) -> datetime:
    return datetime.now(UTC) + timedelta(**delta)
