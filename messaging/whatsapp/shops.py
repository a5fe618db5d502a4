"""The number that shops share: which of them somebody writes to.

«@usuario» anywhere in a message ties its sender to that shop until another such message. An owner who names another
shop is its customer until they name their own. Whoever is tied to none is asked: with the shops that they wrote to
before, or with how to find a shop's link. Nobody is told which shops there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from messaging.models import InboundUpdate, Message, PhoneLink, SharedNumber
from messaging.whatsapp.visitors import WHICH_SHOP, Visitor
from tenants.models import Contact, Preferences, User
from tenants.phones import variants, wa_me_link

HELD_FOR = timedelta(hours=24)
MOST_OFFERED = 10  # rows of a list
ROW_TITLE, ROW_DESCRIPTION, BUTTON = 24, 72, 20  # characters

_mention = re.compile(r"(?<![\w.@/])@(\w[\w.-]{0,60})")
_choice = re.compile(r"shop:([0-9]{1,18})\Z")


@dataclass(frozen=True, slots=True)
class Owned:
    """It is the owner of a shop who writes."""

    link: PhoneLink
    text: str


@dataclass(frozen=True, slots=True)
class Tied:
    """A customer of ``user``. ``is_new``: they have just said so; ``has_only_named``: and nothing else.

    ``learns``: they show a number or an id that we did not know them by.
    """

    user: User
    text: str
    is_new: bool = False
    has_only_named: bool = False
    learns: bool = False


@dataclass(frozen=True, slots=True)
class Untied:
    """To nobody knows whom. ``before`` are the shops they wrote to; ``unknown`` the name that no shop has.

    ``holds``: the message is to be answered once a shop is chosen.
    """

    before: list[User]
    unknown: str = ""
    holds: bool = True


def find(visitor: Visitor) -> Owned | Tied | Untied:
    """To which shop this message is, and as who. In the scope of all tenants and a transaction."""
    links = list(
        PhoneLink.objects.filter(_links(visitor))
        .select_related("user")
        .select_for_update(of=("self",))
        .order_by("-used_at", "-pk")
    )
    own = next((link for link in links if link.role == PhoneLink.Role.OWNER and link.user.is_active), None)
    before = [link.user for link in links if link.role == PhoneLink.Role.CUSTOMER and link.user.is_active]
    before = list(dict.fromkeys(before))
    text = visitor.incoming.text
    if names := _mention.findall(text):
        named = _shop_named(names)
        if named is None:
            return Untied(before, unknown=names[0].rstrip(".-"), holds=False)
        user, rest = named, _without(text, named.username)
        if own is not None and own.user_id == user.pk:
            own.used_at = visitor.now
            return Owned(own, rest)
        only = not rest and visitor.incoming.kind == Message.Kind.TEXT
        return Tied(user, rest, is_new=True, has_only_named=only)
    if chosen := _choice.match(visitor.incoming.choice_id):
        picked = next((user for user in before if user.pk == int(chosen[1])), None)
        if picked is None:
            return Untied(before, holds=False)
        return Tied(picked, "", is_new=True, has_only_named=True)
    if not links or not links[0].user.is_active:
        return Untied(before)
    if own is not None and links[0].pk == own.pk:
        return Owned(own, text)
    learns = visitor.key not in ("", links[0].phone_key) or visitor.bsuid not in ("", links[0].bsuid)
    return Tied(links[0].user, text, learns=learns)


def tie(visitor: Visitor, contact: Contact) -> bool:
    """Tie the sender to the contact's shop from now on. Returns whether earlier messages are pending again."""
    remember(visitor, contact, used_at=visitor.now)
    return _release(visitor)


def remember(visitor: Visitor, contact: Contact, *, used_at: datetime | None = None) -> None:
    """Know the sender as the contact's shop's customer, by all names that they show."""
    mine = PhoneLink.objects.filter(user=contact.user, role=PhoneLink.Role.CUSTOMER)
    for last in (False, True):
        found = list(mine.filter(visitor.known_as()).select_for_update().order_by("phone_key", "pk"))
        link = found.pop() if found else PhoneLink(user=contact.user, role=PhoneLink.Role.CUSTOMER)
        for double in found:  # met by the number and by the id: one person
            double.delete()
        link.phone_key, link.wa_id = visitor.key or link.phone_key, visitor.wa_id or link.wa_id
        link.bsuid = visitor.bsuid or link.bsuid
        link.contact, link.used_at = contact, used_at or link.used_at
        try:
            with transaction.atomic():
                link.save()
            return
        except IntegrityError:  # the same person's first two messages at once
            if last:
                raise


def greet(visitor: Visitor, contact: Contact) -> None:
    """Answer somebody who has named the shop and nothing else."""
    with translation.override(visitor.language(user=contact.user, contact=contact)):
        text = _("¡Hola! Le escribes a %(shop)s. ¿En qué te ayudamos?") % {"shop": name_of(contact.user)}
    visitor.answer(user=contact.user, contact=contact, text=text)


def ask(visitor: Visitor, untied: Untied) -> None:
    """Ask the sender for the shop: one of those they wrote to before, or how to find its link."""
    with translation.override(visitor.language()):
        first = _("¡Hola! Este número lo comparten varias tiendas y no sabemos a cuál le escribes.")
        if untied.unknown:
            first = _("No encontramos la tienda @%(name)s.") % {"name": untied.unknown}
        if not untied.before:
            how = _(
                "Abre el enlace o el código QR de la tienda, o escribe su usuario con una arroba, por ejemplo:"
                " @nombre_de_la_tienda."
            )
            visitor.answer_as_platform(text=f"{first} {how}")
            return
        text = f"{first} " + _("Elige una de las tuyas, o escribe su usuario con una arroba.")
        visitor.answer_as_platform(text=text, payload=_list(text, untied.before[:MOST_OFFERED]))


def link_of(user: User) -> str:
    """The wa.me link of a tenant's shop on the shared number; empty when there is none, or its number is not known."""
    shared = SharedNumber.current()
    if shared is None or not shared.display_phone_number:
        return ""
    with translation.override(user.language):
        return wa_me_link(shared.display_phone_number, _("Hola @%(name)s") % {"name": user.username})


def name_of(user: User) -> str:
    """What customers call the shop."""
    name = Preferences.objects.filter(user=user).values_list("business_name", flat=True).first()
    return name or f"@{user.username}"


def _links(visitor: Visitor) -> Q:
    # Owners by what they have proved here, and who shows a number by the number alone.
    is_customer = visitor.known_as() & Q(role=PhoneLink.Role.CUSTOMER)
    mine = Q(phone_key=visitor.key) if visitor.key else Q(bsuid=visitor.bsuid) & ~Q(bsuid="")
    return is_customer | mine & Q(role=PhoneLink.Role.OWNER, is_proved=True)


def _shop_named(names: list[str]) -> User | None:
    """The first of ``names`` that an active tenant has; a name may stand before a full stop or a dash."""
    for name in names[:5]:
        spellings = dict.fromkeys([name, name.rstrip(".-")])
        for spelling in spellings:
            user = User.objects.tenants().filter(username__iexact=spelling, is_active=True).first()
            if user is not None:
                return user
    return None


def _without(text: str, username: str) -> str:
    """``text`` without the mention of the shop, and without what that leaves hanging."""
    rest = re.sub(rf"(?<![\w.@/])@{re.escape(username)}(?!\w)", " ", text, count=1, flags=re.IGNORECASE)
    rest = re.sub(r"[ \t]+", " ", rest).strip()
    rest = re.sub(r"\A[\s,.:;–-]+", "", rest)
    return rest if re.search(r"\w", rest) else ""


def _release(visitor: Visitor) -> bool:
    """Take in what the sender wrote before we knew to which shop."""
    senders = [name for name in {visitor.wa_id, visitor.bsuid, *variants(visitor.wa_id)} if name]
    held = InboundUpdate.objects.filter(
        sender__in=senders,
        phone_number_id=visitor.phone_number_id,
        channel_id=None,
        kind=InboundUpdate.Kind.MESSAGE,
        status=InboundUpdate.Status.DONE,
        note=WHICH_SHOP,
        tenant_id=None,
        received_at__gt=visitor.now - HELD_FOR,
    )
    pending = InboundUpdate.Status.PENDING
    return bool(held.update(status=pending, note="", attempts=0, next_at=visitor.now, done_at=None))


def _list(text: str, shops: list[User]) -> dict[str, Any]:
    rows = [
        {
            "id": f"shop:{user.pk}",
            "title": Truncator(name_of(user)).chars(ROW_TITLE),
            "description": Truncator(f"@{user.username}").chars(ROW_DESCRIPTION),
        }
        for user in shops
    ]
    action = {
        "button": _("Elegir tienda")[:BUTTON],
        "sections": [{"title": _("Tus tiendas")[:ROW_TITLE], "rows": rows}],
    }
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": text}, "action": action}}
