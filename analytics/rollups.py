"""Days that are over are counted once and kept; what is not kept is counted when it is asked for.

So the answer is right whether or not the clock has run: kept days up to ``RollUp.until``, the rest from the rows. A day
is kept when it has been over for SETTLED. What is recorded for a day that is kept already (an import, a history) is
noted beside it by ``note_late`` and counted from its row, until the next time adds it to the day.

A kept day is never counted anew while the zone stays: events that are erased or too old to be held leave its figures as
they are. When the zone changes, all days are counted anew whose events are still there; those before the first event
that is left stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import Min, OuterRef
from django.utils.timezone import now as current_time

from analytics.counting import count_days, count_late
from analytics.days import DAY, Calendar, Period, begins, today_in
from analytics.models import LateEvent, RolledDay, RollUp
from analytics.tallies import CUSTOMER, OWNER, Tally
from assistants.models import TurnUsage
from tenants.models import Event, User

SETTLED = timedelta(hours=2)
LATE = timedelta(hours=1)  # no transaction lives that long: what is younger is written before its day is kept
MOST_DAYS_AT_ONCE = 31

_columns = ("day", "figures", "people", "asked", "ordered", "waits", "owner_waits")


def read_tallies(*, user: User, calendar: Calendar) -> dict[date, Tally]:
    """The tally of each of the calendar's days on which there was anything. In the open scope of ``user``."""
    period, zone = calendar.period, calendar.zone
    kept = RollUp.objects.filter(zone=zone.key).first()
    last_kept = min(kept.until, period.end) if kept else period.start - DAY
    found = _read_kept(user, Period(period.start, last_kept), zone)
    if last_kept < period.end:
        found |= count_days(user=user, period=Period(max(period.start, last_kept + DAY), period.end), zone=zone)
    return found


def roll_up(*, user: User, now: datetime, most: int = MOST_DAYS_AT_ONCE) -> int:
    """Keep the next days of ``user`` that are over, ``most`` at once, and add what came late. In the user's open scope.

    Returns how many days were gone through; less than ``most`` when there are none left.
    """
    zone = ZoneInfo(user.timezone)
    with transaction.atomic():
        _lock(user, shared=False)
        kept = RollUp.objects.first()
        if kept is not None and kept.zone != zone.key:
            kept = _begin_anew(user, kept)
        _add_late(user, zone, now)
        days = _next_days(kept, zone, now, most)
        if not days:
            return 0
        _keep(user, count_days(user=user, period=days, zone=zone), zone, now)
        until = {"zone": zone.key, "until": days.end, "until_at": begins(day=days.end + DAY, zone=zone)}
        RollUp.objects.update_or_create(user=user, defaults=until)
        return len(days)


def count_anew(*, user: User) -> None:
    """Forget the kept days whose events are still there; they are kept again. In the user's open scope."""
    with transaction.atomic():
        _lock(user, shared=False)
        if kept := RollUp.objects.first():
            _begin_anew(user, kept)


def note_late(event: Event) -> None:
    """Note ``event`` when its day is kept already. In its transaction and scope."""
    if event.at > current_time() - LATE:
        return
    with transaction.atomic():
        _lock(event.user, shared=True)  # until the event is there for whoever counts its day
        kept = RollUp.objects.first()
        if kept is None or event.at >= kept.until_at:
            return
        zone = ZoneInfo(kept.zone)
        if not RolledDay.objects.filter(begins_at__lte=event.at, ends_at__gt=event.at).exists():
            day = today_in(zone=zone, now=event.at)
            RolledDay.objects.get_or_create(user=event.user, zone=kept.zone, day=day, defaults=_bounds(day, zone))
        LateEvent.objects.create(user=event.user, event=event.pk, at=event.at)


def first_moment() -> datetime | None:
    """When the first event or turn that is held took place. In the tenant's open scope."""
    event = Event.objects.order_by("at").values_list("at", flat=True).first()
    turn = TurnUsage.objects.aggregate(first=Min("created_at"))["first"]
    return min((moment for moment in (event, turn) if moment is not None), default=None)


def _read_kept(user: User, period: Period, zone: ZoneInfo) -> dict[date, Tally]:
    # One statement, so that an event is seen either beside its day or in it.
    late = LateEvent.objects.filter(at__gte=OuterRef("begins_at"), at__lt=OuterRef("ends_at")).order_by("at", "event")
    rows = (
        RolledDay.objects.filter(zone=zone.key, day__gte=period.start, day__lte=period.end)
        .annotate(late_ids=ArraySubquery(late.values("event")), late_at=ArraySubquery(late.values("at")))
        .values_list(*_columns, "late_ids", "late_at")
    )
    found: dict[date, Tally] = {}
    events: list[tuple[int, datetime]] = []
    for *kept, late_ids, late_at in rows:
        found[kept[0]] = _tally(*kept[1:])
        events += zip(late_ids, late_at, strict=True)
    for day, tally in count_late(user=user, events=events, zone=zone).items():
        found.setdefault(day, Tally()).add(tally)
    return found


def _next_days(kept: RollUp | None, zone: ZoneInfo, now: datetime, most: int) -> Period:
    """The days to be kept next; an empty period when there are none."""
    first = first_moment()
    last = today_in(zone=zone, now=now - SETTLED) - DAY
    if kept is not None:
        begin = kept.until + DAY
    elif first is not None:
        begin = today_in(zone=zone, now=first)
    else:
        begin = last + DAY
    return Period(begin, min(last, begin + timedelta(days=most - 1)))


def _begin_anew(user: User, kept: RollUp) -> RollUp | None:
    """Forget the days that can be counted again; the others count as days of the zone that holds now."""
    first = first_moment()
    zone = ZoneInfo(user.timezone)
    if first is None:
        RolledDay.objects.update(zone=zone.key)
        LateEvent.objects.all().delete()
        until = kept.until
    else:
        RolledDay.objects.filter(ends_at__gt=first).delete()
        RolledDay.objects.update(zone=zone.key)
        LateEvent.objects.filter(at__gte=first).delete()
        until = today_in(zone=zone, now=first) - DAY
    kept.zone, kept.until, kept.until_at = zone.key, until, begins(day=until + DAY, zone=zone)
    kept.save()
    return kept


def _add_late(user: User, zone: ZoneInfo, now: datetime) -> None:
    noted = list(LateEvent.objects.values_list("event", "at"))
    if not noted:
        return
    _keep(user, count_late(user=user, events=noted, zone=zone), zone, now)
    LateEvent.objects.all().delete()


def _keep(user: User, tallies: dict[date, Tally], zone: ZoneInfo, now: datetime) -> None:
    """Write the tallies; what is kept of a day already is added to."""
    there = {row.day: row for row in RolledDay.objects.filter(zone=zone.key, day__in=list(tallies))}
    rows = []
    for day, tally in tallies.items():
        row = there.get(day) or RolledDay(user=user, zone=zone.key, day=day, **_bounds(day, zone))
        if day in there:
            tally.add(_tally(*(getattr(row, name) for name in _columns[1:])))
        row.figures, row.rolled_at = tally.as_json(), now
        row.people, row.asked, row.ordered = sorted(tally.people), sorted(tally.asked), sorted(tally.ordered)
        row.waits, row.owner_waits = sorted(tally.waits[CUSTOMER]), sorted(tally.waits[OWNER])
        rows.append(row)
    RolledDay.objects.bulk_create([row for row in rows if row.pk is None], batch_size=100)
    for row in there.values():
        row.save()


def _tally(
    figures: dict[str, object],
    people: Iterable[int],
    asked: Iterable[int],
    ordered: Iterable[int],
    waits: list[int],
    owner_waits: list[int],
) -> Tally:
    tally = Tally.from_json(figures)
    tally.people, tally.asked, tally.ordered = set(people), set(asked), set(ordered)
    for audience, kept in ((CUSTOMER, waits), (OWNER, owner_waits)):
        if kept:
            tally.waits[audience] = list(kept)
    return tally


def _bounds(day: date, zone: ZoneInfo) -> dict[str, datetime]:
    return {"begins_at": begins(day=day, zone=zone), "ends_at": begins(day=day + DAY, zone=zone)}


def _lock(user: User, *, shared: bool) -> None:
    """Until the transaction ends: one rolls up a tenant's days, or any number note what comes late."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}(hashtextextended(%s, 0))",
            [f"analytics of {user.pk}"],
        )
