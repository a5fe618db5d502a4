"""Hours: «a las 3 y media», «cuarto para las 8», «8pm», «15h30», «de 4 a 6», and parts of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agenda.wording.arithmetic import add_days
from agenda.wording.pieces import Clock, Found, Hours, Instant, Part, Piece, Reference, rule
from agenda.wording.tokens import Token

STRONG = "(AT LAS? | A LAS | (ABOUT|FOR|FROM|TO|IN|IS|ON|BETWEEN|BY|OF) (LAS|AT) | ABOUT)"
MERIDIEM = "(mer=AM/PM)?"
MINUTES = "((AND|WITH|PAST)? m=MINUTE (MINUTE_UNIT|SECOND_UNIT)? | (AND|WITH)? A? q=HALF/QUARTER/THREE_QUARTERS)"
MOVING = (
    "muev mover mueva cambi pasa pasar pase reprogram reagend aplaz pospon adelant mova mudar muda altera alterar adia adiar"
    " remarc passa passar reschedul move change postpone shift push"
).split()
MOVING = tuple(MOVING)
ARTICLES = {"un", "una", "uno", "um", "uma", "a", "an", "one"}


def clock(hour: int, minute: int, found: Found, *, second: int = 0, fixed: bool = False) -> Piece | None:
    """An hour with «am» or «pm» worked in; None when there is none such."""
    if found.means("mer", "AM"):
        hour, fixed = hour % 12 if hour == 12 else hour, True
    elif found.means("mer", "PM"):
        hour, fixed = hour % 12 + 12 if hour <= 12 else hour, True
    total = hour * 60 + minute
    if total < 0:
        total += 720 if not fixed else 1440
    hour, minute = divmod(total, 60)
    days = 0
    if hour == 24 and minute == second == 0:
        hour, days, fixed = 0, 1, True
    if hour > 23:
        return Clock(reasons=("impossible_hour",))
    return Clock(hour=hour, minute=minute, second=second, fixed=fixed or hour == 0 or hour > 12, days=days)


def minutes_of(found: Found) -> int:
    return int(found.value("m", "MINUTE") or found.value("q", "HALF", "QUARTER", "THREE_QUARTERS") or 0)


def is_late_zero(raw: str) -> bool:
    """«08:00» is written by who counts to 24."""
    return raw[:1] == "0" and raw[1:2].isdigit()


@rule(
    f"({STRONG} | LAS)? c=CLOCK (OCLOCK|HOUR_UNIT)? {MERIDIEM}",
    f"({STRONG} | LAS) c=DOTTED_CLOCK (OCLOCK|HOUR_UNIT)? {MERIDIEM}",
    "c=DOTTED_CLOCK (OCLOCK|HOUR_UNIT)? mer=AM/PM",
    "c=DOTTED_CLOCK HOUR_UNIT",
)
def written_clock(found: Found, reference: Reference) -> Piece | None:
    token = found.token("c")
    if token is None:
        return None
    if "LOOSE_CLOCK" in token.values and found.tokens[found.first] is token and found.last == found.first:
        return None
    hour, minute, second = token.values.get("CLOCK") or token.values["DOTTED_CLOCK"]
    return clock(hour, minute, found, second=second, fixed=is_late_zero(token.raw))


@rule(
    f"{STRONG} h=HOUR (OCLOCK|HOUR_UNIT)? {MINUTES}? (AND s=MINUTE SECOND_UNIT)? (OCLOCK|HOUR_UNIT)? {MERIDIEM} OCLOCK?",
    f"LAS h=HOUR (OCLOCK|HOUR_UNIT)? {MINUTES}? (AND s=MINUTE SECOND_UNIT)? (OCLOCK|HOUR_UNIT)? {MERIDIEM} OCLOCK?",
    f"h=HOUR OCLOCK? {MINUTES}? OCLOCK? mer=AM/PM",
    f"h=HOUR (OCLOCK|HOUR_UNIT)? (AND|WITH|PAST)? A? q=HALF/QUARTER/THREE_QUARTERS (?! UNIT) {MERIDIEM}",
    f"h=HOUR (OCLOCK|HOUR_UNIT)? AND m=MINUTE (?! UNIT | OF MONTH/SHORT_MONTH) {MERIDIEM}",
    "h=HOUR hu=OCLOCK",
    "IS h=HOUR HOUR_UNIT OCLOCK?",
)
def spoken_clock(found: Found, reference: Reference) -> Piece | None:
    hour, minute = found.value("h", "HOUR"), minutes_of(found)
    token = found.token("h")
    follower, first = found.after(), found.tokens[found.first]
    if token is None:
        return None
    before_hour = [one for one in found.tokens[found.first : found.last + 1] if one.start < token.start]
    prefixed = any("LAS" in one.values for one in before_hour)
    plain = not (found.has("mer") or found.has("q") or found.has("m") or found.has("hu"))
    if not prefixed and plain and (token.word in ARTICLES or (reference.language != "en" and before_hour and "IS" not in first.values)):
        return None  # «sobre un tema», «cerca de 5 km»
    if found.has("m") and not any("AND" in one.values for one in found.tokens[found.first : found.last]):
        gap = found.token("m")
        if gap is None or ("SPELLED" in token.values) != ("SPELLED" in gap.values):
            return None
    joint = found.first < found.last and found.has("m") and "SPELLED" not in token.values and first is token
    if joint and not found.has("mer"):
        return None  # «3 y 20» without more may be anything
    before = found.before()
    if first.values.keys() & {"BEFORE", "AFTER"} and before is not None and "UNIT" in before.values:
        return None  # «one hour before 8» is told by the hour
    if first.word in {"a", "o", "as", "la", "las", "da", "das"} and "LAS" in first.values and not _clock_follows(follower, first, found):
        return None
    second = int(found.value("s", "MINUTE") or 0)
    if first.values.keys() & {"OF", "BY", "IN", "IS", "ON"} and "LAS" not in first.values and found.first + 1 == found.last:
        if not _clock_follows(follower, first, found):
            return None
    return clock(hour, minute, found, second=second, fixed=is_late_zero(token.raw))


def _clock_follows(follower: object, first: object, found: Found) -> bool:
    """Whether «las 3» is an hour: «las 3 personas» is not, «às 3» with its accent is."""
    if getattr(first, "raw", "").lower() in {"às", "à"} or found.has("mer") or found.has("q") or found.has("m"):
        return True
    if found.last - found.first > 1 and "LAS" not in getattr(found.tokens[found.last], "values", {}):
        return True
    word = getattr(follower, "word", "")
    values = getattr(follower, "values", {})
    return follower is None or not word.isalpha() or bool(values and "UNIT" not in values)


@rule(f"{STRONG}? h=HOUR u=HOUR_UNIT (m=MINUTE MINUTE_UNIT?)? {MERIDIEM}", f"LAS h=HOUR HOUR_UNIT {MERIDIEM}")
def hours_as_clock(found: Found, reference: Reference) -> Piece | None:
    """«14h», «7h», «às 3 horas»; «3 horas» without more is a length."""
    token, unit = found.token("h"), found.token("u")
    short = unit is not None and unit.word in {"h", "hs", "hrs", "hr"}
    prefixed = found.tokens[found.first] is not token
    before = found.before()
    if before is not None and not before.values.keys().isdisjoint({"WITHIN", "AGO_BEFORE", "LASTING", "EVERY", "NEXT", "LAST"}) and not prefixed:
        return None
    after = found.after()
    if after is not None and not after.values.keys().isdisjoint({"AGO", "LATER", "BEFORE", "AFTER", "FROM_NOW"}):
        return None
    if token is None or not (prefixed or (short and "SPELLED" not in token.values)):
        return None
    return clock(found.value("h", "HOUR"), minutes_of(found), found, fixed=is_late_zero(token.raw))


@rule(
    f"({STRONG} | LAS)? h=HOUR OCLOCK? {MERIDIEM} MINUS A? (m=MINUTE MINUTE_UNIT? | q=HALF/QUARTER) {MERIDIEM.replace('mer', 'mer2')}",
)
def clock_less(found: Found, reference: Reference) -> Piece | None:
    """«las 8 menos cuarto», «8pm menos cuarto»."""
    return _less(found, found.value("h", "HOUR"), -minutes_of(found))


def _less(found: Found, hour: int, minutes: int) -> Piece | None:
    said = found.value("mer", "AM", "PM") or found.value("mer2", "AM", "PM")
    fixed = said is not None
    if said == "pm" and hour < 12:
        hour += 12
    elif said == "am" and hour == 12:
        hour = 0
    total = hour * 60 + minutes
    if total < 0 or (hour == 1 and not fixed and minutes < 0):
        total += 720
    hour, minute = divmod(total % 1440, 60)
    return Clock(hour=hour, minute=minute, fixed=fixed or hour == 0 or hour > 12)


@rule(
    f"({STRONG}|LAS|IS)? (m=MINUTE MINUTE_UNIT? | A? q=HALF/QUARTER/THREE_QUARTERS) to=SHORT_OF (LAS|AT)* h=HOUR (OCLOCK|HOUR_UNIT)? {MERIDIEM}",
    f"({STRONG}|IS)? (m=MINUTE MINUTE_UNIT? | A? q=HALF/QUARTER/THREE_QUARTERS) (past=PAST|past=AFTER/PAST) (LAS|AT)* h=HOUR (OCLOCK|HOUR_UNIT)? {MERIDIEM}"
    .replace("(past=PAST|past=AFTER/PAST)", "past=PAST/AFTER"),
    f"({STRONG}|IS)? (m=MINUTE MINUTE_UNIT? | A? q=HALF/QUARTER) to=SHORT_OF (LAS|AT)* twelve=NOON/MIDNIGHT",
    f"({STRONG}|IS)? (m=MINUTE MINUTE_UNIT? | A? q=HALF/QUARTER) past=PAST/AFTER (LAS|AT|THE)* twelve=NOON/MIDNIGHT",
)
def clock_before_or_after(found: Found, reference: Reference) -> Piece | None:
    """«cuarto para las 8», «half past three», «20 minutos después de las 3»."""
    minutes = minutes_of(found) * (-1 if found.has("to") else 1)
    if found.has("twelve"):
        total = (found.value("twelve", "NOON", "MIDNIGHT") * 60 + minutes) % 1440
        return Clock(hour=total // 60, minute=total % 60, fixed=True)
    if reference.language != "en" and not any("LAS" in token.values for token in found.tokens[found.first : found.last]):
        if found.has("to") and "LAS" not in (found.token("to") or found.tokens[0]).values and (found.token("to") or found.tokens[0]).word != "pras":
            return None
    if minutes < 0:
        return _less(found, found.value("h", "HOUR"), minutes)
    return clock(found.value("h", "HOUR"), minutes, found)


@rule(f"(AT|A LAS|LAS|{STRONG}) h=HOUR_MINUTE (HOUR_UNIT|OCLOCK)? {MERIDIEM}", "h=HOUR_MINUTE mer=AM/PM", "h=HOUR_MINUTE HOUR_UNIT")
def run_together(found: Found, reference: Reference) -> Piece | None:
    """«1530», «1130am»."""
    token = found.token("h")
    if token is None or (len(token.raw) == 3 and not found.has("mer")):
        return None
    if found.has("mer") is False and "YEAR" in token.values and found.tokens[found.first].values.keys().isdisjoint({"AT", "LAS", "A"}):
        return None
    if "LAS" not in {symbol for one in found.tokens[found.first : found.last] for symbol in one.values} and not (
        found.has("mer") or "HOUR_UNIT" in found.tokens[found.last].values or found.tokens[found.first].word in {"at", "by", "around"}
    ):
        return None
    hour, minute = divmod(found.value("h", "HOUR_MINUTE"), 100)
    return clock(hour, minute, found, fixed=is_late_zero(token.raw))


@rule("(AT|A|THE|ON|IN|ABOUT|FOR|FROM|TO|BY|OF|AFTER|BEFORE|LAS)* n=NOON/MIDNIGHT/LUNCH/MIDMORNING/MIDAFTERNOON (AND q=HALF/QUARTER)?")
def named_hour(found: Found, reference: Reference) -> Piece | None:
    hour = found.value("n", "NOON", "MIDNIGHT", "LUNCH", "MIDMORNING", "MIDAFTERNOON")
    return Clock(hour=hour, minute=minutes_of(found), fixed=True)


@rule(f"({STRONG}|LAS)? h=HOUR (OF|BY|IN|AT|A)+ THE? p=PART", f"({STRONG}|LAS)? h=HOUR p=TONIGHT")
def number_and_part(found: Found, reference: Reference) -> Piece | None:
    """«8 de la noche»: the part makes the number an hour."""
    part = "night" if found.means("p", "TONIGHT") else found.value("p", "PART")
    token = found.token("h")
    if part == "morning" and reference.language == "es" and "LAS" not in found.tokens[found.last - 1].values:
        return None  # «8 de mañana» is tomorrow's
    read = apply_part(Clock(hour=found.value("h", "HOUR")), part)
    if token is None or read is None:
        return None
    if found.means("p", "TONIGHT"):
        start = datetime.combine(reference.today, datetime.min.time()).replace(hour=read.hour)
        return Instant(instants=(start,))
    return read


def apply_part(read: Clock, part: str) -> Clock | None:
    """An hour of a part of the day: «las 12 de la noche» is midnight, when the next day begins."""
    hour, days = read.hour, read.days
    if read.fixed:
        return read
    if part == "night":
        if hour == 12:
            hour, days = 0, days + 1
        elif hour >= 5:
            hour += 12
        elif hour:
            days += 1
    elif part in {"afternoon", "evening"} or (part == "noon" and hour < 5):
        hour = hour + 12 if 0 < hour < 12 else hour
    elif part in {"dawn", "morning"} and hour == 12:
        hour = 0 if part == "dawn" else 12
    return Clock(first=read.first, last=read.last, hour=hour, minute=read.minute, second=read.second, fixed=True, days=days)


_FIRST = "(LAS|AT)* h1=HOUR (AND? q1=HALF/QUARTER)? HOUR_UNIT? (m1=AM/PM)?"
_SECOND = "(LAS|AT)* h2=HOUR (AND? q2=HALF/QUARTER)? HOUR_UNIT? (m2=AM/PM)?"
_WITH_PART = "((OF|BY|IN|A)+ THE? p=PART)?"
_NO_COUNT = "(?! MONTH/SHORT_MONTH | OF MONTH/SHORT_MONTH | UNIT | MONEY | PERCENT)"


@rule(
    f"FROM {_FIRST} (TO|DASH) {_SECOND} {_WITH_PART} {_NO_COUNT}",
    f"BETWEEN {_FIRST} (AND|TO) {_SECOND} {_WITH_PART} {_NO_COUNT}",
    f"(AT|A LAS|LAS) {_FIRST} (TO|DASH) {_SECOND} {_WITH_PART} {_NO_COUNT}",
    "h1=HOUR (m1=AM/PM)? (TO|DASH) (LAS|AT)* h2=HOUR (AND? q2=HALF/QUARTER)? m2=AM/PM",
    "h1=HOUR (TO|DASH) h2=HOUR (OF|BY|IN|A)+ THE? p=PART",
    "(FROM|OF|AT|LAS|A LAS)* pair=DASHED_PAIR HOUR_UNIT? m2=AM/PM",
    f"(FROM|A LAS|AT|LAS) pair=DASHED_PAIR (HOUR_UNIT|OCLOCK)? {_WITH_PART}",
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
    if len(found.all("LAS")) > 1 and moves(found.tokens):
        return None
    part = found.value("p", "PART")
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


def with_meridiem(read: Clock, meridiem: str | None) -> Clock:
    if meridiem is None or read.fixed:
        return normal(read)
    hour = read.hour % 12 + (12 if meridiem == "pm" else 0)
    return Clock(first=read.first, last=read.last, hour=hour, minute=read.minute, second=read.second, fixed=True)


def normal(read: Clock) -> Clock:
    if read.hour < 24:
        return read
    return Clock(first=read.first, last=read.last, hour=0, minute=read.minute, second=read.second, fixed=True, days=1)


@rule(
    "(THE|IN|ON)* r=THIS/THAT (EARLY (OF THE?)?)? p=PART",
    "p=TONIGHT",
    "THE? p=LAST_NIGHT/NIGHT_BEFORE_LAST",
    "TODAY (BY|IN|OF|A|AT|ON)* THE? p=PART",
)
def part_of_today(found: Found, reference: Reference) -> Piece | None:
    if found.means("p", "LAST_NIGHT"):
        day = add_days(reference.today, -1)
    elif found.means("p", "NIGHT_BEFORE_LAST"):
        day = add_days(reference.today, -2)
    else:
        day = reference.today
    part = found.value("p", "PART") or "night"
    return Part(part=part, days=(day,)) if day else None


@rule("(BY|IN|OF|A|AT|ON|FOR|LAS)+ THE? EARLY? THE? p=PART EARLY?", "THE EARLY? p=PART", "EARLY (BY|IN|OF|A|AT)* THE? p=PART", "p=PART EARLY?", "EARLY")
def part_of_day(found: Found, reference: Reference) -> Piece | None:
    token = found.token("p")
    early = any("EARLY" in one.values for one in found.tokens[found.first : found.last + 1])
    if token is None:
        return Part(part="morning", weak=" " not in found.tokens[found.first].word, early=True)
    alone = found.tokens[found.first] is token
    if "TOMORROW" in token.values and (alone or found.last - found.first < 1):
        return None
    if "TOMORROW" in token.values and not any("LAS" in one.values for one in found.tokens[found.first : found.last]) and not early:
        return None
    # «tarde» is also late, «noche» a night at a hotel: alone they need a day or an hour beside them
    return Part(part=token.values["PART"], weak=alone or found.tokens[found.first].word in {"the", "la", "a", "of"}, early=early)


@rule("NOW")
def now(found: Found, reference: Reference) -> Piece | None:
    return Instant(instants=(reference.now,), movable=True)
