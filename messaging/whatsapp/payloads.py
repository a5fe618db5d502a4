"""What a webhook's body says: each update in it, of every entry, change and number.

Shapes are Meta's, and whatever else arrives: a field may be missing or of any type. What is not understood is an
update too, so that it is kept and marked. ``read_message`` gives a message among them in types of our own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from messaging.models import InboundUpdate
from messaging.whatsapp.incoming import (
    Change,
    Incoming,
    Location,
    Media,
    Order,
    OrderLine,
    Reaction,
    bsuid,
    read_message,
)
from messaging.whatsapp.values import as_dict, as_id, as_list, as_number_id, as_phone, as_text, cleaned, dicts_in

__all__ = [
    "Change",
    "Incoming",
    "Location",
    "Media",
    "Order",
    "OrderLine",
    "Reaction",
    "Unreadable",
    "Update",
    "read",
    "read_message",
    "split",
]

Kind = InboundUpdate.Kind

MOST_UPDATES = 10_000  # in one body; Meta says that it sends up to 1,000
DEEPEST = 60  # levels in one update; Meta's shapes have about eight

# The lists in a change's value, what each holds, and who is the customer in it.
LISTS = {
    "messages": (Kind.MESSAGE, "from", "from_user_id"),
    "statuses": (Kind.STATUS, "recipient_id", "recipient_user_id"),
    "message_echoes": (Kind.ECHO, "to", "to_user_id"),
    "errors": (Kind.FAULT, "", ""),
}
TEMPLATE_FIELDS = {
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "template_category_update",
    "template_correct_category_detection",
}
ACCOUNT_FIELDS = {
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "business_capability_update",
    "business_status_update",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
}


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


def split(body: bytes) -> list[Update]:
    """Each update of every entry, change and number, in their order. Raises Unreadable."""
    updates: list[Update] = []
    digest = hashlib.sha256(body).hexdigest()
    for update in _walk(_parse(body), digest):
        updates.append(update if update.key else replace(update, key=f"body:{digest}:{len(updates)}"))
        if len(updates) > MOST_UPDATES:
            raise Unreadable(f"more than {MOST_UPDATES} updates")
    return updates


def read(update: InboundUpdate) -> tuple[dict[str, Any], dict[str, Any]]:
    """What surrounds a stored update, and itself, without what a text column refuses."""
    data = cleaned(json.loads(bytes(update.data), parse_constant=_no_number))
    return as_dict(data.get("value")), as_dict(data.get("item"))


def _parse(body: bytes) -> list[Any]:
    try:
        said = json.loads(body, parse_constant=_no_number)
    except RecursionError as fault:
        raise Unreadable("nested too deep") from fault
    except ValueError as fault:  # also bytes that are no text, and numbers of thousands of digits
        raise Unreadable("no JSON") from fault
    entries = as_dict(said).get("entry")
    if not isinstance(entries, list) or not entries:
        raise Unreadable("no list of entries")
    return entries


def _walk(entries: list[Any], digest: str) -> Iterator[Update]:
    for entry in entries:
        changes = as_list(as_dict(entry).get("changes"))
        for change in changes:
            if isinstance(change, dict) and isinstance(change.get("value"), dict):
                yield from _walk_change(entry, change, digest)
            else:
                yield _other(change, entry)
        if not changes:
            yield _other(entry, {})


def _walk_change(entry: dict[str, Any], change: dict[str, Any], digest: str) -> Iterator[Update]:
    value, field = change["value"], as_text(change.get("field"), most=100)
    about = {"field": field, "business_account_id": as_number_id(entry.get("id")), "time": as_text(entry.get("time"))}
    around = _Surroundings(value, business_account_id=about["business_account_id"])
    found = [name for name in LISTS if value.get(name)]
    for name in found:
        if not isinstance(value[name], list):
            yield around.other({name: value[name]})
            continue
        kind, phone, hidden = LISTS[name]
        for item in value[name]:
            yield around.update(kind, item, phone=phone, hidden=hidden, when=about["time"] or digest)
    if not found:
        kind = Kind.TEMPLATE if field in TEMPLATE_FIELDS else Kind.ACCOUNT if field in ACCOUNT_FIELDS else Kind.OTHER
        yield around.news(kind, value, about)


class _Surroundings:
    """What the updates of one change have in common. Only what is known of it goes with each, and cut to lengths:
    a body of three megabytes must not become gigabytes of rows."""

    def __init__(self, value: dict[str, Any], *, business_account_id: str) -> None:
        metadata = as_dict(value.get("metadata"))
        self.phone_number_id = as_number_id(metadata.get("phone_number_id"))
        self.business_account_id = business_account_id
        self.metadata: dict[str, str] = {
            name: as_text(metadata[name], most=40)
            for name in ("phone_number_id", "display_phone_number")
            if name in metadata
        }
        self.contacts = [_contact(one) for one in dicts_in(value.get("contacts"))]
        self._by_id = {
            one[name]: one for one in reversed(self.contacts) for name in ("wa_id", "user_id") if one.get(name)
        }

    def update(self, kind: str, item: Any, *, phone: str, hidden: str, when: str) -> Update:
        if not isinstance(item, dict) or _is_too_deep(item):
            return self.other(item)
        contact = self._contact_of(as_phone(item.get(phone)), bsuid(item.get(hidden)))
        sender = ""
        if phone:
            sender = as_phone(item.get(phone)) or bsuid(item.get(hidden))
        if kind == Kind.MESSAGE and not sender:
            sender = contact.get("wa_id") or contact.get("user_id") or ""
        return Update(
            kind=kind,
            key=_key(kind, item, self.metadata, when),
            phone_number_id=self.phone_number_id,
            business_account_id=self.business_account_id,
            sender=sender,
            item=item,
            value=self._value(contact if phone else {}),
            understood=_is_understood(kind, item, sender=sender, number=self.phone_number_id),
        )

    def news(self, kind: str, value: dict[str, Any], about: dict[str, Any]) -> Update:
        if _is_too_deep(value):
            return self.other(value)
        return Update(
            kind=kind,
            key=_digest([about, value]),
            phone_number_id=self.phone_number_id,
            business_account_id=self.business_account_id,
            sender="",
            item=about,
            value=value,
            understood=kind != Kind.OTHER,
        )

    def other(self, what: Any) -> Update:
        return _other(what, {"id": self.business_account_id}, number=self.phone_number_id, value=self._value({}))

    def _value(self, contact: dict[str, Any]) -> dict[str, Any]:
        return {"metadata": self.metadata} | ({"contacts": [contact]} if contact else {})

    def _contact_of(self, phone: str, hidden: str) -> dict[str, Any]:
        """Theirs; or the only one, for the number there may be spelt in another way."""
        found = self._by_id.get(phone) or self._by_id.get(hidden)
        if found is None and len(self.contacts) == 1:
            found = self.contacts[0]
        return found or {}


def _contact(given: dict[str, Any]) -> dict[str, Any]:
    profile = as_dict(given.get("profile"))
    names = {name: as_text(profile[name]) for name in ("name", "username") if name in profile}
    ids = {"wa_id": as_phone(given.get("wa_id")), "user_id": bsuid(given.get("user_id"))}
    return {name: found for name, found in ids.items() if found} | ({"profile": names} if names else {})


def _is_understood(kind: str, item: dict[str, Any], *, sender: str, number: str) -> bool:
    """Whether there is anything that somebody could do about it."""
    if kind == Kind.STATUS:
        return bool(number and as_id(item.get("id")) and as_text(item.get("status")))
    if kind in {Kind.MESSAGE, Kind.ECHO}:
        return bool(number and sender and as_text(item.get("type")))
    return bool(item)


def _key(kind: str, item: dict[str, Any], metadata: dict[str, str], when: str) -> str:
    known = as_id(item.get("id"))
    if kind in {Kind.MESSAGE, Kind.ECHO} and known:
        return known
    if kind == Kind.STATUS and known and (state := as_id(item.get("status"))) and len(state) <= 20:
        codes = [as_id(as_text(error.get("code"), most=12)) for error in dicts_in(item.get("errors"))[:3]]
        return ":".join([known, state, *codes])
    # An error bears no time: the same one tomorrow is another.
    return _digest([kind, metadata, item, when if kind == Kind.FAULT else ""])


def _other(what: Any, entry: Any, *, number: str = "", value: dict[str, Any] | None = None) -> Update:
    item = {"said": None if _is_too_deep(what) else what}
    return Update(
        kind=Kind.OTHER,
        key="" if item["said"] is None else _digest(item),
        phone_number_id=number,
        business_account_id=as_number_id(as_dict(entry).get("id")),
        sender="",
        item=item,
        value=value or {},
        understood=False,
    )


def _is_too_deep(value: Any) -> bool:
    """Whether it is nested so deep that reading it again could break off. Level by level: this may not recurse."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        if not inner:
            return False
        level = inner
    return True


def _digest(value: Any) -> str:
    return "sha256:" + hashlib.sha256(_dump(value)).hexdigest()


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _no_number(_name: str) -> None:
    """NaN and the infinities are no JSON, and no column of ours takes them."""
