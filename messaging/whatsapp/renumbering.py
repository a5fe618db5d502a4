"""People who change their number or their business-scoped id, as Meta announces it, stay who they are."""

from __future__ import annotations

from django.db.models import Q

from messaging.models import PhoneLink
from messaging.whatsapp.visitors import Visitor
from tenants import contacts
from tenants.models import Contact
from tenants.phones import match_key, variants


def follow(visitor: Visitor) -> None:
    """Give the sender's contacts and links the number and id that a system message names.

    On a tenant's own number that is the tenant's contact; on the shared one whoever is tied to a shop. The owner's
    phone keeps its link, unless the new number is another owner's already; a link that was proved on the shared number
    follows only what is said there.
    """
    change = visitor.incoming.system
    if change is None or not (match_key(change.wa_id) or change.bsuid):
        return
    people = list(Contact.objects.filter(_contacts_of(visitor)).select_related("user"))
    for link in PhoneLink.objects.filter(_links_of(visitor)).select_for_update(of=("self",)).order_by("pk"):
        _follow_link(link, wa_id=change.wa_id, bsuid=change.bsuid)
    for contact in people:
        contacts.renumber(contact=contact, wa_id=change.wa_id, bsuid=change.bsuid)


def _links_of(visitor: Visitor) -> Q:
    links = visitor.known_as()
    if visitor.channel is None:
        return links & (Q(role=PhoneLink.Role.CUSTOMER) | Q(is_proved=True))
    return links & Q(user=visitor.channel.user, role=PhoneLink.Role.OWNER, is_proved=False)


def _contacts_of(visitor: Visitor) -> Q:
    known = Q(whatsapp_key=visitor.key) & ~Q(whatsapp_key="") | Q(bsuid=visitor.bsuid) & ~Q(bsuid="")
    known |= Q(phone__in=[f"+{digits}" for digits in variants(visitor.key)])
    if visitor.channel is not None:
        return known & Q(user=visitor.channel.user)
    tied = PhoneLink.objects.filter(visitor.known_as(), contact__isnull=False).values_list("contact_id", flat=True)
    return Q(pk__in=list(tied))


def _follow_link(link: PhoneLink, *, wa_id: str, bsuid: str) -> None:
    key = match_key(wa_id) or link.phone_key
    rivals = Q(user=link.user_id)
    if link.role == PhoneLink.Role.OWNER and link.is_proved:
        rivals |= Q(is_proved=True)
    known = Q(phone_key=key) & ~Q(phone_key="") | Q(bsuid=bsuid) & ~Q(bsuid="")
    others = PhoneLink.objects.filter(rivals & known, role=link.role).exclude(pk=link.pk)
    if link.role == PhoneLink.Role.CUSTOMER:
        others.delete()  # the same person, met under the new number before we were told
    elif others.exists():
        return
    link.phone_key, link.wa_id, link.bsuid = key, wa_id or link.wa_id, bsuid
    link.save(update_fields=["phone_key", "wa_id", "bsuid"])
