"""A tenant's month: what was used of it, what is said about it, and what happens past it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistants import budgets, usage
from assistants.configuration import builtin_configuration
from assistants.models import LLMConfiguration, MonthUsage, Outcome, TurnUsage
from assistants.usage import Used
from tenants.events import Event
from tenants.models import Allowance, Plan, User
from tenants.plans import MEASURES, Limits, limits_of
from tenants.scope import tenant_scope
from tests.assistants.conftest import NOW, Heard
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.script import Say

Ask = Callable[..., Heard]


def agree(user: User, **amounts: Any) -> None:
    with tenant_scope(user):
        Allowance.objects.update_or_create(user=user, defaults=amounts)


def spend(user: User, *, now: datetime = NOW, **used: Any) -> None:
    with tenant_scope(user), transaction.atomic():
        limits = budgets.balance(user=user, now=now).limits
        budgets.spend(user=user, used=Used(**used), limits=limits, measures=MEASURES, now=now)


def told(user: User) -> list[tuple[str, str]]:
    with tenant_scope(user):
        found = Event.objects.filter(name__startswith="budget_").order_by("at", "pk")
        return [(event.name, event.data["measure"]) for event in found]


# --- the month ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("zone", "moment", "first"),
    [
        ("America/Bogota", datetime(2026, 12, 1, 4, 59, tzinfo=UTC), date(2026, 11, 1)),
        ("America/Bogota", datetime(2026, 12, 1, 5, 0, tzinfo=UTC), date(2026, 12, 1)),
        ("Europe/Madrid", datetime(2026, 10, 31, 22, 59, tzinfo=UTC), date(2026, 10, 1)),
        ("Europe/Madrid", datetime(2026, 10, 31, 23, 0, tzinfo=UTC), date(2026, 11, 1)),
        ("America/Santiago", datetime(2027, 1, 1, 2, 59, tzinfo=UTC), date(2026, 12, 1)),
        ("Pacific/Auckland", datetime(2026, 12, 31, 11, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_month_is_the_tenants_own(zone: str, moment: datetime, first: date) -> None:
    assert usage.month_of(user=User(timezone=zone), now=moment) == first


@given(st.integers(0, 15 * 365 * 24 * 3600), st.sampled_from(["America/Bogota", "Europe/Madrid", "Asia/Kolkata"]))
def test_the_next_month_begins_where_this_one_ends(seconds: int, zone: str) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    first = usage.month_of(user=User(timezone=zone), now=moment)
    ends = budgets.Balance(first, Limits(None, None, None, None), Used()).ends_on
    instant = datetime(ends.year, ends.month, 1, tzinfo=ZoneInfo(zone))
    assert usage.month_of(user=User(timezone=zone), now=instant) == ends
    assert usage.month_of(user=User(timezone=zone), now=instant - timedelta(seconds=1)) == first


@pytest.mark.django_db
def test_what_is_added_stands_in_its_month_and_with_its_tenant(alice: User, bob: User) -> None:
    spend(alice, turns=1, tokens=43, money=Decimal("0.000123"))
    spend(alice, turns=1, tokens=7, money=Decimal("0.000001"))
    spend(alice, turns=5, now=NOW + timedelta(days=31))
    spend(bob, turns=9)
    with tenant_scope(alice):
        assert usage.month(alice, NOW) == Used(2, 50, Decimal("0.000124"), 0)
        assert usage.month(alice, NOW + timedelta(days=31)).turns == 5
        assert usage.month(alice, NOW + timedelta(days=62)) == Used()
        assert MonthUsage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_many_add_at_once(alice: User) -> None:
    agree(alice, turns=50)
    start = threading.Barrier(8)

    def add() -> None:
        start.wait()
        for _turn in range(5):
            spend(alice, turns=1, tokens=10, money=Decimal("0.000001"))
        connection.close()

    threads = [threading.Thread(target=add) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_scope(alice):
        assert usage.month(alice, NOW) == Used(40, 400, Decimal("0.000040"), 0)
    assert told(alice) == [("budget_warned", "turns")], "said once, however many were at it"


# --- the limits -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("own_plan", [True, False])
@pytest.mark.parametrize("agreed", [{}, {"turns": 0}, {"money": Decimal("1.5"), "messages": 7}])
def test_one_query_reads_what_plan_and_agreement_say(
    alice: User, bob: User, own_plan: bool, agreed: dict[str, Any], django_assert_num_queries: Any
) -> None:
    if own_plan:
        alice.plan = Plan.objects.create(code="x", name="X", turns=3, tokens=None, money=2, messages=0)
        alice.save()
    agree(bob, turns=999_999)
    if agreed:
        agree(alice, **agreed)
    with tenant_scope(alice):
        expected = limits_of(User.objects.get(pk=alice.pk))
        with django_assert_num_queries(1):
            found = budgets.balance(user=alice, now=NOW)
        assert found.limits == expected


@pytest.mark.django_db
def test_without_any_plan_nothing_is_limited(alice: User) -> None:
    Plan.objects.all().delete()
    with tenant_scope(alice):
        assert budgets.balance(user=alice, now=NOW).limits == Limits(None, None, None, None)


@given(
    st.one_of(st.none(), st.integers(0, 100)),
    st.integers(0, 150),
)
def test_little_and_none_left_follow_the_limit(limit: int | None, used: int) -> None:
    state = budgets.Balance(date(2026, 11, 1), Limits(limit, None, None, None), Used(turns=used))
    assert state.is_reached("turns") is (limit is not None and used >= limit)
    assert state.is_little("turns") is (limit is not None and used * 5 >= limit * 4)
    assert state.stops_model == ("turns" if limit is not None and used >= limit else "")


@pytest.mark.django_db
class TestTelling:
    def test_each_measure_is_said_once_a_month(self, alice: User) -> None:
        agree(alice, turns=10, tokens=100, money=Decimal(1), messages=5)
        spend(alice, turns=7, tokens=79, money=Decimal("0.799999"), messages=3)
        assert told(alice) == []
        spend(alice, turns=1, tokens=1, money=Decimal("0.000001"), messages=1)
        assert sorted(told(alice)) == sorted(("budget_warned", measure) for measure in MEASURES)
        spend(alice, turns=1)
        assert len(told(alice)) == 4
        spend(alice, turns=1)
        spend(alice, turns=1)
        assert told(alice)[4:] == [("budget_reached", "turns")]
        spend(alice, turns=10, now=NOW + timedelta(days=31))
        assert told(alice)[5:] == [("budget_reached", "turns")], "past it at once: the warning would be late"

    def test_what_is_undone_was_not_said(self, alice: User) -> None:
        agree(alice, turns=10)
        with tenant_scope(alice), transaction.atomic():
            budgets.spend(user=alice, used=Used(turns=9), limits=Limits(10, None, None, None), now=NOW)
            transaction.set_rollback(True)
        assert told(alice) == []
        spend(alice, turns=9)
        assert told(alice) == [("budget_warned", "turns")]


# --- turns ----------------------------------------------------------------------------------------------------------
def test_a_turn_is_recorded_with_its_cost_and_version(claude: AnthropicServer, ask: Ask, alice: User) -> None:
    version = LLMConfiguration.objects.create(max_tokens=300)
    found = ask().usage
    # the stand-in counts 20 + 11 tokens, 7 read from the cache and 5 written to it
    exact = Decimal("0.10") * 20 + Decimal("0.50") * 11 + Decimal("0.01") * 7 + Decimal("0.125") * 5
    assert found.cost == (exact / 10**6).quantize(Decimal("0.000001")) == Decimal("0.000008")
    assert (found.configuration, found.by_fallback) == (version.pk, False)
    with tenant_scope(alice):
        assert usage.month(alice, NOW) == Used(1, 43, found.cost, 0)


def test_prices_that_are_not_known_leave_no_cost(claude: AnthropicServer, ask: Ask, alice: User) -> None:
    LLMConfiguration.objects.create(model="claude-nobody-knows")
    assert ask().usage.cost is None
    with tenant_scope(alice):
        assert usage.month(alice, NOW) == Used(1, 43, Decimal(0), 0)


def test_the_builtin_assistant_costs_nothing_and_uses_nothing(ask: Ask, alice: User, settings: Any) -> None:
    settings.LLM_PROVIDER = "builtin"
    agree(alice, turns=0)
    found = ask()
    assert (found.usage.cost, found.usage.reason, found.reply.outcome) == (0, "", Outcome.ANSWERED)
    with tenant_scope(alice):
        assert not MonthUsage.objects.exists()
    assert told(alice) == []


@pytest.mark.parametrize("measure", budgets.OF_TURNS)
def test_past_a_budget_the_builtin_assistant_answers_and_no_model_is_asked(
    claude: AnthropicServer, ask: Ask, alice: User, bob: User, measure: str
) -> None:
    LLMConfiguration.objects.create(input_price=10, output_price=10)
    agree(alice, **{measure: {"turns": 1, "tokens": 43, "money": Decimal("0.0004")}[measure]})
    assert ask().reply.provider == "anthropic"
    heard = ask(audience="customer")
    assert (heard.reply.provider, heard.usage.reason) == ("builtin", f"budget_{measure}")
    assert (heard.usage.provider, heard.usage.cost, heard.usage.outcome) == ("builtin", 0, Outcome.FALLBACK)
    assert "Sierra circular" in heard.reply.text, "a normal answer"
    for word in ("plan", "mes", "US$", "incorporado", "token"):
        assert word not in heard.reply.text.lower().replace("sierra", "")
    assert len(claude.requests) == 1
    assert told(alice) == [("budget_reached", measure)]
    assert told(bob) == []


def test_the_owner_reads_why_and_until_when_once_a_day(claude: AnthropicServer, ask: Ask, alice: User) -> None:
    agree(alice, turns=1)
    ask()
    heard = ask()
    assert heard.reply.text.endswith(
        "Este mes ya usaste lo que incluye tu plan (1 respuestas del modelo): hasta el 1 de diciembre responde el"
        " asistente incorporado."
    )
    assert heard.shown == heard.reply.text
    assert "tu plan" not in ask().reply.text
    assert "tu plan" in ask(now=NOW + timedelta(days=1)).reply.text
    assert ask(now=NOW + timedelta(days=31)).reply.provider == "anthropic", "a new month"


def test_a_budget_of_zero_is_nothing_and_null_is_no_limit(claude: AnthropicServer, ask: Ask, alice: User) -> None:
    agree(alice, money=Decimal(0))
    heard = ask()
    assert (heard.reply.provider, heard.usage.reason) == ("builtin", "budget_money")
    assert "Tu plan no incluye" in heard.reply.text
    assert not claude.requests
    assert told(alice) == [("budget_reached", "money")]
    with tenant_scope(alice):
        Allowance.objects.all().delete()
        User.objects.filter(pk=alice.pk).update(plan=Plan.objects.create(code="open", name="Libre"))
    assert ask().reply.provider == "anthropic"


def test_what_a_failed_turn_took_is_counted_all_the_same(claude: AnthropicServer, ask: Ask, alice: User) -> None:
    claude.script(Say("Cuesta 1 peso.", stop="end"), Say("Cuesta 2 pesos.", stop="end"))
    found = ask().usage
    assert found.outcome == Outcome.FALLBACK
    with tenant_scope(alice):
        assert usage.month(alice, NOW).turns == 1


@pytest.mark.django_db
@hypothesis_settings(max_examples=25, deadline=None)
@given(turns=st.lists(st.tuples(st.integers(0, 5000), st.decimals(0, 2, places=6)), min_size=1, max_size=8))
def test_the_month_is_the_sum_of_its_turns(turns: list[tuple[int, Decimal]]) -> None:
    from assistants.providers.base import TokenUsage

    user = User.objects.create_user(f"x{User.objects.count()}")
    with tenant_scope(user), transaction.atomic():
        for tokens, cost in turns:
            taken = TokenUsage(input=tokens, output=1)
            usage.record_turn(
                user=user,
                assistant_type="commercial",
                audience="owner",
                provider="anthropic",
                model="m",
                outcome=Outcome.ANSWERED,
                reason="",
                usage=taken,
                latency_ms=1,
                rounds=1,
                tools=[],
                cost=cost,
                now=NOW,
            )
            budgets.spend(
                user=user,
                used=Used.by_turn(tokens=taken, cost=cost, asked=True),
                limits=Limits(None, None, None, None),
                now=NOW,
            )
        rows = TurnUsage.objects.values_list("input_tokens", "output_tokens", "cost")
        assert usage.month(user, NOW) == Used(
            len(turns), sum(a + b for a, b, _cost in rows), sum((cost for _a, _b, cost in rows), Decimal(0)), 0
        )


def test_the_builtin_configuration_is_free() -> None:
    assert builtin_configuration().prices is not None
