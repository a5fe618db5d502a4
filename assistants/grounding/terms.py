# ruff: noqa: E501  (word lists and patterns are one line each)
"""Conditions of sale that only the business can grant: free things, offers, instalments, times, warranties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from assistants.grounding.days import find_days
from assistants.grounding.denials import is_denied_before
from assistants.grounding.numbers import find_numbers
from assistants.grounding.sentences import split_units
from assistants.grounding.words import fold, fold_known, tokenize

_FREE = re.compile(
    r"\b(?:gratis|gratuit\w+|sin (?:costo|cargo|coste)\b(?! adicional)|de (?:regalo|cortesia|graca)|obsequi\w+|(?:te|le|les|os) regal(?:amos|o)|sem custo|free of charge|for free"
    r"|free (?:shipping|delivery|gift|returns?|wrapping)|(?:is|are|shipping|delivery) (?:also )?free(?! of)|complimentary)\b"
)
_FREE_KNOWN = re.compile(
    r"\b(?:gratis|gratuit\w+|sin (?:costo|cargo|coste)|de (?:regalo|cortesia|graca)|obsequi\w+|regal\w+|sem custo|free)\b"
)
_GIFT_SOUGHT = re.compile(
    r"\b(?:ideal|idea|opcion|para|perfect\w*|buen|lindo|papel|envoltura|bolsa|algo|detalle)\W+(?:\w+\W+){0,2}$"
)
_SERVICES = tuple(
    re.compile(rf"\b(?:{words})")
    for words in (
        "envi|domicilio|delivery|despach|entreg|frete|shipping|flete",
        "montaje|armado|instal|assembl|montagem",
        "asesor|consult|visita",
        "envoltura|envolv|embrulh|wrap|empaque",
        "retir|recog|pickup|recoj|buscar en",
        "diagnostico|revision|mantenimiento|reparacion|repair",
        "cambio|devoluci|return|troca|exchange",
        "muestra|prueba|sample",
    )
)
_OFFER = re.compile(
    r"\b(?:(?:en|de|con) (?:oferta|promocion|promo|rebajas?|liquidacion)|rebajad[oa]s?|con descuento|descuentos? (?:especial\w*|por|de|en|a)\b|precio(?:s)? (?:especial\w*|promocional\w*)|on sale|special (?:price|offer)|em (?:oferta|promocao)|com desconto|desconto (?:de|no|na|para|especial)|(?:tiene[ns]?|hay|tenemos|hacemos|damos|da|ofrecemos) (?:un |una |el )?(?:descuento|promocion|oferta)|promocoes|discounts? (?:on|of|for))\b"
)
_OFFER_KNOWN = re.compile(r"descuento|dcto|\boff\b|desconto|rebaja|discount|promo|oferta|\bsale\b|liquidaci")
_INSTALMENT = re.compile(
    r"\b(?:cuotas|parcel(?:as|ar|ado|amos)|mensualidades|meses sin inter\w+|sin inter(?:es|eses)|sem juros|financia\w*|interest[- ]free|instal?lments?|a plazos|a meses|credito directo)\b"
)
_INSTALMENT_COUNT = re.compile(
    r"(?:^|\s)(?:cuotas|parcelas|mensualidades|pagos|vezes|x\b|meses|months?|monthly|instal?lments?|plazos)"
)
_UP_TO = re.compile(r"\b(?:hasta|ate|up to|de \d+ a)\s")
_DURATION = re.compile(r"[\s-]*(?P<unit>ano|mes|dia|hora|semana|minuto|year|month|day|hour|week|minute|hr|min)\w*")
_UNITS = {
    "year": "ano",
    "month": "mes",
    "day": "dia",
    "hour": "hora",
    "hr": "hora",
    "week": "semana",
    "minute": "minuto",
    "min": "minuto",
}
_WARRANTY = re.compile(r"\b(?:garant\w+|warrant\w+|guarantee\w*)")
_FOREVER = re.compile(
    r"\b(?:garant\w+ (?:\w+ )?(?:de por vida|vitalicia|extendida|ilimitada|estendida)|(?:lifetime|unlimited|extended) (?:warranty|guarantee))"
)
_DELIVERY = re.compile(
    r"\b(?:envi(?:o|os|amos)|domicilios?|delivery|despach(?:o|amos)|entrega(?:mos|n|s)?|frete|shipping|pedidos?|encomienda|llega(?:ria|n|r|ra)?|recib(?:es|iras|e)|chega\w*|arrives?|delivered|devol\w+|returns?|cambi(?:os?|ar)|trocas?|exchanges?|reservas?|apartamos)\b"
)
_LASTING = re.compile(r"\b(?:dura(?:n|cion)?|protege|bateria|autonomia|lasts?|protects?|battery|produce|florece)\b")
_ALWAYS = re.compile(
    r"\b(?:siempre|sempre|always|cualquier (?:compra|pedido|monto)|qualquer compra|any (?:order|purchase)|sin (?:monto )?minimo|no minimum)\b"
)
_CONDITION = re.compile(
    r"\b(?:desde|a partir|al comprar|mayor\w*|superior\w*|si (?:lo )?compr\w+|over|above|from|acima|por compras|en compras|llevando|dentro de)\b"
)
_CLOSED = re.compile(r"\b(?:no|not|nao|ni|cerr\w+|clos\w+|fecha\w*|except\w*|salvo|menos)\b")
_OPENING = re.compile(
    r"\b(?:abr(?:imos|en|e|iremos)|cerr(?:amos|ados?|adas?)|atend(?:emos|imento|iendo)|atencion|horarios?|abiert[oa]s?|open(?:s|ing)?|clos(?:e|es|ed|ing)|fecha(?:mos|do)|funcionamos|aqui estamos|hours)\b"
)
_TIME = re.compile(
    r"(?<![\d$.,/#-])(?P<hour>\d{1,2})(?:(?:[:h.](?P<minute>\d{2}))(?!\d)\s?(?P<half>[ap]\.?\s?m\b)?|\s?(?P<mark>[ap]\.?\s?m\b|hs?\b|hrs\b|horas\b))"
)
_BARE_TIME = re.compile(
    r"\b(?:a las?|las|hasta las?|desde las?|as|ate as|das|until|till|at|de)\s(?P<hour>\d{1,2})(?=\s(?:a|as|to|y|de la)\s|[.,;!\s]*$)"
)


class Terms:
    """What the trusted texts and the rows' descriptions grant."""

    def __init__(self, *, texts: Iterable[str], descriptions: Iterable[str], questions: Iterable[str]) -> None:
        self._texts = [unit for text in texts for unit in _fold_units(text)]
        self._all = [*self._texts, *(fold_known(text) for text in descriptions)]
        asked = [fold(text) for text in questions]
        self._free = [text for text in self._all if _is_free(text)]
        self._offers = any(_is_offer(text) for text in self._all)
        self._instalments = [text for text in self._texts if _INSTALMENT.search(text)]
        self._durations = {duration for text in (*self._all, *asked) for duration in _find_durations(text)}
        trusted = frozenset(self._texts)
        self._times = {time for text in (*self._all, *asked) for time in _known_times(text, text in trusted)}

    def find_invented(self, text: str, folded: str) -> Iterator[str]:
        """Find conditions that ``text`` grants and nothing backs; a question or a denial grants nothing."""
        if folded.rstrip().endswith("?") and "¿" not in folded[:-1].strip()[1:]:
            return
        for pattern, is_backed in (
            (_FREE, self._backs_free),
            (_OFFER, lambda _folded, _match: self._offers),
            (_INSTALMENT, self._backs_instalment),
        ):
            match = pattern.search(folded)
            if match and not is_denied_before(folded, match.start()) and not is_backed(folded, match):
                yield text[match.start() : match.end()]
        if (_WARRANTY.search(folded) or self._says_how_long(folded) or _DELIVERY.search(folded)) and (
            unknown := [duration for duration in _find_durations(folded) if duration not in self._durations]
        ):
            yield " ".join(unknown[0])
        forever = _FOREVER.search(folded)
        if (
            forever
            and not is_denied_before(folded, forever.start())
            and not any(_FOREVER.search(known) for known in self._all)
        ):
            yield text[forever.start() : forever.end()]
        if (days := find_days(folded)) and not _CLOSED.search(folded) and not days <= self._days_of(folded):
            yield text.strip()[:60]
        if _OPENING.search(folded):
            times = _find_times(folded, loose=False)
            if unknown_times := [time for time in times if time not in self._times]:
                yield f"{unknown_times[0][0]}:{unknown_times[0][1]:02}"

    def _backs_free(self, folded: str, match: re.Match[str]) -> bool:
        if match.group() == "de regalo" and _GIFT_SOUGHT.search(folded[: match.start()]):
            return True
        if not self._free:
            return False
        clause = re.split(r"[;:.]", folded[: match.start()])[-1] + folded[match.start() : match.end() + 30]
        spoken = [service for service in _SERVICES if service.search(clause)]
        backing = (
            [text for text in self._free if any(service.search(text) for service in spoken)] if spoken else self._free
        )
        if (
            backing
            and _ALWAYS.search(folded)
            and not _CONDITION.search(folded)
            and all(_CONDITION.search(text) for text in backing)
        ):
            return False
        return bool(backing)

    @staticmethod
    def _says_how_long(folded: str) -> bool:
        """Whether it says how long a product lasts; "si la fiebre dura más de tres días" is advice."""
        return bool(_LASTING.search(folded)) and not re.search(r"\b(?:si|if|cuando|when|se)\b", folded)

    def _days_of(self, folded: str) -> frozenset[int]:
        """The days that the texts name for what the sentence speaks of; all of them when that is not told."""
        stems = _long_stems(folded)
        dated = [(text, days) for text in self._texts if (days := find_days(text))]
        about = [days for text, days in dated if stems & _long_stems(text)]
        if not about and _OPENING.search(folded):
            about = [days for text, days in dated if _TIME.search(text) or _OPENING.search(text)]
        return frozenset[int]().union(*about) if about else frozenset(range(7))

    def _backs_instalment(self, folded: str, match: re.Match[str]) -> bool:
        counts = _find_instalments(folded)
        for text in self._instalments:
            known = _find_instalments(text)
            if counts <= known or (known and _UP_TO.search(text) and max(counts) <= max(known)):
                return True
        return False


def _long_stems(folded: str) -> frozenset[str]:
    """What a sentence is about, in a word or two: its longer words, without the days."""
    return frozenset(token.stem for token in tokenize(folded) if len(token.stem) >= 7 and not find_days(token.folded))


def _find_instalments(folded: str) -> set[int]:
    return {
        int(value)
        for number in find_numbers(folded)
        if number.money is None and not number.percent and _INSTALMENT_COUNT.match(folded[number.end : number.end + 20])
        for value in number.values
        if value < 100
    }


@lru_cache(maxsize=2048)
def _find_durations(folded: str) -> tuple[tuple[str, str], ...]:
    """Times that something takes: ("12", "mes"); what is to be done every so often is advice."""
    found = []
    numbers = [n for n in find_numbers(folded) if n.money is None and not n.percent]
    for index, number in enumerate(numbers):
        if re.search(
            r"\b(?:cada|every|hace|de cada|despues de|tras)\s+(?:\w+\s+)?$",
            folded[max(0, number.start - 25) : number.start],
        ):
            continue
        following = _DURATION.match(folded, number.end)
        if following is None and index + 1 < len(numbers):
            after = numbers[index + 1]
            if re.fullmatch(r"\s*(?:a|y|o|e|-|–|to|or|ou)\s*", folded[number.end : after.start]):
                following = _DURATION.match(folded, after.end)
        if following:
            unit = following.group("unit")
            found += [(f"{value:f}", _UNITS.get(unit, unit)) for value in number.values]
    return tuple(found)


@lru_cache(maxsize=512)
def _fold_units(text: str) -> tuple[str, ...]:
    return tuple(fold(unit) for unit in split_units(text, final=True)[0])


@lru_cache(maxsize=2048)
def _is_free(folded: str) -> bool:
    return _FREE_KNOWN.search(folded) is not None


@lru_cache(maxsize=2048)
def _is_offer(folded: str) -> bool:
    return _OFFER_KNOWN.search(folded) is not None


@lru_cache(maxsize=2048)
def _known_times(folded: str, trusted: bool) -> tuple[tuple[int, int], ...]:
    """The hours that a text of the shop, its rows or the person names."""
    is_time = _TIME.search(folded) is not None
    if not trusted and not is_time:
        return ()  # "de 6 a 10 kg" is no hour
    return tuple(_find_times(folded, loose=trusted and (is_time or _OPENING.search(folded) is not None)))


def _find_times(folded: str, *, loose: bool) -> list[tuple[int, int]]:
    """Hours of the clock, of twelve: "a las 9" may be nine in the evening."""
    found = [(int(match.group("hour")) % 12, int(match.group("minute") or 0)) for match in _TIME.finditer(folded)]
    found += [(int(match.group("hour")) % 12, 0) for match in _BARE_TIME.finditer(folded)]
    if loose:
        found += [
            (int(hour) % 12, 0)
            for hour in re.findall(r"(?<![\d:.,$])\d{1,2}(?![\d:.,%]\d|\d)", folded)
            if int(hour) <= 24
        ]
    return found
