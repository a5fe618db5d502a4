"""What a query's words also mean: synonyms of the region's shops, and what belongs to a kind, a place or an occasion.

The lexicon is ours: `lexicon/synonyms.txt` and `lexicon/concepts.txt` say how they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from catalog.words import STOP_WORDS, WEAK_WORDS, content, sound, split, stem

LEXICON = Path(__file__).parent / "lexicon"

# Weights of what was not said but meant, chosen on the development sets (docs/search.md): flat around these values.
SYNONYM = 0.8
MEMBER = 0.4
LONGEST_PHRASE = 4  # words
LEAST_LIKENESS = 0.75  # of two words, from 0 to 1, to take one for a slip of the other

Phrase = tuple[str, ...]  # stems


@dataclass(frozen=True, slots=True)
class Term:
    """Words that a product may hold, and how much finding them counts, from 0 to 1."""

    words: Phrase
    stems: Phrase
    weight: float


@dataclass(slots=True)
class Group:
    """One thing that a query asks for: its own words first, then what else they mean."""

    words: Phrase
    terms: list[Term] = field(default_factory=list)


def read_query(query: str) -> list[Group]:
    """The things that a query asks for, in order, the longest phrases that the lexicon knows together."""
    words = tuple(content(query))
    stems = tuple(stem(word) for word in words)
    groups: list[Group] = []
    at = 0
    while at < len(words):
        length = _known_length(stems[at:])
        said = words[at : at + length]
        if length > 1 or said[0] not in WEAK_WORDS:
            groups.append(Group(said, list(_expand(said, stems[at : at + length]))))
        at += length
    return groups


def correct(group: Group, vocabulary: list[str]) -> list[Term]:
    """Terms for words of a group that nothing holds, as slips of words of the lexicon or of ``vocabulary``."""
    terms: list[Term] = []
    for word in group.words:
        if len(word) < 4 or not word.isalpha():
            continue
        for known, likeness in _alike(word, _lexicon().words, limit=2):
            stems = (stem(known),)
            if likeness >= 0.8:
                weight = 0.9 * likeness**2
                terms += [Term(t.words, t.stems, t.weight * weight) for t in _expand((known,), stems)]
        terms += [
            Term((known,), (stem(known),), 0.8 * likeness**2) for known, likeness in _alike(word, vocabulary, limit=6)
        ]
    return terms


def _alike(word: str, vocabulary: list[str], *, limit: int) -> Iterator[tuple[str, float]]:
    """Words that are written or sound almost like ``word``, with their likeness from 0 to 1."""
    near = process.extract(word, vocabulary, scorer=fuzz.ratio, score_cutoff=100 * LEAST_LIKENESS - 15, limit=limit * 4)
    heard = sound(word)
    rated = []
    for other, ratio, _ in near:
        likeness = max(ratio, fuzz.ratio(heard, sound(other)) - 3) / 100
        if likeness >= LEAST_LIKENESS and abs(len(other) - len(word)) <= 2 and len(other) >= 4:
            rated.append((other, likeness))
    yield from sorted(rated, key=lambda pair: -pair[1])[:limit]


def _known_length(stems: Phrase) -> int:
    lexicon = _lexicon()
    for length in range(min(LONGEST_PHRASE, len(stems)), 1, -1):
        if stems[:length] in lexicon.synonyms or stems[:length] in lexicon.members:
            return length
    return 1


def _expand(words: Phrase, stems: Phrase) -> Iterator[Term]:
    lexicon = _lexicon()
    yield Term(words, stems, 1.0)
    if len(words) > 1:  # half of a phrase is better than nothing
        for word, one in zip(words, stems, strict=True):
            if word not in WEAK_WORDS:
                yield Term((word,), (one,), 0.5)
    for other in lexicon.synonyms.get(stems, ()):
        yield Term(lexicon.written[other], other, SYNONYM)
    for other in lexicon.members.get(stems, ()):
        yield Term(lexicon.written[other], other, MEMBER)


@dataclass(slots=True)
class Lexicon:
    """Phrases by their stems; ``written`` has a spelling of each, ``words`` the single ones to correct slips by."""

    synonyms: dict[Phrase, list[Phrase]] = field(default_factory=dict)
    members: dict[Phrase, list[Phrase]] = field(default_factory=dict)
    written: dict[Phrase, Phrase] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def read(self, text: str) -> list[Phrase]:
        """The phrases of a comma-separated list."""
        phrases = []
        for part in text.split(","):
            words = tuple(word for word in split(part) if word not in STOP_WORDS) or tuple(split(part))
            stems = tuple(stem(word) for word in words)
            self.written.setdefault(stems, words)
            phrases.append(stems)
        return list(dict.fromkeys(phrases))


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    lexicon = Lexicon()
    for line in _lines("synonyms.txt"):
        group = lexicon.read(line)
        for phrase in group:
            _add(lexicon.synonyms, phrase, group)
    for line in _lines("concepts.txt"):
        kinds, members = (lexicon.read(part) for part in line.split(":", 1))
        for kind in kinds:
            _add(lexicon.members, kind, members + kinds)
    lexicon.words = sorted({words[0] for words in lexicon.written.values() if len(words) == 1 and len(words[0]) > 3})
    return lexicon


def _add(index: dict[Phrase, list[Phrase]], phrase: Phrase, others: list[Phrase]) -> None:
    known = index.setdefault(phrase, [])
    known += [other for other in others if other != phrase and other not in known]


def _lines(name: str) -> Iterator[str]:
    for line in (LEXICON / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line
