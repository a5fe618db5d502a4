# ruff: noqa: E501  (word lists and patterns are one line each)
"""Numbers in running text: digits with any separators, or words of Spanish, English and Portuguese; money and percentages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from assistants.grounding.words import fold

# What a sign or word of money may stand for. "$" is the peso or the dollar of the tenant, never another money.
_PESOS = frozenset({"ARS", "CLP", "COP", "CUP", "DOP", "MXN", "UYU", "PHP"})
_DOLLARS = frozenset({"USD"})
_MARKS: dict[str, frozenset[str]] = {
    "$": _PESOS | _DOLLARS | {"NIO", "CAD", "AUD"},
    "peso": _PESOS,
    "varo": _PESOS,
    "mango": _PESOS,
    "luca": _PESOS,
    "palo": _PESOS,
    "centavo": _PESOS | _DOLLARS | {"BRL", "HNL", "NIO", "BOB", "GTQ"},
    "centimo": frozenset({"PEN", "CRC", "EUR", "VES"}),
    "cent": _DOLLARS,
    "buck": _DOLLARS,
    "dolar": _DOLLARS,
    "dollar": _DOLLARS,
    "sol": frozenset({"PEN"}),
    "real": frozenset({"BRL"}),
    "euro": frozenset({"EUR"}),
    "boliviano": frozenset({"BOB"}),
    "quetzal": frozenset({"GTQ"}),
    "colon": frozenset({"CRC"}),
    "lempira": frozenset({"HNL"}),
    "guarani": frozenset({"PYG"}),
    "cordoba": frozenset({"NIO"}),
    "bolivar": frozenset({"VES"}),
    "us$": _DOLLARS,
    "u$s": _DOLLARS,
    "u$d": _DOLLARS,
    "r$": frozenset({"BRL"}),
    "s/": frozenset({"PEN"}),
    "s/.": frozenset({"PEN"}),
    "mx$": frozenset({"MXN"}),
    "cop$": frozenset({"COP"}),
    "col$": frozenset({"COP"}),
    "clp$": frozenset({"CLP"}),
    "ar$": frozenset({"ARS"}),
    "rd$": frozenset({"DOP"}),
    "c$": frozenset({"NIO", "CAD"}),
    "$u": frozenset({"UYU"}),
    "bs": frozenset({"BOB", "VES"}),
    "bs.": frozenset({"BOB", "VES"}),
    "bs.s": frozenset({"VES"}),
    "bs.d": frozenset({"VES"}),
    "b/": frozenset({"PAB"}),
    "b/.": frozenset({"PAB"}),
    "gs": frozenset({"PYG"}),
    "gs.": frozenset({"PYG"}),
    "l": frozenset({"HNL"}),
    "l.": frozenset({"HNL"}),
    "q": frozenset({"GTQ"}),
    "₡": frozenset({"CRC"}),
    "₲": frozenset({"PYG"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    **{
        code.lower(): frozenset({code})
        for code in "ARS CLP COP CUP DOP MXN UYU USD PAB PEN BRL EUR GTQ CRC PYG HNL NIO BOB VES GBP".split()  # noqa: SIM905
    },
}
_CODES = r"(?:ars|clp|cop|cup|dop|mxn|uyu|usd|pab|pen|brl|eur|gtq|crc|pyg|hnl|nio|bob|ves|gbp)"
_BEFORE = re.compile(
    rf"(?:(?<![\w$])(?:us\s?|mx|cop|col|clp|ar|rd|r|c)\$|u\$[sd]|(?<!\w)[sb]/\.?|(?<![\w-])gs\.?|\$u(?!\w)|(?<![\w-])bs(?:\.[sd]?)?|(?<![\w-])q|(?<!\w){_CODES}\$?|\$|₡|₲|€|£)"
    r"\s*\$?\s*$"
)
_AFTER = re.compile(
    rf"\s?(?:(?P<code>{_CODES})\b|(?P<sign>us\$|r\$|\$|€)(?!\s?\d)|(?:de\s+)?(?P<word>pesos?|varos?|mangos?|dolares|dolar|dollars?|bucks?|soles|sol"
    r"|reais|reales|real|euros?|bolivianos?|quetzales|quetzal|colones|colon|lempiras?|guaranies|guarani|cordobas?|bolivares|bolivar"
    r"|centavos?|centimos?|cents?)\b)"
)
_LEMPIRAS = re.compile(r"(?<![\w-])l\.?\s*$")  # a size elsewhere
_POUNDS = re.compile(r"\s(?:pounds?|quid)\b")  # a weight elsewhere
_PERCENT = re.compile(r"\s?(?:%|por\s?ciento\b|por\s?cento\b|per\s?cent\b|percent\b)")
_DIGITS = re.compile(
    r"(?:(?<![\w])|(?<=(?<!\w)q))(?<!\d[.,])(?:\d{1,3}(?:[.,'’\u202f\xa0]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d{1,3}(?: \d{3})+(?!\d)(?:,\d{2}(?!\d))?|\d+(?:[.,]\d+)?)"
)
_SCALES = {
    "mil": 1000, "k": 1000, "luca": 1000, "lucas": 1000, "lukas": 1000, "thousand": 1000, "grand": 1000,
    "millon": 10**6, "millones": 10**6, "milhao": 10**6, "milhoes": 10**6, "million": 10**6, "millions": 10**6,
    "palo": 10**6, "palos": 10**6, "docena": 12, "docenas": 12, "duzia": 12, "duzias": 12, "dozen": 12, "dozens": 12,
    "par": 2, "couple": 2, "pair": 2, "centenar": 100, "centena": 100, "centenares": 100, "hundred": 100,
}  # fmt: skip
_MONEY_SCALES = {"luca": "luca", "lucas": "luca", "lukas": "luca", "palo": "palo", "palos": "palo"}

_SMALL = {
    # Spanish
    "cero": 0, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16, "diecisiete": 17, "dieciocho": 18,
    "diecinueve": 19, "veinte": 20, "veintiun": 21, "veintiuno": 21, "veintiuna": 21, "veintidos": 22, "veintitres": 23,
    "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26, "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
    "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90,
    "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400, "quinientos": 500,
    "seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900, "doscientas": 200,
    "trescientas": 300, "cuatrocientas": 400, "quinientas": 500, "seiscientas": 600, "setecientas": 700,
    "ochocientas": 800, "novecientas": 900,
    # Portuguese
    "dois": 2, "duas": 2, "quatro": 4, "sete": 7, "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12, "treze": 13,
    "quatorze": 14, "quinze": 15, "dezesseis": 16, "dezessete": 17, "dezoito": 18, "dezenove": 19, "vinte": 20,
    "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "oitenta": 80, "cem": 100, "cento": 100,
    "duzentos": 200, "trezentos": 300, "quatrocentos": 400, "quinhentos": 500, "seiscentos": 600, "setecentos": 700,
    "oitocentos": 800, "novecentos": 900, "duzentas": 200, "trezentas": 300, "quinhentas": 500,
    # English
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_ONES = {"un": 1, "una": 1, "uno": 1, "um": 1, "uma": 1, "one": 1, "a": 1}
_HALVES = frozenset({"medio", "media", "meio", "meia", "half"})
NUMBER_WORDS = frozenset({*_SMALL, *_ONES, *_SCALES})
_JOINS = frozenset({"y", "e", "and"})
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text.

    ``values``: what it may mean ("twelve fifty" is 12.50 or 1250). ``money``: the currencies that its sign or word may
    stand for, None without one. ``article``: "un", "one" and the like, which seldom count anything.
    """

    text: str
    start: int
    end: int
    values: frozenset[Decimal]
    money: frozenset[str] | None = None
    percent: bool = False
    article: bool = False
    in_words: bool = False


def find_numbers(text: str, *, currency: str = "") -> list[Number]:
    """Find every number of ``text``, in order; places refer to ``text``, and include the sign or word of money."""
    return list(_read_numbers(text, currency))


@lru_cache(maxsize=2048)
def _read_numbers(text: str, currency: str) -> tuple[Number, ...]:
    """The texts of a shop come back turn after turn; reading their numbers was most of the work of a check."""
    folded = fold(text)
    found = [*_find_digits(folded)]
    found += [number for number in _find_words(folded, currency=currency) if not _overlaps(number, found)]
    found.sort(key=lambda number: number.start)
    marked: list[Number] = []
    for number in _join_cents(found, folded, portuguese=currency == "BRL"):
        if not marked or number.start >= marked[-1].end:  # else it is the "ciento" of "20 por ciento"
            marked.append(_mark(number, text, folded))
            if currency == "GBP" and marked[-1].money is None and (word := _POUNDS.match(folded, marked[-1].end)):
                marked[-1] = replace(
                    marked[-1], text=text[marked[-1].start : word.end()], end=word.end(), money=_MARKS["£"]
                )
            sign = _LEMPIRAS.search(folded, 0, marked[-1].start) if currency == "HNL" else None
            if sign and marked[-1].money is None and not marked[-1].percent:
                start = sign.start()
                marked[-1] = replace(marked[-1], text=text[start : marked[-1].end], start=start, money=_MARKS["l"])
    return tuple(marked)


def read_amount(digits: str) -> Decimal:
    """Read digits with separators: three digits after a separator are thousands, else a last group is decimals.

    That holds for every currency here: "1.234" and "1,234" are both read as 1234 by a person in a shop.
    """
    plain = re.sub(r"['’\s]", "", digits)
    separators = re.findall(r"[.,]", plain)
    if not separators:
        return Decimal(plain)
    last = separators[-1]
    head, _, tail = plain.rpartition(last)
    different = len(set(separators)) == 2
    thousands = len(tail) == 3 and not different and head.lstrip("0")[:1] != ""
    if thousands or (different and separators.count(last) > 1):
        return Decimal(re.sub(r"[.,]", "", plain))
    return Decimal(re.sub(r"[.,]", "", head) + "." + tail)


def _find_digits(folded: str) -> Iterator[Number]:
    position = 0
    while match := _DIGITS.search(folded, position):
        digits, end = match.group(), match.end()
        if " " in digits and not (_find_mark(folded, match.start()) or _AFTER.match(folded, end)):
            digits = digits.split(" ")[0]  # "2 500" may be two numbers; only a sign of money makes it one
            end = match.start() + len(digits)
        value = read_amount(digits)
        values = {value}
        scaled = re.compile(r"\s?([a-z]+)\b").match(folded, end)
        screen = scaled and scaled.group(1) == "k" and value < 10 and not _find_mark(folded, match.start())  # 4K
        if scaled and scaled.group(1) in _SCALES and _SCALES[scaled.group(1)] != 2 and not screen:
            factor = _SCALES[scaled.group(1)]
            values = {value * factor}
            if "." in digits or "," in digits:
                values.add(
                    Decimal(digits.replace(",", ".")) * factor if digits.count(".") + digits.count(",") == 1 else value
                )
            end = scaled.end()
            if factor >= 1000:
                end, values = _add_rest(folded, end, values, factor)
        elif re.match(r"m\b", folded[end:]) and folded[: match.start()].rstrip().endswith("$"):
            values, end = {value * 10**6}, end + 1
        yield Number(folded[match.start() : end], match.start(), end, frozenset(values))
        position = end


def _add_rest(folded: str, end: int, values: set[Decimal], factor: int) -> tuple[int, set[Decimal]]:
    """Read what follows "45 mil" or "1 millón": "900", "200 mil", "y medio"."""
    half = re.compile(r"\s+(?:y|e|and a)\s+(?:medio|meio|half)\b").match(folded, end)
    if half and factor >= 10**6:
        return half.end(), {value + factor // 2 for value in values}
    rest = re.compile(
        r"\s+(?:y\s+|e\s+)?(\d{1,3})(?:\s+(mil)\b|(?![\w.,%]*\d))(?!\s*(?:%|unidad|dispon|pesos\s+con))"
    ).match(folded, end)
    if rest and (rest.group(2) is not None) == (factor >= 10**6) and len(rest.group(1)) == 3:
        extra = Decimal(rest.group(1)) * (1000 if rest.group(2) else 1)
        return rest.end(), {value + extra for value in values}
    words = next(iter(_find_words(folded[end:], currency="")), None)
    if words and not words.article and re.fullmatch(r"\s+(?:y\s+|e\s+)?", folded[end : end + words.start]):
        added = {value + extra for value in values for extra in words.values if extra < factor}
        if added:
            return end + words.end, added
    return end, values


def _find_words(folded: str, *, currency: str) -> Iterator[Number]:
    words = list(_WORD.finditer(folded))
    index = 0
    while index < len(words):
        parsed = _parse_words(folded, words, index, portuguese=currency == "BRL")
        if parsed is None:
            index += 1
            continue
        number, index = parsed
        yield number


def _parse_words(folded: str, words: list[re.Match[str]], first: int, *, portuguese: bool) -> tuple[Number, int] | None:
    """Read a number that begins at word ``first``; returns it and the index of the word after it."""
    total, current, room = 0, 0, 1000  # ``room``: the next small number must be below it to be added
    pair: int | None = None
    index, last = first, None
    article = False
    half = False
    while index < len(words):
        word = words[index].group()
        if index > first and re.search(r"[^\s-]", folded[words[index - 1].end() : words[index].start()]):
            break
        following = words[index + 1].group() if index + 1 < len(words) else ""
        if word in _JOINS and last is not None and not article:
            nexts = _SMALL.get(following, _ONES.get(following if following != "a" else "", 0))
            if following in _HALVES and total >= 10**6 and current == 0:
                total += 500_000
                index, last = index + 2, index + 1
                break
            if not nexts or nexts >= room:
                break
            index += 1
            continue
        if word in ("dos", "once") and portuguese:
            break
        if word in _HALVES:
            after = (
                following if following not in _ONES else (words[index + 2].group() if index + 2 < len(words) else "")
            )
            if last is not None or after not in _SCALES:
                break
            half = True
        elif word in _ONES:
            if last is None:
                article = True
                current, room = 1, 1
            elif 1 < room <= 100 and words[index - 1].group() in _JOINS and word != "a":
                current, room = current + 1, 1
            elif not half:
                break
        elif word in _SMALL:
            value = _SMALL[word]
            if value == 0 and last is not None:
                break
            if last is not None and (value >= room or article):
                if not article and total == 0 and 10 <= value < 100 and current < 100:
                    pair = value
                    last, index = index, index + 1
                    if value % 10 == 0 and index < len(words) and 0 < _SMALL.get(words[index].group(), 0) < 10:
                        pair += _SMALL[words[index].group()]
                        last, index = index, index + 1
                break
            current += value
            room = 1 if value < 10 or 10 < value < 20 or 20 < value < 30 else (10 if value < 100 else 100)
        elif word in _SCALES and len(word) > 1 and (last is not None or word in ("mil", "thousand")):
            factor = _SCALES[word]
            if word in ("par", "pair", "couple") and last is not None and not article:
                break
            base = Decimal("0.5") if half else Decimal(current or 1)
            article = half = False
            if factor == 100:
                current, room = int(base) * 100, 100
            elif factor < 100:
                total, current = int(total + base * factor), 0
                last, index = index, index + 1
                break
            else:
                total, current, room = int(total + base * factor), 0, 1000
        else:
            break
        last, index = index, index + 1
    if last is None or half:
        return None
    while words[last].group() in _JOINS:
        last -= 1
    start, end = words[first].start(), words[last].end()
    if words[first].group() == "a" and article:
        return None
    values = {Decimal(total + current)}
    if pair is not None:
        values = {Decimal(current) + Decimal(pair) / 100, Decimal(current * 100 + pair)}
    return Number(folded[start:end], start, end, frozenset(values), article=article, in_words=True), last + 1


def _join_cents(numbers: list[Number], folded: str, *, portuguese: bool) -> list[Number]:
    """Join "doce dólares con cincuenta (centavos)" into one amount."""
    joined: list[Number] = []
    for number in numbers:
        if joined:
            before = joined[-1]
            between = folded[before.end : number.start]
            cents = {value for value in number.values if 0 < value < 100 and value == int(value)}
            linked = re.fullmatch(r"\s+(?:(?:[a-z]+\s+){1,2})?(?:con|com|and|e|y)\s+", between)
            money = _AFTER.match(folded, before.end)
            explicit = re.match(r"\s+(?:centavos|centimos|cents)\b", folded[number.end :])
            if (
                linked
                and cents
                and not number.article
                and (explicit or (money and "con" in between) or (money and "com" in between))
            ):
                end = number.end + (explicit.end() if explicit else 0)
                values = frozenset(value + cent / 100 for value in before.values for cent in cents)
                joined[-1] = Number(folded[before.start : end], before.start, end, values, in_words=before.in_words,
                                    money=_MARKS.get(_singular(money.group("word") or "")) if money else None)  # fmt: skip
                continue
            spoken = r"\s+(?:con|com|e)\s+" if portuguese else r"\s+con\s+"
            if re.fullmatch(spoken, between) and cents and number.in_words and before.in_words:
                values = frozenset(value + cent / 100 for value in before.values for cent in cents)
                joined[-1] = Number(folded[before.start : number.end], before.start, number.end, values, in_words=True)
                continue
        joined.append(number)
    return joined


def _mark(number: Number, text: str, folded: str) -> Number:
    start, end, money = number.start, number.end, number.money
    before = _find_mark(folded, start)
    after = _AFTER.match(folded, end)
    percent = _PERCENT.match(folded, end)
    last_word = number.text.rsplit(" ", 1)[-1]
    values = number.values
    if percent:
        end = percent.end()
    elif before:
        mark = re.sub(r"\s", "", before.group())
        money = _MARKS.get(mark) or _MARKS.get(mark.rstrip("$")) or _MARKS["$"]
        start -= len(before.group())
        if after and after.group("code"):
            money, end = _MARKS[after.group("code")], after.end()
        elif after and after.group("word"):
            money, end = _MARKS.get(_singular(after.group("word")), money), after.end()
    elif after:
        word = after.group("word")
        mark = after.group("code") or after.group("sign") or _singular(word or "")
        if word in ("centavos", "centavo", "centimos", "centimo", "cents", "cent"):
            values = frozenset(value / 100 for value in values)
        money, end = _MARKS[mark], after.end()
    elif last_word in _MONEY_SCALES and not number.money:
        money = _MARKS[_MONEY_SCALES[last_word]]
    return Number(text[start:end], start, end, values, money, bool(percent), number.article, number.in_words)


def _find_mark(folded: str, start: int) -> re.Match[str] | None:
    """The sign of money that ends at ``start``."""
    return _BEFORE.search(folded[max(0, start - 12) : start])


def _singular(word: str) -> str:
    if word == "reais":
        return "real"
    for ending in ("es", "s"):
        if word.endswith(ending) and word[: -len(ending)] in _MARKS:
            return word[: -len(ending)]
    return word


def _overlaps(number: Number, others: list[Number]) -> bool:
    return any(number.start < other.end and other.start < number.end for other in others)
