"""Feasts in a sentence: «Navidad», «el día de la Tierra de 2010», «la Navidad del año que viene», «Semana Santa»."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from agenda.wording.arithmetic import add_days
from agenda.wording.days import NEARBY_YEAR, dated, step, year_of
from agenda.wording.feasts import ELSEWHERE, FEASTS, WEEKS, Feast
from agenda.wording.pieces import Days, Found, Piece, Reference, rule

YEAR = f"((OF|COMMA|IN)* THE? (YEAR_UNIT OF?)? y=YEAR | {NEARBY_YEAR})?"


@rule(f"THE? f=FEAST {YEAR}", "THE? r=NEXT/LAST/THIS f=FEAST", "THE? f=FEAST r=NEXT/LAST/THIS")
def feast(found: Found, reference: Reference) -> Piece | None:
    name, year = found.value("f", "FEAST"), year_of(found, reference)
    feasts = ELSEWHERE.get((name, reference.language)) or FEASTS[name][0]
    days: list[date | None] = []
    for one in feasts:
        if year is not None:
            days.append(_in_year(one, year))
            continue
        ahead, behind = _around(one, reference)
        side = step(found, "r")
        days += [behind] if side == -1 else [ahead] if side is not None or one is not feasts[0] else [ahead, behind]
    piece = dated(tuple(days), None)
    if len(feasts) == 1 or len(piece.days) < 2:
        return piece
    return replace(piece, reasons=("which_feast", *(piece.reasons if year is None else ())))


def _around(feast: Feast, reference: Reference) -> tuple[date | None, date | None]:
    """The next such feast from today and the one before it."""
    today = reference.today
    days = [day for ahead in (-1, 0, 1) if (day := _in_year(feast, today.year + ahead))]
    return next((day for day in days if day >= today), None), next((day for day in reversed(days) if day < today), None)


def _in_year(feast: Feast, year: int) -> date | None:
    return feast(year) if 1583 <= year <= 4099 else None  # the years for which Easter is known


@rule("THE? f=FEAST_WEEK ((OF|COMMA|IN)* THE? y=YEAR)?")
def feast_week(found: Found, reference: Reference) -> Piece | None:
    start, length, _ = WEEKS[found.value("f", "FEAST_WEEK")]
    year = year_of(found, reference)
    years = [year] if year is not None else [reference.today.year, reference.today.year + 1]
    weeks = [(day, end) for one in years if (day := _in_year(start, one)) and (end := add_days(day, length))]
    weeks = [week for week in weeks if year is not None or week[1] >= reference.today]
    return Days(ranges=tuple(weeks[:1])) if weeks else None
