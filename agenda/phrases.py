"""How the agenda is spoken of: days, hours and places on the clock, in the language that is active.

«jueves 26 de noviembre a las 15:30 (hora de Bogotá)». Names of days, months and cities are CLDR's, by Babel.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agenda.models import Appointment, Task

_day_patterns = {
    "es": ("EEEE d 'de' MMMM", "EEEE d 'de' MMMM 'de' y"),
    "en": ("EEEE, MMMM d", "EEEE, MMMM d, y"),
    "pt": ("EEEE, d 'de' MMMM", "EEEE, d 'de' MMMM 'de' y"),
}


def say_day(day: date, *, today: date) -> str:
    """«jueves 26 de noviembre», with the year when it is not that of ``today``."""
    language = _language()
    return format_date(day, _day_patterns[language][day.year != today.year], locale=language)


def say_near_day(day: date, *, today: date) -> str:
    """The same, after «hoy» or «mañana» when it is one of these."""
    near = {0: _("hoy, %(day)s"), 1: _("mañana, %(day)s")}.get((day - today).days, "%(day)s")
    return near % {"day": say_day(day, today=today)}


def say_moment(moment: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """«jueves 26 de noviembre a las 15:30 (hora de Bogotá)», on the clock of ``zone``."""
    local = moment.astimezone(zone)
    # One o'clock is singular in Spanish and Portuguese.
    form = (
        _("%(day)s a la %(time)s (hora de %(city)s)")
        if local.hour == 1
        else _("%(day)s a las %(time)s (hora de %(city)s)")
    )
    day = say_day(local.date(), today=now.astimezone(zone).date())
    return form % {"day": day, "time": say_time(local), "city": say_city(zone)}


def say_time(moment: datetime, *, zone: tzinfo | None = None) -> str:
    """«09:05», «15:30»."""
    local = moment if zone is None else moment.astimezone(zone)
    return f"{local:%H:%M}"


def say_city(zone: ZoneInfo) -> str:
    """The city after which a time zone is called: «Bogotá», «Nueva York»; the zone's own name where it has none."""
    if "/" not in zone.key or zone.key.startswith("Etc/"):
        return zone.key.removeprefix("Etc/")
    return get_timezone_location(zone, locale=_language(), return_city=True).rsplit("/", 1)[-1]


def say_appointment(appointment: Appointment, *, zone: ZoneInfo, now: datetime) -> str:
    """«Reunión con Carla, jueves 26 de noviembre a las 15:30 (hora de Bogotá)»."""
    if not appointment.all_day:
        return f"{appointment.title}, {say_moment(appointment.start_datetime, zone=zone, now=now)}"
    own = ZoneInfo(appointment.timezone)
    day = say_day(appointment.start_datetime.astimezone(own).date(), today=now.astimezone(own).date())
    return _("%(title)s, %(day)s, todo el día") % {"title": appointment.title, "day": day}


def say_task(task: Task, *, zone: ZoneInfo, now: datetime) -> str:
    """«Pagar el arriendo, vence hoy, jueves 26 de noviembre»; the title alone without a due day."""
    if task.due_date is None:
        return task.title
    today = now.astimezone(zone).date()
    form = _("%(title)s, venció el %(day)s") if task.due_date < today else _("%(title)s, vence %(day)s")
    if (task.due_date - today).days > 1:
        form = _("%(title)s, vence el %(day)s")
    return form % {"title": task.title, "day": say_near_day(task.due_date, today=today)}


def _language() -> str:
    language = (get_language() or "es")[:2]
    return language if language in _day_patterns else "es"
