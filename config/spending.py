"""What turns take and cost over all tenants, and who uses the system how much. For the superadmin.

Sums alone: of a tenant the username is named, and nothing that anybody wrote is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from assistants.models import Outcome, TurnUsage
from messaging.models import Message
from tenants.models import User

DAYS = 14
MOST_TENANTS = 20


@dataclass(frozen=True, slots=True)
class Failing:
    """How often turns of the last day went another way for one reason."""

    provider: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """Turns of the last day; milliseconds, None without any turn."""

    count: int
    p50_ms: float | None
    p95_ms: float | None
    failing: list[Failing]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the reader's. ``cost`` in US dollars of the turns whose model has prices; ``unpriced`` are the others
    that a model answered."""

    day: date
    turns: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: Decimal
    unpriced: int
    estimated: int  # answers of which a part was estimated, for a call was cut off

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens + self.cached_tokens


@dataclass(frozen=True, slots=True)
class TenantUse:
    """What one tenant used since the first of the reader's month; ``last_seen`` is the last turn or login."""

    user_id: int
    username: str
    is_active: bool
    turns: int
    messages: int
    cost: Decimal
    last_seen: datetime | None


def read_turns(*, now: datetime) -> TurnFigures:
    """In all tenants' scope."""
    yesterday = now - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY latency_ms)"
            " FROM assistants_turnusage WHERE created_at >= %s",
            [yesterday],
        )
        count, percentiles = cursor.fetchone()
    p50, p95 = percentiles or (None, None)
    fallen = TurnUsage.objects.filter(Q(outcome=Outcome.FALLBACK) | Q(by_fallback=True), created_at__gte=yesterday)
    rows = fallen.order_by().values_list("provider", "reason").annotate(n=Count("pk")).order_by("-n", "reason")[:12]
    return TurnFigures(count=count, p50_ms=p50, p95_ms=p95, failing=[Failing(*row) for row in rows])


def read_days(*, now: datetime) -> list[Day]:
    """The last days, the oldest first, those without any turn too. In all tenants' scope."""
    zone = timezone.get_current_timezone()
    today = timezone.localdate(now)
    first = datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), tzinfo=zone)
    rows = (
        TurnUsage.objects.filter(created_at__gte=first)
        .annotate(day=TruncDate("created_at", tzinfo=zone))
        .order_by()
        .values("day")
        .annotate(
            turns=Count("pk"),
            unpriced=Count("pk", filter=Q(cost=None) & ~Q(provider="builtin")),
            estimated=Count("pk", filter=Q(is_estimate=True)),
            input_tokens=Sum("input_tokens"),
            output_tokens=Sum("output_tokens"),
            cached_tokens=Sum(F("cache_read_tokens") + F("cache_write_tokens")),
            spent=Sum("cost", default=Decimal(0)),
        )
    )
    found = {
        row["day"]: Day(
            day=row["day"],
            turns=row["turns"],
            input_tokens=row["input_tokens"],
            output_tokens=row["output_tokens"],
            cached_tokens=row["cached_tokens"],
            cost=row["spent"],
            unpriced=row["unpriced"],
            estimated=row["estimated"],
        )
        for row in rows
    }
    days = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    return [found.get(day) or Day(day, 0, 0, 0, 0, Decimal(0), 0, 0) for day in days]


def read_tenants(*, now: datetime) -> list[TenantUse]:
    """The tenants with most turns this month. In all tenants' scope."""
    month = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    used = list(
        TurnUsage.objects.filter(created_at__gte=month)
        .order_by()
        .values("user_id")
        .annotate(turns=Count("pk"), spent=Sum("cost", default=Decimal(0)), last=Max("created_at"))
        .order_by("-turns", "user_id")[:MOST_TENANTS]
    )
    keys = [row["user_id"] for row in used]
    people = User.objects.in_bulk(keys)
    written = Message.objects.filter(user_id__in=keys, created_at__gte=month).order_by()
    messages = dict(written.values_list("user_id").annotate(n=Count("pk")))
    return [
        TenantUse(
            user_id=row["user_id"],
            username=people[row["user_id"]].username,
            is_active=people[row["user_id"]].is_active,
            turns=row["turns"],
            messages=messages.get(row["user_id"], 0),
            cost=row["spent"],
            last_seen=max(filter(None, [row["last"], people[row["user_id"]].last_login]), default=None),
        )
        for row in used
        if row["user_id"] in people
    ]
