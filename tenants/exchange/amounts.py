"""Numbers and prices as people write them: «$ 1.234,50», «1,234.50», «COP 12.500», «(3,5)», «45900»."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tenants.exchange.faults import NotSo
from tenants.preferences import CURRENCIES

LONGEST = 40  # signs of a number
MOST_DIGITS = 18
CENT = Decimal("0.01")

_signs = str.maketrans(dict.fromkeys("\u2212\u2013\u2012\ufe63", "-") | dict.fromkeys("'’´`", " "))
# What stands for a currency, before or after: signs (category Sc), codes and words.
_codes = "|".join({*dict(CURRENCIES), "USD", "EUR"})
_currency = re.compile(
    rf"(?:[a-z]{{0,3}}\$|[sb]/\.?|bs\.?|gs\.?|q\.?|l\.?|{_codes}|m\.?n\.?|pesos?|soles|reales|reais|"
    r"d[oó]lar(?:es|s)?|euros?|quetzales|lempiras?|guaran[ií]e?s?|bol[ií]var(?:es)?|bolivianos?|col[oó]n(?:es)?)",
    re.IGNORECASE,
)
_amount = re.compile(r"[0-9][0-9., ]*|[.,][0-9]+")
_groups = {sign: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+") for sign in "., "}


def read_number(given: Any, *, decimal: str) -> Decimal:
    """The number that a cell holds or says. Raises NotSo.

    ``decimal`` («.» or «,») decides only where the text leaves it open: «1.234» is more than a thousand to whoever
    writes decimals with a comma. «1,234.50» and «1.234,50» say themselves which is which.
    """
    if isinstance(given, bool):
        raise NotSo("not_a_number")
    if isinstance(given, int | float | Decimal):
        return _native(given)
    text = unicodedata.normalize("NFKC", str(given)).translate(_signs).strip()
    if len(text) > LONGEST:
        raise NotSo("number_too_long")
    bare, is_negative = _strip(text)
    if not _amount.fullmatch(bare):
        raise NotSo("not_a_number")
    number = Decimal(_with_point(bare.rstrip(), decimal))
    if len(number.as_tuple().digits) > MOST_DIGITS:
        raise NotSo("too_many_digits")
    return -number if is_negative and number else number


def read_money(given: Any, *, decimal: str) -> Decimal:
    """An amount of money of two decimals at most. Raises NotSo, also for one below zero.

    What a spreadsheet has reckoned (45900.3333) is rounded as it shows it; who writes three decimals is asked: they may
    be thousands.
    """
    try:
        number = read_number(given, decimal=decimal)
    except NotSo as fault:
        raise NotSo("not_a_price") if fault.reason.code == "not_a_number" else fault from fault
    if number < 0:
        raise NotSo("negative_price")
    rounded = number.quantize(CENT, ROUND_HALF_UP)
    if isinstance(given, str) and (rounded != number or number.as_tuple().exponent == -3):  # «1,000» may be a thousand
        raise NotSo("too_many_decimals")
    return rounded


def read_whole(given: Any, *, decimal: str) -> int:
    """A whole number; «12,0» is one. Raises NotSo."""
    number = read_number(given, decimal=decimal)
    if number != number.to_integral_value():
        raise NotSo("not_whole")
    return int(number)


def guess_decimal(texts: Iterable[str], *, otherwise: str) -> str:
    """Which sign parts the decimals in most of the ``texts`` that say so; ``otherwise`` when none does."""
    votes = {".": 0, ",": 0}
    for text in texts:
        bare, _negative = _strip(unicodedata.normalize("NFKC", text[:LONGEST]).translate(_signs).strip())
        sign = _spoken_decimal(bare) if _amount.fullmatch(bare) else None
        if sign:
            votes[sign] += 1
    if votes["."] == votes[","]:
        return otherwise
    return max(votes, key=lambda sign: votes[sign])


def _native(given: int | float | Decimal) -> Decimal:
    if isinstance(given, float):
        if not math.isfinite(given):
            raise NotSo("not_a_number")
        # Fifteen digits are what a spreadsheet knows: 0.1 + 0.2 is 0.3.
        given = Decimal(f"{given:.15g}")
    number = Decimal(given)
    if not number.is_finite() or number.adjusted() >= MOST_DIGITS:
        raise NotSo("too_many_digits")
    return number + 0  # no negative zero


def _strip(text: str) -> tuple[str, bool]:
    """The digits and their separators, without currency and sign; and whether it is below zero."""
    is_negative = text.startswith("(") and text.endswith(")")
    if is_negative:
        text = text[1:-1].strip()
    for _time in range(3):  # «-$ 5», «$ -5», «5 COP»
        before = text
        if text.startswith(("-", "+")):
            is_negative |= text[0] == "-"
            text = text[1:].strip()
        elif text.endswith("-") and not text.endswith((".-", ",-")):
            is_negative, text = True, text[:-1].strip()
        text = _without_currency(text)
        if text == before:
            break
    return text, is_negative


def _without_currency(text: str) -> str:
    start, end = 0, len(text)
    if text.endswith((".-", ",-", ".", ",")):  # «$ 12.-»
        end -= 2 if text.endswith("-") else 1
    while start < end and not (text[start].isdigit() or text[start] in ".,-+("):
        start += 1
    while end > start and not (text[end - 1].isdigit() or text[end - 1] in "-)"):
        end -= 1
    head, tail = text[:start].strip(), text[end:].strip().strip(".,-")
    if head and text[start : start + 1] == "." and _is_currency(f"{head}."):  # «Bs.12», «S/. 12»
        start += 1
    return text[start:end].strip() if _is_currency(head) and _is_currency(tail) else text


def _is_currency(text: str) -> bool:
    text = text.strip()
    if not text or all(unicodedata.category(sign) == "Sc" for sign in text):
        return True
    return all(
        _currency.fullmatch(part) or all(unicodedata.category(sign) == "Sc" for sign in part) for part in text.split()
    )


def _spoken_decimal(bare: str) -> str | None:
    """The decimal sign of a number that leaves no doubt about it."""
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        return "." if bare.rfind(".") > bare.rfind(",") else ","
    if points + commas != 1:
        # Twice the same sign parts thousands, so that the other one parts decimals.
        grouped = points + commas > 1 and _groups["." if points else ","].fullmatch(bare)
        return ("," if points else ".") if grouped else None
    sign = "." if points else ","
    head, _sign, tail = bare.partition(sign)
    if len(tail) == 3 and 1 <= len(head.replace(" ", "")) <= 3 and head.replace(" ", "") != "0":
        return None
    return sign


def _with_point(bare: str, decimal: str) -> str:
    """The number as Python reads it. Raises NotSo where signs stand where they cannot."""
    sign = _spoken_decimal(bare) or decimal
    whole, _sign, fraction = bare.rpartition(sign) if sign in bare else (bare, "", "")
    if _sign and (sign in whole or not fraction.isdigit()):
        raise NotSo("not_a_number")
    for group in "., ":
        if group in whole:
            if not _groups[group].fullmatch(whole):
                raise NotSo("not_a_number")
            whole = whole.replace(group, "")
    return f"{whole or '0'}.{fraction or '0'}"
