"""Reading a personal assistant's reply: each date, hour, title, count and deed in it must come from the turn's facts.

A unit is a sentence or a line. Its moments are read by ``agenda.dates`` with all their readings, and one of these has
to be in the facts: as an hour of what the unit names, or of anything when it names nothing. What only asks may repeat
the person's own moments; what denies may also name days that were looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, cast

from agenda.dates import Moment, Reading
from assistants.grounding import Kind, Violation
from assistants.grounding.days import find_days
from assistants.grounding.markup import read_markup
from assistants.grounding.moments_deeds import MomentKind, Sentence, check_acts, check_counts, check_money
from assistants.grounding.moments_facts import AgendaFacts, Item
from assistants.grounding.moments_titles import find_items, unknown_names, unknown_title
from assistants.grounding.moments_words import (
    ASKING,
    BARE_HOUR,
    CLAUSES,
    COUNT,
    DENIAL,
    ENDING,
    EXAMPLES,
    PRESENCE,
    RELATIVE,
    REMIND,
    TO_DO,
)
from assistants.grounding.words import fold, tokenize

__all__ = ["AgendaFacts", "MomentKind", "MomentReader", "tells"]

ABOUT = timedelta(minutes=20)  # how exact «en dos horas» is


class MomentReader:
    """Reads one reply, unit by unit; remembers the day that a heading names and what was spoken of last."""

    def __init__(self, *, facts: AgendaFacts) -> None:
        self._facts = facts
        self._day: date | None = None  # that a line with nothing else named
        self._subject: list[Item] = []

    def read(self, unit: str) -> list[Violation]:
        """What ``unit`` says that no fact of the turn holds."""
        plain = read_markup(unit)
        if plain.quoted and EXAMPLES.search(fold(plain.text)):
            plain = read_markup(_without(plain.text, plain.quoted))
        text = plain.text
        if not text.strip():
            return []
        folded = fold(text)
        sentence = Sentence(
            plain=plain,
            folded=folded,
            moments=self._facts.read(text),
            asks=ASKING.search(folded) is not None,
            denies=DENIAL.search(folded) is not None,
        )
        items = find_items(folded, self._facts)
        sentence.items = items
        said = [
            *self._check_moments(sentence),
            *self._check_titles(sentence),
            *check_acts(sentence, self._facts, spoken_of=self._subject),
            *check_counts(sentence, self._facts),
            *check_money(text, self._facts),
        ]
        if items:
            self._subject = items
        self._remember_day(sentence)
        return [Violation(cast("Kind", kind), words.strip()[:80], unit.strip()[:160]) for kind, words in said]

    def _remember_day(self, sentence: Sentence) -> None:
        days = [m for m in sentence.moments if m.kind == "date" and m.candidates]
        heads = sentence.plain.text.rstrip().endswith(":") or not sentence.plain.is_item
        if days and heads and not sentence.items:
            start = days[0].candidates[0].start
            self._day = start if isinstance(start, date) else None
        elif not sentence.plain.is_item and not days:
            self._day = None

    # -- dates and hours

    def _check_moments(self, sentence: Sentence) -> list[tuple[MomentKind, str]]:
        found = []
        for moment in sentence.moments:
            if moment.kind == "recurrence":
                continue
            if moment.kind == "duration":
                wrong = self._is_wrong_length(moment, sentence)
            else:
                wrong = not self._is_told(moment, sentence)
            if wrong:
                kind = MomentKind.DATE if moment.kind in ("date", "date_range") else MomentKind.HOUR
                found.append((kind, moment.words))
        spans = [span for moment in sentence.moments for span in moment.spans]
        for match in BARE_HOUR.finditer(sentence.folded):  # «at 10», which ``agenda.dates`` takes for no hour
            hour, minute = int(match[1]), int(match[2] or 0)
            if hour > 23 or minute > 59 or any(start <= match.start(1) < end for start, end in spans):
                continue
            clocks = [time(hour, minute), time((hour + 12) % 24, minute)]
            if not sentence.asks and not any(self._is_clock(clock, None, sentence) for clock in clocks):
                found.append((MomentKind.HOUR, match.group()))
        return found

    def _is_wrong_length(self, moment: Moment, sentence: Sentence) -> bool:
        """Whether a reminder is said to come at another time than it does."""
        if moment.duration is None or not REMIND.search(sentence.folded) or sentence.asks or sentence.denies:
            return False
        if moment.relation != "before":
            return False
        minutes = int(moment.duration.total_seconds() // 60)
        subject = sentence.items or self._subject
        known = set().union(*(item.minutes for item in subject)) if subject else set()
        if not known:
            known = self._facts.minutes.union(*(item.minutes for item in self._facts.items.values()))
        return minutes not in known | self._facts.minutes

    def _is_told(self, moment: Moment, sentence: Sentence) -> bool:
        facts = self._facts
        readings = _on_their_weekday(moment)
        if not readings:
            return sentence.denies or _repeats(moment, facts.asked)
        if _repeats(moment, facts.told):
            return True
        if (sentence.asks or sentence.denies) and _repeats(moment, facts.asked):
            return True
        return any(self._is_fact(reading, moment, sentence) for reading in readings)

    def _is_fact(self, reading: Reading, moment: Moment, sentence: Sentence) -> bool:
        start, end = reading.start, reading.end
        if isinstance(start, datetime):
            first = start.replace(tzinfo=None)
            last = end.replace(tzinfo=None) if isinstance(end, datetime) else None
            return self._is_instant(first, last, moment, sentence)
        if isinstance(start, time):
            return self._is_clock(start, end if isinstance(end, time) else None, sentence)
        last_day = end if isinstance(end, date) and not isinstance(end, datetime) else start
        return self._is_day(start, last_day, sentence)

    def _is_instant(self, first: datetime, last: datetime | None, moment: Moment, sentence: Sentence) -> bool:
        facts = self._facts
        subject = self._items_beside(moment, sentence) or list(facts.items.values())
        for item in subject:
            for span in item.spans:
                if first == span.start and last in (None, span.end):
                    return True
                if last is None and first == span.end and ENDING.search(sentence.folded):
                    return True
                leads = item.minutes | facts.minutes if REMIND.search(sentence.folded) else ()
                if first in [span.start - timedelta(minutes=lead) for lead in leads]:
                    return True
                if RELATIVE.search(fold(moment.words)) and abs(first - span.start) <= ABOUT:
                    return True
        # «el jueves por la tarde» is no hour.
        part = last is not None and last - first >= timedelta(hours=3) and not re.search(r":\d|\d h|\dh", moment.words)
        if sentence.items and not sentence.denies:
            return part and any(first <= span.start < last for item in subject for span in item.spans if last)
        if any(span.start <= first and (last or first) <= span.end for span in facts.free):
            return True
        if first.replace(second=0) == facts.now.replace(tzinfo=None, second=0, microsecond=0):
            return True
        if part and last is not None:
            inside = any(first <= span.start < last for item in subject for span in item.spans)
            return inside or any(span.start <= first and last <= span.end for span in facts.looked)
        return False

    def _items_beside(self, moment: Moment, sentence: Sentence) -> list[Item]:
        """What the hour belongs to: in «A a las 8 y B a las 9», where each part names its own, what its part names."""
        if len(sentence.items) < 2:
            return sentence.items
        cuts = [0, *(match.end() for match in CLAUSES.finditer(sentence.folded)), len(sentence.folded)]
        parts = list(pairwise(cuts))
        timed = [m for m in sentence.moments if m.kind in ("datetime", "time", "datetime_range", "time_range")]
        named: dict[int, list[Item]] = {}
        for each in timed:
            last = each.spans[-1][1] - 1  # where its hour stands
            start, end = next(part for part in parts if part[0] <= last < part[1] or part[1] == cuts[-1])
            named[id(each)] = find_items(sentence.folded[start:end], self._facts)
        if not all(named.values()):
            return sentence.items
        return named.get(id(moment), sentence.items)

    def _is_clock(self, start: time, end: time | None, sentence: Sentence) -> bool:
        facts = self._facts
        day = self._day if sentence.plain.is_item else None
        for item in sentence.items or facts.items.values():
            for span in item.spans:
                if day is not None and sentence.items and not span.holds(day):
                    continue
                if start == span.start.time() and end in (None, span.end.time()):
                    return True
                if end is None and start == span.end.time() and ENDING.search(sentence.folded):
                    return True
                leads = item.minutes if REMIND.search(sentence.folded) else ()
                if start in [(span.start - timedelta(minutes=lead)).time() for lead in leads]:
                    return True
        if sentence.items and not sentence.denies:
            return False
        for span in facts.free:
            if day is not None and not span.holds(day):
                continue
            closes = span.end.time() or time(23, 59)
            if span.start.time() <= start and (end or start) <= closes:
                return True
        return (start.hour, start.minute) == (facts.now.hour, facts.now.minute)

    def _is_day(self, first: date, last: date, sentence: Sentence) -> bool:
        facts = self._facts
        if sentence.items and not sentence.denies and not sentence.asks:
            return any(first <= day <= last for item in sentence.items for day in item.days)
        days = [day for item in facts.items.values() for day in item.days]
        days += [span.start.date() for span in facts.free]
        if any(first <= day <= last for day in days):
            return True
        near = first <= facts.today <= last or first == last == facts.today + timedelta(days=1)
        presence = PRESENCE.search(sentence.folded) is not None and not sentence.denies and not sentence.asks
        if near:
            return not presence or (bool(COUNT.search(sentence.folded)) is False and not sentence.moments[1:])
        looked = any(span.holds(first) and span.holds(last) for span in facts.looked)
        return looked and not presence

    # -- titles, deeds, counts, money

    def _check_titles(self, sentence: Sentence) -> list[tuple[MomentKind, str]]:
        spans = [span for moment in sentence.moments for span in moment.spans]
        names = unknown_names(sentence.plain.text, spans, self._facts)
        found = [(MomentKind.TITLE, name) for name in names]
        states = not sentence.asks and not sentence.denies
        marked = [*sentence.plain.marked, *sentence.plain.quoted]
        timed = any(moment.kind not in ("duration", "recurrence") for moment in sentence.moments)
        present = PRESENCE.search(sentence.folded) is not None
        told = sentence.plain.is_item or (present and (timed or TO_DO.search(sentence.folded) is not None))
        whole = states and not sentence.items and told
        title = unknown_title(sentence.plain.text, spans, marked, self._facts, whole=whole)
        if title:
            found.append((MomentKind.TITLE, title))
        return found


def tells(text: str, *, result: Mapping[str, Any], facts: AgendaFacts) -> bool:
    """Whether ``text`` says what a writing tool's ``result`` did: each thing by its name, and its day or hour."""
    if not result.get("done") or result.get("act") == "undone":
        return True
    rows = [*result.get("appointments", ()), *result.get("tasks", ())]
    rows += [result[name] for name in ("appointment", "task") if name in result]
    folded = fold(text)
    named = {id(item) for item in facts.items.values() if item.stems & {token.stem for token in tokenize(folded)}}
    moments = [reading.start for moment in facts.read(text) for reading in moment.candidates]
    for row in rows:
        item = facts.items.get((row.get("kind") == "task", row["id"]))
        if item is None or id(item) not in named:
            return False
        if row.get("start"):
            start = datetime.fromisoformat(row["start"])
            days = [m.date() if isinstance(m, datetime) else m for m in moments if not isinstance(m, time)]
            clocks = [m.time() if isinstance(m, datetime) else m for m in moments if isinstance(m, datetime | time)]
            if start.date() not in days or (start.time() not in clocks and not row.get("all_day")):
                return False
    return True


def _without(text: str, places: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(places, reverse=True):
        text = text[:start] + text[end:]
    return text


def _on_their_weekday(moment: Moment) -> list[Reading]:
    """The readings that fall on the weekday that is said, if one is."""
    readings = list(moment.candidates)
    if "weekday_mismatch" not in moment.reasons:
        return readings
    said = find_days(fold(moment.words))
    return [r for r in readings if isinstance(r.start, date) and r.start.weekday() in said]


def _repeats(moment: Moment, told: Iterable[Moment]) -> bool:
    """Whether the same moment, or the day or hour of it, was told."""
    own = [(reading.start, reading.end) for reading in moment.candidates]
    for other in told:
        for reading in other.candidates:
            for start, end in own:
                if start == reading.start and end in (None, reading.end):
                    return True
                if isinstance(reading.start, datetime) and start in (reading.start.date(), reading.start.time()):
                    return True
    return not own and any(fold(moment.words) == fold(other.words) for other in told)
