# ruff: noqa: E501  (word lists and patterns are one line each)
"""Reading a reply unit by unit: what it says, and whether the facts hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistants.grounding.catalogue import Mention
from assistants.grounding.claims import Claim, Sort, classify
from assistants.grounding.contrasts import find_contrasts
from assistants.grounding.discourse import Discourse
from assistants.grounding.facts import Facts
from assistants.grounding.figures import check_figures, check_presence
from assistants.grounding.markup import Plain, read_markup
from assistants.grounding.measures import find_false_measures
from assistants.grounding.names import find_unknown_names
from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.owners import drop_repeats
from assistants.grounding.quantities import is_large, read_counted
from assistants.grounding.statements import Sentence
from assistants.grounding.superlatives import find_false_comparisons, find_false_superlatives
from assistants.grounding.tables import Table
from assistants.grounding.variants import find_unknown_variants
from assistants.grounding.violations import Kind, Violation
from assistants.grounding.vocabulary import GENERIC
from assistants.grounding.words import Token, fold, fold_known, tokenize

_PROMOTION = re.compile(
    r"\b(?:[2-5]x[123](?![\"”″\dx]|[.,]\d)|dos por uno|tres por dos|mitad de precio|half (?:the )?price|half off|metade do preco|two for one|buy one get one|leve \d pague \d|lleva \d y paga \d|lleve \d (?:y )?pague \d)\b"
)
_ELLIPSIS = re.compile(
    r"\b(?:(?:el|la|los|las|o|a|os|as|the|del|al|do|da|dos|das|ao)\s+(?:(?:de|con|del|com|do|da)\s+)?(?:(?:el|la)\s+)?|(?:en|in|em)\s+(?:(?:color|talla|talle|la|el)\s+)?|(?:\b(?:y|e|and|o|or|ou)|,)\s+(?:(?:de|con|of)\s+)?)$"
)

__all__ = ["Kind", "Reading", "Violation"]


class Reading:
    """One reply as it is read: it remembers the product that is being spoken of from one unit to the next."""

    def __init__(self, *, facts: Facts) -> None:
        self._talk = Discourse(facts)
        self._table = Table(self._talk)

    def read(self, unit: str) -> list[Violation]:
        """Check the next unit of the reply."""
        self._talk.refresh()
        plain = read_markup(unit)
        if not plain.text.strip():
            if not unit.strip():
                self._table.end()
            return []
        if len(plain.cells) >= 2:
            found = list(self._table.read(plain))
        else:
            self._table.end()
            found = list(self._read_text(plain))
        return [Violation(kind, said.strip(), unit.strip()) for kind, said in dict.fromkeys(found)]

    def _read_text(self, plain: Plain) -> Iterator[tuple[Kind, str]]:
        talk = self._talk
        text, folded, tokens = plain.text, fold(plain.text), tokenize(plain.text)
        numbers = find_numbers(text, currency=talk.facts.currency)
        barriers = [(n.start, n.end) for n in numbers if n.money is not None or n.percent or is_large(n)]
        mentions = talk.catalogue.find_mentions(text, tokens, barriers=barriers)
        claims = self._classify(text, numbers, mentions)
        told = talk.catalogue.find_told(tokens)
        claims = [claim for claim in claims if not self._is_described(claim, mentions, tokens, told)]
        sure = drop_repeats(self._complete(mentions, folded), claims)
        for claim in claims:
            if claim.sort is Sort.QUANTITY:
                talk.quantities.update(int(value) for value in claim.number.values if 1 < value < 1000)
        weak = self._weak([mention for mention in mentions if not mention.sure])
        talk.also = [mention for mention in weak if len(mention.products) == 1]
        weak = [] if sure else weak
        yield from check_figures(talk, text, folded, claims, sure, plain.is_item, weak=weak)
        yield from check_presence(talk, text, folded, sure)
        if (promotion := _PROMOTION.search(folded)) and not any(
            promotion.group() in fold_known(known) for known in talk.facts.texts
        ):
            yield Kind.PERCENTAGE, text[promotion.start() : promotion.end()]
        context = frozenset().union(*(mention.products for mention in sure)) | talk.topic
        listed = plain.is_item and (talk.announced or talk.in_list)
        sentence = Sentence(plain, folded, tokens, mentions, claims, told, context, listed, numbers)
        quoted = self._is_quoted(folded, context)
        names = [] if quoted else list(find_unknown_names(sentence, catalogue=talk.catalogue))
        for name in names:
            yield Kind.PRODUCT, name
        if not names and not quoted:
            for start, end in find_unknown_variants(
                text, folded, tokens, sure=sure, spoken_of=talk.topic, catalogue=talk.catalogue
            ):
                yield Kind.PRODUCT, text[start:end]
            for start, end in find_contrasts(
                folded, tokens, sure=sure or [m for m in weak if m.tokens[0].is_number], catalogue=talk.catalogue
            ):
                yield Kind.PRODUCT, text[start:end]
        measures = (
            ()
            if quoted
            else find_false_measures(
                text,
                folded,
                numbers=numbers,
                claims=claims,
                sure=sure,
                catalogue=talk.catalogue,
                quantities=[*talk.quantities, *talk.spoken],
                known=(*talk.facts.texts, *talk.facts.questions),
            )
        )
        for said in measures:
            yield Kind.PRODUCT, said
        for said in find_false_superlatives(
            text,
            folded,
            sure=sure,
            spoken_of=talk.topic,
            listed=talk.group,
            catalogue=talk.catalogue,
            questions=talk.facts.questions,
        ):
            yield Kind.PRICE, said
        for said in find_false_comparisons(text, folded, sure=sure, catalogue=talk.catalogue):
            yield Kind.PRICE, said
        for said in talk.terms.find_invented(text, folded):
            yield Kind.TERM, said
        talk.remember(sure, plain, folded, says_something=bool(claims) or sentence.speaks_of_goods)

    def _is_quoted(self, folded: str, context: frozenset[int]) -> bool:
        """Whether the unit is what a description of the rows that are spoken of says, word for word."""
        words = folded.strip(" .,:;!?*-–\n")
        return " " in words and any(words in fold_known(row.description) for row in self._talk.rows(context or None))

    def _complete(self, mentions: Sequence[Mention], folded: str) -> list[Mention]:
        """The sure mentions, and short ones that an earlier one completes: "el martillo de uña ... y el de bola"."""
        sure: list[Mention] = []
        entries = self._talk.catalogue.entries
        for mention in mentions:
            if mention.sure:
                sure.append(mention)
                continue
            earlier = (
                frozenset().union(*(other.products for other in sure)) if sure else self._talk.topic | self._talk.group
            )
            heads = {entries[row].head for row in earlier}
            rows = frozenset(row for row in mention.products if entries[row].head in heads)
            if len(mention.products) == 1 and re.search(r"\b(?:the|our)\s+$", folded[: mention.start]):
                sure.append(replace(mention, sure=True))  # English names the thing last: "the filters"
            elif rows and _ELLIPSIS.search(folded[: mention.start]):
                sure.append(replace(mention, products=rows, sure=True))
        return sure

    @staticmethod
    def _weak(mentions: Sequence[Mention]) -> list[Mention]:
        """Words that may name a row where nothing else does: "dos bifinhos", "los antirreflejo"."""
        return [
            mention
            for mention in mentions
            if len(mention.products) <= 2
            and len(mention.tokens[0].stem) >= (3 if mention.tokens[0].is_number else 5)
            and mention.tokens[0].stem not in GENERIC
        ]

    def _classify(self, text: str, numbers: Sequence[Number], mentions: Sequence[Mention]) -> list[Claim]:
        claims: list[Claim] = []
        for number in numbers:
            if number.money is None and any(m.start <= number.start < m.end for m in mentions):
                continue
            near = any(0 <= number.start - m.end <= 6 for m in mentions)
            claim = classify(text, number, next_to_name=near, spoken_quantities=self._talk.spoken)
            if (
                claim is not None
                and claim.sort in (Sort.PRICE, Sort.QUANTITY)
                and number.money is None
                and max(number.values) < 1000
            ):
                claim = read_counted(text, claim, claims, mentions)
            if claim is not None:
                claims.append(claim)
        return claims

    def _is_described(
        self, claim: Claim, mentions: Sequence[Mention], tokens: Sequence[Token], told: frozenset[int]
    ) -> bool:
        """Whether a number that only looks like a claim stands in a text that is known: a size, a year, an address."""
        inside = [token for token in tokens if claim.start <= token.start < claim.end]
        if inside and all(token.start in told for token in inside):
            return True
        if claim.firm or claim.number.money is not None:
            return False
        if claim.sort is Sort.STOCK:
            return not mentions and bool(claim.number.values & self._talk.text_numbers)
        if claim.number.values & self._talk.text_numbers:
            return True
        rows = frozenset().union(*(mention.products for mention in mentions)) | self._talk.topic
        inside = [token for token in tokens if claim.start <= token.start < claim.end]
        return bool(inside) and all(self._talk.catalogue.is_known(token.stem, rows=rows) for token in inside)
