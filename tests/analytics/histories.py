"""Made-up weeks of a tenant: what happened as plain values, to be written as rows and to be counted by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from agenda.models import Appointment, Reminder, Task
from assistants.models import TurnUsage
from messaging.models import Delivery
from tenants.events import record
from tenants.models import Event, User
from tests import factories

# A zone and a day near which its clock does something: moves at two, at midnight, by half an hour, for good, or never.
PLACES = [
    ("America/Bogota", date(2025, 5, 14)),
    ("America/New_York", date(2024, 11, 3)),
    ("America/New_York", date(2025, 3, 9)),
    ("America/Santiago", date(2025, 9, 7)),  # there is no midnight
    ("America/Santiago", date(2025, 4, 6)),  # 23:00 comes twice
    ("America/Havana", date(2024, 11, 3)),  # 00:00 comes twice
    ("America/Mexico_City", date(2022, 10, 30)),  # the last time that it moved
    ("America/Caracas", date(2016, 5, 1)),  # half an hour, for good
    ("Asia/Kolkata", date(2025, 1, 1)),
    ("Australia/Lord_Howe", date(2025, 4, 6)),  # half an hour
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
]
SPAN = 12  # days to each side
TALKS = {
    "message_received": {"kind": "text"},
    "message_sent": {},
    "conversation_started": {},
    "product_query": {"query": "martillo", "found": 2},
    "unanswered_question": {"question": 1, "text": "telescopio"},
}
OTHERS = {
    "order_approved": {"order": 1},
    "reminder_sent": {"reminder": 1, "kind": "task", "channel": "web", "late_seconds": 3},
    "reminder_failed": {"reminder": 1, "kind": "task", "code": "no_mail_server"},
    "login": {"method": "password"},
    "task_completed": {"task": 1},
}


@dataclass
class History:
    """``events``: (name, at, data). The rest are fields of rows."""

    zone: ZoneInfo
    day: date
    events: list[tuple[str, datetime, dict[str, Any]]] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    appointments: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    reminders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """After everything that happened; the day in the middle is over long since."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=self.zone) + timedelta(days=SPAN + 1)

    def write(self, user: User) -> None:
        """Write all of it as rows of ``user``, whose scope is open."""
        rows = [Event(user=user, name=name, at=at, data=data) for name, at, data in self.events]
        Event.objects.bulk_create(rows)
        for fields in self.turns:
            TurnUsage.objects.create(user=user, outcome="answered", **fields)
        for fields in self.deliveries:
            factories.delivery(user, **fields)
        for fields in self.appointments:
            factories.appointment(user, **fields)
        for fields in self.tasks:
            factories.task(user, **fields)
        for fields in self.reminders:
            factories.reminder(user, **fields)

    def tell(self, events: list[tuple[str, datetime, dict[str, Any]]]) -> None:
        """Record them one by one, as the application does, so that whoever listens hears of them."""
        for name, at, data in events:
            record(name, at=at, **data)


@st.composite
def histories(draw: st.DrawFn, *, most: int = 40) -> History:
    name, day = draw(st.sampled_from(PLACES))
    made = History(ZoneInfo(name), day)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC"))
    # Most of it close to the day on which something happens to the clock.
    moments = st.one_of(st.integers(-36 * 3600, 36 * 3600), st.integers(-SPAN * 86_400, SPAN * 86_400)).map(
        lambda seconds: midnight + timedelta(seconds=seconds)
    )
    least = draw(st.sampled_from([0, most // 2, most - 2]))  # else most histories would be nearly empty
    made.events = draw(st.lists(_events(moments), min_size=least, max_size=most))
    few = max(2, most // 5)
    made.turns = draw(st.lists(_turns(moments), max_size=few))
    made.deliveries = draw(
        st.lists(
            st.fixed_dictionaries(
                {"delivered_at": st.none() | moments, "is_billable": st.sampled_from([None, True, False])}
            ),
            max_size=few,
        )
    )
    made.appointments = draw(st.lists(_appointments(moments), min_size=least // 6, max_size=few))
    made.tasks = draw(st.lists(_tasks(day, moments), max_size=few))
    made.reminders = draw(
        st.lists(
            st.fixed_dictionaries(
                {"due_at": moments, "status": st.sampled_from([Reminder.Status.UNKNOWN, Reminder.Status.DROPPED])}
            ),
            max_size=few,
            unique_by=lambda fields: fields["due_at"],
        )
    )
    return made


@st.composite
def periods(draw: st.DrawFn, *, day: date) -> tuple[date, date]:
    """Two days around ``day``, in order."""
    near = st.one_of(st.integers(-3, 3), st.integers(-SPAN, SPAN))
    days = near.map(lambda number: day + timedelta(days=number))
    first, second = sorted([draw(days), draw(days)])
    return first, second


@st.composite
def _events(draw: st.DrawFn, moments: st.SearchStrategy[datetime]) -> tuple[str, datetime, dict[str, Any]]:
    name = draw(st.sampled_from([*TALKS, *OTHERS, "order_received", "message_sent", "message_sent"]))
    at = draw(moments)
    who: dict[str, Any] = {"conversation": draw(st.integers(1, 4)), "contact": draw(st.none() | st.integers(1, 4))}
    if name == "order_received":
        amount = draw(st.decimals(0, 10**6, places=2, allow_nan=False))
        money = {"total": str(amount), "currency": draw(st.sampled_from(["COP", "COP", "USD"]))}
        return name, at, {"order": 1, **who, **money}
    if name not in TALKS:
        return name, at, OTHERS[name]
    data = {
        **TALKS[name],
        **who,
        "message": 1,
        "channel": draw(st.sampled_from(["web", "whatsapp"])),
        "audience": draw(st.sampled_from(["customer", "customer", "owner"])),
        "assistant": draw(st.sampled_from(["commercial", "personal"])),
    }
    if name == "message_sent":
        data["by"] = draw(st.sampled_from(["assistant", "person", "system"]))
        data["waited_ms"] = draw(st.none() | st.integers(0, 10**7))
    if name == "product_query":
        data["products"] = draw(st.lists(st.integers(1, 12), max_size=4))
    return name, at, data


def _turns(moments: st.SearchStrategy[datetime]) -> st.SearchStrategy[dict[str, Any]]:
    tokens = st.integers(0, 10**6)
    return st.fixed_dictionaries(
        {
            "created_at": moments,
            "provider": st.sampled_from(["anthropic", "builtin"]),
            "assistant_type": st.just("commercial"),
            "audience": st.just("customer"),
            "input_tokens": tokens,
            "output_tokens": tokens,
            "cache_read_tokens": tokens,
            "cache_write_tokens": tokens,
            "cost": st.none() | st.decimals(0, 9, places=6, allow_nan=False).map(Decimal),
        }
    )


@st.composite
def _appointments(draw: st.DrawFn, moments: st.SearchStrategy[datetime]) -> dict[str, Any]:
    start = draw(moments)
    return {
        "start_datetime": start,
        "end_datetime": start + timedelta(minutes=draw(st.integers(1, 3000))),
        "status": draw(st.sampled_from(Appointment.Status.values)),
        "busy": draw(st.booleans()),
        "all_day": draw(st.integers(0, 3)) == 0,
        "deleted_at": draw(st.sampled_from([None, None, None, start])),
    }


@st.composite
def _tasks(draw: st.DrawFn, day: date, moments: st.SearchStrategy[datetime]) -> dict[str, Any]:
    completed_at = draw(st.none() | moments)
    due = draw(st.none() | st.integers(-SPAN, SPAN).map(lambda number: day + timedelta(days=number)))
    return {
        "due_date": due,
        "completed_at": completed_at,
        "status": Task.Status.COMPLETED if completed_at else Task.Status.PENDING,
        "deleted_at": draw(st.sampled_from([None, None, None, datetime(2010, 1, 1, tzinfo=ZoneInfo("UTC"))])),
    }


def delete_all() -> None:
    """Everything of the open scope that a history writes."""
    from analytics.models import LateEvent, RolledDay, RollUp

    for model in (LateEvent, RolledDay, RollUp, Event, TurnUsage, Delivery, Reminder, Appointment, Task):
        model.objects.all().delete()
