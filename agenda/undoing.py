"""Writing the agenda so that it can be taken back: what an act changed, and undoing it.

All writing of a tenant's agenda stands in one queue (an advisory lock until the end of the transaction): two acts never
meet half-way, whatever rows they touch, and whoever comes second sees the first one's conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from agenda import act_events, planning
from agenda.changes import UNDO_FOR, Change
from agenda.details import preferences_of
from agenda.models import Appointment, Attendee, Series, Task
from agenda.rows import MODELS, put_back, values_of, write
from tenants.models import User

LOCK = 7_231_104  # of the advisory locks, with the tenant's number
MOST_SUMMARY = 300
BATCH = 500

ATTENDEE_FIELDS = ("name", "email", "phone", "contact_id")


class NothingToUndo(Exception):
    """There is no such act, it was undone already, or it was too long ago."""


class ChangedSince(Exception):
    """A row is no longer as the act left it, so that taking it back would take back more."""

    def __init__(self, change: Change) -> None:
        super().__init__(f"rows of change {change.pk} were changed since")
        self.change = change


class Act:
    """One act while it is done. ``watch`` a row before it changes, tell of it when it was ``made``, then ``finish``."""

    def __init__(self, *, user: User, now: datetime) -> None:
        self.user = user
        self.now = now
        self._before: dict[tuple[type[Model], int], dict[str, Any]] = {}
        self._made: dict[tuple[type[Model], int], int | None] = {}  # and the version of each
        self._made_and_changed: set[tuple[type[Model], int]] = set()
        self._attendees: dict[int, list[dict[str, Any]]] = {}

    def watch(self, *rows: Model) -> None:
        """Remember how ``rows`` are."""
        for row in rows:
            if (type(row), row.pk) in self._made:
                self._made_and_changed.add((type(row), row.pk))
            else:
                self._before.setdefault((type(row), row.pk), values_of(row))

    def set_attendees(self, appointments: Sequence[Appointment], attendees: Sequence[dict[str, Any]]) -> None:
        """Let ``attendees`` be who comes to ``appointments``, which are watched, where it is somebody else."""
        now = attendees_of([one.pk for one in appointments])
        others = {pk: people for pk, people in now.items() if people != list(attendees)}
        self._attendees = others | self._attendees
        set_attendees(user=self.user, appointment_ids=list(others), attendees=attendees)

    def changed(self, row: Model) -> bool:
        """Whether ``row``, which is watched, is no longer as it was."""
        before = self._before.get((type(row), row.pk))
        return before != values_of(row) or (row.pk in self._attendees and isinstance(row, Appointment))

    def made(self, *rows: Model) -> None:
        """Remember that ``rows`` are new."""
        for row in rows:
            self._before.pop((type(row), row.pk), None)
            self._made[type(row), row.pk] = getattr(row, "version", None)

    def entries(self) -> list[dict[str, Any]]:
        """What changed, as the rows now are in the database: what a Change holds."""
        entries: list[dict[str, Any]] = []
        for model in MODELS.values():
            made = {pk: version for (of, pk), version in self._made.items() if of is model}
            read = [pk for of, pk in (*self._before, *self._made_and_changed) if of is model]
            rows = model.objects.filter(pk__in=read).order_by("pk") if read else ()  # type: ignore[attr-defined]
            for row in rows:
                if row.pk in made:
                    made[row.pk] = getattr(row, "version", None)
                elif entry := self._entry(row, self._before[model, row.pk]):
                    entries.append(entry)
            label = model._meta.label_lower
            entries += [{"model": label, "id": pk, "version": n, "was": None, "fields": None} for pk, n in made.items()]
        return entries

    def finish(self, *, kind: str, summary: str) -> Change | None:
        """Write down what changed, as the rows now are in the database; None when nothing did."""
        entries = self.entries()
        if not entries:
            return None
        return Change.objects.create(
            user=self.user, kind=kind, summary=summary[:MOST_SUMMARY], before=entries, created_at=self.now
        )

    def finish_surely(self, *, kind: str, summary: str) -> Change:
        """``finish`` for an act that always changes something."""
        change = self.finish(kind=kind, summary=summary)
        if change is None:
            raise RuntimeError("nothing changed")
        return change

    def _entry(self, row: Model, before: dict[str, Any]) -> dict[str, Any] | None:
        entry = {"model": row._meta.label_lower, "id": row.pk, "version": getattr(row, "version", None)}
        now = values_of(row)
        fields = {name: value for name, value in before.items() if value != now[name] and name != "version"}
        if row.pk in self._attendees and isinstance(row, Appointment):
            fields["attendees"] = self._attendees[row.pk]
        if fields and "made_until" in before:  # so that what the clock makes until the undoing is known
            fields["made_until"] = before["made_until"]
        return {**entry, "was": before["version"], "fields": fields} if fields else None


@contextmanager
def act(*, user: User, now: datetime) -> Iterator[Act]:
    """A transaction in which ``user``, whose scope is open, is the only one who writes their agenda."""
    with transaction.atomic():
        queue(user=user)
        yield Act(user=user, now=now)


def queue(*, user: User) -> None:
    """Wait until nobody else writes the agenda of ``user``, and be who does until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, user.pk % 2**31])


def undo(*, user: User, now: datetime, change_id: int | None = None) -> Change:
    """Take back the act ``change_id`` of ``user``, whose scope is open, or the latest that was not undone.

    The rows get the values from before it, under a new version, and their reminders; what the act made is deleted. The
    event log is never unwritten: it tells what the rows became now, a booking taken back as a cancellation.

    Raises Change.DoesNotExist, NothingToUndo when it was undone or is over ``UNDO_FOR`` ago, and ChangedSince.
    """
    with act(user=user, now=now):
        change = _find(now=now, change_id=change_id)
        rows = rows_of(change.before)
        for entry in change.before:
            row = rows.get((entry["model"], entry["id"]))
            if row is None or getattr(row, "version", None) != entry["version"]:
                raise ChangedSince(change)
        take_back(user=user, entries=change.before, rows=rows, now=now)
        _rename_versions(change, rows)
        change.undone_at = now
        change.save(update_fields=["undone_at"])
    return change


def take_back(
    *, user: User, entries: Sequence[dict[str, Any]], rows: dict[tuple[str, int], Any], now: datetime
) -> None:
    """Give ``rows``, by model and id, the values of ``entries``. In an act, when nobody changed them since."""
    states = {key: act_events.state_of(row) for key, row in rows.items() if not isinstance(row, Series)}
    series = {key: rows[key].series_id for key in states}
    for entry in entries:
        _take_back(rows[entry["model"], entry["id"]], entry["fields"], now=now)
    for model in MODELS.values():
        write([row for row in rows.values() if type(row) is model], now=now)
    for entry in entries:
        if entry["model"] == "agenda.appointment" and "attendees" in (entry["fields"] or {}):
            set_attendees(user=user, appointment_ids=[entry["id"]], attendees=entry["fields"]["attendees"])
    _forget_what_came_after(rows)
    preferences = preferences_of(user)
    planning.plan_many(of=[r for r in rows.values() if isinstance(r, Appointment)], preferences=preferences, now=now)
    planning.plan_many(of=[r for r in rows.values() if isinstance(r, Task)], preferences=preferences, now=now)
    series = {key: pk or rows[key].series_id for key, pk in series.items()}
    act_events.tell_many([(rows[key], states[key]) for key in _acted_upon(states, series)], now=now)


def undoable(*, now: datetime) -> Any:
    """The acts of the open scope that may still be undone, the latest first."""
    return Change.objects.filter(undone_at=None, created_at__gt=now - UNDO_FOR).order_by("-created_at", "-id")


def attendees_of(appointment_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Who comes to each of the appointments, in order: {name, email, phone, contact_id}."""
    found: dict[int, list[dict[str, Any]]] = {pk: [] for pk in appointment_ids}
    if found:
        rows = Attendee.objects.filter(appointment_id__in=list(found)).order_by("appointment_id", "id")
        for row in rows.values("appointment_id", *ATTENDEE_FIELDS):
            found[row.pop("appointment_id")].append(row)
    return found


def set_attendees(*, user: User, appointment_ids: Sequence[int], attendees: Sequence[dict[str, Any]]) -> None:
    """Let ``attendees``, checked already, be who comes to each of the appointments."""
    Attendee.objects.filter(appointment_id__in=appointment_ids).delete()
    add_attendees(user=user, appointment_ids=appointment_ids, attendees=attendees)


def add_attendees(*, user: User, appointment_ids: Sequence[int], attendees: Sequence[dict[str, Any]]) -> None:
    """Let ``attendees``, checked already, come to each of the appointments."""
    made = [Attendee(user=user, appointment_id=pk, **one) for pk in appointment_ids for one in attendees]
    if made:
        Attendee.objects.bulk_create(made, batch_size=BATCH)


def _find(*, now: datetime, change_id: int | None) -> Change:
    if change_id is None:
        change = undoable(now=now).first()
        if change is None:
            raise NothingToUndo
        return change
    change = Change.objects.get(pk=change_id)
    if change.undone_at is not None or change.created_at <= now - UNDO_FOR:
        raise NothingToUndo
    return change


def rows_of(entries: Sequence[dict[str, Any]]) -> dict[tuple[str, int], Any]:
    """The rows that ``entries`` are about, by model and id, locked; those that are gone are not among them."""
    rows: dict[tuple[str, int], Any] = {}
    for label, model in MODELS.items():
        ids = [entry["id"] for entry in entries if entry["model"] == label]
        if ids:
            found = model.objects.select_for_update().filter(pk__in=ids).order_by("pk")  # type: ignore[attr-defined]
            rows |= {(label, row.pk): row for row in found}
    return rows


def _acted_upon(
    states: dict[tuple[str, int], act_events.Before], series: dict[tuple[str, int], int | None]
) -> list[tuple[str, int]]:
    """The rows of which an undoing tells: of the occurrences of a series the first, as when it was made."""
    firsts: dict[int, tuple[datetime, tuple[str, int]]] = {}
    alone = []
    for key, state in states.items():
        pk = series[key]
        if pk is None or state.start is None:
            alone.append(key)
        else:
            firsts[pk] = min(firsts.get(pk, (state.start, key)), (state.start, key))
    return [*alone, *(key for _start, key in firsts.values())]


def _take_back(row: Any, fields: dict[str, Any] | None, *, now: datetime) -> None:
    if fields is None:  # the act made it
        if isinstance(row, Series):
            row.made_until = None
        else:
            row.deleted_at = now
            row.series_id = None  # in a series, one that is deleted stands for «not on this day»
            if isinstance(row, Appointment):
                row.original_start = None
    put_back(row, {name: value for name, value in (fields or {}).items() if name != "attendees"})
    if not isinstance(row, Series):
        row.version += 1


def _forget_what_came_after(rows: dict[tuple[str, int], Any]) -> None:
    """Remove the occurrences that the clock made meanwhile of a series as the act left it; it makes them anew."""
    for row in rows.values():
        if isinstance(row, Series) and row.made_until is not None:
            Appointment.objects.filter(
                series=row, original_start__gt=row.made_until, version=1, detached=False, status="scheduled"
            ).delete()


def _rename_versions(change: Change, rows: dict[tuple[str, int], Any]) -> None:
    """Earlier acts left these rows as they are again, only that their version is another one now."""
    new = {
        (entry["model"], entry["id"], entry["was"]): rows[entry["model"], entry["id"]].version
        for entry in change.before
        if entry["was"] is not None
    }
    touched = []
    for earlier in undoable(now=change.created_at).filter(pk__lt=change.pk) if new else ():
        for entry in earlier.before:
            version = new.get((entry["model"], entry["id"], entry["version"]))
            if version is not None:
                entry["version"] = version
                touched.append(earlier)
    if touched:
        Change.objects.bulk_update(set(touched), ["before"])
