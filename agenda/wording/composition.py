"""Putting pieces together: «el próximo jueves» and «a las 3 y media» are one moment, with words between them or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from agenda.wording.arithmetic import add_days
from agenda.wording.days import match_weekday
from agenda.wording.hours import moves, pair
from agenda.wording.pieces import Clock, Cycle, Day, Days, Edge, Hours, Instant, Length, Part, Piece, Reference, Span
from agenda.wording.tokens import Token

GLUE = frozenset(
    {
        "OF",
        "AT",
        "THE",
        "COMMA",
        "IN",
        "ON",
        "FOR",
        "BY",
        "ABOUT",
        "A",
        "LAS",
        "DASH",
        "OPEN",
        "CLOSE",
        "BAR",
        "IS",
        "FROM",
        "AFTER",
    }
)
WIDEST_GLUE = 4  # tokens
FARTHEST = 14  # tokens between a day and its hour
# Words that begin another thought: an hour behind them is not the day's.
BARRIERS = frozenset(
    ["que", "q", "porque", "pero", "because", "but", "mas", "porem", "that", "so", "if", "si", "se", "aunque"]
)
END_OF_DAY = Clock(hour=23, minute=59, second=59, fixed=True)
ENDS = frozenset(".!?\n;…")


@dataclass(slots=True)
class Group:
    """The pieces of one moment, each role once."""

    reference: Reference
    pieces: list[Piece] = field(default_factory=list)
    day: Day | None = None
    clock: Clock | None = None
    hours: Hours | None = None
    part: Part | None = None
    cycle: Cycle | None = None
    alone: Instant | Days | Span | Length | None = None

    @property
    def first(self) -> int:
        return min(piece.first for piece in self.pieces)

    @property
    def last(self) -> int:
        return max(piece.last for piece in self.pieces)

    @property
    def has_day(self) -> bool:
        return bool(self.day or self.cycle or (self.part and self.part.days))

    @property
    def has_hour(self) -> bool:
        return bool(self.clock or self.hours)

    def takes(self, piece: Piece) -> bool:
        """Add a piece whose role is free; say whether it was."""
        if self.alone is not None:
            return self._end_of(piece)
        match piece:
            case Clock() if not self.has_hour:
                self.clock = piece
            case Hours() if not self.has_hour:
                self.hours = piece
            case Part() if self.part is None and not (piece.days and self.day):
                self.part = piece
            case Cycle() if self.cycle is None and self.day is None and not (self.part and self.part.days):
                self.cycle = piece
            case Day() if self.day is None and not (self.part and self.part.days):
                self.day = piece
            case Day() if self.day is not None and (joined := join_days(self.day, piece, self.reference)):
                self.day = joined
            case Instant() | Days() | Span() | Length() if not self.pieces:
                self.alone = piece
            case Instant() if self.day and not self.has_hour and _is_end_of_day(piece):
                self.clock = END_OF_DAY
            case _:
                return False
        self.pieces.append(piece)
        return True

    def _end_of(self, piece: Piece) -> bool:
        """«al final del día, el lunes»: the end of the day that is said beside it."""
        if isinstance(self.alone, Instant) and _is_end_of_day(self.alone) and isinstance(piece, Day):
            self.alone, self.day = None, piece
            self.clock = END_OF_DAY
            self.pieces.append(piece)
            return True
        return False


def _is_end_of_day(piece: Instant) -> bool:
    return piece.movable and piece.instants[0].time().isoformat() == "23:59:59"


def join_days(one: Day, other: Day, reference: Reference) -> Day | None:
    """A weekday and a numbered day beside it are one day, even if they do not agree."""
    weekday, numbered = (one, other) if one.weekday is not None else (other, one)
    if weekday.weekday is None or not numbered.numbered:
        return None
    if not numbered.days:
        return numbered
    if numbered.floating:
        return match_weekday(numbered.days[0].day, weekday.weekday, reference)
    right = tuple(day for day in numbered.days if day.weekday() == weekday.weekday)
    if numbered.days[0].weekday() == weekday.weekday:
        return numbered
    if "day_or_month" in numbered.reasons and right:
        return replace(numbered, days=right, reasons=())
    return replace(numbered, reasons=("weekday_mismatch", *numbered.reasons))


def compose(pieces: Sequence[Piece], tokens: Sequence[Token], text: str, *, reference: Reference) -> list[Group]:
    """The moments of a text, each as a group of its pieces."""
    groups: list[Group] = []
    edge: Edge | None = None
    for piece in _ranges(pieces, tokens, text):
        if isinstance(piece, Edge):
            edge = piece
            continue
        if edge is not None and isinstance(piece, Day) and _touch(edge.last, piece.first, tokens, text):
            group = Group(reference)
            group.takes(piece)
            group.takes(replace(END_OF_DAY, first=edge.first, last=edge.last))
            groups.append(group)
            edge = None
            continue
        edge = None
        if groups and _touch(groups[-1].last, piece.first, tokens, text) and groups[-1].takes(piece):
            continue
        group = Group(reference)
        group.takes(piece)
        groups.append(group)
    groups = _without_weak(groups)
    _pair_across(groups, tokens, text)
    return [group for group in groups if group.pieces]


def _between(last: int, first: int, tokens: Sequence[Token]) -> Sequence[Token]:
    return tokens[last + 1 : first]


def _same_line(last: int, first: int, tokens: Sequence[Token], text: str) -> bool:
    return "\n" not in text[tokens[last].end : tokens[first].start]


def _touch(last: int, first: int, tokens: Sequence[Token], text: str) -> bool:
    gap = _between(last, first, tokens)
    if len(gap) > WIDEST_GLUE or not _same_line(last, first, tokens, text):
        return False
    return all(not GLUE.isdisjoint(token.values) for token in gap)


def _ranges(pieces: Sequence[Piece], tokens: Sequence[Token], text: str) -> list[Piece]:
    """Two hours or two days with «a» or «hasta» between them are a range."""
    joined: list[Piece] = []
    moving = moves(tokens)
    for piece in pieces:
        before = joined[-1] if joined and not moving else None
        if before is not None and _is_until(before, piece, tokens, text):
            made: Piece | None = None
            if isinstance(before, Clock) and isinstance(piece, Clock) and not (before.reasons or piece.reasons):
                made = pair(before, piece, None, None)
            elif isinstance(before, Day) and isinstance(piece, Day) and before.days and piece.days:
                end = next((day for day in piece.days if day >= before.days[0]), None)
                if piece.weekday is not None:
                    end = add_days(before.days[0], (piece.weekday - before.days[0].weekday()) % 7)
                if piece.numbered and before.numbered and end and (end - before.days[0]).days > 366:
                    end = None
                made = Days(ranges=((before.days[0], end),)) if end else None
            if made is not None:
                joined[-1] = made.at(before.first, piece.last)
                continue
        joined.append(piece)
    return joined


def _is_until(before: Piece, piece: Piece, tokens: Sequence[Token], text: str) -> bool:
    gap = _between(before.last, piece.first, tokens)
    if len(gap) > 2 or not _same_line(before.last, piece.first, tokens, text):
        return False
    link = [*gap, tokens[piece.first]]
    opening = tokens[before.first]
    opener = tokens[before.first - 1] if before.first else opening
    if any("BETWEEN" in token.values for token in (opening, opener)):
        return any("AND" in token.values for token in gap)
    if any("DASH" in token.values for token in gap):
        return all(token.values.keys() & {"DASH", "THE"} for token in gap)
    if isinstance(piece, Day) and not gap and tokens[piece.first].word not in {"al", "ao", "aos"}:
        return False
    if gap and all(
        token.word in {"a", "ate", "hasta", "to", "until", "till", "through", "al", "ao", "as", "el", "o", "the"}
        for token in gap
    ):
        return any("TO" in token.values for token in gap)
    return not gap and "TO" in link[0].values and link[0].values.keys().isdisjoint({"DAY", "CLOCK"})


def _without_weak(groups: list[Group]) -> list[Group]:
    """«tarde» and «noche» by themselves are no moments."""
    kept = []
    for group in groups:
        if len(group.pieces) == 1 and group.part and group.part.weak and not group.part.days:
            continue
        kept.append(group)
    return kept


def _pair_across(groups: list[Group], tokens: Sequence[Token], text: str) -> None:
    """Give hours that stand away from their day that day, when one sentence holds both."""
    for place, group in enumerate(groups):
        if not group.pieces or group.alone or group.has_day or not (group.has_hour or group.part):
            continue
        before = next((one for one in reversed(groups[:place]) if one.pieces and one.has_day), None)
        behind = next((one for one in groups[place + 1 :] if one.pieces and one.has_day), None)
        for other in (before, behind):
            if other is None or not _same_thought(group, other, tokens, text):
                continue
            if not other.has_hour and not (other.part and group.part):
                _merge(group, other)
                break
            if other is before and group.has_hour and other.day:
                group.day = other.day  # «el jueves dentista a las 9 y reunión a las 11»
                break


def _merge(group: Group, other: Group) -> None:
    for piece in group.pieces:
        other.takes(piece)
    group.pieces = []


def _same_thought(one: Group, other: Group, tokens: Sequence[Token], text: str) -> bool:
    first, second = (one, other) if one.first < other.first else (other, one)
    gap = _between(first.last, second.first, tokens)
    if len(gap) > FARTHEST or any(token.word in BARRIERS for token in gap):
        return False
    start, end = tokens[first.last].end, tokens[second.first].start
    return ENDS.isdisjoint(text[start:end]) or not any(
        mark in ENDS and (mark != "." or after.isspace()) for mark, after in pairwise(text[start : end + 1])
    )
