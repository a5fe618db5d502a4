"""What an appointment and a task are made of: their hours, people and reminders, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agenda import phrases
from agenda.models import LONGEST, MOST_ATTENDEES, MOST_REMINDER_MINUTES, MOST_REMINDERS, Appointment, Attendee, Task
from tenants.models import Contact, Preferences, User
from tenants.preferences import validate_timezone
from tenants.scope import current_tenant

Person = Mapping[str, Any]  # {name, email, phone, contact}: contact is the id of one of the tenant's contacts
EARLIEST, LATEST = 1970, 2398  # years of a start
DAY = timedelta(days=1)
WRONG_YEAR = gettext_lazy("El año debe estar entre %(first)d y %(last)d.")


def place(
    appointment: Appointment,
    *,
    start: datetime | date,
    end: datetime | date | None = None,
    length: timedelta,
) -> None:
    """Give ``appointment`` its hours; without an end it lasts ``length``. An all-day one gets whole days of its zone.

    ``start`` and ``end`` are aware datetimes, for an all-day one also days: the end is the day after the last, and one
    on the first day, or an hour in a day, means that the day is part of it. Raises ValidationError by field.
    """
    for name, moment in (("start_datetime", start), ("end_datetime", end)):
        if moment is not None and not EARLIEST <= moment.year <= LATEST:
            raise ValidationError({name: ValidationError(WRONG_YEAR, params={"first": EARLIEST, "last": LATEST})})
        if moment is not None and not appointment.all_day and not isinstance(moment, datetime):
            raise ValidationError({name: gettext_lazy("Di también la hora, o que es de todo el día.")})
    if appointment.all_day:
        _place_days(appointment, start, end, length)
    else:
        appointment.start_datetime = start
        appointment.end_datetime = start + length if end is None else end
    if appointment.end_datetime <= appointment.start_datetime:
        raise ValidationError({"end_datetime": gettext_lazy("Debe terminar después de empezar.")})
    if appointment.end_datetime - appointment.start_datetime > LONGEST:
        told = gettext_lazy("Una cita dura como mucho %(days)d días.")
        raise ValidationError({"end_datetime": ValidationError(told, params={"days": LONGEST.days})})


def _place_days(
    appointment: Appointment, start: datetime | date, end: datetime | date | None, length: timedelta
) -> None:
    zone = ZoneInfo(appointment.timezone)
    first = day_of(start, zone)
    if end is None:
        last = first + max(DAY, timedelta(days=round(length / DAY)))
    else:
        last = day_of(end, zone)
        if isinstance(end, datetime) and end.astimezone(zone).time() > time():
            last += DAY
        last = max(last, first + DAY) if last == first else last
    appointment.start_datetime = at(first, zone)
    appointment.end_datetime = at(last, zone)


def day_of(moment: datetime | date, zone: ZoneInfo) -> date:
    """The day of ``moment`` in ``zone``; a day is itself."""
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def at(day: date, zone: ZoneInfo) -> datetime:
    """Midnight of ``day`` in ``zone``; where the clocks skip it, the first moment after."""
    return settle(datetime.combine(day, time()), zone)


def settle(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks of ``zone`` show ``wall``, in UTC.

    RFC 5545, 3.3.5: of an hour that comes twice the first; one that the clocks skip counts from before the gap, so that
    02:30 becomes 03:30.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(ZoneInfo("UTC"))


def wall_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of ``zone`` show at ``moment``, as a naive datetime."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def check_zone(timezone: str) -> None:
    """Raise ValidationError for what is no IANA zone."""
    try:
        validate_timezone(timezone)
    except ValidationError as fault:
        raise ValidationError({"timezone": fault}) from fault


def check(row: Appointment | Task) -> None:
    """Raise ValidationError by field unless the values of ``row`` are such as may be kept."""
    row.clean_fields(exclude=["user", "series", "timezone", "original_start", "uid"])


def read_minutes(value: int | Sequence[int]) -> list[int]:
    """Reminders, in minutes before: one or several, each once, the latest first. Raises ValidationError."""
    minutes = [value] if isinstance(value, int) else list(value)
    if any(isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= MOST_REMINDER_MINUTES for n in minutes):
        told = gettext_lazy("Cada aviso va de 0 a %(most)d minutos antes.")
        raise ValidationError({"reminder_minutes": ValidationError(told, params={"most": MOST_REMINDER_MINUTES})})
    if len(set(minutes)) > MOST_REMINDERS:
        told = gettext_lazy("Como mucho %(most)d avisos.")
        raise ValidationError({"reminder_minutes": ValidationError(told, params={"most": MOST_REMINDERS})})
    return sorted(set(minutes))


def read_people(people: Sequence[Person | str]) -> list[dict[str, Any]]:
    """Who comes, as fields of Attendee: a text is a name; a contact lends what is not said. Raises ValidationError."""
    if len(people) > MOST_ATTENDEES:
        told = gettext_lazy("Como mucho %(most)d asistentes.")
        raise ValidationError({"attendees": ValidationError(told, params={"most": MOST_ATTENDEES})})
    given = [{"name": one} if isinstance(one, str) else one for one in people]
    ids = {one["contact"] for one in given if one.get("contact") is not None}
    contacts = {contact.pk: contact for contact in Contact.objects.filter(pk__in=ids)} if ids else {}
    if missing := ids - set(contacts):
        told = gettext_lazy("No tienes el contacto %(id)d.")
        raise ValidationError({"attendees": ValidationError(told, params={"id": min(missing)})})
    return [_read_person(one, contacts) for one in given]


def _read_person(person: Person, contacts: dict[int, Contact]) -> dict[str, Any]:
    contact = contacts.get(person.get("contact") or 0)
    fields = {name: str(person.get(name) or getattr(contact, name, "")).strip() for name in ("name", "email", "phone")}
    if not any(fields.values()):
        raise ValidationError({"attendees": gettext_lazy("Di el nombre, el correo o el teléfono de cada asistente.")})
    try:
        Attendee(**fields).clean_fields(exclude=["user", "appointment", "contact"])
    except ValidationError as fault:
        who = fields["name"] or fields["email"]
        told = [
            ValidationError("%(name)s: %(told)s", code="attendee", params={"name": who, "told": message})
            for message in fault.messages
        ]
        raise ValidationError({"attendees": told}) from fault
    return {**fields, "contact_id": contact.pk if contact else None}


def summarise(row: Appointment | Task, *, user: User, now: datetime | None = None) -> str:
    """One line for people, in their language and zone: «Reunión con Carla, jueves 26 a las 15:30».

    With ``now`` a day of another year says its year.
    """
    today = None if now is None else now.astimezone(ZoneInfo(user.timezone)).date()
    with translation.override(user.language):
        if isinstance(row, Task):
            return f"{row.title}, {say_day(row.due_date, today=today)}" if row.due_date else row.title
        start = row.start_datetime.astimezone(ZoneInfo(row.timezone if row.all_day else user.timezone))
        if row.all_day:
            return f"{row.title}, {say_day(start.date(), today=today)}"
        when = {"day": say_day(start.date(), today=today), "time": f"{start:%H:%M}"}
        return f"{row.title}, " + _("%(day)s a las %(time)s") % when


def say_day(day: date, *, today: date | None = None) -> str:
    """«jueves 26 de noviembre», in the active language; with the year when it is not that of ``today``."""
    if today is not None and day.year != today.year:
        return phrases.say_day(day, today=today)
    return formats.date_format(day, _("l j \\d\\e F"))


def preferences_of(user: User) -> Preferences:
    """The preferences of ``user``, whose scope is open, without asking for the user again."""
    preferences = Preferences.current(user)
    preferences.user = user
    return preferences


def tenant() -> User:
    """Whose scope is open."""
    user = current_tenant()
    if user is None:
        raise RuntimeError("open the tenant's scope first")
    return user
