"""Keeping what Meta sends: a body and the updates in it, each once, with the bell for whoever takes them in.

All of a body is stored in one transaction, or nothing, and then Meta sends it again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from agenda.perils import pass_by
from messaging import inbound
from messaging.models import Channel, InboundUpdate, SharedNumber, WebhookBody
from messaging.whatsapp.payloads import Unreadable, Update, split
from messaging.whatsapp.signatures import Placed, Refused, Signer, find_signer, place, read_signature
from tenants.scope import all_tenants

LEAST_DAYS = 8  # Meta repeats itself for seven
MOST_AT_ONCE = 5000
ROWS_IN_A_STATEMENT = 1000
SEEN_EVERY = timedelta(minutes=1)
COUNTED_EVERY = timedelta(seconds=1)  # so that nobody makes us write without end

Status = InboundUpdate.Status

_next_id = "nextval(pg_get_serial_sequence('messaging_inboundupdate', 'id'))"
_take = f"SELECT {_next_id} FROM generate_series(1, %s)"  # noqa: S608  (only our own text goes into it)
_insert = f"""
    INSERT INTO messaging_inboundupdate (
        kind, key, phone_number_id, channel_id, sender, data, status, note, id, body_id, attempts, received_at, next_at
    )
    SELECT kind, key, number, channel, sender, data, status, note, coalesce(id, {_next_id}), %s, 0, %s, %s
    FROM unnest(
        %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::bigint[]
    ) AS given (kind, key, number, channel, sender, data, status, note, id)
    ON CONFLICT DO NOTHING
"""  # noqa: S608


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
    with transaction.atomic(), connection.cursor() as cursor:
        # The same body at the same time waits here for the first one's end: then everything of it is there.
        cursor.execute(
            "INSERT INTO messaging_webhookbody AS kept (body, digest, channel_id, times, received_at, fault)"
            " VALUES (%s, %s, %s, 1, %s, %s)"
            " ON CONFLICT (digest, channel_id) DO UPDATE SET times = kept.times + 1 RETURNING id, times",
            [body, hashlib.sha256(body).digest(), signer.channel_id, now, fault],
        )
        body_id, times = cursor.fetchone()
        if times == 1 and insert(placed, body_id=body_id, now=now):
            inbound.ring()
    return int(body_id)


def insert(placed: list[Placed], *, body_id: int, now: datetime) -> bool:
    """Store the updates that are not there yet. Returns whether any of them waits to be taken in.

    Their ids follow their order in the body. They are written in the order of their keys, so that two bodies that
    hold the same updates in different orders wait for each other and never in a circle.
    """
    ids = _take_ids(len(placed)) if len(placed) > 1 else [None] * len(placed)
    rows = [(*_row(one), pk) for one, pk in zip(placed, ids, strict=True)]
    rows.sort(key=lambda row: (row[2], row[3] or 0, row[0], row[1]))
    for start in range(0, len(rows), ROWS_IN_A_STATEMENT):
        columns = zip(*rows[start : start + ROWS_IN_A_STATEMENT], strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_insert, [body_id, now, now, *map(list, columns)])
    return any(can_be_taken_in(one) for one in placed)


def _row(one: Placed) -> tuple[str, str, str, int | None, str, bytes, str, str]:
    update = one.update
    status = Status.PENDING if can_be_taken_in(one) else Status.NOT_UNDERSTOOD
    return (
        str(update.kind),
        update.key,
        update.phone_number_id,
        one.channel_id,
        update.sender,
        update.data,
        str(status),
        one.note,
    )


def can_be_taken_in(one: Placed) -> bool:
    return one.update.understood and not one.note


def _take_ids(count: int) -> list[int | None]:
    with connection.cursor() as cursor:
        cursor.execute(_take, [count])
        return sorted(pk for (pk,) in cursor.fetchall())


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
