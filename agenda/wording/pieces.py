"""What rules find in a sentence: pieces of a moment, before they are put together.

A piece says where it stands (tokens ``first`` to ``last``, the last one within) and what it may mean, the likeliest
first. Reasons are the codes of ``agenda.dates``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from agenda.wording.moments import Relation
from agenda.wording.tokens import Token
from agenda.wording.vocabulary import AGAIN, NOTHING, vocabulary


@dataclass(frozen=True, slots=True)
class Reference:
    """From where a sentence is read: the wall clock of its zone, the order of days and months, the language."""

    now: datetime  # naive, in the zone of the sentence
    order: str  # "dmy" or "mdy"
    language: str

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Piece:
    """Common to all pieces."""

    first: int = 0
    last: int = 0
    reasons: tuple[str, ...] = ()

    def at(self, first: int, last: int) -> Piece:
        return replace(self, first=first, last=last)


@dataclass(frozen=True, slots=True)
class Day(Piece):
    """A day. ``weekday`` is set when nothing but a weekday was said, ``numbered`` when it has a number in a month.

    ``whole`` is the time of the day's end for «el fin del día».
    """

    days: tuple[date, ...] = ()
    weekday: int | None = None
    numbered: bool = False
    floating: bool = False  # the month was not said either, so a weekday may move it


@dataclass(frozen=True, slots=True)
class Clock(Piece):
    """An hour of a day; not ``fixed`` when it may be before or after noon. ``days`` are added to the day (24:00)."""

    hour: int = 0
    minute: int = 0
    second: int = 0
    fixed: bool = False
    days: int = 0


@dataclass(frozen=True, slots=True)
class Part(Piece):
    """A part of a day; ``days`` when it says the day too («esta noche»). Weak ones count only beside a day or hour."""

    part: str = ""
    days: tuple[date, ...] = ()
    weak: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class Instant(Piece):
    """A moment of a day, naive unless the text had an offset."""

    instants: tuple[datetime, ...] = ()
    movable: bool = False  # counted from now: an hour beside it is another moment


@dataclass(frozen=True, slots=True)
class Days(Piece):
    """From a day to a day, both within."""

    ranges: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Hours(Piece):
    """From an hour to an hour."""

    start: Clock | None = None
    end: Clock | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Span(Piece):
    """From an instant to an instant."""

    spans: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Length(Piece):
    """How long: ``amounts`` are (number, unit). ``relation`` is "before", "after" or None."""

    amounts: tuple[tuple[float, str], ...] = ()
    relation: Relation | None = None
    length: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Cycle(Piece):
    """What repeats, as an RFC 5545 rule; with a part of the day when it was said («todas las noches»)."""

    rule: str = ""
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Edge(Piece):
    """The end of what follows («al final de …»)."""


class Found:
    """What a rule matched: its groups as tokens with their values."""

    def __init__(self, match: re.Match[str], tokens: Sequence[Token]) -> None:
        self._match = match
        self.tokens = tokens
        self.first, self.last = match.start(), match.end() - 1

    def token(self, name: str) -> Token | None:
        groups = self._match.re.groupindex
        while name in groups:
            if self._match[name] is not None:
                return self.tokens[self._match.start(name)]
            name += AGAIN
        return None

    def has(self, name: str) -> bool:
        return self.token(name) is not None

    def value(self, name: str, *symbols: str) -> Any:
        token = self.token(name)
        return None if token is None else token.value(*symbols)

    def means(self, name: str, symbol: str) -> bool:
        token = self.token(name)
        return token is not None and symbol in token.values

    def all(self, *symbols: str) -> list[Any]:
        """The values of every token of the match that may be one of these."""
        within = self.tokens[self.first : self.last + 1]
        return [token.value(*symbols) for token in within if not token.values.keys().isdisjoint(symbols)]

    def after(self) -> Token | None:
        return self.tokens[self.last + 1] if self.last + 1 < len(self.tokens) else None

    def before(self) -> Token | None:
        return self.tokens[self.first - 1] if self.first else None


Builder = Callable[[Found, Reference], "Piece | None"]


@dataclass(frozen=True, slots=True)
class Rule:
    text: str
    build: Builder
    place: int = 0


# Where rules are, those that win first.
MODULES = ("clocks", "dayparts", "hours", "days", "feast_days", "cycles", "lengths", "periods", "weekdays")
READINGS = 3  # of a row
_RULES: list[Rule] = []


def rule(*texts: str) -> Callable[[Builder], Builder]:
    """Make a function the reader of these patterns; of equally long matches the rule made first wins."""

    def add(build: Builder) -> Builder:
        _RULES.extend(Rule(text, build) for text in texts)
        return build

    return add


@cache
def compiled_rules() -> list[tuple[re.Pattern[str], Rule, frozenset[str]]]:
    """Every rule with its pattern and the characters of which a row needs one; made at the first call."""
    for name in MODULES:
        import_module(f"agenda.wording.{name}")
    # Modules import one another, so the order in which they were loaded is none to go by.
    rules = sorted(_RULES, key=lambda one: MODULES.index(one.build.__module__.rpartition(".")[2]))
    words = vocabulary()
    compiled = []
    for place, one in enumerate(rules):
        pattern = words.pattern(one.text)
        compiled.append((pattern, replace(one, place=place), _needed(pattern)))
    return compiled


def _needed(pattern: re.Pattern[str]) -> frozenset[str]:
    """The characters of which every match has one: those of the rarest class that is not optional."""
    rarest: frozenset[str] = frozenset()
    depth, place, text = 0, 0, pattern.pattern
    while place < len(text):
        if text[place] == "(":
            depth += 0 if text.startswith("(?P<", place) else 1
            named = text.startswith("(?P<", place)
            place = text.index(">", place) + 1 if named else place + 1
            if named and text[place] == "[":
                end = text.index("]", place)
                optional = text[end + 2 : end + 3] in {"?", "*"}
                if not depth and not optional:
                    rarest = _rarer(rarest, frozenset(text[place + 1 : end]))
                place = end + 2
            continue
        if text[place] == ")":
            depth -= 1
        elif text[place] == "[":
            end = text.index("]", place)
            if not depth and text[end + 1 : end + 2] not in {"?", "*"}:
                rarest = _rarer(rarest, frozenset(text[place + 1 : end]))
            place = end
        place += 1
    return rarest


def _rarer(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    return other if not one or len(other) < len(one) else one


def find_pieces(tokens: Sequence[Token], reference: Reference) -> list[Piece]:
    """The pieces of a row of tokens, in order and apart: the longest win, then the rule that was made first.

    What a longer match took from a shorter one leaves a rest, so the row is read again without what was found.
    """
    row = "".join(token.character for token in tokens)
    pieces: list[Piece] = []
    for _ in range(READINGS):
        found = _find_once(row, tokens, reference)
        if not found:
            break
        pieces += found
        for piece in found:
            row = row[: piece.first] + NOTHING * (piece.last + 1 - piece.first) + row[piece.last + 1 :]
    return sorted(pieces, key=lambda piece: piece.first)


def _find_once(row: str, tokens: Sequence[Token], reference: Reference) -> list[Piece]:
    present = frozenset(row) - {NOTHING}
    if not present:
        return []
    matches = [
        (found.start() - found.end(), one.place, found, one)
        for pattern, one, needed in compiled_rules()
        if not needed or not needed.isdisjoint(present)
        for found in pattern.finditer(row)
        if found.end() > found.start()
    ]
    matches.sort(key=lambda match: match[:2])
    taken = bytearray(len(tokens))
    pieces = []
    for _, _, found, one in matches:
        if any(taken[found.start() : found.end()]):
            continue
        piece = one.build(Found(found, tokens), reference)
        if piece is not None:
            taken[found.start() : found.end()] = b"\x01" * (found.end() - found.start())
            pieces.append(piece.at(found.start(), found.end() - 1))
    return pieces
