"""Parts of the day: «por la tarde», «esta noche», «8 de la noche», «temprano»; and now."""

from __future__ import annotations

from datetime import datetime, time

from agenda.wording.arithmetic import add_days
from agenda.wording.clocks import STRONG
from agenda.wording.days import step
from agenda.wording.meridiem import apply_part, normal
from agenda.wording.pieces import Clock, Found, Instant, Part, Piece, Reference, rule


@rule(
    f"({STRONG}|LAS)? h=HOUR (HOUR_UNIT|OCLOCK)? (OF|BY|IN|AT|A)+ THE? p=PART OCLOCK?",
    f"({STRONG}|LAS)? h=HOUR OCLOCK? p=TONIGHT",
)
def number_and_part(found: Found, reference: Reference) -> Piece | None:
    """«8 de la noche»: the part makes the number an hour."""
    part = "night" if found.means("p", "TONIGHT") else found.value("p", "PART")
    if (
        part == "morning"
        and reference.language == "es"
        and not any("LAS" in token.values for token in found.tokens[found.last - 2 : found.last])
    ):
        return None  # «8 de mañana» is tomorrow's
    before, link = found.before(), found.tokens[found.first + 1]
    if before is not None and before.values.keys() & {"WEEKDAY", "DAY_UNIT"} and "OF" not in link.values:
        return None  # «el sábado 12 por la noche»
    hour = found.value("h", "HOUR")
    read = apply_part(normal(Clock(hour=hour, fixed=hour > 12)), part)
    if found.means("p", "TONIGHT"):
        start = datetime.combine(reference.today, time(read.hour))
        return Instant(instants=(start,))
    return read


@rule(f"({STRONG}|LAS)? h=HOUR OF THE? DAY_UNIT (?! DAY | NUM)")
def noon(found: Found, reference: Reference) -> Piece | None:
    """«las 12 del día»; of other hours it is said to mean after noon («las 2 del día»)."""
    hour = found.value("h", "HOUR")
    if reference.language != "es" or hour not in {12, 1, 2, 3}:
        return None
    return Clock(hour=12 if hour == 12 else hour + 12, fixed=True)


@rule(
    "(THE|IN|ON)* r=THIS/THAT (EARLY (OF THE?)?)? p=PART",
    "p=TONIGHT",
    "THE? p=LAST_NIGHT/NIGHT_BEFORE_LAST",
    "TODAY (BY|IN|OF|A|AT|ON)* THE p=PART",
    "TODAY (BY|IN|OF|A|AT|ON)* p=SURE_PART",
    "THE r=NEXT/LAST p=PART",
    "THE p=PART r=NEXT/LAST",
    "r=NEXT p=PART",
)
def part_of_today(found: Found, reference: Reference) -> Piece | None:
    if found.means("p", "LAST_NIGHT"):
        day = add_days(reference.today, -1)
    elif found.means("p", "NIGHT_BEFORE_LAST"):
        day = add_days(reference.today, -2)
    else:
        day = add_days(reference.today, step(found) or 0)
    part = found.value("p", "PART", "SURE_PART") or "night"
    return Part(part=part, days=(day,)) if day else None


@rule(
    "(BY|IN|OF|A|AT|ON|FOR|LAS)+ THE? EARLY? THE? p=PART EARLY?",
    "THE EARLY? p=PART",
    "EARLY (BY|IN|OF|A|AT)* THE? p=PART",
    "p=PART EARLY?",
    "EARLY",
)
def part_of_day(found: Found, reference: Reference) -> Piece | None:
    token = found.token("p")
    early = any("EARLY" in one.values for one in found.tokens[found.first : found.last + 1])
    if token is None:
        return Part(part="morning", weak=" " not in found.tokens[found.first].word, early=True)
    alone = found.tokens[found.first] is token
    if "TOMORROW" in token.values and (alone or found.last - found.first < 1):
        return None
    if (
        "TOMORROW" in token.values
        and not any("LAS" in one.values for one in found.tokens[found.first : found.last])
        and not early
    ):
        return None
    # «tarde» is also late, «noche» a night at a hotel: alone they need a day or an hour beside them
    return Part(
        part=token.values["PART"], weak=alone or found.tokens[found.first].word in {"the", "la", "a", "of"}, early=early
    )


@rule("NOW")
def now(found: Found, reference: Reference) -> Piece | None:
    return Instant(instants=(reference.now,), movable=True)
