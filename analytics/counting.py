"""Counting the event log and the turns as they stand, day by day: what rollups are made of, and what today is.

One statement for each thing that is counted. The database is told where each day of the tenant's clock begins and how
far that clock is from UTC (``analytics.days``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from analytics.days import Calendar, Period, offsets
from analytics.tallies import CUSTOMER, OWNER, Tally
from tenants.models import User

# {when} is a condition on the column «at», {hour} the hour on the tenant's clock; both are ours. A day is its place
# among the beginnings, from 1.
_DAY = "width_bucket(at, %(begins)s::timestamptz[])"
_EVENTS = """
SELECT {day} AS day, name,
    CASE
        WHEN name = 'conversation_started' THEN
            concat_ws('/', coalesce(data->>'channel', ''), coalesce(data->>'assistant', ''),
                coalesce(data->>'audience', ''))
        WHEN name IN ('message_received', 'unanswered_question', 'product_query') THEN coalesce(data->>'audience', '')
        WHEN name = 'order_received' THEN coalesce(data->>'currency', '')
        WHEN name = 'reminder_failed' THEN coalesce(data->>'code', '')
        ELSE ''
    END AS key,
    CASE WHEN name = 'message_received' THEN {hour} END AS hour,
    count(*),
    sum(CASE WHEN name = 'order_received' AND data->>'total' ~ '^[0-9]{{1,14}}([.][0-9]{{1,4}})?$'
        THEN (data->>'total')::numeric END)
FROM tenants_event WHERE user_id = %(user)s AND {when}
GROUP BY 1, 2, 3, 4
"""
_WAITS = """
SELECT {day} AS day, data->>'audience', array_agg((data->>'waited_ms')::bigint)
FROM tenants_event
WHERE user_id = %(user)s AND {when} AND name = 'message_sent' AND data->>'by' IN ('assistant', 'person')
    AND data->>'audience' IN ('customer', 'owner') AND data->>'waited_ms' ~ '^[0-9]{{1,12}}$'
GROUP BY 1, 2
"""
# Who has no contact is known by the conversation: those ids are told apart by their sign.
_PEOPLE = """
SELECT {day} AS day, name, array_agg(DISTINCT coalesce((data->>'contact')::bigint, -(data->>'conversation')::bigint))
FROM tenants_event
WHERE user_id = %(user)s AND {when} AND coalesce(data->>'contact', data->>'conversation') ~ '^[0-9]{{1,18}}$'
    AND (name IN ('message_received', 'product_query') AND data->>'audience' = 'customer' OR name = 'order_received')
GROUP BY 1, 2
"""
_PRODUCTS = """
SELECT day, product::bigint, count(DISTINCT id) FROM (
    SELECT {day} AS day, id, jsonb_array_elements_text(data->'products') AS product
    FROM tenants_event
    WHERE user_id = %(user)s AND {when} AND name = 'product_query' AND data->>'audience' = 'customer'
        AND jsonb_typeof(data->'products') = 'array'
) AS named WHERE product ~ '^[0-9]{{1,18}}$'
GROUP BY 1, 2
"""
_TURNS = """
SELECT {day} AS day, count(*) FILTER (WHERE provider <> 'builtin'), count(*) FILTER (WHERE provider = 'builtin'),
    count(cost) FILTER (WHERE provider <> 'builtin'), sum(input_tokens + cache_write_tokens), sum(output_tokens),
    sum(cache_read_tokens), coalesce(sum(cost), 0)
FROM (SELECT created_at AS at, * FROM assistants_turnusage WHERE user_id = %(user)s) AS turn
WHERE {when}
GROUP BY 1
"""
_WITHIN = "at >= %(first)s AND at < %(last)s"
_LATE = "at = ANY(%(late)s::timestamptz[]) AND id = ANY(%(ids)s::bigint[])"
_PLACES = {"message_received": "people", "product_query": "asked", "order_received": "ordered"}


def count_days(*, user: User, period: Period, zone: ZoneInfo) -> dict[date, Tally]:
    """A tally of each of the period's days in ``zone`` on which there was anything. In the open scope of ``user``."""
    calendar = Calendar(period=period, zone=zone)
    counting = _Counting(user, calendar, _WITHIN, {"first": calendar.first, "last": calendar.last})
    counting.count_events()
    counting.count_turns()
    return counting.tallies


def count_late(*, user: User, events: Sequence[tuple[int, datetime]], zone: ZoneInfo) -> dict[date, Tally]:
    """The same of these events alone: their ids and times. In the open scope of ``user``."""
    if not events:
        return {}
    days = [at.astimezone(zone).date() for _id, at in events]
    values = {"late": [at for _id, at in events], "ids": [pk for pk, _at in events]}
    calendar = Calendar(period=Period(min(days), max(days)), zone=zone)
    counting = _Counting(user, calendar, _LATE, values)
    counting.count_events()
    return counting.tallies


class _Counting:
    """One count: the statements' common values, and the tallies that they fill."""

    def __init__(self, user: User, calendar: Calendar, when: str, values: dict[str, Any]) -> None:
        self.days = calendar.days
        self.tallies: dict[date, Tally] = {}
        hour, shifts = _hour(offsets(period=calendar.period, zone=calendar.zone))
        self.parts = {"day": _DAY, "when": when, "hour": hour}
        self.values = {"user": user.pk, "begins": calendar.begins, **values, **shifts}

    def count_events(self) -> None:
        for day, name, key, hour, count, value in self._rows(_EVENTS):
            tally = self._on(day)
            tally.counts[name][key] += count
            if hour is not None and key in (CUSTOMER, OWNER):
                tally.hours[key][hour] += count
            if value is not None:
                tally.values[key] += value
        for day, audience, waits in self._rows(_WAITS):
            self._on(day).waits[audience] = sorted(waits)
        for day, name, ids in self._rows(_PEOPLE):
            getattr(self._on(day), _PLACES[name]).update(ids)
        for day, product, count in self._rows(_PRODUCTS):
            self._on(day).products[product] = count

    def count_turns(self) -> None:
        for day, *counts, cost in self._rows(_TURNS):
            tally = self._on(day)
            names = ("model", "builtin", "priced", "input", "output", "cached")
            tally.turns.update({name: int(count) for name, count in zip(names, counts, strict=True) if count})
            tally.cost += Decimal(cost)

    def _on(self, place: int) -> Tally:
        return self.tallies.setdefault(self.days[place - 1], Tally())

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(**self.parts), self.values)
            return cursor.fetchall()


def _hour(clock: list[tuple[datetime, timedelta]]) -> tuple[str, dict[str, Any]]:
    """The hour of the day as an expression, and its values: the clock may have been moved within the period."""
    cases = [f"WHEN at < %(moved{number})s THEN %(ahead{number})s" for number in range(1, len(clock))]
    values: dict[str, Any] = {"ahead": clock[-1][1]}
    for number, (moved, _after) in enumerate(clock[1:], start=1):
        values |= {f"moved{number}": moved, f"ahead{number}": clock[number - 1][1]}
    ahead = f"CASE {' '.join(cases)} ELSE %(ahead)s END" if cases else "%(ahead)s"
    return f"extract(hour FROM at AT TIME ZONE 'UTC' + {ahead})::int", values
