# ruff: noqa: E501  (word lists and patterns are one line each)
"""The arithmetic that a true reply may do with prices: totals, differences, change, shares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations

from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.words import fold

_TOTAL = re.compile(
    r"\b(?:total\w*|sub\s?total|suma\w*|soma\w*|juntos|juntas|junto|todo|todos|todas|ambos|ambas|los dos|las dos|los tres|las tres|both|together|altogether"
    r"|pagarias|pagaria|en conjunto|tudo|os dois|as duas|entre los|kit completo|llevando|si llevas|pedido|carrito|order|cuenta|serian|seria|quedaria\w*|saldrian?|compra|dan|da|comes? to|works? out|in all|en todo|all in|ao todo|o sea|es decir|ou seja|that is|(?:con|com|with|mas|incluyendo|sumando|including|plus) (?:el |la |a |o |the )?(?:envio|domicilio|despacho|delivery|entrega|frete|shipping|flete|transporte|montaje|instalacion))\b|[=+]"
)
_DIFFERENCE = re.compile(
    r"\b(?:diferencia\w*|cambian?|varian?|muda|con\s+mas|with\s+more|com\s+(?:a )?mais|faltan?|difference|diferenca|ahorr\w+|econom\w+|sav\w+|mas (?:barat|car|econom|que)\w*|menos|de mas|cheaper|less|more|mais|sobr\w+|vuelto|cambio|troco|change|falt\w+|adicional\w*|extra|left over|te qued\w+|restan?|baj\w+)\b"
)
_SHARE = re.compile(r"(?:\bcada|\bc/u|\bpor (?:unidad|pieza|metro|kilo)|\beach|\bper\b|\bunidad\b|\bunitario|\bapiece)")
_FEES = re.compile(
    r"\b(?:envio|domicilio|despacho|delivery|entrega|frete|shipping|flete|acarreo|instalacion|transporte|montaje|aparte|o sea|gratis|gratuit\w+|free)\b"
)
_EACH = re.compile(r"\b(?:cada|each|por unidad|por pieza)\b[^.;$]{0,25}$")
_BUDGET = re.compile(
    r"\b(?:con|presupuesto|hasta|menos de|por debajo de|debajo|dentro de|tus|tu|under|budget|below|within|ate|orcamento|maximo|max|llega|supera|superan|pasa|pasan|pasar|excede\w*|menores|inferior\w*|tope|limite|rango|entre|tienes|dispones|alcanza\w*|your|with|seu|com|abaixo|si pagas|billete|exceed\w*|over|mas de|mayor\w*|encima|desde|from|de)\b"
)
_PRICED = re.compile(
    r"\b(?:cuestan?|valen?|precio|salen?|sai|custam?|costs?|priced|preco|price|total)(?:\s+(?:es|de|solo|is|of|at|e|:))*\s*:?\s*$"
)
_PART = re.compile(
    r"\b(?:descuento|desconto|discount|rebaja|dcto|anticipo|abono|sena|sinal|adelanto|deposit|down payment|transferencia|efectivo|pix|mitad|porcentaje|en lugar de|instead of|em vez de|quedaria)\b|%"
)
_NEGATED = re.compile(r"\b(?:no|not|nao|isn't|doesn't|en lugar de|en vez de|instead of)\b[^.;]*$")


class Amounts:
    """Sums of money that hold in one reply: those of trusted texts and the person's message, and those said so far."""

    def __init__(self, *, currency: str, texts: Iterable[str], questions: Iterable[str]) -> None:
        self._texts = list(texts)
        self.in_texts = _money(self._texts, currency)
        self.in_questions = _money(questions, currency)
        self.percentages = sorted(percentages(self._texts))
        self.said: list[Decimal] = []

    def holds(
        self,
        number: Number,
        *,
        prices: Iterable[Decimal],
        all_prices: Iterable[Decimal],
        quantities: Iterable[int],
        shares: Iterable[Decimal],
        left: str,
        right: str,
        about: bool,
    ) -> bool:
        """Whether the amount is one of ``prices`` or follows from them.

        ``all_prices``: of every row that the reply has named so far. ``quantities``: pieces that the person or the
        sentence names. ``shares``: numbers in the row's texts ("caja x100") by which a price may be divided. ``left``
        and ``right``: the folded words around the amount.
        """
        own, named = list(dict.fromkeys(prices)), list(dict.fromkeys(all_prices))
        values = number.values
        if _has(values, own) or (about and any(_rounds(value, price) for value in values for price in own)):
            return True
        counts = [Decimal(quantity) for quantity in quantities if quantity > 1]
        multiples = [price * count for price in own for count in counts]
        if _has(values, multiples):
            return True
        around = f"{left} {right}"
        if self.in_texts and _has(values, self._multiples_beside(around)):
            return True  # 20 pages at the price of one that a text names
        if _PART.search(around) and any(
            abs(part - value) < 1
            for price in list(dict.fromkeys([*own, *named, *multiples, *self.said]))[:16]
            for percentage in self.percentages
            for part in (price * percentage / 100, price * (100 - percentage) / 100)
            for value in values
        ):
            return True
        if (_SHARE.search(right) or _EACH.search(left)) and any(
            abs(price / share - value) <= Decimal("0.01") * max(value, Decimal(1))
            for price in own for share in shares if share > 1 for value in values
        ):  # fmt: skip
            return True
        if _TOTAL.search(around) and self._is_sum(
            values, [*named, *own, *multiples], counts, fees=bool(_FEES.search(around))
        ):
            return True
        if _DIFFERENCE.search(around):
            fees = self.in_texts if _FEES.search(around) else ()
            terms = list(dict.fromkeys([*own, *named, *multiples, *self.said, *self.in_questions, *fees]))[:40]
            if _has(values, [abs(one - other) for one, other in combinations(terms, 2)]):
                return True
        if not _has(values, self.in_questions):
            return False
        return bool(_NEGATED.search(left) or (_BUDGET.search(left[-45:]) and not _PRICED.search(left)))

    def _multiples_beside(self, around: str) -> list[Decimal]:
        """Amounts of the texts that stand beside, times the pieces that do."""
        beside = find_numbers(around)
        amounts = {value for number in beside if number.money for value in number.values} & set(self.in_texts)
        counts = {
            value for number in beside if number.money is None and not number.article for value in number.values if 1 < value < 10_000
        }  # fmt: skip
        return [amount * count for amount in amounts for count in counts]

    def _is_sum(self, values: frozenset[Decimal], terms: list[Decimal], counts: list[Decimal], *, fees: bool) -> bool:
        terms = list(
            dict.fromkeys(
                [*terms, *self.said, *(self.in_texts if fees else ()), *(t * c for t in terms[:6] for c in counts[:4])]
            )
        )[:14]
        sums = {Decimal(0)}
        for size in range(2, min(5, len(terms)) + 1):
            sums.update(sum(chosen, Decimal(0)) for chosen in combinations(terms, size))
        return _has(values, [*sums, *self.said])


_LIMIT = re.compile(
    r"\b(?:under|below|up to|budget(?: of)?|less than|max(?:imum)?|menos de|hasta|tengo|con|presupuesto(?: de)?|por|maximo|tope(?: de)?|ate|tenho|i have|only have)\s*(?:unos |como |solo )?$"
)


def _money(texts: Iterable[str], currency: str) -> list[Decimal]:
    found: dict[Decimal, None] = {}
    for text in texts:
        for number in find_numbers(text, currency=currency):
            limit = not number.article and not number.percent and _LIMIT.search(fold(text)[: number.start])
            if limit or number.money is not None or max(number.values) >= 100 or re.search(r"\d[.,]\d\d$", number.text):
                found.update(dict.fromkeys(number.values))
    return list(found)


DISCOUNT = re.compile(r"descuento|dcto|dto\b|\boff\b|desconto|rebaja|discount|promo|oferta|menos\b")


def discounts(texts: Iterable[str]) -> frozenset[Decimal]:
    """The percentages that texts call a discount."""
    return percentages(
        sentence
        for text in texts
        for sentence in re.split(r"(?<=[.;!?])\s+|\n", text)
        if DISCOUNT.search(fold(sentence))
    )


def percentages(texts: Iterable[str]) -> frozenset[Decimal]:
    """The percentages that texts name."""
    return frozenset(
        value for text in texts for number in find_numbers(text) if number.percent for value in number.values
    )


def differs_by_percent(value: Decimal, *, prices: Iterable[Decimal]) -> bool:
    """Whether one of the prices is ``value`` percent below or above another, rounded to a whole percent."""
    known = [price for price in prices if price]
    return any(
        abs(abs(one - other) / base * 100 - value) <= Decimal("0.6")
        for one, other in combinations(known, 2)
        for base in (one, other)
    )


def around(text: str, number: Number) -> tuple[str, str]:
    """The folded words before and after an amount, as far as they may say what it is."""
    folded = fold(text)
    return folded[max(0, number.start - 90) : number.start], folded[number.end : number.end + 50]


def _has(values: Iterable[Decimal], known: Iterable[Decimal]) -> bool:
    return not frozenset(values).isdisjoint(known)


def _rounds(value: Decimal, price: Decimal) -> bool:
    """Whether ``value`` is ``price`` rounded to its first two or three figures."""
    if price <= 0 or abs(value - price) / price > Decimal("0.025"):
        return False
    figures = f"{value.normalize():f}".rstrip("0").rstrip(".").replace(".", "").strip("0")
    return len(figures) <= 3
