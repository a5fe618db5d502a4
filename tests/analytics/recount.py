"""Every number of the analytics, counted by hand from a history: loops over all of it, minutes one by one, no SQL and
nothing of the application's own but the working hours' form."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tests.analytics.histories import History

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def recount(
    history: History, *, start: date, end: date, group: str, currency: str, hours: dict[str, list[list[str]]]
) -> dict[str, Any]:
    """What ``metrics.read`` should say of ``history``, but for what is looked up elsewhere."""
    length = (end - start).days + 1
    before = (start - timedelta(days=length), start - timedelta(days=1))
    now = _Count(history, start, end, currency, hours)
    wrote = {event["data"]["audience"] for event in now.of("message_received")}
    audience = "customer" if "customer" in wrote else "owner"
    past = _Count(history, *before, currency, hours)
    buckets = _buckets(start, end, group)
    parts = [_Count(history, first, last, currency, hours) for _key, first, last in buckets]
    figures, figures_before = now.figures(audience), past.figures(audience)
    kinds = sorted({_kind(event) for event in now.of("conversation_started")})
    products = sorted(now.products().items(), key=lambda item: (-item[1], item[0]))[:10]
    names = sorted(Counter(event["name"] for event in now.events).items(), key=lambda item: (-item[1], item[0]))
    asked, ordered = now.people("product_query"), now.people("order_received")
    both = len(asked & ordered)

    def each(read: Any) -> list[Any]:
        return [read(part) for part in parts]

    return {
        "before": {"from": before[0], "to": before[1]},
        "buckets": [{"key": key, "start": first, "end": last} for key, first, last in buckets],
        "figures": {name: {"value": value, "before": figures_before[name]} for name, value in figures.items()},
        "series": {
            "conversations": [
                {"channel": channel, "assistant": assistant, "audience": of}
                | {
                    "values": each(
                        lambda part, kind=(channel, assistant, of): sum(
                            _kind(event) == kind for event in part.of("conversation_started")
                        )
                    )
                }
                for channel, assistant, of in kinds
            ],
            **{
                series: each(lambda part, name=name: part.count(name))
                for series, name in (
                    ("messages_received", "message_received"),
                    ("messages_sent", "message_sent"),
                    ("unanswered", "unanswered_question"),
                    ("orders", "order_received"),
                )
            },
            "response_p50_seconds": each(lambda part: part.wait(50, audience)),
            "response_p95_seconds": each(lambda part: part.wait(95, audience)),
            "orders_value": each(lambda part: part.value()),
            "questions": each(
                lambda part: sum(event["data"]["audience"] == "customer" for event in part.of("product_query"))
            ),
            "appointments": {
                name: each(lambda part, name=name: part.agenda()[name])
                for name in ("booked_minutes", "working_minutes", "count", "cancelled")
            },
            "tasks": {name: each(lambda part, name=name: part.tasks()[name]) for name in ("due", "done", "late")},
            "reminders": {
                "sent": each(lambda part: part.count("reminder_sent")),
                "failed": each(lambda part: part.count("reminder_failed")),
                "unknown": each(lambda part: part.unknown()),
            },
            "whatsapp": {
                name: each(lambda part, value=value: part.delivered(value))
                for name, value in (("free", False), ("charged", True), ("unpriced", None))
            },
            "tokens": {
                name: each(lambda part, name=name: part.tokens()[name]) for name in ("input", "output", "cached")
            },
            "cost_usd": each(lambda part: part.cost()),
            "turns": {
                "model": each(lambda part: sum(turn["provider"] != "builtin" for turn in part.turns)),
                "builtin": each(lambda part: sum(turn["provider"] == "builtin" for turn in part.turns)),
            },
        },
        "hours": now.hours_of_the_week(audience),
        "hours_of": "customers" if audience == "customer" else "owner",
        "products": [{"id": pk, "times": times, "before": past.products()[pk]} for pk, times in products],
        "conversion": {
            "people_asked": len(asked),
            "people_ordered": both,
            "orders_approved": now.count("order_approved"),
            "rate": round(both / len(asked), 4) if asked else None,
        },
        "events": [{"name": name, "count": count} for name, count in names[:10]],
    }


class _Count:
    def __init__(self, history: History, start: date, end: date, currency: str, hours: dict[str, Any]) -> None:
        self.history, self.start, self.end, self.currency, self.hours = history, start, end, currency, hours
        self.events = [{"name": name, "at": at, "data": data} for name, at, data in history.events if self.holds(at)]
        self.turns = [turn for turn in history.turns if self.holds(turn["created_at"])]

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.history.zone).date()

    def holds(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= self.day(moment) <= self.end

    def of(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["name"] == name]

    def count(self, name: str) -> int:
        return len(self.of(name))

    def people(self, name: str) -> set[int]:
        found = set()
        for event in self.of(name):
            data = event["data"]
            if data.get("audience", "customer") == "customer":
                found.add(-data["conversation"] if data["contact"] is None else data["contact"])
        return found

    def products(self) -> Counter[int]:
        found: Counter[int] = Counter()
        for event in self.of("product_query"):
            if event["data"]["audience"] == "customer":
                found.update(set(event["data"]["products"]))
        return found

    def wait(self, percent: int, audience: str) -> float | None:
        waits = sorted(
            event["data"]["waited_ms"]
            for event in self.of("message_sent")
            if event["data"]["by"] != "system"
            and event["data"]["audience"] == audience
            and event["data"]["waited_ms"] is not None
        )
        for wait in waits:
            if sum(other <= wait for other in waits) * 100 >= percent * len(waits):
                return wait / 1000
        return None

    def value(self) -> str:
        own = [event["data"] for event in self.of("order_received") if event["data"]["currency"] == self.currency]
        return f"{sum((Decimal(data['total']) for data in own), Decimal(0)):.2f}"

    def hours_of_the_week(self, audience: str) -> list[list[int]]:
        found = [[0] * 24 for _day in range(7)]
        for event in self.of("message_received"):
            if event["data"]["audience"] == audience:
                local = event["at"].astimezone(self.history.zone)
                found[local.weekday()][local.hour] += 1
        return found

    def days(self) -> list[date]:
        return [self.start + timedelta(days=number) for number in range((self.end - self.start).days + 1)]

    def agenda(self) -> dict[str, int]:
        standing = [one for one in self.history.appointments if one["deleted_at"] is None]
        begin = [one for one in standing if self.holds(one["start_datetime"])]
        taken = [one for one in standing if one["busy"] and one["status"] != "cancelled"]
        booked = working = 0
        for day in self.days():
            work = [_spans(day, span, self.history) for span in self.hours.get(WEEKDAYS[day.weekday()], [])]
            working += _minutes(work)
            spans = [(one["start_datetime"], one["end_datetime"]) for one in taken if not one["all_day"]]
            first, last = _midnight(day, self.history), _midnight(day + timedelta(days=1), self.history)
            spans = [(max(start, first), min(until, last)) for start, until in spans]
            if any(one["all_day"] and one["start_datetime"] < last and one["end_datetime"] > first for one in taken):
                spans += work
            booked += _minutes(spans)
        return {
            "booked_minutes": booked,
            "working_minutes": working,
            "count": sum(one["status"] != "cancelled" for one in begin),
            "cancelled": sum(one["status"] == "cancelled" for one in begin),
        }

    def tasks(self) -> dict[str, int]:
        there = [task for task in self.history.tasks if task["deleted_at"] is None]
        due = [task for task in there if task["due_date"] and self.start <= task["due_date"] <= self.end]
        today = self.day(self.history.now)
        done_late = [task for task in due if task["completed_at"] and self.day(task["completed_at"]) > task["due_date"]]
        still_open = [task for task in due if not task["completed_at"] and task["due_date"] < today]
        return {
            "due": len(due),
            "done": sum(self.holds(task["completed_at"]) for task in there),
            "late": len(done_late) + len(still_open),
        }

    def unknown(self) -> int:
        return sum(self.holds(one["due_at"]) and one["status"] == "unknown" for one in self.history.reminders)

    def delivered(self, is_billable: bool | None) -> int:
        return sum(
            self.holds(one["delivered_at"]) and one["is_billable"] is is_billable for one in self.history.deliveries
        )

    def tokens(self) -> dict[str, int]:
        return {
            "input": sum(turn["input_tokens"] + turn["cache_write_tokens"] for turn in self.turns),
            "output": sum(turn["output_tokens"] for turn in self.turns),
            "cached": sum(turn["cache_read_tokens"] for turn in self.turns),
        }

    def cost(self) -> str | None:
        models = [turn for turn in self.turns if turn["provider"] != "builtin"]
        if models and all(turn["cost"] is None for turn in models):
            return None
        spent = sum((turn["cost"] for turn in self.turns if turn["cost"] is not None), Decimal(0))
        text = f"{spent:.6f}"
        while text.endswith("0") and len(text.partition(".")[2]) > 2:
            text = text[:-1]
        return text

    def figures(self, audience: str) -> dict[str, Any]:
        return {
            "people": len(self.people("message_received")),
            "conversations": self.count("conversation_started"),
            "messages_received": self.count("message_received"),
            "messages_sent": self.count("message_sent"),
            "response_p50_seconds": self.wait(50, audience),
            "response_p95_seconds": self.wait(95, audience),
            "unanswered": self.count("unanswered_question"),
            "orders": self.count("order_received"),
            "orders_value": self.value(),
            "tasks_completed": self.tasks()["done"],
            "appointments": self.agenda()["count"],
            "reminders_sent": self.count("reminder_sent"),
            "cost_usd": self.cost(),
            "tokens": sum(self.tokens().values()),
            "turns": len(self.turns),
        }


def _kind(event: dict[str, Any]) -> tuple[str, str, str]:
    data = event["data"]
    return data["channel"], data["assistant"], data["audience"]


def _buckets(start: date, end: date, group: str) -> list[tuple[str, date, date]]:
    found: dict[str, list[date]] = {}
    for number in range((end - start).days + 1):
        day = start + timedelta(days=number)
        key = {"day": day.isoformat(), "week": day.strftime("%G-W%V"), "month": day.strftime("%Y-%m")}[group]
        found.setdefault(key, []).append(day)
    return [(key, days[0], days[-1]) for key, days in found.items()]


def _midnight(day: date, history: History) -> datetime:
    """The first second of the day, looked for second by second where there is none at its usual place."""
    guess = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    low, high = guess, guess + timedelta(hours=40)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=math.floor((high - low).total_seconds() / 2))
        if middle.astimezone(history.zone).date() < day:
            low = middle
        else:
            high = middle
    return high


def _spans(day: date, span: list[str], history: History) -> tuple[datetime, datetime]:
    opens, closes = (datetime.combine(day, time.fromisoformat(text), history.zone) for text in span)
    return opens.astimezone(UTC), closes.astimezone(UTC)


def _minutes(spans: list[tuple[datetime, datetime]]) -> int:
    """Whole minutes of the seconds that are in any of them."""
    seconds: set[int] = set()
    for start, end in spans:
        seconds |= set(range(round(start.timestamp()), round(end.timestamp())))
    return len(seconds) // 60
