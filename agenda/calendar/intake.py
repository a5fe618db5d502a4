"""Taking what an iCalendar file says into the agenda: one act, which can be undone as a whole.

Whatever has a UID that is there already is brought up to what the file says; the rest is new. What cannot be taken is
told with its reason and leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agenda import act_events, booking, planning, todo, undoing
from agenda.calendar.files import Item
from agenda.calendar.names import own_key
from agenda.changes import Change
from agenda.details import at, check, place, preferences_of, read_people
from agenda.models import Appointment, Series, Task
from tenants.models import User

MOST_SERIES = 200  # of one file; each is up to a thousand rows


@dataclass(frozen=True)
class Refusal:
    """A component that was not taken, and why, in the person's language."""

    title: str
    reason: str


@dataclass
class Intake:
    """What became of a file: how many were made, brought up to date, and the same already; and those not taken."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    change: Change | None = None


def take_in(*, user: User, items: Sequence[Item], now: datetime) -> Intake:
    """Write ``items`` into the agenda of ``user``, whose scope is open, in one transaction."""
    intake = Intake()
    acts: list[Change] = []
    singles = [item for item in items if not item.is_task and not item.rrule and item.occurrence is None]
    masters = [item for item in items if not item.is_task and item.rrule and item.occurrence is None]
    overrides = [item for item in items if not item.is_task and item.occurrence is not None]
    tasks = [item for item in items if item.is_task]
    with transaction.atomic():
        acts += _take_singles(user, [*_readable(singles, intake), *_loose(overrides, masters)], intake, now)
        for number, item in enumerate(_readable(masters, intake)):
            if number >= MOST_SERIES:
                reason = _("Son más de %(most)d series en un archivo.") % {"most": MOST_SERIES}
                intake.refused.append(Refusal(item.title, reason))
                continue
            mine = [one for one in overrides if one.uid == item.uid]
            acts += _try(item, intake, partial(_take_series, user, item, mine, intake, now))
        for item in _readable(tasks, intake):
            acts += _try(item, intake, partial(_take_task, user, item, intake, now))
        intake.change = _merge(user, acts, now)
    return intake


def _readable(items: Sequence[Item], intake: Intake) -> list[Item]:
    intake.refused += [Refusal(item.title, item.problem.messages[0]) for item in items if item.problem]
    return [item for item in items if not item.problem]


def _loose(overrides: Sequence[Item], masters: Sequence[Item]) -> list[Item]:
    """Occurrences whose rule is not in the file: appointments by themselves."""
    known = {master.uid for master in masters}
    loose = [one for one in overrides if one.uid not in known and not one.problem]
    for one in loose:
        one.uid = f"{one.uid}#{one.occurrence}"[:255] if one.uid else ""
    return loose


def _try(item: Item, intake: Intake, take: Callable[[], list[Change]]) -> list[Change]:
    try:
        with transaction.atomic():
            return take()
    except ValidationError as fault:
        intake.refused.append(Refusal(item.title, " ".join(fault.messages)))
        return []


# --- appointments by themselves --------------------------------------------------------------------------------------
def _take_singles(user: User, items: Sequence[Item], intake: Intake, now: datetime) -> list[Change]:
    preferences = preferences_of(user)
    length = timedelta(minutes=preferences.default_minutes)
    uids = {item.uid for item in items if item.uid}
    keys = {key for item in items if (key := own_key("appointment", item.uid))}
    present = Appointment.objects.present().filter(series=None)
    known = {row.uid: row for row in present.filter(uid__in=uids)}
    own = {row.pk: row for row in present.filter(pk__in=keys, uid="")}
    made: list[tuple[Appointment, list[dict[str, Any]]]] = []
    acts: list[Change] = []
    seen: set[str] = set()
    for item in items:
        if item.uid and item.uid in seen:
            intake.refused.append(Refusal(item.title, _("Está dos veces en el archivo.")))
            continue
        seen.add(item.uid)
        row = known.get(item.uid) or own.get(own_key("appointment", item.uid) or 0)
        if row is not None:
            acts += _try(item, intake, partial(_update, row, item, intake, now))
            continue
        try:
            made.append((_build(user, item, length), read_people([one for one in item.attendees if any(one.values())])))
        except ValidationError as fault:
            intake.refused.append(Refusal(item.title, " ".join(fault.messages)))
    if made:
        with undoing.act(user=user, now=now) as act:
            rows = Appointment.objects.bulk_create([row for row, _people in made], batch_size=500)
            for row, people in made:
                if people:
                    undoing.set_attendees(user=user, appointment_ids=[row.pk], attendees=people)
            act.made(*rows)
            planning.plan_many(of=rows, preferences=preferences, now=now)
            act_events.tell_many([(row, None) for row in rows], now=now)
            acts.append(act.finish_surely(kind=Change.Kind.IMPORTED, summary=_("Importación")))
        intake.created += len(made)
    return acts


def _build(user: User, item: Item, length: timedelta) -> Appointment:
    row = Appointment(
        user=user,
        title=item.title,
        description=item.description,
        location=item.location,
        timezone=item.timezone or user.timezone,
        all_day=item.all_day,
        busy=item.busy,
        status=item.status,
        cancel_reason=item.reason,
        reminder_minutes=item.reminder_minutes,
        uid=item.uid,
    )
    assert item.start is not None  # noqa: S101  (an item without one has a problem)
    place(row, start=item.start, end=item.end, length=length)
    check(row)
    return row


def _update(row: Appointment, item: Item, intake: Intake, now: datetime) -> list[Change]:
    booked = booking.alter(appointment_id=row.pk, now=now, **_fields(item))
    if booked.change is None:
        intake.unchanged += 1
        return []
    intake.updated += 1
    return [booked.change]


def _fields(item: Item) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "title": item.title,
        "description": item.description,
        "location": item.location,
        "timezone": item.timezone,
        "all_day": item.all_day,
        "busy": item.busy,
        "status": item.status,
        "cancel_reason": item.reason,
        "attendees": [one for one in item.attendees if any(one.values())],
        "reminder_minutes": item.reminder_minutes,
    }
    if item.start is not None:
        fields["start"] = item.start
    if item.end is not None:
        fields["end"] = item.end
    return fields


# --- series ----------------------------------------------------------------------------------------------------------
def _take_series(user: User, item: Item, overrides: Sequence[Item], intake: Intake, now: datetime) -> list[Change]:
    acts: list[Change] = []
    before = _series_of(item)
    if before is not None:
        first = Appointment.objects.present().filter(series=before).order_by("original_start").first()
        if first is not None:
            acts.append(booking.remove(appointment_id=first.pk, now=now, scope="all"))
    fields = _fields(item)
    fields.pop("status")
    fields.pop("cancel_reason")
    assert item.start is not None  # noqa: S101  (an item without one has a problem)
    fields.pop("start")
    title = fields.pop("title")
    booked = booking.book(user=user, now=now, title=title, start=item.start, rrule=item.rrule, **fields)
    acts += [booked.change] if booked.change else []
    series = booked.appointment.series
    if series is None:
        return acts
    if item.uid and own_key("series", item.uid) is None:
        Appointment.objects.filter(series=series).update(uid=item.uid)
    rows = {row.original_start: row for row in Appointment.objects.present().filter(series=series)}
    zone = ZoneInfo(series.timezone)
    for day in item.without:
        row = rows.pop(_instant(day, zone), None)
        if row is not None:
            acts.append(booking.remove(appointment_id=row.pk, now=now))
    for one in overrides:
        if one.problem:
            intake.refused.append(Refusal(one.title, one.problem.messages[0]))
            continue
        row = rows.get(_instant(one.occurrence or item.start, zone))
        if row is not None:
            change = booking.alter(appointment_id=row.pk, now=now, **_fields(one)).change
            acts += [change] if change else []
    for day in item.extra:
        loose = {name: value for name, value in fields.items() if name not in ("end", "timezone")}
        end = day + (item.end - item.start) if item.end else None
        extra = booking.book(user=user, now=now, title=title, start=day, end=end, **loose)
        acts += [extra.change] if extra.change else []
    if before is None:
        intake.created += 1
    else:
        intake.updated += 1
    return acts


def _series_of(item: Item) -> Series | None:
    key = own_key("series", item.uid)
    if key is not None:
        return Series.objects.filter(pk=key).first()
    if not item.uid:
        return None
    row = Appointment.objects.present().filter(uid=item.uid, series__isnull=False).select_related("series").first()
    return row.series if row else None


def _instant(moment: datetime | date, zone: ZoneInfo) -> datetime:
    return moment if isinstance(moment, datetime) else at(moment, zone)


# --- tasks -----------------------------------------------------------------------------------------------------------
def _take_task(user: User, item: Item, intake: Intake, now: datetime) -> list[Change]:
    key = own_key("task", item.uid)
    present = Task.objects.present()
    row = present.filter(pk=key, uid="").first() if key else None
    row = row or (present.filter(uid=item.uid).first() if item.uid else None)
    fields: dict[str, Any] = {
        "title": item.title,
        "description": item.description,
        "due_date": item.due,
        "priority": item.priority,
        "category": item.category,
        "reminder_minutes": item.reminder_minutes,
    }
    if row is not None:
        done = todo.alter(task_id=row.pk, now=now, status=item.status, **fields)
        if done.change is None:
            intake.unchanged += 1
            return []
        intake.updated += 1
        return [done.change]
    title = fields.pop("title")
    added = todo.add(user=user, now=now, title=title, rrule=item.rrule, **fields)
    acts = [added.change] if added.change else []
    Task.objects.filter(pk=added.task.pk).update(uid=item.uid)
    if item.status != "pending":
        # Done before it came here: no next one of its series, and the hour at which it was done.
        with undoing.act(user=user, now=now):
            task = Task.objects.select_for_update().get(pk=added.task.pk)
            task.become(item.status, now=item.completed_at or now)
            before = act_events.state_of(added.task)
            task.save(update_fields=["status", "completed_at"])
            act_events.tell(task, before=before, now=now)
            planning.plan(of=task, preferences=preferences_of(user), now=now)
    intake.created += 1
    return acts


def merge_entries(acts: Sequence[Change]) -> list[dict[str, Any]]:
    """What several acts changed as one: each row as before the first that touched it, as the last one left it.

    The acts themselves are deleted.
    """
    entries: dict[tuple[str, int], dict[str, Any]] = {}
    for act in acts:
        for entry in act.before:
            key = (entry["model"], entry["id"])
            first = entries.get(key)
            if first is None:
                entries[key] = dict(entry)
                continue
            first["version"] = entry["version"]
            if first["fields"] is not None:
                first["fields"] = (entry["fields"] or {}) | first["fields"]
    Change.objects.filter(pk__in=[act.pk for act in acts]).delete()
    return list(entries.values())


def _merge(user: User, acts: Sequence[Change], now: datetime) -> Change | None:
    entries = merge_entries(acts)
    if not entries:
        return None
    count = len([entry for entry in entries if entry["model"] != "agenda.series"])
    summary = ngettext("Importación de %(n)d elemento", "Importación de %(n)d elementos", count) % {"n": count}
    return Change.objects.create(user=user, kind=Change.Kind.IMPORTED, summary=summary, before=entries, created_at=now)
