"""What the queue calls."""

from __future__ import annotations

from django.utils import timezone

from agenda import planning
from messaging import acknowledging, answering, inbound, media, outbox, reminding, retention, strangers
from messaging.mail import outbox as mail_outbox
from messaging.webhooks import sending as webhook_sending
from messaging.whatsapp import health
from tenants.jobs import tenant_task
from tenants.models import User


def answer() -> str:
    """The doorbell: answer what is ready. Running twice, or at the same time, changes nothing."""
    return answering.answer_ready()


def remind() -> str:
    """The doorbell: send the reminders that are due. Running twice, or at the same time, changes nothing."""
    return reminding.send_due()


def take_in() -> str:
    """The doorbell: take in what WhatsApp has sent. Running twice, or at the same time, changes nothing."""
    return inbound.take_in_ready()


def fetch_media(user_id: int, attachment_id: int) -> str:
    """Fetch one file that came with a message. Running twice changes nothing."""
    user = User.objects.tenants().filter(pk=user_id, is_active=True).first()
    return media.fetch(user=user, attachment_id=attachment_id) if user is not None else "no active tenant"


def acknowledge(user_id: int, message_id: int) -> str:
    """Show that a message was read and is being answered, as far as that works."""
    user = User.objects.tenants().filter(pk=user_id, is_active=True).first()
    return acknowledging.acknowledge(user=user, message_id=message_id) if user is not None else "no active tenant"


def send_whatsapp() -> str:
    """The doorbell: send what is in the outbox. Running twice, or at the same time, changes nothing."""
    return outbox.send_due()


def send_mail() -> str:
    """The doorbell: send the letters that are due. Running twice, or at the same time, changes nothing."""
    return mail_outbox.send_due()


def send_webhooks() -> str:
    """The doorbell: tell the webhooks that want it what happened. Running at the same time changes nothing."""
    return webhook_sending.send_due()


def answer_strangers() -> str:
    """The doorbell: say on the shared number what is to be said to those whom no shop knows."""
    return strangers.send_due()


def forget_conversations() -> str:
    """Delete conversations that were silent for too long. Running twice, or at the same time, changes nothing."""
    return f"{retention.forget_silent(now=timezone.now())} conversations"


@tenant_task
def check_channel(user: User, channel_id: int) -> str:
    """Ask Meta how a tenant's number is."""
    return health.check_channel(user=user, channel_id=channel_id, now=timezone.now())


def check_shared_number() -> str:
    """Ask Meta how the platform's number is."""
    return health.check_shared_number(now=timezone.now())


@tenant_task
def replan(user: User) -> None:
    """Plan again what hangs on the preferences that have just changed."""
    planning.replan(user=user, now=timezone.now())
