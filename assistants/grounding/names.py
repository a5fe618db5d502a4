# ruff: noqa: E501  (word lists and patterns are one line each)
"""Names of products in a sentence that no row has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistants.grounding.catalogue import Catalogue
from assistants.grounding.claims import Sort
from assistants.grounding.denials import CONTRAST, DENIAL
from assistants.grounding.phrases import cut_head, find_capitals, find_phrases, head_of_item, head_of_price
from assistants.grounding.statements import FIRM_OFFER, PART, Sentence
from assistants.grounding.tails import read_tail
from assistants.grounding.vocabulary import CONTAINERS, DISTINGUISHING, GENERIC
from assistants.grounding.words import Token, synonyms


def find_unknown_names(sentence: Sentence, *, catalogue: Catalogue) -> Iterator[str]:
    """Find names of products that no row, category or trusted text has; a denial may repeat the person's words."""
    seen: list[tuple[int, int]] = []
    for start, end in _find_unknown(sentence, catalogue):
        if not any(start < other_end and other_start < end for other_start, other_end in seen):
            seen.append((start, end))
            words = [token for token in sentence.tokens if start <= token.start and token.end <= end]
            if not all(token.start in sentence.told for token in words):
                yield sentence.plain.text[start:end].strip()


def _find_unknown(sentence: Sentence, catalogue: Catalogue) -> Iterator[tuple[int, int]]:
    judge = _Judge(sentence, catalogue)
    text = sentence.plain.text
    for mention in sentence.mentions:
        if not mention.sure:
            continue
        tail = read_tail(sentence, mention, catalogue)
        if tail and tail.start not in sentence.told and not judge.is_denied(mention.start, tail.end, strict=False):
            yield mention.start, tail.end
    if sentence.plain.is_item:
        start, end = head_of_item(sentence)
        spoken = FIRM_OFFER.search(sentence.folded[start:end])  # a sentence behind a pictogram is no item
        if not spoken and judge.is_product_like(start, end) and judge.is_unknown(start, end, strict=True):
            yield start, end
    elif (head := head_of_price(sentence)) and judge.is_unknown(*head, strict=False):
        yield head
    for start, end in sentence.plain.marked:
        end = start + len(cut_head(text[start:end]))
        if judge.is_product_like(start, end) and judge.is_unknown(start, end, strict=True):
            yield start, end
    for start, end in sentence.plain.quoted:
        if judge.is_unknown(start, end, strict=False) and not judge.is_asked(start, end):
            yield start, end
    for start, end in find_capitals(sentence, catalogue):
        if judge.is_unknown(start, end, strict=True) and not judge.is_described(start, end):
            rest = judge.without_first_word(start, end)
            if rest is None or judge.is_unknown(rest, end, strict=True):
                yield start, end
    for start, end in find_phrases(sentence):
        if judge.is_unknown(start, end, strict=False) and not judge.is_described(start, end):
            yield start, end


class _Judge:
    """Decides whether words that look like a name are known."""

    def __init__(self, sentence: Sentence, catalogue: Catalogue) -> None:
        self.sentence, self.catalogue = sentence, catalogue

    def inside(self, start: int, end: int) -> list[Token]:
        return [token for token in self.sentence.tokens if start <= token.start and token.end <= end]

    def is_product_like(self, start: int, end: int) -> bool:
        """Whether bold or listed words may name a product rather than label or stress something."""
        tokens = [token for token in self.inside(start, end) if not token.is_stop]
        if not tokens or all(token.stem in GENERIC or token.is_number for token in tokens):
            return False
        if len(tokens) > 9:
            return False
        priced = any(claim.sort in (Sort.PRICE, Sort.STOCK) for claim in self.sentence.claims)
        capitals = sum(token.is_capital for token in tokens)
        coded = capitals and any(token.is_number for token in tokens)
        verbs = any(
            re.search(r"(?:amos|emos|ar|er|ir)(?:te|lo|la|los|las|nos)?$", token.folded) for token in tokens[:1]
        )
        if verbs and not priced:
            return False
        return bool(priced or coded or self.sentence.lists_products or capitals >= 2)

    def is_unknown(self, start: int, end: int, *, strict: bool) -> bool:
        """Whether the words between the places name something that the facts do not hold.

        With ``strict`` every word counts, as in a list of products; else qualities that no row is told apart by pass.
        """
        if self.catalogue.is_sku(self.inside(start, end)):
            return False
        for tokens in self._pieces(start, end):
            if (
                tokens
                and not all(token.stem in CONTAINERS for token in tokens)
                and not self._is_explained(tokens, strict=strict)
                and not self.is_denied(start, end, strict=False)
            ):
                return True
        return False

    def is_denied(self, start: int, end: int, *, strict: bool) -> bool:
        """Whether the words are said not to be sold."""
        head = self.sentence.folded[:start]
        denials = list(DENIAL.finditer(head))
        denial = denials[-1] if denials else None
        if denial is None:
            after = self.sentence.folded[end : end + 60]
            return bool(
                re.match(
                    r"[^.;:$]{0,12}\b(?:no (?:lo|la|los|las|esta|estan|aparece|figura|tenemos|se encuentra|hace parte)|isn't|is not|nao)\b",
                    after,
                )
            )
        return not CONTRAST.search(head[denial.end() :])

    def is_asked(self, start: int, end: int) -> bool:
        """Whether quoted words are the person's own, and not offered."""
        words = [token for token in self.inside(start, end) if not token.is_stop]
        offered = FIRM_OFFER.search(self.sentence.folded[:start])
        return not offered and all(token.stem in self.catalogue.question_stems for token in words)

    def _pieces(self, start: int, end: int) -> Iterator[list[Token]]:
        piece: list[Token] = []
        previous: Token | None = None
        parts_of_it = {found.start("part") for found in PART.finditer(self.sentence.folded)}
        for token in self.inside(start, end):
            between = self.sentence.folded[previous.end : token.start] if previous else ""
            parts = token.folded in ("y", "e", "o", "u", "and", "or", "ou", "vs") or re.search(r"[,+&/|()]", between)
            joined = (
                piece and token.folded not in ("y", "and", "vs") and self._is_explained([*piece, token], strict=False)
            )
            if parts and not joined:
                yield piece
                piece = []
            if (
                not token.is_stop
                and not self._is_plain(token)
                and not self._holds_it(token)
                and token.start not in parts_of_it
            ):
                piece.append(token)
            previous = token
        yield piece

    def _holds_it(self, token: Token) -> bool:
        """Whether it only holds what follows: "saco de cemento"."""
        return (
            token.stem in CONTAINERS
            and re.match(r"\s+(?:de|of|da|do)\s", self.sentence.folded[token.end :]) is not None
        )

    def _is_plain(self, token: Token) -> bool:
        if any(claim.start <= token.start < claim.end for claim in self.sentence.claims):
            return True
        counts = not self.sentence.folded[: token.start].endswith(" de ")  # but "de tres piezas" says which
        if counts and any(n.in_words and n.start <= token.start < n.end for n in self.sentence.numbers):
            return True
        counted = any(0 < token.start - claim.end <= 2 for claim in self.sentence.claims)
        return token.stem in GENERIC or (counted and token.stem in CONTAINERS)

    def without_first_word(self, start: int, end: int) -> int | None:
        """Where the name may begin when its first word has its capital from beginning the sentence; None if not so."""
        words = self.inside(start, end)
        if len(words) < 2 or re.search(r"[^\W_]", self.sentence.plain.text[:start]) or not words[0].text.istitle():
            return None
        rest = next((word for word in words[1:] if not word.is_stop), None)
        return rest.start if rest is not None and rest.is_capital else None

    def is_described(self, start: int, end: int) -> bool:
        """Whether the rows that are being spoken of say the words: "IP67", "USB 3.2", after a verb at the beginning."""
        words = [token for token in self.inside(start, end) if not token.is_stop]
        if (
            words
            and not re.search(r"[^\W_]", self.sentence.plain.text[:start])
            and len(words) > 1
            and not words[1].is_capital
        ):
            words = words[1:]
        rows = self.sentence.context
        return bool(words) and all(self.catalogue.is_known(word.stem, rows=rows) for word in words)

    def _is_explained(self, tokens: Sequence[Token], *, strict: bool) -> bool:
        catalogue = self.catalogue
        stems = [token.stem for token in tokens]
        known_in_texts = [stemmed for stemmed in stems if stemmed in catalogue.text_stems]
        if len(known_in_texts) == len(stems):
            return True
        for category in catalogue.category_stems:
            if all(stemmed in category or stemmed in GENERIC or stemmed in catalogue.text_stems for stemmed in stems):
                return True
        rows = self._rows_for(tokens)
        if any(self._row_covers(row, tokens) for row in rows):
            return True
        if strict or not rows:
            return not strict and not rows and self._is_about(tokens)
        loose = [
            token
            for token in tokens
            if token.is_number
            or (token.is_capital and token is not tokens[0])
            or token.stem in DISTINGUISHING
            or token.stem in catalogue.by_stem
        ]
        complements = [token for token in tokens[1:] if self.sentence.folded[: token.start].endswith(" de ")]
        if not all(catalogue.is_akin(token.stem, rows) or self._row_knows(rows, token) for token in complements):
            return False  # "sierra de mesa", where there are other saws
        return any(self._row_covers(row, loose) for row in rows)

    def _row_knows(self, rows: Iterable[int], token: Token) -> bool:
        return self.catalogue.is_known(token.stem, rows=rows) or token.stem in self.catalogue.question_stems

    def _rows_for(self, tokens: Sequence[Token]) -> frozenset[int]:
        """Rows that the first telling word may name."""
        for token in tokens:
            if token.text.isupper() and 2 <= len(token.text) <= 4 and token.stem not in self.catalogue.by_stem:
                shortened = [row for row, entry in enumerate(self.catalogue.entries) if token.folded in entry.initials]
                if shortened:
                    return frozenset(shortened)
            if not token.is_number:
                return self.catalogue.rows_named(token.stem) | self.catalogue.rows_of_synonym(token.stem)
        return frozenset()

    def _is_about(self, tokens: Sequence[Token]) -> bool:
        """Whether plain words, no name among them, are those of a category, a description or a trusted text."""
        if any(token.is_number for token in tokens) or any(token.is_capital for token in tokens[1:]):
            return False
        catalogue = self.catalogue
        if synonyms(tokens[0].stem) & (catalogue.text_stems | frozenset().union(*catalogue.category_stems)):
            return True
        return len(tokens) == 1 and bool(synonyms(tokens[0].stem) & catalogue.about_stems)

    def _row_covers(self, row: int, tokens: Iterable[Token]) -> bool:
        about = self.catalogue.entries[row].about
        return all(
            token.stem in about
            or (token.text.isupper() and token.folded in self.catalogue.entries[row].initials)
            or token.stem in GENERIC
            or bool(synonyms(token.stem) & about)
            or (not token.is_number and row in self.catalogue.rows_named(token.stem))
            for token in tokens
        )
