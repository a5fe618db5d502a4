"""To whom the shared number may write."""

from __future__ import annotations

from django.db.models import Q

from messaging.whatsapp.links import PhoneLink
from tenants.models import Contact, User
from tenants.phones import match_key


def may_reach(*, user: User, contact: Contact | None, recipient: str, is_bsuid: bool) -> bool:
    """Whether the shared number may write to ``recipient`` for ``user``: to a customer of theirs, or to the owner.

    A contact's number may come from the tenant's own number, signed with a secret that the tenant has. Who somebody is
    on the shared number stands in the links, which only the platform's secret makes.
    """
    named = Q(bsuid=recipient) if is_bsuid else Q(phone_key=match_key(recipient))
    links = PhoneLink.objects.filter(user=user)
    if contact is None:
        return not links.filter(named, role=PhoneLink.Role.OWNER, is_proved=False).exists()
    links = links.filter(role=PhoneLink.Role.CUSTOMER, contact=contact)
    return links.filter(named).exists() or not links.exists()
