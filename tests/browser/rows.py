"""Rows for the browser's tests that no page and no API makes, written in the running system by the ``console``."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from agenda.reminders import Reminder
from assistants.models import TurnUsage
from messaging.models import Channel, WebhookBody
from messaging.whatsapp.alarms import mark_blocked
from tenants import mail
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope
from tests import factories

NOBODYS = "nobodys"


def make_superadmin(username: str, password: str) -> None:
    User.objects.create_superuser(username, "jefa@example.com", password)


def fill_dashboard(username: str) -> None:
    """Ten days of turns, deliveries that failed or not, a conversation with a name in it, half an hour of webhooks."""
    user = User.objects.get(username=username)
    now = timezone.now()
    with tenant_scope(user):
        for n in range(40):
            TurnUsage.objects.create(
                user=user,
                assistant_type="commercial",
                audience="customer",
                provider="anthropic",
                model="claude",
                outcome="fallback" if n % 9 == 0 else "answered",
                reason="timeout" if n % 9 == 0 else "",
                input_tokens=1500 + n,
                output_tokens=90,
                latency_ms=400 + n * 30,
                cost=Decimal("0.0042"),
                created_at=now - timedelta(hours=8 * n),
            )
        for status in ("sent", "delivered", "read", "read", "failed"):
            factories.delivery(user, status=status, code=131047 if status == "failed" else None)
        talk = factories.conversation(user, channel="whatsapp", audience="customer", title="Soy Carla Ruiz")
        factories.message(user, conversation=talk, content="Soy Carla Ruiz, ¿tienen botas?")
    with all_tenants():
        for n in range(30):
            WebhookBody.objects.create(
                body=b"{}",
                digest=f"{username}{n}".encode().ljust(32)[:32],
                received_at=now - timedelta(minutes=2 * n),
            )


def queue_a_task() -> None:
    """A task that no queue takes."""
    OrmQ.objects.create(key=NOBODYS, payload="x", lock=timezone.now())


def drop_the_task() -> None:
    OrmQ.objects.filter(key=NOBODYS).delete()


def block_number(username: str) -> None:
    """As WhatsApp does to the tenant's own number."""
    with tenant_scope(User.objects.get(username=username)), transaction.atomic():
        mark_blocked(Channel.objects.select_for_update().get(), now=timezone.now())


def send_alert(username: str) -> None:
    """A letter of the kind that one may not want."""
    context = {"alert": {"title": "Tu número está bloqueado", "body": "Míralo."}, "link": "http://127.0.0.1/"}
    with transaction.atomic():
        mail.post(user=User.objects.get(username=username), kind="alert", template="alert", context=context)


def send_reminders(username: str) -> None:
    """As if the time had come for all that this tenant has; what was promised, and so stands, is what it was."""
    with tenant_scope(User.objects.get(username=username)):
        Reminder.objects.update(next_at=timezone.now())
    call_command("send_reminders")
