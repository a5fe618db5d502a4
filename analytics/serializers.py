"""Shapes of what happened, for the API's description; and the parameters by which it is asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from agenda.filters import Filters
from analytics.days import GROUPS, today_in
from analytics.metrics import MOST_DAYS
from analytics.tables import TABLES

USUAL_DAYS = 28
OLDEST = date(2000, 1, 1)
AHEAD = timedelta(days=366)  # appointments and tasks are looked at that far ahead

Shape = serializers.Serializer[Any]


class PeriodFilters(Filters):
    """The last four weeks by day, unless given. Days are those of the tenant's zone."""

    group = serializers.ChoiceField(choices=GROUPS, required=False, help_text="Of each value: day unless given.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # «from» is a word of Python's own
        texts = {"from": "From this day on: 28 days unless given.", "to": "Up to this day: today unless given."}
        limits = {name: serializers.DateField(required=False, help_text=text) for name, text in texts.items()}
        return {**limits, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        today = today_in(zone=ZoneInfo(timezone.get_current_timezone_name()), now=timezone.now())
        for name in ("from", "to"):
            if name in attrs and not OLDEST <= attrs[name] <= today + AHEAD:
                raise serializers.ValidationError({name: [_("Esa fecha queda demasiado lejos.")]})
        end = attrs.setdefault("to", max(today, attrs.get("from", today)))
        start = attrs.setdefault("from", end - timedelta(days=USUAL_DAYS - 1))
        if end < start:
            raise serializers.ValidationError({"to": [_("El período termina antes de empezar.")]})
        if (end - start).days >= MOST_DAYS:
            most = {"days": MOST_DAYS}
            raise serializers.ValidationError({"to": [_("Pide %(days)d días como mucho, unos tres años.") % most]})
        attrs.setdefault("group", "day")
        return attrs


class ExportFilters(PeriodFilters):
    table = serializers.ChoiceField(choices=list(TABLES), help_text="Which one.")


class FigureShape(Shape):
    """A figure of the period, and of the one before."""

    value = serializers.FloatField(allow_null=True)
    before = serializers.FloatField(allow_null=True)


class MoneyShape(Shape):
    value = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)


class FiguresShape(Shape):
    people = FigureShape(help_text="Customers who wrote, each counted once.")
    conversations = FigureShape()
    messages_received = FigureShape()
    messages_sent = FigureShape()
    response_p50_seconds = FigureShape(help_text="Half of the replies took no longer.")
    response_p95_seconds = FigureShape(help_text="19 of 20 replies took no longer.")
    unanswered = FigureShape()
    orders = FigureShape()
    orders_value = MoneyShape(help_text="Of the orders in the tenant's currency.")
    tasks_completed = FigureShape()
    appointments = FigureShape()
    reminders_sent = FigureShape()
    cost_usd = MoneyShape(help_text="US dollars; null when a model answered and its prices are not known.")
    tokens = FigureShape()
    turns = FigureShape()


def _numbers(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.IntegerField(), **options)


def _texts(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(**options))


class ConversationsShape(Shape):
    channel = serializers.CharField()
    assistant = serializers.CharField()
    audience = serializers.CharField()
    values = _numbers()


class AppointmentsShape(Shape):
    booked_minutes = _numbers()
    working_minutes = _numbers()
    count = _numbers()
    cancelled = _numbers()


class TasksShape(Shape):
    due = _numbers()
    done = _numbers()
    late = _numbers()


class RemindersShape(Shape):
    sent = _numbers()
    failed = _numbers()
    unknown = _numbers()


class WhatsAppShape(Shape):
    free = _numbers()
    charged = _numbers()
    unpriced = _numbers()


class TokensShape(Shape):
    input = _numbers()
    output = _numbers()
    cached = _numbers()


class TurnsShape(Shape):
    model = _numbers()
    builtin = _numbers()


class SeriesShape(Shape):
    """Each list has a value for each of ``buckets``, in their order."""

    conversations = ConversationsShape(many=True)
    messages_received = _numbers()
    messages_sent = _numbers()
    response_p50_seconds = serializers.ListField(child=serializers.FloatField(allow_null=True))
    response_p95_seconds = serializers.ListField(child=serializers.FloatField(allow_null=True))
    unanswered = _numbers()
    orders = _numbers()
    orders_value = _texts()
    questions = _numbers()
    appointments = AppointmentsShape()
    tasks = TasksShape()
    reminders = RemindersShape()
    whatsapp = WhatsAppShape()
    tokens = TokensShape()
    cost_usd = _texts(allow_null=True)
    turns = TurnsShape()


class BucketShape(Shape):
    key = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()


class SpanShape(Shape):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(), "to": serializers.DateField()}


class AskedShape(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="Empty when there is no such product any more.")
    times = serializers.IntegerField()
    before = serializers.IntegerField()


class MissingShape(Shape):
    question = serializers.CharField()
    times = serializers.IntegerField()
    last_asked_at = serializers.DateTimeField()
    id = serializers.IntegerField()


class ConversionShape(Shape):
    people_asked = serializers.IntegerField()
    people_ordered = serializers.IntegerField(help_text="Of those who asked.")
    orders_approved = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)


class EventCountShape(Shape):
    name = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()


class AdviceShape(Shape):
    code = serializers.CharField()
    text = serializers.CharField()
    href = serializers.CharField(help_text="A page of ours.")


class AnalyticsShape(SpanShape):
    """What happened between two days, beside the period before."""

    group = serializers.ChoiceField(choices=GROUPS)
    timezone = serializers.CharField()
    currency = serializers.CharField()
    generated_at = serializers.DateTimeField()
    before = SpanShape()
    buckets = BucketShape(many=True)
    figures = FiguresShape()
    series = SeriesShape()
    hours = serializers.ListField(
        child=_numbers(), help_text="Messages received: seven days from Monday, each with its 24 hours."
    )
    hours_of = serializers.ChoiceField(
        choices=["customers", "owner"],
        help_text="Whose messages the hours are, and who waited for the replies: the owner where no customer wrote.",
    )
    products = AskedShape(many=True)
    missing = MissingShape(many=True)
    conversion = ConversionShape()
    events = EventCountShape(many=True)
    advice = AdviceShape(many=True)
    is_sample = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), **serializers.Serializer.get_fields(self)}


class ByTypeShape(Shape):
    commercial = serializers.IntegerField()
    personal = serializers.IntegerField()


class StatsShape(Shape):
    """How much there is, and what happens most."""

    conversations = serializers.IntegerField()
    messages = serializers.IntegerField()
    by_type = ByTypeShape(help_text="Conversations by assistant.")
    events = EventCountShape(many=True)


class ActivityEventShape(Shape):
    at = serializers.DateTimeField()
    event = serializers.CharField()
    label = serializers.CharField()
    data = serializers.DictField()


class ActivityDayShape(Shape):
    day = serializers.DateField()
    conversations = serializers.IntegerField()
    messages = serializers.IntegerField()


class ActivityShape(Shape):
    """The newest events, and each day in order."""

    days = serializers.IntegerField()
    activity = ActivityEventShape(many=True)
    by_day = ActivityDayShape(many=True)
