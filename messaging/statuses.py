"""What WhatsApp says became of a message: sent, delivered, read or failed.

Statuses come late, twice, in any order and not at all. Ours only goes forward: queued < sending < sent < delivered <
read. ``failed`` comes from anything before delivered, and ``unknown`` is resolved by any.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from messaging import endings, outbox, reactions, strangers
from messaging.models import Delivery, InboundUpdate
from messaging.sending import id_of_callback
from messaging.whatsapp.errors import Reaction, Refused, refuse
from messaging.whatsapp.values import as_dict, as_id, as_text, as_whole, dicts_in

Status = Delivery.Status

FAR = timedelta(days=31)  # a time that is further away than that was not read rightly
# What each status may follow. Queued: a message that was thought to be refused went out after all.
FOLLOWS: dict[Status, set[Status]] = {
    Status.SENT: {Status.QUEUED, Status.SENDING, Status.UNKNOWN},
    Status.DELIVERED: {Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.SENT},
    Status.READ: {Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.SENT, Status.DELIVERED},
    Status.FAILED: {Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.SENT},
}


def apply(update: InboundUpdate, *, value: dict[str, Any], item: dict[str, Any], now: datetime) -> Delivery | None:
    """Write down what the status ``item`` says. Applying it again changes nothing.

    With the scope of all tenants open, in the transaction of the update. Only messages are touched that went out from
    the number that the update is about and, by the secret that signed it, from the same channel. Returns the message;
    None when it is none of ours, or says nothing that is known.
    """
    delivery = _find(update, item)
    if delivery is None:
        if update.channel_id is None:
            strangers.note_status(item, now=now)
        return None
    wamid = as_id(item.get("id"))
    if wamid and not delivery.wamid:
        delivery.wamid = wamid
    _note_price(delivery, item)
    status = _read_status(item)
    if status is None or Status(delivery.status) not in FOLLOWS[status] or not _was_begun(delivery):
        delivery.save()
        return delivery
    at = _moment(item, now=now)
    delivery.sent_at = delivery.sent_at or at
    delivery.lease_until = None
    if status == Status.FAILED:
        _fail(delivery, item, now=now)
        return delivery
    delivery.status, delivery.code, delivery.detail = status, None, ""
    if status in (Status.DELIVERED, Status.READ):
        delivery.delivered_at = delivery.delivered_at or at
    if status == Status.READ:
        delivery.read_at = at
    delivery.save()
    endings.tell_pages(delivery)
    return delivery


def _find(update: InboundUpdate, item: dict[str, Any]) -> Delivery | None:
    """The message, locked, by the id of ours that comes back with it, else by WhatsApp's."""
    ours = Delivery.objects.filter(phone_number_id=update.phone_number_id, channel_id=update.channel_id)
    if not update.phone_number_id:
        return None
    # What hangs on it is read where it is wanted: most statuses want none of it, and joining all costs more than they.
    locked = ours.select_for_update(of=("self",))
    pk = id_of_callback(item.get("biz_opaque_callback_data"))
    if pk is not None and (found := locked.filter(pk=pk).first()) is not None:
        return found
    wamid = as_id(item.get("id"))
    return locked.filter(wamid=wamid).order_by("pk").first() if wamid else None


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
