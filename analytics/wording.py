"""How a report says amounts and days in a person's language and country, and only what its typeface can draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_interval, get_day_names
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from django.utils.translation import gettext as _

from tenants.locales import locale_tag
from tenants.printable import printable

NONE = "–"
HARD = "\u00a0"  # a blank at which no line ends


@dataclass(frozen=True, slots=True)
class Named:
    """Days under one bar: what stands on the axis, and what a sentence calls them."""

    short: str
    full: str


class Wording:
    """Writes what a report holds as the person reads it. Numbers come as the API gives them: also as text, or None."""

    def __init__(self, *, language: str, currency: str, timezone: str) -> None:
        self.locale = Locale.parse(locale_tag(language=language, currency=currency), sep="-")
        self.currency = currency
        self.zone = ZoneInfo(timezone)

    def number(self, value: Any) -> str:
        return NONE if value is None else printable(format_decimal(value, format="#,##0.##", locale=self.locale))

    def money(self, value: Any) -> str:
        """An amount of the tenant's currency: cents only where there are any, as on the pages."""
        return NONE if value is None else self._amount(Decimal(value), self.currency)

    def usd(self, value: Any) -> str:
        """What a model costs: a matter of cents, and of less."""
        if value is None:
            return NONE
        amount = Decimal(value)
        if 0 < amount < Decimal("0.01"):
            return _("menos de %s") % self._amount(Decimal("0.01"), "USD")
        return self._amount(amount, "USD", whole=False)

    def cents(self, value: Any) -> str:
        """The same beside a bar, to the hundredth of a cent."""
        return self._amount(Decimal(str(value)), "USD", whole=False, places=4)

    def percent(self, share: Any) -> str:
        return NONE if share is None else printable(format_percent(round(float(share), 2), locale=self.locale))

    def duration(self, seconds: Any) -> str:
        """«8 s», «2 min 5 s», «1 h 5 min»."""
        if seconds is None:
            return NONE
        if seconds < 10:
            return f"{printable(format_decimal(round(float(seconds), 1), locale=self.locale))}{HARD}s"
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            text = f"{self.number(hours)} h" + (f" {minutes} min" if minutes else "")
        else:
            text = f"{minutes} min" + (f" {rest} s" if rest else "") if minutes else f"{rest} s"
        return text.replace(" ", HARD)

    def hours(self, minutes: Any) -> str:
        return f"{printable(format_decimal(round(minutes / 60, 1), locale=self.locale))} h"

    def day(self, value: date) -> str:
        return printable(format_date(value, "d MMM", locale=self.locale))

    def days(self, start: date, end: date) -> str:
        """«26 oct – 22 nov 2026»."""
        if start == end:
            return printable(format_date(start, "medium", locale=self.locale))
        return printable(format_interval(start, end, "yMMMd", locale=self.locale))

    def instant(self, value: datetime) -> str:
        return printable(format_datetime(value, "d MMM y, HH:mm", tzinfo=self.zone, locale=self.locale))

    def bucket(self, start: date, end: date, group: str) -> Named:
        if group == "month":
            name = printable(format_date(start, "MMM y", locale=self.locale))
            return Named(name, name)
        if group == "week":
            return Named(self.day(start), self.days(start, end))
        return Named(self.day(start), printable(format_date(start, "EEE d MMM", locale=self.locale)))

    @cached_property
    def weekdays(self) -> list[str]:
        names = get_day_names("abbreviated", locale=self.locale)
        return [printable(names[n]) for n in range(7)]

    @cached_property
    def weekdays_in_full(self) -> list[str]:
        names = get_day_names("wide", locale=self.locale)
        return [printable(names[n]) for n in range(7)]

    def listed(self, texts: Iterable[str]) -> str:
        *others, last = list(texts) or [""]
        return _("%(others)s y %(last)s") % {"others": ", ".join(others), "last": last} if others else last

    def change(self, value: Any, before: Any, *, say: Any = None, quicker: bool = False) -> str:
        """A figure beside that of the period before, in words."""
        if value is None or before is None:
            return _("sin con qué comparar")
        say = say or self.number
        now, then = Decimal(str(value)), Decimal(str(before))
        size = abs(now - then)
        if say(size) == say(Decimal(0)):
            return _("igual que antes")
        if quicker:
            words = _("%s más rápido") if now < then else _("%s más lento")
        else:
            words = _("%s más que antes") if now > then else _("%s menos que antes")
        share = f" ({'+' if now > then else '-'}{self.percent(size / then)})" if then > 0 else ""
        return words % say(size) + share

    def _amount(self, value: Decimal, currency: str, *, whole: bool = True, places: int = 2) -> str:
        pattern = self.locale.currency_formats["standard"].pattern
        value = round(value, places)
        pattern = pattern.replace(".00", ".00" + "#" * (places - 2))
        if whole and value == value.to_integral_value():
            pattern = pattern.replace(".00", "")
        if (
            self.locale.number_symbols["latn"]["decimal"] == ","
            or get_currency_symbol(currency, self.locale)[-1:].isalpha()
        ):
            pattern = pattern.replace("¤#", f"¤{HARD}#")  # as the browsers write it: «$ 1.234,50»
        return printable(format_currency(value, currency, pattern, locale=self.locale, currency_digits=False))
