"""Which reminders there must be: rows that follow what they remind of, written in the same transaction.

An appointment is reminded before its start; an all-day one and a task before the due hour of the preferences, on that
day. Planning again changes nothing that is right already, so whoever is not sure plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from agenda.models import Appointment, Reminder, Task
from tenants.models import Preferences, User

UTC = ZoneInfo("UTC")
DIGESTS = (Reminder.Kind.MORNING, Reminder.Kind.EVENING)
REPLANNED_AT_ONCE = 500

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

_make_digests = """
    INSERT INTO agenda_reminder (
        user_id, kind, day, due_at, next_at, status, channel, fence, attempts, detail, created_at, updated_at
    )
    SELECT wanted.tenant, wanted.kind, wanted.day, wanted.due, wanted.due, 'scheduled', '', 0, 0, '', %(now)s, %(now)s
    FROM unnest(%(tenants)s::bigint[], %(kinds)s::text[], %(days)s::date[], %(dues)s::timestamptz[])
        AS wanted (tenant, kind, day, due)
    WHERE wanted.due > %(now)s
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment at which something is to be said, ``minutes`` before what it is about."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest of one local day, and when it is to be said."""

    kind: Reminder.Kind
    day: date
    at: datetime


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


def replan(*, user: User, now: datetime) -> None:
    """Plan again what hangs on the preferences of ``user`` and on the zone. In the tenant's scope, no transaction.

    Appointments keep their instants when the zone changes; the due hour of a day is another instant then.
    """
    preferences = Preferences.current(user)
    earliest = now.date() - timedelta(days=2)  # what is due before has said all it had to say
    last = 0
    while True:
        with transaction.atomic():
            tasks = Task.objects.open().filter(due_date__gte=earliest, pk__gt=last).order_by("pk")
            batch = list(tasks.select_for_update()[:REPLANNED_AT_ONCE])
            plan_many(of=batch, preferences=preferences, now=now)
        if not batch:
            break
        last = batch[-1].pk
    with transaction.atomic():
        days = Appointment.objects.standing().filter(all_day=True, end_datetime__gt=now)
        for start in range(0, len(whole := list(days.select_for_update())), REPLANNED_AT_ONCE):
            plan_many(of=whole[start : start + REPLANNED_AT_ONCE], preferences=preferences, now=now)
    plan_digests(preferences=preferences, now=now)


def plan_digests(*, preferences: Preferences, now: datetime) -> None:
    """Make the digests of one tenant what the preferences want, in the tenant's scope. None twice on a local day."""
    with transaction.atomic():
        wanted = digests_of(preferences=preferences, now=now)
        waiting = Reminder.objects.filter(kind__in=DIGESTS, status=Reminder.Status.SCHEDULED).select_for_update()
        right = {(digest.kind.value, digest.day, digest.at) for digest in wanted}
        stale = [row.pk for row in waiting if (row.kind, row.day, row.due_at) not in right]
        Reminder.objects.filter(pk__in=stale).delete()
        write_digests([(preferences.user_id, digest) for digest in wanted], now=now)


def digests_of(*, preferences: Preferences, now: datetime) -> list[Digest]:
    """The digests that are wanted for the tenant's present day and the next, past instants included."""
    zone = ZoneInfo(preferences.user.timezone)
    today = now.astimezone(zone).date()
    hours = {
        Reminder.Kind.MORNING: preferences.morning_digest_at,
        Reminder.Kind.EVENING: preferences.evening_digest_at,
    }
    return [
        Digest(kind, day, datetime.combine(day, hour, zone).astimezone(UTC))
        for day in (today, today + timedelta(days=1))
        for kind, hour in hours.items()
        if hour is not None
    ]


def write_digests(wanted: Sequence[tuple[int, Digest]], *, now: datetime) -> int:
    """Write the rows of (tenant's id, digest) that are not there and not past. Returns how many those were."""
    if not wanted:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _make_digests,
            {
                "tenants": [tenant for tenant, _ in wanted],
                "kinds": [digest.kind.value for _, digest in wanted],
                "days": [digest.day for _, digest in wanted],
                "dues": [digest.at for _, digest in wanted],
                "now": now,
            },
        )
        return cursor.rowcount


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
