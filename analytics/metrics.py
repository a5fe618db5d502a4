"""What happened in a tenant's business between two days: every figure and series that is shown, asked for once.

docs/analytics.md says exactly what each of them counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from analytics.advice import Seen, advise
from analytics.charges import KINDS, count_deliveries
from analytics.days import Bucket, Calendar, Group, Period, buckets_of
from analytics.rollups import read_tallies
from analytics.tallies import CUSTOMER, OWNER, Tally, total
from analytics.workload import Load, count_unknown, read_load
from catalog.models import Product
from messaging.models import UnansweredQuestion
from tenants.events import EVENTS
from tenants.models import Preferences, User

MOST_DAYS = 1100
MOST_PRODUCTS = 10
MOST_QUESTIONS = 10
MOST_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Days:
    """Everything that was counted of a period, day by day; of a day on which nothing was, nothing is held."""

    tallies: dict[date, Tally]
    loads: dict[date, Load]
    deliveries: dict[date, Counter[str]]
    unknown: Counter[date]

    def tally(self, period: Period) -> Tally:
        return total(self.tallies[day] for day in period if day in self.tallies)

    def load(self, period: Period, name: str) -> int:
        return sum(getattr(self.loads[day], name) for day in period)

    def delivered(self, period: Period, kind: str) -> int:
        return sum(self.deliveries[day][kind] for day in period if day in self.deliveries)


def read(*, user: User, start: date, end: date, group: Group, now: datetime) -> dict[str, Any]:
    """What happened from ``start`` to ``end``, days of the tenant's zone that both count, and in the period before.

    In the open scope of ``user``. Money of the model is in US dollars, of orders in the tenant's currency, both as
    text; rates and seconds are numbers, and None where there is nothing to speak of.
    """
    period, zone = Period(start, end), ZoneInfo(user.timezone)
    preferences = Preferences.current(user)
    buckets = buckets_of(period=period, group=group)
    days = _read_days(user, preferences, Period(period.before.start, end), zone, now)
    tally, before = days.tally(period), days.tally(period.before)
    audience = CUSTOMER if tally.count("message_received", CUSTOMER) else OWNER
    hours = _hours(days, period, audience)
    busy = hours if audience == CUSTOMER else []  # of one's own hours nobody needs advice
    return {
        "from": start,
        "to": end,
        "group": group,
        "timezone": user.timezone,
        "currency": preferences.currency,
        "generated_at": now,
        "before": {"from": period.before.start, "to": period.before.end},
        "buckets": [{"key": one.key, "start": one.days.start, "end": one.days.end} for one in buckets],
        "figures": _compare(
            _figures(days, period, tally, audience, preferences.currency),
            _figures(days, period.before, before, audience, preferences.currency),
        ),
        "series": _series(days, buckets, tally, audience, preferences.currency),
        "hours": hours,
        "hours_of": {CUSTOMER: "customers", OWNER: "owner"}[audience],
        "products": _products(tally, before),
        "missing": _missing(),
        "conversion": _conversion(tally),
        "events": most_frequent(tally),
        "advice": advise(seen=Seen(period, tally, before, busy), preferences=preferences, now=now, zone=zone),
        "is_sample": False,
    }


def most_frequent(tally: Tally) -> list[dict[str, Any]]:
    """The events that happened most, with what a person calls them."""
    counts = Counter({name: keys.total() for name, keys in tally.counts.items()})
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_EVENTS]
    return [{"name": name, "label": label_of(name), "count": count} for name, count in ordered if count]


def label_of(name: str) -> str:
    """What a person calls an event."""
    return str(EVENTS[name].label) if name in EVENTS else name


def _read_days(user: User, preferences: Preferences, period: Period, zone: ZoneInfo, now: datetime) -> Days:
    calendar = Calendar(period=period, zone=zone)
    return Days(
        tallies=read_tallies(user=user, calendar=calendar),
        loads=read_load(preferences=preferences, calendar=calendar, now=now),
        deliveries=count_deliveries(user=user, calendar=calendar),
        unknown=count_unknown(calendar=calendar),
    )


def _figures(days: Days, period: Period, tally: Tally, audience: str, currency: str) -> dict[str, Any]:
    return {
        "people": len(tally.people),
        "conversations": tally.count("conversation_started"),
        "messages_received": tally.count("message_received"),
        "messages_sent": tally.count("message_sent"),
        "response_p50_seconds": tally.wait(0.5, audience=audience),
        "response_p95_seconds": tally.wait(0.95, audience=audience),
        "unanswered": tally.count("unanswered_question"),
        "orders": tally.count("order_received"),
        "orders_value": _money(tally, currency),
        "tasks_completed": days.load(period, "done"),
        "appointments": days.load(period, "count"),
        "reminders_sent": tally.count("reminder_sent"),
        "cost_usd": _cost(tally),
        "tokens": sum(tally.turns[name] for name in ("input", "output", "cached")),
        "turns": sum(tally.turns[name] for name in ("model", "builtin")),
    }


def _compare(now: dict[str, Any], before: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {"value": value, "before": before[name]} for name, value in now.items()}


def _series(days: Days, buckets: Sequence[Bucket], tally: Tally, audience: str, currency: str) -> dict[str, Any]:
    tallies = [days.tally(bucket.days) for bucket in buckets]

    def counted(name: str, key: str | None = None) -> list[int]:
        return [one.count(name, key) for one in tallies]

    def loaded(name: str) -> list[int]:
        return [days.load(bucket.days, name) for bucket in buckets]

    def each(read_one: Callable[[Tally], Any]) -> list[Any]:
        return [read_one(one) for one in tallies]

    return {
        "conversations": [
            dict(zip(("channel", "assistant", "audience"), key.split("/", 2), strict=True))
            | {"values": counted("conversation_started", key)}
            for key in sorted(tally.counts["conversation_started"])
        ],
        "messages_received": counted("message_received"),
        "messages_sent": counted("message_sent"),
        "response_p50_seconds": each(lambda one: one.wait(0.5, audience=audience)),
        "response_p95_seconds": each(lambda one: one.wait(0.95, audience=audience)),
        "unanswered": counted("unanswered_question"),
        "orders": counted("order_received"),
        "orders_value": each(lambda one: _money(one, currency)),
        "questions": counted("product_query", CUSTOMER),
        "appointments": {name: loaded(name) for name in ("booked_minutes", "working_minutes", "count", "cancelled")},
        "tasks": {name: loaded(name) for name in ("due", "done", "late")},
        "reminders": {
            "sent": counted("reminder_sent"),
            "failed": counted("reminder_failed"),
            "unknown": [sum(days.unknown[day] for day in bucket.days) for bucket in buckets],
        },
        "whatsapp": {kind: [days.delivered(bucket.days, kind) for bucket in buckets] for kind in KINDS.values()},
        "tokens": {name: [one.turns[name] for one in tallies] for name in ("input", "output", "cached")},
        "cost_usd": each(_cost),
        "turns": {name: [one.turns[name] for one in tallies] for name in ("model", "builtin")},
    }


def _hours(days: Days, period: Period, audience: str) -> list[list[int]]:
    """Messages received by day of the week, Monday first, and hour."""
    found = [[0] * 24 for _weekday in range(7)]
    for day in period:
        for hour, count in enumerate(days.tallies[day].hours.get(audience, ()) if day in days.tallies else ()):
            found[day.weekday()][hour] += count
    return found


def _products(tally: Tally, before: Tally) -> list[dict[str, Any]]:
    ordered = sorted(tally.products.items(), key=lambda item: (-item[1], item[0]))[:MOST_PRODUCTS]
    names = dict(Product.objects.filter(pk__in=[pk for pk, _times in ordered]).values_list("pk", "name"))
    return [
        {"id": pk, "name": names.get(pk, ""), "times": times, "before": before.products[pk]} for pk, times in ordered
    ]


def _missing() -> list[dict[str, Any]]:
    rows = UnansweredQuestion.objects.open().most_asked_first()[:MOST_QUESTIONS]
    return [{"question": row.question, "times": row.times, "last_asked_at": row.last_at, "id": row.pk} for row in rows]


def _conversion(tally: Tally) -> dict[str, Any]:
    asked, ordered = len(tally.asked), len(tally.asked & tally.ordered)
    return {
        "people_asked": asked,
        "people_ordered": ordered,
        "orders_approved": tally.count("order_approved"),
        "rate": round(ordered / asked, 4) if asked else None,
    }


def _money(tally: Tally, currency: str) -> str:
    return f"{tally.values.get(currency, Decimal(0)):.2f}"


def _cost(tally: Tally) -> str | None:
    """US dollars in the smallest text of two places at least; None when a model answered and no price is known."""
    if tally.turns["model"] and not tally.turns["priced"]:
        return None
    whole, _point, places = f"{tally.cost:.6f}".partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}"
