"""What WhatsApp says became of a message: sent, delivered, read or failed.

Statuses come late, twice, in any order and not at all. Ours only goes forward: queued < sending < sent < delivered <
read. ``failed`` comes from anything before delivered, and ``unknown`` is resolved by any.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from messaging import endings, outbox, reactions, strangers
from messaging.models import Delivery, InboundUpdate
from messaging.sending import id_of_callback
from messaging.whatsapp.errors import Reaction, Refused, refuse
from messaging.whatsapp.values import as_dict, as_id, as_text, as_whole, dicts_in

Status = Delivery.Status

Told = tuple[InboundUpdate, dict[str, Any]]  # a status, with the update that it came in
FIELDS = (
    *("status", "code", "detail", "wamid", "sent_at", "delivered_at", "read_at", "lease_until"),
    *("is_billable", "category", "pricing_type", "updated_at"),
)
FAR = timedelta(days=31)  # a time that is further away than that was not read rightly
# What each status may follow. Queued: a message that was thought to be refused went out after all.
FOLLOWS: dict[Status, set[Status]] = {
    Status.SENT: {Status.QUEUED, Status.SENDING, Status.UNKNOWN},
    Status.DELIVERED: {Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.SENT},
    Status.READ: {Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.SENT, Status.DELIVERED},
    Status.FAILED: {Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.SENT},
}


def apply(told: Sequence[Told], *, now: datetime) -> list[Delivery | None]:
    """Write down what these statuses say, in their order. Applying them again changes nothing.

    With the scope of all tenants open, in the transaction of the updates. Only messages are touched that went out from
    the number that an update is about and, by the secret that signed it, from the same channel. Returns the message of
    each; None when it is none of ours.
    """
    known = _Known(told)
    found = []
    moved: dict[int, Delivery] = {}
    for update, item in told:
        delivery = known.find(update, item)
        found.append(delivery)
        if delivery is not None and _move(delivery, item, now=now):
            moved[delivery.pk] = delivery
        if delivery is None and update.channel_id is None:
            strangers.note_status(item, now=now)
    for pk in {one.pk: None for one in found if one is not None}:
        known.rows[pk].save(update_fields=FIELDS)
    for delivery in {one.message_id: one for one in moved.values()}.values():
        endings.tell_pages(delivery)
    return found


class _Known:
    """The messages that some statuses may be about, all of them locked in one order."""

    def __init__(self, told: Sequence[Told]) -> None:
        named = {pk for _, item in told if (pk := _named(item)) is not None}
        self.rows: dict[int, Delivery] = {}
        self._by_wamid: dict[tuple[str, int | None, str], Delivery] = {}
        self._lock(pk__in=named)
        # What brings no id of ours back, or one that is not of this number.
        rest = [(update, item) for update, item in told if self._named(update, item) is None]
        wamids = {wamid for _, item in rest if (wamid := as_id(item.get("id")))}
        self._lock(wamid__in=wamids, phone_number_id__in={update.phone_number_id for update, _ in rest} - {""})

    def find(self, update: InboundUpdate, item: dict[str, Any]) -> Delivery | None:
        """The message that a status is about, by the id of ours that comes back with it, else by WhatsApp's."""
        wamid = as_id(item.get("id"))
        key = (update.phone_number_id, update.channel_id, wamid)
        delivery = self._named(update, item) or (self._by_wamid.get(key) if wamid else None)
        if delivery is not None and wamid and not delivery.wamid:
            delivery.wamid = wamid
            self._by_wamid.setdefault(key, delivery)
        return delivery

    def _named(self, update: InboundUpdate, item: dict[str, Any]) -> Delivery | None:
        pk = _named(item)
        row = self.rows.get(pk) if pk is not None else None
        if row is None or (row.phone_number_id, row.channel_id) != (update.phone_number_id, update.channel_id):
            return None
        return row

    def _lock(self, **which: set[Any]) -> None:
        if not all(which.values()):
            return
        # What hangs on it is read where it is wanted: most statuses want none of it, and joining all costs more.
        for row in Delivery.objects.filter(**which).select_for_update(of=("self",)).order_by("pk"):
            kept = self.rows.setdefault(row.pk, row)
            if kept.wamid:
                self._by_wamid.setdefault((kept.phone_number_id, kept.channel_id, kept.wamid), kept)


def _named(item: dict[str, Any]) -> int | None:
    return id_of_callback(item.get("biz_opaque_callback_data"))


def _move(delivery: Delivery, item: dict[str, Any], *, now: datetime) -> bool:
    """Change the message as a status says, without saving it. Returns whether the pages that show it are to be told."""
    _note_price(delivery, item)
    status = _read_status(item)
    if status is None or Status(delivery.status) not in FOLLOWS[status] or not _was_begun(delivery):
        return False
    at = _moment(item, now=now)
    delivery.sent_at = delivery.sent_at or at
    delivery.lease_until = None
    if status == Status.FAILED:
        _fail(delivery, item, now=now)
        return False
    delivery.status, delivery.code, delivery.detail = status, None, ""
    if status in (Status.DELIVERED, Status.READ):
        delivery.delivered_at = delivery.delivered_at or at
    if status == Status.READ:
        delivery.read_at = at
    return True


def _was_begun(delivery: Delivery) -> bool:
    """Whether it was ever sent at all: a status of what still waits for its first try is not about it."""
    return delivery.status != Status.QUEUED or delivery.attempts > 0


def _read_status(item: dict[str, Any]) -> Status | None:
    said = as_text(item.get("status"), most=20)
    return next((status for status in FOLLOWS if status.value == said), None)


def _fail(delivery: Delivery, item: dict[str, Any], *, now: datetime) -> None:
    refusal = _read_refusal(item)
    # A template may still say it, as a message of its own: this one stays failed.
    again = refusal.reaction == Reaction.USE_TEMPLATE and delivery.template and delivery.payload
    reactions.learn(delivery, refusal, now=now)
    if again:
        outbox.put(
            user=delivery.user,
            kind=delivery.kind,
            key=f"{delivery.key[:90]}:template",
            recipient=outbox.Recipient(delivery.recipient, delivery.is_bsuid),
            payload={},
            text=delivery.text,
            phone_number_id=delivery.phone_number_id,
            channel=delivery.channel,
            contact=delivery.contact,
            message=delivery.message,
            reminder=delivery.reminder,
            template=delivery.template,
            useful_until=delivery.useful_until,
            is_replacement=True,
            now=now,
        )
    endings.fail(delivery, now=now, is_replaced=bool(again))


def _read_refusal(item: dict[str, Any]) -> Refused:
    error = next(iter(dicts_in(item.get("errors"))), {})
    details = as_dict(error.get("error_data")).get("details")
    return refuse(
        as_whole(error.get("code")),
        title=as_text(error.get("title")) or as_text(error.get("message")),
        details=as_text(details),
    )


def _note_price(delivery: Delivery, item: dict[str, Any]) -> None:
    """What it costs, as far as this status says it."""
    pricing = as_dict(item.get("pricing"))
    if isinstance(pricing.get("billable"), bool):
        delivery.is_billable = pricing["billable"]
    delivery.category = as_text(pricing.get("category"), most=40) or delivery.category
    delivery.pricing_type = as_text(pricing.get("type"), most=40) or delivery.pricing_type


def _moment(item: dict[str, Any], *, now: datetime) -> datetime:
    """When it happened, by WhatsApp's clock; ``now`` where that is missing or absurd."""
    seconds = as_whole(item.get("timestamp"))
    if seconds is None or abs(seconds - now.timestamp()) > FAR.total_seconds():
        return now
    return min(datetime.fromtimestamp(seconds, tz=now.tzinfo), now)
