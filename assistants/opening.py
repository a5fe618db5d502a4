"""When a business is open, in words: what the working hours of its preferences say, and which days are holidays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from agenda.availability import is_holiday
from assistants.language import Language
from assistants.moments import join, write_day
from tenants.hours import WEEKDAYS, default_working_hours
from tenants.models import Preferences

HOLIDAYS_AHEAD = 31  # days
_NAMES: dict[Language, tuple[str, ...]] = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
}
_SPAN: dict[Language, str] = {"es": "de {start} a {end}", "en": "from {start} to {end}", "pt": "das {start} às {end}"}
_DAYS: dict[Language, str] = {"es": "{first} a {last}", "en": "{first} to {last}", "pt": "{first} a {last}"}


def known_hours(preferences: Preferences) -> dict[str, list[list[str]]]:
    """The working hours as the owner set them; none when they are what every account begins with.

    Nobody has said those: they are told to customers only where customers may book by them.
    """
    hours: dict[str, Any] = preferences.working_hours
    if hours == default_working_hours() and not preferences.customers_may_book:
        return {}
    return hours


def write_week(hours: dict[str, list[list[str]]], *, language: Language) -> str:
    """«lunes a viernes de 09:00 a 18:00; sábado de 09:00 a 13:00»; empty without hours."""
    groups: list[tuple[int, int, list[list[str]]]] = []
    for place, day in enumerate(WEEKDAYS):
        spans = hours.get(day) or []
        if groups and groups[-1][1] == place - 1 and groups[-1][2] == spans:
            groups[-1] = (groups[-1][0], place, spans)
        else:
            groups.append((place, place, spans))
    return "; ".join(
        f"{_name(first, last, language)} {write_spans(spans, language=language)}"
        for first, last, spans in groups
        if spans
    )


def write_spans(spans: list[list[str]], *, language: Language) -> str:
    """«de 09:00 a 13:00 y de 15:00 a 18:00»."""
    return join([_SPAN[language].format(start=start, end=end) for start, end in spans], language=language)


def holidays_ahead(preferences: Preferences, *, today: date) -> list[date]:
    """The national holidays of the next days."""
    days = (today + timedelta(days=n) for n in range(HOLIDAYS_AHEAD))
    return [day for day in days if is_holiday(day=day, country=preferences.country)]


def write_holidays(days: list[date], *, language: Language, today: date) -> str:
    """«martes 8 de diciembre (2026-12-08)»; empty without any."""
    told = [f"{write_day(day, language=language, today=today)} ({day.isoformat()})" for day in days]
    return join(told, language=language)


def _name(first: int, last: int, language: Language) -> str:
    names = _NAMES[language]
    if first == last:
        return names[first]
    if last == first + 1:
        return join([names[first], names[last]], language=language)
    return _DAYS[language].format(first=names[first], last=names[last])
