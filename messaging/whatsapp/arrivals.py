"""Keeping what Meta sends: a body and the updates in it, each once, with the bell for whoever takes them in.

All of a body is stored in one transaction, or nothing, and then Meta sends it again.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from agenda.perils import pass_by
from messaging import inbound
from messaging.models import Channel, InboundUpdate, SharedNumber, WebhookBody
from messaging.whatsapp.payloads import Unreadable, Update, split
from messaging.whatsapp.signatures import Placed, Refused, Signer, find_signer, place, read_signature
from tenants.broker import STORE, WAKE
from tenants.scope import all_tenants

LEAST_DAYS = 8  # Meta repeats itself for seven
MOST_AT_ONCE = 5000
SEEN_EVERY = timedelta(minutes=1)
COUNTED_EVERY = timedelta(seconds=1)  # so that nobody makes us write without end

Status = InboundUpdate.Status

# The updates of a body, once: their ids follow their order in it. They are written in the order of their keys, so that
# two bodies that hold the same updates in different orders wait for each other and never in a circle.
_updates = """
    given AS (
        SELECT * FROM ROWS FROM (
            json_to_recordset(%(updates)s::json)
            AS (kind text, key text, number text, channel bigint, sender text, data text, status text, note text)
        ) WITH ORDINALITY AS one (kind, key, number, channel, sender, data, status, note, place)
    ), places AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('messaging_inboundupdate', 'id')) AS id, place
        FROM body, generate_series(1, %(count)s) AS place WHERE body.times = 1
    ), stored AS (
        INSERT INTO messaging_inboundupdate (
            id, body_id, kind, key, phone_number_id, channel_id, sender, data, status, note, attempts, received_at,
            next_at
        )
        SELECT
            places.id, body.id, kind, key, number, channel, sender, convert_to(data, 'UTF8'), status, note, 0, %(now)s,
            %(now)s
        FROM body, places JOIN given USING (place) ORDER BY number, coalesce(channel, 0), kind, key
        ON CONFLICT DO NOTHING
    )
"""
# All of it in one statement, which is a transaction of its own: a body, its updates, and the bell for them. The same
# body at the same time waits for the first one's end: then everything of it is there.
_put = f"""
    WITH body AS (
        INSERT INTO messaging_webhookbody AS kept (body, digest, channel_id, times, received_at, fault)
        VALUES (%(body)s, %(digest)s, %(signer)s, 1, %(now)s, %(fault)s)
        ON CONFLICT (digest, channel_id) DO UPDATE SET times = kept.times + 1 RETURNING id, times
    ), {_updates}, rung AS (
        {STORE} FROM body WHERE body.times = 1 AND %(rings)s AND {inbound.WANTS_BELL} RETURNING id
    )
    SELECT body.id, (SELECT count({WAKE}) FROM rung) FROM body
"""  # noqa: S608  (only our own text goes into it)
_add = f"WITH body AS (SELECT %(body_id)s::bigint AS id, 1 AS times), {_updates} SELECT id FROM body"  # noqa: S608


def receive(*, body: bytes, signature: str | None, now: datetime) -> int:
    """Store ``body`` when it is signed and has not come before. Returns the id of its row. Raises Refused."""
    given = read_signature(signature)
    with all_tenants():
        try:
            signer = find_signer(body=body, given=given)
            updates, fault = take_apart(body)
            placed = place(updates=updates, signer=signer)
        except Refused as refusal:
            if refusal.counts:
                _count_failure(refusal.channel_ids, now=now)
            raise
        body_id = _store(body, placed, signer=signer, fault=fault, now=now)
        _note_visit({one.channel_id for one in placed if not one.note}, signer=signer, now=now)
        pass_by("after_stored")
        return body_id


def forget_old(*, now: datetime) -> int:
    """Delete bodies that came long ago, with their updates; none of which an update still waits. Returns how many
    rows went. For the clock, which comes again."""
    kept = timedelta(days=max(LEAST_DAYS, settings.WHATSAPP["BODY_DAYS"]))
    with all_tenants():
        waiting = InboundUpdate.objects.pending().filter(body_id=OuterRef("pk"))
        old = WebhookBody.objects.filter(~Exists(waiting), received_at__lt=now - kept).order_by("received_at")
        keys = list(old.values_list("pk", flat=True)[:MOST_AT_ONCE])
        return WebhookBody.objects.filter(pk__in=keys).delete()[0] if keys else 0


def take_apart(body: bytes) -> tuple[list[Update], str]:
    """What is in it, and why it could not be taken apart: then it is one update that is not understood."""
    try:
        return split(body), ""
    except Unreadable as fault:
        return [_unread(body)], str(fault)


def _unread(body: bytes) -> Update:
    return Update(
        kind=InboundUpdate.Kind.OTHER,
        key=f"body:{hashlib.sha256(body).hexdigest()}",
        phone_number_id="",
        sender="",
        item={},
        value={},
        understood=False,
    )


def _store(body: bytes, placed: list[Placed], *, signer: Signer, fault: str, now: datetime) -> int:
    values = _values(placed, now=now) | inbound.bell()
    values |= {"body": body, "digest": hashlib.sha256(body).digest(), "signer": signer.channel_id, "fault": fault}
    values["rings"] = any(can_be_taken_in(one) for one in placed)
    with connection.cursor() as cursor:
        cursor.execute(_put, values)
        return int(cursor.fetchone()[0])


def insert(placed: list[Placed], *, body_id: int, now: datetime) -> None:
    """Store the updates of a stored body that are not there yet."""
    with connection.cursor() as cursor:
        cursor.execute(_add, _values(placed, now=now) | {"body_id": body_id})


def _values(placed: list[Placed], *, now: datetime) -> dict[str, Any]:
    # As one JSON: an array for each column costs more than all the rest. What is stored of an update is ASCII.
    updates = [
        {
            "kind": str(one.update.kind),
            "key": one.update.key,
            "number": one.update.phone_number_id,
            "channel": one.channel_id,
            "sender": one.update.sender,
            "data": one.update.data.decode("ascii"),
            "status": str(Status.PENDING if can_be_taken_in(one) else Status.NOT_UNDERSTOOD),
            "note": one.note,
        }
        for one in placed
    ]
    return {"updates": json.dumps(updates), "count": len(updates), "now": now}


def can_be_taken_in(one: Placed) -> bool:
    return one.update.understood and not one.note


def _note_visit(channel_ids: set[int | None], *, signer: Signer, now: datetime) -> None:
    """Write that the webhook of these numbers has been seen, now and then."""
    before = now - SEEN_EVERY
    fresh = {one.channel_id for one in signer.claimants if one.seen_at is not None and one.seen_at > before}
    if stale := {pk for pk in channel_ids if pk is not None} - fresh:
        seen = Channel.objects.filter(pk__in=stale)
        seen.exclude(webhook_seen_at__gt=before).update(webhook_seen_at=now)
    number = settings.WHATSAPP["PHONE_NUMBER_ID"]
    if None in channel_ids and number:
        shared = SharedNumber.objects.filter(phone_number_id=number)
        last = shared.values_list("webhook_seen_at", flat=True).first()
        if last is None or last <= before:
            SharedNumber.current()
            shared.exclude(webhook_seen_at__gt=before).update(webhook_seen_at=now)


def _count_failure(channel_ids: tuple[int, ...], *, now: datetime) -> None:
    """Count a wrong signature on the numbers that it was for: one a second, however many there are."""
    numbers: QuerySet[Channel] | QuerySet[SharedNumber]
    if channel_ids:
        numbers = Channel.objects.filter(pk__in=channel_ids)
    elif settings.WHATSAPP["PHONE_NUMBER_ID"]:
        SharedNumber.current()
        numbers = SharedNumber.objects.filter(phone_number_id=settings.WHATSAPP["PHONE_NUMBER_ID"])
    else:
        return
    long_ago = Q(signature_failed_at=None) | Q(signature_failed_at__lte=now - COUNTED_EVERY)
    numbers.filter(long_ago).update(signature_failures=F("signature_failures") + 1, signature_failed_at=now)
