"""Which reminders there must be: rows that follow what they remind of, written in the same transaction.

An appointment is reminded before its start; an all-day one and a task before the due hour of the preferences, on that
day. Planning again changes nothing that is right already, so whoever is not sure plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from agenda.models import Appointment, Reminder, Task
from tenants.models import Preferences

UTC = ZoneInfo("UTC")

# What nobody has begun to send goes when it is not wanted any more; claimed ones, too: their claim finds no row.
_drop = """
    DELETE FROM agenda_reminder r
    WHERE r.user_id = %(user)s AND r.kind = %(kind)s AND r.{thing} = ANY(%(things)s)
        AND r.status IN ('scheduled', 'claimed')
        AND NOT EXISTS (
            SELECT FROM unnest(%(ids)s::bigint[], %(dues)s::timestamptz[]) AS wanted (id, due)
            WHERE wanted.id = r.{thing} AND wanted.due = r.due_at
        )
"""
_make = """
    INSERT INTO agenda_reminder (
        user_id, kind, {thing}, minutes, due_at, next_at, status, channel, fence, attempts, detail,
        created_at, updated_at
    )
    SELECT %(user)s, %(kind)s, wanted.id, wanted.minutes, wanted.due, wanted.due, 'scheduled', '', 0, 0, '',
           %(now)s, %(now)s
    FROM unnest(%(ids)s::bigint[], %(dues)s::timestamptz[], %(minutes)s::int[]) AS wanted (id, due, minutes)
    WHERE wanted.due > %(now)s
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment at which something is to be said, ``minutes`` before what it is about."""

    at: datetime
    minutes: int


def plan(*, of: Appointment | Task, preferences: Preferences, now: datetime) -> None:
    """Make the reminders of ``of``, as the caller has just saved it, what they must be. In the caller's transaction.

    They move when it moves and go when it no longer stands. What was sent, or is being sent, stays; instants that are
    past at ``now`` are not made.
    """
    _plan(of=[of], preferences=preferences, now=now)


def plan_many(*, of: Sequence[Appointment] | Sequence[Task], preferences: Preferences, now: datetime) -> None:
    """``plan`` for many of one tenant and one kind, a whole series for example, in two statements."""
    if of:
        _plan(of=list(of), preferences=preferences, now=now)


def instants(*, of: Appointment | Task, preferences: Preferences) -> list[Instant]:
    """When ``of`` is to be reminded of, past instants included; none when it does not stand any more."""
    if not stands(of):
        return []
    try:
        base = moment_of(of=of, preferences=preferences)
        if base is None:
            return []
        return [Instant(base - timedelta(minutes=minutes), minutes) for minutes in sorted(set(of.reminder_minutes))]
    except OverflowError:  # at either end of the calendar; nobody waits for that
        return []


def stands(of: Appointment | Task) -> bool:
    """Whether there is still something to remind of: not deleted, not cancelled, not done."""
    if of.deleted_at is not None:
        return False
    if isinstance(of, Task):
        return of.status != Task.Status.COMPLETED
    return of.status == Appointment.Status.SCHEDULED


def moment_of(*, of: Appointment | Task, preferences: Preferences) -> datetime | None:
    """From when the minutes are counted back, in UTC; None for a task without a day."""
    if isinstance(of, Appointment) and not of.all_day:
        return of.start_datetime.astimezone(UTC)
    zone = ZoneInfo(preferences.user.timezone if isinstance(of, Task) else of.timezone)
    day = of.due_date if isinstance(of, Task) else of.start_datetime.astimezone(zone).date()
    # An hour that a clock change leaves out is the one after the gap, one that it repeats the first: zoneinfo's fold 0.
    return None if day is None else datetime.combine(day, preferences.due_hour, zone).astimezone(UTC)


def _plan(*, of: list[Appointment | Task], preferences: Preferences, now: datetime) -> None:
    is_task = isinstance(of[0], Task)
    wanted = [(one.pk, instant) for one in of for instant in instants(of=one, preferences=preferences)]
    values = {
        "user": of[0].user_id,
        "kind": Reminder.Kind.TASK if is_task else Reminder.Kind.APPOINTMENT,
        "things": [one.pk for one in of],
        "ids": [key for key, _ in wanted],
        "dues": [instant.at for _, instant in wanted],
        "minutes": [instant.minutes for _, instant in wanted],
        "now": now,
    }
    thing = "task_id" if is_task else "appointment_id"
    with connection.cursor() as cursor:
        cursor.execute(_drop.format(thing=thing), values)
        if wanted:
            cursor.execute(_make.format(thing=thing), values)
