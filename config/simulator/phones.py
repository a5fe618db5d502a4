"""The phones that a tenant can play: an own one, a customer's who has been here before, and new customers'.

Their numbers begin with 999, which the ITU has given to no country, and with the tenant's id: so none of them is
anybody's, and none is another tenant's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from config.simulator import client
from config.simulator.screen import Line, show_line
from messaging.models import PhoneLink
from tenants.models import Contact, User
from tenants.phones import match_key

COUNTRY = "999"
OWNER, RETURNING, FIRST_NEW, MOST = 0, 1, 2, 999
LOOKS_LIKE_ONE = re.compile(r"[0-9]{5,20}")
LONGEST_TEXT = 4096  # WhatsApp's


class NotMine(Exception):
    """The phone is no simulated one of this tenant."""


@dataclass(frozen=True, slots=True)
class Phone:
    """``kind``: owner, returning, new. ``is_known``: it has written to the shop, or is linked as its owner's."""

    number: str
    kind: str
    name: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """What is new on a phone's screen. ``last`` is for the next look."""

    lines: list[Line]
    last: int
    typing: bool


def number_of(user: User, place: int) -> str:
    return f"{COUNTRY}{user.pk:09d}{place:03d}"


def list_phones(*, user: User) -> list[Phone]:
    """The owner's, that of a customer who returns, and one that nobody has used yet. In the tenant's scope."""
    prefix = number_of(user, 0)[:-3]
    used = set(Contact.objects.filter(whatsapp_key__startswith=prefix).values_list("whatsapp_key", flat=True))
    fresh = next((place for place in range(FIRST_NEW, MOST + 1) if number_of(user, place) not in used), MOST)
    owner = number_of(user, OWNER)
    is_linked = PhoneLink.objects.filter(role=PhoneLink.Role.OWNER, phone_key=match_key(owner)).exists()
    returning = number_of(user, RETURNING)
    return [
        Phone(number_of(user, fresh), "new", name_of(number_of(user, fresh)), is_known=False),
        Phone(returning, "returning", name_of(returning), is_known=returning in used),
        Phone(owner, "owner", name_of(owner), is_known=is_linked),
    ]


def name_of(number: str) -> str:
    """What such a phone's owner is called on WhatsApp: nobody is to take it for a person."""
    if not number.startswith(COUNTRY):
        return _("Cliente de prueba")
    place = int(number[-3:])
    if place == OWNER:
        return _("Tu teléfono (simulado)")
    return _("Cliente de prueba %(n)d") % {"n": place}


def say(*, user: User, number: str, text: str = "", choice_id: str = "", title: str = "", is_row: bool = False) -> str:
    """Write from a phone, or tap what was offered; returns the message's id. In the tenant's scope.

    Who has never written to the shop begins with its name, as the shop's link does it for people. Raises NotMine,
    ``client.NoSimulator``, ``client.SimulatorAway``.
    """
    _check(user=user, number=number)
    who = {"from_": number, "name": name_of(number), "insist": True}
    if choice_id:
        said = client.ask("choose", **who, choice_id=choice_id, title=title, is_row=is_row)
    else:
        said = client.ask("say", **who, text=addressed(text, user=user, number=number)[:LONGEST_TEXT])
    return str(said["wamid"])


def look(*, user: User, number: str, after: int = 0, wait: float = 0.0) -> Screen:
    """What came to a phone's screen after ``after``. Raises as ``say`` does."""
    _check(user=user, number=number)
    view = client.ask("view", phone=number, after=after, wait=wait)
    return Screen([show_line(entry) for entry in view["entries"]], view["last"], view["typing"])


def open_chat(*, user: User, number: str) -> None:
    """Look at the chat, by which everything in it is read. Raises as ``say`` does."""
    _check(user=user, number=number)
    client.ask("see", phone=number)


def _check(*, user: User, number: str) -> None:
    if not re.fullmatch(rf"{number_of(user, 0)[:-3]}[0-9]{{3}}", number):
        raise NotMine(number)


def addressed(text: str, *, user: User, number: str) -> str:
    """``text`` as somebody would send it who came by the shop's link, if the shop does not know them yet."""
    if "@" in text or number == number_of(user, OWNER):
        return text
    if Contact.objects.filter(whatsapp_key=match_key(number)).exists():
        return text
    return f"@{user.username} {text}"
