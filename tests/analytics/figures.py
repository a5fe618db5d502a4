"""Figures in the shape that ``analytics.metrics.read`` gives, made up: a shop's four weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

WEEK = [9, 8, 10, 9, 13, 15, 3]  # Monday first


def make_figures(*, end: date = date(2026, 11, 22), days: int = 28, **others: Any) -> dict[str, Any]:
    """A period of so many days, one bucket a day; ``others`` take the place of what is made up."""
    start = end - timedelta(days=days - 1)
    dates = [start + timedelta(days=n) for n in range(days)]
    talks = [WEEK[day.weekday()] for day in dates]
    few = [n % 3 for n in range(days)]
    made = {
        "from": start,
        "to": end,
        "group": "day",
        "timezone": "America/Bogota",
        "currency": "COP",
        "generated_at": datetime(2026, 11, 22, 20, 5, tzinfo=UTC),
        "before": {"from": start - timedelta(days=days), "to": start - timedelta(days=1)},
        "buckets": [{"key": str(day), "start": day, "end": day} for day in dates],
        "figures": {
            "people": {"value": 151, "before": 128},
            "conversations": {"value": sum(talks), "before": 240},
            "messages_received": {"value": 804, "before": 720},
            "messages_sent": {"value": 815, "before": 733},
            "response_p50_seconds": {"value": 8.2, "before": 12.4},
            "response_p95_seconds": {"value": 74, "before": 95},
            "unanswered": {"value": 7, "before": 11},
            "orders": {"value": sum(few), "before": 19},
            "orders_value": {"value": "1234567.50", "before": "980000.00"},
            "tasks_completed": {"value": 31, "before": 31},
            "appointments": {"value": 24, "before": 20},
            "reminders_sent": {"value": 62, "before": None},
            "cost_usd": {"value": "1.87", "before": "1.52"},
            "tokens": {"value": 812_000, "before": 700_000},
            "turns": {"value": 815, "before": 733},
        },
        "series": {
            "conversations": [
                {"channel": "whatsapp", "assistant": "commercial", "audience": "customer", "values": talks},
                {"channel": "web", "assistant": "commercial", "audience": "owner", "values": few},
                {"channel": "web", "assistant": "personal", "audience": "owner", "values": few[::-1]},
            ],
            "messages_received": [3 * n for n in talks],
            "messages_sent": [3 * n + 1 for n in talks],
            "response_p50_seconds": [None if n == 5 else 6.5 + n % 4 for n in range(days)],
            "response_p95_seconds": [None if n == 5 else 60 + n % 7 * 9 for n in range(days)],
            "unanswered": [0] * days,
            "orders": few,
            "orders_value": [f"{25_000 * n}.00" for n in few],
            "questions": [2 * n for n in few],
            "appointments": {
                "booked_minutes": [90 * (n % 5) for n in range(days)],
                "working_minutes": [0 if day.weekday() == 6 else 480 for day in dates],
                "count": [n % 5 for n in range(days)],
                "cancelled": [0] * days,
            },
            "tasks": {"due": [2] * days, "done": few, "late": [n % 7 // 6 for n in range(days)]},
            "reminders": {"sent": few, "failed": [n % 11 // 10 for n in range(days)], "unknown": [0] * days},
            "whatsapp": {"free": talks, "charged": few, "unpriced": [0] * days},
            "tokens": {"input": [20_000] * days, "output": [3_000] * days, "cached": [6_000] * days},
            "cost_usd": [f"0.0{n % 9}" for n in range(days)],
            "turns": {"model": talks, "builtin": few},
        },
        "hours": [
            [0] * 7
            + [max(0, weight - abs(13 - hour)) if hour != 13 else weight // 2 for hour in range(7, 22)]
            + [0] * 2
            for weight in WEEK
        ],
        "hours_of": "customers",
        "products": [
            {"id": 11, "name": "Martillo de uña 16 oz", "times": 21, "before": 15},
            {"id": 12, "name": "Pintura blanca para exteriores, galón, lavable", "times": 17, "before": 18},
            {"id": 13, "name": "Bombillo LED", "times": 1, "before": 0},
        ],
        "missing": [
            {
                "id": 3,
                "question": "¿Tienen cortadora de césped?",
                "times": 4,
                "last_asked_at": datetime(2026, 11, 20, 15, 0, tzinfo=UTC),
            }
        ],
        "conversion": {"people_asked": 90, "people_ordered": 24, "orders_approved": 20, "rate": 0.2667},
        "events": [],
        "advice": [
            {"code": "missing", "text": "Cuatro personas preguntaron por una cortadora.", "href": "/user/inbox"}
        ],
        "is_sample": False,
    }
    return made | others


def make_bare_figures() -> dict[str, Any]:
    """Of a tenant to whom nothing has happened yet."""
    full = make_figures()

    def nothing(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: nothing(one) for name, one in value.items()}
        return [0] * len(value) if not isinstance(value[0], str) else ["0.00"] * len(value)

    series = {name: nothing(value) for name, value in full["series"].items() if name != "conversations"}
    empty = [None] * len(full["buckets"])
    return full | {
        "figures": {name: {"value": 0, "before": 0} for name in full["figures"]}
        | {name: {"value": None, "before": None} for name in ("response_p50_seconds", "response_p95_seconds")},
        "series": series | {"conversations": [], "response_p50_seconds": empty, "response_p95_seconds": empty},
        "hours": [[0] * 24 for _day in range(7)],
        "products": [],
        "missing": [],
        "advice": [],
        "conversion": {"people_asked": 0, "people_ordered": 0, "orders_approved": 0, "rate": None},
    }
