"""Writing rows of a table into the agenda: those by themselves many at once, what belongs to a series one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agenda import booking, details, planning, undoing
from agenda.booking import AppointmentFields
from agenda.calendar.intake import merge_entries
from agenda.calendar.names import own_key
from agenda.changes import Change
from agenda.exchange.faults import refused
from agenda.exchange.occurring import MOST_UID, mark_of_series, series_by_uid
from agenda.exchange.people import read_people, write_people
from agenda.exchange.reading import DAY, read_moment
from agenda.models import Appointment, Attendee, Series
from agenda.rows import write as write_rows
from tenants.exchange.kinds import Refused, Row, Values, Written
from tenants.exchange.reasons import Reason
from tenants.models import Contact, User
from tenants.phones import match_key

AT_ONCE = 500
HOUR = timedelta(hours=1)
MOST_SERIES = 200  # that one tenant may bring within an hour; each is up to a thousand rows
CONTENT = ("title", "description", "location", "busy", "status", "cancel_reason", "reminder_minutes")
Answer = Written | Refused


def check(values: Values, *, user: User) -> None:
    """Raise ValidationError by field unless the values of a row are such as may be kept."""
    row = Appointment(user=user, title="x", timezone=values.get("timezone") or user.timezone)
    for name in CONTENT:
        if name in values:
            setattr(row, name, values[name])
    row.all_day = bool(values.get("all_day"))
    start = values.get("start_datetime")
    details.place(row, start=start or datetime(2026, 1, 1, tzinfo=UTC), end=_end_of(values), length=HOUR)
    if isinstance(start, date) and row.all_day and values["end_datetime"] < start:
        raise ValidationError({"end_datetime": _("Debe terminar después de empezar.")})
    details.check(row)


def write(*, user: User, rows: Sequence[Row]) -> list[Answer]:
    """Make and change the appointments of ``rows``, in the open transaction; what each became, in their order."""
    now = timezone.now()
    with undoing.act(user=user, now=now) as act:
        answers: dict[int, Answer] = {}
        alone = [row for row in rows if _is_alone(row)]
        answers |= _Singles(act, alone).write()
        others = _Others(user, now)
        for row in rows:
            if row.number not in answers:
                answers[row.number] = others.take(row)
        others.finish(answers)
        return [answers[row.number] for row in rows]


def _is_alone(row: Row) -> bool:
    is_of_series = row.values.get("rrule") or row.values.get("occurrence")
    return not is_of_series and (row.found is None or not (row.found.values["rrule"] or row.found.values["occurrence"]))


def _end_of(values: Values) -> datetime | date | None:
    """The end as the agenda counts it: of whole days the day after the last."""
    end = values.get("end_datetime")
    return end + DAY if end is not None and values.get("all_day") else end


def _fields_of(values: Values, links: Callable[[str], list[dict[str, Any]]]) -> AppointmentFields:
    fields: dict[str, Any] = {name: values[name] for name in CONTENT if name in values}
    for name in ("timezone", "all_day"):
        if name in values:
            fields[name] = values[name]
    if "start_datetime" in values:
        fields["start"] = values["start_datetime"]
        if (end := _end_of(values)) is not None:
            fields["end"] = end
    if "attendees" in values:
        fields["attendees"] = links(values["attendees"])
    return cast(AppointmentFields, fields)


def _links(texts: Sequence[str]) -> Callable[[str], list[dict[str, Any]]]:
    """What reads a cell of people, each with the tenant's contact of that phone or e-mail."""
    people = [one for text in texts for one in read_people(text)]
    keys = {key for one in people if (key := match_key(one["phone"]))}
    mails = {one["email"] for one in people if one["email"]}
    found = Contact.objects.filter(Q(whatsapp_key__in=keys) | Q(email__in=mails)) if keys or mails else ()
    by_key, by_mail = {}, {}
    for contact in found:
        by_key[contact.whatsapp_key] = contact.pk
        by_mail[contact.email] = contact.pk
    by_key.pop("", None)
    by_mail.pop("", None)

    def read(text: str) -> list[dict[str, Any]]:
        return [
            {**one, "contact": by_key.get(match_key(one["phone"])) or by_mail.get(one["email"])}
            for one in read_people(text)
        ]

    return read


class _Singles:
    """Appointments by themselves: the new ones in one statement, the changed ones in another."""

    def __init__(self, act: undoing.Act, rows: Sequence[Row]) -> None:
        self.act, self.rows = act, rows
        ids = [row.found.id for row in rows if row.found]
        found = Appointment.objects.present().filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
        self.known = {one.pk: one for one in found}
        self.links = _links([row.values["attendees"] for row in rows if row.values.get("attendees")])
        self.preferences = details.preferences_of(act.user)
        self.new: list[tuple[Appointment, list[dict[str, Any]]]] = []
        self.changed: list[Appointment] = []
        self.taken: dict[int, int] = {}

    def write(self) -> dict[int, Answer]:
        """Write all, with their people and reminders."""
        told: dict[int, Appointment | Refused] = {}
        for row in self.rows:
            try:
                told[row.number] = self._change(row) if row.found else self._build(row)
            except ValidationError as fault:
                told[row.number] = refused(fault)
        act, made = self.act, [one for one, _people in self.new]
        Appointment.objects.bulk_create(made, batch_size=AT_ONCE)
        act.made(*made)
        attendees = [Attendee(user=act.user, appointment=one, **who) for one, people in self.new for who in people]
        Attendee.objects.bulk_create(attendees, batch_size=AT_ONCE)
        write_rows(self.changed, now=act.now)
        planning.plan_many(of=[*made, *self.changed], preferences=self.preferences, now=act.now)
        entries = {(entry["model"], entry["id"]): entry for entry in act.entries()} if self.changed else {}
        new = {one.pk for one in made}
        return {number: one if isinstance(one, Refused) else _tell(one, new, entries) for number, one in told.items()}

    def _build(self, row: Row) -> Appointment:
        values, user = row.values, self.act.user
        if "start_datetime" not in values:
            raise ValidationError({"start_datetime": _("Di cuándo empieza.")})
        one = Appointment(
            user=user, timezone=values.get("timezone") or user.timezone, all_day=values["all_day"],
            busy=not values["all_day"], uid=values.get("uid") or "",
        )  # fmt: skip
        for name in CONTENT:
            if name in values:
                setattr(one, name, values[name])
        if one.status != Appointment.Status.CANCELLED:
            one.cancel_reason = ""
        length = timedelta(minutes=self.preferences.default_minutes)
        details.place(one, start=values["start_datetime"], end=_end_of(values), length=length)
        details.check(one)
        people = details.read_people(self.links(values.get("attendees") or ""))
        self.new.append((one, people))
        return one

    def _change(self, row: Row) -> Appointment | Refused:
        one = self.known.get(row.found.id) if row.found else None
        if one is None:
            return Refused(Reason("gone_meanwhile"))
        if one.pk in self.taken:
            return Refused(Reason("same_as_row", {"n": self.taken[one.pk]}))
        self.act.watch(one)
        people = booking.set_fields(one, _fields_of(row.values, self.links))
        if people is not None and row.found and write_people(people) != row.found.values["attendees"]:
            self.act.set_attendees([one], people)
        if row.values.get("uid") and own_key("appointment", row.values["uid"]) != one.pk:
            one.uid = row.values["uid"]
        one.version += 1
        self.taken[one.pk] = row.number
        self.changed.append(one)
        return one


def _tell(one: Appointment, new: set[int], entries: dict[tuple[str, int], Any]) -> Written:
    if one.pk in new:
        return Written(one.pk, str(one.version))
    entry = entries.get(("agenda.appointment", one.pk))
    return Written(one.pk, str(one.version), {"entries": [entry] if entry else []})


class _Others:
    """Series, and occurrences of them: each an act of its own, in a savepoint."""

    def __init__(self, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        self.made: dict[int, tuple[int, Series]] = {}  # by the row's number: the first occurrence, and the series
        self.lately = Series.objects.filter(created_at__gt=now - HOUR).count()

    def take(self, row: Row) -> Answer:
        """Write a row."""
        try:
            with transaction.atomic():
                if row.values.get("occurrence"):
                    return self._take_occurrence(row)
                return self._change_series(row) if row.found else self._make_series(row)
        except ValidationError as fault:
            return refused(fault)

    def finish(self, answers: dict[int, Answer]) -> None:
        """Mark the series that were made, now that all that this batch says of them is written."""
        for number, (first, series) in self.made.items():
            series.refresh_from_db()
            answers[number] = Written(first, mark_of_series(series))

    def _make_series(self, row: Row) -> Answer:
        values = row.values
        if self.lately >= MOST_SERIES:
            return Refused(Reason("too_many_series", {"most": MOST_SERIES}), "rrule")
        if "start_datetime" not in values:
            raise ValidationError({"start_datetime": _("Di cuándo empieza.")})
        fields: dict[str, Any] = dict(_fields_of(values, _links([values.get("attendees") or ""])))
        booked = booking.book(user=self.user, now=self.now, rrule=values["rrule"], **fields)
        self.lately += 1
        acts = [booked.change]
        series = booked.appointment.series
        if series is None:
            raise RuntimeError("what has a rule has a series")
        if values.get("uid"):
            Appointment.objects.filter(series=series).update(uid=values["uid"])
        acts += self._leave_out(series, values.get("without") or [])
        merge_entries([act for act in acts if act])
        self.made[row.number] = (booked.appointment.pk, series)
        return Written(booked.appointment.pk)

    def _change_series(self, row: Row) -> Answer:
        found, values = row.found, row.values
        target = Appointment.objects.present().filter(pk=found.id if found else 0).select_related("series").first()
        if found is None or target is None:
            return Refused(Reason("gone_meanwhile"))
        changed = {name: value for name, value in values.items() if value != found.values.get(name)}
        fields: dict[str, Any] = dict(_fields_of(changed, _links([changed.get("attendees") or ""])))
        if {"start_datetime", "end_datetime", "all_day", "timezone"} & changed.keys() and "start_datetime" in values:
            fields |= {name: values[name] for name in ("all_day", "timezone") if name in values}
            start, was, end = values["start_datetime"], found.values["start_datetime"], _end_of(values)
            alike = isinstance(start, datetime) == isinstance(was, datetime)
            fields["start"] = _start_of(target) + (start - was) if alike else start
            if end is not None:
                fields["end"] = fields["start"] + (end - start)
        if "rrule" in changed:
            fields["rrule"] = changed["rrule"]
        acts: list[Change | None] = []
        if fields:
            acts.append(booking.alter(appointment_id=target.pk, now=self.now, scope="all", **fields).change)
        series = Series.objects.filter(pk=target.series_id or 0).first()
        if series is not None and "without" in changed:
            acts += self._leave_out(series, values["without"])
            acts.append(self._bring_back(series, values["without"]))
        mark = mark_of_series(series) if series is not None else str(target.version)
        return Written(target.pk, mark, {"entries": merge_entries([act for act in acts if act])})

    def _take_occurrence(self, row: Row) -> Answer:
        values = row.values
        uid, moment = values.get("uid") or "", read_moment(values["occurrence"])
        series = series_by_uid([uid]).get(uid) if uid else None
        if series is None:  # its rule is not there: an appointment by itself
            own = {"uid": f"{uid}#{values['occurrence']}"[:MOST_UID] if uid else "", "occurrence": "", "rrule": ""}
            with undoing.act(user=self.user, now=self.now) as act:
                loose = Row(row.number, {**values, **own}, row.occurrence, row.found)
                return _Singles(act, [loose]).write()[row.number]
        start = moment if isinstance(moment, datetime) else details.at(moment, ZoneInfo(series.timezone))
        target = Appointment.objects.present().filter(series=series, original_start=start).first()
        if target is None:
            return Refused(Reason("no_such_occurrence"), "occurrence")
        fields = _fields_of(values, _links([values.get("attendees") or ""]))
        booked = booking.alter(appointment_id=target.pk, now=self.now, **fields)
        entries = merge_entries([booked.change] if booked.change else [])
        if any(made.pk == series.pk for _first, made in self.made.values()):
            entries = []  # goes with the series, which this import makes
        return Written(target.pk, str(booked.appointment.version), {"entries": entries})

    def _leave_out(self, series: Series, days: Sequence[str]) -> list[Change | None]:
        rows = Appointment.objects.present().filter(series=series, original_start__in=_instants(series, days))
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        return [booking.remove(appointment_id=key, now=self.now) for key in keys]

    def _bring_back(self, series: Series, days: Sequence[str]) -> Change | None:
        """Those that were left out and are not any more."""
        gone = Appointment.objects.filter(series=series, deleted_at__isnull=False)
        back = list(gone.exclude(original_start__in=_instants(series, days)).order_by("pk"))
        if not back:
            return None
        with undoing.act(user=self.user, now=self.now) as act:
            act.watch(*back)
            for one in back:
                one.deleted_at = None
                one.version += 1
            write_rows(back, now=self.now)
            planning.plan_many(of=back, preferences=details.preferences_of(self.user), now=self.now)
            return act.finish(kind=Change.Kind.CHANGED, summary=back[0].title)


def _instants(series: Series, days: Sequence[str]) -> list[datetime]:
    zone = ZoneInfo(series.timezone)
    moments = [read_moment(day) for day in days]
    return [one if isinstance(one, datetime) else details.at(one, zone) for one in moments]


def _start_of(target: Appointment) -> datetime | date:
    start = target.start_datetime
    return start.astimezone(ZoneInfo(target.timezone)).date() if target.all_day else start
