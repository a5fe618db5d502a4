from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import metrics, rollups
from analytics.models import RolledDay
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests.analytics.histories import SPAN, delete_all, histories, periods
from tests.analytics.recount import recount

pytestmark = pytest.mark.django_db

HOURS = {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], "thu": [["00:00", "06:30"]], "sun": [["00:30", "03:30"]]}
HISTORIES = int(os.environ.get("HISTORIES", "12"))  # of each test; more of them find more
few = settings(max_examples=HISTORIES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def told(user: User, **asked: Any) -> dict[str, Any]:
    """What is told, in the shape of a recount: without names, labels, and what is of no period."""
    found = metrics.read(user=user, **asked)
    kept = ("before", "buckets", "figures", "series", "hours", "hours_of", "conversion")
    return {
        **{name: found[name] for name in kept},
        "products": [{name: one[name] for name in ("id", "times", "before")} for one in found["products"]],
        "events": [{name: one[name] for name in ("name", "count")} for one in found["events"]],
    }


def begin(user: User, zone: str) -> None:
    User.objects.filter(pk=user.pk).update(timezone=zone)
    user.timezone = zone
    delete_all()
    Preferences.current(user).change(working_hours=HOURS, country="", currency="COP")


@few
@given(data=st.data())
def test_every_number_is_what_one_counts_by_hand(alice, bob, data):
    mine, others = data.draw(histories()), data.draw(histories(most=10))
    start, end = data.draw(periods(day=mine.day))
    group = data.draw(st.sampled_from(["day", "week", "month"]))
    with tenant_scope(bob):
        begin(bob, others.zone.key)
        others.write(bob)
        while rollups.roll_up(user=bob, now=others.now):
            pass
    with tenant_scope(alice):
        begin(alice, mine.zone.key)
        mine.write(alice)
        found = told(alice, start=start, end=end, group=group, now=mine.now)
    assert found == recount(mine, start=start, end=end, group=group, currency="COP", hours=HOURS)


@few
@given(data=st.data())
def test_it_is_the_same_with_days_kept_and_what_came_late(alice, bob, data):
    mine = data.draw(histories())
    start, end = data.draw(periods(day=mine.day))
    early = data.draw(st.integers(0, len(mine.events)))
    passed = data.draw(st.lists(st.integers(-SPAN, SPAN), max_size=3).map(sorted))
    at_once = data.draw(st.integers(1, 12))
    with tenant_scope(alice):
        begin(alice, mine.zone.key)
        events, mine.events = mine.events, mine.events[:early]
        mine.write(alice)
        mine.events = events
        rest = events[early:]
        for number in passed:  # the clock comes, and things are told of days that are over
            rollups.roll_up(user=alice, now=mine.now - timedelta(days=SPAN + 1 - number), most=at_once)
            mine.tell(rest[: len(rest) // 2])
            rest = rest[len(rest) // 2 :]
        mine.tell(rest)
        expected = recount(mine, start=start, end=end, group="day", currency="COP", hours=HOURS)
        assert told(alice, start=start, end=end, group="day", now=mine.now) == expected
        while rollups.roll_up(user=alice, now=mine.now, most=at_once):
            pass
        assert told(alice, start=start, end=end, group="day", now=mine.now) == expected


@few
@given(data=st.data())
def test_another_zone_counts_the_days_anew(alice, bob, data):
    mine = data.draw(histories())
    other = data.draw(st.sampled_from(["America/Bogota", "Asia/Tokyo", "Pacific/Honolulu", "Asia/Kathmandu"]))
    start, end = data.draw(periods(day=mine.day))
    with tenant_scope(alice):
        begin(alice, other)
        mine.write(alice)
        while rollups.roll_up(user=alice, now=mine.now):
            pass
        alice.timezone = mine.zone.key
        expected = recount(mine, start=start, end=end, group="week", currency="COP", hours=HOURS)
        assert told(alice, start=start, end=end, group="week", now=mine.now) == expected
        while rollups.roll_up(user=alice, now=mine.now):
            pass
        assert told(alice, start=start, end=end, group="week", now=mine.now) == expected
        assert not RolledDay.objects.exclude(zone=mine.zone.key).exists()


def test_a_tenant_with_nothing_gets_noughts_and_nothing_to_compare(alice, bob):
    with tenant_scope(alice):
        now = datetime(2026, 11, 28, tzinfo=UTC)
        found = metrics.read(user=alice, start=date(2026, 11, 1), end=date(2026, 11, 28), group="week", now=now)
    assert found["figures"]["people"] == {"value": 0, "before": 0}
    assert found["figures"]["response_p50_seconds"] == {"value": None, "before": None}
    assert found["figures"]["cost_usd"] == {"value": "0.00", "before": "0.00"}
    assert found["series"]["conversations"] == []
    assert found["series"]["orders_value"] == ["0.00"] * 5
    assert found["conversion"]["rate"] is None
    assert (found["products"], found["missing"], found["events"], found["is_sample"]) == ([], [], [], False)
