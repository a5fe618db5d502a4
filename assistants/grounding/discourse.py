"""What the facts hold, and what a reply has spoken of so far."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from assistants.grounding.amounts import Amounts, discounts, percentages
from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.claims import find_spoken_quantities
from assistants.grounding.facts import Facts, ProductFact
from assistants.grounding.markup import Plain
from assistants.grounding.numbers import find_numbers
from assistants.grounding.quantities import find_order
from assistants.grounding.terms import Terms
from assistants.grounding.words import tokenize

OTHERS = re.compile(
    r"\b(?:otr[oa]s?|demas|resto|los hay|hay desde|tenemos desde|others?|outr[oa]s?|precios (?:van|desde|entre)|rango"
    r"|range|faixa)\b"
)
_ANNOUNCES = re.compile(
    r"tenemos|opcion|producto|modelo|disponible|recom|catalogo|encontr|have|options|products|temos|opcoes|produtos"
    r"|siguiente|estos|estas|these|models|alternativ"
)


class Discourse:
    """The facts as they are read for checking, and the rows, figures and lists of the units before."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.version = -1
        self.said: list[Decimal] = []
        self.named: dict[int, None] = {}  # rows that the reply has named
        self.topic: frozenset[int] = frozenset()  # rows of the last unit that named any
        self.main: frozenset[int] = frozenset()  # rows of the last unit that said something of them
        self.group: frozenset[int] = frozenset()  # rows of the list that was read last
        self.quantities: set[int] = set()
        self.also: list[Mention] = []  # words of the unit that may name a row beside those that do
        self.announced = False  # a list
        self.in_list = False

    def refresh(self) -> None:
        """Look at the facts again where they have grown."""
        if self.version == self.facts.version:
            return
        facts = self.facts
        self.version = facts.version
        self.catalogue = Catalogue(facts)
        self.amounts = Amounts(currency=facts.currency, texts=facts.texts, questions=facts.questions)
        self.amounts.said = self.said
        self.percentages = percentages(facts.texts).union(*(entry.percentages for entry in self.catalogue.entries))
        self.discounts = discounts(facts.texts)
        self.terms = Terms(
            texts=facts.texts,
            descriptions=[product.description for product in facts.products if product.description],
            questions=facts.questions,
        )
        numbers = [find_numbers(text, currency=facts.currency) for text in facts.questions]
        self.spoken = find_spoken_quantities([number for found in numbers for number in found])
        self.text_numbers = frozenset(
            value
            for text in facts.texts
            for number in find_numbers(text, currency=facts.currency)
            for value in number.values
        )
        question = facts.question
        mentions = self.catalogue.find_mentions(question, tokenize(question), barriers=())
        self.amounts.ordered = find_order(question, numbers[-1] if numbers else [], mentions, self.catalogue)
        sure = [mention.products for mention in mentions if mention.sure]
        self.asked = frozenset().union(*sure) if sure else frozenset()

    def background(self, folded: str, is_item: bool) -> frozenset[int] | None:
        """The rows that a figure without a name belongs to; None when it may be any row's."""
        if OTHERS.search(folded):
            return None
        if is_item and self.topic:
            return self.topic
        return (self.topic | self.main | self.group) or self.asked or None

    def rows(self, rows: frozenset[int] | None) -> list[ProductFact]:
        """The products of these rows; all of them where it may be any's."""
        products = self.catalogue.products
        return list(products) if rows is None else [products[row] for row in sorted(rows)]

    def remember(self, sure: Sequence[Mention], plain: Plain, folded: str, *, says_something: bool) -> None:
        """What a unit has named is what the next one speaks of."""
        rows = frozenset().union(*(mention.products for mention in sure)) if sure else frozenset()
        if rows:
            self.group = (self.group | rows) if plain.is_item and self.in_list else rows
            self.topic = rows
            if says_something:
                self.main = rows
            self.named.update(
                dict.fromkeys(row for mention in sure for row in sorted(mention.products) if len(mention.products) <= 3)
            )
        self.in_list = plain.is_item and (bool(rows) or self.in_list)
        announces = plain.text.rstrip().endswith(":") and _ANNOUNCES.search(folded) is not None
        self.announced = (self.announced and plain.is_item) or announces
