"""From a day to a day: «la próxima semana», «este fin de semana», «del 3 al 5 de mayo», «en mayo», «en 2027»."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from agenda.wording.arithmetic import add_days, add_months, day_of, monday_of
from agenda.wording.days import MONTH, NEARBY_YEAR, step, year_of, yearless
from agenda.wording.pieces import Day, Days, Found, Piece, Reference, rule

PREFIX = "(THE|IN|ON|FOR|OF|LASTING|BY)*"
YEAR = f"((OF|COMMA)* THE? (YEAR_UNIT OF?)? y=YEAR | {NEARBY_YEAR})?"


def ranged(*ranges: tuple[date | None, date | None]) -> Piece:
    left = tuple((start, end) for start, end in ranges if start and end and start <= end)
    return Days(ranges=left) if left else Day(reasons=("impossible_date",))


def month_of(year: int, month: int) -> tuple[date | None, date | None]:
    if not 1 <= year <= 9999:
        return None, None
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


@rule(
    f"{PREFIX} r=NEXT/LAST/THIS u=WEEK_UNIT/MONTH_UNIT/YEAR_UNIT/WEEKEND/QUARTER_UNIT/FORTNIGHT_UNIT",
    f"{PREFIX} u=WEEK_UNIT/MONTH_UNIT/YEAR_UNIT/WEEKEND/QUARTER_UNIT/FORTNIGHT_UNIT r2=NEXT/LAST/THIS",
    f"{PREFIX} u=WEEKEND",
    f"{PREFIX} u=WEEKEND OF* (THE? r=NEXT/LAST/THIS WEEK_UNIT | THE? WEEK_UNIT r2=NEXT/LAST/THIS)",
)
def nearby_period(found: Found, reference: Reference) -> Piece | None:
    token = found.token("u")
    if token is None:
        return None
    shift, today = step(found) or 0, reference.today
    unit = "weekend" if "WEEKEND" in token.values else token.values["UNIT"]
    if unit in {"week", "weekend"}:
        monday = monday_of(today, shift)
        if monday is None:
            return None
        return ranged((add_days(monday, 5) if unit == "weekend" else monday, add_days(monday, 6)))
    if unit == "year":
        year = today.year + shift
        return ranged((day_of(year, 1, 1), day_of(year, 12, 31)))
    if unit == "fortnight":
        return ranged((add_days(today, 0 if shift >= 0 else -14), add_days(today, 14 if shift >= 0 else 0)))
    months = {"month": 1, "quarter": 3}[unit]
    first = add_months(today.replace(month=(today.month - 1) // months * months + 1, day=1), months * shift)
    following = add_months(first, months) if first else None
    return ranged((first, add_days(following, -1) if following else None))


@rule(f"{PREFIX} o=ORD/FINAL FORTNIGHT_UNIT (OF|IN)* m={MONTH} {YEAR}")
def half_month(found: Found, reference: Reference) -> Piece | None:
    """«la segunda quincena de mayo»: from the 16th to the end."""
    month, year = found.value("m", "MONTH", "SHORT_MONTH"), year_of(found, reference)
    if year is None:
        year = reference.today.year + (month < reference.today.month)
    start, end = month_of(year, month)
    if start is None or found.value("o", "FINAL", "ORD") not in {1, 2, -1}:
        return None
    return ranged(
        (start, day_of(year, month, 15))
        if found.means("o", "ORD") and found.value("o", "ORD") == 1
        else (day_of(year, month, 16), end)
    )


@rule("THE? WEEK_UNIT AFTER NEXT")
def week_after_next(found: Found, reference: Reference) -> Piece | None:
    monday = monday_of(reference.today, 2)
    return ranged((monday, add_days(monday, 6) if monday else None))


@rule(
    f"(FROM|BETWEEN|OF|ON|THE)* d1=DAY/ORD (TO|AND|DASH) (THE|A)* d2=DAY/ORD (OF|IN)* m={MONTH} {YEAR}",
    f"(FROM|BETWEEN|OF|ON|THE)* pair=DASHED_PAIR (OF|IN)* m={MONTH} {YEAR}",
    f"(FROM|BETWEEN)? m={MONTH} d1=DAY/ORD (TO|AND|DASH) THE? d2=DAY/ORD {YEAR}",
    f"(FROM|BETWEEN)? m={MONTH} pair=DASHED_PAIR {YEAR}",
    "(FROM|BETWEEN) THE d1=DAY/ORD (TO|AND) THE? d2=DAY/ORD (?! UNIT | OF THE? PART | AM/PM)",
)
def days_of_month(found: Found, reference: Reference) -> Piece | None:
    if found.has("pair"):
        first, second = found.value("pair", "DASHED_PAIR")
    else:
        first, second = found.value("d1", "DAY", "ORD"), found.value("d2", "DAY", "ORD")
    if not found.has("m"):
        if any(
            "LAS" in token.values and token.word in {"las", "la", "as"}
            for token in found.tokens[found.first : found.last]
        ):
            return None
        starts = [add_months(reference.today.replace(day=1), ahead) for ahead in (0, 1)]
        ranges = [(day_of(one.year, one.month, first), day_of(one.year, one.month, second)) for one in starts if one]
        return ranged(*[one for one in ranges if one[1] and one[1] >= reference.today][:1])
    month, year = found.value("m", "MONTH", "SHORT_MONTH"), year_of(found, reference)
    if year is not None:
        return ranged((day_of(year, month, first), day_of(year, month, second)))
    last = yearless(month, second, reference)[0]
    return ranged((day_of(last.year, month, first) if last else None, last))


@rule(
    f"(THE|IN|ON|OF|FOR|BY)* (r=NEXT/LAST/THIS)? (MONTH_UNIT OF)? m={MONTH} (OF|COMMA|DASH|SLASH)* y=YEAR",
    f"(in=IN|r=NEXT/LAST/THIS) THE? (MONTH_UNIT OF)? m={MONTH}",
    "m=MONTH r2=NEXT/LAST",
    f"MONTH_UNIT OF m={MONTH}",
    "m=MONTH",
)
def month(found: Found, reference: Reference) -> Piece | None:
    token, today = found.token("m"), reference.today
    if token is None:
        return None
    if found.first == found.last and (
        reference.language == "en" and token.word in {"may", "march", "august"} and token.raw[:1].islower()
    ):
        return None
    if "SHORT_MONTH" in token.values and "MONTH" not in token.values and not (found.has("y") or found.has("r")):
        return None
    number, year, shift = token.value("MONTH", "SHORT_MONTH"), year_of(found, reference), step(found)
    if year is not None:
        return ranged(month_of(year, number))
    year = today.year + (number < today.month)
    if shift == -1:
        year = today.year - (number >= today.month)
    elif shift == 1:
        year = today.year + (number <= today.month)
    elif shift == 0:
        year = today.year
    return ranged(month_of(year, number))


@rule("(THE|IN|ON|OF|FOR)* n=MONTH_NUMBER SLASH y=YEAR")
def month_in_digits(found: Found, reference: Reference) -> Piece | None:
    return ranged(month_of(found.value("y", "YEAR"), found.value("n", "MONTH_NUMBER")))


@rule("(IN|ON|FOR) (THE? YEAR_UNIT OF?)? y=YEAR (?! UNIT | AM/PM | MONEY | PERCENT)", "YEAR_UNIT OF? y=YEAR")
def year(found: Found, reference: Reference) -> Piece | None:
    if found.first + 1 == found.last and (found.means("y", "SPELLED") or found.token("y") is None):
        return None
    number = int(found.value("y", "YEAR"))
    if not 1900 <= number <= 2100:
        return None
    return ranged((day_of(number, 1, 1), day_of(number, 12, 31)))
