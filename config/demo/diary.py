"""The demo shops' agenda: `diary.json`, told from today on the clock of each shop.

An appointment there is [days from today, hour, minutes, title, place, who comes, more]; without an hour it takes that
many whole days. A task is [days from today or null, title, priority, category, more]. «everybody» is in every shop.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agenda import booking, todo
from agenda.models import Appointment, Task
from tenants.models import User

FILE = Path(__file__).with_name("diary.json")
SUNDAY = 6


def fill_diary(*, owner: User, trade: str, now: datetime) -> int:
    """Give a shop that has never had an appointment or a task its agenda. In the owner's scope and a transaction.

    Answers how many appointments and tasks were made; a series counts once.
    """
    if Appointment.objects.exists() or Task.objects.exists():
        return 0
    read: dict[str, dict[str, list[list[Any]]]] = json.loads(FILE.read_text(encoding="utf-8"))
    zone = ZoneInfo(owner.timezone)
    today = now.astimezone(zone).date()
    appointments = read["appointments"]["everybody"] + read["appointments"][trade]
    tasks = read["tasks"]["everybody"] + read["tasks"][trade]
    for row in appointments:
        _book(owner=owner, now=now, today=today, zone=zone, row=row)
    for days, title, priority, category, more in tasks:
        due = None if days is None else today + timedelta(days=days)
        todo.add(user=owner, now=now, title=title, due_date=due, priority=priority, category=category, **more)
    return len(appointments) + len(tasks)


def _book(*, owner: User, now: datetime, today: date, zone: ZoneInfo, row: list[Any]) -> None:
    days, hour, length, title, location, attendees, more = row
    day = _open_day(today, days)
    fields = {name: value for name, value in more.items() if name != "remind"}
    if hour is None:
        fields |= {"start": day, "end": day + timedelta(days=length), "all_day": True}
    else:
        start = datetime.combine(day, time.fromisoformat(hour), zone)
        fields |= {"start": start, "end": start + timedelta(minutes=length)}
    booking.book(
        user=owner,
        now=now,
        title=title,
        location=location,
        attendees=attendees,
        reminder_minutes=more.get("remind"),
        **fields,
    )


def _open_day(today: date, days: int) -> date:
    """The day that many days from today, or the Monday after it where it is a Sunday."""
    day = today + timedelta(days=days)
    return day + timedelta(days=1) if day.weekday() == SUNDAY and days else day
