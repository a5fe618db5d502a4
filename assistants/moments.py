"""How dates and hours are told to a person: «jueves 26 de noviembre de 15:30 a 16:30, hora de Bogotá»."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location

from assistants.language import Language

LOCALES: dict[Language, str] = {"es": "es", "en": "en", "pt": "pt_BR"}
_DAY: dict[Language, str] = {"es": "EEEE d 'de' MMMM", "en": "EEEE, MMMM d", "pt": "EEEE, d 'de' MMMM"}
_YEAR: dict[Language, str] = {"es": " 'de' y", "en": ", y", "pt": " 'de' y"}
_SPAN: dict[Language, str] = {
    "es": "{day} de {start} a {end}",
    "en": "{day}, from {start} to {end}",
    "pt": "{day}, das {start} às {end}",
}
_LONG_SPAN: dict[Language, str] = {
    "es": "desde el {day} a las {start} hasta el {last} a las {end}",
    "en": "from {day} at {start} to {last} at {end}",
    "pt": "de {day} às {start} até {last} às {end}",
}
_DAYS: dict[Language, str] = {
    "es": "del {day} al {last}, todo el día",
    "en": "from {day} to {last}, all day",
    "pt": "de {day} a {last}, o dia todo",
}
_ALL_DAY: dict[Language, str] = {"es": "{day}, todo el día", "en": "{day}, all day", "pt": "{day}, o dia todo"}
_AT: dict[Language, str] = {"es": "{day} a las {start}", "en": "{day} at {start}", "pt": "{day} às {start}"}
_ZONE: dict[Language, str] = {"es": "hora de {city}", "en": "{city} time", "pt": "horário de {city}"}
_AND: dict[Language, str] = {"es": " y ", "en": " and ", "pt": " e "}

_UNITS: tuple[tuple[int, dict[Language, tuple[str, str]]], ...] = (
    (
        7 * 24 * 60,
        {
            "es": ("una semana", "{n} semanas"),
            "en": ("one week", "{n} weeks"),
            "pt": ("uma semana", "{n} semanas"),
        },
    ),
    (24 * 60, {"es": ("un día", "{n} días"), "en": ("one day", "{n} days"), "pt": ("um dia", "{n} dias")}),
    (60, {"es": ("una hora", "{n} horas"), "en": ("one hour", "{n} hours"), "pt": ("uma hora", "{n} horas")}),
    (1, {"es": ("un minuto", "{n} minutos"), "en": ("one minute", "{n} minutes"), "pt": ("um minuto", "{n} minutos")}),
)
_AT_ONCE: dict[Language, str] = {"es": "a la hora en punto", "en": "when it starts", "pt": "na hora"}
_BEFORE: dict[Language, str] = {"es": "{time} antes", "en": "{time} before", "pt": "{time} antes"}


def write_day(day: date, *, language: Language, today: date) -> str:
    """«jueves 26 de noviembre», with the year when it is not this one."""
    pattern = _DAY[language] + (_YEAR[language] if day.year != today.year else "")
    return format_date(day, pattern, locale=LOCALES[language])


def write_clock(moment: datetime) -> str:
    """«15:30», as the moment's own zone has it."""
    return f"{moment:%H:%M}"


def write_moment(moment: datetime, *, language: Language, today: date) -> str:
    """«jueves 26 de noviembre a las 15:30»."""
    day = write_day(moment.date(), language=language, today=today)
    return _AT[language].format(day=day, start=write_clock(moment))


def write_span(start: datetime, end: datetime, *, all_day: bool = False, language: Language, today: date) -> str:
    """«jueves 26 de noviembre de 15:30 a 16:30»; both on the clock they are to be told in."""
    day = write_day(start.date(), language=language, today=today)
    last_day = (end - timedelta(minutes=1)).date() if all_day else end.date()
    last = write_day(last_day, language=language, today=today)
    if all_day:
        return (_ALL_DAY if last_day <= start.date() else _DAYS)[language].format(day=day, last=last)
    same_day = last_day == start.date() or (end - start < timedelta(hours=12) and end.hour < 6)
    clocks = {"start": write_clock(start), "end": write_clock(end)}
    return (_SPAN if same_day else _LONG_SPAN)[language].format(day=day, last=last, **clocks)


def write_zone(timezone: str, *, language: Language) -> str:
    """«hora de Bogotá»."""
    city = get_timezone_location(ZoneInfo(timezone), locale=LOCALES[language], return_city=True)
    return _ZONE[language].format(city=city or timezone)


def write_length(minutes: int, *, language: Language) -> str:
    """«una hora y 30 minutos»."""
    parts: list[str] = []
    for size, words in _UNITS:
        count, minutes = divmod(minutes, size)
        if count:
            one, many = words[language]
            parts.append(one if count == 1 else many.format(n=count))
    return join(parts, language=language) or _UNITS[-1][1][language][1].format(n=0)


def write_leads(minutes: Sequence[int], *, language: Language) -> str:
    """«una hora antes y 15 minutos antes»; empty without any."""
    leads = [
        _BEFORE[language].format(time=write_length(each, language=language)) if each else _AT_ONCE[language]
        for each in sorted(minutes)[::-1]
    ]
    return join(leads, language=language)


def join(parts: Sequence[str], *, language: Language) -> str:
    """«a, b y c»."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + _AND[language] + parts[-1]
