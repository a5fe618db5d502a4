# ruff: noqa: E501  (word lists and patterns are one line each)
"""Reading a reply unit by unit: what it says, and whether the facts hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from assistants.grounding.amounts import (
    DISCOUNT,
    Amounts,
    Basis,
    around,
    differs_by_percent,
    discounts,
    is_handed_over,
    percentages,
)
from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.claims import Bound, Claim, Sort, classify, classify_cell, find_spoken_quantities, is_about
from assistants.grounding.contrasts import find_contrasts
from assistants.grounding.facts import Facts, ProductFact
from assistants.grounding.markup import Plain, read_markup
from assistants.grounding.measures import find_false_measures, is_pack
from assistants.grounding.names import find_unknown_names
from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.owners import attach, drop_repeats
from assistants.grounding.presence import find_false_presence
from assistants.grounding.quantities import blank_names, find_order, find_pieces, is_large, read_counted
from assistants.grounding.statements import Sentence
from assistants.grounding.superlatives import find_false_comparisons, find_false_superlatives
from assistants.grounding.terms import Terms
from assistants.grounding.variants import find_unknown_variants
from assistants.grounding.violations import Kind, Violation
from assistants.grounding.vocabulary import GENERIC
from assistants.grounding.words import Token, fold, tokenize

_PURPOSE = re.compile(
    r"\b(?:para|for|compatibles? con|ideal\w*|sirve\w*|combina\w*|que (?:el|la|los|las)|than|incluye|trae|viene con|funciona con|del tipo)\b[^.,;:()$—–]{0,30}$"
)
_PROMOTION = re.compile(
    r"\b(?:[2-5]x[123](?![\"”″\dx]|[.,]\d)|dos por uno|tres por dos|mitad de precio|half (?:the )?price|half off|metade do preco|two for one|buy one get one|leve \d pague \d|lleva \d y paga \d|lleve \d (?:y )?pague \d)\b"
)
_ELLIPSIS = re.compile(
    r"\b(?:(?:el|la|los|las|o|a|os|as|the|del|al|do|da|dos|das|ao)\s+(?:(?:de|con|del|com|do|da)\s+)?(?:(?:el|la)\s+)?|(?:en|in|em)\s+(?:(?:color|talla|talle|la|el)\s+)?|(?:\b(?:y|e|and|o|or|ou)|,)\s+(?:(?:de|con|of)\s+)?)$"
)
_FEE = re.compile(
    r"\b(?:envios?|domicilios?|despachos?|delivery|entregas?|frete|shipping|flete|instalacion)\b[^.;,$+=\d]{0,40}$"
)
_FEE_AFTER = re.compile(
    r"\s*(?:de|por el|del|for|de la)\s+(?:envio|domicilio|despacho|delivery|entrega|frete|shipping|flete|montaje|instalacion|armado)\b"
)
_BUSINESS = re.compile(
    r"\b(?:envios?|domicilios?|despachos?|delivery|entregas?|frete|shipping|flete|gratis|gratuit\w+|compras?|pedidos?|minim\w+|anticipo|instalacion|diagnostico|reparacion|acarreo|zona|free|gratis|orders?|cuotas|pagos?)\b"
)
_OF = re.compile(
    r"\s*(?:unidades|disponibles?|piezas)?\s*(?:del|de la|de los|de las|de|of the|of|do|da|dos|das)\s+(?:las?|los|el)?\s*"
)
_OTHERS = re.compile(
    r"\b(?:otr[oa]s?|demas|resto|los hay|hay desde|tenemos desde|others?|outr[oa]s?|precios (?:van|desde|entre)|rango|range|faixa)\b"
)
_COMPOSITION = re.compile(
    r"\s*(?:de\s+)?(?:algodon|lana|cuero|cotton|natural|puro|original|acero|poliester|lino|seda|organic|garantizad|seguro|algodao|couro|impermeable|resistente|nuevo|wool|leather|spandex|elastano|lycra|viscosa|nylon|rayon|acrilico|polyester)"
)

__all__ = ["Kind", "Reading", "Violation"]


_ARTICLE = re.compile(r"\b(?:el|la|los|las|del|nuestr[oa]s?|the|our|o|os|as|do|da|dos|das)\s+$")
_EACH_RIGHT = re.compile(r"\s*(?:pesos|soles|reais)?\s*(?:cada un[oa]|c/u|por unidad|la unidad|each|apiece|cada)\b")
_PACK_SAID = re.compile(
    r"\b(?:cajas?|paquetes?|packs?|bolsas?|sets?|juegos?|kits?|sobres?|blisters?|tiras?|docenas?|pares?|bultos?|box(?:es)?|bags?|packets?|caixas?|pacotes?|estuches?)\b"
)


class Reading:
    """One reply as it is read: it remembers the product that is being spoken of from one unit to the next."""

    def __init__(self, *, facts: Facts) -> None:
        self._facts = facts
        self._version = -1
        self._said: list[Decimal] = []
        self._named: dict[int, None] = {}  # rows that the reply has named
        self._topic: frozenset[int] = frozenset()  # rows of the last unit that named any
        self._main: frozenset[int] = frozenset()  # rows of the last unit that said something of them
        self._group: frozenset[int] = frozenset()  # rows of the list that was read last
        self._quantities: set[int] = set()
        self._also: list[Mention] = []  # words of the unit that may name a row beside those that do
        self._header: tuple[str, ...] = ()
        self._announced = False
        self._in_list = False

    def read(self, unit: str) -> list[Violation]:
        """Check the next unit of the reply."""
        self._refresh()
        plain = read_markup(unit)
        if not plain.text.strip():
            self._header = () if not unit.strip() else self._header
            return []
        if len(plain.cells) >= 2:
            found = list(self._read_row(plain))
        else:
            self._header = ()
            found = list(self._read_text(plain))
        return [Violation(kind, said.strip(), unit.strip()) for kind, said in dict.fromkeys(found)]

    def _refresh(self) -> None:
        if self._version == self._facts.version:
            return
        facts = self._facts
        self._version = facts.version
        self._catalogue = Catalogue(facts)
        self._amounts = Amounts(currency=facts.currency, texts=facts.texts, questions=facts.questions)
        self._amounts.said = self._said
        self._percentages = percentages(facts.texts).union(*(entry.percentages for entry in self._catalogue.entries))
        self._discounts = discounts(facts.texts)
        self._terms = Terms(
            texts=facts.texts,
            descriptions=[product.description for product in facts.products if product.description],
            questions=facts.questions,
        )
        numbers = [find_numbers(text, currency=facts.currency) for text in facts.questions]
        self._spoken = find_spoken_quantities([number for found in numbers for number in found])
        self._text_numbers = frozenset(
            value
            for text in facts.texts
            for number in find_numbers(text, currency=facts.currency)
            for value in number.values
        )
        question = facts.question
        mentions = self._catalogue.find_mentions(question, tokenize(question), barriers=())
        self._amounts.ordered = find_order(question, numbers[-1] if numbers else [], mentions, self._catalogue)
        sure = [mention.products for mention in mentions if mention.sure]
        self._asked = frozenset().union(*sure) if sure else frozenset()

    # -- running text and list items

    def _read_text(self, plain: Plain) -> Iterator[tuple[Kind, str]]:
        text, folded, tokens = plain.text, fold(plain.text), tokenize(plain.text)
        numbers = find_numbers(text, currency=self._facts.currency)
        barriers = [(n.start, n.end) for n in numbers if n.money is not None or n.percent or is_large(n)]
        mentions = self._catalogue.find_mentions(text, tokens, barriers=barriers)
        claims = self._classify(text, numbers, mentions)
        told = self._catalogue.find_told(tokens)
        claims = [claim for claim in claims if not self._is_described(claim, mentions, tokens, told)]
        sure = drop_repeats(self._complete(mentions, folded), claims)
        for claim in claims:
            if claim.sort is Sort.QUANTITY:
                self._quantities.update(int(value) for value in claim.number.values if 1 < value < 1000)
        weak = self._weak([mention for mention in mentions if not mention.sure])
        self._also = [mention for mention in weak if len(mention.products) == 1]
        weak = [] if sure else weak
        yield from self._check_claims(text, folded, claims, sure, plain.is_item, weak=weak)
        yield from self._check_presence(text, folded, sure)
        if (promotion := _PROMOTION.search(folded)) and not any(
            promotion.group() in fold(known) for known in self._facts.texts
        ):
            yield Kind.PERCENTAGE, text[promotion.start() : promotion.end()]
        context = frozenset().union(*(mention.products for mention in sure)) | self._topic
        listed = plain.is_item and (self._announced or self._in_list)
        sentence = Sentence(plain, folded, tokens, mentions, claims, told, context, listed, numbers)
        quoted = self._is_quoted(folded, context)
        names = [] if quoted else list(find_unknown_names(sentence, catalogue=self._catalogue))
        for name in names:
            yield Kind.PRODUCT, name
        if not names and not quoted:
            for start, end in find_unknown_variants(
                text, folded, tokens, sure=sure, spoken_of=self._topic, catalogue=self._catalogue
            ):
                yield Kind.PRODUCT, text[start:end]
            for start, end in find_contrasts(
                folded, tokens, sure=sure or [m for m in weak if m.tokens[0].is_number], catalogue=self._catalogue
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
                catalogue=self._catalogue,
                quantities=[*self._quantities, *self._spoken],
                known=(*self._facts.texts, *self._facts.questions),
            )
        )
        for said in measures:
            yield Kind.PRODUCT, said
        for said in find_false_superlatives(
            text,
            folded,
            sure=sure,
            spoken_of=self._topic,
            listed=self._group,
            catalogue=self._catalogue,
            questions=self._facts.questions,
        ):
            yield Kind.PRICE, said
        for said in find_false_comparisons(text, folded, sure=sure, catalogue=self._catalogue):
            yield Kind.PRICE, said
        for said in self._terms.find_invented(text, folded):
            yield Kind.TERM, said
        self._remember(sure, plain, folded, says_something=bool(claims) or sentence.speaks_of_goods)

    def _is_quoted(self, folded: str, context: frozenset[int]) -> bool:
        """Whether the unit is what a description of the rows that are spoken of says, word for word."""
        words = folded.strip(" .,:;!?*-–\n")
        return " " in words and any(words in fold(row.description) for row in self._rows(context or None))

    def _complete(self, mentions: Sequence[Mention], folded: str) -> list[Mention]:
        """The sure mentions, and short ones that an earlier one completes: "el martillo de uña ... y el de bola"."""
        sure: list[Mention] = []
        entries = self._catalogue.entries
        for mention in mentions:
            if mention.sure:
                sure.append(mention)
                continue
            earlier = frozenset().union(*(other.products for other in sure)) if sure else self._topic | self._group
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
            claim = classify(text, number, next_to_name=near, spoken_quantities=self._spoken)
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
            return not mentions and bool(claim.number.values & self._text_numbers)
        if claim.number.values & self._text_numbers:
            return True
        rows = frozenset().union(*(mention.products for mention in mentions)) | self._topic
        inside = [token for token in tokens if claim.start <= token.start < claim.end]
        return bool(inside) and all(self._catalogue.is_known(token.stem, rows=rows) for token in inside)

    def _check_claims(
        self,
        text: str,
        folded: str,
        claims: Sequence[Claim],
        sure: Sequence[Mention],
        is_item: bool,
        *,
        weak: Sequence[Mention],
    ) -> Iterator[tuple[Kind, str]]:
        for claim in claims:
            if claim.sort is Sort.PERCENTAGE and not self._holds_percentage(claim, folded):
                yield Kind.PERCENTAGE, claim.number.text
            if claim.sort is Sort.COUNT and not self._holds_count(claim):
                yield Kind.STOCK, claim.number.text
        for sort, kind in ((Sort.PRICE, Kind.PRICE), (Sort.STOCK, Kind.STOCK)):
            own = [claim for claim in claims if claim.sort is sort]
            if not own:
                continue
            self._amounts.handed_over = [
                value for claim in own if is_handed_over(*around(text, claim.number)) for value in claim.number.values
            ]
            failures: list[list[Claim]] = []
            told_apart = (
                len(weak) == 1 and len(weak[0].products) == 1 and bool(_ARTICLE.search(folded[: weak[0].start]))
            )
            readings = [(sure, owners) for owners in self._align(own, sure, folded, is_item, only_weak=told_apart)]
            if weak:
                readings += [(weak, owners) for owners in self._align(own, weak, folded, is_item)]
            for names, owners in readings:
                settled = len(self._said)
                failed = []
                for claim, rows in zip(own, owners, strict=True):
                    if sort is Sort.STOCK:
                        holds = self._holds_stock(claim, rows, text, names)
                    else:
                        holds = self._holds_price(claim, rows, text, names)
                    if not holds:
                        failed.append(claim)
                    elif sort is Sort.PRICE:
                        self._said.extend(claim.number.values)  # later amounts of the sentence may build on it
                if failed:
                    del self._said[settled:]
                failures.append(failed)
                if not failed:
                    break
            for claim in min(failures, key=len):
                yield kind, claim.number.text

    def _align(
        self,
        claims: Sequence[Claim],
        sure: Sequence[Mention],
        folded: str,
        is_item: bool,
        *,
        only_weak: bool = False,
    ) -> Iterator[list[frozenset[int] | None]]:
        """Ways to read which figure belongs to which name; the sentence is true if one of them is true throughout."""
        background = self._background(folded, is_item)
        if not sure:
            if not (only_weak and background is None):
                yield [background] * len(claims)
            return
        if background is None and not _OTHERS.search(folded):
            background = frozenset()  # a name stands here, so the figure is not just any row's
        linked = {
            claim.start: mention
            for claim in claims
            for mention in sure
            if claim.end <= mention.start and _OF.fullmatch(folded[claim.end : mention.start])
        }
        free = [mention for mention in sure if mention not in linked.values()] or sure

        def pair(names: Sequence[Mention], *, before: bool) -> list[frozenset[int] | None]:
            rest = [claim for claim in claims if claim.start not in linked]
            owners = dict(
                zip(
                    (claim.start for claim in rest),
                    attach(rest, names, before=before, background=background if before else frozenset()),
                    strict=True,
                )
            )
            return [linked[c.start].products if c.start in linked else owners[c.start] for c in claims]

        yield pair(free, before=True)
        yield pair(free, before=False)
        main = [mention for mention in sure if not _PURPOSE.search(folded[: mention.start])]
        if main and len(main) < len(sure):
            yield pair(main, before=True)
            yield pair(main, before=False)
        if is_item or len(main) == 1:
            yield [(main or sure)[0].products] * len(claims)

    def _background(self, folded: str, is_item: bool) -> frozenset[int] | None:
        """The rows that a figure without a name belongs to; None when it may be any row's."""
        if _OTHERS.search(folded):
            return None
        if is_item and self._topic:
            return self._topic
        return (self._topic | self._main | self._group) or self._asked or None

    def _rows(self, rows: frozenset[int] | None) -> list[ProductFact]:
        products = self._catalogue.products
        return list(products) if rows is None else [products[row] for row in sorted(rows)]

    def _holds_price(self, claim: Claim, rows: frozenset[int] | None, text: str, sure: Sequence[Mention]) -> bool:
        number = claim.number
        if number.money is not None and self._facts.currency not in number.money:
            return any(number.text in known for known in self._facts.texts)
        owners = self._rows(rows)
        left, right = around(text, number)
        named = [
            *self._named,
            *(row for mention in (*sure, *self._also) for row in mention.products if len(mention.products) <= 3),
        ]
        products = self._catalogue.products
        if _FEE.search(left) or _FEE_AFTER.match(right):
            rows, owners = frozenset(), []
            if number.values & frozenset(self._amounts.in_texts):
                return True
        fees = {fee * count for fee in self._amounts.in_texts for count in {*self._spoken, *self._quantities}}
        if _FEE_AFTER.match(right) and number.values & fees:
            return True  # mounting four tyres
        if number.values & frozenset(self._amounts.in_texts) and self._is_text_amount(left, right, sure):
            return True
        described = {
            Decimal(found)
            for product in owners
            if rows is not None and len(owners) <= 3
            for found in re.findall(r"\d+", f"{product.name} {product.description}")
        }
        pieces = find_pieces(*around(blank_names(text, sure), number))
        together = dict.fromkeys(
            row for mention in (*sure, *self._also) if len(mention.products) == 1 for row in mention.products
        )
        return self._amounts.holds(
            number,
            Basis(
                prices=[product.price for product in owners if product.price is not None],
                named=[price for row in dict.fromkeys(named) if (price := products[row].price) is not None],
                together=[price for row in together if (price := products[row].price) is not None],
                quantities=[*pieces, *self._quantities, *self._spoken] if rows is not None else pieces,
                shares=described,
                percentages=frozenset[Decimal]().union(
                    *(self._catalogue.entries[row].percentages for row in rows or ())
                ),
                about=is_about(left),
                each=rows is not None and self._is_of_a_piece(text, right, sure, rows),
            ),
            left=left,
            right=right,
        )

    def _is_of_a_piece(self, text: str, right: str, names: Sequence[Mention], rows: frozenset[int]) -> bool:
        """Whether a price is said of each single piece, where every row it may belong to is a pack of several."""
        if not _EACH_RIGHT.match(right) or _PACK_SAID.search(fold(text)):
            return False
        plural = any(mention.tokens[0].folded.endswith("s") and mention.products <= rows for mention in names)
        numbered = any(token.is_number for mention in names for token in mention.tokens)
        return plural and not numbered and bool(rows) and all(is_pack(self._catalogue.products[row]) for row in rows)

    def _is_text_amount(self, left: str, right: str, sure: Sequence[Mention]) -> bool:
        """Whether an amount of the trusted texts stands where it is about what those texts are about."""
        if _BUSINESS.search(left) or _BUSINESS.search(right) or not (sure or self._topic):
            return True
        near = {token.stem for token in tokenize(f"{left[-60:]} {right[:40]}") if len(token.stem) > 3}
        told = self._catalogue.text_stems - self._catalogue.by_stem.keys() - GENERIC
        return bool(near & told) or bool({word[:5] for word in near} & {word[:5] for word in told if len(word) >= 5})

    def _holds_stock(self, claim: Claim, rows: frozenset[int] | None, text: str, sure: Sequence[Mention]) -> bool:
        owners = self._rows(rows)
        stocks = [product.stock for product in owners if product.stock is not None]
        values = claim.number.values
        if claim.bound is Bound.MORE:
            return any(stock > value for stock in stocks for value in values)
        if claim.bound is Bound.AT_LEAST:
            return any(stock >= value for stock in stocks for value in values)
        if claim.bound is Bound.LESS:
            return any(stock < value for stock in stocks for value in values)
        if claim.bound is Bound.ABOUT and any(abs(stock - value) <= value / 10 for stock in stocks for value in values):
            return True
        sums = {Decimal(sum(stocks))} if rows is not None else set()
        if values & ({Decimal(stock) for stock in stocks} | sums):
            return True
        left, right = around(text, claim.number)
        costs = {cost for number in find_numbers(right)[:1] if number.money is not None for cost in number.values}
        if costs & {value * price for value in values for row in owners if (price := row.price) is not None}:
            return True  # "dos pares, $ 32.800"
        remaining = re.search(r"\b(?:qued\w+|rest\w+|stock\W*|solo|so|only|just|sobr\w+)\s*(?:\w+\s+){0,2}$", left)
        if values == {Decimal(len(owners))} and not remaining and (not claim.firm or re.match(r"\s*[:.]", right)):
            return True  # "tenemos 3 martillos" may count kinds
        if rows is not None and not remaining:
            asked = {Decimal(quantity) for quantity in self._spoken}
            return any(value in asked and stock >= value for value in values for stock in stocks)
        return False

    def _holds_percentage(self, claim: Claim, folded: str) -> bool:
        values = claim.number.values
        near = folded[max(0, claim.start - 40) : claim.end + 30]
        if DISCOUNT.search(near) and not re.search(r"sin descuento|mas barat", near):
            return bool(values & self._discounts)
        if values & self._percentages or values == {Decimal(100)}:
            return True
        if _COMPOSITION.match(folded, claim.end):
            return any(str(int(min(values))) in product.description for product in self._facts.products)
        prices = [price for row in self._named if (price := self._catalogue.products[row].price) is not None]
        cheaper = re.search(r"mas (?:barat|econom|car)|cheaper|more expensive|menos|mais (?:barat|car)", folded)
        return bool(cheaper) and any(differs_by_percent(value, prices=prices) for value in values)

    def _holds_count(self, claim: Claim) -> bool:
        most = max(len(self._facts.products), len(self._facts.categories))
        return any(value <= most for value in claim.number.values) or bool(claim.number.values & self._text_numbers)

    def _check_presence(self, text: str, folded: str, sure: Sequence[Mention]) -> Iterator[tuple[Kind, str]]:
        for said in find_false_presence(
            text, folded, sure=sure, spoken_of=self._topic, listed=self._group, catalogue=self._catalogue
        ):
            yield Kind.STOCK, said

    def _remember(self, sure: Sequence[Mention], plain: Plain, folded: str, *, says_something: bool) -> None:
        rows = frozenset().union(*(mention.products for mention in sure)) if sure else frozenset()
        if rows:
            self._group = (self._group | rows) if plain.is_item and self._in_list else rows
            self._topic = rows
            if says_something:
                self._main = rows
            self._named.update(
                dict.fromkeys(row for mention in sure for row in sorted(mention.products) if len(mention.products) <= 3)
            )
        self._in_list = plain.is_item and (bool(rows) or self._in_list)
        ends = plain.text.rstrip().endswith(":")
        self._announced = (self._announced and plain.is_item) or (
            ends
            and re.search(
                r"tenemos|opcion|producto|modelo|disponible|recom|catalogo|encontr|have|options|products|temos|opcoes|produtos|siguiente|estos|estas|these|models|alternativ",
                folded,
            )
            is not None
        )

    # -- table rows

    def _read_row(self, plain: Plain) -> Iterator[tuple[Kind, str]]:
        cells = plain.cells
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
            numbers = find_numbers(text, currency=self._facts.currency)
            barriers = [(n.start, n.end) for n in numbers if n.money is not None or is_large(n)]
            mentions = [m for m in self._catalogue.find_mentions(text, tokens, barriers=barriers) if m.sure]
            if owner is None:
                claims: list[Claim] = []
                if mentions:
                    owner = frozenset.intersection(*(m.products for m in mentions)) or mentions[0].products
                    self._named.update(dict.fromkeys(sorted(owner)))
                    self._topic = owner
                item = Plain(text, True, (), [], [])
                is_label = re.fullmatch(r"(?:#|n[º°]|no\.?|\d+\.?)", cell) is not None
                if not is_label and (mentions or re.search(r"[^\W\d_]{3}", text)) and not numbers_only(text):
                    sentence = Sentence(
                        item, fold(text), tokens, mentions, claims, frozenset(), frozenset(), lists_products=True
                    )
                    for name in find_unknown_names(sentence, catalogue=self._catalogue):
                        yield Kind.PRODUCT, name
                    owner = owner if owner is not None else self._background(fold(text), is_item=False)
                continue
            for number in numbers:
                claim = classify_cell(header, number) or (
                    None if header else classify(text, number, next_to_name=True, spoken_quantities=self._spoken)
                )
                if claim is None:
                    continue
                if claim.sort is Sort.PRICE and not self._holds_price(claim, owner, text, []):
                    yield Kind.PRICE, number.text
                elif claim.sort is Sort.PRICE:
                    self._said.extend(number.values)
                if claim.sort is Sort.STOCK and not self._holds_stock(claim, owner, text, []):
                    yield Kind.STOCK, number.text
                if claim.sort is Sort.PERCENTAGE and not self._holds_percentage(claim, fold(text)):
                    yield Kind.PERCENTAGE, number.text
            yield from self._check_presence(text, fold(text), [])


def numbers_only(text: str) -> bool:
    """Whether a cell holds no words."""
    return re.fullmatch(r"[\d\s.,$%#-]*", text) is not None
