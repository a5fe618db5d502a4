"""What became of every reminder: the rows on one side, what arrived on the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from agenda.models import Reminder
from messaging.models import Notification
from tenants.scope import all_tenants

OPEN = ("scheduled", "claimed", "sending")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of reminders; ``longest`` and ``p99`` are seconds between an instant and its sending.

    The instant is the one for which it was planned last: who is told «later» by a mail server waits on purpose.
    """

    reminders: int
    sent: int
    by_mail: int
    by_bell: int
    open: int  # not dealt with when time was up
    lost: int  # never arrived though nobody said so: open ones too
    twice: int
    unknown: int
    unknown_arrived: int
    unknown_hidden: int  # unknown, and the person was not told
    failed: int
    dropped: int
    late: int
    p99: float
    longest: float

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing twice, every unknown shown, nothing given up that should have gone out."""
        return not (self.lost or self.twice or self.unknown_hidden or self.failed or self.dropped)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"is_clean": self.is_clean}

    def __str__(self) -> str:
        arrived = f"{self.unknown_arrived} arrived, {self.unknown - self.unknown_arrived} did not"
        return (
            f"lost {self.lost}, twice {self.twice}, unknown {self.unknown}"
            f" ({arrived}, {self.unknown_hidden} not shown), late {self.late}; {self.reminders} reminders,"
            f" {self.sent} sent ({self.by_mail} by mail, {self.by_bell} by bell), {self.failed} failed,"
            f" {self.dropped} dropped; delay p99 {self.p99:.1f} s, at most {self.longest:.1f} s"
        )


def count_open(*, now: datetime) -> tuple[int, int]:
    """How many reminders have not come to their end, and how many of them wait for somebody, not for their time."""
    with all_tenants():
        found = Reminder.objects.filter(status__in=OPEN)
        counts = found.aggregate(all=Count("pk"), resting=Count("pk", filter=Q(status="scheduled", next_at__gt=now)))
        return counts["all"], counts["all"] - counts["resting"]


def close_ledger(*, letters: Iterable[str]) -> Ledger:
    """Compare. ``letters`` are the Message-IDs of all that arrived at the mail server, in full."""
    names = Counter(letters)
    mailed: Counter[int] = Counter()
    for name, times in names.items():
        if name.startswith("reminder-"):
            mailed[int(name.removeprefix("reminder-").split("@")[0])] += times
    others = sum(1 for name, times in names.items() if times > 1 and not name.startswith("reminder-"))
    with all_tenants():
        rows = list(Reminder.objects.values_list("pk", "status", "next_at", "sent_at"))
        told = Notification.objects.values_list("reminder_id", "kind")
        rung = Counter(pk for pk, kind in told if kind == Notification.Kind.REMINDER)
        shown = {pk for pk, kind in told if kind == Notification.Kind.UNCONFIRMED}
    states = Counter(status for _, status, _, _ in rows)
    arrived = mailed + rung
    unknown = {pk for pk, status, _, _ in rows if status == "unknown"}
    delays = sorted((sent - due).total_seconds() for _, _, due, sent in rows if sent is not None)
    return Ledger(
        reminders=len(rows),
        sent=states["sent"],
        by_mail=sum(1 for pk, status, _, _ in rows if status == "sent" and mailed[pk]),
        by_bell=sum(1 for pk, status, _, _ in rows if status == "sent" and rung[pk]),
        open=sum(states[status] for status in OPEN),
        lost=sum(1 for pk, status, _, _ in rows if status in OPEN or (status == "sent" and not arrived[pk])),
        twice=others + sum(1 for count in arrived.values() if count > 1),
        unknown=len(unknown),
        unknown_arrived=sum(1 for pk in unknown if arrived[pk]),
        unknown_hidden=len(unknown - shown),
        failed=states["failed"],
        dropped=states["dropped"],
        late=sum(1 for delay in delays if delay > settings.REMINDERS["LATE_SECONDS"]),
        p99=delays[int(len(delays) * 0.99)] if delays else 0.0,
        longest=delays[-1] if delays else 0.0,
    )
