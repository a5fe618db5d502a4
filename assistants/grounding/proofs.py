# ruff: noqa: E501  (word lists and patterns are one line each)
"""Whether the facts hold a figure: a price, a stock, a percentage, a count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from assistants.grounding.amounts import DISCOUNT, Basis, around, differs_by_percent
from assistants.grounding.catalogue import Mention
from assistants.grounding.claims import Bound, Claim, is_about
from assistants.grounding.discourse import Discourse
from assistants.grounding.measures import is_pack
from assistants.grounding.numbers import find_numbers
from assistants.grounding.quantities import blank_names, find_pieces
from assistants.grounding.vocabulary import GENERIC
from assistants.grounding.words import fold, tokenize

_FEE = re.compile(
    r"\b(?:envios?|domicilios?|despachos?|delivery|entregas?|frete|shipping|flete|instalacion)\b[^.;,$+=\d]{0,40}$"
)
_FEE_AFTER = re.compile(
    r"\s*(?:de|por el|del|for|de la)\s+(?:envio|domicilio|despacho|delivery|entrega|frete|shipping|flete|montaje|instalacion|armado)\b"
)
_BUSINESS = re.compile(
    r"\b(?:envios?|domicilios?|despachos?|delivery|entregas?|frete|shipping|flete|gratis|gratuit\w+|compras?|pedidos?|minim\w+|anticipo|instalacion|diagnostico|reparacion|acarreo|zona|free|gratis|orders?|cuotas|pagos?)\b"
)
_COMPOSITION = re.compile(
    r"\s*(?:de\s+)?(?:algodon|lana|cuero|cotton|natural|puro|original|acero|poliester|lino|seda|organic|garantizad|seguro|algodao|couro|impermeable|resistente|nuevo|wool|leather|spandex|elastano|lycra|viscosa|nylon|rayon|acrilico|polyester)"
)
_EACH_RIGHT = re.compile(r"\s*(?:pesos|soles|reais)?\s*(?:cada un[oa]|c/u|por unidad|la unidad|each|apiece|cada)\b")
_PACK_SAID = re.compile(
    r"\b(?:cajas?|paquetes?|packs?|bolsas?|sets?|juegos?|kits?|sobres?|blisters?|tiras?|docenas?|pares?|bultos?|box(?:es)?|bags?|packets?|caixas?|pacotes?|estuches?)\b"
)


def holds_price(talk: Discourse, claim: Claim, rows: frozenset[int] | None, text: str, sure: Sequence[Mention]) -> bool:
    """Whether a price may be said of these rows (any row's, with None): theirs, or made of theirs in a way that is told."""
    number = claim.number
    if number.money is not None and talk.facts.currency not in number.money:
        return any(number.text in known for known in talk.facts.texts)
    owners = talk.rows(rows)
    left, right = around(text, number)
    named = [
        *talk.named,
        *(row for mention in (*sure, *talk.also) for row in mention.products if len(mention.products) <= 3),
    ]
    products = talk.catalogue.products
    if _FEE.search(left) or _FEE_AFTER.match(right):
        rows, owners = frozenset(), []
        if number.values & frozenset(talk.amounts.in_texts):
            return True
    fees = {fee * count for fee in talk.amounts.in_texts for count in {*talk.spoken, *talk.quantities}}
    if _FEE_AFTER.match(right) and number.values & fees:
        return True  # mounting four tyres
    if number.values & frozenset(talk.amounts.in_texts) and _is_text_amount(talk, left, right, sure):
        return True
    described = {
        Decimal(found)
        for product in owners
        if rows is not None and len(owners) <= 3
        for found in re.findall(r"\d+", f"{product.name} {product.description}")
    }
    pieces = find_pieces(*around(blank_names(text, sure), number))
    together = dict.fromkeys(
        row for mention in (*sure, *talk.also) if len(mention.products) == 1 for row in mention.products
    )
    return talk.amounts.holds(
        number,
        Basis(
            prices=[product.price for product in owners if product.price is not None],
            named=[price for row in dict.fromkeys(named) if (price := products[row].price) is not None],
            together=[price for row in together if (price := products[row].price) is not None],
            quantities=[*pieces, *talk.quantities, *talk.spoken] if rows is not None else pieces,
            shares=described,
            percentages=frozenset[Decimal]().union(*(talk.catalogue.entries[row].percentages for row in rows or ())),
            about=is_about(left),
            each=rows is not None and _is_of_a_piece(talk, text, right, sure, rows),
        ),
        left=left,
        right=right,
    )


def holds_stock(talk: Discourse, claim: Claim, rows: frozenset[int] | None, text: str, sure: Sequence[Mention]) -> bool:
    """Whether that many of these rows are there."""
    owners = talk.rows(rows)
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
        asked = {Decimal(quantity) for quantity in talk.spoken}
        return any(value in asked and stock >= value for value in values for stock in stocks)
    return False


def holds_percentage(talk: Discourse, claim: Claim, folded: str) -> bool:
    """Whether a discount, a share or a difference in prices is known to be so."""
    values = claim.number.values
    near = folded[max(0, claim.start - 40) : claim.end + 30]
    if DISCOUNT.search(near) and not re.search(r"sin descuento|mas barat", near):
        return bool(values & talk.discounts)
    if values & talk.percentages or values == {Decimal(100)}:
        return True
    if _COMPOSITION.match(folded, claim.end):
        return any(str(int(min(values))) in product.description for product in talk.facts.products)
    prices = [price for row in talk.named if (price := talk.catalogue.products[row].price) is not None]
    cheaper = re.search(r"mas (?:barat|econom|car)|cheaper|more expensive|menos|mais (?:barat|car)", folded)
    return bool(cheaper) and any(differs_by_percent(value, prices=prices) for value in values)


def holds_count(talk: Discourse, claim: Claim) -> bool:
    """Whether there may be that many kinds of things."""
    most = max(len(talk.facts.products), len(talk.facts.categories))
    return any(value <= most for value in claim.number.values) or bool(claim.number.values & talk.text_numbers)


def _is_of_a_piece(talk: Discourse, text: str, right: str, names: Sequence[Mention], rows: frozenset[int]) -> bool:
    """Whether a price is said of each single piece, where every row it may belong to is a pack of several."""
    if not _EACH_RIGHT.match(right) or _PACK_SAID.search(fold(text)):
        return False
    plural = any(mention.tokens[0].folded.endswith("s") and mention.products <= rows for mention in names)
    numbered = any(token.is_number for mention in names for token in mention.tokens)
    return plural and not numbered and bool(rows) and all(is_pack(talk.catalogue.products[row]) for row in rows)


def _is_text_amount(talk: Discourse, left: str, right: str, sure: Sequence[Mention]) -> bool:
    """Whether an amount of the trusted texts stands where it is about what those texts are about."""
    if _BUSINESS.search(left) or _BUSINESS.search(right) or not (sure or talk.topic):
        return True
    near = {token.stem for token in tokenize(f"{left[-60:]} {right[:40]}") if len(token.stem) > 3}
    told = talk.catalogue.text_stems - talk.catalogue.by_stem.keys() - GENERIC
    return bool(near & told) or bool({word[:5] for word in near} & {word[:5] for word in told if len(word) >= 5})
