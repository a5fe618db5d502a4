"""Words as symbols, and rules as patterns over symbols.

Every token of a text may be several things at once («segunda» is Monday, second and an ordinal). Each combination of
symbols is one private character, so a row of tokens is a short string and a rule such as ``THE? d=DAY OF m=MONTH`` is
an ordinary regular expression over it: one character a token, whatever the language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from agenda.wording.numbers import NumberWords

Values = Mapping[str, Any]

AGAIN = "_again"
NOTHING = "x"  # the character of a token that says nothing about time
MARKS = {
    ",": "COMMA",
    ";": "COMMA",
    "-": "DASH",
    "–": "DASH",
    "—": "DASH",
    "~": "DASH",
    "/": "SLASH",
    ".": "DOT",
    ":": "COLON",
    "(": "OPEN",
    ")": "CLOSE",
    "+": "PLUS",
    "|": "BAR",
    "@": "ABOUT",
    "%": "PERCENT",
    "$": "MONEY",
    "€": "MONEY",
    "£": "MONEY",
    "'": "QUOTE",
    "’": "QUOTE",
}
# What alone is no time: a row of nothing but these holds no moment.
SMALL_WORDS = (
    "GREETING "
    "A ABOUT AFTER AGO AGO_BEFORE AND AT BAR BEFORE BETWEEN BY CLOSE COLON COMMA COUPLE DASH DECIMAL DOT DOTTED END "
    "EVERY FINAL FOR FROM HALF IN IS LAS LAST LASTING MIDDLE MINUS MONEY NEXT OCLOCK OF ON OPEN OTHER_ONE PAST "
    "PERCENT PLURAL PLUS QUARTER QUOTE SHORT_OF SLASH SOME START THAT THE THIS THREE_QUARTERS TO WITH WITHIN"
)
CLOCK_TIME = ("second", "minute", "hour")
SPECIAL = (
    {"INSTANT"},
    {"DATE_DIGITS"},
    {"DATE_DIGITS", "DOTTED"},
    {"DATE_DIGITS", "DOTTED", "DOTTED_CLOCK"},
    {"DATE_DIGITS", "DASHED"},
    {"DATE_DIGITS", "DASHED", "DASHED_PAIR"},
    {"DOTTED", "DOTTED_CLOCK"},
    {"DASHED", "DASHED_PAIR"},
    {"DOTTED"},
    {"DOTTED", "DECIMAL"},
    {"DATE_DIGITS", "DOTTED", "DECIMAL"},
    {"DOTTED", "DOTTED_CLOCK", "DECIMAL"},
    {"DATE_DIGITS", "DOTTED", "DOTTED_CLOCK", "DECIMAL"},
    {"CLOCK"},
    {"CLOCK", "LOOSE_CLOCK"},
    {"FULL_DATE"},
    {"DECIMAL"},
    {"ORD"},
    {"AM"},
    {"PM"},
    {"FEAST"},
    {"FEAST_WEEK"},
)


def fold(word: str) -> str:
    """Lower case without accents or apostrophes, the way the lexicons are written."""
    decomposed = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in decomposed if letter.isalnum() or letter in "-~")


def number_symbols(value: int, *, digits: int | None) -> frozenset[str]:
    """What a number may be; ``digits`` is how many it was written with, None for one in words."""
    symbols = {"NUM"}
    if digits is None:
        symbols.add("SPELLED")
    if 1 <= value <= 31 and digits != 3:
        symbols.add("DAY")
    if 1 <= value <= 12 and (digits or 0) < 3:
        symbols.add("MONTH_NUMBER")
    if value <= 24 and (digits or 0) < 3:
        symbols.add("HOUR")
    if value <= 59 and (digits or 0) < 3:
        symbols.add("MINUTE")
    if 1000 <= value <= 2999 and digits in (4, None):
        symbols.add("YEAR")
    if digits == 2 or (digits is None and 10 <= value <= 99):
        symbols.add("SHORT_YEAR")
    if digits in (3, 4) and value // 100 <= 24 and value % 100 <= 59:
        symbols.add("HOUR_MINUTE")
    return frozenset(symbols)


class Lexicon:
    """One language's words and phrases, each with its symbols and their values."""

    def __init__(self, language: ModuleType) -> None:
        self.name: str = language.NAME
        self.order: str = language.ORDER
        self.markers: frozenset[str] = frozenset(language.MARKERS.split())
        self.numbers = NumberWords.of(language)
        self.words: dict[str, dict[str, Any]] = defaultdict(dict)
        self.phrases: dict[str, list[tuple[tuple[str, ...], dict[str, Any]]]] = defaultdict(list)
        phrases: dict[tuple[str, ...], dict[str, Any]] = defaultdict(dict)
        for symbol, table in language.WORDS.items():
            for value, words in table.items():
                for text in words.split("|"):
                    parts = tuple(text.split())
                    symbols = {symbol: value, **_narrower(symbol, value)}
                    target = self.words[parts[0]] if len(parts) == 1 else phrases[parts]
                    target.update(symbols)
        for values in (*self.words.values(), *phrases.values()):
            if "PART" in values and "TOMORROW" not in values:
                values["SURE_PART"] = values["PART"]  # Spanish «mañana» needs an article to be the morning
        for parts, values in phrases.items():
            self.phrases[parts[0]].append((parts, values))
        for entries in self.phrases.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def spoken(self) -> frozenset[str]:
        """Every word of the lexicon."""
        numbers = self.numbers
        phrased = (part for entries in self.phrases.values() for parts, _ in entries for part in parts)
        return frozenset().union(self.words, phrased, numbers.small, numbers.tens, numbers.hundreds, numbers.ordinals)

    def combinations(self) -> Iterable[frozenset[str]]:
        """Every combination of symbols that a token of this language may have."""
        for word in self.spoken():
            symbols = set(self.words.get(word, ()))
            if found := self.numbers.read([word], 0):
                symbols |= number_symbols(found[0], digits=None)
            if word in self.numbers.ordinals:
                symbols.add("ORD")
            yield frozenset(symbols)
        for entries in self.phrases.values():
            for _, values in entries:
                yield frozenset(values)
                for value in (3, 6):  # «meia dúzia»
                    yield frozenset(values) | number_symbols(value, digits=None)


def _narrower(symbol: str, value: object) -> dict[str, Any]:
    """Symbols that follow from another: a unit by name, so that rules can ask for «the week»."""
    if symbol == "UNIT":
        length = {"TIME_UNIT": value} if value in CLOCK_TIME else {"DATE_UNIT": value}
        return {**length, f"{str(value).upper()}_UNIT": value}
    if symbol == "PART" and value == "morning":
        return {"MORNING": value}
    return {}


class Vocabulary:
    """All lexicons and the characters of their symbols."""

    def __init__(self) -> None:
        from agenda.wording import english, portuguese, spanish

        self.lexicons = {language.NAME: Lexicon(language) for language in (spanish, english, portuguese)}
        self.characters: dict[frozenset[str], str] = {}
        self.members: dict[str, list[str]] = defaultdict(list)
        self.markers = self._telling_words()
        combinations: set[frozenset[str]] = {frozenset(symbols) for symbols in SPECIAL}
        combinations |= {frozenset({symbol}) for symbol in MARKS.values()}
        for value in (
            0,
            1,
            12,
            13,
            24,
            25,
            31,
            32,
            59,
            60,
            99,
            100,
            130,
            199,
            1000,
            1260,
            1959,
            2060,
            2459,
            2999,
            3000,
        ):
            for digits in (None, 1, 2, 3, 4, 5):
                combinations.add(number_symbols(value, digits=digits))
        for lexicon in self.lexicons.values():
            combinations.update(lexicon.combinations())
        combinations.discard(frozenset())
        self.telling: set[str] = set()
        small = frozenset(SMALL_WORDS.split())
        for place, symbols in enumerate(sorted(combinations, key=sorted)):
            character = chr(0xE000 + place)
            if not symbols <= small:
                self.telling.add(character)
            self.characters[symbols] = character
            for symbol in symbols:
                self.members[symbol].append(character)

    def _telling_words(self) -> dict[str, frozenset[str]]:
        """The words of each language that the others do not have."""
        spoken = {name: lexicon.markers | lexicon.spoken() for name, lexicon in self.lexicons.items()}
        return {
            name: words.difference(*(others for other, others in spoken.items() if other != name))
            for name, words in spoken.items()
        }

    def character(self, symbols: Iterable[str]) -> str:
        return self.characters.get(frozenset(symbols), NOTHING)

    def pattern(self, rule: str) -> re.Pattern[str]:
        """A rule as a regular expression: ``name=SYMBOL/SYMBOL`` becomes a group, round brackets only group."""
        spaceless = re.sub(
            r"\((?!\?)", "(?:", re.sub(r"\s+", "", re.sub(r"\s*=\s*", "=", _MARK_WORDS.sub(r"<\g<0>>", rule)))
        )
        used: Counter[str] = Counter()

        def classed(found: re.Match[str]) -> str:
            characters = "".join(character for symbol in found["symbols"].split("/") for character in self._of(symbol))
            if not found["name"]:
                return f"[{characters}]"
            # A name may stand in each of several alternatives, a group of a regular expression may not.
            name = found["name"] + AGAIN * used[found["name"]]
            used[found["name"]] += 1
            return f"(?P<{name}>[{characters}])"

        return re.compile(_SYMBOL.sub(classed, spaceless))

    def _of(self, symbol: str) -> list[str]:
        if symbol not in self.members:
            raise KeyError(f"no word has the symbol {symbol}")
        return self.members[symbol]


# «d=DAY/ORD» and «MONTH»; the angle brackets keep neighbours apart while spaces go.
_MARK_WORDS = re.compile(r"(?:[a-z][a-z0-9]*=)?[A-Z][A-Z_]*(?:/[A-Z][A-Z_]*)*")
_SYMBOL = re.compile(r"<(?:(?P<name>[a-z][a-z0-9]*)=)?(?P<symbols>[A-Z][A-Z_/]*)>")


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, made when it is first asked for."""
    return Vocabulary()
