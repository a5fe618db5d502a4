"""Who is writing: which tenant a message is for, and whether its sender is the owner or a customer.

Roles come from the verified sender alone (the number or business-scoped id that Meta signs), never from what is
written. On a tenant's own number only that tenant's owner is the owner; everybody else is a customer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from assistants.language import Language, follow_talk, name_language
from messaging.models import Channel, PhoneLink
from messaging.whatsapp import linking, renumbering, shops
from messaging.whatsapp.incoming import Incoming
from messaging.whatsapp.opting import wants_in, wants_out
from messaging.whatsapp.visitors import WHICH_SHOP, Sender, Unplaced, Visitor
from tenants import contacts
from tenants.events import Event, acting
from tenants.models import Contact, User
from tenants.preferences import LANGUAGES

__all__ = ["WHICH_SHOP", "Sender", "Unplaced", "identify"]


def identify(incoming: Incoming, *, channel: Channel | None, phone_number_id: str, now: datetime) -> Sender | Unplaced:
    """Find out who wrote ``incoming`` to the number ``phone_number_id``: ``channel`` is the tenant's own, None the
    platform's.

    With the scope of all tenants open, inside the transaction of the update: contacts and links are made and changed,
    and answers of the system are put into the outbox, together with everything else that the update does.
    """
    visitor = Visitor(incoming, channel, phone_number_id, now)
    if not visitor.key and not visitor.bsuid:
        return Unplaced("no sender")
    if incoming.system is not None:
        renumbering.follow(visitor)
        return Unplaced("changed number")
    if (linked := linking.redeem(visitor)) is not None:
        return linked
    if channel is not None:
        link = visitor.owner_link(user=channel.user)
        if link is not None:
            return owner(visitor, link, text=incoming.text)
        return customer(visitor, _meet(visitor, channel.user), text=incoming.text)
    return _on_the_shared_number(visitor)


def owner(visitor: Visitor, link: PhoneLink, *, text: str) -> Sender:
    """The owner of a tenant, whose window of 24 hours opens anew."""
    link.wa_id, link.last_seen_at = visitor.wa_id or link.wa_id, visitor.now
    # Ids differ from one business to the other: what proved the phone is what the id is of.
    if visitor.bsuid not in ("", link.bsuid) and link.is_proved == (visitor.channel is None):
        rivals = Q(user=link.user_id) | Q(is_proved=True) if link.is_proved else Q(user=link.user_id)
        taken = PhoneLink.objects.filter(rivals, role=link.role, bsuid=visitor.bsuid).exclude(pk=link.pk)
        link.bsuid = link.bsuid if taken.exists() else visitor.bsuid
    link.save()
    return Sender(link.user, PhoneLink.Role.OWNER, None, link, text)


def customer(visitor: Visitor, contact: Contact, *, text: str, releases: bool = False) -> Sender:
    """A customer of the contact's tenant; BAJA and ALTA are done at once."""
    user, now = contact.user, visitor.now
    contacts.speak(contact=contact, language=_language_of(text, contact))
    is_out = contact.opted_out_at is not None
    if not is_out and wants_out(text):
        with acting(Event.Actor.CUSTOMER, contact.pk):
            contacts.opt(contact=contact, out=True, now=now)
        _confirm(visitor, contact, is_out=True)
        return Sender(user, PhoneLink.Role.CUSTOMER, contact, None, text, is_answered=True, stays_silent=True)
    if is_out and wants_in(text):
        with acting(Event.Actor.CUSTOMER, contact.pk):
            contacts.opt(contact=contact, out=False, now=now)
        _confirm(visitor, contact, is_out=False)
        return Sender(user, PhoneLink.Role.CUSTOMER, contact, None, text, is_answered=True, releases=releases)
    return Sender(user, PhoneLink.Role.CUSTOMER, contact, None, text, stays_silent=is_out, releases=releases)


def _on_the_shared_number(visitor: Visitor) -> Sender | Unplaced:
    match shops.find(visitor):
        case shops.Owned(link=link, text=text):
            return owner(visitor, link, text=text)
        case shops.Tied() as tied:
            contact = _meet(visitor, tied.user)
            releases = tied.is_new and shops.tie(visitor, contact)
            if tied.learns:
                shops.remember(visitor, contact)
            sender = customer(visitor, contact, text=tied.text, releases=releases)
            if not tied.has_only_named or sender.is_answered:
                return sender
            if not sender.stays_silent and not releases:
                shops.greet(visitor, contact)
            return replace(sender, is_answered=True)
        case shops.Untied() as untied:
            shops.ask(visitor, untied)
            return Unplaced(WHICH_SHOP if untied.holds else "unknown_shop")


def _language_of(text: str, contact: Contact) -> str:
    """The language in which the contact writes, as far as this text and those before it show; empty when none did."""
    if contact.language in dict(LANGUAGES):
        return follow_talk([text], known=cast("Language", contact.language), heard=True)
    return name_language(text) or ""


def _meet(visitor: Visitor, user: User) -> Contact:
    with acting(Event.Actor.CUSTOMER):
        contact = contacts.meet(
            user=user,
            wa_id=visitor.wa_id,
            bsuid=visitor.bsuid,
            profile_name=visitor.incoming.profile_name,
            now=visitor.now,
        )
    contact.user = user
    return contact


def _confirm(visitor: Visitor, contact: Contact, *, is_out: bool) -> None:
    name = shops.name_of(contact.user)
    with translation.override(visitor.language(user=contact.user, contact=contact)):
        if is_out:
            text = _("Listo: %(shop)s no te escribirá más. Si algún día quieres volver, escribe ALTA.")
        else:
            text = _("¡Qué bueno tenerte de vuelta! %(shop)s ya puede escribirte. Para dejarlo, escribe BAJA.")
        visitor.answer(user=contact.user, contact=contact, text=text % {"shop": name})
