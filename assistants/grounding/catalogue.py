"""The rows of a turn, indexed so that their names are found in running text, abbreviated or in another order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from assistants.grounding.amounts import percentages
from assistants.grounding.facts import Facts, ProductFact
from assistants.grounding.numbers import NUMBER_WORDS
from assistants.grounding.words import Token, stem, synonyms, tokenize, word_set

TOLD = 4  # words in a row that make a quotation

CONJUNCTIONS = word_set("y e o u and or ou ni")
_NUMBERS = frozenset(stem(word) for word in NUMBER_WORDS)
# What may stand between two words of one name.
_WITHIN_NAME = re.compile(r"(?:(?!\.\s)[\s\-/,.\"'”″´’&+()×xºª¼½¾⅓⅔⅛⅜⅝⅞])*")
_SHORT_FORM = re.compile(
    r"(?:\b(?:el|la|los|las|o|a|os|as|the|del|al|ao|do|da|dos|das|y|e|and|or|u|ou)|,)\s+(?:de|con|del|com|do|da|talla)\s+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a text that names rows: all those it may mean.

    ``sure``: it holds the word that says what the thing is, or most of the name; else it may be chance.
    """

    start: int
    end: int
    products: frozenset[int]
    sure: bool
    tokens: tuple[Token, ...]


class _Entry:
    """One row as stems: of its name, and of all its texts."""

    def __init__(self, product: ProductFact) -> None:
        name = [token for token in tokenize(product.name) if not token.is_stop]
        self.product = product
        self.name = frozenset(token.stem for token in name)
        self.order = tuple(token.stem for token in name)
        self.head = next((token.stem for token in name if not token.is_number), "")
        described = tokenize(product.description)
        self.about = self.name | {token.stem for token in (*tokenize(f"{product.category} {product.sku}"), *described)}
        self.joins = frozenset(token.folded for token in tokenize(product.name) if token.folded in CONJUNCTIONS)
        self.initials = frozenset(_initials(name))
        self.told = frozenset(_grams(described))
        self.percentages = percentages([product.description])
        self.sku = _compact(product.sku)


@lru_cache(maxsize=1024)
def _read_category(name: str) -> frozenset[str]:
    return frozenset(token.stem for token in tokenize(name) if not token.is_stop)


@lru_cache(maxsize=128)
def _read_trusted(text: str) -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    """The stems and the quotations of a text, which comes back as the rows do."""
    tokens = tokenize(text)
    return frozenset(token.stem for token in tokens), frozenset(_grams(tokens))


@lru_cache(maxsize=1024)
def _read_entry(product: ProductFact) -> _Entry:
    """The same rows come back turn after turn; reading their texts is most of the work of a check."""
    return _Entry(product)


class Catalogue:
    """An index over ``Facts`` at one moment; products are known by their place in ``products``."""

    def __init__(self, facts: Facts) -> None:
        self.products: Sequence[ProductFact] = facts.products
        self.entries = [_read_entry(product) for product in self.products]
        self.by_stem: dict[str, set[int]] = {}
        for index, entry in enumerate(self.entries):
            for stemmed in entry.name:
                self.by_stem.setdefault(stemmed, set()).add(index)
        self.heads = {entry.head for entry in self.entries}
        self.category_stems = [_read_category(name) for name in facts.categories]
        self.about_stems = frozenset[str]().union(*(entry.about for entry in self.entries))
        self.skus = frozenset(entry.sku for entry in self.entries if entry.sku)
        trusted = [_read_trusted(text) for text in facts.texts]
        self.text_stems = frozenset[str]().union(*(stems for stems, _ in trusted))
        self.question_stems = _stems(facts.questions)
        self._told = frozenset[tuple[str, ...]]().union(
            *(told for _, told in trusted), *(entry.told for entry in self.entries)
        )
        self.long_names = [stemmed for stemmed in self.by_stem if len(stemmed) >= 5]
        self._close: dict[str, frozenset[int]] = {}

    def rows_named(self, stemmed: str) -> frozenset[int]:
        """Rows whose name holds the stem, a misspelling of it or its beginning ("perc" for "percutor")."""
        exact = self.by_stem.get(stemmed)
        if exact is not None:
            return frozenset(exact)
        if len(stemmed) < 4 or stemmed in _NUMBERS or any(character.isdigit() for character in stemmed):
            # "L3210" is another thing than "L3250"
            return frozenset()
        if stemmed not in self._close:
            close: set[int] = set()
            for name in self.long_names:
                if name[0] == stemmed[0] and (
                    (len(stemmed) >= 5 and OSA.distance(name, stemmed, score_cutoff=1) <= 1)
                    or (len(name) >= 8 and OSA.distance(name, stemmed, score_cutoff=2) <= 2)
                ):
                    close |= self.by_stem[name]
            self._close[stemmed] = frozenset(close)
        return self._close[stemmed]

    def is_known(self, stemmed: str, *, rows: Iterable[int]) -> bool:
        """Whether one of the rows says the word anywhere: name, category, description or SKU."""
        words = synonyms(stemmed)
        return any(words & self.entries[row].about for row in rows)

    def find_told(self, tokens: Sequence[Token]) -> frozenset[int]:
        """Where words begin that stand so in a description or a trusted text, four or more in a row."""
        told: set[int] = set()
        for index, gram in enumerate(_grams(tokens)):
            if gram in self._told:
                told.update(token.start for token in tokens[index : index + TOLD])
        return frozenset(told)

    def is_akin(self, stemmed: str, rows: Iterable[int]) -> bool:
        """Whether a row or its category has a word of the same root ("carpintero", "carpintería")."""
        root = stemmed[:5]
        known = frozenset[str]().union(*(self.entries[row].about for row in rows))
        return any(word.startswith(root) or (len(word) > 3 and stemmed.startswith(word)) for word in known)

    def find_mentions(
        self, text: str, tokens: Sequence[Token], *, barriers: Sequence[tuple[int, int]]
    ) -> list[Mention]:
        """Find names of rows; a mention never crosses a barrier (an amount of money) or a mark that ends a phrase."""
        found: list[Mention] = []
        index = 0
        blocked = [any(start <= token.start < end for start, end in barriers) for token in tokens]
        while index < len(tokens):
            token = tokens[index]
            numbered = token.is_number and not _SHORT_FORM.search(text[: token.start])  # "el de 750 g"
            if blocked[index] or token.is_stop or numbered or not (rows := self._rows_called(token.stem)):
                index += 1
                continue
            matched, last = [token], index
            join = ""
            follower = index + 1
            while follower < len(tokens) and not blocked[follower]:
                between = text[tokens[follower - 1].end : tokens[follower].start]
                if not _WITHIN_NAME.fullmatch(between):
                    break
                following = tokens[follower]
                if following.folded in CONJUNCTIONS:
                    join = following.folded
                    follower += 1
                    continue
                narrowed = rows & self._rows_called(following.stem)
                if join:  # "aceite y filtro" is no "filtro de aceite"
                    narrowed = frozenset(row for row in narrowed if join in self.entries[row].joins)
                if narrowed and not following.is_stop:
                    rows, last = narrowed, follower
                    matched.append(following)
                elif not following.is_stop:
                    break
                follower += 1
            mention = self._resolve(tuple(matched), rows)
            found.append(mention)
            index = last + 1
        return found

    def _rows_called(self, stemmed: str) -> frozenset[int]:
        """Rows that the stem names, or else another word for the same thing."""
        return self.rows_named(stemmed) or self.rows_of_synonym(stemmed)

    def _resolve(self, matched: tuple[Token, ...], rows: frozenset[int]) -> Mention:
        stems = {token.stem for token in matched}
        whole = frozenset(row for row in rows if len(self.entries[row].name) <= len(stems))
        headed = frozenset(
            row
            for row in rows
            if self._has_head(stems, row) or len(stems) >= 2 or len(stems) * 2 >= len(self.entries[row].name)
        )
        named = rows if len(rows) == 1 and any(token.is_capital for token in matched) else frozenset()  # "el Stanley"
        products = whole or headed or rows
        sure = bool(whole or headed or named) and not matched[0].is_number
        return Mention(matched[0].start, matched[-1].end, products, sure, matched)

    def _has_head(self, stems: set[str], row: int) -> bool:
        head = self.entries[row].head
        return any(
            stemmed == head or OSA.distance(stemmed, head, score_cutoff=1) <= 1
            for stemmed in stems
            if stemmed[0] == head[:1]
        )

    def is_sku(self, tokens: Iterable[Token]) -> bool:
        """Whether the words are a row's SKU."""
        return "".join(token.folded for token in tokens) in self.skus

    def rows_of_synonym(self, stemmed: str) -> frozenset[int]:
        """Rows whose name holds another word for the same thing."""
        rows: set[int] = set()
        for other in synonyms(stemmed):
            rows |= self.by_stem.get(other, set())
        return frozenset(rows)


def _initials(name: Sequence[Token]) -> Iterator[str]:
    """What words in a row may be shortened to: "RC" for "Radio Control"."""
    words = [token.folded for token in name]
    for size in (2, 3, 4):
        for start in range(len(words) - size + 1):
            yield "".join(word[0] for word in words[start : start + size])


def _grams(tokens: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    words = [token.folded for token in tokens]
    for index in range(len(words) - TOLD + 1):
        yield tuple(words[index : index + TOLD])


def _compact(text: str) -> str:
    return "".join(token.folded for token in tokenize(text))


def _stems(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(token.stem for text in texts for token in tokenize(text))
