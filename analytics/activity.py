"""How much there is in all, and what happened lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count

from analytics.days import Calendar, Period, today_in
from analytics.metrics import MOST_EVENTS, label_of
from analytics.rollups import read_tallies
from analytics.tallies import Tally
from messaging.models import AssistantType, Conversation, Message
from tenants.models import Event, User

MOST_ACTIVITY = 100


def count_everything() -> dict[str, Any]:
    """Conversations and messages that there are, and the events that happened most while the log is kept.

    In the tenant's open scope. Notes are no messages: nobody else has read them.
    """
    by_type = dict(Conversation.objects.order_by().values_list("assistant_type").annotate(Count("pk")))
    names = Event.objects.order_by().values_list("name").annotate(count=Count("pk")).order_by("-count", "name")
    return {
        "conversations": sum(by_type.values()),
        "messages": Message.objects.said().count(),
        "by_type": {name: by_type.get(name, 0) for name in AssistantType.values},
        "events": [{"name": name, "label": label_of(name), "count": count} for name, count in names[:MOST_EVENTS]],
    }


def read_activity(*, user: User, days: int, now: datetime) -> dict[str, Any]:
    """The newest events of the last ``days`` days, today among them, and what each of these days saw.

    In the open scope of ``user``.
    """
    zone = ZoneInfo(user.timezone)
    today = today_in(zone=zone, now=now)
    calendar = Calendar(period=Period(today - timedelta(days=days - 1), today), zone=zone)
    tallies = read_tallies(user=user, calendar=calendar)
    events = Event.objects.filter(at__gte=calendar.first, at__lt=calendar.last).order_by("-at", "-id")
    return {
        "days": days,
        "activity": [
            {"at": event.at, "event": event.name, "label": label_of(event.name), "data": event.data}
            for event in events[:MOST_ACTIVITY]
        ],
        "by_day": [
            {
                "day": day,
                "conversations": tally.count("conversation_started"),
                "messages": tally.count("message_received") + tally.count("message_sent"),
            }
            for day, tally in ((day, tallies.get(day, Tally())) for day in calendar.days)
        ],
    }
