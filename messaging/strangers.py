"""Sending what the platform says on the shared number to those whom no shop knows yet.

As in the outbox: ``sending`` is committed before WhatsApp is called, and whoever is found there after the lease is
unknown and hears nothing twice. It is far simpler, for these are single answers to somebody who has just written.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging.models import StrangerReply
from messaging.outbox import Recipient
from messaging.whatsapp import alarms
from messaging.whatsapp.channels import SharedNumber
from messaging.whatsapp.errors import GraphError, Reaction, Refused, Unreachable
from messaging.whatsapp.origins import Origin
from messaging.whatsapp.values import as_dict, as_text
from tenants.jobs import enqueue
from tenants.scope import all_tenants

MOST_IN_AN_HOUR = 6  # answers to one person: whoever writes on and on to no shop hears no more
USEFUL = timedelta(minutes=15)
PAUSE = timedelta(seconds=20)
DRAIN_SECONDS = 40.0
KEPT = timedelta(days=70)  # the counter of a month reads them

Status = StrangerReply.Status


def tell(
    *, key: str, phone_number_id: str, recipient: Recipient, payload: dict[str, Any], text: str, now: datetime
) -> bool:
    """Put one answer in the queue, in the caller's transaction and the scope of all tenants. The same ``key`` is one
    answer. Returns whether it will be sent."""
    lately = StrangerReply.objects.filter(recipient=recipient.value, created_at__gt=now - timedelta(hours=1))
    if lately.count() >= MOST_IN_AN_HOUR:
        return False
    row = StrangerReply(
        key=key,
        phone_number_id=phone_number_id,
        recipient=recipient.value,
        is_bsuid=recipient.is_bsuid,
        payload=payload,
        text=text,
        created_at=now,
        next_at=now,
    )
    StrangerReply.objects.bulk_create([row], ignore_conflicts=True)
    ring()
    return True


def ring() -> None:
    """Have somebody send what is due, in the caller's transaction."""
    enqueue("messaging.tasks.answer_strangers")


def send_due() -> str:
    """What the queue's task does: send what is due. Returns what was done."""
    deadline = time.monotonic() + DRAIN_SECONDS
    done: Counter[str] = Counter()
    shared = SharedNumber.current()
    if shared is None or not settings.WHATSAPP["TOKEN"]:
        return "there is no shared number"
    origin = Origin(None, shared, settings.WHATSAPP["TOKEN"])
    while time.monotonic() < deadline and (row := _claim(origin, now=timezone.now())) is not None:
        done[_send(row, origin)] += 1
    return ", ".join(f"{count} {status}" for status, count in sorted(done.items())) or "nothing"


def sweep(*, now: datetime) -> int:
    """Call unknown what was being sent by somebody who is gone, and ring for what waits. For the clock."""
    with all_tenants():
        lost = StrangerReply.objects.filter(status=Status.SENDING, lease_until__lt=now).update(status=Status.UNKNOWN)
        waits = StrangerReply.objects.filter(status=Status.QUEUED, next_at__lte=now).exists()
    if waits:
        with transaction.atomic():
            ring()
    return lost


def forget(*, now: datetime) -> int:
    """Delete what is long over. Returns how many there were."""
    with all_tenants():
        return StrangerReply.objects.filter(created_at__lt=now - KEPT).delete()[0]


def note_status(item: dict[str, Any], *, now: datetime) -> bool:
    """What WhatsApp says became of an answer. Returns whether ``item`` is about one. In the scope of all tenants."""
    pk = StrangerReply.of_callback(item.get("biz_opaque_callback_data"))
    if pk is None:
        return False
    row = StrangerReply.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return True
    state, pricing = as_text(item.get("status")), as_dict(item.get("pricing"))
    if state in {"delivered", "read"} and row.delivered_at is None:
        row.delivered_at = now
    row.status = Status.FAILED if state == "failed" and row.delivered_at is None else Status.SENT
    if isinstance(pricing.get("billable"), bool):
        row.is_billable = pricing["billable"]
        row.pricing_type = as_text(pricing.get("type"), most=40)
    row.save(update_fields=["delivered_at", "status", "is_billable", "pricing_type"])
    return True


def _claim(origin: Origin, *, now: datetime) -> StrangerReply | None:
    with all_tenants(), transaction.atomic():
        StrangerReply.objects.filter(status=Status.QUEUED, created_at__lt=now - USEFUL).update(status=Status.FAILED)
        state = SharedNumber.objects.filter(pk=origin.state.pk).first()
        if state is None or state.paused_for or (state.not_before is not None and state.not_before > now):
            return None
        due = StrangerReply.objects.filter(
            status=Status.QUEUED, next_at__lte=now, phone_number_id=origin.phone_number_id
        )
        row = due.select_for_update(skip_locked=True).order_by("id").first()
        if row is not None:
            row.status, row.attempts = Status.SENDING, row.attempts + 1
            row.lease_until = now + timedelta(seconds=settings.WHATSAPP["SENDING_LEASE_SECONDS"])
            row.save(update_fields=["status", "attempts", "lease_until"])
        return row


def _send(row: StrangerReply, origin: Origin) -> str:
    code, next_at = None, timezone.now()
    status = Status.UNKNOWN
    try:
        sent = origin.gateway().send(row.payload, row.recipient, is_bsuid=row.is_bsuid, callback=row.callback)
    except Refused as refusal:
        code = refusal.code
        status = Status.FAILED if refusal.is_final else Status.QUEUED
        next_at += PAUSE * row.attempts
        _learn(origin, refusal, now=timezone.now())
    except Unreachable:
        status = Status.QUEUED
        next_at += PAUSE * row.attempts
    except GraphError:
        status = Status.UNKNOWN
    else:
        status = Status.SENT
        row.wamid = sent.wamid
    with all_tenants():
        # A status of WhatsApp's may have come first: it knows better.
        StrangerReply.objects.filter(pk=row.pk, status=Status.SENDING).update(
            status=status, code=code, next_at=next_at, lease_until=None, wamid=row.wamid
        )
    return str(status)


def _learn(origin: Origin, refusal: Refused, *, now: datetime) -> None:
    lessons = {
        Reaction.RECONNECT: alarms.mark_token_invalid,
        Reaction.HALT: alarms.mark_blocked,
        Reaction.BILLING: alarms.mark_payment_problem,
    }
    if (lesson := lessons.get(refusal.reaction)) is not None:
        with transaction.atomic():
            lesson(SharedNumber.objects.select_for_update().get(pk=origin.state.pk), now=now)
