"""Hours: «a las 3 y media», «cuarto para las 8», «8pm», «15h30», «mediodía»."""

from __future__ import annotations

from agenda.wording.meridiem import apply_part
from agenda.wording.pieces import Clock, Found, Piece, Reference, rule
from agenda.wording.tokens import Token

STRONG = "(AT LAS? | A LAS | (ABOUT|FOR|FROM|TO|IN|IS|ON|BETWEEN|BY|OF) (LAS|AT) | ABOUT)"
MERIDIEM = "(mer=AM/PM)?"
MINUTES = "((AND|WITH|PAST)? m=MINUTE (MINUTE_UNIT|SECOND_UNIT)? | (AND|WITH)? A? q=HALF/QUARTER/THREE_QUARTERS)"
SOME_MINUTES = "(m=MINUTE MINUTE_UNIT? | A? q=HALF/QUARTER/THREE_QUARTERS)"
WITH_PART = "((OF|BY|IN|AT|A)+ THE p=PART | (OF|BY|IN|AT|A)+ p=SURE_PART)?"
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
    f"({STRONG} | LAS)? c=CLOCK (OCLOCK|HOUR_UNIT)? {MERIDIEM} {WITH_PART}",
    f"({STRONG} | LAS) c=DOTTED_CLOCK (OCLOCK|HOUR_UNIT)? {MERIDIEM} {WITH_PART}",
    "c=DOTTED_CLOCK (OCLOCK|HOUR_UNIT)? mer=AM/PM",
    "c=DOTTED_CLOCK (OF|BY|IN|A)+ THE? p=PART",
    "c=DOTTED_CLOCK HOUR_UNIT",
)
def written_clock(found: Found, reference: Reference) -> Piece | None:
    token = found.token("c")
    if token is None:
        return None
    if "LOOSE_CLOCK" in token.values and found.tokens[found.first] is token and found.last == found.first:
        return None
    hour, minute, second = token.values.get("CLOCK") or token.values["DOTTED_CLOCK"]
    return _of_part(clock(hour, minute, found, second=second, fixed=is_late_zero(token.raw)), found)


@rule(
    f"({STRONG} | LAS) h=HOUR (OCLOCK|HOUR_UNIT)? {MINUTES}? (AND s=MINUTE SECOND_UNIT)? (OCLOCK|HOUR_UNIT)?"
    f" {MERIDIEM} OCLOCK? {WITH_PART}",
    f"h=HOUR OCLOCK? {MINUTES}? OCLOCK? mer=AM/PM",
    f"h=HOUR (OCLOCK|HOUR_UNIT)? (AND|WITH|PAST)? A? q=HALF/QUARTER/THREE_QUARTERS (?! UNIT) {MERIDIEM} {WITH_PART}",
    f"h=HOUR (OCLOCK|HOUR_UNIT)? AND m=MINUTE (?! UNIT | OF MONTH/SHORT_MONTH) {MERIDIEM} {WITH_PART}",
    "h=HOUR m=MINUTE (?! UNIT | MONTH/SHORT_MONTH | OF MONTH/SHORT_MONTH | NUM)",
    "h=HOUR HOUR_UNIT? hu=OCLOCK",
    "IS h=HOUR HOUR_UNIT OCLOCK?",
)
def spoken_clock(found: Found, reference: Reference) -> Piece | None:
    if not _is_hour(found, reference):
        return None
    token = found.tokens[_place(found, "h")]
    second = int(found.value("s", "MINUTE") or 0)
    read = clock(found.value("h", "HOUR"), minutes_of(found), found, second=second, fixed=is_late_zero(token.raw))
    return _of_part(read, found)


def _place(found: Found, name: str) -> int:
    """Where the token of a group stands in the row."""
    wanted = found.token(name)
    return next(place for place in range(found.first, found.last + 1) if found.tokens[place] is wanted)


def _is_hour(found: Found, reference: Reference) -> bool:
    """Whether a number that looks like an hour is one."""
    place = _place(found, "h")
    token, first, before = found.tokens[place], found.tokens[found.first], found.before()
    prefix = found.tokens[found.first : place]
    by_article = any("LAS" in one.values for one in prefix)
    told = any(found.has(name) for name in ("mer", "q", "m", "p", "hu"))
    if token.word in ARTICLES and not by_article:
        lasting = any("UNIT" in one.values for one in found.tokens[place : found.last + 1])
        if not told or lasting:
            return False  # «sobre un tema», «in an hour and a half»
    if prefix and not by_article and not told and reference.language != "en" and "IS" not in first.values:
        return False  # «cerca de 5 km»
    if found.has("m"):
        minute = found.tokens[_place(found, "m")]
        joined = any("AND" in one.values for one in found.tokens[place : found.last])
        alike = ("SPELLED" in token.values) == ("SPELLED" in minute.values)
        if not (joined or by_article or alike or found.has("mer")):
            return False
        if not (joined or prefix or found.has("mer") or found.has("p")):
            return _is_spoken_pair(found, token, minute)
        if not prefix and "SPELLED" not in token.values and not (found.has("mer") or found.has("p")):
            return False  # «3 y 20» without more may be anything
    if before is not None and first.values.keys() & {"BEFORE", "AFTER"} and "UNIT" in before.values:
        return False  # «one hour before 8» is told by the hour
    weak = first.word in {"a", "o", "as", "la", "las", "da", "das"} and "LAS" in first.values
    if weak or (
        len(prefix) == 1 and "LAS" not in first.values and first.values.keys() & {"OF", "BY", "IN", "IS", "ON"}
    ):
        return told or (weak and len(prefix) > 1) or first.raw.lower() in {"às", "à"} or _ends_hour(found.after())
    return True


def _is_spoken_pair(found: Found, hour: Token, minute: Token) -> bool:
    """«siete treinta», but no other two numbers side by side."""
    if found.last != found.first + 1 or "SPELLED" not in hour.values or hour.word in ARTICLES:
        return False
    return 1 <= hour.values["HOUR"] <= 12 and minute.values["MINUTE"] in range(10, 60, 5) and _ends_hour(found.after())


def _ends_hour(follower: Token | None) -> bool:
    """Whether what follows «las 3» leaves it an hour: «las 3 personas» does not."""
    if follower is None or not follower.word.isalpha():
        return True
    return bool(follower.values) and "UNIT" not in follower.values


@rule(f"{STRONG}? h=HOUR u=HOUR_UNIT (m=MINUTE MINUTE_UNIT?)? {MERIDIEM}", f"LAS h=HOUR HOUR_UNIT {MERIDIEM}")
def hours_as_clock(found: Found, reference: Reference) -> Piece | None:
    """«14h», «7h», «às 3 horas»; «3 horas» without more is a length."""
    token, unit = found.token("h"), found.token("u")
    short = unit is not None and unit.word in {"h", "hs", "hrs", "hr"}
    prefixed = found.tokens[found.first] is not token
    before = found.before()
    if (
        before is not None
        and not before.values.keys().isdisjoint({"WITHIN", "AGO_BEFORE", "LASTING", "EVERY", "NEXT", "LAST"})
        and not prefixed
    ):
        return None
    after = found.after()
    if after is not None and not after.values.keys().isdisjoint({"AGO", "LATER", "BEFORE", "AFTER", "FROM_NOW"}):
        return None
    if token is None or not (prefixed or (short and "SPELLED" not in token.values)):
        return None
    return clock(found.value("h", "HOUR"), minutes_of(found), found, fixed=is_late_zero(token.raw))


@rule(
    f"({STRONG} | LAS)? h=HOUR OCLOCK? {MERIDIEM} MINUS A? (m=MINUTE MINUTE_UNIT? | q=HALF/QUARTER) {MERIDIEM}"
    f" {WITH_PART}",
)
def clock_less(found: Found, reference: Reference) -> Piece | None:
    """«las 8 menos cuarto», «8pm menos cuarto»."""
    return _of_part(_less(found, found.value("h", "HOUR"), -minutes_of(found)), found)


def _less(found: Found, hour: int, minutes: int) -> Piece | None:
    said = found.value("mer", "AM", "PM")
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
    f"({STRONG}|LAS|IS)? {SOME_MINUTES} to=SHORT_OF (LAS|AT)* h=HOUR (OCLOCK|HOUR_UNIT)? {MERIDIEM} {WITH_PART}",
    f"({STRONG}|IS)? {SOME_MINUTES} past=PAST/AFTER (LAS|AT)* h=HOUR (OCLOCK|HOUR_UNIT)? {MERIDIEM} {WITH_PART}",
    f"({STRONG}|IS)? {SOME_MINUTES} to=SHORT_OF (LAS|AT)* twelve=NOON/MIDNIGHT",
    f"({STRONG}|IS)? {SOME_MINUTES} past=PAST/AFTER (LAS|AT|THE)* twelve=NOON/MIDNIGHT",
)
def clock_before_or_after(found: Found, reference: Reference) -> Piece | None:
    """«cuarto para las 8», «half past three», «20 minutos después de las 3»."""
    minutes = minutes_of(found) * (-1 if found.has("to") else 1)
    if found.has("twelve"):
        total = (found.value("twelve", "NOON", "MIDNIGHT") * 60 + minutes) % 1440
        return Clock(hour=total // 60, minute=total % 60, fixed=True)
    within = found.tokens[found.first : found.last]
    if (
        reference.language != "en"
        and found.has("to")
        and not any("LAS" in token.values or token.word == "pras" for token in within)
    ):
        return None  # «20 para 8» are things for people
    hour = found.value("h", "HOUR")
    return _of_part(_less(found, hour, minutes) if minutes < 0 else clock(hour, minutes, found), found)


def _of_part(read: Piece | None, found: Found) -> Piece | None:
    if not isinstance(read, Clock) or not found.has("p"):
        return read
    return apply_part(read, found.value("p", "PART", "SURE_PART"))


@rule(
    f"(AT|A LAS|LAS|{STRONG}) h=HOUR_MINUTE (HOUR_UNIT|OCLOCK)? {MERIDIEM}",
    "h=HOUR_MINUTE mer=AM/PM",
    "h=HOUR_MINUTE HOUR_UNIT",
)
def run_together(found: Found, reference: Reference) -> Piece | None:
    """«1530», «1130am»."""
    token = found.token("h")
    if token is None or (len(token.raw) == 3 and not found.has("mer")):
        return None
    lasts = "HOUR_UNIT" in found.tokens[found.last].values
    if (
        not (found.has("mer") or lasts)
        and "YEAR" in token.values
        and found.tokens[found.first].values.keys().isdisjoint({"AT", "LAS", "A"})
    ):
        return None
    if "LAS" not in {symbol for one in found.tokens[found.first : found.last] for symbol in one.values} and not (
        found.has("mer") or lasts or found.tokens[found.first].word in {"at", "by", "around"}
    ):
        return None
    hour, minute = divmod(found.value("h", "HOUR_MINUTE"), 100)
    return clock(hour, minute, found, fixed=is_late_zero(token.raw))


@rule(
    "(AT|A|THE|ON|IN|ABOUT|FOR|FROM|TO|BY|OF|AFTER|BEFORE|LAS)* h=HOUR?"
    " n=NOON/MIDNIGHT/LUNCH/MIDMORNING/MIDAFTERNOON (AND (q=HALF/QUARTER | m=MINUTE (?! UNIT)))?"
)
def named_hour(found: Found, reference: Reference) -> Piece | None:
    if found.has("h") and found.value("h", "HOUR") != 12:
        return None
    hour = found.value("n", "NOON", "MIDNIGHT", "LUNCH", "MIDMORNING", "MIDAFTERNOON")
    return Clock(hour=hour, minute=minutes_of(found), fixed=hour > 0)
