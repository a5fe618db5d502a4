"""How the system's own parts do at this moment: the queue, what comes in and what goes out. For the superadmin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncMinute
from django_q.models import Failure, OrmQ

from messaging.models import Channel, Delivery, SharedNumber, WebhookBody

HOUR = 60  # minutes


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """``waiting`` tasks are in nobody's hands; ``oldest_seconds`` is how long the first of them has waited."""

    waiting: int
    taken: int
    oldest_seconds: float | None
    failed: int  # in the last day, and kept

    @property
    def depth(self) -> int:
        return self.waiting + self.taken


@dataclass(frozen=True, slots=True)
class WebhookFigures:
    """Bodies from WhatsApp. ``minutes`` are those of the last hour, the oldest first, this one last."""

    minutes: list[int]
    repeated: int  # that came again within the hour
    signature_failures: int  # since each number was connected
    numbers_failing: int  # numbers of which one failed in the last day
    last_failure: datetime | None

    @property
    def last_hour(self) -> int:
        return sum(self.minutes)

    @property
    def per_minute(self) -> float:
        return self.last_hour / HOUR


@dataclass(frozen=True, slots=True)
class State:
    """How many deliveries of the last day are in one state."""

    code: str
    name: str
    count: int


def read_queue(*, now: datetime) -> QueueFigures:
    """A waiting row's lock is when it came; a taken one's lies ahead."""
    found = OrmQ.objects.aggregate(
        waiting=Count("pk", filter=Q(lock__lte=now)),
        taken=Count("pk", filter=Q(lock__gt=now)),
        oldest=Min("lock", filter=Q(lock__lte=now)),
    )
    return QueueFigures(
        waiting=found["waiting"],
        taken=found["taken"],
        oldest_seconds=(now - found["oldest"]).total_seconds() if found["oldest"] is not None else None,
        failed=Failure.objects.filter(stopped__gte=now - timedelta(days=1)).count(),
    )


def read_webhook(*, now: datetime) -> WebhookFigures:
    """In all tenants' scope."""
    this_minute = now.replace(second=0, microsecond=0)
    first = this_minute - timedelta(minutes=HOUR - 1)
    bodies = WebhookBody.objects.filter(received_at__gte=first)
    rows = bodies.annotate(minute=TruncMinute("received_at")).values_list("minute").annotate(n=Count("pk"))
    counts = dict(rows.order_by())
    times = bodies.aggregate(times=Sum("times"), rows=Count("pk"))
    yesterday = now - timedelta(days=1)
    failing = [
        model.objects.aggregate(
            all=Sum("signature_failures"),
            lately=Count("pk", filter=Q(signature_failed_at__gte=yesterday)),
            last=Max("signature_failed_at"),
        )
        for model in (Channel, SharedNumber)
    ]
    return WebhookFigures(
        minutes=[counts.get(first + timedelta(minutes=n), 0) for n in range(HOUR)],
        repeated=(times["times"] or 0) - times["rows"],
        signature_failures=sum(found["all"] or 0 for found in failing),
        numbers_failing=sum(found["lately"] for found in failing),
        last_failure=max((found["last"] for found in failing if found["last"]), default=None),
    )


def read_states(*, now: datetime) -> list[State]:
    """The deliveries of the last day by state, in the order in which they go through them. In all tenants' scope."""
    lately = Delivery.objects.filter(created_at__gte=now - timedelta(days=1))
    counts = dict(lately.order_by().values_list("status").annotate(n=Count("pk")))
    return [State(code, str(name), counts.get(code, 0)) for code, name in Delivery.Status.choices]
