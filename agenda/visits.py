"""Appointments that customers make for themselves: free times, and a few bookings of their own, never anybody's else.

Whoever asks is a contact of the tenant. They see when there is room, not what fills the rest, and touch only
appointments to which they alone come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from agenda import availability, booking, undoing
from agenda.availability import Slot
from agenda.booking import Booked
from agenda.details import preferences_of
from agenda.models import Appointment
from tenants.models import Contact, User

AHEAD = timedelta(hours=1)  # nobody is surprised by a customer at the door
FARTHEST = timedelta(days=60)
MOST_OPEN = 3  # bookings of one contact that are still to come
GRID = timedelta(minutes=30)  # at which starts are offered
MOST_LOOKED_AT = 400  # starts
LONGEST_SERVICE = LONGEST_GUEST = 60  # characters


class Refused(Exception):
    """It cannot be had; ``reason``: closed, not_free, too_soon, too_far, too_many, not_yours, unknown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def free_times(
    *, user: User, now: datetime, start: datetime, end: datetime, most: int = 5, minutes: int | None = None
) -> list[Slot]:
    """At most ``most`` times of ``user``, whose scope is open, at which a visit may begin in [start, end).

    Each of ``minutes``, else as long as appointments usually last, within working hours and with nothing in it. Of
    many they are spread over the span: the first of each day before further ones.
    """
    minutes = minutes or preferences_of(user).default_minutes
    length = timedelta(minutes=minutes)
    first, last = max(start, now + AHEAD), min(end, now + FARTHEST)
    if first >= last:
        return []
    open_spans = availability.free_slots(
        user=user, now=now, start=first, end=last + length, minutes=minutes, most=MOST_LOOKED_AT
    )
    zone = ZoneInfo(user.timezone)
    found: list[datetime] = []
    for span in open_spans:
        begin = _round_up(span.start.astimezone(zone))
        while begin + length <= span.end and len(found) < MOST_LOOKED_AT:
            if first <= begin < last:
                found.append(begin)
            begin += GRID
    return [Slot(begin, begin + length) for begin in _spread(found, most=most)]


def book(
    *, user: User, contact_id: int, start: datetime, service: str = "", guest: str = "", word: str, now: datetime
) -> Booked:
    """Book a visit of the contact at ``start`` with ``user``, whose scope is open; ``word`` stands for no service.

    ``guest`` is who comes in the contact's stead: the visit is the contact's all the same, to move and to cancel.
    Of two who want the same time at once one gets it: all writing of a tenant's agenda stands in one queue. Raises
    Refused.
    """
    length = timedelta(minutes=preferences_of(user).default_minutes)
    start = start.replace(second=0, microsecond=0)
    with undoing.act(user=user, now=now):
        contact = check(user=user, contact_id=contact_id, start=start, now=now)
        what = " ".join(service.split())[:LONGEST_SERVICE].strip() or word
        other = " ".join(guest.split())[:LONGEST_GUEST].strip()
        is_other = bool(other) and other.casefold() not in contact.name.casefold()
        return booking.book(
            user=user,
            now=now,
            title=(f"{what} – {other} ({contact.name})" if is_other else f"{what} – {contact.name}")[:200],
            start=start,
            end=start + length,
            attendees=[{"contact": contact.pk}],
        )


def move(*, user: User, contact_id: int, appointment_id: int, start: datetime, now: datetime) -> Booked:
    """Move a visit of the contact, as long as it is. Raises Refused."""
    start = start.replace(second=0, microsecond=0)
    with undoing.act(user=user, now=now):
        visit = find(contact_id=contact_id, appointment_id=appointment_id, now=now)
        length = visit.end_datetime - visit.start_datetime
        check_time(user=user, start=start, length=length, now=now, moving=visit.pk)
        return booking.alter(appointment_id=visit.pk, now=now, start=start, end=start + length)


def cancel(*, user: User, contact_id: int, appointment_id: int, reason: str, now: datetime) -> Booked:
    """Cancel a visit of the contact. Raises Refused."""
    with undoing.act(user=user, now=now):
        visit = find(contact_id=contact_id, appointment_id=appointment_id, now=now)
        return booking.cancel(appointment_id=visit.pk, now=now, reason=reason)


def visits_of(*, contact_id: int, now: datetime) -> QuerySet[Appointment]:
    """What is to come and to which the contact comes, and nobody else; not what repeats or takes whole days."""
    found: QuerySet[Appointment] = Appointment.objects.standing().filter(
        start_datetime__gt=now, series=None, all_day=False
    )
    found = found.annotate(
        people=Count("attendees"), own=Count("attendees", filter=Q(attendees__contact_id=contact_id))
    )
    return found.filter(people=1, own=1).order_by("start_datetime", "id")


def find(*, contact_id: int, appointment_id: int, now: datetime) -> Appointment:
    """One of ``visits_of``. Raises Refused."""
    visit = visits_of(contact_id=contact_id, now=now).filter(pk=appointment_id).first()
    if visit is None:
        raise Refused("not_yours")
    return visit


def check(*, user: User, contact_id: int, start: datetime, now: datetime) -> Contact:
    """Whose visit may be booked for ``start``. Raises Refused."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise Refused("unknown")
    if visits_of(contact_id=contact_id, now=now).count() >= MOST_OPEN:
        raise Refused("too_many")
    check_time(user=user, start=start, length=timedelta(minutes=preferences_of(user).default_minutes), now=now)
    return contact


def check_time(*, user: User, start: datetime, length: timedelta, now: datetime, moving: int | None = None) -> None:
    """Raise Refused unless a visit of that length may begin then."""
    if start < now + AHEAD:
        raise Refused("too_soon")
    if start > now + FARTHEST:
        raise Refused("too_far")
    end = start + length
    minutes = int(length.total_seconds() // 60)
    if not availability.is_open(user=user, start=start, end=end):
        raise Refused("closed")
    others = Appointment.objects.conflicting(start=start, end=end)
    if (others.exclude(pk=moving) if moving is not None else others).exists() or minutes < 1:
        raise Refused("not_free")


def _round_up(moment: datetime) -> datetime:
    """The next full or half hour of the clock."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = -((midnight - moment) // GRID)
    return midnight + steps * GRID


def _spread(starts: Sequence[datetime], *, most: int) -> list[datetime]:
    if len(starts) <= most:
        return list(starts)
    days = list(dict.fromkeys(start.date() for start in starts))
    if len(days) == 1:
        step = (len(starts) - 1) / (most - 1) if most > 1 else 1
        return [starts[round(place * step)] for place in range(most)]
    by_day = {day: [start for start in starts if start.date() == day] for day in days}
    chosen: list[datetime] = []
    for turn in range(2):  # the first of each day, then one of its afternoon
        for day in days:
            own = by_day[day]
            place = 0 if turn == 0 else len(own) // 2
            if len(chosen) < most and own[place] not in chosen:
                chosen.append(own[place])
    return sorted(chosen)
