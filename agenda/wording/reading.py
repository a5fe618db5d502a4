"""Reading a text: which language it is in, its tokens, pieces and moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from agenda.wording.arithmetic import add_all, has_time
from agenda.wording.composition import compose
from agenda.wording.moments import Moment, Reading
from agenda.wording.pieces import Length, Reference, find_pieces
from agenda.wording.resolution import resolve
from agenda.wording.tokens import Token, cut, join
from agenda.wording.vocabulary import Lexicon, vocabulary

CHUNK = 160  # tokens read at once: what is found is bounded before it is put together
SMALL = frozenset(
    ["de", "del", "da", "do", "das", "dos", "of", "the", "a", "al", "from", "el", "la", "las", "los", "as", "os", "o"]
)
TELLING = 400  # tokens that are looked at to tell the language
MOST_TOKENS = 1000  # in runs that may hold a time; ordinary texts of 10,000 letters have far less
UNTIL = ("hasta", "ate", "até", "until", "till", "to", "through")
QUIET = 16  # words without time in a row after which nothing belongs together


def read(text: str, *, now: datetime, zone: ZoneInfo, language: str | None, most: int) -> list[Moment]:
    """The moments of a text; ``now`` is aware and in the zone."""
    cuts = cut(text)
    best: list[Moment] = []
    settled: int | None = None
    for place, (score, lexicon) in enumerate(languages(cuts, language)):
        if (best and score != settled) or (place and len(cuts) > TELLING):
            break
        reference = Reference(now=now.replace(tzinfo=None), order=lexicon.order, language=lexicon.name)
        found: list[Moment] = []
        for tokens in _chunks(join(cuts, lexicon=lexicon)):
            found += _read(tokens, text, reference, zone)
            if len(found) >= most:
                break
        if _covered(found) > _covered(best):
            best, settled = found[:most], score
    return best


def _covered(moments: Sequence[Moment]) -> int:
    """Letters that belong to moments."""
    return sum(end - start for moment in moments for start, end in moment.spans)


def languages(cuts: Sequence[Token], language: str | None) -> list[tuple[int, Lexicon]]:
    """The languages to try with how much speaks for each, the likeliest first; one only when it is known."""
    words = vocabulary()
    if language is not None:
        return [(0, words.lexicons.get(language[:2].lower(), words.lexicons["es"]))]
    said = {token.word for token in cuts[:TELLING]}
    raw = "".join(token.raw for token in cuts[:TELLING]).lower()
    scores = {name: len(said & words.markers[name]) for name in words.lexicons}
    scores["es"] += 2 * any(letter in raw for letter in "ñ¿¡")
    scores["pt"] += 2 * any(letter in raw for letter in "ãõçêâà")
    return [(scores[name], words.lexicons[name]) for name in sorted(scores, key=lambda name: -scores[name])]


def _chunks(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """Runs of tokens that may belong together and hold a time, none too long to read at once, and not without end."""
    telling = vocabulary().telling
    current: list[Token] = []
    quiet, told, read = 0, False, 0
    for token in tokens:
        current.append(token)
        quiet = 0 if token.values else quiet + 1
        told = told or token.character in telling
        if quiet >= QUIET or len(current) >= CHUNK:
            if told:
                yield current
                read += len(current)
                if read >= MOST_TOKENS:
                    return
            current, quiet, told = [], 0, False
    if told:
        yield current


def _read(tokens: list[Token], text: str, reference: Reference, zone: ZoneInfo) -> list[Moment]:
    groups = compose(find_pieces(tokens, reference), tokens, text, reference=reference)
    groups.sort(key=lambda group: group.first)
    moments: list[Moment] = []
    length: Length | None = None
    for group in groups:
        moment = resolve(group, tokens, text, reference=reference, zone=zone)
        if length is not None and _joined(moments[-1].span[1], moment.span[0], text):
            moments[-1] = _moved(moments[-1], length, moment, zone, text)
            length = None
            continue
        if moments and _until(moments[-1], moment, text):
            moments[-1] = _from_to(moments[-1], moment, text)
            continue
        length = group.alone if isinstance(group.alone, Length) and group.alone.relation else None
        moments.append(moment)
    if len(moments) == 1 and length is not None and length.relation == "after":
        return [_counted_from_now(moments[0], length, reference, zone)]
    return moments


def _joined(end: int, start: int, text: str) -> bool:
    """Whether nothing but a small word stands between «dos días después» and its anchor."""
    return all(word in SMALL for word in text[end:start].lower().split())


def _until(start: Moment, end: Moment, text: str) -> bool:
    """Whether «hasta» stands between two instants."""
    between = text[start.span[1] : end.span[0]].lower().split()
    return start.kind == end.kind == "datetime" and between[:1] in [[word] for word in UNTIL]


def _from_to(start: Moment, end: Moment, text: str) -> Moment:
    """«mañana a las 3 hasta el jueves a las 5»: to each start the first end after it."""
    span = (start.span[0], end.span[1])
    readings = []
    for one in start.candidates:
        after = [other.start for other in end.candidates if other.start > one.start]  # type: ignore[operator]
        if after:
            readings.append(Reading(one.start, after[0]))
    reasons = tuple(dict.fromkeys((*start.reasons, *end.reasons)))
    return replace(
        start,
        kind="datetime_range",
        words=text[slice(*span)],
        span=span,
        spans=(*start.spans, *end.spans),
        candidates=tuple(readings),
        reasons=reasons if readings else ("impossible_date",),
    )


def _moved(said: Moment, length: Length, anchor: Moment, zone: ZoneInfo, text: str) -> Moment:
    """«dos días después del lunes»: the anchor's readings, moved."""
    sign = -1 if length.relation == "before" else 1
    span = (said.span[0], anchor.span[1])
    readings = []
    for reading in anchor.candidates:
        start = reading.start
        naive = (
            start.replace(tzinfo=None)
            if isinstance(start, datetime)
            else datetime.combine(start, time())
            if isinstance(start, date)
            else datetime.combine(date(2000, 1, 1), start)
        )
        target = add_all(naive, length.amounts, sign)
        if target is None:
            continue
        if isinstance(start, time):
            readings.append(Reading(target.time()))
        elif isinstance(start, datetime) or target.time() != time():
            readings.append(Reading(target.replace(tzinfo=zone)))
        else:
            readings.append(Reading(target.date()))
    kind = anchor.kind if anchor.kind in {"time", "datetime"} else "date"
    if readings and isinstance(readings[0].start, datetime):
        kind = "datetime"
    reasons = anchor.reasons if readings else ("impossible_date",)
    return replace(
        anchor,
        kind=kind,
        words=text[span[0] : span[1]],
        span=span,
        spans=(*said.spans, *anchor.spans),
        candidates=tuple(readings),
        reasons=reasons,
        rrule=None,
        duration=None,
    )


def _counted_from_now(said: Moment, length: Length, reference: Reference, zone: ZoneInfo) -> Moment:
    """«dos horas más tarde» where nothing else is told."""
    target = add_all(reference.now, length.amounts)
    if target is None:
        return replace(said, kind="date", duration=None, relation=None, reasons=("impossible_date",))
    if has_time(length.amounts):
        instant = Reading(target.replace(tzinfo=zone))
        return replace(said, kind="datetime", duration=None, relation=None, candidates=(instant,))
    return replace(said, kind="date", duration=None, relation=None, candidates=(Reading(target.date()),))
