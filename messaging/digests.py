"""The day in one letter: in the morning what it holds, in the evening a look at tomorrow."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agenda.models import Appointment, Reminder, Task
from agenda.phrases import say_city, say_day, say_time
from tenants.models import User

MOST_LINES = 15  # of each part


def write_digest(*, kind: Reminder.Kind, user: User, now: datetime) -> tuple[str, str]:
    """Title and text, in the active language. In the tenant's scope."""
    zone = ZoneInfo(user.timezone)
    today = now.astimezone(zone).date()
    evening = kind == Reminder.Kind.EVENING
    day = today + timedelta(days=1) if evening else today
    form = _("Mañana, %(day)s") if evening else _("Tu día: %(day)s")
    parts = [_appointments(day, zone=zone), _tasks(day)]
    if not evening:
        parts.append(_overdue(today))
    said = [part for part in parts if part]
    empty = _("Mañana no tienes citas ni tareas.") if evening else _("Hoy no tienes citas ni tareas.")
    return form % {"day": say_day(day, today=today)}, "\n\n".join(said or [empty])


def _appointments(day: date, *, zone: ZoneInfo) -> str:
    start, end = (datetime.combine(day + timedelta(days=n), time(), zone) for n in (0, 1))
    found = Appointment.objects.standing().between(start, end).order_by("start_datetime", "pk")
    lines = []
    for one in found[:MOST_LINES]:
        hour = (
            _("todo el día") if one.all_day or one.start_datetime < start else say_time(one.start_datetime, zone=zone)
        )
        lines.append(f"{hour} · {one.title}" + (f" ({one.location})" if one.location else ""))
    return _part(_("Citas (hora de %(city)s)") % {"city": say_city(zone)}, lines, count=found.count())


def _tasks(day: date) -> str:
    found = Task.objects.open().filter(due_date=day).in_order()
    return _part(_("Tareas"), [one.title for one in found[:MOST_LINES]], count=found.count())


def _overdue(today: date) -> str:
    found = Task.objects.overdue(today=today).in_order()
    lines = [f"{one.title} ({say_day(one.due_date, today=today)})" for one in found[:MOST_LINES]]
    return _part(_("Tareas vencidas"), lines, count=found.count())


def _part(title: str, lines: list[str], *, count: int) -> str:
    more = count - len(lines)
    if more > 0:
        lines = [*lines, ngettext("y %(n)d más", "y %(n)d más", more) % {"n": more}]
    return "\n".join([title, *(f"- {line}" for line in lines)]) if lines else ""
