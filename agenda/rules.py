"""Rules by which something comes back: RFC 5545's RRULE on the clock of a zone, daily at the most often.

A rule runs on naive wall-clock datetimes; ``details.settle`` says which instants they are.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agenda.details import DAY, settle, wall_of

LONGEST_RULE = 500
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# The Gregorian calendar repeats after 400 years, weekdays included.
CALENDAR_CYCLE = 400
LAST_YEAR = 9998

Parts = dict[str, str]

_finer = {"HOURLY", "MINUTELY", "SECONDLY"}
_number = r"[+-]?\d{1,3}"
_weekday = "|".join(WEEKDAYS)
_forms = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,4}",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "BYDAY": rf"([+-]?[1-9]\d?)?({_weekday})",
    "BYMONTHDAY": r"[+-]?([1-9]|[12]\d|3[01])",
    "BYMONTH": r"[1-9]|1[0-2]",
    "BYYEARDAY": rf"(?![+-]?0){_number}",
    "BYWEEKNO": r"[+-]?([1-9]|[1-4]\d|5[0-3])",
    "BYSETPOS": rf"(?![+-]?0){_number}",
    "WKST": _weekday,
}
_lists = {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"}
# RFC 5545, 3.3.10: what does not go with a frequency.
_misfits = {
    "DAILY": {"BYYEARDAY", "BYWEEKNO"},
    "WEEKLY": {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"},
    "MONTHLY": {"BYYEARDAY", "BYWEEKNO"},
    "YEARLY": set(),
}


def read_rule(text: str) -> str:
    """``text`` as we keep it: upper case, FREQ first. Raises ValidationError naming ``rrule`` for what is none."""
    parts = split(text.strip().upper().removeprefix("RRULE:"))
    if parts.get("FREQ") in _finer or parts.keys() & {"BYHOUR", "BYMINUTE", "BYSECOND"}:
        raise _refused(_("Una cita o una tarea se repite como mucho una vez al día."))
    for name, value in parts.items():
        form, values = _forms.get(name), value.split(",") if name in _lists else [value]
        if form is None or not all(re.fullmatch(form, one, re.ASCII) for one in values):
            raise _refused(_("No entendemos «%(part)s» en la repetición."), part=f"{name}={value}"[:60])
    if "FREQ" not in parts:
        raise _refused(_("La repetición debe decir cada cuánto: FREQ=WEEKLY, por ejemplo."))
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise _refused(_("La repetición termina por COUNT o por UNTIL, no por los dos."))
    _check_fit(parts)
    if "UNTIL" in parts:
        until_of(parts, ZoneInfo("UTC"))
    return join(parts)


def split(text: str) -> Parts:
    """A rule's parts by name."""
    if len(text) > LONGEST_RULE:
        raise _refused(_("La repetición es demasiado larga."))
    pairs = [part.partition("=")[::2] for part in text.split(";") if part]
    parts = dict(pairs)
    if len(parts) < len(pairs):
        raise _refused(_("La repetición dice algo dos veces."))
    return parts


def join(parts: Parts) -> str:
    """The rule of ``parts``."""
    return ";".join(f"{name}={parts[name]}" for name in sorted(parts, key=lambda name: (name != "FREQ", name)))


def occurrences(*, rule: str, start: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The wall-clock times of ``rule``, which begins at ``start`` on the clock of ``zone``, up to ``until``, in order.

    ``start`` itself is one only where the rule has it. Ends sooner when the rule does.
    """
    parts = split(rule)
    ends = until_of(parts, zone)
    # An UNTIL in UTC is an instant, and two of them may look alike on a clock that goes back.
    instant = datetime.fromisoformat(parts["UNTIL"]) if parts.get("UNTIL", "").endswith("Z") else None
    last = until if ends is None else min(until, ends if instant is None else ends + DAY)
    if last < start:
        return
    # A rule that never falls is looked for to the end of time, which is the year 9999 to dateutil: so begin near it.
    ahead = (LAST_YEAR - max(start.year, last.year)) // CALENDAR_CYCLE * CALENDAR_CYCLE
    found = rrulestr(join({k: v for k, v in parts.items() if k != "UNTIL"}), dtstart=_years(start, ahead))
    for wall in found:
        wall = _years(wall, -ahead)
        if wall > last or (instant is not None and settle(wall, zone) > instant):
            return
        yield wall


def has_ended(*, rule: str, start: datetime, until: datetime, zone: ZoneInfo, made: int) -> bool:
    """Whether nothing comes after ``until``, by when the rule has come ``made`` times."""
    parts = split(rule)
    last = until_of(parts, zone)
    return (last is not None and last <= until) or ("COUNT" in parts and made >= int(parts["COUNT"]))


def until_of(parts: Parts, zone: ZoneInfo) -> datetime | None:
    """When a rule ends, on the clock of ``zone``; a day counts whole. None for one that does not say."""
    text = parts.get("UNTIL")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)  # in UTC when it ends in Z
        if len(text) == 8:
            return datetime.combine(moment, time.max)
        return wall_of(moment, zone) if moment.tzinfo else moment
    except (ValueError, OverflowError) as fault:
        raise _refused(_("La repetición termina en una fecha que no existe.")) from fault


def ending_before(*, rule: str, wall: datetime) -> str:
    """``rule`` without what it has from ``wall`` on."""
    until = f"{wall - timedelta(seconds=1):%Y%m%dT%H%M%S}"
    parts = {**split(rule), "UNTIL": until}
    parts.pop("COUNT", None)
    return join(parts)


def without_first(*, rule: str, times: int) -> str:
    """``rule`` as it goes on after it has come ``times`` times."""
    parts = split(rule)
    if "COUNT" in parts:
        parts["COUNT"] = str(max(1, int(parts["COUNT"]) - times))
    return join(parts)


def shifted(*, rule: str, old: datetime, new: datetime, zone: ZoneInfo) -> str:
    """``rule`` whose time ``old`` has become ``new``. Raises ValidationError when its days cannot follow by themselves.

    Days of the week turn along; the one day of a month becomes the new one's.
    """
    parts, days = split(rule), (new.date() - old.date()).days
    last = until_of(parts, zone)
    if last is not None:
        parts["UNTIL"] = f"{last + (new - old):%Y%m%dT%H%M%S}"
    if days and parts["FREQ"] in ("DAILY", "WEEKLY") and not parts.keys() & {"BYMONTHDAY", "BYMONTH", "BYSETPOS"}:
        if "BYDAY" in parts:
            parts["BYDAY"] = ",".join(_turned(day, days) for day in parts["BYDAY"].split(","))
            parts["WKST"] = _turned(parts.get("WKST", "MO"), days)
    elif days and parts.keys() & (_lists | {"BYSETPOS"}):
        _shift_day_of_month(parts, new)
    return join(parts)


def _shift_day_of_month(parts: Parts, new: datetime) -> None:
    told = {name for name in parts if name in _lists}
    length = monthrange(new.year, new.month)[1]
    ordinal = re.fullmatch(r"([+-]?\d)([A-Z]{2})", parts.get("BYDAY", ""))
    if told <= {"BYMONTH", "BYMONTHDAY"} and "," not in parts.get("BYMONTHDAY", "") + parts.get("BYMONTH", ""):
        if "BYMONTHDAY" in parts:
            back = parts["BYMONTHDAY"].startswith("-")
            parts["BYMONTHDAY"] = str(new.day - length - 1 if back else new.day)
        if "BYMONTH" in parts:
            parts["BYMONTH"] = str(new.month)
    elif told == {"BYDAY"} and ordinal:
        back = ordinal[1].startswith("-")
        nth = -((length - new.day) // 7 + 1) if back else (new.day - 1) // 7 + 1
        parts["BYDAY"] = f"{nth}{WEEKDAYS[new.weekday()]}"
    else:
        raise _refused(_("Di también los días nuevos de la repetición: estos no se pueden mover juntos."))


def _check_fit(parts: Parts) -> None:
    frequency = parts["FREQ"]
    ordinals = re.search(r"\d", parts.get("BYDAY", ""))
    if (
        parts.keys() & _misfits[frequency]
        or (ordinals and frequency in ("DAILY", "WEEKLY"))
        or (ordinals and "BYWEEKNO" in parts)
        or ("BYSETPOS" in parts and not parts.keys() & (_lists - {"BYSETPOS"}))
    ):
        raise _refused(_("La repetición combina días que no van juntos."))


def _turned(weekday: str, days: int) -> str:
    return WEEKDAYS[(WEEKDAYS.index(weekday) + days) % 7]


def _years(moment: datetime, years: int) -> datetime:
    return moment.replace(year=moment.year + years)


def _refused(told: str | Promise, **params: str) -> ValidationError:
    return ValidationError({"rrule": ValidationError(cast(str, told), params=params or None)})
