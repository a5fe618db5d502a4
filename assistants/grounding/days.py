"""Days of the week in a text: named, as a range, or all of them."""

from __future__ import annotations

import re

_NAMES = (
    "lunes|monday|segunda-feira|segunda(?= a )",
    "martes|tuesday|terca(?:-feira)?",
    "miercoles|wednesday|quarta(?:-feira)?",
    "jueves|thursday|quinta-feira",
    "viernes|friday|sexta(?:-feira)?",
    "sabados?|saturdays?",
    "domingos?|sundays?",
)
_DAY = re.compile("|".join(rf"(?P<d{place}>\b(?:{names})s?\b)" for place, names in enumerate(_NAMES)))
_EVERY = re.compile(r"\b(?:todos los dias|todos os dias|every ?day|daily|diario|diariamente|all week|7 dias)\b")
_RANGE = re.compile(r"\s*(?:a|al|to|through|until|hasta|ate|-|–)\s*(?:el |los )?")


def find_days(folded: str) -> frozenset[int]:
    """The days that a folded text names, Monday being 0; "lunes a viernes" names five."""
    if _EVERY.search(folded):
        return frozenset(range(7))
    found: set[int] = set()
    previous: re.Match[str] | None = None
    for match in _DAY.finditer(folded):
        day = _number(match)
        if previous is not None and _RANGE.fullmatch(folded[previous.end() : match.start()]):
            first = _number(previous)
            found.update((first + step) % 7 for step in range((day - first) % 7 + 1))
        found.add(day)
        previous = match
    return frozenset(found)


def _number(match: re.Match[str]) -> int:
    return int(str(match.lastgroup)[1:])
