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


class FigureSerializer(Shape):
    """A figure of the period, and of the one before."""

    value = serializers.FloatField(allow_null=True)
    before = serializers.FloatField(allow_null=True)


class MoneySerializer(Shape):
    value = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)


class FiguresSerializer(Shape):
    people = FigureSerializer(help_text="Customers who wrote, each counted once.")
    conversations = FigureSerializer()
    messages_received = FigureSerializer()
    messages_sent = FigureSerializer()
    response_p50_seconds = FigureSerializer(help_text="Half of the replies took no longer.")
    response_p95_seconds = FigureSerializer(help_text="19 of 20 replies took no longer.")
    unanswered = FigureSerializer()
    orders = FigureSerializer()
    orders_value = MoneySerializer(help_text="Of the orders in the tenant's currency.")
    tasks_completed = FigureSerializer()
    appointments = FigureSerializer()
    reminders_sent = FigureSerializer()
    cost_usd = MoneySerializer(help_text="US dollars; null when a model answered and its prices are not known.")
    tokens = FigureSerializer()
    turns = FigureSerializer()


def _numbers(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.IntegerField(), **options)


def _texts(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(**options))


class ConversationCountsSerializer(Shape):
    channel = serializers.CharField()
    assistant = serializers.CharField()
    audience = serializers.CharField()
    values = _numbers()


class AppointmentCountsSerializer(Shape):
    booked_minutes = _numbers()
    working_minutes = _numbers()
    count = _numbers()
    cancelled = _numbers()


class TaskCountsSerializer(Shape):
    due = _numbers()
    done = _numbers()
    late = _numbers()


class ReminderCountsSerializer(Shape):
    sent = _numbers()
    failed = _numbers()
    unknown = _numbers()


class WhatsAppCountsSerializer(Shape):
    free = _numbers()
    charged = _numbers()
    unpriced = _numbers()


class TokenCountsSerializer(Shape):
    input = _numbers()
    output = _numbers()
    cached = _numbers()


class TurnCountsSerializer(Shape):
    model = _numbers()
    builtin = _numbers()


class SeriesSerializer(Shape):
    """Each list has a value for each of ``buckets``, in their order."""

    conversations = ConversationCountsSerializer(many=True)
    messages_received = _numbers()
    messages_sent = _numbers()
    response_p50_seconds = serializers.ListField(child=serializers.FloatField(allow_null=True))
    response_p95_seconds = serializers.ListField(child=serializers.FloatField(allow_null=True))
    unanswered = _numbers()
    orders = _numbers()
    orders_value = _texts()
    questions = _numbers()
    appointments = AppointmentCountsSerializer()
    tasks = TaskCountsSerializer()
    reminders = ReminderCountsSerializer()
    whatsapp = WhatsAppCountsSerializer()
    tokens = TokenCountsSerializer()
    cost_usd = _texts(allow_null=True)
    turns = TurnCountsSerializer()


class BucketSerializer(Shape):
    key = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()


class SpanSerializer(Shape):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(), "to": serializers.DateField()}


class AskedSerializer(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="Empty when there is no such product any more.")
    times = serializers.IntegerField()
    before = serializers.IntegerField()


class MissingSerializer(Shape):
    question = serializers.CharField()
    times = serializers.IntegerField()
    last_asked_at = serializers.DateTimeField()
    id = serializers.IntegerField()


class ConversionSerializer(Shape):
    people_asked = serializers.IntegerField()
    people_ordered = serializers.IntegerField(help_text="Of those who asked.")
    orders_approved = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)


class EventCountSerializer(Shape):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()


class AdviceSerializer(Shape):
    code = serializers.CharField()
    text = serializers.CharField()
    href = serializers.CharField(help_text="A page of ours.")


class AnalyticsSerializer(SpanSerializer):
    """What happened between two days, beside the period before."""

    group = serializers.ChoiceField(choices=GROUPS)
    timezone = serializers.CharField()
    currency = serializers.CharField()
    generated_at = serializers.DateTimeField()
    before = SpanSerializer()
    buckets = BucketSerializer(many=True)
    figures = FiguresSerializer()
    series = SeriesSerializer()
    hours = serializers.ListField(
        child=_numbers(), help_text="Messages received: seven days from Monday, each with its 24 hours."
    )
    hours_of = serializers.ChoiceField(
        choices=["customers", "owner"],
        help_text="Whose messages the hours are, and who waited for the replies: the owner where no customer wrote.",
    )
    products = AskedSerializer(many=True)
    missing = MissingSerializer(many=True)
    conversion = ConversionSerializer()
    events = EventCountSerializer(many=True)
    advice = AdviceSerializer(many=True)
    is_sample = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), **serializers.Serializer.get_fields(self)}


class ByTypeSerializer(Shape):
    commercial = serializers.IntegerField()
    personal = serializers.IntegerField()


class StatsSerializer(Shape):
    """How much there is, and what happens most."""

    conversations = serializers.IntegerField()
    messages = serializers.IntegerField()
    by_type = ByTypeSerializer(help_text="Conversations by assistant.")
    events = EventCountSerializer(many=True)


class ActivityEventSerializer(Shape):
    at = serializers.DateTimeField()
    event = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    data = serializers.DictField()  # type: ignore[assignment]


class ActivityDaySerializer(Shape):
    day = serializers.DateField()
    conversations = serializers.IntegerField()
    messages = serializers.IntegerField()


class ActivitySerializer(Shape):
    """The newest events, and each day in order."""

    days = serializers.IntegerField()
    activity = ActivityEventSerializer(many=True)
    by_day = ActivityDaySerializer(many=True)
