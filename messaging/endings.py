"""What becomes of one message of the outbox. Each in the caller's transaction, which has locked the row."""

from __future__ import annotations

from datetime import datetime, timedelta

from messaging import bell, budget, inbox_events, reminding
from messaging.letters import say_unconfirmed, write_notice
from messaging.models import Delivery, Notification
from messaging.whatsapp.gateway import Sent
from messaging.whatsapp.values import as_text
from tenants.events import record

TRIED_FOR = timedelta(hours=24)  # what has no end of its own

Status = Delivery.Status


def confirm(delivery: Delivery, sent: Sent, *, now: datetime) -> str:
    """WhatsApp took it."""
    if delivery.status != Status.UNKNOWN:  # else it was counted when it was lost
        budget.count(delivery, now=now)
    delivery.wamid = as_text(sent.wamid, most=200)
    delivery.code, delivery.detail = None, ""
    contact = delivery.contact
    if contact is not None and not contact.wa_id and not delivery.is_bsuid:
        contact.wa_id = as_text(sent.wa_id, most=20)
        contact.save(update_fields=["wa_id", "updated_at"])
    return _end(delivery, Status.SENT)


def postpone(delivery: Delivery, moment: datetime) -> str:
    """To be tried again; it was certainly not sent."""
    delivery.next_at, delivery.sent_at = moment, None
    return _end(delivery, Status.QUEUED)


def fail(delivery: Delivery, *, now: datetime, detail: str | None = None, is_replaced: bool = False) -> str:
    """It will not be delivered. A notice then takes the person's next channel, unless another message replaces it."""
    if detail is not None:
        delivery.detail = detail
    delivery.failed_at = now
    said = _end(delivery, Status.FAILED)
    if not is_replaced:
        record(
            "delivery_failed",
            at=now,
            user=delivery.user,
            delivery=delivery.pk,
            contact=delivery.contact_id,
            kind=str(delivery.kind),
            code=str(delivery.code or delivery.detail),
        )
    if delivery.reminder_id is not None and not is_replaced:
        reminding.reopen(user=delivery.user, reminder_id=delivery.reminder_id, now=now)
    return said


def lose(delivery: Delivery, *, detail: str, now: datetime) -> str:
    """Nobody knows whether it went out: it is never sent again, and shown, until a status tells."""
    budget.count(delivery, now=now)
    delivery.detail = detail
    said = _end(delivery, Status.UNKNOWN)
    reminder = delivery.reminder
    if reminder is not None:
        notice = write_notice(reminder=reminder, user=delivery.user, now=now)
        title, body = say_unconfirmed(notice, channel="WhatsApp")
        kind = Notification.Kind.UNCONFIRMED
        bell.tell(user=delivery.user, kind=kind, title=title, body=body, url=notice.url, reminder=reminder, now=now)
    return said


def gives_up_at(delivery: Delivery) -> datetime:
    """When it is of no use to try it once more."""
    return delivery.useful_until or delivery.created_at + TRIED_FOR


def tell_pages(delivery: Delivery) -> None:
    """Say to the pages that show its conversation that it has changed."""
    if delivery.message is not None:
        inbox_events.tell(delivery.user_id, delivery.message.conversation_id)


def _end(delivery: Delivery, status: Status) -> str:
    delivery.status, delivery.lease_until = status, None
    delivery.save()
    tell_pages(delivery)
    return status.value
