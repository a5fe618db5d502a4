"""The API of what a month holds: what was used of it, and who answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assistants import budgets
from assistants.configuration import current_configuration
from assistants.models import ProviderName
from tenants.models import User
from tenants.plans import MEASURES, plan_of


class MeasureSerializer(serializers.Serializer[Any]):
    measure = serializers.ChoiceField(choices=MEASURES)
    label = serializers.CharField(help_text="In the person's language.")  # type: ignore[assignment]
    used = serializers.CharField(help_text="As decimal text; money in US dollars.")
    limit = serializers.CharField(allow_null=True, help_text="The same; null is no limit.")
    share = serializers.FloatField(allow_null=True, help_text="Of the limit; 1 is all of it. Null without a limit.")
    words = serializers.CharField(help_text="Both in the person's language.")
    state = serializers.ChoiceField(choices=["plenty", "little", "reached"])


class PlanOfMonthSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    price = serializers.CharField()


class AnsweringSerializer(serializers.Serializer[Any]):
    provider = serializers.ChoiceField(choices=ProviderName.choices)
    model = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True, help_text="Null where the server's settings alone decide.")


class MonthSerializer(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="«2026-11», on the tenant's calendar.")
    ends_on = serializers.DateField(help_text="The first day of the next month, when everything begins anew.")
    plan = PlanOfMonthSerializer(allow_null=True)
    measures = MeasureSerializer(many=True)
    answering = AnsweringSerializer()
    notice = serializers.CharField(help_text="Why no model answers any more this month, or empty.")


class UsageView(APIView):
    """What the month holds."""

    @extend_schema(operation_id="read_usage", responses=MonthSerializer)
    def get(self, request: Request) -> Response:
        """What I used this month of what my plan includes, and which model answers."""
        user = cast(User, request.user)
        state = budgets.balance(user=user, now=timezone.now())
        plan, found = plan_of(user), current_configuration()
        stops = state.stops_model if found.provider != ProviderName.BUILTIN else ""
        shown = {
            "month": f"{state.month:%Y-%m}",
            "ends_on": state.ends_on,
            "plan": plan and {"code": plan.code, "name": plan.name, "price": plan.price},
            "measures": [_describe(measure, state) for measure in MEASURES],
            "answering": {
                "provider": ProviderName.BUILTIN.value if stops else found.provider,
                "model": ProviderName.BUILTIN.value if stops else found.model,
                "since": None if stops else found.since,
            },
            "notice": budgets.explain(measure=stops, state=state) if stops else "",
        }
        return Response(MonthSerializer(shown).data)


def _describe(measure: str, state: budgets.Balance) -> dict[str, Any]:
    used, limit = getattr(state.used, measure), getattr(state.limits, measure)
    reached, little = state.is_reached(measure), state.is_little(measure)
    return {
        "measure": measure,
        "label": budgets.LABELS[measure],
        "used": _text(used),
        "limit": None if limit is None else _text(limit),
        "share": _share(used, limit),
        "words": budgets.say_use(measure, used, limit),
        "state": "reached" if reached else "little" if little else "plenty",
    }


def _share(used: int | Decimal, limit: int | Decimal | None) -> float | None:
    if limit is None:
        return None
    return 1.0 if not limit else round(float(Decimal(used) / Decimal(limit)), 4)


def _text(amount: int | Decimal) -> str:
    return f"{Decimal(amount).normalize():f}"
