from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tenants import limits
from tenants.limits import Limit, LimitWindow, TooMany

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
THREE = Limit("three", 3, timedelta(minutes=1))


@pytest.fixture(autouse=True)
def _limits_on(settings):
    settings.LIMITS = True


@pytest.mark.django_db
def test_it_refuses_the_fourth_of_three_and_says_for_how_long():
    for _ in range(3):
        limits.hit(limit=THREE, who="ana", now=NOW)
    with pytest.raises(TooMany) as refused:
        limits.hit(limit=THREE, who="ana", now=NOW + timedelta(seconds=18))
    assert refused.value.retry_after == 42


@pytest.mark.django_db
def test_people_and_limits_are_counted_apart():
    for _ in range(3):
        limits.hit(limit=THREE, who="ana", now=NOW)
    limits.hit(limit=THREE, who="bea", now=NOW)
    limits.hit(limit=Limit("other", 3, timedelta(minutes=1)), who="ana", now=NOW)


@pytest.mark.django_db
def test_the_next_window_starts_afresh():
    for _ in range(3):
        limits.hit(limit=THREE, who="ana", now=NOW)
    limits.check(limit=THREE, who="ana", now=NOW + timedelta(minutes=1))
    limits.hit(limit=THREE, who="ana", now=NOW + timedelta(minutes=1))
    assert LimitWindow.objects.get().count == 1


@pytest.mark.django_db
def test_a_check_counts_nothing_and_refuses_what_is_used_up():
    for _ in range(3):
        limits.check(limit=THREE, who="ana", now=NOW)
        limits.hit(limit=THREE, who="ana", now=NOW)
    with pytest.raises(TooMany):
        limits.check(limit=THREE, who="ana", now=NOW)
    limits.forget(limit=THREE, who="ana")
    limits.check(limit=THREE, who="ana", now=NOW)


@pytest.mark.django_db
def test_limits_can_be_switched_off(settings):
    settings.LIMITS = False
    for _ in range(9):
        limits.hit(limit=THREE, who="ana", now=NOW)
    assert not LimitWindow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_hits_at_the_same_moment_are_all_counted():
    fifty = Limit("fifty", 50, timedelta(minutes=1))

    def hit(_: int) -> bool:
        try:
            limits.hit(limit=fifty, who="ana", now=NOW)
        except TooMany:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(hit, range(80))) == 50
