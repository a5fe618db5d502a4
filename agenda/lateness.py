"""Until when a reminder is of use. What comes later is not sent."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from agenda.models import Appointment, Reminder, Task
from tenants.models import Preferences

AT_ITS_START = timedelta(minutes=5)  # a reminder of the start itself may come that much after it
TASK_AT_LEAST = timedelta(hours=12)
MORNING = timedelta(hours=4)
EVENING = timedelta(hours=3)


def useful_until(*, reminder: Reminder, preferences: Preferences) -> datetime:
    """The moment after which saying it helps nobody any more.

    An appointment's: until it starts, or ends its first day when it is an all-day one. A task's: until its due day is
    over where the tenant is, and twelve hours at least. A digest's: some hours.
    """
    if reminder.kind == Reminder.Kind.MORNING:
        return reminder.due_at + MORNING
    if reminder.kind == Reminder.Kind.EVENING:
        return reminder.due_at + EVENING
    if (task := reminder.task) is not None:
        return max(_day_is_over(task, ZoneInfo(preferences.user.timezone)), reminder.due_at + TASK_AT_LEAST)
    appointment = reminder.appointment
    assert isinstance(appointment, Appointment)  # noqa: S101  (by the constraint reminder_of_one_thing)
    if appointment.all_day:
        return appointment.start_datetime + timedelta(days=1)
    start = appointment.start_datetime
    return start if reminder.due_at < start else start + AT_ITS_START


def _day_is_over(task: Task, zone: ZoneInfo) -> datetime:
    assert task.due_date is not None  # noqa: S101  (one without a day has no reminders)
    return datetime.combine(task.due_date + timedelta(days=1), time(), zone)
