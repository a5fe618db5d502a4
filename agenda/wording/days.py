"""Days of the calendar: «el 3 de mayo», «4/22», «2016-04-22», «el 15», «viernes 13»."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from agenda.wording.arithmetic import add_months, day_of, full_year
from agenda.wording.pieces import Day, Found, Instant, Piece, Reference, rule

MONTH = "MONTH/SHORT_MONTH"
WEEKDAY = "WEEKDAY/SHORT_WEEKDAY"
SEPARATOR = "(DASH|SLASH|DOT)"
NOT_COUNTED = "(?! UNIT | AM/PM | PERCENT | MONEY | COLON NUM)"
WITH_WEEKDAY = f"(THE|ON)? (w={WEEKDAY} DOT? (COMMA|THE|DAY_UNIT|ON|DASH|OPEN)*)?"
NEARBY_YEAR = "(OF|IN|COMMA)* THE? (yr=NEXT/LAST/THIS YEAR_UNIT | YEAR_UNIT yr=NEXT/LAST/THIS)"
YEAR = (
    "((OF|COMMA|DASH|SLASH|DOT)* (THE? YEAR_UNIT OF?)? y=YEAR | (OF|DASH|SLASH|DOT|QUOTE) QUOTE? yy=SHORT_YEAR"
    f" | {NEARBY_YEAR})?"
)
NEARBY_MONTH = "(THE? r=NEXT/LAST/THIS MONTH_UNIT | THE? MONTH_UNIT r2=NEXT/LAST/THIS | THE? MONTH_UNIT)"


def step(found: Found, *names: str) -> int | None:
    """-1 for the last, 0 for this, 1 for the next; None when nothing is said."""
    for name in names or ("r", "r2"):
        for symbol, value in (("NEXT", 1), ("LAST", -1), ("THIS", 0), ("THAT", 0)):
            if found.means(name, symbol):
                return value
    return None


def dated(days: tuple[date | None, ...], weekday: int | None, *, floating: bool = False) -> Day:
    """A numbered day; impossible when nothing is left of ``days``."""
    left = tuple(dict.fromkeys(day for day in days if day))
    if not left:
        return Day(reasons=("impossible_date",), numbered=True)
    reasons = ("past_or_future",) if len(left) > 1 else ()
    if weekday is not None and left[0].weekday() != weekday:
        reasons = ("weekday_mismatch", *reasons)
    return Day(days=left, reasons=reasons, numbered=True, floating=floating)


def yearless(month: int, day: int, reference: Reference) -> tuple[date | None, ...]:
    """The next such day from today and the one before it; a leap day may be eight years away."""
    today = reference.today
    near = [one for year in range(today.year - 8, today.year + 9) if (one := day_of(year, month, day))]
    return next((one for one in near if one >= today), None), next((one for one in reversed(near) if one < today), None)


def monthless(day: int, reference: Reference) -> tuple[date | None, ...]:
    """The next such day of a month from today and the one before it."""
    today = reference.today
    months = [add_months(today.replace(day=1), ahead) for ahead in range(-2, 3)]
    days = [one for month in months if month and (one := day_of(month.year, month.month, day))]
    ahead = next((one for one in days if one >= today), None)
    behind = next((one for one in reversed(days) if one < today), None)
    return ahead, behind


def year_of(found: Found, reference: Reference) -> int | None:
    """The year that was said, or told from this one («del próximo año»)."""
    if found.has("yr"):
        return reference.today.year + (step(found, "yr") or 0)
    if found.has("y"):
        return int(found.value("y", "YEAR"))
    return full_year(found.value("yy", "SHORT_YEAR")) if found.has("yy") else None


@rule(
    f"{WITH_WEEKDAY} DAY_UNIT? d=DAY/ORD (OF|DASH|SLASH|DOT|COMMA|IN)? THE? (MONTH_UNIT OF)? m={MONTH} DOT? {YEAR}",
    f"{WITH_WEEKDAY} DAY_UNIT? d=DAY OPEN? w2={WEEKDAY} CLOSE? OF m={MONTH} DOT? {YEAR}",
    f"{WITH_WEEKDAY} (IN|OF)? m={MONTH} DOT? (THE|DASH|SLASH|COMMA|OF|DAY_UNIT)* d=DAY/ORD {NOT_COUNTED} ((OF"
    f"|COMMA|DASH|SLASH)? y=YEAR | {NEARBY_YEAR})?",
    f"(THE|ON)? y=YEAR ({SEPARATOR}|COMMA|OF)? m={MONTH} ({SEPARATOR}|COMMA|OF)? d=DAY/ORD",
    f"(THE|ON)? y=YEAR ({SEPARATOR}|COMMA|OF)? (THE|ON|DAY_UNIT)* d=DAY/ORD ({SEPARATOR}|OF)? m={MONTH}",
    f"(THE|ON)? m={MONTH} {SEPARATOR}? y=YEAR {SEPARATOR} d=DAY",
    f"(THE|ON)? d=DAY {SEPARATOR} y=YEAR {SEPARATOR} m={MONTH}",
)
def month_day(found: Found, reference: Reference) -> Piece | None:
    day, month = found.value("d", "DAY", "ORD"), found.value("m", "MONTH", "SHORT_MONTH")
    weekday = found.value("w", "WEEKDAY", "SHORT_WEEKDAY")
    year = year_of(found, reference)
    if year is not None:
        return dated((day_of(year, month, day),), weekday)
    return dated(yearless(month, day, reference), weekday)


@rule(
    f"(THE|ON|IN)* r=NEXT/LAST/THIS DAY_UNIT? d=DAY/ORD OF? m={MONTH}",
    f"(THE|ON|IN)* DAY_UNIT? d=DAY/ORD OF? m={MONTH} r=NEXT/LAST",
    f"(THE|ON|IN)* r=NEXT/LAST DAY_UNIT? d=DAY {NOT_COUNTED} (?! WEEKDAY | PART)",
)
def coming_month_day(found: Found, reference: Reference) -> Piece | None:
    """«el pasado 3 de mayo», «el próximo 15»: the words say on which side of today."""
    day = found.value("d", "DAY", "ORD")
    if found.has("m"):
        ahead, behind = yearless(found.value("m", "MONTH", "SHORT_MONTH"), day, reference)
    elif "THE" in found.tokens[found.first].values and reference.language != "en":
        ahead, behind = monthless(day, reference)
    else:
        return None
    return dated((behind if step(found) == -1 else ahead,), None)


@rule(f"{WITH_WEEKDAY} DAY_UNIT? (IN|ON|OF)? p=FULL_DATE")
def full_date(found: Found, reference: Reference) -> Piece | None:
    first, second, third = found.value("p", "FULL_DATE")
    weekday = found.value("w", "WEEKDAY", "SHORT_WEEKDAY")
    a, b, c = int(first), int(second), int(third)
    if len(first) == 4:
        options = [day_of(a, b, c), day_of(a, c, b) if b > 12 else None]
    else:
        year = full_year(c) if len(third) == 2 else c
        options = [day_of(year, b, a), day_of(year, a, b)]
        if reference.order == "mdy":
            options.reverse()
    return _either(options, weekday)


def _either(options: list[date | None], weekday: int | None) -> Day:
    """Day and month or month and day: the weekday decides when it was said."""
    left = tuple(dict.fromkeys(day for day in options if day))
    if weekday is not None and (right := tuple(day for day in left if day.weekday() == weekday)):
        left = right
    piece = dated(left, weekday)
    return Day(days=left, reasons=("day_or_month",), numbered=True) if len(left) > 1 else piece


@rule(
    f"{WITH_WEEKDAY} (prefix=IN/ON/THE/OF/BY)? (unit=DAY_UNIT)? p=DATE_DIGITS (COMMA? OF? y=YEAR)? (?! UNIT |"
    " MONEY | PERCENT)"
)
def digits(found: Found, reference: Reference) -> Piece | None:
    token = found.token("p")
    before = found.before()
    sure = found.tokens[found.first] is not token or found.has("y")
    follower = found.after()
    if token is None or (before and "MONEY" in before.values):
        return None
    if "DOTTED" in token.values and (not sure or (follower and not follower.values.keys().isdisjoint({"AM", "PM"}))):
        return None
    if "DASHED_PAIR" in token.values and not sure:
        return None
    first, second = token.values["DATE_DIGITS"]
    orders = [(second, first), (first, second)]  # (month, day)
    if reference.order == "mdy":
        orders.reverse()
    orders = [one for one in orders if one[0] <= 12]
    weekday = found.value("w", "WEEKDAY", "SHORT_WEEKDAY")
    if found.has("y"):
        return _either([day_of(found.value("y", "YEAR"), month, day) for month, day in orders], weekday)
    choices = [yearless(month, day, reference) for month, day in orders]
    choices = [one for one in choices if any(one)]
    if not choices:
        return dated((), weekday)
    piece = dated(choices[0], weekday)
    other = tuple(day for day in choices[1] if day and day not in piece.days) if len(choices) > 1 else ()
    if not other or first == second:
        return piece
    return Day(days=piece.days + other, reasons=("day_or_month", *piece.reasons), numbered=True)


@rule(
    f"(THE|ON|IN)* (unit=DAY_UNIT)? d=DAY/ORD (OF|IN|COMMA)* {NEARBY_MONTH}",
    f"{NEARBY_MONTH} (COMMA|ON|THE|IN|OF)* (unit=DAY_UNIT)? d=DAY/ORD {NOT_COUNTED}",
    f"{WITH_WEEKDAY} (unit=DAY_UNIT)? d=DAY/ORD (OF|IN|COMMA)* {NEARBY_MONTH}",
)
def day_of_nearby_month(found: Found, reference: Reference) -> Piece | None:
    shift = step(found)
    month = add_months(reference.today.replace(day=1), shift or 0)
    if month is None:
        return None
    day = found.value("d", "DAY", "ORD")
    if shift is None and not found.has("unit") and not found.means("d", "ORD"):
        return None
    return dated((day_of(month.year, month.month, day),), found.value("w", "WEEKDAY", "SHORT_WEEKDAY"))


_NO_HOUR = "(?! UNIT | AND | AM/PM | OF THE PART)"


@rule(
    f"(THE|ON)+ DAY_UNIT? d=DAY OF THE? (MONTH_UNIT)? m=MONTH_NUMBER (OF THE? y=YEAR)? {_NO_HOUR}",
    f"(THE|ON)* DAY_UNIT d=DAY OF THE? (MONTH_UNIT)? m=MONTH_NUMBER (OF THE? y=YEAR)? {_NO_HOUR}",
    "d=DAY OF THE? (MONTH_UNIT)? m=MONTH_NUMBER OF THE? y=YEAR",
)
def day_and_number_of_month(found: Found, reference: Reference) -> Piece | None:
    if "LAS" in found.tokens[found.first].values:
        return None
    day, month, year = found.value("d", "DAY"), found.value("m", "MONTH_NUMBER"), year_of(found, reference)
    return dated((day_of(year, month, day),) if year else yearless(month, day, reference), None)


@rule(
    f"(ON|THE)* prefix=THE d=DAY/ORD {NOT_COUNTED} (?! WEEKDAY | WEEK_UNIT | OCLOCK | FEAST | SHORT_OF LAS)",
    f"(THE|ON|IN)* unit=DAY_UNIT d=DAY/ORD {NOT_COUNTED}",
    "ON final=DAY (?! UNIT | AND | PART | OF | TO | SHORT_OF | NUM | x | AM/PM | MONEY | PERCENT | OCLOCK | DASH"
    " | SLASH | COLON)",
)
def numbered_day(found: Found, reference: Reference) -> Piece | None:
    prefix = found.token("prefix")
    if found.means("d", "WEEKDAY"):
        return None
    if prefix and not found.has("unit"):
        if prefix.word in {"las", "los", "la", "lo", "as", "os", "a", "das", "dos", "da", "nas", "nos", "pelas"}:
            return None
        if (
            found.means("d", "ORD")
            and not (found.token("d") or prefix).raw[:1].isdigit()
            and reference.language != "en"
        ):
            follower = found.after()
            if follower is None or follower.values.keys().isdisjoint({"A", "AT", "LAS", "CLOCK", "COMMA"}):
                return None  # «el segundo» of anything; «el quinto a las 4» is a day
    if found.has("final") and reference.language == "es":
        return None  # «para 4» is a table
    day = found.value("d", "DAY", "ORD") or found.value("final", "DAY")
    return dated(monthless(day, reference), None, floating=True)


@rule(f"{WITH_WEEKDAY} d=DAY/ORD {NOT_COUNTED} (?! OF THE? PART | OCLOCK | AND HALF | NUM)")
def weekday_and_number(found: Found, reference: Reference) -> Piece | None:
    """«viernes 13»: the next month in which it is one."""
    weekday, day = found.value("w", "WEEKDAY", "SHORT_WEEKDAY"), found.value("d", "DAY", "ORD")
    within = found.tokens[found.first + 1 : found.last]
    if weekday is None or _counts_something(found) or any(token.values.keys() & {"LAS", "IN"} for token in within):
        return None  # «lunes a las 8», «el lunes en ocho»
    return match_weekday(day, weekday, reference)


def _counts_something(found: Found) -> bool:
    """«el martes, tres periodistas»."""
    number, follower = found.token("d"), found.after()
    spelled = number is not None and not number.raw[:1].isdigit()
    return spelled and follower is not None and follower.word.isalpha() and not follower.values


def match_weekday(day: int, weekday: int, reference: Reference) -> Day:
    """This month's day when it is that weekday, even if over («el lunes 16»); else the next one, then the last."""
    first = reference.today.replace(day=1)
    months = [month for ahead in range(-40, 40) if (month := add_months(first, ahead))]
    days = [one for month in months if (one := day_of(month.year, month.month, day)) and one.weekday() == weekday]
    ahead = next((one for one in days if one >= reference.today), None)
    behind = next((one for one in reversed(days) if one < reference.today), None)
    if behind and behind >= first:
        return replace(dated((behind, ahead), None), reasons=("which_month",))
    return dated((ahead, behind), None)


@rule("p=INSTANT")
def instant(found: Found, reference: Reference) -> Piece | None:
    try:
        read = datetime.fromisoformat(found.value("p", "INSTANT"))
    except ValueError:
        return Day(reasons=("impossible_date",))
    return Instant(instants=(read,))
