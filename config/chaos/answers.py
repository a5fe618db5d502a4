"""What became of every message that people wrote: the rows on one side, what WhatsApp took on the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Count, Q

from config.chaos.people import Said
from config.simulator.records import Sent
from messaging.inbox_serializers import show_tick
from messaging.models import Delivery, InboundUpdate, Message
from tenants.scope import all_tenants

LATE_SECONDS = 60.0  # from a stored message to its reply on the phone

_open_deliveries = Q(status__in=[Delivery.Status.QUEUED, Delivery.Status.SENDING])


@dataclass(frozen=True, slots=True)
class Work:
    """What is not over yet."""

    updates: int
    messages: int
    deliveries: int

    def __str__(self) -> str:
        return f"{self.updates} to take in, {self.messages} to answer, {self.deliveries} to send"

    def __bool__(self) -> bool:
        return bool(self.updates or self.messages or self.deliveries)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of people's messages. ``p50``, ``p99`` and ``longest`` are seconds from storing to the reply."""

    messages: int
    copies: int  # of them, that were posted and answered 200
    stored_bodies: int
    answered: int
    joined: int  # in one breath with a later one, and answered with it
    replies: int
    lost: int
    twice: int
    unknown: int  # that were so at some time
    unknown_resolved: int  # by a status
    unknown_shown: int  # to the owner, in the inbox
    failed: int
    late: int
    p50: float
    p99: float
    longest: float
    faults: list[str] = field(default_factory=list)  # a few of those that make it unclean

    @property
    def is_clean(self) -> bool:
        hidden = self.unknown - self.unknown_resolved - self.unknown_shown
        return not (self.lost or self.twice or self.failed or hidden)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"is_clean": self.is_clean}

    def __str__(self) -> str:
        return (
            f"lost {self.lost}, twice {self.twice}, unknown {self.unknown} ({self.unknown_resolved} resolved by a"
            f" status, {self.unknown_shown} shown), late {self.late}; {self.messages} messages delivered"
            f" {self.copies} times, {self.answered} answered and {self.joined} with a later one, by {self.replies}"
            f" replies, {self.failed} failed; from stored to replied p50 {self.p50:.1f} s, p99 {self.p99:.1f} s, at"
            f" most {self.longest:.1f} s"
        )


def count_open() -> Work:
    """How much is still to be taken in, answered, and sent."""
    with all_tenants():
        return Work(
            updates=InboundUpdate.objects.pending().count(),
            messages=Message.objects.pending().count(),
            deliveries=Delivery.objects.filter(_open_deliveries).count(),
        )


def unknown_now() -> set[int]:
    """The messages of which nobody knows at this moment whether they went out."""
    with all_tenants():
        return set(Delivery.objects.filter(status=Delivery.Status.UNKNOWN).values_list("pk", flat=True))


def close_ledger(*, said: Sequence[Said], sent: Sequence[Sent], copies: int, unknown: set[int]) -> Ledger:
    """Compare. ``unknown`` are the deliveries that were seen in that state at some time, now included."""
    with all_tenants():
        rows = {
            row["wamid"]: row
            for row in Message.objects.filter(role="user").values("id", "wamid", "status", "joined_to_id")
        }
        times_stored = Counter(Message.objects.filter(role="user").values_list("wamid", flat=True))
        replies = dict(Message.objects.filter(role="assistant").values_list("reply_to_id", "id"))
        deliveries: dict[int, list[Delivery]] = {}
        for delivery in Delivery.objects.filter(message__role="assistant"):
            deliveries.setdefault(delivery.message_id, []).append(delivery)
        stored_at = dict(
            InboundUpdate.objects.filter(kind="message")
            .values_list("message_id", "received_at")
            .order_by("-received_at")
        )
        failed_updates = list(InboundUpdate.objects.filter(status="failed").values_list("note", flat=True))
        stored_bodies = InboundUpdate.objects.aggregate(n=Count("body_id", distinct=True))["n"]
    accepted = Counter(one.callback for one in sent)
    answers_of = Counter(one.recipient for one in sent)
    sent_at = {one.wamid: one.at for one in sent}
    faults: list[str] = [f"update failed: {note}" for note in failed_updates]
    lost = twice = answered = joined = 0
    delays = []
    for one in said:
        row = rows.get(one.wamid)
        if row is None:
            lost += 1
            faults.append(f"not stored: {one.wamid}")
            continue
        joined += row["joined_to_id"] is not None
        reply = replies.get(row["joined_to_id"] or row["id"])
        parts = deliveries.get(reply or 0, [])
        arrived = [part for part in parts if part.wamid in sent_at]
        if not parts or any(part not in arrived and part.status != Delivery.Status.UNKNOWN for part in parts):
            lost += 1
            states = [(part.status, part.detail) for part in parts]
            faults.append(f"not answered: {one.text!r} is {row['status']}, reply {reply}, {states}")
            continue
        answered += row["joined_to_id"] is None
        if times_stored[one.wamid] > 1 or (one.alone and answers_of[one.phone] > len(parts)):
            twice += 1
            faults.append(f"answered {answers_of[one.phone]} times: {one.text!r}")
        delays += [
            (sent_at[part.wamid] - stored_at[row["id"]]).total_seconds() for part in arrived if row["id"] in stored_at
        ]
    doubled = [callback for callback, times in accepted.items() if times > 1]
    faults += [f"sent twice: {callback}" for callback in doubled]
    everything = [part for parts in deliveries.values() for part in parts]
    still = [part for part in everything if part.status == Delivery.Status.UNKNOWN]
    shown = [part for part in still if (show_tick([part]) or {}).get("error", {}).get("text")]
    delays.sort()
    return Ledger(
        messages=len(said),
        copies=copies,
        stored_bodies=stored_bodies,
        answered=answered,
        joined=joined,
        replies=len(replies),
        lost=lost,
        twice=twice + len(doubled),
        unknown=len(unknown | {part.pk for part in still}),
        unknown_resolved=len(unknown - {part.pk for part in still}),
        unknown_shown=len(shown),
        failed=sum(1 for part in everything if part.status == Delivery.Status.FAILED) + len(failed_updates),
        late=sum(1 for delay in delays if delay > LATE_SECONDS),
        p50=delays[len(delays) // 2] if delays else 0.0,
        p99=delays[int(len(delays) * 0.99)] if delays else 0.0,
        longest=delays[-1] if delays else 0.0,
        faults=faults[:20],
    )
