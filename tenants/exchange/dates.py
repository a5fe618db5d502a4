"""Days and hours as people write them: 23/11/2026, 2026-11-23, «23 nov 2026», «Nov 23, 2026 3:30 pm», 46349."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Any

from babel import Locale

from tenants.exchange.faults import NotSo

LONGEST = 60
PIVOT = 70  # two digits: «26» is 2026, «85» is 1985
SPREADSHEET_ZERO = date(1899, 12, 30)  # the day that a spreadsheet counts from, after its day that never was
FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000  # 1954 to 2119: a bare number that may be a day
ORDERS = ("dmy", "mdy", "ymd")

_iso = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_numbers = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})")
_compact = re.compile(r"(\d{4})(\d{2})(\d{2})")
_hour = re.compile(
    r"(\d{1,2})(?:[:h.](\d{2}))?(?:[:](\d{2}))?\s*h?(?:rs?\.?|s)?\s*([ap])?\.?\s?(?:m\.?)?", re.IGNORECASE
)
_word_first = re.compile(r"([a-z]+)\.?\s*(\d{1,2})(?:st|nd|rd|th)?\.?,?\s+(\d{4}|\d{2})")
_day_first = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|o|a)?\.?[-/ ]*(?:de\s+)?([a-z]+)\.?[-/, ]*(?:de[l]?\s+)?(\d{4}|\d{2})"
)
_weekday = re.compile(r"([a-z-]+)\.?,?\s+")
_fillers = re.compile(r"\b(?:a las?|as|at|del|el|on)\b")


def read_date(given: Any, *, order: str) -> date:
    """The day that a cell holds or says; ``order`` (dmy, mdy, ymd) decides only what is open. Raises NotSo."""
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    if isinstance(given, int | float) and not isinstance(given, bool):
        return _serial(given).date()
    day, rest = _split(_plain(str(given)), order)
    if rest and _hour_of(rest) is None:
        raise NotSo("not_a_date")
    return day


def read_datetime(given: Any, *, order: str, zone: tzinfo) -> datetime:
    """The moment that a cell holds or says, on the clock of ``zone`` unless it names another. Raises NotSo."""
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=zone)
    if isinstance(given, date):
        return datetime.combine(given, time(), zone)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return _serial(given).replace(tzinfo=zone)
    text = _plain(str(given))
    if found := _iso.fullmatch(text.upper()):
        return _of_iso(found, zone)
    day, rest = _split(text, order)
    hour = _hour_of(rest) if rest else time()
    if hour is None:
        raise NotSo("not_a_moment")
    return datetime.combine(day, hour, zone)


def read_time(given: Any) -> time:
    """The hour that a cell holds or says: «15:30», «3:30 p. m.», «15h30». Raises NotSo."""
    if isinstance(given, datetime):
        return given.time()
    if isinstance(given, time):
        return given
    if isinstance(given, float) and 0 <= given < 1:
        return _serial(FIRST_SERIAL + given).time()
    hour = _hour_of(_plain(str(given)))
    if hour is None:
        raise NotSo("not_an_hour")
    return hour


def guess_order(texts: Iterable[str], *, otherwise: str) -> str:
    """The order of day and month in most of the ``texts`` that leave no doubt; ``otherwise`` when all do."""
    votes = dict.fromkeys(ORDERS, 0)
    for text in texts:
        found = _numbers.match(_plain(text[:LONGEST]))
        if not found:
            continue
        first, second = found[1], found[2]
        if len(first) == 4:
            votes["ymd"] += 1
        elif int(first) > 12 >= int(second):
            votes["dmy"] += 1
        elif int(second) > 12 >= int(first):
            votes["mdy"] += 1
    if not votes["dmy"] and not votes["mdy"]:
        return otherwise  # a year in front says itself what it is
    return "dmy" if votes["dmy"] >= votes["mdy"] else "mdy"


def looks_like_date(text: str) -> bool:
    """Whether a text may be a day, for guessing what a column is."""
    try:
        read_date(text, order="dmy")
    except NotSo:
        return False
    return not text.strip().isdigit()


def _plain(text: str) -> str:
    if len(text) > LONGEST:
        raise NotSo("not_a_date")
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(sign for sign in text if not unicodedata.combining(sign)).split())


def _split(text: str, order: str) -> tuple[date, str]:
    """The day that stands in front, and what follows it. Raises NotSo."""
    if found := _iso.match(text.upper()):
        return _day(int(found[1]), int(found[2]), int(found[3])), _rest(text[found.end(3) :].lstrip("t"))
    if found := _compact.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3])), ""
    # «Mar 23, 2026» is in March, «mar 23/3/2026» on a Tuesday.
    if not _word_first.match(text) and (named := _weekday.match(text)) and named[1] in _weekdays():
        text = text[named.end() :]
    if found := _numbers.match(text):
        return _in_order(found[1], found[2], found[3], order), _rest(text[found.end() :])
    if (found := _day_first.match(text)) and (month := _months().get(found[2])):
        return _day(_year(found[3]), month, int(found[1])), _rest(text[found.end() :])
    if (found := _word_first.match(text)) and (month := _months().get(found[1])):
        return _day(_year(found[3]), month, int(found[2])), _rest(text[found.end() :])
    if text.isdigit() and FIRST_SERIAL <= int(text) <= LAST_SERIAL:
        return _serial(int(text)).date(), ""
    raise NotSo("not_a_date")


def _rest(text: str) -> str:
    return _fillers.sub(" ", text).strip(" ,-")


def _in_order(first: str, second: str, third: str, order: str) -> date:
    if len(first) > 2 or (order == "ymd" and len(third) < 3):
        return _day(_year(first), int(second), int(third))
    one, two = int(first), int(second)
    if order == "mdy":
        one, two = two, one
    # «23/11» and «11/23» say themselves which is the month.
    day, month = (two, one) if two > 12 >= one else (one, two)
    return _day(_year(third), month, day)


def _year(text: str) -> int:
    if len(text) == 3:
        raise NotSo("not_a_date")
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < PIVOT else 1900)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as fault:
        raise NotSo("no_such_day") from fault


def _of_iso(found: re.Match[str], zone: tzinfo) -> datetime:
    day = _day(int(found[1]), int(found[2]), int(found[3]))
    try:
        hour = time(
            int(found[4] or 0), int(found[5] or 0), int(found[6] or 0), int((found[7] or "0").ljust(6, "0")[:6])
        )
    except ValueError as fault:
        raise NotSo("no_such_hour") from fault
    if not found[8]:
        return datetime.combine(day, hour, zone)
    offset = "+00:00" if found[8] == "Z" else found[8]
    try:
        moment = datetime.fromisoformat(f"{day.isoformat()}T{hour.isoformat()}{offset}")
        return moment.astimezone(zone)
    except (ValueError, OverflowError) as fault:
        raise NotSo("not_a_moment") from fault


def _hour_of(text: str) -> time | None:
    if text in ("mediodia", "noon", "meio-dia"):
        return time(12)
    found = _hour.fullmatch(text.strip())
    if not found or not (found[2] or found[4]):
        return None
    hour, minute, second, half = int(found[1]), int(found[2] or 0), int(found[3] or 0), found[4]
    if half and not 1 <= hour <= 12:
        half = None if hour <= 23 else half
    elif half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _serial(number: float) -> datetime:
    """A day as spreadsheets count them, its hour in the fraction. Raises NotSo."""
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        raise NotSo("not_a_date")
    return datetime.combine(SPREADSHEET_ZERO, time()) + timedelta(seconds=round(number * 86_400))


@cache
def _months() -> dict[str, int]:
    """The names of the months in Spanish, English and Portuguese, whole and in short, without accents."""
    found = {"set": 9, "sept": 9}
    for language in ("es", "en", "pt"):
        names = Locale(language).months["format"]
        for width in ("wide", "abbreviated"):
            for number, name in names[width].items():
                found[_plain(name).strip(".")] = number
    return found


@cache
def _weekdays() -> frozenset[str]:
    found = set()
    for language in ("es", "en", "pt"):
        for width in ("wide", "abbreviated"):
            found |= {_plain(name).strip(".") for name in Locale(language).days["format"][width].values()}
    return frozenset(found)
