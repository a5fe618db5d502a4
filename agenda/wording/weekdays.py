"""Days told from today: weekdays, «mañana», «el martes de la próxima semana», «el primer viernes de julio»."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time

from agenda.wording.arithmetic import add_days, add_months, day_of, monday_of, nth_weekday, weekday_in_week
from agenda.wording.days import MONTH, NEARBY_YEAR, step, year_of
from agenda.wording.pieces import Day, Days, Edge, Found, Instant, Piece, Reference, rule

NEARBY = {"TODAY": 0, "TOMORROW": 1, "YESTERDAY": -1, "DAY_AFTER": 2, "DAY_BEFORE": -2}
DAY_WORDS = "/".join(NEARBY)
END_OF_DAY = time(23, 59, 59)
YEAR = f"((OF|COMMA)* THE? (YEAR_UNIT OF?)? y=YEAR | {NEARBY_YEAR})?"
NEARBY_WEEK = "(THE? r=NEXT/LAST/THIS WEEK_UNIT | THE? WEEK_UNIT r2=NEXT/LAST/THIS)"
NEARBY_MONTH = "(THE? r=NEXT/LAST/THIS MONTH_UNIT | THE? MONTH_UNIT r2=NEXT/LAST/THIS)"
NOT_A_DAY = {
    "vez",
    "parte",
    "edicao",
    "avenida",
    "serie",
    "turma",
    "etapa",
    "fase",
    "rodada",
    "opcao",
    "mao",
    "classe",
    "via",
}


def one_day(*days: date | None, weekday: int | None = None, reasons: tuple[str, ...] = ()) -> Day:
    left = tuple(dict.fromkeys(day for day in days if day))
    if not left:
        return Day(reasons=("impossible_date",))
    return Day(days=left, weekday=weekday, reasons=reasons if len(left) > 1 else ())


@rule(f"THE? (DAY_UNIT (OF|COMMA)?)? t={DAY_WORDS}")
def nearby_day(found: Found, reference: Reference) -> Piece | None:
    token = found.token("t")
    if token is None:
        return None
    before, first = found.before(), found.tokens[found.first]
    morning = "MORNING" in token.values
    if morning and first is not token and first.word in {"la", "esta"}:
        return None
    if morning and before and before.word in {"cada", "esta", "otra", "toda"}:
        return None
    days = next(days for symbol, days in NEARBY.items() if symbol in token.values)
    if token.word.startswith("antes de antes"):
        days -= 1
    return one_day(add_days(reference.today, days))


@rule("(THE|IN|ON|OF)* (r=NEXT DAY_UNIT | DAY_UNIT r2=NEXT | r=THIS DAY_UNIT | THE DAY_UNIT r2=LAST | r=LAST DAY_UNIT)")
def next_day(found: Found, reference: Reference) -> Piece | None:
    return one_day(add_days(reference.today, step(found) or 0))


@rule("OF THE? DAY_UNIT", "THE DAY_UNIT OF TODAY")
def the_day(found: Found, reference: Reference) -> Piece | None:
    follower = found.after()
    if follower is not None and not follower.values.keys().isdisjoint({"DAY", "ORD", "OF"}):
        return None
    if not any("THE" in token.values for token in found.tokens[found.first : found.last + 1]):
        return None
    return one_day(reference.today)


@rule(
    "(THE|ON|IN|FOR|OF)* r=NEXT/LAST/THIS/THAT w=WEEKDAY/SHORT_WEEKDAY",
    "(THE|ON|IN|FOR|OF)* again=THIS r=NEXT/LAST w=WEEKDAY",
    "(THE|ON|IN|FOR|OF)* again=THIS w=WEEKDAY r=NEXT/LAST",
    "(THE|ON|IN|FOR|OF)* w=WEEKDAY OPEN? r2=NEXT/LAST/THIS",
)
def nearby_weekday(found: Found, reference: Reference) -> Piece | None:
    weekday, shift = found.value("w", "WEEKDAY", "SHORT_WEEKDAY"), step(found)
    if found.means("w", "SHORT_WEEKDAY") and reference.language == "es":
        return None
    if found.means("r", "THAT") or shift is None:
        return bare(weekday, reference)
    today = reference.today
    said = weekday_in_week(today, weekday, shift)
    ahead = add_days(today, (weekday - today.weekday()) % 7 or 7)
    behind = add_days(today, -((today.weekday() - weekday) % 7 or 7))
    if found.has("again"):
        return one_day(behind if shift < 0 else ahead)
    if shift == 0:
        if said and said < today:
            return one_day(ahead, said, weekday=None, reasons=("past_or_future",))
        return one_day(said)
    return one_day(said, ahead if shift > 0 else behind, reasons=("which_week",))


def bare(weekday: int, reference: Reference) -> Day:
    """A weekday and nothing else: the next one or the one before; on that weekday it may be today or in a week."""
    ahead = (weekday - reference.today.weekday()) % 7
    days = [add_days(reference.today, ahead), add_days(reference.today, ahead - 7)]
    reasons: tuple[str, ...] = ("past_or_future",)
    if ahead == 0:
        days.insert(1, add_days(reference.today, 7))
        reasons = ("which_week", "past_or_future")
    return one_day(*days, weekday=weekday, reasons=reasons)


@rule(
    "(prefix=THE/ON/IN/FOR)* w=WEEKDAY",
    "(prefix=IN)+ s=SHORT_WEEKDAY",
    "w=SHORT_WEEKDAY DOT? COMMA? (?= CLOCK | HOUR AM/PM)",
    "w=WEEKDAYS",
)
def weekday(found: Found, reference: Reference) -> Piece | None:
    token = found.token("w") or found.token("s")
    follower = found.after()
    if token is None or (
        found.has("s") and (reference.language == "es" or token.values.keys() & {"MONTH", "SHORT_MONTH"})
    ):
        return None
    if "ORD" in token.values and follower is not None and (follower.word in NOT_A_DAY or "UNIT" in follower.values):
        return None
    return bare(token.value("WEEKDAY", "SHORT_WEEKDAY", "WEEKDAYS"), reference)


@rule(
    f"(THE|ON|IN)* w=WEEKDAY/SHORT_WEEKDAY (OF|IN|COMMA|ON|DASH)* {NEARBY_WEEK}",
    f"(THE|IN|ON|FOR)* {NEARBY_WEEK} (COMMA|OF|THE|IN|ON|DASH)* w=WEEKDAY/SHORT_WEEKDAY",
)
def weekday_of_nearby_week(found: Found, reference: Reference) -> Piece | None:
    weekday = found.value("w", "WEEKDAY", "SHORT_WEEKDAY")
    return one_day(weekday_in_week(reference.today, weekday, step(found) or 0))


@rule(
    "(THE|ON|IN)* w=WEEKDAY (WITHIN|IN) n=NUM WEEK_UNIT",
    "(WITHIN|IN) n=NUM WEEK_UNIT (COMMA|OF|THE|IN|ON)* w=WEEKDAY",
    "(THE|ON|IN)* w=WEEKDAY AGO_BEFORE n=NUM back=WEEK_UNIT",
    "(THE|ON|IN)* w=WEEKDAY n=NUM back=WEEK_UNIT AGO",
)
def weekday_of_week_away(found: Found, reference: Reference) -> Piece | None:
    weeks = min(found.value("n", "NUM"), 1_000_000) * (-1 if found.has("back") else 1)
    return one_day(weekday_in_week(reference.today, found.value("w", "WEEKDAY"), weeks))


@rule("(THE|ON|IN|OF|FROM)* (w=WEEKDAY|t=TODAY/TOMORROW) IN n=DAY DAY_UNIT?")
def in_eight(found: Found, reference: Reference) -> Piece | None:
    """«del lunes en ocho»: a week after that day; «en quince» is two."""
    weeks = {8: 1, 15: 2}.get(found.value("n", "DAY"))
    if weeks is None:
        return None
    if found.has("t"):
        days = 0 if found.means("t", "TODAY") else 1
    else:
        days = (found.value("w", "WEEKDAY") - reference.today.weekday()) % 7
    return one_day(add_days(reference.today, days + 7 * weeks))


def months_meant(found: Found, reference: Reference) -> list[tuple[int, int]]:
    """(year, month) of «de julio», «de julio de 2020», «del próximo mes»: the likeliest first."""
    today = reference.today
    year, shift = year_of(found, reference), step(found)
    if found.has("m"):
        month = found.value("m", "MONTH", "SHORT_MONTH")
        if year is not None:
            return [(year, month)]
        return [(today.year + ahead, month) for ahead in (0, 1, -1)]
    month_ahead = add_months(today.replace(day=1), shift or 0)
    return [(month_ahead.year, month_ahead.month)] if month_ahead else []


def ahead_then_behind(days: list[date | None], reference: Reference) -> Day:
    """Of the days of several years, the next and the one before it."""
    left = sorted(day for day in days if day)
    if len(left) < 2:
        return one_day(*left)
    ahead = next((day for day in left if day >= reference.today), None)
    behind = next((day for day in reversed(left) if day < reference.today), None)
    return one_day(ahead, behind, reasons=("past_or_future",))


@rule(
    f"(THE|ON|IN)* o=ORD/FINAL w=WEEKDAY/SHORT_WEEKDAY (OF|IN|ON)* (THE? (MONTH_UNIT OF)? m={MONTH} {YEAR} |"
    f" {NEARBY_MONTH} | THE? MONTH_UNIT)",
    f"(THE|ON|IN)* (OF|IN)* m={MONTH} COMMA? THE? o=ORD/FINAL w=WEEKDAY",
)
def nth_weekday_of_month(found: Found, reference: Reference) -> Piece | None:
    place, weekday = found.value("o", "FINAL", "ORD"), found.value("w", "WEEKDAY", "SHORT_WEEKDAY")
    days = [nth_weekday(year, month, weekday, place) for year, month in months_meant(found, reference)]
    return ahead_then_behind(days, reference)


@rule(
    "(THE|ON|IN)* o=ORD/FINAL w=WEEKDAY (OF|IN)* THE? (YEAR_UNIT r2=NEXT/LAST/THIS | r=NEXT/LAST/THIS YEAR_UNIT "
    "| YEAR_UNIT | y=YEAR)"
)
def nth_weekday_of_year(found: Found, reference: Reference) -> Piece | None:
    place, weekday = found.value("o", "FINAL", "ORD"), found.value("w", "WEEKDAY")
    year = year_of(found, reference) or reference.today.year + (step(found) or 0)
    if not 1 <= year <= 9999:
        return one_day()
    if place < 0:
        return one_day(nth_weekday(year, 12, weekday, -1))
    first = nth_weekday(year, 1, weekday, 1)
    moved = add_days(first, 7 * (place - 1)) if first else None
    return one_day(moved if moved and moved.year == year else None)


@rule(
    "(THE|ON|IN)* o=ORD w=WEEKDAY FROM_NOW?",
    "(THE|IN|WITHIN)* n=NUM w=WEEKDAY/WEEKDAYS FROM_NOW",
    "(THE|ON)* w=WEEKDAY AFTER NEXT",
)
def nth_weekday_from_now(found: Found, reference: Reference) -> Piece | None:
    weekday = found.value("w", "WEEKDAY", "WEEKDAYS")
    today = reference.today
    if found.has("o"):
        if found.means("w", "ORD") and reference.language == "pt":
            return None
        days = [nth_weekday(year, month, weekday, found.value("o", "ORD")) for year, month in _months_around(today)]
        return ahead_then_behind(days, reference)
    times = min(found.value("n", "NUM") or 2, 1_000_000)
    ahead = (weekday - today.weekday()) % 7 or 7
    return one_day(add_days(today, ahead + 7 * (times - 1))) if times else None


@rule("AGO_BEFORE n=NUM w=WEEKDAY/WEEKDAYS", "n=NUM w=WEEKDAY/WEEKDAYS AGO")
def nth_weekday_ago(found: Found, reference: Reference) -> Piece | None:
    """«hace dos martes»."""
    weekday, times = found.value("w", "WEEKDAY", "WEEKDAYS"), min(found.value("n", "NUM"), 1_000_000)
    behind = (reference.today.weekday() - weekday) % 7 or 7
    return one_day(add_days(reference.today, -behind - 7 * (times - 1))) if times else None


def _months_around(today: date) -> list[tuple[int, int]]:
    months = [add_months(today.replace(day=1), ahead) for ahead in range(-3, 4)]
    return [(month.year, month.month) for month in months if month]


@rule(
    f"(THE|ON|IN)* o=ORD/FINAL WEEK_UNIT (OF|IN)* (THE? m={MONTH} {YEAR} | {NEARBY_MONTH} | THE? MONTH_UNIT)"
    " (COMMA|THE|ON|IN|OF)* w=WEEKDAY",
    f"(THE|ON|IN)* w=WEEKDAY (OF|IN)* THE? o=ORD/FINAL WEEK_UNIT (OF|IN)* (THE? m={MONTH} {YEAR} | {NEARBY_MONTH}"
    " | THE? MONTH_UNIT)",
)
def weekday_of_week_of_month(found: Found, reference: Reference) -> Piece | None:
    place, weekday = found.value("o", "FINAL", "ORD"), found.value("w", "WEEKDAY")
    days = [
        weekday_in_week(monday, weekday)
        for year, month in months_meant(found, reference)
        if (monday := week_of_month(year, month, place))
    ]
    return ahead_then_behind(days, reference)


def week_of_month(year: int, month: int, place: int) -> date | None:
    """The Monday of a month's week; a week belongs to the month that has its Thursday (as in ISO 8601)."""
    thursday = nth_weekday(year, month, 3, place)
    return monday_of(thursday) if thursday else None


@rule(f"(THE|IN|ON)* o=ORD/FINAL WEEK_UNIT (OF|IN)* (THE? m={MONTH} {YEAR} | {NEARBY_MONTH} | THE? MONTH_UNIT)")
def week_in_month(found: Found, reference: Reference) -> Piece | None:
    for year, month in months_meant(found, reference):
        monday = week_of_month(year, month, found.value("o", "FINAL", "ORD"))
        end = add_days(monday, 6) if monday else None
        if monday and end and (end >= reference.today or found.has("y")):
            return Days(ranges=((monday, end),))
    return None


@rule(
    f"(THE|ON|IN|A)* (e=END/START/MIDDLE | o=ORD/FINAL DAY_UNIT) (OF|IN)* THE? (m={MONTH} {YEAR})",
    "(THE|ON|IN|A)* (e=END/START/MIDDLE | o=ORD/FINAL DAY_UNIT) (OF|IN)* THE? (r=NEXT/LAST/THIS"
    " u=WEEK_UNIT/MONTH_UNIT/YEAR_UNIT"
    " | u=WEEK_UNIT/MONTH_UNIT/YEAR_UNIT (r2=NEXT/LAST/THIS)?)",
    "(THE|ON|IN|A)* (e=END/START/MIDDLE | o=ORD/FINAL DAY_UNIT) (OF|IN)* THE? (YEAR_UNIT OF?)? y=YEAR",
)
def edge_day(found: Found, reference: Reference) -> Piece | None:
    """«fin de mes», «el último día del año», «a principios de mayo»."""
    unit = found.value("u", "UNIT")
    shift, today = step(found) or 0, reference.today
    place = found.value("o", "FINAL", "ORD")
    if place is None:
        place = -1 if found.means("e", "END") else 1 if found.means("e", "START") else 0
    if unit == "week":
        monday = monday_of(today, shift)
        return one_day(add_days(monday, {-1: 6, 0: 2}.get(place, place - 1)) if monday else None)
    if found.has("m"):
        days = [_day_in(year, month, month, place) for year, month in months_meant(found, reference)]
        return ahead_then_behind(days, reference)
    if unit == "month":
        return one_day(*(_day_in(year, month, month, place) for year, month in months_meant(found, reference)))
    year = year_of(found, reference)
    year = year if year is not None else today.year + shift
    return one_day(_day_in(year, 1, 12, place))


def _day_in(year: int, first_month: int, last_month: int, place: int) -> date | None:
    """The place-th day of some months of a year; -1 is the last, 0 the middle one."""
    if not 1 <= year <= 9999:
        return None
    if place < 0:
        return date(year, last_month, monthrange(year, last_month)[1])
    if place == 0:
        return date(year, first_month, 15) if first_month == last_month else date(year, 7, 1)
    return add_days(date(year, first_month, 1), place - 1) if place <= 31 else day_of(year, 1, place)


@rule("(A|AT|BY|IN|ON)* THE? END")
def edge(found: Found, reference: Reference) -> Piece | None:
    return Edge()


@rule(
    "(THE|ON|IN|A|AT|BY|FOR)* END (OF|THE|THIS)* DAY_UNIT",
    "END_OF_DAY",
    "(THE|ON|IN|A|AT)* END (OF|THE)* t=TOMORROW/TODAY/YESTERDAY",
)
def end_of_day(found: Found, reference: Reference) -> Piece | None:
    ahead = 0
    if found.has("t"):
        ahead = next(days for symbol, days in NEARBY.items() if found.means("t", symbol))
    day = add_days(reference.today, ahead)
    return Instant(instants=(datetime.combine(day, END_OF_DAY),), movable=not found.has("t")) if day else None
