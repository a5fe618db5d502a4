"""A tenant's own numbers: connecting one, changing it, trying it, letting it go."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from messaging import outbox
from messaging.models import Channel, Delivery, PhoneLink
from messaging.outbox import Recipient
from messaging.whatsapp import health, templates, window
from tenants import limits
from tenants.events import record
from tenants.models import Contact, User
from tenants.phones import digits_of, match_key

MOST_NUMBERS = 10
HELLO = "hello_world"  # the template that Meta gives to every new account
SIMULATED = "999"  # no country's: the phones of the simulator, which a real number never reaches
TESTS = limits.Limit("channel-test", 10, timedelta(hours=1))

_nothing_known = {
    "display_phone_number": "",
    "quality": "",
    "messaging_limit": "",
    "webhook_seen_at": None,
    "templates_fetched_at": None,
    "payment_problem_at": None,
    "no_proactive_before": None,
}


class NobodyToTest(Exception):
    """There is no linked phone, and no other was named."""


class NotYet(Exception):
    """The phone has not written to the number within 24 hours, and no template is known that may go out first."""

    def __init__(self, phone: str) -> None:
        super().__init__(phone)
        self.phone = phone


def connect(*, user: User, **fields: Any) -> Channel:
    """Keep a number, and have Meta asked about it. In the tenant's scope. Raises ValidationError by field."""
    if Channel.objects.filter(user=user).count() >= MOST_NUMBERS:
        raise ValidationError({"phone_number_id": _("Puedes conectar hasta %(n)d números.") % {"n": MOST_NUMBERS}})
    channel = Channel(user=user, **fields)
    with transaction.atomic():
        _save(channel)
        record("channel_connected", channel_id=channel.pk)
        if channel.token:
            health.ask_soon(channel)
    return channel


def change(*, channel_id: int, **fields: Any) -> Channel:
    """Give a number other values. What was known of its token, or of another number, is forgotten and asked for again.

    In the tenant's scope. Raises Channel.DoesNotExist, and ValidationError by field.
    """
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        is_other_number = fields.get("phone_number_id", channel.phone_number_id) != channel.phone_number_id
        is_other_token = fields.get("token", channel.token) != channel.token
        has_other_secret = fields.get("app_secret", channel.app_secret) != channel.app_secret
        changed = sorted(name for name, value in fields.items() if getattr(channel, name) != value)
        for name, value in fields.items():
            setattr(channel, name, value)
        if is_other_number:
            for name, value in _nothing_known.items():
                setattr(channel, name, value)
            channel.templates = []
        if is_other_number or has_other_secret:
            channel.signature_failures, channel.signature_failed_at = 0, None
        if is_other_number or is_other_token:
            channel.token_is_valid = channel.token_checked_at = None
        _save(channel)
        if changed:
            record("channel_changed", channel_id=channel.pk, fields=changed)
        if channel.token:
            health.ask_soon(channel)
    return channel


def let_go(*, channel_id: int) -> None:
    """Forget a number; what was said over it stays, and what was to be said fails. In the tenant's scope.

    Raises Channel.DoesNotExist.
    """
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        outbox.abandon(channel=channel, now=timezone.now())
        record("channel_removed", channel_id=channel.pk)
        channel.delete()


def try_out(*, channel: Channel, to: str = "", now: datetime) -> Delivery:
    """Send a message over the number to ``to``, else to the owner's own phone. In the tenant's scope.

    Raises NobodyToTest, NotYet, ValidationError by field, and limits.TooMany.
    """
    user = channel.user
    recipient, contact = _recipient(user, to)
    limits.hit(limit=TESTS, who=str(channel.pk), now=now)
    with translation.override(user.language):
        text = _("¡Funciona! Este mensaje salió de Recado por tu número de WhatsApp.")
    hello = templates.find_template(state=channel, name=HELLO, language=user.language)
    template = {"name": hello.name, "language": hello.language, "components": []} if hello is not None else None
    if template is None:
        draft = Delivery(
            user=user,
            kind=Delivery.Kind.SEND,
            recipient=recipient.value,
            contact=contact,
            phone_number_id=channel.phone_number_id,
        )
        if not window.is_open(window.window_of(draft), now=now):
            raise NotYet(recipient.value)
    with transaction.atomic():
        return outbox.put(
            user=user,
            kind=Delivery.Kind.SEND,
            key=f"test:{channel.pk}:{uuid.uuid4().hex}",
            recipient=recipient,
            payload={"type": "text", "text": {"body": text}},
            text=text,
            phone_number_id=channel.phone_number_id,
            channel=channel,
            contact=contact,
            template=template,
            useful_until=now + timedelta(minutes=10),
            now=now,
        )


def _recipient(user: User, to: str) -> tuple[Recipient, Contact | None]:
    if to:
        key = match_key(to)
        if not key:
            raise ValidationError({"to": _("Escríbelo con el código del país: +573001234567.")})
        owners = PhoneLink.objects.filter(user=user, role=PhoneLink.Role.OWNER, phone_key=key)
        contact = None if owners.exists() else Contact.objects.filter(user=user, whatsapp_key=key).first()
        return Recipient((contact and contact.wa_id) or digits_of(to)), contact
    links = PhoneLink.objects.filter(user=user, role=PhoneLink.Role.OWNER).exclude(wa_id="")
    link = links.exclude(wa_id__startswith=SIMULATED).order_by("-last_seen_at", "-pk").first()
    if link is None:
        raise NobodyToTest
    return Recipient(link.wa_id), None


def _save(channel: Channel) -> None:
    channel.clean_fields(exclude=["user"])
    if channel.phone_number_id == settings.WHATSAPP["PHONE_NUMBER_ID"]:
        raise ValidationError({"phone_number_id": _("Este es el número compartido de Recado, no el tuyo.")})
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as fault:
        if "channel_number_once" not in str(fault):
            raise
        raise ValidationError({"phone_number_id": _("Ya conectaste este número.")}) from fault
