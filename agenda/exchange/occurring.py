"""Appointments that are there, as rows: by themselves, series, and occurrences that are otherwise than their rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Sum

from agenda import undoing
from agenda.calendar.export import Parts, parts_of
from agenda.calendar.names import own_key, uid_of
from agenda.exchange.people import write_people
from agenda.exchange.reading import DAY, say_moment
from agenda.exchange.takeback import Entries
from agenda.models import Appointment, Series
from agenda.undoing import attendees_of
from tenants.exchange.kinds import Done, Found, Row, Values
from tenants.models import User

PLAIN = (
    "title", "description", "location", "busy", "status", "cancel_reason", "reminder_minutes", "timezone", "all_day",
)  # fmt: skip
MOST_UID = 255


def values_of(row: Appointment, people: Sequence[Mapping[str, Any]], *, uid: str = "", occurrence: str = "") -> Values:
    """An appointment as a row of a table."""
    start, end = row.start_datetime, row.end_datetime
    if row.all_day:
        zone = ZoneInfo(row.timezone)
        times: Values = {
            "start_datetime": start.astimezone(zone).date(),
            "end_datetime": end.astimezone(zone).date() - DAY,
        }
    else:
        times = {"start_datetime": start.astimezone(UTC), "end_datetime": end.astimezone(UTC)}
    return {
        **{name: getattr(row, name) for name in PLAIN},
        **times,
        "attendees": write_people(people),
        "rrule": "",
        "without": [],
        "occurrence": occurrence,
        "uid": uid or row.uid or uid_of("appointment", row.pk),
    }


def rows_of_series(series: Series) -> Iterator[Values]:
    """A series as rows: its rule, and what is otherwise."""
    parts = parts_of(series)
    if parts is None:
        return
    if not parts.is_rule:
        for row, people in parts.otherwise:
            yield values_of(row, people, uid=uid_of("appointment", row.pk))
        return
    yield _values_of_rule(series, parts)
    for row, people in parts.otherwise:
        yield values_of(row, people, uid=parts.uid, occurrence=say_occurrence(series, row.original_start))


def say_occurrence(series: Series, moment: datetime | None) -> str:
    """What a row calls the occurrence that the rule has at ``moment``."""
    if moment is None:
        return ""
    all_day = bool(series.template.get("all_day"))
    return say_moment(moment.astimezone(ZoneInfo(series.timezone)).date() if all_day else moment)


def mark_of_series(series: Series) -> str:
    """Another one after any change of the series or of its occurrences; not after the clock made more of them."""
    changes = Appointment.objects.filter(series=series).aggregate(n=Sum(F("version") - 1))["n"] or 0
    said = repr((series.rrule, series.timezone, series.starts_at, series.duration)).encode()
    return f"s{series.pk}.{changes}.{blake2b(said, digest_size=6).hexdigest()}"


def made_entries(row: Done) -> Entries | None:
    """What an import made, as an act tells of it; None when somebody changed it since."""
    if not row.mark.startswith("s"):
        return [_made("agenda.appointment", row.id, int(row.mark))]
    series = Series.objects.filter(pk=int(row.mark[1:].split(".")[0])).first()
    if series is None:
        return []
    if mark_of_series(series) != row.mark:
        return None
    occurrences = Appointment.objects.filter(series=series).order_by("pk").values_list("pk", "version")
    return [_made("agenda.series", series.pk, None), *(_made("agenda.appointment", *one) for one in occurrences)]


def find(*, user: User, rows: Sequence[Row], lock: bool) -> list[Found | None]:
    """What there is already for each row, in their order."""
    if lock:
        undoing.queue(user=user)  # before any row is locked, as all who write the agenda do
    known = _Known(user, rows, lock=lock)
    return [known.look_up(row) for row in rows]


def series_by_uid(uids: Sequence[str]) -> dict[str, Series]:
    """The series that are known by these UIDs, ours or another program's."""
    present = Appointment.objects.present().filter(uid__in=uids, series__isnull=False)
    ids = dict(present.order_by("-pk").values_list("uid", "series_id"))
    own = {uid: key for uid in uids if uid not in ids and (key := own_key("series", uid))}
    found = Series.objects.in_bulk({*ids.values(), *own.values()}) if ids or own else {}
    return {uid: found[key] for uid, key in {**own, **ids}.items() if key in found}


class _Known:
    """What there is of a batch."""

    def __init__(self, user: User, rows: Sequence[Row], *, lock: bool) -> None:
        values = [row.values for row in rows]
        uids = sorted({v["uid"] for v in values if v.get("uid")})
        loose = [f"{v['uid']}#{v['occurrence']}"[:MOST_UID] for v in values if v.get("uid") and v.get("occurrence")]
        titles = {v.get("title") for v in values if not v.get("uid")} - {None}
        keys = {key for uid in uids if (key := own_key("appointment", uid))}
        asked = Q(uid__in=[*uids, *loose]) | Q(pk__in=keys, uid="") | Q(title__in=titles)
        found = Appointment.objects.present().filter(asked, series=None).order_by("pk")
        alone = list(found.select_for_update(of=("self",)) if lock else found)
        people = attendees_of([one.pk for one in alone])
        self.by_uid: dict[str, Found] = {}
        self.by_start: dict[tuple[str, str], list[Found]] = {}
        for one in alone:
            said = Found(one.pk, values_of(one, people[one.pk]), str(one.version))
            self.by_uid[said.values["uid"]] = said
            self.by_start.setdefault((one.title, say_moment(said.values["start_datetime"])), []).append(said)
        self.series: dict[str, dict[str, Found]] = {}  # by UID, then by occurrence, "" for the rule
        for uid, series in series_by_uid(uids).items():
            self.series[uid] = _found_series(series)
        self._find_unnamed(rows)

    def look_up(self, row: Row) -> Found | None:
        values, uid = row.values, row.values.get("uid")
        occurrence = values.get("occurrence") or ""
        if uid:
            if uid in self.series:
                return self.series[uid].get(occurrence)
            return self.by_uid.get(f"{uid}#{occurrence}"[:MOST_UID] if occurrence else uid)
        start = values.get("start_datetime")
        same = self.by_start.get((values.get("title", ""), say_moment(start)), []) if start else []
        return same[row.occurrence] if row.occurrence < len(same) else None

    def _find_unnamed(self, rows: Sequence[Row]) -> None:
        """Series that a row names by title and beginning alone."""
        titles = {row.values.get("title") for row in rows if row.values.get("rrule") and not row.values.get("uid")}
        if not titles:
            return
        first = Q(original_start=F("series__starts_at"))
        for one in (
            Appointment.objects.present().filter(first, title__in=titles).select_related("series").order_by("pk")
        ):
            said = _found_series(one.series).get("") if one.series else None
            if said is not None:
                self.by_start.setdefault((one.title, say_moment(said.values["start_datetime"])), []).append(said)


def _found_series(series: Series) -> dict[str, Found]:
    parts = parts_of(series)
    if parts is None or not parts.is_rule:
        return {}
    found = {"": Found(parts.first.pk, _values_of_rule(series, parts), mark_of_series(series))}
    rows = Appointment.objects.present().filter(series=series)
    people = attendees_of([row.pk for row in rows])
    for row in rows:
        name = say_occurrence(series, row.original_start)
        found[name] = Found(row.pk, values_of(row, people[row.pk], uid=parts.uid, occurrence=name), str(row.version))
    return found


def _values_of_rule(series: Series, parts: Parts) -> Values:
    return {
        **values_of(parts.first, parts.people, uid=parts.uid),
        "rrule": series.rrule,
        "without": sorted(say_occurrence(series, day) for day in parts.without),
    }


def _made(model: str, key: int, version: int | None) -> dict[str, Any]:
    return {"model": model, "id": key, "version": version, "was": None, "fields": None}
