"""Altering, cancelling and removing several of a series: this and the following, or all.

What was altered alone keeps its own values; what the rule no longer has goes, unless it was altered alone, cancelled or
completed: then it stands for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agenda import planning, rules, undoing
from agenda.details import preferences_of, settle, wall_of
from agenda.models import Appointment, Series
from agenda.rows import write
from agenda.series import (
    belong,
    check_number,
    end,
    horizon_of,
    length_of,
    lock,
    make,
    mark_made,
    run_of,
    settle_occurrence,
    split_at,
    start_of,
    template_of,
    walls_of,
    with_wall,
)

TIMES = ("start_datetime", "end_datetime", "all_day", "timezone")


def alter_several(
    act: undoing.Act,
    target: Appointment,
    placed: Appointment,
    *,
    following: bool,
    rule: str | None,
    content: Mapping[str, Any],
    attendees: Sequence[dict[str, Any]] | None,
) -> None:
    """Give ``target`` and those of its series the values of ``placed``, a copy of it with the new ones, not written.

    ``rule``: another one, "" for none any more (only ``target`` stays), None for the same. ``content``: the fields that
    were given and are no times. ``attendees``: who comes, None for the same. Raises ValidationError.
    """
    series = split_at(act, target) if following else lock(act, target)
    if rule == series.rrule:
        rule = None
    remake = Remake(act, series, target)
    times = any(getattr(placed, name) != getattr(target, name) for name in TIMES)
    if rule == "":
        remake.stop(placed)
    elif times or rule is not None:
        remake.run(placed=placed, rule=rule, content=content)
    else:
        remake.dress(content)
    if attendees is not None:
        act.set_attendees(remake.dressed(), attendees)
        series.template = {**series.template, "attendees": list(attendees)}
    series.template |= {name: value for name, value in content.items() if name in series.template}
    series.save()
    remake.write()


def stamp_several(act: undoing.Act, target: Appointment, *, following: bool, status: str, reason: str) -> None:
    """Give ``target`` and those of its series another status; cancelling ends the series."""
    if status == Appointment.Status.CANCELLED:
        end(act, target, before=following)
    rows = _present(act, target, following=following)
    for row in rows:
        standing = row.status == Appointment.Status.SCHEDULED
        if row.pk == target.pk or standing or status == Appointment.Status.SCHEDULED:
            row.status, row.cancel_reason = status, reason
    _write(act, rows)


def remove_several(act: undoing.Act, target: Appointment, *, following: bool) -> None:
    """Take ``target`` and those of its series out of the agenda, and let nothing more come of it."""
    rows = _present(act, target, following=following)
    end(act, target, before=following)
    for row in rows:
        row.deleted_at, row.series, row.original_start, row.detached = act.now, None, None, False
    _write(act, rows)


def _present(act: undoing.Act, target: Appointment, *, following: bool) -> list[Appointment]:
    found = belong(lock(act, target), since=target.original_start if following else None)
    rows = [row for row in found if row.deleted_at is None]
    act.watch(*rows)
    return rows


def _write(act: undoing.Act, rows: list[Appointment]) -> None:
    changed = [row for row in rows if act.changed(row)]
    for row in changed:
        row.version += 1
    write(changed, now=act.now)
    planning.plan_many(of=changed, preferences=preferences_of(act.user), now=act.now)


class Remake:
    """A series and its rows while they change: which keep their place, which go, which are new."""

    def __init__(self, act: undoing.Act, series: Series, target: Appointment) -> None:
        self.act, self.series, self.target = act, series, target
        self.made: list[Appointment] = []
        self.places: dict[int, datetime] = {}  # of a row: when the rule has it now
        self.old_zone = ZoneInfo(series.timezone)
        self.old_start = start_of(series)
        self.rows = belong(series)
        act.watch(series, *self.rows)
        until = max([wall_of(row.original_start, self.old_zone) for row in self.rows if row.original_start])
        self.walls = {settle(wall, self.old_zone): wall for wall in run_of(series, until=until + timedelta(days=1))}
        self.target_wall = self._old_wall(target.original_start)

    def run(self, *, placed: Appointment, rule: str | None, content: Mapping[str, Any]) -> None:
        """Let the series be when ``placed`` is, and come back by ``rule``."""
        series, zone = self.series, ZoneInfo(placed.timezone)
        new_wall = wall_of(placed.start_datetime, zone)
        moved = new_wall - self.target_wall
        if rule is None:
            rule = rules.shifted(rule=series.rrule, old=self.target_wall, new=new_wall, zone=self.old_zone)
        start = self.old_start + moved
        series.rrule, series.timezone, series.duration = rule, placed.timezone, length_of(placed)
        series.starts_at = settle(start, zone)
        people = series.template.get("attendees", [])
        series.template = with_wall(template_of(placed, people), start, series.starts_at, zone)
        walls = walls_of(series, until=horizon_of(series, self.act.now), wall=start)
        mark_made(series, self.act.now, walls)
        self._match(walls, moved)
        self.dress({**content, "all_day": placed.all_day})
        for row in self.dressed():
            settle_occurrence(row, series, self.places[row.pk])

    def dress(self, content: Mapping[str, Any]) -> None:
        """Give what is no time to the rows that go with the series."""
        for row in self.dressed():
            for name, value in content.items():
                setattr(row, name, value)

    def dressed(self) -> list[Appointment]:
        """The rows that go with the series: there, not altered alone, or the one that one looks at."""
        return [
            row
            for row in [*self.rows, *self.made]
            if row.series_id == self.series.pk
            and row.deleted_at is None
            and (row.pk == self.target.pk or not row.detached)
        ]

    def stop(self, placed: Appointment) -> None:
        """Let only the one that one looks at stay, as ``placed``."""
        self.series.made_until = None
        for row in self.rows:
            if row.pk == self.target.pk:
                for field in row._meta.concrete_fields:
                    if not field.generated:
                        setattr(row, field.attname, getattr(placed, field.attname))
            self._leave(row)

    def write(self) -> None:
        """Write the rows, and their reminders."""
        changed = [row for row in self.rows if self.act.changed(row)]
        for row in changed:
            row.version += 1
        write(changed, now=self.act.now)
        planning.plan_many(of=[*changed, *self.made], preferences=preferences_of(self.act.user), now=self.act.now)

    def _match(self, walls: list[datetime], moved: timedelta) -> None:
        """Give each row its place among ``walls``, let go those that have none, and make what is missing."""
        free = dict.fromkeys(walls)
        for row in self.rows:
            wall = self._old_wall(row.original_start) + moved
            if wall in free:
                self.places[row.pk] = wall
                del free[wall]
        if self.target.pk not in self.places and free:  # what one looks at stays, at its next time
            wall = self.target_wall + moved
            self.places[self.target.pk] = min(free, key=lambda one: (one < wall, abs(one - wall)))
            del free[self.places[self.target.pk]]
        for row in self.rows:
            if row.pk in self.places:
                row.original_start = settle(self.places[row.pk], ZoneInfo(self.series.timezone))
            else:
                self._leave(row)
        check_number(len(free))
        self.made = make(self.series, list(free))
        self.places |= {row.pk: wall for row, wall in zip(self.made, free, strict=True)}
        self.act.made(*self.made)

    def _leave(self, row: Appointment) -> None:
        stands = row.detached or row.status != Appointment.Status.SCHEDULED or row.pk == self.target.pk
        if row.deleted_at is None and not stands:
            row.deleted_at = self.act.now
        # One uid names a whole series in a calendar file, and one that stands for itself must have its own.
        row.series, row.original_start, row.detached, row.uid = None, None, False, ""

    def _old_wall(self, moment: Any) -> datetime:
        return self.walls.get(moment) or wall_of(moment, self.old_zone)
