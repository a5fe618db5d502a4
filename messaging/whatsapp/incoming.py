"""One message in types of our own, whatever its shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from messaging.models import Message
from messaging.whatsapp.values import (
    as_dict,
    as_float,
    as_id,
    as_phone,
    as_text,
    as_whole,
    dicts_in,
)

Kind = Message.Kind

LONGEST_TEXT = 10_000  # WhatsApp's own limit is 4,096
MOST_LINES = 500  # of an order
MOST_PEOPLE = 20  # in a message that shares contacts
MOST_PIECES = 1_000_000  # of one thing in an order
FIRST_SECOND, LAST_SECOND = 1_230_768_000, 4_102_444_800  # 2009, before WhatsApp; 2100


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
    """A basket. Lines that name no product or no quantity are left out."""

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
    error_codes: tuple[int, ...] = field(default=())


def read_message(item: dict[str, Any], value: dict[str, Any]) -> Incoming:
    """The message or echo ``item`` in what surrounds it. Odd types give ``Kind.UNSUPPORTED``, never an exception."""
    item, value = as_dict(item), as_dict(value)
    of_type = as_text(item.get("type"), most=40)
    contact = next(iter(dicts_in(value.get("contacts"))), {})
    context = as_dict(item.get("context"))
    codes = [as_whole(error.get("code")) for error in dicts_in(item.get("errors"))[:10]]
    read = _readers.get(of_type, _read_nothing)
    what: dict[str, Any] = {"kind": Kind.UNSUPPORTED, "text": "", "choice_id": ""}
    return Incoming(
        wamid=as_id(item.get("id")),
        sender_wa_id=as_phone(item.get("from")) or as_phone(contact.get("wa_id")),
        sender_bsuid=bsuid(item.get("from_user_id")) or bsuid(contact.get("user_id")),
        profile_name=as_text(as_dict(contact.get("profile")).get("name")).strip(),
        quoted_wamid=as_id(context.get("id")),
        sent_at=_moment(item.get("timestamp")),
        type=of_type,
        recipient_wa_id=as_phone(item.get("to")),
        recipient_bsuid=bsuid(item.get("to_user_id")),
        referred_product=as_text(as_dict(context.get("referred_product")).get("product_retailer_id"), most=100),
        error_codes=tuple(code for code in codes if code is not None),
        **what | read(as_dict(item.get(of_type)), item),
    )


def bsuid(value: Any) -> str:
    """A business-scoped user id (``CO.1047…``), or blank."""
    found = as_id(value)
    return found if len(found) <= 160 else ""


_Reader = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def _read_nothing(_content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    return {}


def _read_text(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    text = as_text(content.get("body"), most=LONGEST_TEXT)
    return {"kind": Kind.TEXT, "text": text} if text.strip() else {}


def _read_interactive(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    for name in ("button_reply", "list_reply"):
        chosen = as_dict(content.get(name))
        choice, title = as_text(chosen.get("id"), most=256), as_text(chosen.get("title"))
        if choice:
            return {"kind": Kind.CHOICE, "text": title, "choice_id": choice}
    flow = as_dict(content.get("nfm_reply"))  # a form of Meta's; we send none
    return {"text": as_text(flow.get("body"), most=LONGEST_TEXT)}


def _read_button(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    text, payload = as_text(content.get("text")), as_text(content.get("payload"), most=256)
    return {"kind": Kind.CHOICE, "text": text, "choice_id": payload or text} if payload or text else {}


def _media_reader(kind: Message.Kind) -> _Reader:
    def read(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
        media = Media(
            id=as_id(as_text(content.get("id"))),
            mime_type=as_text(content.get("mime_type"), most=100),
            caption=as_text(content.get("caption"), most=LONGEST_TEXT),
            filename=as_text(content.get("filename")),
            is_voice=content.get("voice") is True,
        )
        return {"kind": kind, "text": media.caption, "media": media} if media.id else {"text": media.caption}

    return read


def _read_location(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    latitude, longitude = as_float(content.get("latitude")), as_float(content.get("longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return {}
    place = Location(latitude, longitude, as_text(content.get("name")), as_text(content.get("address")))
    return {
        "kind": Kind.LOCATION,
        "text": ", ".join(part for part in (place.name, place.address) if part),
        "location": place,
    }


def _read_contacts(_content: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    people = [text for one in dicts_in(item.get("contacts"))[:MOST_PEOPLE] if (text := _describe_person(one))]
    return {"kind": Kind.CONTACTS, "text": "\n".join(people)} if people else {}


def _describe_person(person: dict[str, Any]) -> str:
    name = as_text(as_dict(person.get("name")).get("formatted_name"))
    phones = [as_text(one.get("phone"), most=40) for one in dicts_in(person.get("phones"))[:5]]
    return " ".join(part for part in (name, *phones) if part)


def _read_reaction(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    about = as_id(content.get("message_id"))
    return {"reaction": Reaction(about, as_text(content.get("emoji"), most=40))} if about else {}


def _read_order(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    lines = []
    for line in dicts_in(content.get("product_items"))[:MOST_LINES]:
        retailer_id = as_text(line.get("product_retailer_id"), most=100)
        quantity = as_whole(line.get("quantity")) or 0
        if retailer_id and 1 <= quantity <= MOST_PIECES:
            price, currency = as_text(line.get("item_price"), most=32), as_text(line.get("currency"), most=3)
            lines.append(OrderLine(retailer_id, quantity, price, currency))
    text = as_text(content.get("text"), most=LONGEST_TEXT)
    if not lines:
        return {"text": text}
    catalog = as_text(content.get("catalog_id"), most=100)
    return {"kind": Kind.ORDER, "text": text, "order": Order(catalog, text, tuple(lines))}


def _read_system(content: dict[str, Any], _item: dict[str, Any]) -> dict[str, Any]:
    return {
        "system": Change(
            kind=as_text(content.get("type"), most=40),
            body=as_text(content.get("body"), most=LONGEST_TEXT),
            wa_id=as_phone(content.get("wa_id")) or as_phone(content.get("new_wa_id")),
            bsuid=bsuid(content.get("user_id")) or bsuid(content.get("new_user_id")),
        )
    }


def _moment(value: Any) -> datetime | None:
    seconds = as_whole(value)
    if seconds is None or not FIRST_SECOND <= seconds < LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)


_readers: dict[str, _Reader] = {
    "text": _read_text,
    "interactive": _read_interactive,
    "button": _read_button,
    "audio": _media_reader(Kind.AUDIO),
    "voice": _media_reader(Kind.AUDIO),
    "image": _media_reader(Kind.IMAGE),
    "video": _media_reader(Kind.VIDEO),
    "document": _media_reader(Kind.DOCUMENT),
    "sticker": _media_reader(Kind.STICKER),
    "location": _read_location,
    "contacts": _read_contacts,
    "reaction": _read_reaction,
    "order": _read_order,
    "system": _read_system,
}
