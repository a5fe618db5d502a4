"""How long: «dos horas y media», and what is told by it: «dentro de 15 días», «hace tres días», «una hora antes»."""

from __future__ import annotations

from datetime import datetime

from agenda.wording.arithmetic import add_all, has_time, length_of
from agenda.wording.moments import Relation
from agenda.wording.pieces import Day, Days, Found, Instant, Length, Piece, Reference, Span, rule

Amounts = tuple[tuple[float, str], ...]

COUNT = "n=NUM/DECIMAL | n=COUPLE OF?"
LENGTH = (
    f"(SOME|ABOUT|THE)* ({COUNT} | h=HALF A?) u=UNIT"
    " (AND (A|SOME)? part=HALF/QUARTER | (AND|COMMA|WITH)* n2=NUM u2=UNIT ((AND|COMMA|WITH)* n3=NUM u3=UNIT)?)?"
)
MIXED = "(SOME|ABOUT)* u=HOUR_UNIT/DAY_UNIT/MONTH_UNIT/YEAR_UNIT/WEEK_UNIT AND (A|SOME)? part=HALF/QUARTER (?! UNIT)"
ENGLISH = "n=NUM AND (A|SOME)? part=HALF u=UNIT"


def amounts_of(found: Found) -> Amounts | None:
    """What a length counts; None when it is not one."""
    unit = found.value("u", "UNIT")
    number = found.value("n", "NUM", "DECIMAL", "COUPLE") if found.has("n") else 0.5 if found.has("h") else 1
    if number is None or unit is None:
        return None
    part = found.value("part", "HALF", "QUARTER")
    if unit == "year" and found.means("n", "YEAR") and not found.means("n", "SPELLED"):
        return None
    amounts: Amounts = ((number + (part / 60 if part else 0), unit),)
    for number_name, unit_name in (("n2", "u2"), ("n3", "u3")):
        if found.has(number_name):
            amounts += ((found.value(number_name, "NUM"), found.value(unit_name, "UNIT")),)
    return whole(amounts)


def whole(amounts: Amounts) -> Amounts:
    """Halves as smaller units where days are told by it: half a year is six months, a day and a half 36 hours."""
    smaller = {
        "century": (10, "decade"),
        "decade": (10, "year"),
        "year": (12, "month"),
        "day": (24, "hour"),
        "week": (7, "day"),
    }
    kept: Amounts = ()
    for number, unit in amounts:
        if number != int(number) and unit in smaller:
            times, unit = smaller[unit]
            number *= times
        kept += ((number, unit),)
    return kept


def moved(amounts: Amounts, sign: int, reference: Reference) -> Piece:
    """A day, or an instant when hours are counted, so long from now."""
    target = add_all(reference.now, amounts, sign)
    if target is None:
        return Day(reasons=("impossible_date",))
    if has_time(amounts):
        return Instant(instants=(target,))
    return Day(days=(target.date(),))


@rule(
    f"WITHIN {LENGTH} (FROM_NOW|LATER)?",
    f"{LENGTH} FROM_NOW",
    f"WITHIN {MIXED}",
    f"WITHIN {ENGLISH}",
    f"{MIXED} FROM_NOW",
    f"{ENGLISH} FROM_NOW",
    f"(THE|IN)* r=NEXT {LENGTH} FROM_NOW",
)
def from_now(found: Found, reference: Reference) -> Piece | None:
    amounts = amounts_of(found)
    return moved(amounts, 1, reference) if amounts else None


@rule(
    f"{LENGTH} BEFORE_YESTERDAY",
    f"{LENGTH} AFTER_TOMORROW",
    f"{LENGTH} BEFORE? t=DAY_BEFORE",
    f"{LENGTH} AFTER t=DAY_AFTER",
)
def beyond_nearby_day(found: Found, reference: Reference) -> Piece | None:
    """«dos días antes de ayer», «tres días después de mañana»."""
    amounts = amounts_of(found)
    if not amounts or has_time(amounts):
        return None
    tokens = found.tokens[found.first : found.last + 1]
    ahead = any(token.values.keys() & {"AFTER_TOMORROW", "DAY_AFTER"} for token in tokens)
    sign = 1 if ahead else -1
    target = add_all(reference.now, (*amounts, (2 if found.has("t") else 1, "day")), sign)
    return Day(days=(target.date(),)) if target else Day(reasons=("impossible_date",))


@rule(f"AGO_BEFORE {LENGTH} AGO?", f"{LENGTH} AGO", f"AGO_BEFORE {MIXED}", f"{MIXED} AGO", f"{ENGLISH} AGO")
def ago(found: Found, reference: Reference) -> Piece | None:
    amounts = amounts_of(found)
    return moved(amounts, -1, reference) if amounts else None


@rule(
    f"{LENGTH} LATER",
    f"{MIXED} LATER",
    f"(WITH|OF|WITHIN|IN)* {LENGTH} r=BEFORE/AFTER",
    f"(WITH|OF)* {MIXED} r=BEFORE/AFTER",
    f"{ENGLISH} r=BEFORE/AFTER",
)
def before_or_after(found: Found, reference: Reference) -> Piece | None:
    """«una hora antes», «dos días después»: of what, the sentence says elsewhere."""
    amounts = amounts_of(found)
    if not amounts:
        return None
    relation: Relation = "before" if found.means("r", "BEFORE") else "after"
    return Length(amounts=amounts, relation=relation, length=length_of(amounts))


@rule("THE u=DAY_UNIT/WEEK_UNIT r=BEFORE/AFTER (?! TOMORROW)", "THE? EVE (?= OF)")
def next_to(found: Found, reference: Reference) -> Piece | None:
    """«el día después de» Christmas, «la víspera de» the third of May."""
    if found.means("r", "LAST"):
        return None  # «la semana pasada»
    amounts = ((1, found.value("u", "UNIT") or "day"),)
    relation: Relation = "after" if found.means("r", "AFTER") else "before"
    return Length(amounts=amounts, relation=relation, length=length_of(amounts))


@rule(f"WITHIN? {LENGTH} (FROM|AFTER|OF) y=YEAR")
def years_from_year(found: Found, reference: Reference) -> Piece | None:
    """«dos años desde 2011»."""
    amounts = amounts_of(found)
    year = found.value("y", "YEAR")
    if not amounts or has_time(amounts):
        return None
    target = add_all(datetime(year, 1, 1), amounts)  # noqa: DTZ001  # only its day is used
    return Day(days=(target.date(),)) if target else Day(reasons=("impossible_date",))


@rule(f"LASTING? {LENGTH}", f"LASTING? {MIXED}", f"LASTING? {ENGLISH}")
def length(found: Found, reference: Reference) -> Piece | None:
    amounts = amounts_of(found)
    return Length(amounts=amounts, length=length_of(amounts)) if amounts else None


@rule(
    "(THE|IN|ON|FOR|OF|WITHIN)* r=NEXT/LAST n=NUM/COUPLE OF? u=UNIT",
    "(THE|IN|ON|FOR|OF)* n=NUM/COUPLE r=NEXT/LAST u=UNIT",
    "(THE|IN|ON|FOR|OF)* n=NUM/COUPLE u=UNIT r=NEXT/LAST",
)
def coming_days(found: Found, reference: Reference) -> Piece | None:
    """«los próximos 3 días», «las últimas dos horas»."""
    number, unit = found.value("n", "NUM", "COUPLE"), found.value("u", "UNIT")
    sign = 1 if found.means("r", "NEXT") else -1
    far = add_all(reference.now, ((number, unit),), sign)
    if far is None:
        return Day(reasons=("impossible_date",))
    if has_time(((number, unit),)):
        start, end = sorted((reference.now, far))
        return Span(spans=((start, end),))
    first, last = (reference.today, far.date()) if sign > 0 else (far.date(), reference.today)
    return Days(ranges=((first, last),))


def anchored(read: Length, anchor: datetime) -> datetime | None:
    """The instant so long before or after another."""
    return add_all(anchor, read.amounts, -1 if read.relation == "before" else 1)
