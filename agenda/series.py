"""What comes back: the occurrences of a series are appointments of their own, made two years ahead.

An occurrence keeps when the rule has it (``original_start``), also when it was moved alone, and one that was deleted
alone stays as a deleted row: «not on this day». All writing happens inside an act (``undoing.act``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from agenda import planning, rules, undoing
from agenda.details import preferences_of, settle, wall_of
from agenda.models import Appointment, Series
from agenda.rows import write
from tenants.jobs import enqueue_many
from tenants.models import Contact, User
from tenants.scope import all_tenants

AHEAD = timedelta(days=731)
EARLY = timedelta(days=30)  # series are continued when they have been made for that much less than AHEAD
MOST_MADE = 1000  # occurrences that one act makes
MOST_CONTINUED = 5000  # series that one call hands to the queue
BATCH = 500

TEMPLATE = ("title", "description", "location", "all_day", "busy", "reminder_minutes")


def begin(act: undoing.Act, first: Appointment, *, rule: str, attendees: Sequence[dict[str, Any]]) -> Appointment:
    """Let ``first``, placed and checked, be the beginning of a series, and make its occurrences.

    ``first``, saved already or not, becomes the first one that the rule has; it is returned. Raises ValidationError.
    """
    zone = ZoneInfo(first.timezone)
    wall = wall_of(first.start_datetime, zone)
    series = Series(
        user=act.user,
        rrule=rule,
        timezone=first.timezone,
        starts_at=first.start_datetime,
        duration=length_of(first),
        template=template_of(first, attendees),
    )
    walls = walls_of(series, until=horizon_of(series, act.now), wall=wall)
    check_number(len(walls))
    mark_made(series, act.now, walls)
    series.save()
    act.made(series)
    settle_occurrence(first, series, walls[0])
    if first._state.adding:
        first.save(force_insert=True)
        act.made(first)
        undoing.add_attendees(user=act.user, appointment_ids=[first.pk], attendees=attendees)
    else:
        first.version += 1
        write([first], now=act.now)
        act.set_attendees([first], attendees)
    others = make(series, walls[1:])
    act.made(*others)
    planning.plan_many(of=[first, *others], preferences=preferences_of(act.user), now=act.now)
    return first


def belong(series: Series, *, since: datetime | None = None) -> list[Appointment]:
    """The rows of ``series``, the deleted ones too, locked, in the rule's order; from ``since`` on."""
    found = Appointment.objects.select_for_update().filter(series=series)
    if since is not None:
        found = found.filter(original_start__gte=since)
    return list(found.order_by("original_start", "id"))


def split_at(act: undoing.Act, target: Appointment) -> Series:
    """Let ``target`` begin a series of its own, with all that follow; its series ends before it.

    Returns the series that ``target`` now belongs to: its own, when it was the first already.
    """
    series = lock(act, target)
    since = target.original_start
    if since is None or not Appointment.objects.filter(series=series, original_start__lt=since).exists():
        return series
    wall = _wall_of_occurrence(series, since)
    before = len(list(run_of(series, until=wall - timedelta(seconds=1))))
    rest = Series.objects.create(
        user=act.user,
        rrule=rules.without_first(rule=series.rrule, times=before),
        timezone=series.timezone,
        starts_at=since,
        duration=series.duration,
        template=with_wall(series.template, wall, since, ZoneInfo(series.timezone)),
        made_until=series.made_until,
    )
    act.made(rest)
    rows = belong(series, since=since)
    act.watch(*rows)
    for row in rows:
        row.series = rest
        row.version += 1
    write(rows, now=act.now)
    series.rrule = rules.ending_before(rule=series.rrule, wall=wall)
    series.made_until = None
    series.save()
    return rest


def end(act: undoing.Act, target: Appointment, *, before: bool) -> None:
    """Let nothing more come of the series of ``target``; with ``before``, let its rule end before it. Rows stay."""
    series = lock(act, target)
    since = target.original_start
    if before and since is not None and Appointment.objects.filter(series=series, original_start__lt=since).exists():
        series.rrule = rules.ending_before(rule=series.rrule, wall=_wall_of_occurrence(series, since))
    series.made_until = None
    series.save()


def lock(act: undoing.Act, target: Appointment) -> Series:
    """The series of ``target``, locked and watched."""
    series = Series.objects.select_for_update().get(pk=target.series_id or 0)
    series.user = act.user
    act.watch(series)
    return series


def continue_series(*, user: User, series_id: int, now: datetime) -> int:
    """Make the occurrences of a series that have come within AHEAD of ``now``; how many they were.

    ``user``'s scope is open. Doing it twice makes nothing twice.
    """
    with undoing.act(user=user, now=now):
        series = Series.objects.select_for_update().filter(pk=series_id, made_until__isnull=False).first()
        if series is None or series.made_until is None:
            return 0
        series.user = user
        zone, horizon = ZoneInfo(series.timezone), horizon_of(series, now)
        made_until = wall_of(series.made_until, zone)
        walls = list(run_of(series, until=horizon))
        new = [wall for wall in walls if wall > made_until][:MOST_MADE]
        taken = set(Appointment.objects.filter(series=series).values_list("original_start", flat=True))
        rows = make(series, [wall for wall in new if settle(wall, zone) not in taken])
        mark_made(series, now, walls)
        series.save(update_fields=["made_until"])
        planning.plan_many(of=rows, preferences=preferences_of(user), now=now)
        return len(rows)


def continue_all(*, now: datetime) -> int:
    """Hand every series that wants to be continued to the queue; how many they were. For the clock, once a while."""
    with all_tenants():
        waiting = list(
            Series.objects.filter(made_until__lt=now + AHEAD - EARLY, user__is_active=True)
            .order_by("made_until")
            .values_list("user_id", "pk")[:MOST_CONTINUED]
        )
    if waiting:
        enqueue_many("agenda.tasks.continue_series", waiting)
    return len(waiting)


def walls_of(series: Series, *, until: datetime, wall: datetime) -> list[datetime]:
    """The times of ``series``, which begins at ``wall``: up to ``until``, but the first one however far it is.

    Raises ValidationError when there is none.
    """
    zone = ZoneInfo(series.timezone)
    found: list[datetime] = []
    for one in rules.occurrences(rule=series.rrule, start=wall, until=wall + timedelta(days=366 * 60), zone=zone):
        if found and one > until:
            break
        found.append(one)
    if not found:
        raise ValidationError({"rrule": _("Con esta repetición no hay ninguna fecha.")})
    return found


def check_number(number: int) -> None:
    """Raise ValidationError for more occurrences than one act makes."""
    if number > MOST_MADE:
        most = {"most": MOST_MADE}
        raise ValidationError({"rrule": _("Son más de %(most)d citas: empieza más tarde o acorta la serie.") % most})


def run_of(series: Series, *, until: datetime) -> Any:
    return rules.occurrences(rule=series.rrule, start=start_of(series), until=until, zone=ZoneInfo(series.timezone))


def start_of(series: Series) -> datetime:
    """When ``series`` begins on its clock: 02:30 also where the clocks skip it on the first day."""
    told = series.template.get("wall")
    return datetime.fromisoformat(told) if told else wall_of(series.starts_at, ZoneInfo(series.timezone))


def with_wall(template: dict[str, Any], wall: datetime, starts_at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    plain = {name: value for name, value in template.items() if name != "wall"}
    return plain if wall_of(starts_at, zone) == wall else {**plain, "wall": wall.isoformat()}


def _wall_of_occurrence(series: Series, moment: datetime) -> datetime:
    zone = ZoneInfo(series.timezone)
    wall = wall_of(moment, zone)
    found = (one for one in run_of(series, until=wall + timedelta(days=1)) if settle(one, zone) == moment)
    return next(found, wall)


def horizon_of(series: Series, now: datetime) -> datetime:
    return wall_of(now + AHEAD, ZoneInfo(series.timezone))


def mark_made(series: Series, now: datetime, walls: Sequence[datetime]) -> None:
    """Note up to when ``series`` has been made, its ``walls`` so far; None when its rule has ended."""
    zone = ZoneInfo(series.timezone)
    until = max([horizon_of(series, now), *walls[-1:]])
    ended = rules.has_ended(rule=series.rrule, start=start_of(series), until=until, zone=zone, made=len(walls))
    series.made_until = None if ended else settle(until, zone)


def make(series: Series, walls: Sequence[datetime]) -> list[Appointment]:
    rows = []
    for wall in walls:
        row = Appointment(
            user=series.user, **{name: series.template[name] for name in TEMPLATE if name in series.template}
        )
        settle_occurrence(row, series, wall)
        rows.append(row)
    Appointment.objects.bulk_create(rows, batch_size=BATCH)
    people = series.template.get("attendees", [])
    ids = {one["contact_id"] for one in people if one.get("contact_id")}
    known = set(Contact.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    undoing.add_attendees(
        user=series.user,
        appointment_ids=[row.pk for row in rows],
        attendees=[{**one, "contact_id": one["contact_id"] if one["contact_id"] in known else None} for one in people],
    )
    return rows


def settle_occurrence(row: Appointment, series: Series, wall: datetime) -> None:
    """Put ``row`` where ``series`` has it at ``wall``."""
    zone = ZoneInfo(series.timezone)
    row.series = series
    row.timezone = series.timezone
    row.detached = False
    row.start_datetime = row.original_start = settle(wall, zone)
    # Days go by the clock, hours by time that passes (RFC 5545, 3.3.6).
    row.end_datetime = settle(wall + series.duration, zone) if row.all_day else row.start_datetime + series.duration


def length_of(row: Appointment) -> timedelta:
    if row.all_day:
        zone = ZoneInfo(row.timezone)
        days = wall_of(row.end_datetime, zone).date() - wall_of(row.start_datetime, zone).date()
        return timedelta(days=days.days)
    return row.end_datetime - row.start_datetime


def template_of(row: Appointment, attendees: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TEMPLATE} | {"attendees": list(attendees)}
