"""From an hour to an hour: «de 4 a 6», «entre las 3 y las 5 de la tarde», «9-11am»."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agenda.wording.clocks import WITH_PART
from agenda.wording.meridiem import apply_part, with_meridiem
from agenda.wording.pieces import Clock, Found, Hours, Piece, Reference, rule
from agenda.wording.tokens import Token

# How verbs begin that take something from one time to another.
MOVING = (
    *("muev", "mover", "mueva", "cambi", "pasa", "pase", "reprogram", "reagend", "aplaz", "pospon", "adelant"),
    *("mova", "muda", "alter", "adia", "remarc", "passa"),
    *("reschedul", "move", "change", "postpone", "shift", "push"),
)
_FIRST = "(LAS|AT)* h1=HOUR (AND? q1=HALF/QUARTER)? HOUR_UNIT? (m1=AM/PM)?"
_SECOND = "(LAS|AT)* h2=HOUR (AND? q2=HALF/QUARTER)? HOUR_UNIT? (m2=AM/PM)?"
_NO_COUNT = "(?! MONTH/SHORT_MONTH | OF MONTH/SHORT_MONTH | UNIT | MONEY | PERCENT)"


@rule(
    f"FROM {_FIRST} (TO|DASH) {_SECOND} {WITH_PART} {_NO_COUNT}",
    f"FROM {_FIRST} (OF|BY|IN|A)+ THE? begins=PART (TO|DASH) {_SECOND} {WITH_PART} {_NO_COUNT}",
    f"BETWEEN {_FIRST} (AND|TO) {_SECOND} {WITH_PART} {_NO_COUNT}",
    f"(AT|A LAS|LAS) {_FIRST} (TO|DASH) {_SECOND} {WITH_PART} {_NO_COUNT}",
    "h1=HOUR (m1=AM/PM)? (TO|DASH) (LAS|AT)* h2=HOUR (AND? q2=HALF/QUARTER)? m2=AM/PM",
    "h1=HOUR (TO|DASH) h2=HOUR (OF|BY|IN|A)+ THE? p=PART",
    "(FROM|OF|AT|LAS|A LAS)* pair=DASHED_PAIR HOUR_UNIT? m2=AM/PM",
    f"(FROM|A LAS|AT|LAS) pair=DASHED_PAIR (HOUR_UNIT|OCLOCK)? {WITH_PART}",
)
def hours(found: Found, reference: Reference) -> Piece | None:
    """«de 4 a 6», «from 4 to 6pm»."""
    if found.has("pair"):
        first, second = found.value("pair", "DASHED_PAIR")
    else:
        first, second = found.value("h1", "HOUR"), found.value("h2", "HOUR")
    start = Clock(hour=first, minute=int(found.value("q1", "HALF", "QUARTER") or 0), fixed=first == 0 or first > 12)
    end = Clock(hour=second, minute=int(found.value("q2", "HALF", "QUARTER") or 0), fixed=second == 0 or second > 12)
    follower = found.after()
    sure = found.has("m1") or found.has("m2") or found.has("p") or found.has("q1") or found.has("q2")
    if not sure and follower is not None and not follower.values and follower.word.endswith("s"):
        return None  # «de 4 a 6 personas»
    if found.all("LAS") and (found.token("h1") is found.tokens[found.first] or found.tokens[found.first].word == "del"):
        return None  # «dia 5 às 4 da manhã», «la mañana del 5 a las 8»
    if (len(found.all("LAS")) > 1 or (found.has("m1") and found.has("m2"))) and moves(found.tokens):
        return None
    part = found.value("p", "PART", "SURE_PART")
    if found.has("begins"):
        start = apply_part(start, found.value("begins", "PART"))
    return replace(pair(start, end, found.value("m1", "AM", "PM"), found.value("m2", "AM", "PM")), part=part)


def moves(tokens: Sequence[Token]) -> bool:
    """Whether something is moved: «pasa la cita de las 3 a las 5» is no length of time."""
    return any(token.word.startswith(MOVING) for token in tokens)


def pair(start: Clock, end: Clock, before: str | None, after: str | None) -> Hours:
    """The two ends of a range share what was said of one of them: «from 4 to 6pm»."""
    end = with_meridiem(end, after)
    start = with_meridiem(start, before)
    if after and not before and not start.fixed:
        shared = with_meridiem(start, after)
        start = shared if _minutes(shared) <= _minutes(end) else with_meridiem(start, "am")
    return Hours(start=start, end=end)


def _minutes(read: Clock) -> int:
    return read.days * 1440 + read.hour * 60 + read.minute
