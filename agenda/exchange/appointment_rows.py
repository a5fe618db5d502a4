"""Appointments as rows of a table. One is known again by its UID, else by its title and its beginning.

A series is a row with its rule and the days without it, and a row for each day that is otherwise (``occurrence``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agenda import details
from agenda.exchange import columns, occurring, takeback, writing
from agenda.exchange.faults import REASONS, name_of
from agenda.exchange.people import read_people, write_people
from agenda.exchange.reading import DAY, read_appointments, read_moment, say_moment
from agenda.exchange.task_rows import read_extras
from agenda.filters import find_appointments
from agenda.models import Series
from agenda.undoing import attendees_of
from tenants.exchange.kinds import Done, Found, Identity, Kind, Refused, Row, Values, Written
from tenants.exchange.reasons import Reason, reasons_of
from tenants.models import User

AT_ONCE = 500


class Appointments(Kind):
    """What a tenant has at an hour."""

    name = "appointments"
    label = gettext_lazy("Citas")
    key = ("uid",)
    reasons = REASONS
    readers = {"ics": read_appointments}
    fields = columns.APPOINTMENTS

    def examples(self) -> list[Values]:
        start = datetime.combine(timezone.localdate() + 7 * DAY, time(15, 30), timezone.get_current_timezone())
        return [
            {
                "title": _("Visita a Carla"),
                "start_datetime": start,
                "end_datetime": start + timedelta(hours=1),
                "location": _("Calle 10 # 5-20"),
                "attendees": "Carla Gómez <carla@example.com>",
            },
            {"title": _("Inventario"), "start_datetime": start.date() + DAY, "location": "", "attendees": ""},
        ]

    def identify(self, values: Values) -> Identity | None:
        if values.get("uid"):
            return Identity("uid", f"{values['uid']}#{values.get('occurrence') or ''}")
        title, start = values.get("title"), values.get("start_datetime")
        return Identity("title", f"{title}\n{say_moment(start)}", is_unique=False) if title and start else None

    def check(self, *, user: User, values: Values) -> dict[str, Reason]:
        """Put beginning and end together from what the row says of them, and look at all as the form would."""
        try:
            read_times(values, timezone.get_current_timezone())
            read_extras(values)
            _read_days(values)
            _read_attendees(values)
            if values.get("timezone"):
                details.check_zone(values["timezone"])
            else:
                values.pop("timezone", None)  # the tenant's own, or what it has
            writing.check(values, user=user)
        except ValidationError as fault:
            return {name_of(name): reason for name, reason in reasons_of(fault).items()}
        return {}

    def find(self, *, user: User, rows: Sequence[Row], lock: bool = False) -> list[Found | None]:
        return occurring.find(user=user, rows=rows, lock=lock)

    def write(self, *, user: User, rows: Sequence[Row]) -> list[Written | Refused]:
        return writing.write(user=user, rows=rows)

    def undo(self, *, user: User, rows: Sequence[Done]) -> list[Reason | None]:
        return takeback.take_back(user=user, rows=rows, made=occurring.made_entries)

    def export(self, *, user: User, filters: Mapping[str, Any]) -> Iterator[Values]:
        found = find_appointments(dict(filters))
        alone = found.filter(series=None).order_by("pk")
        last = 0
        while batch := list(alone.filter(pk__gt=last)[:AT_ONCE]):
            last = batch[-1].pk
            people = attendees_of([one.pk for one in batch])
            for one in batch:
                yield occurring.values_of(one, people[one.pk])
        of_series = found.filter(series__isnull=False).order_by().values("series_id")
        for series in Series.objects.filter(pk__in=of_series).order_by("pk"):
            yield from occurring.rows_of_series(series)


def read_times(values: Values, zone: tzinfo) -> None:
    """Make ``start_datetime`` and ``end_datetime`` of what the row says: moments, or days when it lasts whole days.

    A day without an hour, without an end or with another day as its end, lasts whole days, the last one among them.
    Raises ValidationError by field.
    """
    hour, end_hour = values.pop("time", None), values.pop("end_time", None)
    minutes = values.pop("minutes", None)
    start, end = values.get("start_datetime"), values.get("end_datetime")
    if start is None:
        for name in ("start_datetime", "end_datetime", "all_day"):
            values.pop(name, None)
        if not values.get("uid"):
            raise ValidationError({"start_datetime": gettext_lazy("Di cuándo empieza.")})
        return
    bare = hour is None and end_hour is None and minutes is None
    whole = bare and _is_day(start, zone) and (end is None or _is_day(end, zone))
    values["all_day"] = whole if values.get("all_day") is None else bool(values["all_day"])
    if values["all_day"]:
        values["start_datetime"] = _day(start, zone)
        values["end_datetime"] = _day(end, zone) if end is not None else values["start_datetime"]
        return
    start = _at(_day(start, zone), hour, zone) if hour is not None else _moment(start, zone)
    if end_hour is not None:
        end = _at(_day(end or start, zone), end_hour, zone)
        end = end + DAY if end <= start else end  # past midnight
    elif minutes is not None:
        end = start + timedelta(minutes=minutes)
    elif end is not None:
        end = _moment(end, zone)
    values["start_datetime"] = start
    if end is None:
        values.pop("end_datetime", None)
    else:
        values["end_datetime"] = end


def _is_day(moment: datetime | date, zone: tzinfo) -> bool:
    return not isinstance(moment, datetime) or moment.astimezone(zone).time() == time()


def _day(moment: datetime | date, zone: tzinfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def _moment(moment: datetime | date, zone: tzinfo) -> datetime:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else _at(moment, time(), zone)


def _at(day: date, hour: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _read_days(values: Values) -> None:
    try:
        if "without" in values:
            values["without"] = sorted({say_moment(read_moment(text)) for text in values["without"] or ()})
    except ValueError as fault:
        raise ValidationError({"without": gettext_lazy("No es una fecha con su hora.")}) from fault
    try:
        if values.get("occurrence"):
            values["occurrence"] = say_moment(read_moment(values["occurrence"]))
    except ValueError as fault:
        raise ValidationError({"occurrence": gettext_lazy("No es una fecha con su hora.")}) from fault


def _read_attendees(values: Values) -> None:
    phone, email = values.pop("attendee_phone", ""), values.pop("attendee_email", "")
    if "attendees" not in values and not phone and not email:
        return
    people = read_people(values.get("attendees") or "")
    if phone or email:
        first = people[0] if people else {"name": "", "email": "", "phone": ""}
        people = [{**first, "phone": first["phone"] or phone, "email": first["email"] or email}, *people[1:]]
    values["attendees"] = write_people(details.read_people(people))


APPOINTMENTS = Appointments()
