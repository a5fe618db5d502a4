"""What repeats: «los lunes», «cada dos semanas», «todos los días», «el primer lunes de cada mes», as RFC 5545 rules."""

from __future__ import annotations

from collections.abc import Sequence

from agenda.wording.days import MONTH
from agenda.wording.hours import moves
from agenda.wording.pieces import Cycle, Found, Piece, Reference, rule
from agenda.wording.tokens import Token

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
WEEKDAY = "WEEKDAY/WEEKDAYS"
FREQUENCIES = {
    "second": ("SECONDLY", 1),
    "minute": ("MINUTELY", 1),
    "hour": ("HOURLY", 1),
    "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
    "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1),
    "quarter": ("MONTHLY", 3),
    "semester": ("MONTHLY", 6),
    "year": ("YEARLY", 1),
    "decade": ("YEARLY", 10),
    "century": ("YEARLY", 100),
}
HABITS = {"FORTNIGHTLY": ("WEEKLY", 2), "QUARTERLY": ("MONTHLY", 3)}
MOST = 1000  # of an interval


def repeated(frequency: str, interval: int = 1, more: str = "", part: str | None = None) -> Piece | None:
    if not 1 <= interval <= MOST:
        return None
    every = f";INTERVAL={interval}" if interval > 1 else ""
    return Cycle(rule=f"FREQ={frequency}{every}{more}", part=part)


@rule(
    f"(ON|IN)? EVERY (OF|THE|PLURAL)* {WEEKDAY} ((COMMA|AND)+ (EVERY|THE|ON)* {WEEKDAY})*",
    f"ON? PLURAL {WEEKDAY} ((COMMA|AND)+ (THE|ON)* {WEEKDAY})*",
    "(ON|IN)* WEEKDAYS ((COMMA|AND)+ (THE|ON)* WEEKDAYS)*",
    "(THE|ON)* WEEKDAY ((COMMA|AND)+ (THE|ON)* WEEKDAY)* OF EVERY WEEK_UNIT",
    f"EVERY WEEK_UNIT (COMMA|THE|ON)* {WEEKDAY} ((COMMA|AND)+ (THE|ON)* {WEEKDAY})*",
    "(THE|ON)? WEEKDAY (COMMA (THE|ON)* WEEKDAY)* AND THE? WEEKDAY",
)
def weekly(found: Found, reference: Reference) -> Piece | None:
    tokens = found.tokens[found.first : found.last + 1]
    if any("THIS" in token.values for token in tokens) or _is_whole(tokens, reference):
        return None
    if not any(token.values.keys() & {"EVERY", "PLURAL", "WEEKDAYS"} for token in tokens) and any(
        "THE" in token.values or "ON" in token.values for token in tokens
    ):
        return None  # «el lunes y el martes» are two days
    days = sorted(set(found.all("WEEKDAY", "WEEKDAYS")))
    if (
        reference.language == "pt"
        and tokens[0].word in {"dos", "nos", "das", "nas", "aos"}
        and len(days) == 1
        and len(tokens) == 2
        and "WEEKDAYS" not in tokens[1].values
    ):
        return None
    return repeated("WEEKLY", more=";BYDAY=" + ",".join(DAYS[day] for day in days))


def _is_whole(tokens: Sequence[Token], reference: Reference) -> bool:
    """«todo el día» and «todo el martes» are one day; in Portuguese «todo dia» is every one and «todo o dia» is not."""
    if tokens[0].word not in {"todo", "toda", "all"}:
        return False
    return reference.language != "pt" or any("THE" in token.values for token in tokens[1:-1])


@rule(
    "EVERY n=NUM w=WEEKDAY/WEEKDAYS",
    "EVERY n=OTHER_ONE w=WEEKDAY",
    "(EVERY) n=NUM WEEK_UNIT (COMMA|THE|ON|IN)* w=WEEKDAY/WEEKDAYS",
)
def weekday_in_weeks(found: Found, reference: Reference) -> Piece | None:
    interval = found.value("n", "OTHER_ONE", "NUM")
    return repeated("WEEKLY", interval, f";BYDAY={DAYS[found.value('w', 'WEEKDAY', 'WEEKDAYS')]}")


@rule("EVERY (OF|THE|PLURAL)? n=NUM/OTHER_ONE u=UNIT", "EVERY (OF|THE|PLURAL)* u=UNIT")
def every_unit(found: Found, reference: Reference) -> Piece | None:
    unit = found.value("u", "UNIT")
    if _is_whole(found.tokens[found.first : found.last + 1], reference):
        return None
    number = found.value("n", "OTHER_ONE", "NUM") if found.has("n") else 1
    if unit == "workday":
        return Cycle(rule=WORKDAYS)
    if unit == "day" and number == 15 and reference.language != "en":
        return repeated("WEEKLY", 2)  # «cada 15 días» is every other week
    if unit == "day" and number == 8 and reference.language != "en":
        return repeated("WEEKLY")
    frequency, times = FREQUENCIES[unit]
    return repeated(frequency, number * times)


@rule("EVERY (OF|THE|PLURAL)* p=PART", "EVERY (OF|THE|PLURAL)* DAY_UNIT (BY|IN|AT|A|OF)+ THE? p=PART")
def every_part(found: Found, reference: Reference) -> Piece | None:
    if found.tokens[found.first].word in {"todo", "toda"} and reference.language == "es":
        return None
    return repeated("DAILY", part=found.value("p", "PART"))


@rule("h=HABIT")
def habit(found: Found, reference: Reference) -> Piece | None:
    name = found.value("h", "HABIT")
    frequency, interval = HABITS.get(name, (name, 1))
    return repeated(frequency, interval)


@rule("(EVERY|PLURAL|ON|IN|THE)* w=WORKDAYS", "FROM? a=WEEKDAY (TO|DASH) b=WEEKDAY", "EVERY (THE|PLURAL)? WEEKEND")
def days_of_work(found: Found, reference: Reference) -> Piece | None:
    if not found.has("a"):
        if found.has("w"):
            alone = found.first == found.last and "UNIT" in (found.token("w") or found.tokens[0]).values
            return None if alone else Cycle(rule=WORKDAYS)
        return repeated("WEEKLY", more=";BYDAY=SA,SU")
    if any(
        "THE" in token.values
        for token in found.tokens[found.first : found.last]
        if token.word in {"del", "al", "do", "ao", "the"}
    ):
        return None
    if moves(found.tokens):
        return None
    first, last = found.value("a", "WEEKDAY"), found.value("b", "WEEKDAY")
    days = [(first + ahead) % 7 for ahead in range((last - first) % 7 + 1)]
    return repeated("WEEKLY", more=";BYDAY=" + ",".join(DAYS[day] for day in sorted(days)))


@rule(
    "(THE|ON)* DAY_UNIT? d=DAY/ORD OF EVERY (THE|PLURAL)? MONTH_UNIT",
    "EVERY (THE|PLURAL)? DAY_UNIT d=DAY/ORD (OF (EVERY|THE)* MONTH_UNIT)?",
    "EVERY d=DAY/ORD OF (THE|EVERY)* MONTH_UNIT",
    "EVERY MONTH_UNIT (ON|THE|IN|COMMA)* DAY_UNIT? d=DAY/ORD",
    "PLURAL (DAY_UNIT)? d=DAY OF (EVERY|THE)* MONTH_UNIT",
    "(THE|ON)* final=FINAL DAY_UNIT OF EVERY (THE|PLURAL)? MONTH_UNIT",
    "EVERY END OF MONTH_UNIT",
    "(THE|ON|PLURAL)* (DAY_UNIT)? d=DAY/ORD AND THE? also=DAY/ORD OF EVERY (THE|PLURAL)? MONTH_UNIT",
)
def monthly(found: Found, reference: Reference) -> Piece | None:
    day, also = found.value("d", "DAY", "ORD") or -1, found.value("also", "DAY", "ORD")
    return repeated("MONTHLY", more=f";BYMONTHDAY={day},{also}" if also else f";BYMONTHDAY={day}")


@rule(
    "(THE|ON)* o=ORD/FINAL w=WEEKDAY OF (EVERY|THE|PLURAL)+ MONTH_UNIT",
    "EVERY o=ORD/FINAL w=WEEKDAY OF (THE|EVERY)* MONTH_UNIT",
    "EVERY o=ORD/FINAL w=WEEKDAY",
)
def monthly_weekday(found: Found, reference: Reference) -> Piece | None:
    tokens = found.tokens[found.first : found.last + 1]
    if not any("EVERY" in token.values for token in tokens):
        return None
    place = found.value("o", "FINAL", "ORD")
    return repeated("MONTHLY", more=f";BYDAY={place}{DAYS[found.value('w', 'WEEKDAY')]}") if -2 < place < 6 else None


@rule(
    f"EVERY d=DAY/ORD OF? m={MONTH}",
    f"(THE|ON)* d=DAY/ORD OF m={MONTH} OF EVERY YEAR_UNIT",
    f"EVERY m={MONTH} d=DAY/ORD",
    f"EVERY YEAR_UNIT (THE|ON|IN|COMMA)* d=DAY/ORD OF m={MONTH}",
)
def yearly(found: Found, reference: Reference) -> Piece | None:
    month, day = found.value("m", "MONTH", "SHORT_MONTH"), found.value("d", "DAY", "ORD")
    if day > (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31):
        return Cycle(reasons=("impossible_date",))
    return repeated("YEARLY", more=f";BYMONTH={month};BYMONTHDAY={day}")
