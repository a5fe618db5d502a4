"""What a webhook's body says: each update in it, and a message among them in types of our own.

Shapes are Meta's, and whatever else arrives: a field may be missing or of any type. Nothing here raises on them but
``split`` on a body that is no JSON object at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from messaging.models import InboundUpdate, Message

Kind = InboundUpdate.Kind

MOST_UPDATES = 3000  # in one body; Meta says that it sends up to 1,000
DEEPEST = 60  # levels in one update; Meta's shapes have about eight
LONGEST_TEXT = 10_000  # WhatsApp's own limit is 4,096
LONGEST_ID = 200

_NUMBER_ID = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_ID}}}\Z")
_PHONE = re.compile(r"\+?([0-9]{5,20})\Z")
_ID = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_ID}}}\Z")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # refused by PostgreSQL's text, or by UTF-8


class Unreadable(ValueError):
    """A body that cannot be taken apart; the text says why, for whoever looks at it."""


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that a body says.

    Of a message, an echo, a status or an error, ``item`` is itself and ``value`` what surrounds it: ``metadata`` and
    the ``contacts`` that are its sender's. Of news of a template or of the account, ``value`` is what Meta says and
    ``item`` is {field, business_account_id, time}.
    """

    kind: str  # InboundUpdate.Kind
    key: str  # the same when it comes again
    phone_number_id: str  # blank where it names none
    sender: str  # the customer's digits, else their business-scoped id
    item: dict[str, Any]
    value: dict[str, Any]
    understood: bool
    business_account_id: str = ""

    @property
    def data(self) -> bytes:
        """As it is stored: JSON in ASCII."""
        return _dump({"value": self.value, "item": self.item})


@dataclass(frozen=True, slots=True)
class Media:
    id: str  # by which the Graph API gives it
    mime_type: str
    caption: str
    filename: str
    is_voice: bool


@dataclass(frozen=True, slots=True)
class Location:
    latitude: float
    longitude: float
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was put in the basket. The price is what the message says, so nobody may charge it."""

    retailer_id: str
    quantity: int
    item_price: str
    currency: str


@dataclass(frozen=True, slots=True)
class Order:
    catalog_id: str
    text: str
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A system message: the person has another number or another business-scoped id from now on."""

    kind: str  # user_changed_number, user_changed_user_id, …
    body: str
    wa_id: str  # the new number, or blank
    bsuid: str  # the new id, or blank


@dataclass(frozen=True, slots=True)
class Reaction:
    wamid: str  # of the message that it is about
    emoji: str  # blank: taken back


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message, in clean text: storable, without NUL and lone surrogates, cut to lengths.

    A reaction and a change are no ``Message.Kind``: look at ``reaction`` and ``system`` before ``kind``.
    """

    wamid: str  # blank: it has none that could be quoted
    kind: Message.Kind
    text: str
    sender_wa_id: str
    sender_bsuid: str
    profile_name: str
    choice_id: str
    quoted_wamid: str
    media: Media | None = None
    order: Order | None = None
    location: Location | None = None
    sent_at: datetime | None = None
    system: Change | None = None
    reaction: Reaction | None = None
    type: str = ""  # as Meta names it
    recipient_wa_id: str = ""  # of an echo: the customer
    recipient_bsuid: str = ""
    referred_product: str = ""  # the retailer id of the catalogue's product that it was written about
    error_codes: tuple[int, ...] = ()


def split(body: bytes) -> list[Update]:
    """Each update of every entry, change and number, in their order. Raises Unreadable."""
    raise NotImplementedError


def read(update: InboundUpdate) -> tuple[dict[str, Any], dict[str, Any]]:
    """What surrounds a stored update, and itself, without what a text column refuses."""
    raise NotImplementedError


def read_message(item: dict[str, Any], value: dict[str, Any]) -> Incoming:
    """The message or echo ``item``. Odd types give ``Kind.UNSUPPORTED``, never an exception."""
    raise NotImplementedError


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")
