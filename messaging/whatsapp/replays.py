"""A stored body, gone through again: after a fault of ours, or when more of it is understood than before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from messaging import inbound
from messaging.models import InboundUpdate, WebhookBody
from messaging.whatsapp.arrivals import can_be_taken_in, insert, take_apart
from messaging.whatsapp.signatures import Placed, place, signer_of
from tenants.scope import all_tenants

Status = InboundUpdate.Status
Stored = dict[tuple[str, str, str, int | None], InboundUpdate]


class NoSuchBody(LookupError):
    """No body is stored under this id; perhaps it was there, and its days are over."""


@dataclass(frozen=True, slots=True)
class Replay:
    """How many updates the body holds, how many of them were not stored, and how many wait again."""

    held: int
    added: int
    again: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A body with updates that failed, or that nobody understands."""

    body_id: int
    received_at: datetime
    fault: str
    failed: int
    unknown: int


def unfinished(*, most: int = 50) -> list[Unfinished]:
    """The newest bodies of which something was not done."""
    failed = Count("updates", filter=Q(updates__status=Status.FAILED))
    unknown = Count("updates", filter=Q(updates__status=Status.NOT_UNDERSTOOD))
    with all_tenants():
        open_ones = InboundUpdate.objects.filter(status__in=[Status.FAILED, Status.NOT_UNDERSTOOD])
        bodies = WebhookBody.objects.filter(pk__in=open_ones.values("body"))
        rows = bodies.defer("body").annotate(failed=failed, unknown=unknown).order_by("-pk")[:most]
        return [Unfinished(row.pk, row.received_at, row.fault, row.failed, row.unknown) for row in rows]


def replay(*, body_id: int, everything: bool, now: datetime) -> Replay:
    """Take the body apart again, store what is missing, and let what was not done wait again; with ``everything``
    also what was. Nothing is there twice, and what takes an update in does nothing twice.

    Raises NoSuchBody, and ``signatures.Refused`` when it is now for a number of somebody else.
    """
    with all_tenants(), transaction.atomic():
        body = WebhookBody.objects.select_for_update().filter(pk=body_id).first()
        if body is None:
            raise NoSuchBody(body_id)
        updates, body.fault = take_apart(bytes(body.body))
        placed = place(updates=updates, signer=signer_of(channel_id=body.channel_id))
        stored = _stored(body, placed)
        # A number that was connected after this had come: until then it was kept under whoever signed it.
        strays = {key[:3]: row for key, row in stored.items() if row.status == Status.NOT_UNDERSTOOD}
        missing, again = [], []
        for one in placed:
            key = (one.update.kind, one.update.key, one.update.phone_number_id)
            row = stored.get((*key, one.channel_id)) or strays.get(key)
            if row is None:
                missing.append(one)
            elif _wants_another_try(row, one, everything=everything):
                again.append(_renew(row, one, now=now))
        insert(missing, body_id=body.pk, now=now)
        InboundUpdate.objects.bulk_update(
            again, ["channel_id", "sender", "data", "status", "attempts", "next_at", "note", "done_at"], batch_size=500
        )
        body.save(update_fields=["fault"])
        inbound.ring()
    return Replay(held=len(placed), added=len(missing), again=len(again))


def _stored(body: WebhookBody, placed: list[Placed]) -> Stored:
    """What is stored of it: its own rows, and those that another body brought before."""
    keys = {one.update.key for one in placed}
    numbers = {one.update.phone_number_id for one in placed}
    owners = {one.channel_id for one in placed} | {body.channel_id}
    # Locked, so that whoever takes one in at this moment has done so before it is looked at here.
    locked = InboundUpdate.objects.select_for_update().order_by("pk")
    rows = [*locked.filter(key__in=keys, phone_number_id__in=numbers), *locked.filter(body=body)]
    return {(row.kind, row.key, row.phone_number_id, row.channel_id): row for row in rows if row.channel_id in owners}


def _wants_another_try(row: InboundUpdate, one: Placed, *, everything: bool) -> bool:
    if row.status == Status.NOT_UNDERSTOOD:
        return can_be_taken_in(one)
    return row.status == Status.FAILED or (everything and row.status == Status.DONE)


def _renew(row: InboundUpdate, one: Placed, *, now: datetime) -> InboundUpdate:
    row.channel_id, row.sender, row.data = one.channel_id, one.update.sender, one.update.data
    row.status, row.attempts, row.next_at, row.note, row.done_at = Status.PENDING, 0, now, "", None
    return row
