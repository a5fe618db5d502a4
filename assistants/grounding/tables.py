"""Reading a table row by row: the first name in a row is whose the figures beside it are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistants.grounding.claims import Claim, Sort, classify, classify_cell
from assistants.grounding.discourse import Discourse
from assistants.grounding.figures import check_presence
from assistants.grounding.markup import Plain, read_markup
from assistants.grounding.names import find_unknown_names
from assistants.grounding.numbers import find_numbers
from assistants.grounding.proofs import holds_percentage, holds_price, holds_stock
from assistants.grounding.quantities import is_large
from assistants.grounding.statements import Sentence
from assistants.grounding.violations import Kind
from assistants.grounding.words import fold, tokenize


class Table:
    """The table that is being read, if any: it remembers its header."""

    def __init__(self, talk: Discourse) -> None:
        self._talk = talk
        self._header: tuple[str, ...] = ()

    def end(self) -> None:
        """What comes next belongs to no table, or to another one."""
        self._header = ()

    def read(self, plain: Plain) -> Iterator[tuple[Kind, str]]:
        """Check the next row."""
        talk, cells = self._talk, plain.cells
        if all(re.fullmatch(r":?-{2,}:?|", cell) for cell in cells):
            return
        if not self._header and not any(find_numbers(cell) for cell in cells):
            self._header = cells
            return
        headers = self._header if len(self._header) == len(cells) else ("",) * len(cells)
        owner: frozenset[int] | None = None
        for header, cell in zip(headers, cells, strict=True):
            inner = read_markup(cell)
            text = f"{header}: {inner.text}" if header and owner is not None else inner.text
            tokens = tokenize(text)
            numbers = find_numbers(text, currency=talk.facts.currency)
            barriers = [(n.start, n.end) for n in numbers if n.money is not None or is_large(n)]
            mentions = [m for m in talk.catalogue.find_mentions(text, tokens, barriers=barriers) if m.sure]
            if owner is None:
                claims: list[Claim] = []
                if mentions:
                    owner = frozenset.intersection(*(m.products for m in mentions)) or mentions[0].products
                    talk.named.update(dict.fromkeys(sorted(owner)))
                    talk.topic = owner
                item = Plain(text, True, (), [], [])
                is_label = re.fullmatch(r"(?:#|n[º°]|no\.?|\d+\.?)", cell) is not None
                if not is_label and (mentions or re.search(r"[^\W\d_]{3}", text)) and not _has_no_words(text):
                    sentence = Sentence(
                        item, fold(text), tokens, mentions, claims, frozenset(), frozenset(), lists_products=True
                    )
                    for name in find_unknown_names(sentence, catalogue=talk.catalogue):
                        yield Kind.PRODUCT, name
                    owner = owner if owner is not None else talk.background(fold(text), is_item=False)
                continue
            for number in numbers:
                claim = classify_cell(header, number) or (
                    None if header else classify(text, number, next_to_name=True, spoken_quantities=talk.spoken)
                )
                if claim is None:
                    continue
                if claim.sort is Sort.PRICE and not holds_price(talk, claim, owner, text, []):
                    yield Kind.PRICE, number.text
                elif claim.sort is Sort.PRICE:
                    talk.said.extend(number.values)
                if claim.sort is Sort.STOCK and not holds_stock(talk, claim, owner, text, []):
                    yield Kind.STOCK, number.text
                if claim.sort is Sort.PERCENTAGE and not holds_percentage(talk, claim, fold(text)):
                    yield Kind.PERCENTAGE, number.text
            yield from check_presence(talk, text, fold(text), [])


def _has_no_words(text: str) -> bool:
    """Whether a cell is nothing but figures."""
    return re.fullmatch(r"[\d\s.,$%#-]*", text) is not None
