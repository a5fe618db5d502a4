# ruff: noqa: E501  (word lists and patterns are one line each)
"""The arithmetic that a true reply may do with prices: totals, differences, change, shares."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import combinations

from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.words import fold

_TOTAL = re.compile(
    r"\b(?:total\w*|sub\s?total|suma\w*|soma\w*|juntos|juntas|junto|todo|todos|todas|ambos|ambas|los dos|las dos|los tres|las tres|both|together|altogether"
    r"|pagarias|pagaria|en conjunto|tudo|os dois|as duas|entre los|kit completo|llevando|si llevas|pedido|carrito|order|cuenta|serian|seria|quedaria\w*|saldrian?|compra|dan|da|comes? to|works? out|in all|en todo|all in|ao todo|o sea|es decir|ou seja|that is|(?:con|com|with|mas|incluyendo|sumando|including|plus) (?:el |la |a |o |the )?(?:envio|domicilio|despacho|delivery|entrega|frete|shipping|flete|transporte|montaje|instalacion))\b|[=+]"
)
_DIFFERENCE = re.compile(
    r"\b(?:diferencia\w*|cambian?|varian?|muda|con\s+mas|with\s+more|com\s+(?:a )?mais|faltan?|difference|diferenca|ahorr\w+|econom\w+|sav\w+|mas (?:barat|car|econom|que)\w*|menos|de mas|cheaper|less|more|mais|sobr\w+|vuelto|cambio|troco|change|falt\w+|adicional\w*|extra|left over|te qued\w+|restan?|baj\w+|se pasan?|te pasas?|exced\w+|super\w+|exceed\w*)\b"
)
_SHARE = re.compile(
    r"(?:\bcada|\bc/u|\bla unidad|\bcada una?|\bpor (?!mayor|menor|favor)[a-z]+|\beach|\bper\b|\bunidad\b|\bunitario|\bapiece)"
)
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


MOST_SUMS = 4000

# An amount that can only be a difference: "ahorras $ 5.000", "$ 5.000 más que".
_DIFFERS_LEFT = re.compile(
    r"\b(?:ahorr\w+|economiz\w+|diferencia(?: \w+){0,8}? (?:es|son|seria|e)(?: de)?|difference(?: \w+){0,8}? is|diferenca(?: \w+){0,8}? e(?: de)?|(?:te |le |me |les )?sobra\w*|te quedan?|te quedarian?|vuelto|vuelta|troco|(?:tu|de|el|su) cambio|change|save|saves|saving)(?: (?:seria|sera|es|son|de|is|of|unos|would be|with|e))*\s*$"
)
_DIFFERS_RIGHT = re.compile(
    r"\s*(?:(?:mas|menos|mais|more|less) (?:que|than|do que|barat\w+|car[oa]\w*|economic\w+|en cuenta)\b|cheaper\b|de diferencia\b|de ahorro\b|de vuelto\b|de cambio\b|de troco\b)"
)
# What the person might pay with is no price.
_HANDED_OVER = re.compile(
    r"\b(?:billetes? de|notas? de|pag(?:as|ando|aras|ues|ar) con(?: un billete de)?|si (?:me )?(?:das|pagas|entregas|abonas)(?: con)?|if you pay(?: with)?|pag(?:ar|ando) com|con un presupuesto de|de (?:tus|sus|los)|of your|dos seus)\s*$"
)


_CHANGE = re.compile(r"\b(?:vuelto|vuelta|troco|cambio|change|sobra\w*|te quedan?|te quedarian?|left over)\b")
_INSTALMENT = re.compile(
    r"(?P<count>\d{1,2})\s*(?:x|cuotas|parcelas|pagos|mensualidades|meses|veces|vezes|instal?lments)(?: (?:sin \w+|sem juros|iguales|mensuales|fijas))*\s+(?:de|of|a)\s*$"
)
_INSTALMENTS = re.compile(r"\b(?:cuotas|parcel\w+|mensualidades|meses sin inter\w+|sem juros|instal?lments)\b")
_WITH = re.compile(r"(?:^|[.;,:¡!¿?]\s*)(?:y |pero )?(?:con|with|com)\s*(?:tus |esos |unos |los |your |seus )?$")
_SUFFICES = re.compile(
    r"\s*(?:de presupuesto)?,?\s*(?:te |le |les |ya |si |no |you |voce )?(?:alcanza\w*|pued\w+|pod\w+|llega\w*|compra\w*|lleva\w*|cubr\w+|da\b|can\b|leva\w*|consegue\w*)"
)
_BELOW = re.compile(
    r"\b(?:menos de|por debajo de|debajo de|no (?:llega|supera|pasa)n? (?:a|de|los)?|inferior(?:es)? a|abaixo de|menos que|less than|under|below)\s*(?:los )?$"
)
_ALMOST = re.compile(r"\b(?:casi|poco menos de|almost|nearly|just under|quase|pouco menos de)\s*(?:los |unos )?$")


@dataclass(frozen=True, slots=True)
class Basis:
    """What an amount may follow from.

    ``prices``: of the rows that it belongs to; ``named``: of every row that the reply has named so far; ``together``:
    of the rows that its sentence names. ``quantities``: pieces that the person or the sentence names. ``shares``:
    numbers in the row's texts ("caja x100") by which a price may be divided. ``percentages``: those in the row's texts.
    ``about``: the amount is said to be rounded.
    """

    prices: Sequence[Decimal]
    named: Sequence[Decimal] = ()
    together: Sequence[Decimal] = ()
    quantities: Sequence[int] = ()
    shares: Collection[Decimal] = ()
    percentages: Collection[Decimal] = ()
    about: bool = False
    each: bool = False  # it is said of one piece, where the row is a pack of several


def is_handed_over(left: str, right: str) -> bool:
    """Whether the words around an amount say that it is what the person has or might pay with."""
    return bool(_HANDED_OVER.search(left) or (_WITH.search(left) and _SUFFICES.match(right)))


class Amounts:
    """Sums of money that hold in one reply: those of trusted texts and the person's message, and those said so far."""

    def __init__(self, *, currency: str, texts: Iterable[str], questions: Iterable[str]) -> None:
        self._texts = list(texts)
        self.in_texts = _money(self._texts, currency)
        self.in_questions = _money(questions, currency)
        self._in_instalments = any(_INSTALMENTS.search(fold(text)) for text in self._texts)
        self.percentages = sorted(percentages(self._texts))
        self.said: list[Decimal] = []
        self.handed_over: list[Decimal] = []  # what the person is said to have or to pay with
        self.ordered: frozenset[Decimal] = frozenset()  # what all that the person asks for costs together

    def holds(self, number: Number, basis: Basis, *, left: str, right: str) -> bool:
        """Whether the amount is one of the prices of its product or follows from what ``basis`` holds.

        ``left`` and ``right``: the folded words around the amount.
        """
        own, named = list(dict.fromkeys(basis.prices)), list(dict.fromkeys(basis.named))
        values = number.values
        counts = [Decimal(quantity) for quantity in dict.fromkeys(basis.quantities) if quantity > 1]
        multiples = [price * count for price in own for count in counts]
        around = f"{left} {right}"
        differs = basis.each or bool(_DIFFERS_LEFT.search(left) or _DIFFERS_RIGHT.match(right))
        if not differs and (
            _has(values, own)
            or _has(values, multiples)
            or (basis.about and any(_rounds(value, price) for value in values for price in own))
            or (_BELOW.search(left) and any(price < value for value in values for price in own))
            or (_ALMOST.search(left) and any(_is_just_below(price, value) for value in values for price in own))
            or _has(values, self._sums_of_sentence(basis, counts))
            or is_handed_over(left, right)
        ):
            return True
        if self.in_texts and _has(values, self._multiples_beside(around)):
            return True  # 20 pages at the price of one that a text names
        if _PART.search(around) and any(
            abs(part - value) < 1
            for price in list(dict.fromkeys([*own, *named, *multiples, *self.said]))[:16]
            for percentage in (*self.percentages, *basis.percentages)
            for part in (price * percentage / 100, price * (100 - percentage) / 100)
            for value in values
        ):
            return True
        if (_SHARE.search(right) or _EACH.search(left)) and any(
            abs(price / share - value) <= Decimal("0.01") * max(value, Decimal(1))
            for price in own for share in basis.shares if share > 1 for value in values
        ):  # fmt: skip
            return True
        if self._in_instalments and (parted := _INSTALMENT.search(left)) and any(
            abs(price / int(parted.group("count")) - value) <= Decimal("0.01") * max(value, Decimal(1))
            for price in [*own, *multiples, *named, *self.said] for value in values if int(parted.group("count"))
        ):  # fmt: skip
            return True
        if not differs and (_TOTAL.search(around) or _PRICED.search(left)) and _has(values, self.ordered):
            return True
        if not differs and _TOTAL.search(around):
            prices = dict.fromkeys([*named, *own])
            if self._is_sum(values, list(prices), counts, fees=self._fees_beside(around)):
                return True
        if differs or _DIFFERENCE.search(around):
            fees = self.in_texts if _FEES.search(around) else ()
            ordered = self.ordered if _CHANGE.search(around) else ()
            terms = list(
                dict.fromkeys(
                    [*own, *named, *multiples, *self.said, *self.handed_over, *ordered, *self.in_questions, *fees]
                )
            )[:40]
            if _has(values, [abs(one - other) for one, other in combinations(terms, 2)]):
                return True
        if not _has(values, self.in_questions):
            return False
        return bool(_NEGATED.search(left) or (_BUDGET.search(left[-45:]) and not _PRICED.search(left)))

    def _fees_beside(self, around: str) -> list[Decimal]:
        """Amounts of the texts that a total may hold: those that stand beside, or any when only the word does."""
        if not _FEES.search(around):
            return []
        beside = {value for number in find_numbers(around) if number.money for value in number.values}
        return [amount for amount in self.in_texts if amount in beside] or self.in_texts

    @staticmethod
    def _sums_of_sentence(basis: Basis, counts: list[Decimal]) -> set[Decimal]:
        """What all the products that the sentence names cost together, with or without the quantities it names."""
        if not 2 <= len(basis.together) <= 6:
            return set()
        sums = {Decimal(0)}
        for price in basis.together:
            sums = {total + price * count for total in sums for count in (Decimal(1), *counts[:4])}
        return sums

    def _multiples_beside(self, around: str) -> list[Decimal]:
        """Amounts of the texts that stand beside, times the pieces that do."""
        beside = find_numbers(around)
        amounts = {value for number in beside if number.money for value in number.values} & set(self.in_texts)
        counts = {
            value for number in beside if number.money is None and not number.article for value in number.values if 1 < value < 10_000
        }  # fmt: skip
        return [amount * count for amount in amounts for count in counts]

    def _is_sum(
        self, values: frozenset[Decimal], prices: list[Decimal], counts: list[Decimal], *, fees: list[Decimal]
    ) -> bool:
        """Whether the amount adds up: each price once or in one of its multiples, and amounts that were said."""
        said = list(dict.fromkeys(self.said))
        if _has(values, said):
            return True
        choices: list[list[Decimal]] = []
        multiples: set[Decimal] = set()
        for price in prices[-8:]:
            lines = [amount for amount in said if price and amount > price and amount % price == 0]
            choices.append(list(dict.fromkeys([price, *lines, *(price * count for count in counts[:6])])))
            multiples.update(choices[-1])
        free = [
            amount
            for amount in (*reversed(said), *(self.ordered if not prices or len(self.ordered) <= 2 else ()), *fees)
            if amount not in multiples
        ]
        choices += [[amount] for amount in list(dict.fromkeys(free))[:8]]
        most = max(values)
        sums = {Decimal(0)}
        for choice in choices:
            sums |= {total + amount for total in sums for amount in choice if total + amount <= most}
            if len(sums) > MOST_SUMS:
                break
        return _has(values, sums)


_LIMIT = re.compile(
    r"\b(?:under|below|up to|budget(?: of)?|less than|max(?:imum)?|menos de|hasta|tengo|con|presupuesto(?: de)?|por|maximo|tope(?: de)?|ate|tenho|i have|only have)\s*(?:unos |como |solo )?$"
)


def _money(texts: Iterable[str], currency: str) -> list[Decimal]:
    return list(dict.fromkeys(value for text in texts for value in _read_money(text, currency)))


@lru_cache(maxsize=1024)
def _read_money(text: str, currency: str) -> tuple[Decimal, ...]:
    found: dict[Decimal, None] = {}
    folded = fold(text)
    for number in find_numbers(text, currency=currency):
        limit = not number.article and not number.percent and _LIMIT.search(folded[: number.start])
        if limit or number.money is not None or max(number.values) >= 100 or re.search(r"\d[.,]\d\d$", number.text):
            found.update(dict.fromkeys(number.values))
    return tuple(found)


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


def _is_just_below(price: Decimal, value: Decimal) -> bool:
    return 0 <= value - price <= price * Decimal("0.06") and len(_figures(value)) <= 2


def _figures(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", "").strip("0")


def _rounds(value: Decimal, price: Decimal) -> bool:
    """Whether ``value`` is ``price`` rounded to its first two or three figures."""
    if price <= 0 or abs(value - price) / price > Decimal("0.025"):
        return False
    return len(_figures(value)) <= 3
