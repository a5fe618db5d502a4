"""Hours of the day and of the week: when a tenant works, and when it wants to be left alone.

Working hours are ``{"mon": [["09:00", "13:00"], ["14:00", "18:00"]], …}``, quiet hours ``{"start": "21:00", "end":
"07:00"}`` (over midnight when the end is not after the start), all on the clock of the tenant's own zone.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.translation import gettext_lazy as _

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as datetime.weekday() counts them
MOST_SPANS = 6  # of one day
MIDNIGHT_AFTER = "24:00"

_clock = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def default_working_hours() -> dict[str, list[list[str]]]:
    """Nine to six from Monday to Friday, and Saturday morning: what most shops begin with."""
    return {day: [["09:00", "18:00"]] for day in WEEKDAYS[:5]} | {"sat": [["09:00", "13:00"]]}


def default_reminder_channels() -> list[str]:
    return ["web", "email"]


def read_clock(text: Any) -> time | None:
    """«09:30» as a time; None for anything else."""
    found = _clock.fullmatch(text) if isinstance(text, str) else None
    return time(int(found[1]), int(found[2])) if found else None


def validate_working_hours(value: Any) -> None:
    """Raise ValidationError unless the value has the form above: known days, spans in order that do not overlap."""
    if not isinstance(value, dict) or not set(value) <= set(WEEKDAYS):
        raise ValidationError(_("Debe ser un objeto con los días «mon» a «sun»."))
    for key, spans in value.items():
        day = str(WEEKDAY_NAMES[WEEKDAYS.index(key)]).capitalize()
        if not isinstance(spans, list) or len(spans) > MOST_SPANS:
            raise ValidationError(_("%(day)s: debe ser una lista de pares de horas."), params={"day": day})
        last = ""
        for span in spans:
            if not isinstance(span, list) or len(span) != 2 or not _is_span(*span):
                raise ValidationError(_("%(day)s: cada tramo es [«09:00», «13:00»]."), params={"day": day})
            if span[0] < last:
                raise ValidationError(_("%(day)s: los tramos se solapan o no están en orden."), params={"day": day})
            last = span[1]


def validate_quiet_hours(value: Any) -> None:
    """Raise ValidationError unless the value is None or two different hours of the day."""
    if value is None:
        return
    hours = [read_clock(value.get(name)) for name in ("start", "end")] if isinstance(value, dict) else []
    if not isinstance(value, dict) or set(value) != {"start", "end"} or None in hours or hours[0] == hours[1]:
        raise ValidationError(_("Debe tener «start» y «end», dos horas distintas como «21:00» y «07:00»."))


def working_spans(*, hours: dict[str, list[list[str]]], day: date, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """The spans of ``day`` in which the tenant works, as aware datetimes in ``zone``."""
    spans = []
    for start, end in hours.get(WEEKDAYS[day.weekday()], []):
        opens, closes = read_clock(start), read_clock(end)
        last = datetime.combine(day + timedelta(days=1) if closes is None else day, closes or time(), zone)
        if opens is not None:
            spans.append((datetime.combine(day, opens, zone), last))
    return spans


def quiet_until(*, quiet: dict[str, str] | None, moment: datetime) -> datetime | None:
    """When the quiet hours end in which ``moment`` lies, in the moment's own zone; None when it lies in none."""
    start, end = (read_clock(quiet[name]) for name in ("start", "end")) if quiet else (None, None)
    if start is None or end is None:
        return None
    clock = moment.time().replace(tzinfo=None)
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if not inside:
        return None
    day = moment.date() + timedelta(days=1) if end <= start <= clock else moment.date()
    return datetime.combine(day, end, moment.tzinfo)


def _is_span(start: Any, end: Any) -> bool:
    opens = read_clock(start)
    return opens is not None and (read_clock(end) is not None or end == MIDNIGHT_AFTER) and start < end
