"""What the demo shops did in the weeks before: appointments, tasks, reminders, and who came in."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agenda.models import Appointment, Attendee, Reminder, Task
from config.demo.writing import SHARED, Past
from messaging.models import Delivery
from tenants.models import Contact

FIRST, LAST = 35, 8  # days ago; the last week is the diary's own
BROWSER = "Mozilla/5.0 (Linux; Android 15; Mobile) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"
PHONE = "573005550000"  # of nobody
ADDRESSES = ("203.0.113.24", "203.0.113.24", "198.51.100.7")  # of nobody


def remember_diary(
    *, past: Past, words: dict[str, Any], contacts: list[Contact], rng: random.Random, now: datetime
) -> None:
    """Keep the past agenda and account of ``past.owner``."""
    zone = ZoneInfo(past.owner.timezone)
    today = now.astimezone(zone).date()
    for back in range(FIRST, LAST - 1, -1):
        day = today - timedelta(days=back)
        if day.weekday() < 6:
            for hour in rng.sample((9, 10, 11, 14, 15, 16, 17), rng.choice((0, 1, 1, 2))):
                _meet(past, words, contacts, rng, datetime.combine(day, time(hour), zone))
    for place, (title, priority, category) in enumerate(words["done"] * 2):
        due = today - timedelta(days=FIRST - 1 - place * (FIRST - 2) // (2 * len(words["done"])))
        late = rng.choice((0, 0, 0, 0, 1, 2)) * timedelta(days=1)
        done = datetime.combine(due, time(rng.randrange(9, 19), rng.randrange(60)), zone) + late
        _do(past, title, priority, category, due, min(done, now - timedelta(hours=2)))
    for back in range(FIRST, 0, -1):
        if rng.random() < 0.6:
            at = datetime.combine(today - timedelta(days=back), time(8, rng.randrange(60)), zone)
            _come_in(past, at, rng)


def _meet(past: Past, words: dict[str, Any], contacts: list[Contact], rng: random.Random, start: datetime) -> None:
    contact = rng.choice(contacts)
    fate = rng.random()
    booked = start - timedelta(days=rng.randrange(1, 6), hours=rng.randrange(4))
    cancelled = fate > 0.87
    row = past.add(
        Appointment(
            user=past.owner,
            title=f"{rng.choice(words['visits'])} – {contact.name}"[:200],
            start_datetime=start,
            end_datetime=start + timedelta(minutes=rng.choice((30, 45, 60, 60, 90))),
            timezone=past.owner.timezone,
            status="cancelled" if cancelled else "completed",
            created_at=booked,
        )
    )
    past.add(Attendee(user=past.owner, appointment=row, contact=contact, name=contact.name))
    by, actor_id = rng.choice((("person", past.owner.pk), ("assistant", None), ("customer", contact.pk)))
    told: dict[str, Any] = {
        "appointment": row.pk,
        "title": row.title,
        "contact": contact.pk,
        "starts_at": start,
        "ends_at": row.end_datetime,
    }
    past.tell("appointment_created", at=booked, actor=by, actor_id=actor_id, by=by, **told)
    if cancelled:
        at = start - timedelta(hours=rng.randrange(2, 20))
        past.tell("appointment_cancelled", at=max(at, booked), actor=by, actor_id=actor_id, by=by, **told)
    else:
        _remind(past, rng, start - timedelta(minutes=15), kind="appointment", appointment=row)


def _do(past: Past, title: str, priority: str, category: str, due: Any, done: datetime) -> None:
    noted = done - timedelta(days=3)
    row = past.add(
        Task(
            user=past.owner,
            title=title,
            priority=priority,
            category=category,
            due_date=due,
            status="completed",
            completed_at=done,
            created_at=noted,
        )
    )
    told: dict[str, Any] = {"task": row.pk, "title": title, "due_date": due, "priority": priority, "by": "person"}
    actor: dict[str, Any] = {"actor": "person", "actor_id": past.owner.pk}
    past.tell("task_created", at=noted, **told, **actor)
    past.tell("task_completed", at=done, **told, **actor)


def _remind(past: Past, rng: random.Random, due_at: datetime, *, kind: str, **of: Any) -> None:
    fate = rng.random()
    status = "sent" if fate < 0.93 else "failed" if fate < 0.98 else "unknown"
    channel = rng.choice(("web", "web", "whatsapp", "email"))
    late = rng.choice((0, 1, 1, 2, 4, 31))
    sent_at = due_at + timedelta(seconds=late)
    row = past.add(
        Reminder(
            user=past.owner,
            kind=kind,
            due_at=due_at,
            next_at=due_at,
            minutes=15,
            status=status,
            channel=channel,
            detail="" if status == "sent" else "no_answer",
            sent_at=sent_at if status == "sent" else None,
            attempts=1,
            created_at=due_at - timedelta(days=1),
            **of,
        )
    )
    told: dict[str, Any] = {"reminder": row.pk, "kind": kind, "channel": channel}
    if status == "sent":
        past.tell("reminder_sent", at=sent_at, late_seconds=late, **told)
        if channel == "whatsapp":
            _deliver(past, row, sent_at)
    elif status == "failed":
        past.tell("reminder_failed", at=sent_at, code="no_answer", **told)


def _deliver(past: Past, reminder: Reminder, at: datetime) -> None:
    """What a reminder by WhatsApp left in the outbox: a template, which is charged."""
    past.add(
        Delivery(
            user=past.owner,
            kind="notice",
            key=f"reminder:{reminder.pk}:{int(reminder.due_at.timestamp())}",
            phone_number_id=SHARED,
            recipient=PHONE,
            reminder=reminder,
            text="Te recuerdo tu cita.",
            status="read",
            attempts=1,
            wamid=f"wamid.demo.reminder.{reminder.pk}",
            is_billable=True,
            category="utility",
            pricing_type="regular",
            created_at=at,
            next_at=at,
            sent_at=at,
            delivered_at=at + timedelta(seconds=2),
            read_at=at + timedelta(minutes=3),
        )
    )
    past.tell("message_sent", at=at, by="system", channel="whatsapp", audience="owner")


def _come_in(past: Past, at: datetime, rng: random.Random) -> None:
    told: dict[str, Any] = {"method": "password", "address": rng.choice(ADDRESSES), "agent": BROWSER}
    if rng.random() < 0.06:
        past.tell("login_failed", at=at - timedelta(minutes=1), **told)
    past.tell("login", at=at, actor="person", actor_id=past.owner.pk, **told)
