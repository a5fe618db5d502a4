"""Numbers and ordinals that are written in words, in the middle of a row of words.

«veinte y dos» is one number and «diez y media» is not: a number grows only by what makes a bigger one in its language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType

LONGEST = 12  # words; no number that a date needs is longer


@dataclass(slots=True)
class NumberWords:
    """What a language's number words are worth."""

    small: dict[str, int] = field(default_factory=dict)  # 0 to 19, and 21 to 29 where they are one word
    tens: dict[str, int] = field(default_factory=dict)
    hundreds: dict[str, int] = field(default_factory=dict)
    hundred: frozenset[str] = frozenset()
    thousand: frozenset[str] = frozenset()
    joint: frozenset[str] = frozenset()
    ordinals: dict[str, int] = field(default_factory=dict)
    pairs: bool = False  # «nineteen ninety five»
    loose: bool = False  # «dois mil e vinte», «two thousand and twenty»

    @classmethod
    def of(cls, language: ModuleType) -> NumberWords:
        def spread(table: dict[int, str]) -> dict[str, int]:
            return {word: value for value, words in table.items() for word in words.split("|")}

        return cls(
            small=spread(language.ONES),
            tens=spread(language.TENS),
            hundreds=spread(language.HUNDREDS),
            hundred=frozenset(language.HUNDRED),
            thousand=frozenset(language.THOUSAND),
            joint=frozenset(language.AND),
            ordinals=spread(language.ORDINALS),
            pairs=language.NAME == "en",
            loose=language.NAME != "es",
        )

    def read(self, words: Sequence[str], start: int) -> tuple[int, int] | None:
        """The number that starts at a word and where it ends, or None."""
        found = self._count(words, start)
        if found is None or not self.pairs or not 15 <= found[0] <= 20:
            return found
        rest = self._count(words, found[1])
        if rest and 10 <= rest[0] <= 99:
            return found[0] * 100 + rest[0], rest[1]
        return found

    def _count(self, words: Sequence[str], start: int) -> tuple[int, int] | None:
        total = current = 0
        place, end = start, 0
        room = 10_000  # the next part has to be smaller than this
        while place < min(len(words), start + LONGEST):
            word = words[place]
            joined = False
            if end and word in self.joint | {"-"} and place + 1 < len(words):
                joined = True
                word = words[place + 1]
            value = self._worth(word)
            if word in self.thousand and total == 0 and not joined:
                total, current, room = (current or 1) * 1000, 0, 1000
            elif word in self.hundred and 0 < current < 10 and not joined:
                current, room = current * 100, 100
            elif (
                value is None
                or value >= room
                or (end and value == 0)
                or (joined and not (room == 10 or (self.loose and room >= 100 and (total or current >= 100))))
                or (joined and words[place] == "-" and room != 10)
            ):
                break
            else:
                current += value
                room = 100 if value >= 100 else 10 if value in self.tens.values() else 0
            place += 2 if joined else 1
            end = place
        return (total + current, end) if end else None

    def _worth(self, word: str) -> int | None:
        for table in (self.small, self.tens, self.hundreds):
            if word in table:
                return table[word]
        return None

    def read_ordinal(self, words: Sequence[str], start: int) -> tuple[int, int] | None:
        """The ordinal that starts at a word («vigésimo segundo», «twenty-first») and where it ends, or None."""
        word = words[start]
        value = self.ordinals.get(word)
        if value is None and self.pairs and word in self.tens:
            value, place = self.tens[word], start + 1
            if place < len(words) and words[place] == "-":
                place += 1
            unit = self.ordinals.get(words[place]) if place < len(words) else None
            return (value + unit, place + 1) if unit and unit < 10 else None
        if value is None:
            return None
        if value in (10, 20, 30) and start + 1 < len(words):
            unit = self.ordinals.get(words[start + 1])
            if unit and unit < 10 and not self.pairs:
                return value + unit, start + 2
        return value, start + 1
