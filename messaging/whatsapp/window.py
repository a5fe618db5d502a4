"""The window: for 24 hours after a person's last message anything may be written to them, later a template only.

developers.facebook.com/docs/whatsapp/conversation-types: «customer service windows».
"""

from __future__ import annotations

from datetime import datetime, timedelta

from messaging.models import Conversation, Delivery
from messaging.whatsapp.links import PhoneLink
from tenants.models import Contact, User

LENGTH = timedelta(hours=24)


def window_of_contact(*, user: User, contact: Contact, phone_number_id: str) -> datetime | None:
    """Until when free text may be sent to a customer from that number; None when it never could."""
    return _latest(user, contact=contact, phone_number_id=phone_number_id)


def window_of_owner(*, user: User, link: PhoneLink, phone_number_id: str) -> datetime | None:
    """Until when free text may be sent to the owner's own phone from that number.

    Each number has a window of its own. Where none is known of any, the phone's last sign of life counts.
    """
    if Conversation.objects.filter(user=user, link=link).exists():
        return _latest(user, link=link, phone_number_id=phone_number_id)
    return link.last_seen_at + LENGTH if link.last_seen_at else None


def window_of(delivery: Delivery) -> datetime | None:
    """Until when free text may be sent to whoever ``delivery`` is for, from the number that it goes out from."""
    user = delivery.user
    if delivery.kind == Delivery.Kind.SYSTEM:  # says something back at once to somebody who wrote just now
        return delivery.created_at + LENGTH
    if delivery.contact is not None:
        return window_of_contact(user=user, contact=delivery.contact, phone_number_id=delivery.phone_number_id)
    owners = PhoneLink.objects.filter(user=user, role=PhoneLink.Role.OWNER)
    name = "bsuid" if delivery.is_bsuid else "wa_id"
    link = owners.filter(**{name: delivery.recipient}).first()
    if link is None:
        return None
    return window_of_owner(user=user, link=link, phone_number_id=delivery.phone_number_id)


def is_open(until: datetime | None, *, now: datetime) -> bool:
    return until is not None and now < until


def _latest(user: User, *, phone_number_id: str, **who: object) -> datetime | None:
    found = Conversation.objects.filter(user=user, phone_number_id=phone_number_id, **who)
    known = found.exclude(window_until=None).order_by("-window_until")
    return known.values_list("window_until", flat=True).first()
