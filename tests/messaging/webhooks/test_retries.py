"""When a telling that failed is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from messaging.webhooks.retries import MOST_TRIES, PLAN, next_try

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)


def test_it_is_tried_eight_times_in_about_28_hours():
    pauses, now = [], NOW
    for tries in range(1, 100):
        again = next_try(tries=tries, now=now, draw=lambda: 0.0)
        if again is None:
            break
        pauses.append(again - now)
        now = again
    assert pauses == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        *(timedelta(hours=hours) for hours in (2, 5, 10, 10)),
    ]
    assert MOST_TRIES == 8
    assert timedelta(hours=27) < now - NOW < timedelta(hours=28)


@pytest.mark.parametrize("tries", range(1, MOST_TRIES))
def test_pauses_are_longer_by_chance_and_never_shorter(tries):
    for share in (0.0, 0.5, 1.0):
        again = next_try(tries=tries, now=NOW, draw=lambda share=share: share)
        assert again == NOW + PLAN[tries - 1] * (1 + 0.2 * share)


@pytest.mark.parametrize(
    ("wish", "pause"),
    [
        ("120", timedelta(minutes=2)),
        ("1", timedelta(seconds=5)),  # no sooner than planned
        ("Wed, 04 Mar 2026 16:00:00 GMT", timedelta(hours=1)),
        ("Wed, 04 Mar 2020 16:00:00 GMT", timedelta(seconds=5)),
        ("99999999", timedelta(hours=12)),  # within reason
        ("mañana", timedelta(seconds=5)),
    ],
)
def test_a_receivers_own_wish_counts_where_it_is_later(wish, pause):
    assert next_try(tries=1, now=NOW, retry_after=wish, draw=lambda: 0.0) == NOW + pause
