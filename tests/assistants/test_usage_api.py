"""GET /api/user/usage: what a tenant used of the month, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from assistants import budgets
from assistants.models import LLMConfiguration
from assistants.usage import Used
from tenants.models import Allowance, Plan, User
from tenants.plans import Limits
from tenants.scope import tenant_scope

URL = "/api/user/usage"
Api = Callable[..., APIClient]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plans")]


def spend(user: User, **used: Any) -> None:
    with tenant_scope(user), transaction.atomic():
        budgets.spend(user=user, used=Used(**used), limits=Limits(None, None, None, None), now=timezone.now())


def test_a_new_account_has_used_nothing_of_its_plan(alice: User, api: Api) -> None:
    found = api(alice).get(URL).json()
    assert found["plan"] == {"code": "free", "name": "Gratis", "price": ""}
    assert [(one["measure"], one["used"], one["limit"], one["share"]) for one in found["measures"]] == [
        ("turns", "0", "2000", 0.0),
        ("tokens", "0", "3000000", 0.0),
        ("money", "0", "5", 0.0),
        ("messages", "0", "1000", 0.0),
    ]
    assert found["notice"] == ""


def test_it_shows_what_was_used_and_nobody_elses(alice: User, bob: User, api: Api) -> None:
    spend(alice, turns=1600, tokens=900, money=Decimal("0.002"), messages=1000)
    spend(bob, turns=7)
    found = {one["measure"]: one for one in api(alice).get(URL).json()["measures"]}
    assert (found["turns"]["share"], found["turns"]["state"], found["turns"]["words"]) == (
        0.8,
        "little",
        "1.600 de 2.000",
    )
    assert (found["messages"]["share"], found["messages"]["state"]) == (1.0, "reached")
    assert found["money"]["used"] == "0.002"
    assert found["money"]["words"].replace("\xa0", " ") == "< 0,01 US$ de 5,00 US$"
    assert api(bob).get(URL).json()["measures"][0]["used"] == "7"


def test_null_is_no_limit_and_zero_is_nothing(alice: User, api: Api) -> None:
    alice.plan = Plan.objects.get(code="custom")
    alice.save()
    with tenant_scope(alice):
        Allowance.objects.create(user=alice, turns=0)
    LLMConfiguration.objects.create(provider="anthropic", model="claude-haiku-5-5")
    found = api(alice).get(URL).json()
    turns, tokens, *_rest = found["measures"]
    assert (turns["limit"], turns["share"], turns["state"]) == ("0", 1.0, "reached")
    assert (tokens["limit"], tokens["share"], tokens["words"]) == (None, None, "0, sin límite")
    assert "Tu plan no incluye" in found["notice"]
    assert found["answering"] == {"provider": "builtin", "model": "builtin", "since": None}


def test_it_names_the_model_that_answers_and_since_when(alice: User, api: Api) -> None:
    row = LLMConfiguration.objects.create(provider="anthropic", model="claude-opus-5-5")
    found = api(alice).get(URL).json()["answering"]
    assert (found["provider"], found["model"]) == ("anthropic", "claude-opus-5-5")
    assert found["since"][:19] == timezone.localtime(row.created_at, timezone.get_fixed_timezone(-300)).isoformat()[:19]


def test_without_any_plan_there_is_none(alice: User, api: Api) -> None:
    Plan.objects.all().delete()
    found = api(alice).get(URL).json()
    assert found["plan"] is None
    assert {one["limit"] for one in found["measures"]} == {None}
