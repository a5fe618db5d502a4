"""Booking appointments, altering, cancelling and removing them: each function is one act, which can be undone."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from agenda import act_events, planning, remaking, series, undoing
from agenda.changes import Change
from agenda.details import (
    Person,
    check,
    check_zone,
    place,
    preferences_of,
    read_minutes,
    read_people,
    summarise,
    tenant,
)
from agenda.models import Appointment
from agenda.rows import write
from agenda.rules import read_rule
from tenants.models import User

Scope = Literal["one", "following", "all"]
CONTENT = ("title", "description", "location", "busy", "reminder_minutes")


@dataclass(frozen=True)
class Booked:
    """An appointment as it now stands, the ids of what it overlaps, and the act; None when nothing changed."""

    appointment: Appointment
    conflicts: list[int]
    change: Change | None


class AppointmentFields(TypedDict, total=False):
    """What may be altered. ``start`` and ``end`` are aware datetimes, or days (the end is the day after the last)."""

    title: str
    description: str
    start: datetime | date
    end: datetime | date
    timezone: str
    all_day: bool
    busy: bool
    location: str
    attendees: Sequence[Person | str]
    reminder_minutes: int | Sequence[int]
    status: str
    cancel_reason: str
    rrule: str


def book(
    *,
    user: User,
    now: datetime,
    title: str,
    start: datetime | date,
    end: datetime | date | None = None,
    all_day: bool = False,
    busy: bool | None = None,
    description: str = "",
    location: str = "",
    attendees: Sequence[Person | str] = (),
    reminder_minutes: int | Sequence[int] | None = None,
    rrule: str = "",
    timezone: str | None = None,
    status: str = "scheduled",
    cancel_reason: str = "",
) -> Booked:
    """Put an appointment, or a series of them, into the agenda of ``user``, whose scope is open.

    Without an end it takes as long as the preferences say, an all-day one its day. ``timezone`` is the clock on which
    an all-day one begins and a series repeats: the tenant's unless it is given. Raises ValidationError by field.
    """
    preferences = preferences_of(user)
    appointment = Appointment(
        user=user,
        title=title,
        description=description,
        location=location,
        timezone=timezone or user.timezone,
        all_day=all_day,
        busy=not all_day if busy is None else busy,
        status=status,
        cancel_reason=cancel_reason if status == Appointment.Status.CANCELLED else "",
    )
    if reminder_minutes is not None:
        appointment.reminder_minutes = read_minutes(reminder_minutes)
    check_zone(appointment.timezone)
    place(appointment, start=start, end=end, length=timedelta(minutes=preferences.default_minutes))
    people = read_people(attendees)
    check(appointment)
    rule = read_rule(rrule) if rrule.strip() else ""
    with undoing.act(user=user, now=now) as act:
        if rule:
            series.begin(act, appointment, rule=rule, attendees=people)
        else:
            appointment.save(force_insert=True)
            act.made(appointment)
            undoing.add_attendees(user=user, appointment_ids=[appointment.pk], attendees=people)
            planning.plan(of=appointment, preferences=preferences, now=now)
        act_events.tell(appointment, before=None, now=now)
        change = act.finish(kind=Change.Kind.CREATED, summary=summarise(appointment, user=user, now=now))
        return Booked(appointment, conflicts_of(appointment), change)


def alter(
    *,
    appointment_id: int,
    now: datetime,
    scope: Scope = "one",
    version: int | None = None,
    **fields: Unpack[AppointmentFields],
) -> Booked:
    """Give an appointment of the open scope other values; a start alone moves it and keeps its length.

    Of a series, ``scope`` says which: this one, this and the following, all. What stays the same costs no new version.
    Raises Appointment.DoesNotExist, StaleVersion when ``version`` is no longer the row's, and ValidationError by field.
    """
    user = tenant()
    with undoing.act(user=user, now=now) as act:
        appointment = _find(appointment_id, version=version)
        before = act_events.state_of(appointment)
        if scope == "one" or appointment.series_id is None:
            _alter_one(act, appointment, fields)
        else:
            _alter_several(act, appointment, fields, following=scope == "following")
        appointment = Appointment.objects.select_related("series").get(pk=appointment_id)
        act_events.tell(appointment, before=before, now=now)
        change = act.finish(kind=_kind(before, appointment), summary=summarise(appointment, user=user, now=now))
        return Booked(appointment, conflicts_of(appointment), change)


def cancel(
    *, appointment_id: int, now: datetime, reason: str = "", scope: Scope = "one", version: int | None = None
) -> Booked:
    """Cancel an appointment of the open scope; it stays in the agenda, as cancelled. Raises what ``alter`` raises."""
    return alter(
        appointment_id=appointment_id, now=now, scope=scope, version=version, status="cancelled", cancel_reason=reason
    )


def remove(*, appointment_id: int, now: datetime, scope: Scope = "one", version: int | None = None) -> Change:
    """Take an appointment out of the agenda. Raises Appointment.DoesNotExist and StaleVersion."""
    user = tenant()
    with undoing.act(user=user, now=now) as act:
        appointment = _find(appointment_id, version=version)
        act.watch(appointment)
        before = act_events.state_of(appointment)
        if scope == "one" or appointment.series_id is None:
            appointment.deleted_at = now
            _write(act, appointment)
        else:
            remaking.remove_several(act, appointment, following=scope == "following")
            appointment = Appointment.objects.select_related("series").get(pk=appointment_id)
        act_events.tell(appointment, before=before, now=now)
        return act.finish_surely(kind=Change.Kind.DELETED, summary=summarise(appointment, user=user, now=now))


def conflicts_of(appointment: Appointment) -> list[int]:
    """The ids of what ``appointment`` overlaps, in order; none when it takes no time or does not stand."""
    takes_time = (
        appointment.busy and appointment.status == Appointment.Status.SCHEDULED and appointment.deleted_at is None
    )
    if not takes_time:
        return []
    others = Appointment.objects.conflicting(start=appointment.start_datetime, end=appointment.end_datetime)
    return list(others.exclude(pk=appointment.pk).order_by("id").values_list("id", flat=True))


def _alter_one(act: undoing.Act, appointment: Appointment, fields: AppointmentFields) -> None:
    act.watch(appointment)
    people = set_fields(appointment, fields)
    rule = _rule(fields)
    if people is not None:
        act.set_attendees([appointment], people)
    if appointment.series_id is None:
        if rule:
            people = undoing.attendees_of([appointment.pk])[appointment.pk] if people is None else people
            series.begin(act, appointment, rule=rule, attendees=people)
            return
    elif rule is not None and appointment.series is not None and rule != appointment.series.rrule:
        raise ValidationError({"rrule": _("Para cambiar la repetición elige esta y las siguientes, o todas.")})
    elif act.changed(appointment) and fields.keys() - {"status", "cancel_reason", "rrule"}:
        appointment.detached = True
    if act.changed(appointment):
        _write(act, appointment)


def _alter_several(act: undoing.Act, appointment: Appointment, fields: AppointmentFields, *, following: bool) -> None:
    placed = copy.copy(appointment)
    people = set_fields(placed, fields)
    others = fields.keys() - {"status", "cancel_reason"}
    if others:
        content = {name: getattr(placed, name) for name in CONTENT if name in fields}
        remaking.alter_several(
            act, appointment, placed, following=following, rule=_rule(fields), content=content, attendees=people
        )
    if "status" in fields:
        row = Appointment.objects.get(pk=appointment.pk) if others else appointment
        reason = placed.cancel_reason
        if row.series_id is None:
            row.status, row.cancel_reason = placed.status, reason
            _write(act, row)
        elif not others or row.status != placed.status:
            remaking.stamp_several(act, row, following=following, status=placed.status, reason=reason)


def _write(act: undoing.Act, appointment: Appointment) -> None:
    appointment.version += 1
    write([appointment], now=act.now)
    planning.plan(of=appointment, preferences=preferences_of(act.user), now=act.now)


def _rule(fields: AppointmentFields) -> str | None:
    """The rule that was given, None when none was; "" says: no repetition."""
    if "rrule" not in fields:
        return None
    return read_rule(fields["rrule"]) if fields["rrule"].strip() else ""


def set_fields(appointment: Appointment, fields: AppointmentFields) -> list[dict[str, Any]] | None:
    """Set ``fields`` on ``appointment``, checked; who comes is returned, None when it was not said."""
    for name in ("title", "description", "busy", "location", "status", "cancel_reason", "timezone"):
        if name in fields:
            setattr(appointment, name, fields[name])
    if "reminder_minutes" in fields:
        appointment.reminder_minutes = read_minutes(fields["reminder_minutes"])
    if "timezone" in fields:
        check_zone(appointment.timezone)
    if appointment.status != Appointment.Status.CANCELLED:
        appointment.cancel_reason = ""
    _move(appointment, fields)
    check(appointment)
    return read_people(fields["attendees"]) if "attendees" in fields else None


def _move(appointment: Appointment, fields: AppointmentFields) -> None:
    length = appointment.end_datetime - appointment.start_datetime
    was_all_day = appointment.all_day
    appointment.all_day = fields.get("all_day", was_all_day)
    if {"start", "end", "all_day", "timezone"} & fields.keys():
        start, end = fields.get("start", appointment.start_datetime), fields.get("end")
        if end is None and "start" not in fields:
            end = appointment.end_datetime
        place(appointment, start=start, end=end, length=length)


def _kind(before: act_events.Before, appointment: Appointment) -> str:
    if appointment.status != before.status and appointment.status in ("cancelled", "completed"):
        return str(appointment.status)
    moved = (before.start, before.end) != (appointment.start_datetime, appointment.end_datetime)
    return Change.Kind.MOVED if moved else Change.Kind.CHANGED


def _find(appointment_id: int, *, version: int | None) -> Appointment:
    appointment: Appointment = Appointment.objects.present().select_for_update().get(pk=appointment_id)
    appointment.check_version(version)
    return appointment
