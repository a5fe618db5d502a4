from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from analytics import advice
from analytics.days import Period
from analytics.tallies import CUSTOMER, Tally
from tenants.models import Preferences
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/Bogota")
WEEK = Period(date(2026, 11, 14), date(2026, 11, 20))
QUIET = [[0] * 24 for _day in range(7)]


@pytest.fixture
def shop(alice, bob):
    """Alice's scope; everything waits for Bob, and Alice hears nothing of it."""
    with tenant_scope(bob):
        factories.conversation(bob, audience="customer", handover_at=NOW)
        factories.order(bob)
        factories.task(bob, due_date=WEEK.start)
        factories.unanswered_question(bob, times=9, last_at=NOW)
    with tenant_scope(alice):
        yield alice


def told(shop, *, tally=None, before=None, hours=QUIET, period=WEEK):
    seen = advice.Seen(period, tally or Tally(), before or Tally(), hours)
    return advice.advise(seen=seen, preferences=Preferences.current(shop), now=NOW, zone=ZONE)


def waits(*milliseconds: int) -> Tally:
    tally = Tally()
    tally.waits[CUSTOMER] = list(milliseconds)
    return tally


def failed(**codes: int) -> Tally:
    tally = Tally()
    tally.counts["reminder_failed"].update(codes)
    return tally


def test_there_is_nothing_to_do_where_nothing_is_wrong(shop):
    assert told(shop) == []


def test_what_waits_now_comes_first(shop):
    factories.conversation(shop, audience="customer", handover_at=NOW)
    for _number in range(2):
        factories.order(shop)
    factories.order(shop, status="approved", decided_at=NOW)
    assert [(one["code"], one["text"], one["href"]) for one in told(shop)] == [
        ("handover", "1 cliente espera que le respondas tú.", "/user/inbox"),
        ("orders", "Tienes 2 pedidos por aprobar.", "/user/inbox"),
    ]
    assert told(shop, period=WEEK.before) == []  # of another week nothing waits now


def test_the_question_that_was_asked_most_is_named(shop):
    factories.unanswered_question(shop, question="¿Tienen telescopios?", times=3, last_at=NOW)
    factories.unanswered_question(shop, question="¿Y binóculos?", times=2, last_at=NOW)
    factories.unanswered_question(shop, question="¿Y lunas?", times=8, last_at=NOW, dismissed_at=NOW)
    factories.unanswered_question(shop, question="¿Y soles?", times=7, last_at=NOW - timedelta(days=30))
    (one,) = told(shop)
    assert (one["code"], one["href"]) == ("missing", "/user/inbox?tab=unanswered")
    assert "Preguntaron 3 veces «¿Tienen telescopios?»" in one["text"]


def test_what_was_asked_once_is_not_worth_a_sentence(shop):
    factories.unanswered_question(shop, times=1, last_at=NOW)
    assert told(shop) == []


def test_reminders_that_failed_say_whether_it_was_the_mail(shop):
    (one,) = told(shop, tally=failed(no_mail_server=2, no_number=1))
    assert one["text"].startswith("3 avisos no salieron porque falló el correo")
    (one,) = told(shop, tally=failed(no_number=1))
    assert one["text"].startswith("1 aviso no pudo salir")


@pytest.mark.parametrize(
    ("now", "before", "is_told"),
    [
        ([120_000] * 5, [60_000] * 5, True),
        ([120_000] * 5, [90_000] * 5, False),
        ([59_000] * 5, [1_000] * 5, False),
        ([120_000] * 4, [60_000] * 5, False),
        ([120_000] * 5, [], False),
    ],
)
def test_it_says_when_customers_wait_much_longer_than_before(shop, now, before, is_told):
    found = told(shop, tally=waits(*now), before=waits(*before))
    assert [one["code"] for one in found] == (["slower"] if is_told else [])
    if is_told:
        assert "2 min" in found[0]["text"]


def test_overdue_tasks_are_counted_today(shop):
    factories.task(shop, due_date=date(2026, 11, 19))
    factories.task(shop, due_date=date(2026, 11, 20))
    (one,) = told(shop)
    assert one["text"] == "Tienes 1 tarea vencida: termínala o cámbiale la fecha."


@pytest.mark.parametrize(
    ("day", "hour", "count", "is_told"), [(5, 20, 5, True), (5, 20, 4, False), (5, 12, 9, False), (5, 13, 9, True)]
)
def test_it_names_the_busiest_hour_when_nobody_works_then(shop, day, hour, count, is_told):
    hours = [[0] * 24 for _day in range(7)]
    hours[day][hour] = count  # on Saturdays one works from nine to one
    found = told(shop, hours=hours)
    assert [one["code"] for one in found] == (["hours"] if is_told else [])
    if is_told:
        assert f"(sábado, {hour}:00)" in found[0]["text"]


def test_there_are_four_pieces_at_most_and_in_other_languages(shop):
    factories.conversation(shop, audience="customer", handover_at=NOW)
    factories.order(shop)
    factories.task(shop, due_date=WEEK.start)
    factories.unanswered_question(shop, times=3, last_at=NOW)
    with override("en"):
        found = told(shop, tally=failed(no_number=1))
    assert [one["code"] for one in found] == ["handover", "orders", "missing", "reminders"]
