"""The gate between a model's stream and the reader, and the same check for a finished text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from assistants.grounding.facts import Facts
from assistants.grounding.reading import Reading
from assistants.grounding.sentences import MAX_LENGTH, split_units
from assistants.grounding.violations import Kind, Violation

# What no sentence of a shop is: it is not read (that would take minutes, in which no other turn moves on) but refused.
LONGEST_UNIT = 2 * MAX_LENGTH
MOST_NUMBERS = 60
_NUMBER = re.compile(r"\d+|[½¼¾⅓⅔⅛]")


class Reader(Protocol):
    """Reads a reply unit by unit; each may depend on those before it."""

    def read(self, unit: str) -> list[Violation]:
        """What ``unit`` says that no fact holds."""


def check(text: str, *, facts: Facts, reader: Reader | None = None) -> list[Violation]:
    """Find what ``text`` says of prices, stock and products that ``facts`` do not hold; an empty list means grounded.

    ``reader`` reads in place of that for other things: ``assistants.grounding.moments.Reading`` for an agenda.
    """
    reading = reader or Reading(facts=facts)
    units, _ = split_units(text, final=True)
    return [violation for unit in units for violation in _read(reading, unit)]


def _read(reading: Reader, unit: str) -> list[Violation]:
    if len(unit) > LONGEST_UNIT or len(_NUMBER.findall(unit)) > MOST_NUMBERS:
        return [Violation(Kind.PRICE, unit.strip()[:80], unit.strip()[:80])]
    return reading.read(unit)


class SentenceGate:
    """Releases a streamed reply a sentence at a time, each once complete and checked.

    ``release`` is called with text that may be shown. At the first violation the gate closes: nothing more is released,
    ``violations`` says why, and ``feed`` may go on being called (what comes is kept in ``held``). ``facts`` may grow
    between calls. Not thread-safe.
    """

    def __init__(self, *, facts: Facts, release: Callable[[str], None], reader: Reader | None = None) -> None:
        self._reading: Reader = reader or Reading(facts=facts)
        self._release = release
        self._pending = ""
        self._released: list[str] = []
        self.violations: list[Violation] = []

    @property
    def released(self) -> str:
        """The text that has passed."""
        return "".join(self._released)

    @property
    def held(self) -> str:
        """The text that has not passed: still incomplete, or behind a violation."""
        return self._pending

    @property
    def closed(self) -> bool:
        """Whether a violation has been found."""
        return bool(self.violations)

    def feed(self, delta: str) -> None:
        """Take the next piece of the stream and release what is complete."""
        self._pending += delta
        if not self.closed:
            self._pass(final=False)

    def finish(self) -> list[Violation]:
        """End the stream: check and release the rest. Returns ``violations``, empty when all of it has passed."""
        if not self.closed:
            self._pass(final=True)
        return self.violations

    def _pass(self, *, final: bool) -> None:
        units, rest = split_units(self._pending, final=final)
        while units:
            violations = _read(self._reading, units[0])
            if violations:
                self.violations.extend(violations)
                break
            unit = units.pop(0)
            self._released.append(unit)
            self._pending = "".join(units) + rest
            self._release(unit)
        if not self.closed and len(self._pending) > LONGEST_UNIT:
            self.violations.extend(_read(self._reading, self._pending))
