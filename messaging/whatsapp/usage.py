"""What was delivered over a number in a month, free and charged.

Since October 2026 WhatsApp charges answers too, past the first thousand that a number delivers in a month. Whether a
message was charged comes with its status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from messaging.models import Delivery, StrangerReply

FREE = 1000  # answers that a number delivers free of charge in a month
_answers = Q(category__in=["", "service", "referral_conversion"])  # what is no template


@dataclass(frozen=True, slots=True)
class Usage:
    """Messages that were delivered in ``month`` («2026-11»). ``unpriced`` are those of which WhatsApp said no price;
    ``free_left`` is how many answers the number may still deliver free."""

    month: str
    delivered: int
    free: int
    charged: int
    unpriced: int
    answers: int

    @property
    def free_limit(self) -> int:
        return FREE

    @property
    def free_left(self) -> int:
        return max(0, FREE - self.answers)


def count(deliveries: QuerySet[Delivery], *, month: date, zone: ZoneInfo, strangers: bool = False) -> Usage:
    """Count those of ``deliveries`` that arrived in the month of ``month`` on the clock of ``zone``. In a scope that
    sees them. With ``strangers`` also what the platform said over the same numbers to those whom no shop knows."""
    start, end = bounds(month, zone=zone)
    arrived = Q(delivered_at__gte=start, delivered_at__lt=end)
    found = _figures(deliveries.filter(arrived), _answers)
    if strangers:
        for name, number in _figures(StrangerReply.objects.filter(arrived), Q()).items():
            found[name] += number
    return Usage(month=f"{month:%Y-%m}", **found)


def of_number(*, phone_number_id: str, month: date, zone: ZoneInfo) -> Usage:
    """What a tenant had delivered over one number. In the tenant's scope."""
    return count(Delivery.objects.filter(phone_number_id=phone_number_id), month=month, zone=zone)


def bounds(month: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instants of the month of ``month`` and of the next."""
    start = datetime(month.year, month.month, 1, tzinfo=zone)
    after = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=zone)
    return start, after


def _figures(rows: QuerySet[Delivery] | QuerySet[StrangerReply], answers: Q) -> dict[str, int]:
    return rows.aggregate(
        delivered=Count("pk"),
        free=Count("pk", filter=Q(is_billable=False)),
        charged=Count("pk", filter=Q(is_billable=True)),
        unpriced=Count("pk", filter=Q(is_billable=None)),
        answers=Count("pk", filter=answers) if answers else Count("pk"),
    )
