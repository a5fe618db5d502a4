from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.tallies import CUSTOMER, Tally, total
from analytics.workload import minutes_of

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def waited(*milliseconds: int) -> Tally:
    tally = Tally()
    tally.waits[CUSTOMER] = list(milliseconds)
    return tally


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60), st.sampled_from([1, 50, 95, 100]))
def test_a_percentile_is_the_least_wait_that_enough_replies_do_not_exceed(waits, percent):
    found = waited(*waits).wait(percent / 100, audience=CUSTOMER)
    enough = [wait for wait in waits if sum(other <= wait for other in waits) * 100 >= percent * len(waits)]
    assert found == min(enough) / 1000


@pytest.mark.parametrize(
    ("waits", "half", "nearly_all"),
    [((), None, None), ((5,), 0.005, 0.005), ((4000, 1000), 1.0, 4.0), (tuple(range(1, 101)), 0.05, 0.095)],
)
def test_half_of_two_is_the_lesser(waits, half, nearly_all):
    tally = waited(*waits)
    assert (tally.wait(0.5, audience=CUSTOMER), tally.wait(0.95, audience=CUSTOMER)) == (half, nearly_all)


def test_nobody_is_counted_twice_in_two_days():
    first, second = Tally(people={1, 2}, asked={1}), Tally(people={2, 3}, asked={1})
    first.counts["login"][""] = 2
    second.counts["login"][""] = 3
    second.values["COP"] += Decimal("0.10")
    both = total([first, second])
    assert (both.people, both.asked, both.count("login"), both.values["COP"]) == ({1, 2, 3}, {1}, 5, Decimal("0.10"))
    assert first.people == {1, 2}  # adding changes nobody else


def test_what_is_kept_comes_back():
    tally = Tally(cost=Decimal("0.000001"))
    tally.counts["message_received"][CUSTOMER] = 3
    tally.hours[CUSTOMER][23] = 3
    tally.values["COP"] = Decimal("12.50")
    tally.products[7] = 2
    tally.turns["model"] = 1
    assert Tally.from_json(json.loads(json.dumps(tally.as_json()))) == tally


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([], 0),
        ([(0, 60)], 60),
        ([(0, 60), (30, 90)], 90),
        ([(0, 60), (10, 20)], 60),
        ([(0, 60), (0, 30), (50, 70), (100, 110)], 80),
        ([(60, 60), (60, 50)], 0),
    ],
)
def test_minutes_that_overlap_count_once(spans, minutes):
    taken = [(NINE + timedelta(minutes=start), NINE + timedelta(minutes=end)) for start, end in spans]
    assert minutes_of(taken) == minutes
