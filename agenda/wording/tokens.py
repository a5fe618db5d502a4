"""A text as a row of tokens: words, numbers, hours and dates in digits, each with what it may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from agenda.wording.feasts import FEASTS, SKIPPED, WEEKS
from agenda.wording.vocabulary import MARKS, NOTHING, Lexicon, fold, number_symbols, vocabulary

_PIECES = re.compile(
    r"""
      (?P<instant>(?<!\d)[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?
        (?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?(?![0-9]))
    | (?P<date>(?<![0-9/.\-])(?:
          [0-9]{4}\s?(?P<s1>[/.\-])\s?[0-9]{1,2}\s?(?P=s1)\s?[0-9]{1,2}
        | [0-9]{1,2}\s?(?P<s2>[/.\-])\s?[0-9]{1,2}(?:\s?(?P=s2)\s?|,)(?:[0-9]{4}|[0-9]{2})
        | [0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])
        )(?![0-9]|[/\-:][0-9]))
    | (?P<clock>(?<![0-9:])[0-9]{1,2}(?P<gap>\s?)[:hH]\s?[0-9]{2}(?:\s?[:m]\s?[0-9]{2}s?|m(?:in)?\b)?(?![0-9:]))
    | (?P<pair>(?<![0-9/.\-:,])[0-9]{1,2}\s?(?P<s3>[/.\-])\s?[0-9]{1,2}(?![0-9/\-:]|\.[0-9]|,[0-9]))
    | (?P<decimal>(?<![0-9.,])[0-9]{1,4}[.,][0-9]{1,2}(?![0-9.,]))
    | (?P<meridiem>(?<![^\W\d_])(?P<half>[apAP])\s?\.?\s?[mM](?![^\W\d_])(?:\.(?=\s|$|,|\w))?)
    | (?P<ordinal>(?<![0-9])[0-9]{1,2}
        (?:\s?\.?[ºª°]|\.?(?:st|nd|rd|th|ro|do|ra|to|ero|er|era|mo|vo|no|o|a)\b(?!\s?\.?\s?m\b))(?!\s?[0-9]))
    | (?P<number>[0-9]+)
    | (?P<word>(?:[^\W\d_][\u0300-\u036f]?)+(?:['’](?:[^\W\d_][\u0300-\u036f]?)+)?)
    | (?P<mark>(?P<one>[^\w\s])(?P=one)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
LONGEST_NUMBER = 9  # digits
MOST_TOKENS = 4000  # more than a text of 10,000 letters has, unless it is nothing but marks
_DIGITS = re.compile(r"[0-9]+")


@dataclass(slots=True)
class Token:
    """``start`` and ``end`` are places in the text; ``values`` has an entry for each symbol the token may be."""

    start: int
    end: int
    raw: str
    word: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    character: str = NOTHING

    def value(self, *symbols: str) -> Any:
        for symbol in symbols:
            if symbol in self.values:
                return self.values[symbol]
        return None


def tokenize(text: str, *, lexicon: Lexicon) -> list[Token]:
    """Cut a text; words of a phrase («pasado mañana») or of a number («treinta y uno») are one token."""
    return list(join(cut(text), lexicon=lexicon))


def cut(text: str) -> list[Token]:
    """The tokens of a text before any language is known: digits are read, words are only folded."""
    tokens = []
    for found in islice(_PIECES.finditer(text), MOST_TOKENS):
        kind, raw = found.lastgroup, found.group()
        word = raw
        values: dict[str, Any] = {}
        if kind == "word":
            word = fold(raw)
        elif kind == "mark":
            if raw[0] not in MARKS and (raw[0] < " " or not raw.isascii()):
                continue  # emoji and the like stand between words as spaces do
            values = {MARKS[raw[0]]: raw} if raw[0] in MARKS else values
        elif kind == "number":
            if len(raw) <= LONGEST_NUMBER:
                values = dict.fromkeys(number_symbols(int(raw), digits=len(raw)), int(raw))
        elif kind == "meridiem":
            word = f"{found['half'].lower()}m"
            values = {word.upper(): word}
        else:
            values = _READERS[kind or ""](found)
            word = raw if values else ""
        tokens.append(Token(found.start(), found.end(), raw, word, values))
    return tokens


def _read_instant(found: re.Match[str]) -> dict[str, Any]:
    return {"INSTANT": found.group().upper()}


def _numbers(found: re.Match[str]) -> list[str]:
    return _DIGITS.findall(found.group())


def _read_date(found: re.Match[str]) -> dict[str, Any]:
    digits = _numbers(found)
    if len(digits) == 1:
        digits = [digits[0][:4], digits[0][4:6], digits[0][6:]]
    return {"FULL_DATE": tuple(digits)}


def _read_clock(found: re.Match[str]) -> dict[str, Any]:
    parts = [int(digits) for digits in _numbers(found)]
    hour, minute, second = (*parts, 0)[:3]
    if hour > 24 or minute > 59 or second > 59:
        return {}
    values: dict[str, Any] = {"CLOCK": (hour, minute, second)}
    if found["gap"] or re.search(r"[:hH]\s", found.group()):
        values["LOOSE_CLOCK"] = True
    return values


def _read_pair(found: re.Match[str]) -> dict[str, Any]:
    digits = _numbers(found)
    first, second = (int(part) for part in digits)
    mark = found["s3"]
    values: dict[str, Any] = {}
    if (1 <= first <= 12 and 1 <= second <= 31) or (1 <= first <= 31 and 1 <= second <= 12):
        values["DATE_DIGITS"] = (first, second)
    if mark == ".":
        values["DOTTED"] = True
        if first <= 24 and second <= 59 and len(digits[1]) == 2:
            values["DOTTED_CLOCK"] = (first, second, 0)
        if " " not in found.group():
            values["DECIMAL"] = float(f"{first}.{digits[1]}")
    elif mark == "-":
        values["DASHED"] = True
        if first <= 24 and second <= 24:
            values["DASHED_PAIR"] = (first, second)
    return values


def _read_decimal(found: re.Match[str]) -> dict[str, Any]:
    return {"DECIMAL": float(found.group().replace(",", "."))}


def _read_ordinal(found: re.Match[str]) -> dict[str, Any]:
    return {"ORD": int(_numbers(found)[0])}


_READERS = {
    "instant": _read_instant,
    "date": _read_date,
    "clock": _read_clock,
    "pair": _read_pair,
    "decimal": _read_decimal,
    "ordinal": _read_ordinal,
}


def join(cuts: list[Token], *, lexicon: Lexicon) -> Iterator[Token]:
    """Give words their symbols in a language and make phrases, feasts and numbers one token each."""
    words = [token.word for token in cuts]
    letters = vocabulary()
    place = 0
    while place < len(cuts):
        first = cuts[place]
        end, values = place + 1, first.values
        if first.raw[:1].isalpha() and first.word:
            end, values = _widest(words, place, lexicon)
        if lexicon.name == "pt" and first.raw[-1:] in {"a", "ª"} and 2 <= values.get("ORD", 0) <= 6:
            values = {**values, "WEEKDAY": values["ORD"] - 2}  # «6a» is sexta-feira
            end = max(end, _match(words, end, ("feira",)), _match(words, end, ("-", "feira")))
        raw = first.raw if end == place + 1 else ""
        word = first.word if end == place + 1 else " ".join(words[place:end])
        character = letters.character(values) if values else NOTHING
        yield Token(first.start, cuts[end - 1].end, raw, word, values, character)
        place = end


def _widest(words: list[str], place: int, lexicon: Lexicon) -> tuple[int, dict[str, Any]]:
    """The longest thing that starts at a word: where it ends and what it may be."""
    best = place + 1
    values: dict[str, Any] = dict(lexicon.words.get(words[place], ()))
    if feast := _read_feast(words, place):
        best, values = feast
    for parts, meant in lexicon.phrases.get(words[place], ()):
        end = _match(words, place, parts)
        if end > best:
            best, values = end, dict(meant)
            break
    if number := lexicon.numbers.read(words, place):
        value, end = number
        if end >= best:
            values = (values if end == best else {}) | dict.fromkeys(number_symbols(value, digits=None), value)
            best = end
    if ordinal := lexicon.numbers.read_ordinal(words, place):
        value, end = ordinal
        if end >= best:
            values = (values if end == best else {}) | {"ORD": value}
            best = end
    return best, values


def _match(words: list[str], place: int, parts: tuple[str, ...]) -> int:
    """Where a phrase ends, 0 when it is not there; a hyphen may stand for a space."""
    for part in parts:
        if place < len(words) and words[place] == "-" and part not in {parts[0], "-"}:
            place += 1
        if place >= len(words) or words[place] != part:
            return 0
        place += 1
    return place


@cache
def _feasts() -> dict[str, dict[tuple[str, ...], dict[str, Any]]]:
    """Feasts by their first word."""
    table: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}
    for symbol, name, texts in [
        *(("FEAST", name, texts) for name, (_, texts) in FEASTS.items()),
        *(("FEAST_WEEK", name, texts) for name, (_, _, texts) in WEEKS.items()),
    ]:
        for text in texts.split("|"):
            parts = tuple(part for part in text.split() if part not in SKIPPED)
            table.setdefault(parts[0], {}).setdefault(parts, {symbol: name})
    return table


LONGEST_FEAST = 9  # words, with the small ones


def _read_feast(words: list[str], place: int) -> tuple[int, dict[str, Any]] | None:
    table = _feasts().get(words[place])
    if table is None:
        return None
    parts: tuple[str, ...] = ()
    found = None
    for end in range(place, min(len(words), place + LONGEST_FEAST)):
        word = words[end]
        if word == "-" or (word == "." and parts == ("st",)) or (word in SKIPPED and parts):
            continue
        parts = (*parts, word)
        if parts in table:
            found = end + 1, dict(table[parts])
        elif not word.isalpha():
            break
    return found
